"""``empathia read -``: what comes on standard input is told turn by turn."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sounds

from empathia.cli import main

pytestmark = pytest.mark.weights

SMALL = ("--asr-model", model) if (model := sounds.small_model()) else ()
PCM = (sounds.example(0, 7) * 32767).astype("<i2").tobytes()
Read = Callable[..., tuple[int, str, str]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Read:
    """``empathia read -`` in this process: exit code, what it printed, and on stderr."""

    def run(given: bytes, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        return main(["read", "-", *arguments, *SMALL]), *capsys.readouterr()

    return run


@contextmanager
def reading(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "empathia", "read", "-", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def test_turns_are_printed_while_the_stream_goes_on_and_ctrl_c_keeps_them(tmp_path: Path) -> None:
    out = tmp_path / "talk.json"
    with reading("--json", "--pcm", "16000", "--out", str(out), *SMALL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(PCM[: 2 * 3 * sounds.RATE])
        process.stdin.flush()
        first = json.loads(process.stdout.readline())  # the pipe is still open
        assert first["event"] == "turn"
        assert first["turn"]["text"]
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.stdout]
        assert process.wait() == 0
    assert rest[-1]["event"] == "end"
    timeline = rest[-1]["timeline"]
    (turn,) = timeline["turns"]
    assert {**turn, "overlap": None} == first["turn"]  # which is known of the whole alone
    assert any("stopped at" in note for note in timeline["notes"])
    assert json.loads(out.read_text("utf-8")) == timeline


class Ending(io.StringIO):
    """A standard output on which the first line ends the program, as ``timeout`` does."""

    def write(self, text: str) -> int:
        if not self.getvalue():
            signal.raise_signal(signal.SIGTERM)
        return super().write(text)


def test_what_was_heard_is_kept_where_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``timeout 60 empathia read -`` ends it; of a pipe on which nothing comes."""
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stream, os.fdopen(write, "wb", buffering=0) as out:
        feeding = threading.Thread(target=out.write, args=(PCM[: 2 * 3 * sounds.RATE],))
        feeding.start()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        monkeypatch.setattr(sys, "stdout", Ending())
        assert main(["read", "-", "--json", "--pcm", "16000", *SMALL]) == 0
        feeding.join()
        first, end = map(json.loads, sys.stdout.getvalue().splitlines())
    assert (first["event"], end["event"]) == ("turn", "end")
    assert len(end["timeline"]["turns"]) == 1
    assert any("stopped at 3.0 s" in note for note in end["timeline"]["notes"])


@pytest.mark.parametrize(
    "closed", ["<&-", *(pytest.param(c, marks=pytest.mark.slow) for c in (">&-", "2>&-"))]
)
def test_a_standard_stream_may_be_closed(tmp_path: Path, closed: str) -> None:
    raw = tmp_path / "a.raw"
    raw.write_bytes(PCM[: 2 * sounds.RATE])
    given = "" if closed == "<&-" else f"< '{raw}'"
    command = (
        f"'{sys.executable}' -m empathia read - --pcm 16000 {' '.join(SMALL)} {given} {closed}"
    )
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert b"should not have happened" not in done.stderr
    if closed == "<&-":
        assert done.returncode == 2
        assert b"standard input is closed" in done.stderr
    else:
        assert done.returncode == 0
        assert (b"Speaker 1" in done.stdout) == (closed == "2>&-")


def test_people_read_turns_and_notes(read: Read, tmp_path: Path) -> None:
    code, shown, said = read(PCM, "--names", "Ann,Ben", "--report", str(tmp_path))
    assert code == 0
    assert re.search(r"0:0[01] Ann", shown)
    assert "Ben" in shown
    assert "minute" in shown
    assert "--pcm" in shown  # that there was no header is noted
    assert "Ann" in (tmp_path / "stream.html").read_text("utf-8")
    assert "wrote" in said


def test_nothing_is_printed_where_nothing_is_wanted(read: Read, tmp_path: Path) -> None:
    wav = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 3)).read_bytes()
    assert read(wav, "--quiet", "--out", str(tmp_path / "{name}.csv")) == (0, "", "")
    assert "minute" in (tmp_path / "stream.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("given", "arguments", "code", "problem"),
    [
        (b"", (), 1, "empty"),
        (b"Ann: hi\n", (), 1, "text, no sound"),
        (b"OggS" + bytes(900), (), 1, "cannot be decoded"),
        (b"\0", ("--pcm", "16000"), 1, "nothing of the sound"),
        (PCM, ("talk.wav",), 2, "alone"),
        (PCM, ("--transcript", "talk.csv"), 2, "--transcript needs the whole recording"),
        (PCM, ("--channels", "separate"), 2, "--channels separate needs"),
        (PCM, ("--adapt",), 2, "--adapt needs"),
        (PCM, ("--track", "all"), 2, "--track all needs"),
        (PCM, ("--pcm", "fast"), 2, "--pcm 16000"),
        (PCM, ("--track", "2"), 2, "have no tracks"),
    ],
    ids=lambda x: x[0].strip("-") if isinstance(x, tuple) and x else "",
)
def test_what_cannot_be_listened_to(
    read: Read, given: bytes, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    got, shown, said = read(given, *arguments)
    assert (got, shown) == (code, "")
    assert problem in said
    assert said.count("\n") == 1


def test_samples_are_only_those_of_a_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 1))
    assert main(["read", str(path), "--pcm", "16000"]) == 2
    assert "--pcm says what standard input is" in capsys.readouterr().err
