"""How a listener reacts: what is foretold of the other's next utterance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from empathia.types.felt import Emotion
from empathia.types.heard import Features


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the listener is taken to do next.

    Args:
        to: Id of the utterance that is reacted to.
        source: Which predictor says so.
        emotion: What the reaction expresses, or None where that was not foretold.
        features: By name, what of the reaction was foretold ("landmarks", "face", "prosody", a
            ready-made vector): one row an utterance, or frames at the feature's rate. What was
            not foretold is absent.
        note: Why it is not what was asked for, or None.
    """

    to: str
    source: str
    emotion: Emotion | None = None
    features: Mapping[str, Features] = field(default_factory=dict)
    note: str | None = None
