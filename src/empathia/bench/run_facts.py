"""What ``run.json`` says that has to be said beside a run's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FROM_TEST_SPEAKER = {
    "speaker": "all of the test speaker's clips, later ones included",
    "neutral-speaker": "the test speaker's own neutral clips, which somebody has to know",
}

ONLY_TRAINED_ON = "the figures hold only where they learnt from the training parts alone"
"""What to say of weights that :func:`heard` the corpora of a run."""


def normalisers(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(feature, kind) of each normaliser; one that is joined ("global+running") gives several."""
    given = run.get("normalise")
    kinds = given.items() if isinstance(given, Mapping) else ()
    return [(str(feature), k) for feature, joined in kinds for k in str(joined).split("+")]


def known_of_speaker(run: Mapping[str, Any]) -> str:
    """Which normalisers know a test speaker's other clips, in words; "" where none does."""
    known = _FROM_TEST_SPEAKER
    return "; ".join(f"'{f}' with {known[k]}" for f, k in normalisers(run) if k in known)


def heard(run: Mapping[str, Any]) -> str:
    """Which weights learnt from which corpora of the run, in words; "" where none did."""
    given = run.get("heard")
    found = given.items() if isinstance(given, Mapping) else ()
    return "; ".join(f"{weight} from {', '.join(corpora)}" for weight, corpora in found)
