"""``empathia check``: what files are taken for, and what is said of them; no model is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import media_files
import numpy as np
import pytest

from empathia.cli import main
from empathia.pipeline.check import check
from empathia.pipeline.check.transcript import alike_names

Capture = pytest.CaptureFixture[str]
TALK = "speaker,text,start,end\nAnn,I passed the exam.,0.5,2\nBen,That is wonderful!,2.5,4\n"
CORPUS = (
    "utterance,dialogue,speaker,text,label,split,mood\n"
    "a,d1,Ann,I passed the exam.,joy,train,up\n"
    "b,d1,Ben,That is wonderful!,joy,train,up\n"
    "c,d2,Ann,I lost my keys.,sadness,dev,down\n"
    "d,d2,Ben,Oh no.,,dev,down\n"
)


def told(capsys: Capture, *arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and what the JSON says of each file."""
    code = main(["check", "--json", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, json.loads(out)["files"]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_recording(capsys: Capture, tmp_path: Path) -> None:
    tone = media_files.tone(2.0, level=0.5)
    path = media_files.write_wav(tmp_path / "talk.wav", np.concatenate([tone, 0 * tone]))
    code, (file,) = told(capsys, path)
    assert (code, file["kind"], file["problem"]) == (0, "recording", "")
    assert file["recording"]["announced"] == pytest.approx(4, abs=0.01)
    assert (file["recording"]["container"], file["recording"]["video"]) == ("wav", False)
    (track,) = file["recording"]["tracks"]
    assert (track["channels"], track["rate"], track["relation"]) == (1, 16000, "one")
    assert track["decoded"] == pytest.approx(4, abs=0.01)
    assert track["peak"] == pytest.approx(-6, abs=0.1)  # half of full scale
    assert track["level"] == pytest.approx(-12, abs=0.1)  # a sine is 3 dB below, half silent 3
    assert track["silent"] == pytest.approx(0.5, abs=0.01)
    assert track["clipped"] == 0
    assert file["transcript"] is file["corpus"] is None


@pytest.mark.parametrize(
    ("second", "relation"),
    [
        (lambda a, b: 0.3 * a, "alike"),
        (lambda a, b: -a, "opposite"),
        (lambda a, b: 0 * a, "one-sided"),
        (lambda a, b: b, "different"),
    ],
)
def test_how_channels_go_together(tmp_path: Path, second: Any, relation: str) -> None:
    one, other = media_files.tone(2.0, hz=300), media_files.tone(2.0, hz=470)
    sound = np.stack([one, second(one, other)], axis=1)
    seen = check(media_files.write_wav(tmp_path / "talk.wav", sound)).recording
    assert seen is not None
    assert [t.relation for t in seen.tracks] == [relation]


def test_channels_with_a_speaker_each_are_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (8 * 16000, 2))
    turn = (np.arange(len(noise)) // 16000) % 2  # a second each, in turn
    noise *= np.stack([turn, 1 - turn], axis=1)
    seen = check(media_files.write_wav(tmp_path / "call.wav", noise)).recording
    assert seen is not None
    assert seen.tracks[0].relation == "apart"


def test_every_track_is_told(tmp_path: Path) -> None:
    path = media_files.write_tracks(
        tmp_path / "talk.mkv", [media_files.tone(2.0), 0.1 * media_files.tone(1.0)], ("Ann", "Ben")
    )
    seen = check(path).recording
    assert seen is not None
    assert [t.title for t in seen.tracks] == ["Ann", "Ben"]
    assert [round(t.decoded) for t in seen.tracks] == [2, 1]
    assert seen.main in {1, 2}
    first, second = (t.level for t in seen.tracks)
    assert first is not None
    assert second is not None
    assert first - second == pytest.approx(20, abs=0.5)


def test_what_is_wrong_with_a_recording_is_said(capsys: Capture, tmp_path: Path) -> None:
    loud = media_files.write_wav(tmp_path / "loud.wav", np.sign(media_files.tone(1.0)))
    gone = np.where(np.arange(16000) % 100, media_files.tone(1.0), np.nan)
    broken = media_files.write_float_wav(tmp_path / "broken.wav", gone)
    silent = media_files.write_wav(tmp_path / "silent.wav", np.zeros(16000))
    code, (first, second, third) = told(capsys, loud, broken, silent)
    assert code == 0
    loud_, broken_, silent_ = (f["recording"]["tracks"][0] for f in (first, second, third))
    assert loud_["clipped"] > 0.9
    assert any("clipped" in n for n in loud_["notes"])
    assert any("160 samples were no numbers" in n for n in broken_["notes"])
    assert silent_["level"] is silent_["peak"] is None


def test_a_transcript(capsys: Capture, tmp_path: Path) -> None:
    code, (file,) = told(capsys, written(tmp_path, "talk.csv", TALK.encode("utf-16")))
    seen = file["transcript"]
    assert (code, file["kind"]) == (0, "transcript")
    assert (seen["format"], seen["encoding"]) == ("table", "utf-16")
    assert seen["speakers"] == {"Ann": 1, "Ben": 1}
    assert (seen["turns"], seen["start"], seen["end"]) == (2, 0.5, 4.0)
    assert seen["language"] == "en"
    assert seen["first"][0] == {
        "speaker": "Ann",
        "text": "I passed the exam.",
        "start": 0.5,
        "end": 2.0,
    }
    assert seen["doubts"] == []


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        ("Ann: hello\nAnn: you\nAnn: there\n", "only one speaks"),
        ("Johnson: hello\nJohnsen: you\nJohnson: there\n", "differ little"),
        ("Ann Lee: hello\nAnn: you\nBen: there\n", "differ little"),
        ("".join(f"{x}: and so on\n" for x in "ABCDEFGH"), "one turn each"),
        ("Ann: no\nAnn: no\nAnn: no\nBen: yes\n", "say again"),
    ],
)
def test_what_looks_wrong_in_a_transcript(tmp_path: Path, content: str, doubt: str) -> None:
    seen = check(written(tmp_path, "talk.txt", content)).transcript
    assert seen is not None
    assert [d for d in seen.doubts if doubt in d]


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ("Ann,hello,0,3\nAnn,you,2,4\nBen,there,5,6\n", "before the same speaker's"),
        ("Ann,hello,0,3\nBen,you,500,501\n", "nobody speaks for 497 s from 3 s on"),
        ("Ann,one two three four five six seven eight nine ten,0,.5\nBen,so,1,2\n", "more words"),
        ("Ann,hello,0,400\nBen,you,500,501\n", "longer than 5 minutes"),
        ("Ann,hello,1,1\nBen,you,2,2\n", "no turn has a length"),
    ],
)
def test_what_looks_wrong_with_times(tmp_path: Path, rows: str, doubt: str) -> None:
    seen = check(written(tmp_path, "talk.csv", f"speaker,text,start,end\n{rows}")).transcript
    assert seen is not None
    assert [d for d in seen.doubts if doubt in d]


def test_names_that_are_told_apart_on_purpose_are_not_alike() -> None:
    assert alike_names(["Speaker 1", "Speaker 2", "Ann", "Anna", "Ben"]) == []
    assert alike_names(["Ann", "ANN", "Johnson", "Johnston"]) == [
        ("Ann", "ANN"),
        ("Johnson", "Johnston"),
    ]


def test_a_table_that_could_be_a_corpus(capsys: Capture, tmp_path: Path) -> None:
    code, (file,) = told(capsys, written(tmp_path, "mine.csv", CORPUS))
    corpus = file["corpus"]
    assert (code, file["kind"]) == (0, "transcript")
    assert corpus["columns"]["label"] == "label"
    assert (corpus["utterances"], corpus["dialogues"], corpus["speakers"]) == (4, 2, 2)
    assert corpus["labels"] == {"joy": 2, "sadness": 1}
    assert corpus["unlabelled"] == 1
    assert corpus["parts"] == {"train": 2, "valid": 2}
    assert corpus["unused"] == ["mood"]


def test_a_table_without_words_is_a_corpus_alone(capsys: Capture, tmp_path: Path) -> None:
    path = written(tmp_path, "mine.csv", "audio,label\na.wav,joy\nb.wav,anger\n")
    code, (file,) = told(capsys, path)
    assert (code, file["kind"], file["transcript"]) == (0, "corpus", None)
    assert "text" in file["problem"]  # why it is no transcript
    assert file["corpus"]["labels"] == {"joy": 1, "anger": 1}


def test_what_looks_wrong_in_a_corpus(tmp_path: Path) -> None:
    content = CORPUS.replace("b,d1,Ben,That is wonderful!,joy", "b,d1,BEN,That is wonderful!,Joy")
    corpus = check(written(tmp_path, "mine.csv", content)).corpus
    assert corpus is not None
    assert corpus.doubts == (
        "labels that differ in their spelling alone: 'Joy' and 'joy'",
        "speakers that differ in their spelling alone: 'BEN' and 'Ben'",
    )
    one = check(written(tmp_path, "one.csv", "text,label\nhi,joy\nyou,joy\n")).corpus
    assert one is not None
    assert one.doubts == ("there is only one label ('joy')",)


def test_columns_that_may_hold_labels_are_named(tmp_path: Path) -> None:
    content = CORPUS.replace(",label,", ",feeling,")
    corpus = check(written(tmp_path, "mine.csv", content)).corpus
    assert corpus is not None
    assert (corpus.labels, corpus.perhaps) == ({}, ("feeling", "mood"))


def test_why_a_table_is_no_corpus(capsys: Capture, tmp_path: Path) -> None:
    content = CORPUS.replace("d2,Ben,Oh no.,,dev", "d2,Ben,Oh no.,,train")
    code, (file,) = told(capsys, written(tmp_path, "mine.csv", content))
    assert (code, file["kind"], file["corpus"]) == (0, "transcript", None)
    assert "the dialogue is in" in file["problem"]


def test_what_is_nothing_is_refused_in_words_and_the_others_are_told(
    capsys: Capture, tmp_path: Path
) -> None:
    page = written(tmp_path, "page.css", bytes(range(256)) * 9)
    noise = written(tmp_path, "noise.wav", b"no sound at all" * 9)
    table = written(tmp_path, "table.csv", "who knows\n")
    code, files = told(capsys, page, noise, table, written(tmp_path, "talk.csv", TALK))
    assert code == 1
    assert [f["kind"] for f in files] == [None, None, None, "transcript"]
    assert all(f["problem"] and f["remedy"] for f in files[:3])


@pytest.mark.parametrize("name", ["pipe", "pipe.csv", "pipe.wav", "pipe.parquet", "pipe.xlsx"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    seen = check(tmp_path / name)
    assert seen.kind is None
    assert seen.problem
    assert seen.remedy


@pytest.mark.parametrize("arguments", [["there-is-none.csv"], ["--format", "none", "talk.csv"]])
def test_wrong_use(capsys: Capture, tmp_path: Path, arguments: list[str]) -> None:
    written(tmp_path, "talk.csv", TALK)
    given = [a if a.startswith("-") or a == "none" else str(tmp_path / a) for a in arguments]
    assert main(["check", *given]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_is_what_is_in_it(capsys: Capture, tmp_path: Path) -> None:
    written(tmp_path, "b.csv", TALK)
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep", "a.txt", "Ann: hello\nBen: you\n")
    written(tmp_path, "page.css", "no")
    written(tmp_path, "config.json", '{"text": "no transcript"}')
    written(tmp_path, "README.md", "# About these talks\n")
    talk = '{"start": 0, "end": 1, "text": "hi"}, {"start": 1, "end": 2, "text": "ho"}'
    written(tmp_path, "heard.json", f'{{"segments": [{talk}]}}')
    code, files = told(capsys, tmp_path)
    assert code == 0
    assert [Path(f["path"]).name for f in files] == ["b.csv", "a.txt", "heard.json"]
    (tmp_path / "none").mkdir()
    assert main(["check", str(tmp_path / "none")]) == 2


def test_the_format_can_be_named(capsys: Capture, tmp_path: Path) -> None:
    path = written(tmp_path, "talk.csv", "Ann: hello\nBen: you\n")
    _, (file,) = told(capsys, "--format", "lines", path)
    assert file["transcript"]["speakers"] == {"Ann": 1, "Ben": 1}


def test_the_terminal_shows_it_without_control_characters(capsys: Capture, tmp_path: Path) -> None:
    evil = written(tmp_path, "evil\x1b[2J.txt", "Ann[bold]: hello \x1b[31m red\nBen: [red]you\n")
    media_files.write_wav(tmp_path / "talk.wav", media_files.tone(1.0))
    table = written(tmp_path, "mine.csv", CORPUS)
    assert main(["check", str(evil), str(tmp_path / "talk.wav"), str(table)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    for part in ("[red]you", "1 channel, 16 kHz", "joy (2), sadness (1)", "train (2), valid (2)"):
        assert part in out


def test_no_model_is_loaded(tmp_path: Path) -> None:
    path = media_files.write_wav(tmp_path / "talk.wav", media_files.tone(1.0))
    talk = written(tmp_path, "talk.csv", TALK)
    heavy = ("torch", "onnxruntime", "ctranslate2", "tokenizers", "faster_whisper", "transformers")
    code = (
        "import sys; from empathia.cli import main; "
        f"main(['check', {str(path)!r}, {str(talk)!r}]); "
        f"print(sorted(set({heavy!r}) & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_the_page_of_the_json_lists_every_key(capsys: Capture, tmp_path: Path) -> None:
    path = media_files.write_wav(tmp_path / "talk.wav", media_files.tone(1.0))
    _, (file, other) = told(capsys, path, written(tmp_path, "mine.csv", CORPUS))
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    page = page.partition("## What `empathia check --json` says")[2].partition("\n## ")[0]
    keys = {
        *file,
        *file["recording"],
        *file["recording"]["tracks"][0],
        *other["transcript"],
        *other["corpus"],
    }
    assert [k for k in sorted(keys) if f"`{k}`" not in page] == []


def test_a_format_is_that_of_transcripts_alone(capsys, tmp_path):
    media_files.write_wav(tmp_path / "a.wav", media_files.tone(1.0))
    written(tmp_path, "chat.txt", "1.1.24, 10:00 - Ann: hi\n1.1.24, 10:01 - Ben: ho\n")
    code, files = told(capsys, tmp_path / "a.wav", tmp_path / "chat.txt", "--format", "chat")
    assert code == 0 and [f["kind"] for f in files] == ["recording", "transcript"]
