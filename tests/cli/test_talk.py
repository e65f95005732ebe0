"""``empathia talk``: what is said is answered, kept, and there again after a kill."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sounds

from empathia.cli import main
from empathia.pipeline import Options
from empathia.pipeline.session import LISTENER, SPEAKER, Heard, Session
from empathia.types import Audio
from empathia.types.events import Began, Quiet
from empathia.types.wire import from_json

SAID = ("I passed my exam today!", "But my dad could not see it any more.", "He died in May.")
RULES = Options(reply_with="rules")


def kept(path: Path) -> list[tuple[str, str | None]]:
    timeline = from_json(json.loads(path.read_text("utf-8")))
    return [(t.utterance.speaker, t.utterance.text) for t in timeline.turns]


def talk(
    monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], *args: str, words: str = "rules"
) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{x}\n" for x in lines)))
    return main(["talk", "--reply-with", words, *args])


def test_what_is_said_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    with Session(path, RULES) as session:
        session.say(SAID[0])
        assert kept(path) == [(SPEAKER, SAID[0])]
    with Session(path, RULES) as session:
        assert session.is_owed
        turn = session.answer()
        assert not session.is_owed
    assert turn.reply is not None
    assert kept(path) == [(SPEAKER, SAID[0]), (LISTENER, turn.reply.text)]


def test_what_was_said_of_an_answer_is_kept_alone(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    with Session(path, RULES) as session:
        session.say(SAID[0])
        turn = session.propose()
        assert session.is_owed and session.turns[0].reply is None
        assert kept(path) == [(SPEAKER, SAID[0])]
        session.tell("I see.", turn)
        assert not session.is_owed
        session.say(SAID[1])
        late = session.propose()
        session.say(SAID[2])
        session.tell("Oh.", late)
        assert session.is_owed
    said = [(SPEAKER, SAID[0]), (LISTENER, "I see."), (SPEAKER, SAID[1]), (SPEAKER, SAID[2])]
    assert kept(path) == said
    replies = [t.reply.text for t in session.turns if t.reply is not None]
    assert replies == ["I see.", "Oh."]


def test_ten_turns_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    with Session(path, RULES) as session:
        for n in range(10):
            session.say(f"{SAID[n % 3]} {n}")
            session.answer()
        before = session.turns
    with Session(path, RULES) as session:
        assert len(session.turns) == 20
        assert [t.reply for t in session.turns] == [t.reply for t in before]
        assert [t.emotion for t in session.turns] == [t.emotion for t in before]
        assert session.say("And now?").utterance.id not in {t.utterance.id for t in before}
    assert path.stat().st_mode & 0o077 == 0


def test_replies_are_heard_as_turns_of_the_talk(tmp_path: Path) -> None:
    with Session(tmp_path / "talk.json", RULES) as session:
        session.say(SAID[0])
        first = session.answer().reply
        session.say(SAID[1])
        session.answer()
        names = [t.utterance.speaker for t in session.turns]
        assert first is not None
        assert session.turns[1].utterance.text == first.text
        assert session.last is session.turns[2]
    assert names == [SPEAKER, LISTENER] * 2


def test_commands_tell_of_the_last_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "talk.html"
    lines = (
        "/why",
        SAID[0],
        "/emotion",
        "/why",
        "/nothing",
        f"/save {page}",
        "/help",
        "/quit",
        "x",
    )
    assert talk(monkeypatch, lines, "--file", str(tmp_path / "talk.json")) == 0
    told = capsys.readouterr()
    assert "nothing was said yet" in told.err
    assert "there is no '/nothing'" in told.err
    assert "  text: joy" in told.out
    assert "worded by rules" in told.out
    assert "/forget" in told.out
    assert SAID[0] in page.read_text("utf-8")
    assert len(kept(tmp_path / "talk.json")) == 2  # what follows /quit is not said


def test_a_talk_goes_on_where_it_was_and_can_be_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("EMPATHIA_HOME", raising=False)
    assert talk(monkeypatch, SAID[:1]) == 0
    assert talk(monkeypatch, SAID[1:2], "--resume") == 0
    (path,) = (tmp_path / "empathia" / "talks").glob("*.json")
    assert [text for who, text in kept(path) if who == SPEAKER] == list(SAID[:2])
    assert talk(monkeypatch, ("/forget",), "--resume") == 0
    assert not path.exists()
    capsys.readouterr()
    assert talk(monkeypatch, (), "--resume") == 2
    assert "no talk is kept" in capsys.readouterr().err


def test_a_kill_loses_no_turn(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    command = [sys.executable, "-m", "empathia", "talk", "--reply-with", "rules"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--file", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for line in SAID:
            running.stdin.write(f"{line}\n")
            running.stdin.flush()
            assert running.stdout.readline().startswith("Empathia: ")
        running.send_signal(signal.SIGKILL)
    assert [text for who, text in kept(path) if who == SPEAKER] == list(SAID)
    assert len(kept(path)) == 6


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no talk"),
        ("", "holds no talk"),
        ("{}", "expected a timeline"),
        ('{"schema_version": "1.1"}', "the timeline lacks"),
    ],
)
def test_what_holds_no_talk_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    told: str,
) -> None:
    path = tmp_path / "talk.json"
    if content is not None:
        path.write_text(content)
    assert talk(monkeypatch, ("hello",), "--resume", str(path)) in (1, 2)
    assert told in capsys.readouterr().err
    assert (path.read_text() if content is not None else None) == content


def test_a_new_talk_takes_no_others_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talk.json"
    assert talk(monkeypatch, SAID[:1], "--file", str(path)) == 0
    assert talk(monkeypatch, SAID[:1], "--file", str(path)) == 2
    assert "is there already" in capsys.readouterr().err
    assert talk(monkeypatch, SAID[:1], "--file", str(tmp_path / "no" / "talk.json")) == 2


@pytest.mark.weights
def test_sound_is_heard_before_it_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "talk.json"
    said = Audio(sounds.example(0, 7).astype("float32"), 16_000)
    with Session(path, RULES) as session:
        began, *more = session.listen(said)
        heard = [x for x in (*more, *session.pause()) if isinstance(x, Heard)]
        assert isinstance(began, Began)
        assert session.turns == ()
        turns = [session.judge(x) for x in heard]
    assert len(" ".join(t.utterance.text or "" for t in turns).split()) > 10
    assert all(t.cues is not None for t in turns)
    assert kept(path) == [(SPEAKER, t.utterance.text) for t in turns]


@pytest.mark.weights
@pytest.mark.parametrize("seconds", [0.1, 0.25, 2.0])
def test_who_began_is_told_to_be_quiet_when_all_is_told(tmp_path: Path, seconds: float) -> None:
    """A word, what may be one, and what is none."""
    begin, rest = np.zeros(16_000, np.float32), np.zeros(40_000, np.float32)
    said = sounds.example(1, 1 + seconds).astype(np.float32)
    with Session(tmp_path / "talk.json", RULES) as session:
        events = session.listen(Audio(np.concatenate([begin, said, rest]), 16_000))
    kinds = [type(e).__name__ for e in events]
    assert kinds == ["Began", *["Heard"] * (seconds > 1), "Quiet"]
    quiet = events[-1]
    assert isinstance(quiet, Quiet) and 1 + seconds < quiet.at <= 1 + seconds + 2.6


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1e-4, int(16_000 * seconds)).astype(np.float32)


@pytest.mark.weights
@pytest.mark.parametrize(("word", "pause"), [((0.5, 0.95), 0.5), ((44.5, 45.05), 2.5)])
def test_nobody_is_quiet_who_speaks_behind_a_word_that_may_be_none(
    tmp_path: Path, word: tuple[float, float], pause: float
) -> None:
    short, long = (sounds.example(*x).astype(np.float32) for x in (word, (13.9, 20.3)))
    sound = np.concatenate([noise(1), short, noise(pause), long, noise(2.5)])
    begins = 1 + len(short) / 16_000 + pause
    with Session(tmp_path / "talk.json", RULES) as session:
        told = [
            (at / 16_000, event)
            for at in range(0, len(sound), 1600)
            for event in session.listen(Audio(sound[at : at + 1600], 16_000))
        ]
    assert any(isinstance(e, Began) and abs(e.at - begins) < 0.5 for _, e in told)
    assert not [at for at, e in told if isinstance(e, Quiet) and begins + 0.5 < at < begins + 5.5]
    assert isinstance(told[-1][1], Quiet)


@pytest.mark.weights
def test_who_began_is_quiet_where_no_sound_comes(tmp_path: Path) -> None:
    begin = np.zeros(16_000, np.float32)
    said = sounds.example(1, 3).astype(np.float32)
    with Session(tmp_path / "talk.json", RULES) as session:
        events = session.listen(Audio(np.concatenate([begin, said]), 16_000))
        paused = session.pause()
        assert session.pause() == []
    assert [type(e) for e in events] == [Began]
    assert [type(e) for e in paused] == [Heard, Quiet]
    ends = [getattr(e, "end", None) or getattr(e, "at", None) for e in paused]
    assert ends[0] <= ends[1] == pytest.approx(3.0, abs=0.1)


@pytest.mark.weights
def test_who_speaks_on_behind_a_pause_of_the_stream_begins_behind_what_was_told(
    tmp_path: Path,
) -> None:
    first, rest = (sounds.example(*x).astype(np.float32) for x in ((0, 3), (3, 6)))
    with Session(tmp_path / "talk.json", RULES) as session:
        session.listen(Audio(first, 16_000))
        heard = session.pause()[0]
        began = session.listen(Audio(rest, 16_000))[0]
    assert isinstance(heard, Heard) and isinstance(began, Began)
    assert began.at >= heard.end


@pytest.mark.weights
def test_turns_tell_when_what_comes_behind_them_began(tmp_path: Path) -> None:
    """One person speaks for longer than a turn may be."""
    sound = np.concatenate([noise(1), sounds.example(0, 24).astype(np.float32), noise(3)])
    with Session(tmp_path / "talk.json", RULES) as session:
        heard = [e for e in session.listen(Audio(sound, 16_000)) if isinstance(e, Heard)]
    behind = [None if e.goes_on is None else e.goes_on - e.end for e in heard]
    assert len(heard) > 1 and behind[-1] is None
    assert all(x is None or 0 <= x < 5 for x in behind)


@pytest.mark.weights
def test_a_hum_behind_what_was_said_takes_no_answer_from_it(tmp_path: Path) -> None:
    hum = sounds.write_wav(tmp_path / "hum.wav", noise(2))
    with Session(tmp_path / "talk.json", RULES) as session:
        said = session.say("I am so afraid of the exam.")
        assert session.hear(hum).utterance.text is None
        answered = session.answer()
        assert answered.utterance.id == said.utterance.id
        assert session.turns[-1].utterance.speaker == LISTENER
        session.hear(hum)
        assert "words" in (session.answer().reply or pytest.fail()).text  # of nothing else


@pytest.mark.weights
def test_a_recording_is_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talk.json"
    recording = sounds.write_wav(tmp_path / "said.wav", sounds.example(0, 7))
    lines = (str(recording), str(tmp_path / "no.wav"))
    assert talk(monkeypatch, lines, "--voice", "--file", str(path)) == 0
    told = capsys.readouterr()
    assert "no.wav" in told.err
    timeline = from_json(json.loads(path.read_text("utf-8")))
    assert [t.utterance.speaker for t in timeline.turns] == [SPEAKER, LISTENER]
    assert len((timeline.turns[0].utterance.text or "").split()) > 10
    assert timeline.turns[0].cues is not None
