"""Clips of one's own, AI Hub's two corpora, and the groups of clips: all made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from empathia import plugins
from empathia.corpora import (
    CorpusInfo,
    CorpusWarning,
    aihub_dialogue,
    aihub_speech,
    emodb,
    folder,
    korean_emotional,
    ravdess,
    warn,
)
from empathia.errors import CorpusError, LabelError, UsageError
from empathia.labels.sets import AIHUB6, AIHUB7, AIHUB_VOTED7


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def listed(root: Path, *lines: str) -> Path:
    (root / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def only(dialogues):
    return {d.id: d.utterances[0] for d in dialogues}


@pytest.mark.parametrize(
    ("corpus", "name", "groups"),
    [
        (
            ravdess,
            "Actor_01/03-01-05-02-01-02-01.wav",
            {"intensity": "strong", "statement": "1", "repetition": "2"},
        ),
        (emodb, "wav/03b10Fa.wav", {"text": "b10"}),
        (
            korean_emotional,
            "plain-to-emotional/ema/wav/ema00101.flac",
            {"style": "plain-to-emotional"},
        ),
        (korean_emotional, "else/ema/wav/ema00101.flac", {}),
    ],
)
def test_clips_have_groups(tmp_path, corpus, name, groups):
    (utterance,) = only(corpus.load(touch(tmp_path, name))).values()
    assert utterance.groups == groups


def test_folders_name_the_labels(tmp_path):
    touch(tmp_path, "sad/ann/1.wav", "sad/2.mp3", "joy/1.webm", "joy/1.mp4", "joy/._1.wav", "x.wav")
    with pytest.warns(CorpusWarning, match=r"no folder that names a label.*: 1 \(x\.wav\)"):
        dialogues = folder.load(tmp_path, language="en", name="mine")
    assert {k: u.gold for k, u in only(dialogues).items()} == {
        "joy/1.mp4": ("joy",),
        "joy/1.webm": ("joy",),
        "sad/2": ("sad",),
        "sad/ann/1": ("sad",),
    }
    assert dialogues[0].labels.labels == ("joy", "sad")
    assert {(d.corpus, d.language) for d in dialogues} == {("mine", "en")}
    assert only(dialogues)["joy/1.mp4"].video == tmp_path / "joy" / "1.mp4"
    assert only(dialogues)["sad/2"].video is None


def test_folders_take_every_ending_that_is_a_recording(tmp_path):
    touch(tmp_path, "sad/b.aiff", "sad/c.mka", "glad/a.WAV", "glad/notes.txt")
    assert set(only(folder.load(tmp_path))) == {"sad/b", "sad/c", "glad/a"}


def test_a_file_of_labels_is_read(tmp_path):
    touch(tmp_path, "a.wav", "b/c.flac", "talk.m4a", "lost.wav")
    listed(
        tmp_path,
        "file,label,speaker,gender,split,dialogue,start,end,text",
        "talk.m4a,sad,Bo,m,test,T,4.5,6,So it goes",
        'talk.m4a,"joy; surprise",Ann,Female,test,T,0,4.5,',
        "b/c.flac,joy,,,train,,,,",
        "a.wav,,Ann,x,,,,,",
    )
    with pytest.warns(CorpusWarning, match=r"without a row in labels\.csv.*: 1 \(lost\.wav\)"):
        talk, clip, bare = folder.load(tmp_path)
    assert [u.id for u in talk.utterances] == ["talk@0", "talk@4.5"], "in time order"
    first, second = talk.utterances
    assert (first.gold, first.speaker, first.gender) == (("joy", "surprise"), "Ann", "female")
    assert (second.text, second.place("audio"), talk.split) == ("So it goes", (4.5, 6.0), "test")
    assert (clip.id, clip.split, clip.utterances[0].speaker) == ("b/c", "train", "unknown")
    assert (bare.utterances[0].gold, bare.utterances[0].gender, bare.split) == ((), None, None)
    assert clip.labels.labels == ("joy", "sad", "surprise")


HEAD = "file,label,split,dialogue,start,end"


def test_labels_out_of_a_spreadsheet_are_read_as_a_table(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    rows = [
        "sep=;",
        "File;Label;start;duration;;",
        "a.wav; froh ;0,5;2;;",
        "b.wav;nan;;;;",
        ";;;;;",
    ]
    (tmp_path / "labels.csv").write_bytes("\r\n".join(rows).encode("utf-16"))
    with pytest.warns(CorpusWarning, match=r"column 'Label' says nan, which is nothing: 1"):
        first, second = folder.load(tmp_path)
    assert first.utterances[0].place("audio") == (0.5, 2.5)
    assert [d.utterances[0].gold for d in (first, second)] == [("froh",), ()]


def test_a_part_is_known_by_its_usual_names(tmp_path):
    listed(touch(tmp_path, "a.wav", "b.wav"), HEAD, "a.wav,joy, Dev,,,", "b.wav,sad,TRAINING,,,")
    assert [d.split for d in folder.load(tmp_path)] == ["valid", "train"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["b.wav,joy,,,,"], r"csv, line 2: names 'b\.wav', which is not there"),
        (["a.wav,joy,,,,", "a.wav,sad,,,,"], r"csv, line 3: repeats 'a'"),
        (["a.wav,joy,,,1,2", "a.wav,sad,,,1,3"], r"csv, line 3: repeats 'a@1'"),
        (["a.wav,joy,,,2,1"], r"csv, line 2: expected 0 <= start <= end"),
        (["a.wav,joy,,,1,"], r"csv, line 2: expected 0 <= start <= end"),
        (["a.wav,joy,,,soon,2"], r"csv, line 2: start 'soon' is no time"),
        (["a.wav,joy,spare,,,"], r"csv, line 2: split 'spare' is none"),
        (
            ["a.wav,joy,train,d,0,1", "a.wav,joy,test,d,1,2"],
            r"csv, line 3: the dialogue is in train and",
        ),
        (["a.wav,joy,,,,,,x"], r"csv, line 2: 8 cells under 6 columns"),
        (["a.wav,bored,,,,"], "label 'bored' is not in 'ekman7'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, lines, message):
    listed(touch(tmp_path, "a.wav"), HEAD, *lines)
    with pytest.raises(CorpusError, match=message):
        folder.load(tmp_path, labels="ekman7")


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(CorpusError, match="is no folder"):
        folder.load(tmp_path / "absent")
    with pytest.raises(CorpusError, match="no recording under"):
        folder.load(tmp_path)
    touch(tmp_path, "a.wav")
    with pytest.warns(CorpusWarning), pytest.raises(CorpusError, match=r"Add labels\.csv"):
        folder.load(tmp_path)
    touch(tmp_path, "joy/a.wav")
    (tmp_path / "a.wav").unlink()
    with pytest.raises(LabelError, match="unknown label set 'moods'"):
        folder.load(tmp_path, labels="moods")
    (only_one,) = folder.load(tmp_path, labels=("joy", "sad"))
    assert only_one.labels.labels == ("joy", "sad")
    listed(tmp_path, "path,label")
    with pytest.raises(CorpusError, match=r"labels\.csv has no column 'file' for our 'audio'"):
        folder.load(tmp_path)


def talk(key: str = "Pro_1_1", code: str = "E18", **content: str) -> dict[str, object]:
    turns = {"HS01": "먼저", "SS01": "대답", "HS02": "다음", "SS02": "", "HS03": "", "SS03": ""}
    return {
        "profile": {
            "persona-id": "Pro_1",
            "persona": {"persona-id": "A02_G02_C01", "human": ["A02", "G02"], "computer": ["C01"]},
            "emotion": {"emotion-id": f"S06_D02_{code}", "type": code, "situation": ["S06", "D02"]},
        },
        "talk": {"id": {"profile-id": "Pro_1", "talk-id": key}, "content": turns | content},
    }


def dialogues(root: Path, entries: object, name: str = "Training_add/l/x_Training.json") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return root


def test_empathic_dialogues_are_read(tmp_path):
    dialogues(tmp_path, [talk(), talk("Pro_1_2", "E69", SS02="끝")])
    dialogues(tmp_path, [talk("Pro_2_1", "E30")], "Validation/x.json")
    first, second, third = aihub_dialogue.load(tmp_path)
    assert [d.split for d in (first, second, third)] == ["train", "train", "valid"]
    assert [(u.id, u.speaker, u.gender, u.text) for u in first.utterances] == [
        ("Pro_1_1/0", "Pro_1", "female", "먼저"),
        ("Pro_1_1/1", "system", None, "대답"),
        ("Pro_1_1/2", "Pro_1", "female", "다음"),
    ]
    assert [u.gold for u in first.utterances] == [("분노",), (), ()]
    assert [u.text for u in second.utterances] == ["먼저", "대답", "다음", "끝"]
    assert (second.utterances[0].gold, third.utterances[0].gold) == (("기쁨",), ("불안",))
    assert first.utterances[0].groups == {"age": "A02", "situation": "S06"}
    assert first.labels == AIHUB6
    every = aihub_dialogue.load(tmp_path, labelled="all")
    assert [u.gold for u in every[0].utterances] == [("분노",), (), ("분노",)]


def test_empathic_dialogues_have_no_gold_in_their_groups(tmp_path):
    codes = [f"E{n}" for n in range(10, 70)]
    dialogues(tmp_path, [talk(f"Pro_1_{c}", c) for c in codes])
    loaded = aihub_dialogue.load(tmp_path)
    assert [AIHUB6.index(d.utterances[0].gold[0]) for d in loaded] == [n // 10 for n in range(60)]
    assert len({tuple(d.utterances[0].groups.items()) for d in loaded}) == 1


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([talk(), talk("Pro_1_2", "E70")], r"json, dialogue 2 has the emotion 'E70'"),
        ([talk(code="18")], "dialogue 1 has the emotion '18'"),
        ([talk(), talk(HS01="other")], "dialogue 2 has the id 'Pro_1_1' of another dialogue"),
        ([talk(XX01="?")], "dialogue 1 has the turn 'XX01'"),
        ([{"profile": {}}], "dialogue 1 lacks 'talk'"),
        (["talk"], "dialogue 1 lacks"),
        ({"data": []}, "is no list of dialogues"),
    ],
)
def test_an_empathic_dialogue_that_does_not_parse_is_named(tmp_path, entries, message):
    with pytest.raises(CorpusError, match=message):
        aihub_dialogue.load(dialogues(tmp_path, entries))


def test_empathic_dialogues_that_are_not_there(tmp_path):
    with pytest.raises(CorpusError, match="no JSON file"):
        aihub_dialogue.load(tmp_path)
    (tmp_path / "x.json").write_text("[\n{,}]")
    with pytest.raises(CorpusError, match=r"x\.json:2 is no JSON"):
        aihub_dialogue.load(tmp_path)
    with pytest.raises(UsageError, match="cannot label 'some' turns"):
        aihub_dialogue.load(tmp_path, labelled="some")
    dialogues(tmp_path, [talk(), talk()], "x.json")
    with pytest.warns(CorpusWarning, match="the same dialogue again, left out: 1"):
        (dialogue,) = aihub_dialogue.load(tmp_path)
    assert dialogue.split is None


NAME = "0018_G2A3E4S0C0_JBR_000001"


def acted(root: Path, name: str = NAME, part: str = "Training", **who: object) -> None:
    person = {"SpeakerName": "JBR", "Gender": "Female", "Age": "40", "Emotion": "Anxious"} | who
    note = {"전사정보": {"OrgLabelText": "말 "}, "화자정보": person}
    dialogues(root, note, f"{part}/라벨링데이터/1.감정/4.불안/{name}.json")


def test_acted_speech_is_read(tmp_path):
    acted(tmp_path)
    acted(
        tmp_path, "loose", "Validation", Emotion="Neutrality", Gender="Male", SpeechStyle="대화체"
    )
    wav = f"Training/원천데이터/1.감정/4.불안/{NAME}.wav"
    touch(tmp_path, wav, "Training/원천데이터/extra.wav")
    with pytest.warns(CorpusWarning) as caught:
        dialogues = aihub_speech.load(tmp_path)
    assert [str(w.message).partition(": ")[2] for w in caught] == [
        "utterances without a recording: 1 (loose)",
        "recordings without a label, left out: 1 (extra)",
    ]
    first, second = only(dialogues)[NAME], only(dialogues)["loose"]
    assert (first.speaker, first.gender, first.gold, first.text) == (
        "0018_JBR",
        "female",
        ("불안",),
        "말",
    )
    assert (first.audio, first.groups) == (tmp_path / wav, {"age": "40"})
    assert (second.speaker, second.gold, second.groups["style"]) == ("JBR", ("중립",), "대화체")
    assert {d.id: d.split for d in dialogues} == {NAME: "train", "loose": "valid"}
    assert dialogues[0].labels == AIHUB7


COLUMNS = (
    "wav_id,발화문,상황,1번 감정,1번 감정세기,2번 감정,2번 감정세기,3번 감정,3번 감정세기,"
    "4번 감정,4번감정세기,5번 감정,5번 감정세기,나이,성별\n"
)
AGREED = "k1,말,anger,Angry,1,sadness,1,anger,2,neutral,0,angry,1,30,male\n"


def voted(root: Path, *rows: str, name: str = "4차년도") -> Path:
    (root / f"{name}.csv").write_bytes((COLUMNS + "".join(rows)).encode("cp949"))
    return root


def test_voted_speech_is_read(tmp_path):
    voted(tmp_path, AGREED)
    voted(tmp_path, AGREED.replace("k1", "k2").replace("anger,2", "sad,2"), name="5차년도")
    touch(tmp_path, "4차년도/k1.wav", "5차년도/wav/k2.wav")
    clips = only(aihub_speech.load(tmp_path))
    assert clips["k1"].votes == (("angry",), ("sadness",), ("angry",), ("neutral",), ("angry",))
    assert (clips["k1"].gold, clips["k2"].gold) == (("angry",), ()), "two of five do not agree"
    assert (clips["k1"].text, clips["k1"].gender, clips["k1"].speaker) == ("말", "male", "unknown")
    assert clips["k1"].groups == {"release": "4차년도", "age": "30"}
    assert clips["k2"].audio == tmp_path / "5차년도" / "wav" / "k2.wav"
    assert aihub_speech.load(tmp_path)[0].labels == AIHUB_VOTED7


def test_speech_that_does_not_parse_is_named(tmp_path):
    with pytest.raises(CorpusError, match="neither csv nor JSON"):
        aihub_speech.load(tmp_path)
    acted(tmp_path, Emotion="Bored")
    with pytest.raises(CorpusError, match=r"000001\.json has the emotion 'Bored'"):
        aihub_speech.load(tmp_path)
    dialogues(tmp_path, {"화자정보": {}}, f"Training/라벨링데이터/1.감정/4.불안/{NAME}.json")
    with pytest.raises(CorpusError, match="lacks '전사정보'"):
        aihub_speech.load(tmp_path)
    touch(tmp_path, "k1.wav")
    voted(tmp_path, AGREED, AGREED)
    with pytest.raises(CorpusError, match=r"4차년도\.csv:3 repeats 'k1'"):
        aihub_speech.load(tmp_path)
    voted(tmp_path, AGREED.replace("neutral", "bored"))
    with pytest.raises(CorpusError, match=r"4차년도\.csv:2 has the emotion 'bored'"):
        aihub_speech.load(tmp_path)
    touch(tmp_path, "else/k1.wav")
    with pytest.raises(CorpusError, match="have one name"):
        aihub_speech.load(tmp_path)


@pytest.mark.parametrize(
    "name", ["iemocap", "mosi", "aihub_dialogue", "aihub_speech", "folder", "meld"]
)
def test_plugins_say_what_a_user_must_know(name):
    plugin = plugins.load("corpora", name, ("INFO", "load"))
    assert isinstance(plugin.INFO, CorpusInfo)
    assert plugin.INFO.name == name
    assert plugin.INFO.noncommercial == (name != "meld")


def test_warnings_count_and_name_the_first_three():
    warn("all is well", [])
    with pytest.warns(CorpusWarning, match=r"^mine: clips missing: 4 \(a, b, c, \.\.\.\)$"):
        warn("mine: clips missing", list("abcd"))
