"""``empathia reply``: a talk out of a file is answered, with reasons."""

from __future__ import annotations

import csv
import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from chat_server import send, serving

import empathia
from empathia import weights
from empathia.cli import main
from empathia.errors import UsageError
from empathia.judges.given import read as read_replies
from empathia.pipeline import Options
from empathia.pipeline.answering import answer
from empathia.types import ELEMENTS

TALK = """\
Ann: I failed my driving test again.
Ben: Oh no.
Ben: That is hard.
Ann: I feel so stupid.
Cleo: Hello!
Ann: Everyone else passed.
"""
needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text(TALK)
    return path


def replied(*args: object) -> int:
    return main(["reply", *map(str, args), "--reply-with", "rules", "--threads", "1"])


def answered(talk: Path, capsys, *args: str) -> list[dict]:
    assert replied(talk, "--json", *args) == 0
    return json.loads(capsys.readouterr().out)["replies"]


@pytest.mark.weights
@needs_minilm
def test_the_last_turn_is_answered_and_judged(talk, capsys):
    (one,) = answered(talk, capsys)
    assert (one["id"], one["reply"]["to"], one["reference"]) == ("t6", "t6", None)
    assert one["context"] == "I feel so stupid.\nHello!\nEveryone else passed."
    assert set(one["reply"]["empathy"]["elements"]) == set(ELEMENTS)
    assert replied(talk) == 0
    shown = capsys.readouterr().out
    assert one["reply"]["text"] in shown
    assert "worded by rules" in shown
    assert "judges take it for" in shown


@pytest.mark.parametrize(
    ("args", "turns"),
    [
        ((), ["t1", "t3", "t4", "t5", "t6"]),
        (("--listener", "Ben"), ["t1", "t6"]),
        (("--listener", "Ann"), ["t3", "t5"]),
    ],
)
def test_all_that_somebody_answers_is_answered(talk, capsys, args, turns):
    found = answered(talk, capsys, "--all", "--permissive", *args)
    assert [one["id"] for one in found] == turns
    assert all(one["reply"]["empathy"] is None for one in found)  # its judges are not permissive


def test_a_turn_is_answered_by_what_came_before_it_alone(talk, tmp_path, capsys):
    early = tmp_path / "early.txt"
    early.write_text("".join(TALK.splitlines(keepends=True)[:4]))
    whole = {r["id"]: r["reply"] for r in answered(talk, capsys, "--all", "--permissive")}
    (last,) = answered(early, capsys, "--permissive")
    assert whole["t4"] == last["reply"]


def test_files_hold_what_judge_and_evaluate_read(talk, tmp_path, capsys):
    for name in ("out.csv", "out.jsonl"):
        out = tmp_path / name
        assert replied(talk, "--all", "--permissive", "--listener", "Ben", "--out", out) == 0
        (first, last), _ = read_replies(out)
        assert first.context == "I failed my driving test again."
        assert last.reply
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert rows[0]["reference"] == "Oh no."
    capsys.readouterr()


def test_a_timeline_is_answered_as_it_was_judged(talk, tmp_path, capsys):
    timeline = tmp_path / "talk.json"
    assert main(["read", str(talk), "--out", str(timeline), "--threads", "1"]) == 0
    plain = json.loads(timeline.read_text())
    plain["turns"][-1]["emotion"] |= {"scores": {}, "abstained": "not asked", "label": None}
    timeline.write_text(json.dumps(plain))
    capsys.readouterr()
    (one,) = answered(timeline, capsys, "--permissive")
    assert one["emotion"] is None


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--listener", "Zoe"), "nobody is called 'Zoe'"),
        (("--empathy", "warmth=1"), "'warmth=1'"),
        (("--empathy", "reaction=1", "--empathy", "reaction=2"), "'reaction' twice"),
        (("--empathy", "reaction=much"), "expected 0, 1 or 2"),
        (("--sentiment", "3"), "sentiment 3"),
        (("--candidates", "0"), "chosen from 0"),
        (("--exemplars", "3"), "no option 'exemplars'"),
        (("--out", "answers.pdf"), "is no file that is written here"),
    ],
)
def test_what_cannot_be_is_told(talk, capsys, args, said):
    assert replied(talk, *args) == 2
    assert said in capsys.readouterr().err


def test_nothing_at_the_path_and_nothing_to_answer(tmp_path, capsys):
    assert replied(tmp_path / "none.txt") == 2
    alone = tmp_path / "alone.txt"
    alone.write_text("Ann: Hello.\n")
    assert replied(alone, "--listener", "Ann") == 2
    assert "no turn to answer for 'Ann'" in capsys.readouterr().err


def test_what_is_asked_for_is_heard_by_rules():
    options = Options(reply_with="rules", permissive=True, empathy={"exploration": 0})
    (one,) = answer(["I lost my keys.", "Oh.", "It rained, too."], options)
    assert "?" not in one.reply.text
    asking = Options(
        reply_with="rules", permissive=True, empathy={"reaction": 0, "interpretation": 0}
    )
    (other,) = answer([("Ann", "I lost my keys.")], asking)
    assert other.reply.text.endswith("?") and other.reply.text.count(".") == 0


def test_python_answers_turns_or_lines_alike_and_says_what_is_wrong():
    said = [("Ann", "I failed my driving test again."), ("Ben", "Oh no.")]
    how = {"reply_with": "rules", "permissive": True}
    to_ben = empathia.reply(said, **how)
    to_ann = empathia.reply(said, listener="Ben", **how)
    assert (to_ben.to, to_ann.to) == ("turn-0001", "turn-0000")
    assert to_ann == empathia.reply([said[0]], **how)
    assert "empathia.reply" not in sys.modules  # a package of that name would hide it
    with pytest.raises(UsageError, match="no turn to answer"):
        empathia.reply([], **how)
    with pytest.raises(UsageError, match="one text"):
        empathia.reply("I failed again.", **how)
    with pytest.raises(UsageError, match="volume"):
        empathia.reply(said, volume=2)


@pytest.mark.weights
@needs_minilm
def test_answers_are_spoken_into_a_file(talk, tmp_path, capsys):
    noise = send(200, np.full(12_000, 4000, "<i2").tobytes())
    with serving(noise) as server:
        args = ("--speak", tmp_path / "said.wav", "--speak-with", f"{server.url}#m#nova")
        assert replied(talk, "--all", "--listener", "Ben", *args) == 0
    told = capsys.readouterr()
    spoken = [body["input"] for _, _, body in server.seen]
    assert len(spoken) == told.out.count("  Empathia: ") == 2
    assert all(f"  Empathia: {words}\n" in told.out for words in spoken)
    assert f"wrote {tmp_path / 'said.wav'} (1.0 s, spoken by m)" in told.err
    with wave.open(str(tmp_path / "said.wav")) as file:
        assert file.getnframes() == 24_000


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--speak", "said.mp3"], "cannot speak into 'said.mp3'"),
        (["--speak-with", "kokoro"], "Add --speak"),
        (["--speak", "said.wav", "--speak-with", "parrot"], "unknown speech plug-in 'parrot'"),
        (["--speak", "said.wav", "--speak-with", "http://h"], "no model is named"),
    ],
)
def test_a_voice_that_cannot_be_is_told_before_anything_is_read(talk, capsys, args, says):
    assert replied(talk, *args) == 2
    assert says in capsys.readouterr().err
