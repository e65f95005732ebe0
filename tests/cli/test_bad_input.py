"""What a user may do wrong: each line of it gets one clear line back, or an honest result."""

from __future__ import annotations

import http.server
import json
import os
import signal
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds

from empathia.cli import main

pytestmark = pytest.mark.weights

SLOW = pytest.mark.slow
SMALL = ("--asr-model", model) if (model := sounds.small_model()) else ()
Capture = pytest.CaptureFixture[str]


def read(capsys: Capture, *arguments: str | Path) -> tuple[int, Any, str]:
    """``empathia read --json``: exit code, the timeline (or None), stderr."""
    code = main(["read", "--json", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, json.loads(out) if out.strip() else None, err


def refused(capsys: Capture, code: int, *arguments: str | Path) -> str:
    """The one line that a refusal prints."""
    got, timeline, err = read(capsys, *arguments)
    assert got == code, err
    assert timeline is None
    assert err.count("\n") == 1, err
    return err


def all_words(timeline: Any) -> str:
    return " ".join(t["text"] or "" for t in timeline["turns"]).lower()


# -- recordings that cannot be read ------------------------------------------------------------


def _text_file(path: Path) -> None:
    path.write_text("Ann: this is no sound at all\n" * 50)


def _cut_mp4(path: Path) -> None:
    sounds.write_av(path, sounds.example(0, 8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("empty.wav", lambda p: p.touch(), "empty"),
        ("none.wav", lambda p: sounds.write_wav(p, np.zeros(0)), "no samples"),
        ("text.wav", _text_file, "no recording"),
        ("cut.mp4", _cut_mp4, "cut off|damaged|no recording"),
        ("mute.mp4", lambda p: sounds.write_av(p, None, picture=True), "no sound track"),
        ("empty.csv", lambda p: p.touch(), "empty|no turns"),
        ("words.csv", lambda p: p.write_text("who,said\nAnn,hello\n"), "column"),
        ("bytes.csv", lambda p: p.write_bytes(bytes(range(256)) * 40), "text|null|binary"),
    ],
)
def test_unreadable_files(
    capsys: Capture, tmp_path: Path, name: str, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / name)
    line = refused(capsys, 1, tmp_path / name)
    assert any(part in line for part in message.split("|")), line
    assert name in line


def test_paths_that_are_no_file(capsys: Capture, tmp_path: Path) -> None:
    assert "no file" in refused(capsys, 2, tmp_path / "nothing.wav")
    assert "holds no recording" in refused(capsys, 2, tmp_path)
    (tmp_path / "notes.docx").write_bytes(b"PK\x03\x04" + bytes(200))
    assert "neither a recording" in refused(capsys, 2, tmp_path / "notes.docx")


@pytest.mark.parametrize(
    "name", ["with space.txt", "한국어 대화.txt", "two\nlines.txt", "-dash.txt"]
)
def test_odd_names_are_fine(capsys: Capture, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Ann: I am so happy today!\n")
    code, timeline, _ = read(capsys, "--", tmp_path / name)
    assert code == 0
    assert timeline["source"].endswith(name)


def test_an_odd_name_that_fails_stays_on_one_line(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "two\nlines.wav").touch()
    refused(capsys, 1, tmp_path / "two\nlines.wav")


# -- recordings in which nothing, or nothing sensible, is said ---------------------------------


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros(800), id="50 ms of silence"),
        pytest.param(sounds.example(0.6, 0.65), id="50 ms of speech"),
        pytest.param(np.zeros(5 * sounds.RATE), id="silence"),
        pytest.param(sounds.noise(6), id="noise"),
        pytest.param(sounds.music(8), id="music"),
    ],
)
def test_nothing_is_heard_where_nobody_speaks(
    capsys: Capture, tmp_path: Path, samples: sounds.Samples
) -> None:
    path = sounds.write_wav(tmp_path / "x.wav", samples)
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert all_words(timeline).strip() == ""
    assert all(t["emotion"]["label"] is None for t in timeline["turns"])
    assert timeline["notes"]


@pytest.mark.parametrize("minutes", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_long_silence(capsys: Capture, tmp_path: Path, minutes: int) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 1, 8000, 0, "NONE", ""))
        for _ in range(minutes):
            out.writeframes(b"\x80" * 8000 * 60)
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert timeline["turns"] == []
    assert timeline["duration"] == pytest.approx(60 * minutes)
    assert "the recording is silent" in timeline["notes"]


# -- recordings in odd formats -----------------------------------------------------------------


def _film(path: Path) -> None:
    sounds.write_av(path, sounds.example(0, 3), picture=True)


def _surround(path: Path) -> None:
    voice = sounds.example(0, 3)
    quiet = np.zeros_like(voice)
    sounds.write_wav(path, np.stack([quiet, quiet, voice, quiet, quiet, quiet], axis=1))


def _fast(path: Path) -> None:
    sounds.write_wav(path, sounds.stretched(sounds.example(0, 3), 6), 96_000)


def _not_a_number(path: Path) -> None:
    voice = sounds.example(0, 3)
    voice[1000:1200] = np.nan
    voice[2000] = np.inf
    sounds.write_float_wav(path, voice)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("8k.wav", lambda p: sounds.write_wav(p, sounds.example(0, 3)[::2], 8_000)),
        pytest.param("96k.wav", _fast, marks=SLOW),
        pytest.param("surround.wav", _surround, marks=SLOW),
        ("nan.wav", _not_a_number),
        ("clipped.wav", lambda p: sounds.write_wav(p, sounds.example(0, 3) * 12)),
        pytest.param("film.mp4", _film, marks=SLOW),
        pytest.param("talk.m4a", lambda p: sounds.write_av(p, sounds.example(0, 3)), marks=SLOW),
        pytest.param("film.mkv", _film, marks=SLOW),
    ],
)
def test_odd_sound_is_understood(
    capsys: Capture, tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    make(tmp_path / name)
    code, timeline, _ = read(capsys, tmp_path / name, *SMALL)
    assert code == 0
    assert "minute" in all_words(timeline)
    if name in ("nan.wav", "clipped.wav"):
        assert any("silence" in n or "clipped" in n for n in timeline["notes"])


# -- transcripts -------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
def test_encodings(capsys: Capture, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "talk.csv"
    text = "speaker,text\nZoë,It was a “lovely” café and I am happy.\n"
    data = text.encode(encoding)
    path.write_bytes(b"\xff\xfe" + data if encoding == "utf-16-le" else data)
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert timeline["turns"][0]["speaker"] == "Zoë"
    assert timeline["turns"][0]["text"] == "It was a “lovely” café and I am happy."


def test_overlapping_and_reversed_times(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("speaker,start,end,text\nA,0,5,I am glad.\nB,3,6,So am I.\nA,9,8,Good.\n")
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert [(t["start"], t["end"]) for t in timeline["turns"]][:2] == [(0, 5), (3, 6)]
    assert len(timeline["turns"]) == 3
    assert any("end comes before" in n for n in timeline["notes"])


def test_an_empty_turn_has_no_emotion_and_emoji_pass(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("speaker,text\nA,I love it so much 😍🎉!\nB,\nA,👍\n", encoding="utf-8")
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert timeline["turns"][0]["emotion"]["label"] == "joy"
    assert timeline["turns"][0]["text"].endswith("😍🎉!")
    assert timeline["turns"][1]["emotion"]["label"] is None
    assert timeline["turns"][1]["emotion"]["abstained"]


@pytest.mark.slow
def test_ten_thousand_turns(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"{'AB'[i % 2]}: I am glad, number {i}.\n" for i in range(10_000)))
    code, timeline, _ = read(capsys, path)
    assert code == 0
    assert len(timeline["turns"]) == 10_000
    assert timeline["turns"][-1]["text"] == "I am glad, number 9999."


def test_a_language_that_the_recogniser_does_not_know(capsys: Capture, tmp_path: Path) -> None:
    for name, line in {
        "es": "Hoy estoy muy triste, porque mi perro se murió ayer por la tarde.",
        "fr": "Je suis si triste aujourd'hui, parce que mon chien est mort hier.",
    }.items():
        path = tmp_path / f"{name}.txt"
        path.write_text(f"Ann: {line}\n" * 3, encoding="utf-8")
        code, timeline, _ = read(capsys, path)
        assert code == 0
        assert all(t["emotion"]["label"] is None for t in timeline["turns"])
        assert timeline["language"] == name
        assert name in timeline["turns"][0]["emotions"]["text"]["abstained"]


# -- outputs, interruptions, damaged weights ---------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text("Ann: I lost my keys and I am so angry!\nBen: Oh no, I am sorry.\n")
    return path


def test_outputs_that_cannot_be_written(capsys: Capture, tmp_path: Path, talk: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot write" in refused(capsys, 2, talk, "--out", tmp_path / "file" / "x.json")
    assert "expected one of" in refused(capsys, 2, talk, "--out", tmp_path / "x.pdf")
    code, _, err = read(capsys, talk, "--out", tmp_path / "x.srt")
    assert code == 2
    assert "times" in err
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        assert "permission" in refused(capsys, 2, talk, "--out", locked / "x.json")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "locked") == ["file", "talk.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--levels", "7"], "3, 4, 5 or 6"),
        (["--speakers", "0"], "expected 1 to 20 speakers, found 0"),
        (["--speakers", "4-2"], "expected 1 to 20 speakers, found 4-2"),
        (["--speakers", "2-21"], "expected 1 to 20 speakers, found 2-21"),
        (["--names", "Ann,Ben,Cid,Dan,Eve", "--speakers", "2-4"], "5 names for 4 speakers"),
        (["--pause", "0.1"], "expected a pause of 0.2 to 5 s, found 0.1"),
        (["--pause", "nan"], "expected a pause of 0.2 to 5 s, found nan"),
        (["--reply", "--llm-url", "http://127.0.0.1:9"], "--llm-model"),
        (["--transcript", "nowhere.csv"], "exactly one recording"),
        (["--out", "{name}.docx"], "expected one of"),
        (["--names", "Ann,Ann"], "called the same"),
        (["--names", "Ann,Ben", "--speakers", "1"], "2 names for 1"),
        (["--language", "English, please"], "no language code"),
        (["--threads", "-1"], "threads"),
        (["--threads", "100000"], "threads"),
        (["--reply", "--llm-model", "nowhere.gguf"], "GGUF"),
        (["--reply", "--reply-with", "nobody"], "unknown replies plug-in 'nobody'"),
        (["--reply-with", "rules"], "--reply-with says how to reply, and no reply is asked for"),
        (["--llm-model", "big"], "--llm-model says how to reply"),
        (["--recogniser", "nobody"], "no recogniser 'nobody'"),
        (["--recogniser", "tfidf"], "has to be trained"),
        (["--reply", "--llm-url", "ftp://x", "--llm-model", "m"], "http"),
    ],
)
def test_impossible_options(capsys: Capture, talk: Path, options: list[str], message: str) -> None:
    assert message in refused(capsys, 2, talk, *options)


@pytest.mark.parametrize("stage", ["listen", pytest.param("voice", marks=SLOW), "emotion"])
def test_ctrl_c_keeps_nothing(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 3))

    @contextmanager
    def press(*_: object, **__: object) -> Iterator[Callable[..., None]]:
        """The progress hook is called in the middle of the work: there we press Ctrl-C."""

        def hook(at: str, *_: object) -> None:
            if at == stage:
                signal.raise_signal(signal.SIGINT)

        yield hook

    monkeypatch.setattr("empathia.cli.read.bar", press)
    # A shell that runs the tests in the background has them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = main(["read", str(tmp_path / "talk.wav"), "--out", str(tmp_path / "talk.json")])
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "stopped" in err
    assert [p.name for p in tmp_path.iterdir()] == ["talk.wav"]


def test_a_damaged_weight_is_named_with_its_remedy(
    capsys: Capture, tmp_path: Path, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from empathia import weights

    real = weights.folder("minilm")
    fake = tmp_path / "home" / "weights" / "minilm"
    fake.mkdir(parents=True)
    for file in real.iterdir():
        (fake / file.name).write_bytes(file.read_bytes()[: 1000 if "model" in file.name else None])
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    line = refused(capsys, 1, talk)
    assert "minilm" in line
    assert "empathia weights pull minilm" in line
    for file in fake.iterdir():
        file.unlink()
    assert "empathia weights pull minilm" in refused(capsys, 1, talk)


def test_outputs_never_replace_inputs(capsys: Capture, tmp_path: Path) -> None:
    talk = tmp_path / "talk.csv"
    talk.write_text("speaker,text\nAnn,I am happy.\n")
    line = refused(capsys, 2, talk, "--out", tmp_path / "." / "talk.csv")
    assert "over an input" in line
    assert talk.read_text() == "speaker,text\nAnn,I am happy.\n"
    same = ["--out", tmp_path / "x.json", "--out", tmp_path / "x.json"]
    assert "another output" in refused(capsys, 2, talk, *same)


def test_a_failed_read_leaves_no_folder(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").touch()
    refused(capsys, 1, tmp_path / "bad.wav", "--report", tmp_path / "new" / "deep")
    assert [p.name for p in tmp_path.iterdir()] == ["bad.wav"]


def test_times_and_names_beyond_reason(capsys: Capture, tmp_path: Path) -> None:
    talk = tmp_path / "talk.csv"
    for time in ("1e306", "9" * 400 + ":00:01"):
        talk.write_text(f"speaker,start,end,text\nAnn,0,{time},I am happy.\n")
        assert "Traceback" not in refused(capsys, 1, talk)
    refused(capsys, 1, tmp_path / ("x" * 300 + ".wav"))


def test_each_file_of_a_folder_has_its_own_record(capsys: Capture, tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 3))
    (tmp_path / "b.txt").write_text("Ann: I am happy.\n")
    assert main(["read", "--json", str(tmp_path)]) == 0
    a, b = map(json.loads, capsys.readouterr().out.splitlines())
    assert "voice-default" in {w["name"] for w in a["provenance"]["weights"]}
    assert {w["name"] for w in b["provenance"]["weights"]} >= {"minilm", "talk"}


def test_a_turn_behind_the_end_of_the_sound_has_no_voice(capsys: Capture, tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 3))
    words = tmp_path / "talk.csv"
    words.write_text("speaker,start,end,text\nAnn,0,3,Hello Ben.\nBen,100,103,I am so happy!\n")
    code, timeline, _ = read(capsys, tmp_path / "talk.wav", "--transcript", words)
    assert code == 0
    late = timeline["turns"][1]
    assert late["prosody"] is None
    assert late["cues"] is None
    assert late["emotions"]["voice"]["label"] is None
    assert late["emotion"]["label"] == "joy"
    assert any("after the recording's end" in note for note in timeline["notes"])


def test_language_codes_are_understood(capsys: Capture, tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 3))
    code, timeline, _ = read(capsys, tmp_path / "talk.wav", "--language", "en-US")
    assert code == 0
    assert timeline["language"] == "en"
    assert "minute" in all_words(timeline)


def test_later_turns_change_earlier_ones_by_the_language_of_the_file_alone(
    capsys: Capture, tmp_path: Path
) -> None:
    short, long = tmp_path / "short.txt", tmp_path / "long.txt"
    short.write_text("A: Ja super\nB: hm\n")
    long.write_text(short.read_text() + "A: Ich habe das gestern nicht gewusst.\n" * 2)
    _, before, _ = read(capsys, short, "--language", "de")
    _, after, _ = read(capsys, long)
    assert [t["language"] for t in after["turns"]] == ["de"] * 4
    for one, same in zip(before["turns"], after["turns"], strict=False):
        assert one["emotion"]["label"] == same["emotion"]["label"]
        assert one["emotion"]["scores"] == pytest.approx(same["emotion"]["scores"], abs=1e-5)


def test_one_bad_file_in_a_folder_does_not_stop_the_others(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ann: I am happy.\n")
    (tmp_path / "b.wav").touch()
    (tmp_path / "c.csv").write_text("speaker,text\nBen,I am sad.\n")
    (tmp_path / "ignored.docx").write_text("x")
    code = main(["read", "--json", str(tmp_path), "--out", str(tmp_path / "out" / "{name}.csv")])
    out, err = capsys.readouterr()
    assert code == 1
    assert [Path(json.loads(line)["source"]).name for line in out.splitlines()] == [
        "a.txt",
        "c.csv",
    ]
    assert err.splitlines()[-1].endswith("1 of 3 could not be read: 'b.wav'")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.csv", "c.csv"]


def test_a_folder_is_read_by_content_and_what_is_left_out_is_named(
    capsys: Capture, tmp_path: Path
) -> None:
    folder = tmp_path / ".data"  # the folder itself may be hidden, what is named is read
    (folder / "sub" / ".cache").mkdir(parents=True)
    sounds.write_wav(folder / "a.wav", np.zeros(8000)).rename(folder / "sub" / "sound")
    (folder / "b.txt").write_text("Ann: I am happy.\n")
    (folder / "notes.org").write_text("Ann: nobody asked for this one.\n")
    (folder / "b.json").write_text('{"text": "a report of an earlier time, say"}')
    (folder / "sub" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / ".hidden.bin").write_bytes(bytes(9))
    (folder / "sub" / ".cache" / "c.txt").write_text("Ann: hidden\n")
    assert main(["read", "--json", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert [Path(json.loads(line)["source"]).name for line in out.splitlines()] == [
        "b.txt",
        "sound",
    ]
    assert err == (
        "empathia: left out (name a file to have it read all the same): "
        "'b.json', 'notes.org', 'sub/picture.png'\n"
    ).replace("/", os.sep)


def test_files_that_are_named_are_read_by_content(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "notes.org").write_text("Ann: I am happy.\nBen: I am sad.\n")
    (tmp_path / "thing").write_bytes(bytes(range(256)) * 40)
    code, timeline, _ = read(capsys, tmp_path / "notes.org")
    assert (code, [t["speaker"] for t in timeline["turns"]]) == (0, ["Ann", "Ben"])
    assert "neither a recording" in refused(capsys, 2, tmp_path / "thing")
    assert main(["read", "--json", str(tmp_path / "thing"), str(tmp_path / "notes.org")]) == 1
    out, err = capsys.readouterr()
    assert [Path(json.loads(line)["source"]).name for line in out.splitlines()] == ["notes.org"]
    assert err.splitlines()[-1].endswith("1 of 2 could not be read: 'thing'")


def test_several_inputs_need_several_outputs(capsys: Capture, tmp_path: Path, talk: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Ann: Hello.\n")
    assert "{name}" in refused(capsys, 2, talk, other, "--out", tmp_path / "all.json")


# -- language model servers --------------------------------------------------------------------


@pytest.fixture
def nonsense_server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>I am a teapot</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_that_talks_nonsense_gets_a_reply_from_rules(
    capsys: Capture, talk: Path, nonsense_server: str
) -> None:
    code, timeline, _ = read(
        capsys, talk, "--reply", "--llm-url", nonsense_server, "--llm-model", "m"
    )
    assert code == 0
    reply = timeline["turns"][-1]["reply"]
    assert reply["source"] == "rules"
    assert reply["text"]
    assert "127.0.0.1" in reply["note"]


def test_a_server_that_is_down_gets_a_reply_from_rules(capsys: Capture, talk: Path) -> None:
    code, timeline, _ = read(
        capsys, talk, "--reply", "--llm-url", "http://127.0.0.1:9", "--llm-model", "m"
    )
    assert code == 0
    assert timeline["turns"][-1]["reply"]["source"] == "rules"
    assert timeline["turns"][-1]["reply"]["note"]


def test_options_that_can_do_nothing_are_told(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("Ann: I am happy.\nBen: I am sad.\n")
    _, timeline, _ = read(capsys, tmp_path / "chat.txt", "--track", "2", "--channels", "separate")
    assert "a transcript has no sound: track and channels were not used" in timeline["notes"]
    assert main(["read", str(tmp_path / "chat.txt"), "--format", "whatsapp"]) == 2
    assert "Known are" in capsys.readouterr().err
