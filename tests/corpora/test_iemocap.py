"""IEMOCAP and MELD: trees in the exact layout, made here with words of our own."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from iemocap_tree import BLOCKS, HEAD, session, write

from empathia.corpora import CorpusWarning, iemocap, meld
from empathia.errors import CorpusError, UsageError
from empathia.features import prosody
from empathia.labels import SHARED4, projection
from empathia.labels.sets import (
    IEMOCAP4,
    IEMOCAP5,
    IEMOCAP6,
    IEMOCAP9,
    IEMOCAP10,
    MELD7,
    SENTIMENT3,
)

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")

QUIET = pytest.mark.filterwarnings("ignore::empathia.corpora.CorpusWarning")


def told(recwarn: pytest.WarningsRecorder) -> list[str]:
    return [str(w.message) for w in recwarn if w.category is CorpusWarning]


@QUIET
def test_iemocap_is_read_in_time_order_with_votes_and_affect(tmp_path):
    folder = session(tmp_path)
    write(folder / "dialog" / "EmoEvaluation" / "._Ses01F_impro05a.txt", "left by a Mac")
    write(folder / "dialog" / "EmoEvaluation" / "Categorical" / "own.txt", "not ours")
    (dialogue,) = iemocap.load(tmp_path)
    assert (dialogue.id, dialogue.split, dialogue.labels) == (
        "Ses01F_impro05a",
        "train",
        IEMOCAP10,
    )
    first, reply, last = dialogue.utterances
    assert [u.id[-4:] for u in dialogue.utterances] == ["F000", "M000", "F001"]
    assert (first.speaker, first.gender, reply.speaker, reply.gender) == (
        "Ses01F",
        "female",
        "Ses01M",
        "male",
    )
    assert [u.gold for u in dialogue.utterances] == [("neutral",), ("excited",), ()]
    assert first.votes == (("neutral",), ("frustrated", "angry")), "no self-report"
    assert last.votes == (("neutral", "other"),), "what does not parse is left out"
    assert (first.vad, reply.vad, last.vad) == ((-0.25, 1.0, -1.0), (0.0, 0.0, 0.0), None)
    assert (first.text, last.text) == ("Here they are.", None)
    assert first.groups == {"session": "1", "scenario": "impro05", "kind": "impro"}
    wav = folder / "sentences" / "wav" / "Ses01F_impro05a" / "Ses01F_impro05a_F000.wav"
    assert (first.audio, first.place("audio")) == (wav, None)
    assert first.video == folder / "dialog" / "avi" / "DivX" / "Ses01F_impro05a.avi"
    assert first.place("video") == (6.2901, 8.2357)


@QUIET
def test_iemocap_splits_and_groups(tmp_path):
    root = tmp_path / "IEMOCAP_full_release"
    for name in ("Ses02M_script01_1b", "Ses05F_script03_2", "Ses05M_impro01"):
        session(root, name)
    dialogues = {d.id: d for d in iemocap.load(tmp_path)}
    assert {k: d.split for k, d in dialogues.items()} == {
        "Ses02M_script01_1b": "train",
        "Ses05F_script03_2": "test",
        "Ses05M_impro01": "test",
    }
    groups = [d.utterances[0].groups for d in dialogues.values()]
    assert [g["scenario"] for g in groups] == ["script01", "script03", "impro01"]
    assert [g["kind"] for g in groups] == ["script", "script", "impro"]
    assert dialogues["Ses02M_script01_1b"].utterances[0].speaker == "Ses02F"


def test_iemocap_damage_is_counted(tmp_path, recwarn):
    folder = session(tmp_path)
    session(tmp_path, "Ses02F_impro01")
    (folder / "dialog" / "avi" / "DivX" / "Ses01F_impro05a.avi").unlink()
    next((folder / "sentences").rglob("*M000.wav")).unlink()
    (tmp_path / "Session2" / "dialog" / "transcriptions" / "Ses02F_impro01.txt").unlink()
    dialogues = {d.id: d for d in iemocap.load(tmp_path)}
    first = dialogues["Ses01F_impro05a"].utterances
    assert [u.audio is None for u in first] == [False, True, False]
    assert first[0].video is None
    assert [u.text for u in dialogues["Ses02F_impro01"].utterances] == [None] * 3
    messages = told(recwarn)
    for expected in (
        "sessions missing: 3 (Session3, Session4, Session5)",
        "dialogues without a video: 1 (Ses01F_impro05a)",
        "utterances without a recording: 1 (Ses01F_impro05a_M000)",
        "dialogues without a transcription file: 1 (Ses02F_impro01)",
        "utterances without a transcription: 3 (",
        "transcribed but not annotated, left out: 1 (Ses01F_impro05a_MXX0)",
        "transcription lines that do not parse: 1 (",
        "ratings that do not parse, left out: 2 (",
        "outside of 1 to 5, left out: 2 (",
    ):
        assert sum(expected in m for m in messages) == 1, expected
    assert any("Ses01F_impro05a.txt:10" in m and "ratings" in m for m in messages)


@QUIET
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1.0 - 2.0]\tSes01F_impro05a_F002\tneu\t[2.5, 2.5]", r"txt:14 does not parse"),
        ("[1.0 2.0]\tSes01F_impro05a_F002\tneu\t[2.5, 2.5, 2.5]", r"txt:14 does not parse"),
        ("what is this", r"txt:14 does not parse"),
        ("[1.0 - 2.0]\tSes01F_impro05a_F002\tbor\t[2.5, 2.5, 2.5]", r"txt:14 has the label 'bor'"),
        ("[1.0 - 2.0]\tSes01F_impro05a_F000\tneu\t[2.5, 2.5, 2.5]", r"txt:14 repeats utterance"),
        ("[1.0 - 2.0]\tSes01F_impro09_F000\tneu\t[2.5, 2.5, 2.5]", r"txt:14: .* is not of the"),
        ("[3.0 - 2.0]\tSes01F_impro05a_F002\tneu\t[2.5, 2.5, 2.5]", r"txt:14 ends before it"),
        ("[1.0 - 2.0]\tSes01F_impro05a_X002\tneu\t[2.5, 2.5, 2.5]", "does not say who speaks"),
    ],
)
def test_iemocap_line_that_does_not_parse_is_named(tmp_path, line, message):
    session(tmp_path, blocks=BLOCKS + line + "\n")
    with pytest.raises(CorpusError, match=message):
        iemocap.load(tmp_path)


@QUIET
def test_iemocap_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match="no Session1 to Session5"):
        iemocap.load(tmp_path)
    (tmp_path / "Session1" / "dialog" / "EmoEvaluation").mkdir(parents=True)
    with pytest.raises(CorpusError, match="no annotation file"):
        iemocap.load(tmp_path)
    session(tmp_path)
    write(tmp_path / "Session1" / "dialog" / "EmoEvaluation" / "Ses02F_impro01.txt", HEAD)
    with pytest.raises(CorpusError, match="is no dialogue of Session1"):
        iemocap.load(tmp_path)


def test_iemocap_sets_merge_as_the_literature_does():
    six = projection(IEMOCAP10, IEMOCAP6)
    assert {x for x in IEMOCAP10 if six(x) is None} == {
        "surprised",
        "fearful",
        "disgusted",
        "other",
    }
    four = projection(IEMOCAP10, IEMOCAP4)
    assert {x: four(x) for x in ("happy", "excited", "frustrated", "sad")} == {
        "happy": "happy",
        "excited": "happy",
        "frustrated": None,
        "sad": "sad",
    }
    assert projection(IEMOCAP10, IEMOCAP5)("frustrated") == "frustrated"
    assert [x for x in IEMOCAP10 if projection(IEMOCAP10, IEMOCAP9)(x) is None] == ["other"]
    assert projection(IEMOCAP6, SHARED4)("excited") == "joy"


CSV = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\n"
)
PARTS = ("train", "dev", "test")


def release(folder: Path, row: str = "1,Hm\x92,Kim,{},{},0,{},3,12,0:16:16,0:16:17\n") -> Path:
    """Two utterances a part, with the same numbers in each."""
    for part in PARTS:
        rows = row.format("sadness", "negative", 1) + row.format("joy", "positive", 0)
        (folder / f"{part}_sent_emo.csv").write_bytes((CSV + rows).encode("latin-1"))
    return folder


def test_meld_numbers_repeat_over_parts_but_ids_do_not(tmp_path):
    dialogues = meld.load(release(tmp_path))
    ids = [u.id for d in dialogues for u in d.utterances]
    assert ids == [f"{p}/dia0_utt{u}" for p in ("train", "valid", "test") for u in (0, 1)]
    first = dialogues[0].utterances[1]
    assert (first.text, first.gold, dialogues[0].labels) == ("Hm’", ("sadness",), MELD7)
    assert (first.groups, first.audio) == ({"episode": "s03e12"}, None)


def test_meld_sentiment(tmp_path):
    dialogues = meld.load(release(tmp_path), labels="sentiment")
    assert [u.gold for u in dialogues[2].utterances] == [("positive",), ("negative",)]
    assert dialogues[0].labels == SENTIMENT3
    with pytest.raises(UsageError, match="no labels 'mood'"):
        meld.load(tmp_path, labels="mood")


@pytest.mark.parametrize("nested", ["", "train/"])
def test_meld_clips_are_found_and_missing_ones_counted(tmp_path, nested):
    clips = release(tmp_path) / f"{nested}train_splits"
    clips.mkdir(parents=True)
    (clips / "dia0_utt1.mp4").touch()
    with pytest.warns(CorpusWarning, match=r"without a clip: 1 \(.*dia0_utt0\.mp4\)"):
        dialogues = meld.load(tmp_path)
    first, second = dialogues[0].utterances
    assert (first.audio, second.audio, second.video) == (
        None,
        clips / "dia0_utt1.mp4",
        clips / "dia0_utt1.mp4",
    )
    assert (second.start, second.place("audio")) == (976.0, None), "the clip is the utterance"
    assert dialogues[1].utterances[0].audio is None, "that part has no clips, and needs none"


def prosody_table(folder: Path, *rows: str) -> None:
    head = ",".join(("filename", *prosody.NAMES))
    (folder / "train_prosody.csv").write_text("\n".join([head, *rows]) + "\n")


def test_meld_prosody_joins_by_id_and_is_the_feature_prosody(tmp_path):
    assert tuple(meld.PROSODY.items()) == tuple(zip(prosody.NAMES, prosody.UNITS, strict=True))
    release(tmp_path)
    assert meld.ready(tmp_path) == {}
    prosody_table(tmp_path, "dia9_utt9.wav,1,2,3,4,5,6,7,8", "dia0_utt1.wav,1,60,3,,0.0,0.0,,8")
    with pytest.warns(CorpusWarning) as caught:
        ready = meld.ready(tmp_path)["prosody"]
    assert [str(w.message).partition(": ")[2] for w in caught] == [
        "utterances without prosody: 1 (train/dia0_utt0)",
        "prosody of no utterance, left out: 1 (train/dia9_utt9)",
    ]
    assert list(ready) == ["train/dia0_utt1"]
    expected = [[1, 60, 3, np.nan, np.nan, np.nan, np.nan, 8]]
    np.testing.assert_array_equal(ready["train/dia0_utt1"].values, np.float32(expected))
    assert ready["train/dia0_utt1"].extractor == "prosody"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["dia0_utt1.wav,1,2,3,4,5,6,7,loud"], r"csv:2: mean_hnr 'loud' is no number"),
        (["dia0_utt1.wav,1,2,3,4,5,6,7,inf"], r"csv:2: mean_hnr 'inf' is no number"),
        (["dia0_utt1.wav,1,2,3,4,5,6,7,8"] * 2, r"csv:3 repeats 'dia0_utt1\.wav'"),
        (["dia0_utt1.wav,1,2"], r"csv:2 has not 9 fields"),
    ],
)
def test_meld_prosody_row_that_does_not_parse_is_named(tmp_path, rows, message):
    prosody_table(release(tmp_path), *rows)
    with pytest.raises(CorpusError, match=message):
        meld.ready(tmp_path)


@pytest.mark.corpus
def test_real_meld():
    folder = DATA / "meld"
    if not folder.is_dir():
        pytest.skip("MELD is not there: set EMPATHIA_DATA")
    dialogues = meld.load(folder, labels="sentiment")
    ids = [u.id for d in dialogues for u in d.utterances]
    assert len(set(ids)) == len(ids) == 9_989 + 1_109 + 2_610
    assert Counter(d.split for d in dialogues for _ in d.utterances) == {
        "train": 9_989,
        "valid": 1_109,
        "test": 2_610,
    }
    with pytest.warns(CorpusWarning) as caught:
        ready = meld.ready(folder)["prosody"]
    assert ["prosody: 2" in str(w.message) for w in caught] == [True, False]
    assert set(ids) - set(ready) == {"train/dia125_utt3", "valid/dia110_utt7"}
    assert set(ready) <= set(ids)


@QUIET
@pytest.mark.corpus
def test_real_iemocap_laid_out_as_the_release(tmp_path):
    """The table's facts, written into the release's layout, give the published counts."""
    file = DATA / "iemocap" / "utterances.csv"
    if not file.is_file():
        pytest.skip("the IEMOCAP table is not there: set EMPATHIA_DATA")
    with file.open(encoding="utf-8", newline="") as stream:
        facts = list(csv.DictReader(stream))
    blocks: dict[str, list[str]] = {}
    for u in sorted(facts, key=lambda u: u["utterance_id"]):  # all F before all M
        vad = ", ".join(f"{float(u[k]):.4f}" for k in ("valence", "arousal", "dominance"))
        blocks.setdefault(u["dialogue_id"], []).append(
            f"[{u['start']} - {u['end']}]\t{u['utterance_id']}\t{u['emotion']}\t[{vad}]\n"
        )
    for name, lines in blocks.items():
        folder = tmp_path / f"Session{name[4]}" / "dialog" / "EmoEvaluation"
        write(folder / f"{name}.txt", HEAD + "".join(lines))
    dialogues = iemocap.load(tmp_path)
    turns = [u for d in dialogues for u in d.utterances]
    assert (len(dialogues), len(turns)) == (151, 10_039)
    assert Counter(u.gold[0] if u.gold else None for u in turns) == {
        "frustrated": 1849,
        "neutral": 1708,
        "angry": 1103,
        "sad": 1084,
        "excited": 1041,
        "happy": 595,
        "surprised": 107,
        "fearful": 40,
        "other": 3,
        "disgusted": 2,
        None: 2507,
    }
    assert len({u.speaker for u in turns}) == 10
    assert sorted({u.groups["scenario"] for u in turns}) == [
        *(f"impro{n:02d}" for n in range(1, 9)),
        "script01",
        "script02",
        "script03",
    ]
    assert sum(len(d.utterances) for d in dialogues if d.split == "test") == sum(
        u["session"] == "5" for u in facts
    )
    starts = {k: [float(u["start"]) for u in facts if u["dialogue_id"] == k] for k in blocks}
    assert all([u.start for u in d.utterances] == sorted(starts[d.id]) for d in dialogues)
    assert sum(u.vad is None for u in turns) == 7
