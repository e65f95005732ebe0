"""Timelines as JSON and csv, and files that are there whole or not at all."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import re
import stat
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from build import drawn_face, filmed, one, overlapping, reasoned, timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import EmpathiaError, InputError, LabelError, UsageError
from empathia.files import write_text
from empathia.labels import EKMAN7, LabelSet
from empathia.labels.sets import GOEMOTIONS28
from empathia.report.timeline import SUFFIXES, write
from empathia.report.timeline import csv as timeline_csv
from empathia.types import (
    Element,
    Emotion,
    Empathy,
    Exemplar,
    Message,
    Part,
    Reason,
    Reply,
    Timeline,
    Turn,
    Utterance,
    Word,
    wire,
)

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALIDATOR = jsonschema.Draft202012Validator(wire.schema())


def through_json(found: Timeline) -> Timeline:
    text = json.dumps(wire.to_json(found), allow_nan=False)
    return wire.from_json(json.loads(text))


# JSON


def assert_same(a: Timeline, b: Timeline) -> None:
    """All fields that JSON holds are equal; arrays compared with NaN equal to NaN."""
    for field in dataclasses.fields(Timeline):
        if field.name not in ("turns", "waveform"):
            assert getattr(a, field.name) == getattr(b, field.name), field.name
    for x, y in zip(a.turns, b.turns, strict=True):
        for field in dataclasses.fields(Turn):
            if field.name not in ("prosody", "seen"):
                assert getattr(x, field.name) == getattr(y, field.name), field.name
        assert (x.prosody is None) == (y.prosody is None)
        if x.prosody is not None and y.prosody is not None:
            assert (x.prosody.names, x.prosody.units) == (y.prosody.names, y.prosody.units)
            np.testing.assert_array_equal(x.prosody.values, y.prosody.values)


@pytest.mark.parametrize(
    "found",
    [
        timeline(9, abstain=(2,)),
        timeline(3, times=False),
        timeline(2, voice=False, labels=GOEMOTIONS28, replies=False),
        timeline(0),
        timeline(3, texts=(None,)),
        filmed(b"\xff\xd8"),
        reasoned(timeline(4)),
    ],
    ids=["recording", "transcript", "28 labels", "nobody", "no words", "video", "reasons"],
)
def test_json_round_trip_and_schema(found):
    data = wire.to_json(found)
    VALIDATOR.validate(data)
    back = wire.from_json(json.loads(wire.dumps(found)))
    assert_same(back, found)
    assert wire.to_json(back) == data


REASON = st.builds(
    Reason,
    st.none() | ANYTHING,
    st.none() | st.floats(0, 1),
    st.lists(st.builds(Message, st.sampled_from(["system", "user"]), ANYTHING)).map(tuple),
    st.dictionaries(st.sampled_from(["voice", "face"]), ANYTHING),
    st.lists(
        st.builds(
            Part,
            st.sampled_from(["words", "voice", "face", "past"]),
            ANYTHING,
            st.floats(-50, 50),
            st.floats(0, 1),
        )
    ).map(tuple),
    st.none() | ANYTHING,
)


@given(st.none() | st.dictionaries(ANYTHING, REASON, max_size=2))
def test_reasons_survive_json(why):
    found = one("hm")
    found = dataclasses.replace(found, turns=(dataclasses.replace(found.turns[0], why=why),))
    VALIDATOR.validate(wire.to_json(found))
    assert through_json(found).turns[0].why == why


def test_a_timeline_from_before_reasons_is_read():
    data = wire.to_json(reasoned(timeline(2)))
    for turn in data["turns"]:
        del turn["why"]
    data["schema_version"] = "1.4"
    VALIDATOR.validate(data)
    assert [t.why for t in wire.from_json(data).turns] == [None, None]


def test_schema_itself_is_valid_and_refuses():
    jsonschema.Draft202012Validator.check_schema(wire.schema())
    data = wire.to_json(timeline(2))
    data["turns"][0]["emotion"]["confidence"] = 1.5
    del data["turns"][1]["text"]
    wrong = {tuple(e.path) for e in VALIDATOR.iter_errors(data)}
    assert wrong == {("turns", 0, "emotion"), ("turns", 1)}


def test_json_says_what_it_should():
    found = timeline(4, abstain=(1,))
    data = wire.to_json(found)
    assert data["schema_version"] == "1.5" and data["label_sets"]["ekman7"] == list(EKMAN7)
    first = data["turns"][0]
    emotion = found.turns[0].emotion
    assert emotion is not None and emotion.runner_up is not None
    assert first["emotion"]["label"] == emotion.label
    assert first["emotion"]["scores"][emotion.label] == emotion.confidence
    assert first["emotion"]["runner_up"]["label"] == emotion.runner_up[0]
    assert data["turns"][1]["emotion"]["label"] is None
    assert data["turns"][1]["emotions"]["voice"]["abstained"] == "too short"
    # The fourth turn's pitch could not be measured.
    assert data["turns"][3]["prosody"]["measures"]["avg_pitch"] == {"value": None, "unit": "Hz"}
    assert [w["noncommercial"] for w in data["provenance"]["weights"]] == [False, True]


def test_json_has_no_nan_even_where_values_have():
    words = (Word("hm", 0.5, 1, math.nan),)
    odd = dataclasses.replace(one("hm").turns[0], words=words)
    provenance = {"x": math.inf, "y": np.float32("nan"), 3: (Path("a"),)}
    found = dataclasses.replace(one("hm"), turns=(odd,), provenance=provenance)
    data = json.loads(wire.dumps(found), parse_constant=pytest.fail)
    assert data["turns"][0]["words"][0]["probability"] is None
    assert data["provenance"] == {"x": None, "y": None, "3": ["a"]}
    VALIDATOR.validate(data)


def test_json_keeps_independent_scores_vad_and_late_abstention():
    labels = LabelSet("two", ("calm", "tense"))
    emotion = Emotion("face", labels, (0.9, 0.8), False, (0.1, -0.2, 0.3), "too unsure")
    said = Turn(Utterance("x", 0, "Ann"), emotions={"face": emotion}, emotion=emotion)
    found = Timeline("a", (said,), ("Ann",))
    assert_same(through_json(found), found)
    data = wire.to_json(found)["turns"][0]["emotion"]
    assert data["label"] is None and data["confidence"] == 0.9 and data["exclusive"] is False


def test_json_says_what_was_seen_without_a_picture_of_anybody():
    found = filmed(b"\xff\xd8 a face")
    text = wire.dumps(found)
    first, second, third, fourth = (t["seen"] for t in json.loads(text)["turns"])
    assert (first["person"], first["share"], first["moment"]) == ("face 1", 0.83, 1.2)
    assert first["cues"]["description"] == "smile, brows raised" and "picture" not in first
    assert (second["person"], second["share"]) == (None, None)
    assert second["absent"].startswith("1 face, and") and second["landmarks"] is None
    assert third["cues"] is None and fourth is None
    seen = wire.from_json(json.loads(text)).turns[0].seen
    assert seen is not None and seen.landmarks is not None and seen.picture == b""
    np.testing.assert_allclose(seen.landmarks, drawn_face(0.1), atol=0.0005)
    point = [round(float(x), 3) for x in seen.landmarks[0]]
    assert f"[{point[0]}, {point[1]}, {point[2]}]" in text, "a point stands in one line"


def test_json_of_before_faces_is_read():
    data = wire.to_json(timeline(2))
    for said in data["turns"]:
        del said["seen"]
    data["schema_version"] = "1.3"
    VALIDATOR.validate(data)
    assert [t.seen for t in wire.from_json(data).turns] == [None, None]


def test_two_label_sets_of_one_name_are_refused():
    emotions = {n: Emotion(n, LabelSet("x", (n, "b")), (0.5, 0.5)) for n in ("one", "two")}
    said = Turn(Utterance("x", 0, "Ann"), emotions=emotions)
    with pytest.raises(LabelError, match="two label sets are called 'x'"):
        wire.to_json(Timeline("a", (said,), ("Ann",)))


def test_provenance_that_is_no_data_is_refused():
    with pytest.raises(InputError, match="a object cannot be written"):
        wire.to_json(dataclasses.replace(timeline(1), provenance={"x": object()}))


def broken(**change: object) -> object:
    return {**wire.to_json(timeline(1)), **change}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (broken(schema_version="2.0"), "expected a timeline of schema version 1.5, found '2.0'"),
        (broken(schema_version=1), "found 1"),
        ([], "found None"),
        ({"schema_version": "1.0"}, "lacks 'label_sets'"),
        (broken(turns=[{}]), "lacks"),
        (broken(turns=3), "does not fit its schema"),
        (broken(label_sets=[]), "does not fit its schema"),
    ],
)
def test_json_that_cannot_be_read_says_why(data, said):
    with pytest.raises(InputError, match=re.escape(said)):
        wire.from_json(data)


def test_json_says_who_speaks_in_which_language_and_how_sure_that_is():
    talk = overlapping()
    data = wire.to_json(talk)
    VALIDATOR.validate(data)
    added = [(t["language"], t["speaker_confidence"], t["overlap"]) for t in data["turns"]]
    assert added == [("en", 0.9, 0.5), ("de", 0.0, 0.5), (None, None, 0.0)]
    assert data["speaker_number"] == {
        "number": 2,
        "how": "estimated",
        "probabilities": {"2": 0.7, "3": 0.3},
    }
    assert_same(through_json(talk), talk)
    assert [t["overlap"] for t in wire.to_json(timeline(2, times=False))["turns"]] == [None, None]


@pytest.mark.parametrize("wrong", [{"number": 0}, {"how": "guessed"}, {"probabilities": {"x": 1}}])
def test_the_schema_refuses_impossible_numbers_of_speakers(wrong):
    data = wire.to_json(overlapping())
    data["speaker_number"] |= wrong
    assert [tuple(e.path) for e in VALIDATOR.iter_errors(data)] == [("speaker_number",)]


def test_timelines_of_version_1_0_are_read():
    data = wire.to_json(overlapping())
    del data["speaker_number"]
    for t in data["turns"]:
        del t["language"], t["speaker_confidence"], t["overlap"]
    data["schema_version"] = "1.0"
    VALIDATOR.validate(data)
    back = wire.from_json(data)
    assert back.speaker_number is None
    assert {(t.utterance.language, t.utterance.speaker_confidence) for t in back.turns} == {
        (None, None)
    }
    assert [t.utterance.speaker for t in back.turns] == ["Ann", "Ben", "Ann"]


def answered(reply: Reply) -> Timeline:
    found = one("I lost my keys")
    return dataclasses.replace(found, turns=(dataclasses.replace(found.turns[0], reply=reply),))


@given(ANYTHING, ANYTHING, st.none() | ANYTHING, st.floats(-1, 1))
def test_json_holds_the_exemplars_and_the_judgement_of_a_reply(context, why, emotion, similarity):
    exemplar = Exemplar("x:1", "mine", context, "Oh no", emotion, similarity)
    sorry = Element((0.1, 0.2, 0.7), ((0, 2),))
    seen = Empathy({"reaction": sorry}, -0.5)
    found = answered(Reply("u", "Oh no", "retrieve:mine", None, (exemplar,), why, seen))
    VALIDATOR.validate(wire.to_json(found))
    assert_same(through_json(found), found)


def test_replies_of_version_1_1_are_read():
    data = wire.to_json(answered(Reply("u", "Oh no", "rules", "why not")))
    del data["turns"][0]["reply"]["exemplars"], data["turns"][0]["reply"]["why"]
    data["schema_version"] = "1.1"
    VALIDATOR.validate(data)
    assert wire.from_json(data).turns[0].reply == Reply("u", "Oh no", "rules", "why not")


def test_later_minor_versions_are_read():
    assert wire.from_json(broken(schema_version="1.7")).speakers == ("Ann",)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(text=ANYTHING, speaker=ANYTHING, note=ANYTHING)
def test_json_holds_any_text(text, speaker, note):
    found = one(text, speaker, notes=(note,))
    assert_same(through_json(found), found)


# csv


def test_csv_says_language_certainty_of_the_speaker_and_overlap():
    rows = list(csv.DictReader(io.StringIO(timeline_csv.dumps(overlapping()))))
    assert [(r["language"], r["speaker_confidence"], r["overlap"]) for r in rows] == [
        ("en", "0.9", "0.5"),
        ("de", "0.0", "0.5"),
        ("", "", "0.0"),
    ]


def test_csv_has_a_row_a_turn():
    found = timeline(5, abstain=(1,))
    rows = list(csv.DictReader(io.StringIO(timeline_csv.dumps(found))))
    assert [r["id"] for r in rows] == ["t1", "t2", "t3", "t4", "t5"]
    emotion = found.turns[0].emotion
    assert emotion is not None and rows[0]["emotion"] == emotion.label
    assert float(rows[0]["p_anger"]) == pytest.approx(emotion.score("anger"), abs=1e-4)
    assert rows[1]["emotion"] == "" and rows[1]["abstained"] == "too short"
    assert rows[1]["p_anger"] == "" and rows[1]["voice_emotion"] == ""
    assert rows[3]["avg_pitch_Hz"] == "" and rows[0]["avg_pitch_Hz"] != ""
    assert rows[4]["reply"] == "That sounds like a long wait."


def test_csv_of_a_transcript_leaves_unknown_cells_empty():
    row = next(csv.DictReader(io.StringIO(timeline_csv.dumps(timeline(1, times=False)))))
    assert row["start"] == row["end"] == row["description"] == "" and row["text_emotion"]
    assert timeline_csv.dumps(timeline(0)).strip() == ""


def test_csv_of_a_video_says_what_was_seen():
    rows = list(csv.DictReader(io.StringIO(timeline_csv.dumps(filmed()))))
    names = ("face", "face_share", "face_description", "face_absent")
    assert [tuple(r[n] for n in names) for r in rows] == [
        ("face 1", "0.83", "smile, brows raised", ""),
        ("", "", "", "1 face, and its mouth does not move with the voice"),
        ("face 1", "0.3", "", ""),
        ("", "", "", ""),
    ]
    assert "face" not in timeline_csv.dumps(timeline(2)).split("\r\n")[0]


@settings(max_examples=60, deadline=None)
@given(text=ANYTHING, speaker=ANYTHING)
def test_csv_holds_any_text(text, speaker):
    written = timeline_csv.dumps(one(text, speaker))
    row = next(csv.DictReader(io.StringIO(written, newline="")))
    assert (row["text"], row["speaker"]) == (text, speaker)


# Files


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".JSON", ".textgrid"])
def test_the_suffix_chooses(tmp_path, suffix):
    path = write(timeline(2), tmp_path / f"대화 1{suffix}")
    start = {
        ".json": "{",
        ".csv": "index,",
        ".srt": "1\n",
        ".textgrid": "File type",
        ".html": "<!doctype html>",
    }[suffix.lower()]
    assert path.read_text(encoding="utf-8").startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["a.docx", "a", "a.txt"])
def test_unknown_suffix_lists_the_known(tmp_path, name):
    with pytest.raises(UsageError, match=r"\.json, \.csv, \.srt, \.TextGrid, \.html"):
        write(timeline(1), tmp_path / name)


def test_missing_folder_and_folder_in_the_way(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        write(timeline(1), tmp_path / "none" / "a.json")
    (tmp_path / "b.json").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        write(timeline(1), tmp_path / "b.json")
    (tmp_path / "file").write_text("x")
    with pytest.raises(EmpathiaError):
        write(timeline(1), tmp_path / "file" / "a.json")


def test_an_unwritable_place_is_named(tmp_path):
    with pytest.raises(EmpathiaError, match="cannot write") as caught:
        write_text(Path("/proc/empathia.json"), "x")
    assert caught.value.remedy
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(EmpathiaError, match="cannot write"):
            write_text(tmp_path / "a.json", "x")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write(timeline(1), tmp_path / "a.json")
    before = path.read_text(encoding="utf-8")

    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(timeline(5), path)
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_links_and_devices_are_respected(tmp_path):
    path = write(timeline(1), tmp_path / "a.json")
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    write(timeline(3), link)
    assert link.is_symlink() and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(json.loads(path.read_text(encoding="utf-8"))["turns"]) == 3
    null = tmp_path / "null.json"
    null.symlink_to("/dev/null")
    write(timeline(1), null)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_source_that_is_no_utf8_can_be_written(tmp_path):
    source = os.fsdecode(b"caf\xe9.wav")
    found = dataclasses.replace(timeline(2), source=source)
    data = json.loads(write(found, tmp_path / "a.json").read_text(encoding="utf-8"))
    assert data["source"] == source
    for suffix in (".csv", ".html", ".srt"):
        assert write(found, tmp_path / f"a{suffix}").read_text(encoding="utf-8")
