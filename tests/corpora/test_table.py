"""Anybody's table, in four formats, and back."""

from __future__ import annotations

import collections
import json
import math
import os
import re
import unicodedata
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spreadsheets import xlsx

import empathia
from empathia.corpora import CorpusWarning, table
from empathia.corpora.table.write import records, write
from empathia.errors import CorpusError, LabelError, UsageError
from empathia.features.prosody import NAMES, UNITS
from empathia.labels import LabelSet, label_set
from empathia.labels.sets import IEMOCAP6
from empathia.listen.transcript import read_transcript
from empathia.types import Dialogue, Utterance

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
HEADER = "utterance,dialogue,speaker,gender,text,start,end,label,votes,split,pitch"


def csv(folder: Path, *lines: str, header: str = HEADER, name: str = "talk.csv") -> Path:
    file = folder / name
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8-sig")
    return file


def only(dialogues):
    return {d.id: d.utterances[0] for d in dialogues}


def test_rows_are_put_in_time_order_and_features_join_by_id(tmp_path):
    file = csv(
        tmp_path,
        "b,d1,Ann,F,Oh no,2.5,3,sad,sad;neutral,train,210.5",
        'a,d1,Ben,M,"Well, yes",0,2,neutral,"[[""neutral""], [""sad"", ""happy""]]",train,',
        "c,d2,,x,,,,,,,99",
    )
    first, second = table.load(file, language="en")
    assert [u.id for u in first.utterances] == ["a", "b"]
    assert [u.index for u in first.utterances] == [0, 1]
    a, b = first.utterances
    assert (a.speaker, a.gender, a.text, a.gold) == ("Ben", "male", "Well, yes", ("neutral",))
    assert a.votes == (("neutral",), ("sad", "happy"))
    assert b.votes == (("sad",), ("neutral",))
    assert (first.split, first.language, first.labels.labels) == ("train", "en", ("neutral", "sad"))
    (c,) = second.utterances
    assert (c.speaker, c.gender, c.text, c.gold, c.start) == ("unknown", None, None, (), None)
    assert second.split is None
    numbers = table.ready(tmp_path, features={"voice": ["pitch"]}, scale=[1, 5])["voice"]
    assert {k: f.measure("pitch") for k, f in numbers.items()} == {"b": 210.5, "c": 99}
    assert "a" not in numbers, "a row without any number has no feature, not zeros"


def test_a_newcomers_table_needs_text_and_label_alone(tmp_path):
    file = csv(tmp_path, "Good day;fine", "Oh no;bad", header="Text;Label")
    dialogues = table.load(file)
    assert [(d.id, d.utterances[0].text, d.utterances[0].gold) for d in dialogues] == [
        ("1", "Good day", ("fine",)),
        ("2", "Oh no", ("bad",)),
    ]
    file = csv(tmp_path, "7\tHello", header="speaker_ID\tTEXT", name="talk.tsv")
    assert table.load(file)[0].utterances[0].speaker == "7"


def test_columns_are_mapped_and_affect_is_scaled(tmp_path):
    file = csv(tmp_path, "x,hap,5,1,3", "y,sad,0.5,3,3", "z,hap,,,", header="id,emo,v,a,dominance")
    columns = {"utterance": "id", "label": "emo", "valence": "v", "arousal": "a"}
    clips = only(table.load(file, map=columns, scale=[1, 5]))
    assert clips["x"].vad == (1.0, -1.0, 0.0)
    assert clips["y"].vad is None, "outside of the scale is not known"
    assert clips["z"].vad is None
    assert [u.gold for u in clips.values()] == [("hap",), ("sad",), ("hap",)]
    file = csv(tmp_path, "x,hap,a:b", header="ID,Emo,when:where")
    (talk,) = table.load(file, map={"label": "emo", "utterance": "id", "text": "when:where"})
    assert (talk.utterances[0].id, talk.utterances[0].text, talk.labels.labels) == (
        "x",
        "a:b",
        ("hap",),
    )


def test_groups_are_columns_or_patterns(tmp_path):
    file = csv(
        tmp_path, "a_impro01,3,x", "b_script02,4,y", "c,4,", header="dialogue,Room,group:own"
    )
    groups = {"session": "Room", "scenario": r"dialogue:_(impro|script)0(\d)"}
    with pytest.warns(CorpusWarning, match="1 of 3 rows are in no group") as told:
        clips = only(table.load(file, groups=groups, map={"speaker": r"dialogue:^(.)"}))
    assert len(told) == 2  # one a grouping that is not whole
    one, two, three = clips.values()
    assert one.groups == {"own": "x", "session": "3", "scenario": "impro1"}
    assert two.groups == {"own": "y", "session": "4", "scenario": "script2"}
    assert three.groups == {"session": "4"}
    assert [u.speaker for u in (one, two, three)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": {"room": "hall"}}, "no column 'hall' for group 'room'"),
        ({"groups": {"room": "text:(x"}}, "does not parse"),
        ({"groups": {"room": "text:x"}}, "has no group"),
        ({"groups": {"room": "text:(never)"}}, "nothing is in a group 'room'"),
        ({"map": {"mood": "text"}}, "map names 'mood', which is no column of ours"),
        ({"map": {"text": "words"}}, "no column 'words' for our 'text'"),
        ({"scale": [5, 1]}, r"scale is \[5, 1\]"),
        ({"file": "other.csv"}, "there is no file"),
        ({"labels": ["good"]}, "line 2: label 'sad' is not in 'table'"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, message):
    csv(tmp_path, "Hi,sad", header="text,label")
    with pytest.raises(CorpusError, match=message):
        table.load(tmp_path, **options)


def test_an_unknown_label_set_and_two_columns_alike(tmp_path):
    file = csv(tmp_path, "Hi,sad", header="text,label")
    with pytest.raises(LabelError, match="unknown label set 'moods'"):
        table.load(file, labels="moods")
    with pytest.raises(CorpusError, match="columns Text and TEXT, both like our 'text'"):
        table.load(csv(tmp_path, "a,b", header="Text,TEXT"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a,d,S,,t,1,2,,,,", "a,d,S,,t,1,2,,,,"], "line 3: .*'a' again, first on line 2"),
        ([",d,S,,t,1,2,,,,"], "line 2: .*found none"),
        (["a,d,S,,t,2,1,,,,"], "line 2: expected 0 <= start <= end"),
        (["a,d,S,,t,1,,,,,"], "line 2: expected 0 <= start <= end"),
        (["a,d,S,,t,soon,2,,,,"], "line 2: start 'soon' is no time"),
        (["a,d,S,,t,,2,,,,"], "line 2: expected 0 <= start <= end, found None and 2"),
        (["a,d,S,,t,1,2,,,spare,"], "split 'spare' is none of train, training, valid, val"),
        (
            ["a,d,S,,t,1,2,,,train,", "b,d,S,,t,3,4,,,test,"],
            "line 3: the dialogue is in train and",
        ),
        (["a,d,S,,t,1,2,,[1],,"], "line 2: votes: no list"),
        (["a,d,S,,t,1,2,,[,,"], "line 2: votes: no list"),
        (["a,d,S,,t,1,2,,,,,x"], "line 2: 12 cells under 11 columns"),
        (["a,d,S,,t,1,2,bored,,,"], "line 2: label 'bored' is not in 'iemocap6'"),
        (['a,d,S,,"t,1,2,bored,,', 'b,d,S,,"t",1,2,,,,'], "quotation marks do not pair"),
        ([], "has no rows"),
    ],
)
def test_the_wrong_line_is_named(tmp_path, lines, message):
    with pytest.raises(CorpusError, match=message):
        table.load(csv(tmp_path, *lines), labels=IEMOCAP6)


def test_what_is_no_table(tmp_path):
    with pytest.raises(CorpusError, match="holds 0 tables"):
        table.load(tmp_path)
    file = csv(tmp_path, "1", header="number")
    with pytest.raises(CorpusError, match=r"no column that we know \(has: number\)"):
        table.load(file)
    with pytest.raises(CorpusError, match="twice the column 'text'"):
        table.load(csv(tmp_path, "1,2", header="text,text"))
    with pytest.raises(CorpusError, match="no column 'pitch' for feature 'voice'"):
        table.ready(csv(tmp_path, "1", header="text"), features={"voice": ["pitch"]})
    with pytest.raises(CorpusError, match="line 2: pitch 'high' is no number"):
        file = csv(tmp_path, "1,high", header="text,pitch")
        table.ready(file, features={"voice": ["pitch"]})
    file.write_bytes(b"utterance\n\x00\x01\x02\n")
    with pytest.raises(CorpusError, match="binary data"):
        table.load(file)
    (tmp_path / "notes.odt").touch()
    with pytest.raises(CorpusError, match=r"is none of \.csv"):
        table.load(tmp_path / "notes.odt")
    with pytest.raises(CorpusError, match="holds 2 tables"):
        csv(tmp_path, "1", header="text", name="more.tsv")
        table.load(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: expected a JSON object"),
        ("[1]", "line 2: expected a JSON object, found a list"),
        ('{"text": "x", "label": [3]}', "line 2: label is no list of labels"),
    ],
)
def test_the_wrong_json_line_is_named(tmp_path, line, message):
    file = tmp_path / "talk.jsonl"
    file.write_text('{"text": "a", "label": "x"}\n' + line + "\n")
    with pytest.raises(CorpusError, match=message):
        table.load(file)


def test_parquet_rows_are_named_and_lists_are_features(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "talk.parquet"
    columns = {"Utterance_id": [1.0, 2.0], "text": ["a", None], "e": [[1.0, None], None]}
    parquet.write_table(pa.table(columns), file)
    assert [d.id for d in table.load(file)] == ["1", "2"]
    numbers = table.ready(file, features={"own": ["e*"]})["own"]
    assert list(numbers) == ["1"]
    assert numbers["1"].names == ("e[0]", "e[1]")
    assert numbers["1"].values[0, 0] == 1
    assert math.isnan(numbers["1"].values[0, 1])
    parquet.write_table(pa.table({"utterance": ["a", "a"]}), file)
    with pytest.raises(CorpusError, match=r"row 2: .*'a' again, first on row 1"):
        table.load(file)
    file.write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match="no readable Parquet"):
        table.load(file)


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
names = words.map(lambda s: unicodedata.normalize("NFC", s)).filter(lambda s: s == s.strip())
names |= st.just("NA")
signs = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\r\n\t")
texts = st.text(signs, max_size=12).filter(str.strip) | st.just("nan")
labels = st.lists(
    st.sampled_from(["joy", "a;b", "[c", "None", "불평/불만", '"e"']), unique=True, max_size=2
).map(tuple)
number = st.floats(0, 1e6, allow_nan=False)


@st.composite
def corpora(draw):
    dialogues = []
    for d in range(draw(st.integers(1, 3))):
        timed = draw(st.booleans())
        starts = sorted(draw(st.lists(number, min_size=1, max_size=3)))
        split = draw(st.sampled_from(["train", "valid", "test", None]))
        utterances = tuple(
            Utterance(
                id=f"{d}/{i}",
                index=i,
                speaker=draw(names),
                text=draw(st.none() | texts),
                start=start if timed else None,
                end=start + 1 if timed else None,
                audio=draw(st.none() | st.just(Path("/sound/a b.wav"))),
                video=draw(st.none() | st.just(Path("/sound/a.mp4"))),
                gender=draw(st.sampled_from(["female", "male", None])),
                gold=draw(labels),
                votes=tuple(draw(st.lists(labels, max_size=3))),
                vad=draw(st.none() | st.tuples(*[st.floats(-1, 1)] * 3)),
                clips=draw(st.sampled_from([(), ("audio",), ("audio", "video")])),
                groups={"session": draw(names), "own": draw(names)},
            )
            for i, start in enumerate(starts)
        )
        known = LabelSet("all", ("joy", "a;b", "[c", "None", "불평/불만", '"e"'))
        dialogues.append(Dialogue(f"d{d}", utterances, "table", split, "en", known))
    return tuple(dialogues)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dialogues=corpora())
def test_what_is_written_is_read_back_equal(tmp_path, suffix, dialogues):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    file = tmp_path / f"out.{suffix}"
    write(file, records(dialogues, tmp_path))
    again = table.load(file, labels=dialogues[0].labels, language="en")
    assert again == dialogues
    groups = [[u.groups for u in d.utterances] for d in dialogues]
    assert [[u.groups for u in d.utterances] for d in again] == groups
    assert [f.name for f in tmp_path.iterdir()] == [file.name], "nothing half-written is left"


def test_media_below_the_table_are_named_relative_to_it(tmp_path):
    talk = Dialogue("d", (Utterance("u", 0, "A", audio=tmp_path / "wav" / "a.wav"),))
    write(tmp_path / "t.jsonl", records([talk], tmp_path))
    assert json.loads((tmp_path / "t.jsonl").read_text())["audio"] == "wav/a.wav"


def test_a_recording_of_one_row_is_its_clip(tmp_path):
    rows = ("d,0,2,a.wav", "d,2,3,b.wav", "e,1,2,c.wav", "f,0,1,all.wav", "f,1,2,all.wav")
    dialogues = table.load(csv(tmp_path, *rows, header="dialogue,start,end,audio"))
    places = [u.place("audio") for d in dialogues for u in d.utterances]
    assert places == [None, None, (1, 2), (0, 1), (1, 2)]
    file = csv(
        tmp_path, "d,0,2,a.wav,", "d,2,3,b.wav,audio", header="dialogue,start,end,audio,clips"
    )
    assert [u.place("audio") for u in table.load(file)[0].utterances] == [(0, 2), None]
    with pytest.raises(CorpusError, match="line 2: clips are smell"):
        table.load(csv(tmp_path, "x,smell", header="text,clips"))


@pytest.mark.parametrize(
    ("said", "part"),
    [
        *((x, "train") for x in ("train", "Training", " TRAIN ")),
        *((x, "valid") for x in ("valid", "Val", "validation", "dev", "DEVEL", "development")),
        *((x, "test") for x in ("Test", "testing", "eval", "evaluation")),
        ("nan", None),
    ],
)
@pytest.mark.filterwarnings("ignore::empathia.corpora.CorpusWarning")
def test_a_part_is_known_by_its_usual_names(tmp_path, said, part):
    file = csv(tmp_path, f"a,{said},d", f"b,{said.strip().lower()},d", header="text,split,dialogue")
    assert [d.split for d in table.load(file)] == [part]


@pytest.mark.parametrize(
    ("cell", "gold"),
    [
        ("""['happy', "it's"]""", ("happy", "it's")),
        ("""[' happy ', nan, None, '']""", ("happy",)),
        ("""["nan"]""", ("nan",)),
        ("[nan]", ()),
        (r"['a\d']", (r"a\d",)),
        ("[]", ()),
    ],
)
def test_lists_are_read_as_python_writes_them(tmp_path, cell, gold):
    quoted = cell.replace('"', '""')
    file = csv(tmp_path, f'a,"{quoted}","{quoted}"', header="text,label,votes")
    (only_one,) = table.load(file)
    assert only_one.utterances[0].gold == gold
    assert [x for v in only_one.utterances[0].votes for x in v] == list(gold)


@pytest.mark.parametrize(
    "cell", ["[" * 5000, "[" + "-" * 50_000 + "1]", "[__import__('os')]", "['a', 3]", "['a'"]
)
def test_what_is_no_list_of_labels_is_named(tmp_path, cell):
    with pytest.raises(CorpusError, match="line 2: label"):
        table.load(csv(tmp_path, f'a,"{cell}"', header="text,label"))


def test_lists_of_numbers_may_have_gaps(tmp_path):
    file = csv(tmp_path, 'a,"[1.5, nan, None]",3', 'b,"[NaN, null, 2]",NA', header="text,e,f")
    first, second = table.ready(file, features={"own": ["e", "f"]})["own"].values()
    assert first.names == ("e[0]", "e[1]", "e[2]", "f")
    assert str([first.values.tolist(), second.values.tolist()]) == (
        "[[[1.5, nan, nan, 3.0]], [[nan, nan, 2.0, nan]]]"
    )


NOTHING = ["nan", "NaN", "NA", "null", "NULL", "N/A", "n/a", "#N/A", "<NA>", "None", "#NAME?"]


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_is_nothing_and_is_counted(tmp_path, word):
    file = csv(tmp_path, f"{word},Ann,{word}", f"hi, {word} ,sad", header="text,speaker,label")
    with pytest.warns(CorpusWarning) as told:
        first, second = (d.utterances[0] for d in table.load(file))
    assert (first.text, first.speaker, first.gold) == (None, "Ann", ())
    assert (second.text, second.speaker, second.gold) == ("hi", "unknown", ("sad",))
    said = [str(w.message).split("talk.csv: ")[1] for w in told]
    assert sorted(said) == sorted(
        f"column '{c}' says {word}, which is nothing: 1 (line {n})"
        for c, n in (("text", 2), ("speaker", 3), ("label", 2))
    )


def test_words_that_only_look_like_nothing(tmp_path):
    file = csv(tmp_path, "None.,none", "nan is my gran,None", header="text,label")
    first, second = (d.utterances[0] for d in table.load(file, labels=["none", "None"]))
    assert (first.text, first.gold) == ("None.", ("none",))
    assert (second.text, second.gold) == ("nan is my gran", ("None",))


def test_labels_that_are_called_so_are_read_back(tmp_path):
    talk = Dialogue("d", (Utterance("u", 0, "A", gold=("None",)),))
    write(tmp_path / "t.csv", records([talk], tmp_path))
    assert table.load(tmp_path / "t.csv")[0].utterances[0].gold == ("None",)


def test_labels_alike_are_joined_where_it_is_asked_for(tmp_path):
    lines = ["a,happy,Happy", "b,Happy,happy.", "c,happy.,sad", "d,SAD ,", "e,Sad,", "f,happy,"]
    file = csv(tmp_path, *lines, header="text,label,votes")
    apart = table.load(file)
    assert apart[0].labels.labels == ("Happy", "SAD", "Sad", "happy", "happy.")
    joined = table.load(file, join_alike=True)
    assert joined[0].labels.labels == ("happy", "sad")
    assert [u.gold for u in only(joined).values()] == [("happy",)] * 3 + [("sad",)] * 2 + [
        ("happy",)
    ]
    assert [u.votes for u in only(joined).values()][:3] == [(("happy",),)] * 2 + [(("sad",),)]
    with pytest.raises(CorpusError, match="'happy' is not in 'table'; with join_alike = true it"):
        table.load(file, labels=["Happy", "SAD"])
    wanted = table.load(file, labels=["Happy", "SAD"], join_alike=True)
    assert {u.gold for u in only(wanted).values()} == {("Happy",), ("SAD",)}


def test_codes_become_the_labels_that_they_mean(tmp_path):
    votes = '"[[""hap""],[""oth"",""sad""],[""xxx""]]"'
    file = csv(tmp_path, f"a,hap,{votes}", "b,oth,", "c,xxx,", header="text,label,votes")
    codes = {"hap": "happy", "oth": "other", "xxx": ""}
    named = table.load(file, labels="iemocap10", rename=codes | {"sad": "sad"})
    assert named[0].labels == label_set("iemocap10")
    one, other, none = only(named).values()
    assert (one.gold, one.votes) == (("happy",), (("happy",), ("other", "sad"), ()))
    assert (other.gold, none.gold) == (("other",), ())
    with pytest.raises(CorpusError, match="'hap' is not in 'iemocap10'"):
        table.load(file, labels="iemocap10")


def test_one_name_in_two_forms_is_one(tmp_path):
    forms = [unicodedata.normalize(f, "Zoë") for f in ("NFC", "NFD")]
    lines = [f"{i},{z},{z},{z},{z},{z}.wav" for i, z in enumerate(forms)]
    header = "utterance,speaker,label,dialogue,group:room,audio"
    (talk,) = table.load(csv(tmp_path, *lines, header=header))
    assert {(u.speaker, u.gold, u.groups["room"]) for u in talk.utterances} == {
        (forms[0], (forms[0],), forms[0])
    }
    assert [u.audio.name for u in talk.utterances] == [f"{z}.wav" for z in forms]


def test_ends_come_from_durations_where_no_column_says_them(tmp_path):
    lines = ["a,0.5,2", "b,3,0"]
    talk = table.load(csv(tmp_path, *lines, header="text,start,duration"))
    assert [u.place("audio") for d in talk for u in d.utterances] == [(0.5, 2.5), (3, 3)]
    (talk,) = table.load(csv(tmp_path, "a,1,2,9", header="text,start,end,duration"))
    assert talk.utterances[0].end == 2
    (talk,) = table.load(csv(tmp_path, "a,,9", header="text,start,duration"))
    assert talk.utterances[0].start is None
    with pytest.raises(CorpusError, match="line 2: duration '-2' is no time"):
        table.load(csv(tmp_path, "a,1,-2", header="text,start,duration"))


GERMAN = (
    "utterance;dialogue;text;label;start;end",
    "a;d;Grüezi;froh;0,5;1,25",
    "b;d;ach;weh;2;3",
)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("\r\n".join(GERMAN).encode("utf-8-sig"), []),
        (("sep=;\r\n" + "\r\n".join(GERMAN)).encode("utf-8-sig"), []),
        ("\n".join(GERMAN).replace(";", "\t").encode("utf-16"), []),
        ("\n".join(GERMAN).encode("cp1252"), ["read as cp1252: it is not utf-8"]),
        (("\n".join(GERMAN) + "\n;;;;;\n;;;;;\n\n").encode(), []),
        (("".join(f"{x};;\n" for x in GERMAN)).encode(), []),
        (("My talk;;;;;\n" + "\n".join(GERMAN)).encode(), ["left out above the header: line 1"]),
        (
            ("\n".join(GERMAN).replace(";2;3", "") + "\n").encode(),
            ["rows with fewer cells than the header (line 3)"],
        ),
    ],
)
def test_tables_of_spreadsheets_are_read(tmp_path, content, notes):
    file = tmp_path / "talk.csv"
    file.write_bytes(content)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        (talk,) = table.load(file)
    assert [str(w.message).removeprefix(f"{file}: ") for w in told] == notes
    a, b = talk.utterances
    assert (a.id, a.text, a.gold, a.start, a.end) == ("a", "Grüezi", ("froh",), 0.5, 1.25)
    assert (b.id, b.text, b.gold) == ("b", "ach", ("weh",))
    transcript = read_transcript(file)  # one reader for both
    assert [(u.text, u.start, u.end) for u in transcript.dialogue.utterances] == [
        (u.text, u.start, u.end) for u in talk.utterances
    ]
    assert set(notes) <= set(transcript.notes)


def test_a_sheet_is_read_as_its_csv(tmp_path):
    pytest.importorskip("python_calamine")
    rows = [("utterance", "dialogue", "text", "label", "start"), ("a", 1.0, "hi", "sad", 0.5)]
    (tmp_path / "talk.xlsx").write_bytes(xlsx({"Talk": list(rows)}))
    (talk,) = table.load(tmp_path / "talk.xlsx", map={"duration": "start"})
    assert (talk.id, talk.utterances[0].id, talk.utterances[0].end) == ("1", "a", 1.0)


@pytest.mark.parametrize(
    ("start", "last", "value"),
    [("start_ms", "End (ms)", 2500), ("Start [msec]", "duration_ms", 1500), ("start", "end", 2.5)],
)
def test_the_name_of_a_column_tells_its_unit(tmp_path, start, last, value):
    file = csv(tmp_path, f"a,0:00:01,{value}", header=f"text,{start},{last}")
    (talk,) = table.load(file)
    assert talk.utterances[0].place("audio") == (1, 2.5)
    mapped = {"start": start, "duration" if "duration" in last else "end": last}
    assert table.load(file, map=mapped) == (talk,)


def test_clock_times_and_decimal_commas(tmp_path):
    header = "text;start;end;valence;arousal;dominance;pitch"
    file = csv(tmp_path, "a;0:01:02,5;62.75;0,5;-0,25;1;210,5", header=header)
    (talk,) = table.load(file)
    assert talk.utterances[0].place("audio") == (62.5, 62.75)
    assert talk.utterances[0].vad == (0.5, -0.25, 1)
    ready = table.ready(file, features={"voice": ["pitch"]})["voice"]["1"]
    assert ready.measure("pitch") == 210.5
    with pytest.raises(CorpusError, match="line 2: valence '0,5' is no number"):
        table.load(csv(tmp_path, 'a,"0,5"', header="text,valence"))


def test_columns_that_nobody_asks_for_may_be_doubled(tmp_path):
    (talk,) = table.load(csv(tmp_path, "a,1,2", header="text,pitch,pitch"))
    assert talk.utterances[0].text == "a"


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match=r"'x\.xlsx' is none of"):
        write(tmp_path / "x.xlsx", [{"a": 1}])
    with pytest.raises(UsageError, match="nothing to write"):
        write(tmp_path / "x.csv", [])


def test_the_eight_measures_come_with_their_units(tmp_path):
    file = csv(tmp_path, "x," + ",".join("12345678"), header="text," + ",".join(NAMES))
    ready = table.ready(file, features={"prosody": NAMES})["prosody"]["1"]
    assert (ready.names, ready.units) == (NAMES, UNITS)


@pytest.mark.slow
@pytest.mark.corpus
def test_real_table():
    folder = DATA / "iemocap"
    if not (folder / "utterances.csv").exists():
        pytest.skip("the IEMOCAP table is not there")
    options = {
        "map": {"label": "label6", "speaker": r"utterance_id:(Ses\d\d).*_([FM])\d+$"},
        "groups": {"session": "session", "scenario": r"dialogue_id:_(impro\d\d|script\d\d)"},
        "features": {"prosody": list(NAMES)},
        "labels": "iemocap6",
        "scale": [1, 5],
    }
    dialogues = table.load(folder, **options)
    assert collections.Counter(d.split for d in dialogues) == {
        "train": 108,
        "valid": 12,
        "test": 31,
    }
    labelled = collections.Counter(d.split for d in dialogues for u in d.utterances if u.gold)
    assert labelled == {"train": 5163, "valid": 647, "test": 1623}
    utterances = [u for d in dialogues for u in d.utterances]
    assert len({u.groups["session"] for u in utterances}) == 5
    assert len({u.groups["scenario"] for u in utterances}) == 11
    assert len({u.speaker for u in utterances}) == 10
    for dialogue in dialogues:
        starts = [u.start for u in dialogue.utterances]
        assert starts == sorted(starts)
        assert re.fullmatch(r"Ses0\d[FM]_\w+", dialogue.id)
    assert set(table.ready(folder, **options)["prosody"]) == {u.id for u in utterances}


def test_a_corpus_is_loaded_from_python(tmp_path):
    (tmp_path / "a.csv").write_text("said,feeling\nhello,glad\nno,cross\n", encoding="utf-8")
    dialogues = empathia.load_corpus(
        "table", tmp_path / "a.csv", map={"text": "said", "label": "feeling"}
    )
    assert [(u.text, u.gold) for d in dialogues for u in d.utterances] == [
        ("hello", ("glad",)),
        ("no", ("cross",)),
    ]
    with pytest.raises(UsageError, match="colour"):
        empathia.load_corpus("table", tmp_path / "a.csv", colour=1)
    with pytest.raises(UsageError, match="unknown corpora plug-in"):
        empathia.load_corpus("tabel", tmp_path / "a.csv")


def test_labels_in_parts_of_a_cell_are_told_where_they_say_nothing(tmp_path):
    file = csv(tmp_path, "a,glad ; nan; sad;", header="text,label")
    with pytest.warns(CorpusWarning, match="column 'label' says nan, which is nothing: 1"):
        assert table.load(file)[0].utterances[0].gold == ("glad", "sad")


def test_labels_that_look_like_nothing_are_kept_in_votes_and_parts(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text,label,votes\na,Happy;None,None;Happy;None\nb,None,None\n")
    first, second = (d.utterances[0] for d in table.load(file, labels=("Happy", "None")))
    assert first.gold == ("Happy", "None") and first.votes == (("None",), ("Happy",), ("None",))
    assert second.gold == ("None",) and second.votes == (("None",),)
    with pytest.warns(CorpusWarning) as told:
        parts = table.load(file)
    assert any("'label' says None, which is nothing" in str(w.message) for w in told)
    assert parts[0].utterances[0].gold == ("Happy",)


def test_rows_of_zeros_in_a_spreadsheet_are_rows(tmp_path):
    file = tmp_path / "a.xlsx"
    rows = [["label", "f1"], [0, 0], [1, 3], [0, 0], [1, 5]]
    file.write_bytes(xlsx({"all": rows}))
    assert [d.utterances[0].gold for d in table.load(file)] == [("0",), ("1",), ("0",), ("1",)]


@pytest.mark.parametrize(
    "header",
    ["start (frames),end (frames)", "start [samples],end [samples]", "start_ms,duration (words)"],
)
def test_counts_of_other_things_are_no_times(tmp_path, header):
    file = tmp_path / "a.csv"
    file.write_text(f"text,label,{header}\na,x,1,7\n")
    said = table.load(file)[0].utterances[0]
    assert (said.start, said.end) == (None, None)


@pytest.mark.parametrize(
    ("header", "cells", "span"),
    [
        ("start,end", "1600000000,1600000002", (1.6e9, 1.6e9 + 2)),
        ("duration_ms,duration_s", "1000,1", (None, None)),
        ("start_ms,start_frame", "2000,5", (None, None)),
    ],
)
def test_measures_of_time_that_place_nothing_are_left_alone(tmp_path, header, cells, span):
    file = tmp_path / "a.csv"
    file.write_text(f"text,label,{header}\na,x,{cells}\n")
    said = table.load(file)[0].utterances[0]
    assert (said.start, said.end) == span


def test_a_gap_behind_quotation_marks_moves_no_cells(tmp_path):
    file = tmp_path / "a.tsv"
    file.write_text('speaker\ttext\tlabel\n"A" \t"hi"\tsad\n"B"\t\tglad\n')
    said = [d.utterances[0] for d in table.load(file)]
    assert [(u.speaker, u.text, u.gold) for u in said] == [
        ("A", "hi", ("sad",)),
        ("B", None, ("glad",)),
    ]
