"""Reactions to talks: with and without times, with somebody of the talk as the listener."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from build import timeline, turn

from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.pipeline.reacting import RATE, react, times_of
from empathia.reaction.lively import AFTER, NAMES
from empathia.types import Emotion, Features, Seen, Timeline


def test_every_turn_is_reacted_to_while_it_lasts_and_behind_it() -> None:
    talk = timeline(6)
    reacted = react(talk)
    assert not reacted.laid_out
    assert reacted.notes == ()
    until = max(talk.duration or 0, reacted.times[-1][1] + AFTER)
    assert reacted.frames == pytest.approx(until * RATE, abs=1)
    turns = zip(talk.turns, reacted.times, reacted.reactions, strict=True)
    for said, (start, end), reaction in turns:
        assert (start, end) == (said.utterance.start, said.utterance.end)
        assert reaction.to == said.utterance.id
        face = reaction.features["face"]
        assert face.names == NAMES
        first = round(start * RATE)
        assert np.array_equal(face.values, reacted.face[first : first + len(face.values)])
    assert reacted.landmarks(3, 8).shape == (5, 478, 3)


def test_who_listens_is_not_reacted_to() -> None:
    reacted = react(timeline(6), listener="Ben")
    assert [r is None for r in reacted.reactions] == [False, True] * 3
    with pytest.raises(UsageError, match=r"'Cleo' \(there are: Ann, Ben\)"):
        react(timeline(4), listener="Cleo")
    with pytest.raises(UsageError, match="nobody speaks"):
        react(timeline(3, speakers=("Ann",)), listener="Ann")
    with pytest.raises(UsageError, match="nobody speaks"):
        react(Timeline("a", (), ()))


def test_a_transcript_is_laid_out_by_its_words_and_that_is_told() -> None:
    reacted = react(timeline(5, times=False))
    assert reacted.laid_out
    assert "no times" in reacted.notes[0]
    assert all(b[0] > a[1] for a, b in zip(reacted.times, reacted.times[1:], strict=False))
    short, long = turn(0, text="Yes."), turn(1, text="word " * 60)
    spans, _ = times_of([short, long])
    assert spans[0][1] - spans[0][0] < 1.5 < 10 < spans[1][1] - spans[1][0]


def test_moments_of_a_chat_are_no_times() -> None:
    assert times_of([turn(i, span=(i * 60.0, i * 60.0)) for i in range(3)])[1]


def test_unsure_turns_leave_the_face_neutral() -> None:
    reacted = react(timeline(4, abstain=range(4)))
    expression = [i for i, n in enumerate(NAMES) if n.startswith(("mouth", "nose", "cheek"))]
    assert not reacted.face[:, expression].any()


def test_turns_without_words_are_listened_to() -> None:
    talk = timeline(3, texts=(None,))
    assert react(talk).frames > 0
    assert react(Timeline("a", (turn(0, text=None),), ("Ann",))).laid_out


def test_a_smile_that_was_seen_is_mirrored() -> None:
    talk = timeline(2, abstain=range(2))
    smile = np.full((30, 2), 0.9, np.float32)
    face = Features("t1", "face", smile, ("mouthSmileLeft", "mouthSmileRight"), rate=10.0)
    seen = dataclasses.replace(talk.turns[0], seen=Seen("face 1", 1.0, face=face))
    plain, mirrored = (
        react(dataclasses.replace(talk, turns=(first, talk.turns[1])))
        for first in (talk.turns[0], seen)
    )
    smiling = NAMES.index("mouthSmileLeft")
    assert plain.face[:, smiling].max() == 0
    assert 0.15 < mirrored.face[:, smiling].max() < 0.4


def test_nobody_smiles_at_a_hint_at_harm() -> None:
    sure = Emotion("fusion", EKMAN7, tuple(float(label == "joy") for label in EKMAN7))
    smiling = NAMES.index("mouthSmileLeft")
    for text, smiles in (("I passed my exam", True), ("I want to kill myself tonight", False)):
        said = dataclasses.replace(turn(0, text=text), emotion=sure)
        face = react(Timeline("a", (said,), ("Ann",))).face
        assert (face[:, smiling].max() > 0.3) == smiles


def test_a_smile_that_was_seen_is_not_mirrored_at_a_hint_at_harm() -> None:
    smile = np.full((30, 2), 0.9, np.float32)
    face = Features("t1", "face", smile, ("mouthSmileLeft", "mouthSmileRight"), rate=10.0)
    said = turn(0, text="I want to kill myself tonight")
    talk = Timeline(
        "a", (dataclasses.replace(said, seen=Seen("face 1", 1.0, face=face)),), ("Ann",)
    )
    assert react(talk).face[:, NAMES.index("mouthSmileLeft")].max() == 0


def test_nobody_smiles_at_it_for_joy_before_or_around_it_and_afterwards_they_may() -> None:
    joy = Emotion("fusion", EKMAN7, tuple(float(label == "joy") for label in EKMAN7))
    said = (
        *((0.0, 9.0, "I passed my exam"), (4.0, 5.0, "I want to kill myself")),
        *((11.0, 14.0, "We have a new dog"), (18.0, 21.0, "We passed, too")),
    )
    turns = [
        dataclasses.replace(turn(i, text=text, span=(start, end)), emotion=joy)
        for i, (start, end, text) in enumerate(said)
    ]
    smile = react(Timeline("a", tuple(turns), ("Ann",))).face[:, NAMES.index("mouthSmileLeft")]
    assert smile[round(3 * RATE)] > 0.5
    assert smile[round(4 * RATE) : round(14 * RATE)].max() < 1e-6
    assert smile[round(21 * RATE)] > 0.5
    assert np.abs(np.diff(smile)).max() < 0.12, "it does not jerk"
