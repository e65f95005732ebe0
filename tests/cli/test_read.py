"""``read`` on the committed conversation: who spoke when, what, how it sounded, which emotion."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import loaded_once
import pytest
import readme_example
import sounds

import empathia
from empathia import weights
from empathia.cli import main
from empathia.errors import UsageError
from empathia.types import ELEMENTS, Timeline

pytestmark = pytest.mark.weights

TRUTH = sounds.EXAMPLE.with_suffix(".csv")
SCHEMA = Path(empathia.__file__).parent / "types" / "timeline.schema.json"
HEAVY = ("torch", "transformers", "sklearn", "scipy", "onnx", "matplotlib", "fastapi")


def words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split()


def errors(spoken: list[str], heard: list[str]) -> int:
    """Edit distance between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(spoken, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with TRUTH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def conversation() -> Timeline:
    return empathia.read(sounds.EXAMPLE, names=("Ann", "Ben"), reply="last", reply_with="rules")


@pytest.fixture(scope="module")
def from_transcript() -> Timeline:
    return empathia.read(sounds.EXAMPLE, transcript=TRUTH)


def test_the_words_are_right_but_for_a_few(
    conversation: Timeline, truth: list[dict[str, str]]
) -> None:
    spoken = [w for row in truth for w in words(row["text"])]
    heard = [w for t in conversation.turns for w in words(t.utterance.text or "")]
    assert errors(spoken, heard) < 0.06 * len(spoken)


def test_the_readme_shows_what_the_demo_prints(conversation: Timeline) -> None:
    def without_figures(text: str) -> str:  # the last digit may differ with the processor
        return re.sub(r"\d+ %|0\.\d\d", "#", text)

    turns = tuple(dataclasses.replace(t, reply=None) for t in conversation.turns)
    made = readme_example.block(dataclasses.replace(conversation, turns=turns))
    assert without_figures(readme_example.shown()) == without_figures(made)


def test_the_readme_shows_what_reply_prints() -> None:
    def without_figures(text: str) -> str:
        return " ".join(re.sub(r"[<>]? ?\d+ ?%|[+-]?\d\.\d\d", "#", text).split())

    shown = readme_example.shown(readme_example.BEGIN_REPLIES)
    assert without_figures(shown) == without_figures(readme_example.replies())


def test_every_moment_of_speech_has_the_right_speaker(
    conversation: Timeline, truth: list[dict[str, str]]
) -> None:
    assert conversation.speakers == ("Ann", "Ben")
    right = total = 0.0
    for row in truth:
        start, end = float(row["start"]), float(row["end"])
        total += end - start
        for t in conversation.turns:
            u = t.utterance
            assert u.start is not None
            assert u.end is not None
            if u.speaker == row["speaker"]:
                right += max(0.0, min(end, u.end) - max(start, u.start))
    assert right >= 0.9 * total


def test_turns_are_in_order_and_words_lie_within_the_recording(conversation: Timeline) -> None:
    assert conversation.duration == pytest.approx(63.8, abs=1)
    starts = [t.utterance.start or 0.0 for t in conversation.turns]
    assert starts == sorted(starts)
    for t in conversation.turns:
        for w in t.words:
            assert 0 <= w.start <= w.end <= conversation.duration + 0.1
            assert 0 <= w.probability <= 1


@pytest.mark.parametrize("permissive", [False, True])
def test_the_emotions_are_what_the_words_say(permissive: bool) -> None:
    timeline = empathia.read(TRUTH, permissive=permissive)
    by_text = {t.utterance.text: t for t in timeline.turns}
    for part, labels in {
        "so angry": {"anger"},
        "never find a job": {"fear"} if permissive else {"fear", "sadness"},
        "wonderful news": {"joy"},
        "sorry to hear": {"sadness"},
    }.items():
        turn = next(t for text, t in by_text.items() if part in (text or ""))
        assert turn.emotions["text"].label in labels


def test_words_and_voice_both_judge(from_transcript: Timeline) -> None:
    for t in from_transcript.turns:
        assert t.emotion is not None
        assert set(t.emotions) == {"text", "voice"}


def test_cues_hear_the_loudness_and_rate_that_were_made(from_transcript: Timeline) -> None:
    turns = {(t.utterance.text or ""): t for t in from_transcript.turns}
    loud = next(t for text, t in turns.items() if "did not expect" in text)
    assert loud.cues is not None
    assert "high" in loud.cues.description
    # The first turns of a speaker say nothing on loudness: there is nothing to compare with.
    first = from_transcript.turns[0]
    assert first.cues is not None
    assert "volume" not in first.cues.description


def test_the_future_does_not_change_the_past(from_transcript: Timeline, tmp_path: Path) -> None:
    cut = sounds.write_wav(tmp_path / "cut.wav", sounds.example(0, 30))
    rows = TRUTH.read_text(encoding="utf-8").splitlines()
    keep = [rows[0], *(r for r in rows[1:] if float(r.split(",")[2]) < 29)]
    (tmp_path / "cut.csv").write_text("\n".join(keep), encoding="utf-8")
    half = empathia.read(cut, transcript=tmp_path / "cut.csv")
    for a, b in zip(half.turns, from_transcript.turns, strict=False):
        assert a.utterance.text == b.utterance.text
        assert a.cues == b.cues
        assert a.emotion is not None
        assert b.emotion is not None
        # Batches of other sizes round otherwise, no more.
        assert a.emotion.scores == pytest.approx(b.emotion.scores, abs=3e-3)


def test_a_reply_is_given_to_the_last_turn_alone(conversation: Timeline) -> None:
    assert [t.reply is not None for t in conversation.turns[:-1]] == [False] * (
        len(conversation.turns) - 1
    )
    reply = conversation.turns[-1].reply
    assert reply is not None
    assert reply.to == conversation.turns[-1].utterance.id
    assert len(reply.text) > 10


def test_the_json_fits_its_schema(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    talk = tmp_path / "talk.csv"
    talk.write_text("\n".join(TRUTH.read_text(encoding="utf-8").splitlines()[:3]))
    assert main(["read", "--json", str(talk), "--reply-to", "every", "--reply-with", "rules"]) == 0
    timeline = json.loads(capsys.readouterr().out)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(timeline, schema, cls=jsonschema.Draft202012Validator)
    assert all(t["reply"]["text"] for t in timeline["turns"])
    assert {w["name"] for w in timeline["provenance"]["weights"]} >= {"minilm", "talk"}


def test_recognisers_and_the_reply_are_chosen_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    talk = tmp_path / "talk.txt"
    talk.write_text("Ann: I am so happy today!\n")
    named = [x for name in ("text-default", "text-korean") for x in ("--recogniser", name)]
    assert main(["read", "--json", str(talk), *named, "--reply", "--reply-with", "rules"]) == 0
    timeline = json.loads(capsys.readouterr().out)
    (turn,) = timeline["turns"]
    assert (turn["emotion"]["label"], turn["reply"]["source"]) == ("joy", "rules")
    assert timeline["provenance"]["options"]["recognisers"] == ["text-default", "text-korean"]
    judges = {f"judge-{x}" for x in (*ELEMENTS, "sentiment")}
    used = {w["name"] for w in timeline["provenance"]["weights"]}
    assert used == {"minilm", "text-default"} | judges


def test_every_format_can_be_written(conversation: Timeline, tmp_path: Path) -> None:
    for suffix in (".json", ".csv", ".srt", ".TextGrid", ".html"):
        path = empathia.write(conversation, tmp_path / f"talk{suffix}")
        assert path.stat().st_size > 500


def test_permissive_reading_uses_no_noncommercial_weight(from_transcript: Timeline) -> None:
    timeline = empathia.read(sounds.EXAMPLE, transcript=TRUTH, permissive=True)
    assert not [w for w in timeline.provenance["weights"] if w["noncommercial"]]
    assert all(set(t.emotions) == {"text"} for t in timeline.turns)
    assert any("non-commercial" in note for note in timeline.notes)
    marked = from_transcript.provenance["weights"]
    bound = {"talk", "text-empathetic", "voice-default", "prosody-bins"}
    assert {w["name"] for w in marked if w["noncommercial"]} == bound


def test_reading_twice_gives_the_same(from_transcript: Timeline) -> None:
    loaded_once.forget(sounds=False)
    assert empathia.read(sounds.EXAMPLE, transcript=TRUTH) == from_transcript


def test_options_are_checked() -> None:
    with pytest.raises(UsageError, match="colour"):
        empathia.read(TRUTH, colour="red")
    with pytest.raises(UsageError, match="does not exist"):
        empathia.read("nowhere.wav")


def test_reading_imports_no_torch_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither beside the recording nor at home."""
    sentence = sounds.write_wav(tmp_path / "one.wav", sounds.example(0, 3))
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys\nfrom empathia.cli import main\n"
        f"code = main(['read', '--json', {str(sentence)!r}, '--reply'])\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
        "import torch\ntorch.tensor(1)\nsys.exit(code)"  # which can be had afterwards
    )
    given = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=given | {"HOME": str(home), "EMPATHIA_HOME": str(weights.root())},
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    timeline: dict[str, Any] = json.loads(done.stdout)
    assert timeline["turns"][-1]["reply"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["home", "one.wav"]
