"""What a model's answer is worth: one label, or none; log likelihoods, made probabilities.

An answer that is no label is none: no label is guessed from what it resembles.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from empathia.files import Plain
from empathia.metrics.calibration import fit_bias_corrected, fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.keeping import positive

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of what makes frequent labels likelier is taken back, of which the best is kept."""


def parse(text: str, labels: Sequence[str]) -> str | None:
    """The label that an answer is, whole; case and what stands around it (.,"*) aside.

    >>> parse('"Joy".', ("joy", "sadness"))
    'joy'
    >>> parse("not joy", ("joy", "sadness"))
    """
    if text in labels:
        return text
    plain = _plain(text)
    return next((x for x in labels if plain and _plain(x) == plain), None)


def _plain(text: str) -> str:
    whole = unicodedata.normalize("NFKC", text).casefold()
    ends = [i for i, c in enumerate(whole) if unicodedata.category(c)[0] not in "PSZC"]
    return " ".join(whole[ends[0] : ends[-1] + 1].split()) if ends else ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Makes what a model says of each label probabilities; make it with :meth:`fit`.

    Args:
        scale: (labels,) by which log likelihoods are multiplied, 1 / T.
        bias: (labels,) what is added then.
        turns: How many validation turns it was fitted on; 0 where it was not.
    """

    scale: tuple[float, ...]
    bias: tuple[float, ...]
    turns: int = 0

    @classmethod
    def none(cls, labels: int) -> Calibration:
        """The one that changes nothing."""
        return cls((1.0,) * labels, (0.0,) * labels)

    @classmethod
    def fit(
        cls,
        said: Array,
        targets: Array,
        *,
        exclusive: bool,
        offsets: bool = True,
        select: str = "likelihood",
    ) -> Calibration:
        """By a temperature and an offset a label, that make the targets likely.

        Offsets make a label as frequent as it is, and rare ones hardly ever the likeliest. Of
        that, as much is taken back as is best by ``select``; then the temperature is fitted again.

        Args:
            said: (turns, labels) log likelihoods of validation turns; of labels that do not
                exclude each other log odds.
            targets: (turns, labels) in [0, 1], NaN where it is not known.
            exclusive: One label a turn.
            offsets: Whether there are any: without, the likeliest label stays it.
            select: A metric of :func:`empathia.metrics.scores.quality`.
        """
        count = said.shape[1]
        if not len(said):
            return cls.none(count)
        if not exclusive:
            pairs = [_odds(said[:, k], targets[:, k]) for k in range(count)]
            return cls(tuple(a for a, _ in pairs), tuple(b for _, b in pairs), len(said))
        if not offsets:
            t = fit_temperature(said, targets)
            return cls((1 / t,) * count, (0.0,) * count, len(said))
        t, bias = fit_bias_corrected(said, targets == targets.max(1, keepdims=True))
        frequent = np.log(targets.mean(0) + 1 / len(said))
        tried = []
        for share in _SHARES:
            moved = bias - share * frequent
            again = fit_temperature(said / t + moved, targets)
            p = probabilities((said / t + moved) / again, exclusive=True)
            measured = quality(p, targets, exclusive=True)
            made = cls((1 / (t * again),) * count, tuple((moved / again).tolist()), len(said))
            tried.append((measured.get(select, measured["likelihood"]), made))
        return max(tried, key=lambda x: x[0])[1]

    def __call__(self, said: Array, *, exclusive: bool) -> Array:
        """(turns, labels) probabilities of (turns, labels) log likelihoods or log odds."""
        logits = said * np.array(self.scale) + np.array(self.bias)
        return probabilities(logits, exclusive=exclusive)

    def plain(self) -> dict[str, Plain]:
        """As values for JSON."""
        return asdict(self)

    @classmethod
    def restored(cls, values: dict[str, Plain], labels: int) -> Calibration:
        """The calibration of which :meth:`plain` gave ``values``.

        Raises:
            TypeError: One is missing, or there are others.
            ValueError: They are not of as many labels.
        """
        made = cls(**values)  # type: ignore[arg-type]
        scale, bias = tuple(map(positive, made.scale)), tuple(map(float, made.bias))
        if len(scale) != labels or len(bias) != labels:
            raise ValueError(f"a calibration of {len(scale)} labels, expected {labels}")
        return cls(scale, bias, int(made.turns))


def _odds(said: Array, targets: Array) -> tuple[float, float]:
    """Scale and offset of one label's log odds."""
    known = ~np.isnan(targets)
    z, there = said[known], targets[known] >= 0.5
    if there.all() or not there.any():  # nothing tells how much its odds are worth
        return 1.0, 0.0
    pair = np.stack([z, np.zeros_like(z)], 1)
    t, bias = fit_bias_corrected(pair, np.stack([there, ~there], 1))
    return 1 / t, float(bias[0] - bias[1])
