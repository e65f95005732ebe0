"""Text corpora in their official layouts: small trees made here, and the real ones if present."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from empathia import plugins
from empathia.errors import CorpusError
from empathia.labels import EKMAN7, projection
from empathia.labels.sets import EDOS41, GOEMOTIONS28, MELD7, XED9

DATA = Path(os.environ.get("EMPATHIA_DATA", Path(__file__).parents[3] / "shared" / "data"))


def load(name: str, folder: Path):
    return plugins.load("corpora", name, ("INFO", "load")).load(folder)


def tree(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


@pytest.fixture
def goemotions(tmp_path):
    return tree(
        tmp_path,
        train__tsv="What a day!\t17\tk1\nNo idea, “really”.\t6,7\tk2\n",
        dev__tsv="fine\t27\tk3\n",
        test__tsv="ouch\t25\tk4\n",
    )


def test_goemotions(goemotions):
    dialogues = load("goemotions", goemotions)
    assert [(d.id, d.split) for d in dialogues] == [
        ("k1", "train"),
        ("k2", "train"),
        ("k3", "valid"),
        ("k4", "test"),
    ]
    assert [d.utterances[0].gold for d in dialogues] == [
        ("joy",),
        ("confusion", "curiosity"),
        ("neutral",),
        ("sadness",),
    ]
    assert dialogues[1].utterances[0].text == "No idea, “really”."
    assert dialogues[0].labels == GOEMOTIONS28


@pytest.mark.parametrize("line", ["no tabs", "x\t28\tk", "x\t-1\tk", "x\t\tk", "x\t1\tk\tmore"])
def test_goemotions_line_that_does_not_parse_is_named(goemotions, line):
    with (goemotions / "dev.tsv").open("a") as f:
        f.write(line + "\n")
    with pytest.raises(CorpusError, match=r"dev\.tsv:2 is not"):
        load("goemotions", goemotions)


def test_goemotions_with_other_label_names_is_refused(goemotions):
    tree(goemotions, labels__txt="\n".join(reversed(GOEMOTIONS28.labels)))
    with pytest.raises(CorpusError, match=r"labels\.txt.*other labels"):
        load("goemotions", goemotions)


def test_missing_file_and_wrong_encoding_are_named(goemotions):
    tree(goemotions, dev__tsv="caf\xe9\t1\tk".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"dev\.tsv' is not UTF-8"):
        load("goemotions", goemotions)
    (goemotions / "dev.tsv").unlink()
    with pytest.raises(CorpusError, match=r"dev\.tsv' cannot be read.*official release"):
        load("goemotions", goemotions)


EDOS_HEAD = (
    "Count,Index,DialogID,Dialog,Agreed emotion (2/3 vote),"
    "Worker 1 answer,Worker 2 answer,Worker 3 answer\n"
)


def test_edos_labels_the_last_turn_and_keeps_votes(tmp_path):
    tree(
        tmp_path,
        mturk_groundtruth_labels_9k__csv=EDOS_HEAD
        + '1,a,9,"Where is it ?\n- - I lost it .",Sad,Sad,Sad,greeting (Other)\n'
        + "2,b,9,Hm .,-,Angry,Sad,Neutral (Other)\n",
        similar_dialogs_3k__csv=",emotion,cos_sim,amt_dialog_id,amt_dialog,os_dialog_id,os_dialog\n"
        '0,Wishing,.9,1,- x,77,"- Good luck .\n- You too ."\n',
    )
    first, second, third = load("edos", tmp_path)
    assert [(u.text, u.speaker, u.gold) for u in first.utterances] == [
        ("Where is it ?", "B", ()),
        ("I lost it .", "A", ("sad",)),
    ]
    assert first.utterances[1].votes == (("sad",), ("sad",), ())
    assert second.utterances[0].gold == ()
    assert second.utterances[0].votes == (("angry",), ("sad",), ("neutral",))
    assert (third.id, third.utterances[1].gold) == ("similar/77/0", ("wishing",))
    assert third.utterances[1].votes == ()


def test_edos_row_with_a_field_too_few_is_named(tmp_path):
    tree(tmp_path, mturk_groundtruth_labels_9k__csv=EDOS_HEAD + "1,a,9,Hm,Sad,Sad,Sad\n")
    with pytest.raises(CorpusError, match=r"9k\.csv:2 has not 8 fields"):
        load("edos", tmp_path)


def test_edos_without_a_column_is_refused(tmp_path):
    tree(tmp_path, mturk_groundtruth_labels_9k__csv="Count,Dialog\n1,Hm\n")
    with pytest.raises(CorpusError, match="lacks Agreed emotion"):
        load("edos", tmp_path)


def test_xed(tmp_path):
    tree(
        tmp_path,
        **{
            "en-annotated.tsv": "Go away .\t1\r\nOh , you !\t8, 5\r\n",
            "neu_en.txt": "9\tIt is two.\n\t\n",
        },
    )
    dialogues = load("xed", tmp_path)
    assert [(d.utterances[0].text, d.utterances[0].gold) for d in dialogues] == [
        ("Go away .", ("anger",)),
        ("Oh , you !", ("joy", "trust")),
        ("It is two.", ("neutral",)),
    ]


@pytest.mark.parametrize("line", ["x\t9", "x\t0", "x", "x\tanger", "x\t"])
def test_xed_line_that_does_not_parse_is_named(tmp_path, line):
    tree(tmp_path, **{"en-annotated.tsv": f"a\t1\n{line}\n", "neu_en.txt": "9\tb\n"})
    with pytest.raises(CorpusError, match=r"en-annotated\.tsv:2 is not"):
        load("xed", tmp_path)


MELD_HEAD = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\n"
)


def meld(folder: Path, rows: str) -> Path:
    empty = dict.fromkeys(("dev_sent_emo__csv", "test_sent_emo__csv"), MELD_HEAD)
    return tree(folder, train_sent_emo__csv=MELD_HEAD + rows, **empty)


def test_meld_orders_utterances_and_mends_cp1252(tmp_path):
    rows = (
        "1,It\x92s late,Kim,sadness,negative,4,7,1,1,0:16:16,0:16:17\n"
        '2,Hi,Bo,neutral,neutral,4,2,1,1,"0:16:10,059","0:16:12,500"\n'
        '3,Bye,Bo,joy,positive,5,0,1,1,"0:16:12,500","0:16:10,000"\n'
    )
    first, second = load("meld", meld(tmp_path, rows))
    assert [u.id for u in first.utterances] == ["train/dia4_utt2", "train/dia4_utt7"]
    assert (first.utterances[0].start, first.utterances[0].end) == (970.059, 972.5)
    assert first.utterances[1].text == "It’s late"
    assert (second.utterances[0].start, second.utterances[0].gold) == (None, ("joy",))


def test_meld_duplicate_and_unknown_emotion_are_named(tmp_path):
    row = "1,Hi,Bo,{},neutral,4,2,1,1,0:00:01,0:00:02\n"
    with pytest.raises(CorpusError, match=r"csv:3 repeats utterance 2 of dialogue 4"):
        load("meld", meld(tmp_path, row.format("joy") + row.format("joy")))
    with pytest.raises(CorpusError, match=r"csv:2 has the emotion 'bored'"):
        load("meld", meld(tmp_path, row.format("bored")))


@pytest.mark.parametrize("labels", [GOEMOTIONS28, EDOS41, XED9, MELD7])
def test_every_set_reaches_all_of_the_seven(labels):
    project = projection(labels, EKMAN7)
    assert {project(x) for x in labels} - {None} == set(EKMAN7)


@pytest.mark.corpus
@pytest.mark.skipif(not DATA.is_dir(), reason="no real corpora (EMPATHIA_DATA)")
@pytest.mark.parametrize(
    ("name", "utterances", "splits"),
    [
        ("goemotions", 54_263, {"train": 43_410, "valid": 5_426, "test": 5_427}),
        ("edos", None, {"train": 19_659}),
        # The neutral file's 9,675 lines include an empty one.
        ("xed", 27_202, {"train": 27_202}),
        ("meld", 9_989 + 1_109 + 2_610, {"train": 1_038, "valid": 114, "test": 280}),
    ],
)
def test_real_corpora_have_their_published_counts(name, utterances, splits):
    if not (DATA / name).is_dir():
        pytest.skip(f"{name} is not in EMPATHIA_DATA")
    dialogues = load(name, DATA / name)
    assert Counter(d.split for d in dialogues) == splits
    assert len({d.id for d in dialogues}) == len(dialogues)
    if utterances is not None:
        assert sum(len(d.utterances) for d in dialogues) == utterances
