"""The sound of a turn that may be over is measured once, ahead, and told of the turn that it is."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.pipeline.early import Early
from empathia.types import Audio, Features

RATE = 16_000


class Measures:
    def __init__(self) -> None:
        self.of: list[tuple[float, str]] = []

    def __call__(self, sound: Audio, utterance: str) -> dict[str, Features]:
        if not len(sound.samples):
            raise ValueError("no sound")
        self.of.append((sound.duration, utterance))
        values = np.full((1, 1), sound.samples.mean(), np.float32)
        return {"level": Features(utterance, "level", values, ("level",))}


def sound(seconds: float) -> Audio:
    return Audio(np.full(round(seconds * RATE), 0.5, np.float32), RATE)


def test_what_was_begun_is_not_measured_again() -> None:
    measures = Measures()
    early = Early(measures)
    early.begin(sound(1.0))
    early.begin(sound(1.0))  # it is as quiet as before
    told = early.take(sound(1.0), "turn-0007")["level"]
    assert (told.utterance, told.values.item()) == ("turn-0007", 0.5)
    assert [seconds for seconds, _ in measures.of] == [1.0]
    early.close()


def test_a_turn_that_went_on_is_measured_as_a_whole() -> None:
    measures = Measures()
    early = Early(measures)
    early.begin(sound(1.0))
    assert early.take(sound(2.0), "turn-0000")["level"].utterance == "turn-0000"
    assert (2.0, "turn-0000") in measures.of
    early.close()


def test_what_fails_ahead_fails_where_it_is_taken() -> None:
    early = Early(Measures())
    early.begin(sound(0.0))
    with pytest.raises(ValueError, match="no sound"):
        early.take(sound(0.0), "turn-0000")
    early.close()
