"""``empathia corpus``: list, check, stats, pairs, export, make, as a user runs them."""

from __future__ import annotations

import json
import os
import struct
import sys
import wave
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from iemocap_tree import session
from split_screens import split_video

from empathia import plugins
from empathia.cli import main
from empathia.corpora import dyads, table, toy
from empathia.report.corpus.stats import stats

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
TALK = """id,talk,who,sex,words,start,end,feeling,votes,split
b,d1,Ann,F,Oh no not that,2,3,sad,sad;sad;joy,train
a,d1,Ben,M,Well,0,1.5,joy,joy;joy;joy,train
c,d1,Ben,M,Sorry,4,5,,,train
d,d1,Ann,F,Fine,5,6,joy,,train
e,d2,Cem,M,Hello there,,,joy,joy,test
"""
MAP = "utterance=id,dialogue=talk,speaker=who,gender=sex,text=words,label=feeling"


@pytest.fixture
def talk(tmp_path) -> str:
    file = tmp_path / "talk.csv"
    file.write_text(TALK)
    return str(file)


@pytest.fixture
def small(tmp_path) -> Path:
    toy.make(tmp_path / "toy", dialogues=5)
    return tmp_path / "toy"


def sound(path: Path, seconds: float = 0.5, level: float = 0.1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        tone = level * np.sin(np.arange(round(16000 * seconds)) / 5)
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    return path


def test_list_names_every_corpus_and_its_licence(capsys):
    assert main(["corpus", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [c["name"] for c in listed] == list(plugins.names("corpora"))
    assert all(c["licence"] and c["citation"] and c["page"] for c in listed)
    assert main(["corpus", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("corpus\t")
    assert any(line.startswith("goemotions\ten\tApache-2.0\tyes") for line in lines)


def test_stats_as_json(talk, capsys):
    assert main(["corpus", "stats", "table", talk, "--map", MAP, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parts"] == {
        "train": {"dialogues": 1, "utterances": 4, "labelled": 3},
        "test": {"dialogues": 1, "utterances": 1, "labelled": 1},
    }
    assert found["labels"] == {"joy": {"train": 2, "test": 1}, "sad": {"train": 1, "test": 0}}
    assert found["speakers"] == 3
    assert found["genders"]["male"] == {"speakers": 2, "utterances": 3}
    assert found["seconds"] == {"n": 4, "total": 4.5, "median": 1.0, "least": 1.0, "most": 1.5}
    assert found["words"]["total"] == 9
    agreement = found["agreement"]
    assert (agreement["rated"], agreement["raters"]) == (2, [3, 3])
    assert agreement["pairwise"] == pytest.approx((1 / 3 + 1) / 2)
    assert agreement["each"] == {"3": 1, "10": 1}


def test_stats_as_text_has_no_words_of_anybody(talk, capsys):
    assert main(["corpus", "stats", "table", talk, "--map", MAP, "--group", "room=talk:(.)$"]) == 0
    out = capsys.readouterr().out
    assert "train\t1\t4\t3" in out
    assert "joy\t2\t1\t3\t75.0 %" in out
    assert "group room\t2 groups, 5 utterances" in out
    assert "sound\t0 min, median 1.00 s" in out
    assert "Sorry" not in out
    assert "Hello" not in out


@pytest.mark.long
def test_a_picture_of_labels_lengths_and_agreement(talk, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    for name in ("a.png", "a.svg", "b.svg"):
        file = str(tmp_path / name)
        assert main(["corpus", "stats", "table", talk, "--map", MAP, "--picture", file]) == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    texts = {
        "".join(e.itertext())
        for e in ElementTree.parse(tmp_path / "a.svg").iter()
        if e.tag.endswith("}text")
    }
    assert {"joy", "sad", "train", "test", "median 1.0 s"} <= texts
    assert any(t.startswith("agreement: alpha") for t in texts)
    assert main(["corpus", "stats", "table", talk, "--map", MAP, "--picture", "x.bmp"]) == 2
    assert "'x.bmp' is no picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verb", "more", "told"),
    [
        (["corpus", "stats"], ["--picture", "x.gif"], "is no picture"),
        (["corpus", "distributions"], ["--out", "x.gif"], "is no picture"),
        (["corpus", "pairs"], ["--out", "x.xls"], "is none of .csv"),
        (["corpus", "export"], ["--out", "x.xls"], "is none of .csv"),
        (["prompt"], ["--stats", "--picture", "x.gif"], "is no picture"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_a_corpus_is_read(capsys, verb, more, told):
    assert main([*verb, "meld", "no such folder", *more]) == 2
    assert told in capsys.readouterr().err


def test_lengths_of_clips_come_from_their_headers(small, capsys):
    pytest.importorskip("av")
    dialogues = table.load(small / "toy.csv", map={"start": "start", "end": "end"})
    by_times = stats("toy", dialogues).seconds
    rows = (small / "toy.csv").read_text().replace(",start,end,", ",begin,finish,")
    (small / "toy.csv").write_text(rows)
    by_headers = stats("toy", table.load(small / "toy.csv")).seconds
    assert by_headers.n == by_times.n == 40
    assert by_headers.total == pytest.approx(by_times.total, abs=0.1)


def test_check_of_a_clean_corpus(small, capsys):
    pytest.importorskip("av")
    assert main(["corpus", "check", "toy", str(small), "--deep"]) == 0
    assert capsys.readouterr().out == "40 utterances, nothing wrong\n"


def test_check_finds_what_was_broken(small, capsys):
    pytest.importorskip("av")
    clips = sorted((small / "wav").iterdir())
    clips[0].unlink()
    clips[1].write_bytes(clips[1].read_bytes()[:-1000])
    clips[2].write_bytes(b"")
    clips[3].write_bytes(b"this is no sound" * 100)
    sound(clips[4], level=0)
    assert main(["corpus", "check", "toy", str(small), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    kinds = {Path(f["where"]).name: f["kind"] for f in found["findings"]}
    assert kinds == {
        clips[0].name: "missing",
        clips[1].name: "truncated",
        clips[2].name: "unreadable",
        clips[3].name: "unreadable",
    }
    assert "announces 1000 bytes more" in next(
        f["what"] for f in found["findings"] if f["kind"] == "truncated"
    )
    assert main(["corpus", "check", "toy", str(small), "--deep"]) == 3
    out = capsys.readouterr().out
    assert f"silent\t{clips[4]}" in out
    assert "5 things are wrong" in out


def test_check_knows_streams_whose_wav_header_is_open(tmp_path, capsys):
    pytest.importorskip("av")
    file = sound(tmp_path / "a.wav")
    raw = bytearray(file.read_bytes())
    at = raw.index(b"data") + 4
    raw[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    file.write_bytes(raw)
    (tmp_path / "t.csv").write_text("audio,label\na.wav,x\n")
    assert main(["corpus", "check", "table", str(tmp_path)]) == 0


def test_check_finds_times_beyond_the_recording(tmp_path, capsys):
    pytest.importorskip("av")
    sound(tmp_path / "a.wav", seconds=3)
    rows = "utterance,dialogue,start,end,audio\nx,d,0,1,a.wav\ny,d,2,9,a.wav\n"
    (tmp_path / "t.csv").write_text(rows)
    assert main(["corpus", "check", "table", str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "times\tutterance y\tends at 9 s" in out
    assert "utterance x" not in out


def test_check_of_what_does_not_load(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("utterance,label\na,x\na,y\n")
    assert main(["corpus", "check", "table", str(tmp_path)]) == 3
    assert "line 3: expected an utterance id of its own" in capsys.readouterr().out
    assert main(["corpus", "check", "table", str(tmp_path / "absent")]) == 2


def test_pairs_follow_time_and_stay_in_their_talk(talk, tmp_path, capsys):
    out = tmp_path / "pairs.jsonl"
    assert main(["corpus", "pairs", "table", talk, "--map", MAP, "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    keys = [(r["stimulus_utterance"], r["reaction_utterance"]) for r in rows]
    assert keys == [("a", "b"), ("b", "c"), ("c", "d")]
    assert rows[0]["reaction_label"] == ["sad"]
    printed = capsys.readouterr().out
    assert "female -> male\t1\t1\t0" in printed
    assert printed.endswith("3 pairs\n")
    assert main(["corpus", "pairs", "table", talk, "--map", MAP, "--labelled"]) == 0
    assert capsys.readouterr().out.endswith("1 pairs\n"), "a, b and d are labelled; b and d are Ann"


def test_pairs_say_why_others_are_none(talk, capsys):
    asked = ["corpus", "pairs", "table", talk, "--map", MAP]
    assert main([*asked, "--direction", "F-M", "--gap", "0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["utterances"], found["pairs"], found["directions"]) == (5, 0, [])
    why = {"nothing follows": 2, "another direction": 2, "more than 0.5 s between": 1}
    assert found["left_out"] == why
    assert main([*asked, "--direction", "F-M", "--gap", "0.5"]) == 0
    assert "another direction\t2" in capsys.readouterr().out
    assert main([*asked, "--with", "sound"]) == 0
    assert "one is without sound\t3" in capsys.readouterr().out


def test_pairs_may_be_asked_for_ready_made_features(tmp_path, capsys):
    rows = "dialogue,speaker,text,f0\nd,A,hi,1\nd,B,ho,2\nd,A,well,\n"
    (tmp_path / "t.csv").write_text(rows)
    asked = ["corpus", "pairs", "table", str(tmp_path), "--option", 'features={pitch=["f0"]}']
    assert main([*asked, "--with", "pitch"]) == 0
    out = capsys.readouterr().out
    assert "one is without pitch\t1\n" in out
    assert out.endswith("1 pairs\n")
    assert main([*asked, "--with", "pitches"]) == 2
    assert "nobody can have 'pitches' here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--direction", "F"], "'F' does not say who answers whom"),
        (["--direction", "Ann-Cora"], "'Cora' is no speaker here (there are Ann, Ben, Cem)"),
        (["--gap", "-1"], "gap is -1.0 s"),
        (["--overlap", "nan"], "overlap is nan s"),
    ],
)
def test_wrong_rules_of_pairs_are_named(talk, given, message, capsys):
    assert main(["corpus", "pairs", "table", talk, "--map", MAP, *given]) == 2
    assert message in capsys.readouterr().err


def test_pairs_need_speakers(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("dialogue,text\nd,hi\nd,ho\n")
    assert main(["corpus", "pairs", "table", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "--map speaker=COLUMN" in said
    assert "'speaker=COLUMN:(PATTERN)'" in said


@pytest.mark.parametrize("when", ["after", "while"])
def test_features_that_an_option_reads_are_told_with_it(tmp_path, when, capsys):
    dyads.make(tmp_path, dialogues=5)
    wanted = ["corpus", "pairs", "dyads", str(tmp_path), "--with", "landmarks", "--when", when]
    assert main(wanted) == 2
    assert "Add --option landmarks=true" in capsys.readouterr().err
    assert main([*wanted, "--option", "landmarks=true"]) == 0


def test_help_of_make_names_what_can_be_made(capsys):
    made = [n for n in plugins.names("corpora") if hasattr(plugins.load("corpora", n), "make")]
    for words in (["make", "--help"], ["--help"]):
        with pytest.raises(SystemExit):
            main(["corpus", *words])
        assert " or ".join(made) in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_export_is_read_back_equal(small, tmp_path, suffix, capsys):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    out = tmp_path / f"all.{suffix}"
    assert main(["corpus", "export", "toy", str(small), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"40 utterances in {out}\n"
    again = table.load(out, labels="shared4", language="en", name="toy")
    assert again == toy.load(small)


def test_nothing_is_written_over_what_is_read(talk, capsys):
    before = Path(talk).read_bytes()
    assert main(["corpus", "export", "table", talk, "--map", MAP, "--out", talk]) == 2
    assert "is the corpus itself" in capsys.readouterr().err
    assert Path(talk).read_bytes() == before


def test_make_and_its_options(tmp_path, capsys):
    folder = str(tmp_path / "new")
    options = ["--option", "dialogues=6", "--option", 'leaks=["gold"]', "--option", "seed=2"]
    assert main(["corpus", "make", "toy", folder, *options]) == 0
    found = toy.load(tmp_path / "new")
    assert len(found) == 6
    assert "(" in found[0].utterances[0].text
    assert main(["corpus", "make", "emodb", folder]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tarot", "."], "unknown corpora plug-in 'tarot'"),
        (["emodb", ".", "--option", "magic=1"], "corpus 'emodb' has no option 'magic'"),
        (["table", ".", "--option", "scale=[1"], "is no TOML value"),
        (["table", ".", "--option", "scale"], "expected a name, '=' and a value"),
        (["table", ".", "--map", "text="], "expected a name, '=' and a value"),
    ],
)
def test_wrong_use_is_named(arguments, message, capsys):
    assert main(["corpus", "stats", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_how_a_table_was_read_is_no_damage(tmp_path, capsys):
    table = tmp_path / "mine.csv"
    table.write_bytes("text;label\nnaïf;joy\nhélas;sadness\n".encode("cp1252"))
    assert main(["corpus", "check", "table", str(table)]) == 0
    assert "read as cp1252" in capsys.readouterr().err


def test_warnings_of_a_loader_are_notes(tmp_path, capsys):
    (tmp_path / "val.tsv").write_text("7\t안녕\t4\n", encoding="utf-8")
    assert main(["corpus", "stats", "kote", str(tmp_path)]) == 0
    assert "note: kote:" in capsys.readouterr().err
    assert main(["corpus", "check", "kote", str(tmp_path)]) == 3
    assert "no train.tsv and no test.tsv" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.corpus
def test_real_pairs_are_in_time_order(capsys):
    file = DATA / "iemocap" / "utterances.csv"
    if not file.exists():
        pytest.skip("the IEMOCAP table is not there")
    asked = ["corpus", "pairs", "table", str(file), "--map", "label=label6,speaker=gender"]
    assert main([*asked, "--labelled", "--direction", "F-M", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 2499
    parts = {"train": 1713, "valid": 211, "test": 575}
    both = {"stimulus": "female", "reaction": "male"}
    assert found["directions"] == [{**both, "pairs": 2499, "parts": parts}]
    assert found["utterances"] == found["pairs"] + sum(found["left_out"].values()) == 10039
    assert found["left_out"]["without a label"] == 10039 - 7433


def test_a_bar_is_drawn_where_somebody_looks(small, capsys, monkeypatch):
    check = ["corpus", "check", "toy", str(small)]
    assert main(check) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main([*check, "--json"]) == 0
    assert "checking" not in capsys.readouterr().err
    assert main(check) == 0
    assert "checking" in capsys.readouterr().err


def test_check_counts_what_vectors_fit(talk, tmp_path, capsys):
    file = tmp_path / "voice.npz"
    np.savez(
        file, ids=np.array(["a", "b", "C", "zz"]), x=np.array([[1, 2], [3, np.nan], [0, 0], [1, 1]])
    )
    asked = ["corpus", "check", "table", talk, "--map", MAP, "--vectors", f"voice={file}"]
    assert main([*asked, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    counts = {"numbers": 2, "with": 1, "without": 4, "unknown": 1, "respelt": 1, "broken": 1}
    assert found["vectors"] == {"voice": {**counts, "zero": 1}}
    assert {f["where"] for f in found["findings"] if f["kind"] == "vectors"} == {"voice"}
    assert main(asked) == 3
    assert "voice\t2\t1\t4\t1\t1\t1\t1\n" in capsys.readouterr().out
    np.savez(file, **dict.fromkeys("abcde", np.ones(3)))
    assert main(asked) == 0
    file.write_bytes(b"?")
    assert main(asked) == 3
    assert "neither npz nor Parquet" in capsys.readouterr().out


@pytest.mark.weights
def test_check_says_where_it_cannot_tell_who_is_who(tmp_path, capsys):
    (folder := session(tmp_path)).mkdir(exist_ok=True)
    split_video(folder / "dialog" / "avi" / "DivX" / "Ses01F_impro05a.avi", [""], left="F")
    assert main(["corpus", "check", "iemocap", str(tmp_path), "--faces", "--json"]) == 3
    found = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["kind"] == "faces"]
    assert [f["where"] for f in found] == ["dialogue Ses01F_impro05a"]
    assert "voices: too few turns" in found[0]["what"]
    (folder / "dialog" / "avi" / "DivX" / "Ses01F_impro05a.avi").write_text("film")
    assert main(["corpus", "check", "iemocap", str(tmp_path), "--faces"]) == 3
    assert "faces\tdialogue Ses01F_impro05a\t" in capsys.readouterr().out


def test_other_corpora_have_no_split_screens(talk, capsys):
    assert main(["corpus", "check", "table", talk, "--map", MAP, "--faces"]) == 2
    assert "no split screens" in capsys.readouterr().err


def test_pairs_may_be_asked_for_vectors(talk, tmp_path, capsys):
    file = tmp_path / "voice.npz"
    np.savez(file, a=np.ones(3), b=np.ones(3))
    asked = ["corpus", "pairs", "table", talk, "--map", MAP]
    assert main([*asked, "--with", "voice", "--vectors", f"voice={file}"]) == 0
    assert capsys.readouterr().out.endswith("1 pairs\n")
