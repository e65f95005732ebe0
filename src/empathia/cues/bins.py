"""Bins of prosodic measures, fitted on a train split: where low ends and high begins.

A measure's level says which part of a train split it falls into: with five levels the
lowest tenth, the next up to the first quarter, the middle half, the next up to nine tenths
and the rest. Women and men speak at different pitch, so bins are fitted per group too,
and overall for where the group is unknown.

The same is done for deviations: how far turns lie from the median of their speaker's
turns. They say what is much and what is little within one voice on one microphone.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from empathia.errors import InputError, LeakageError, UsageError
from empathia.files import write

SHIPPED = Path(__file__).parents[1] / "weights" / "shipped" / "prosody-bins" / "bins.json"
OVERALL, SO_FAR, ADAPTED = "overall", "speaker so far", "adapted"
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
CUTS: Mapping[int, tuple[float, ...]] = {
    3: (0.25, 0.75),
    4: (0.25, 0.5, 0.75),
    5: (0.1, 0.25, 0.75, 0.9),
    6: QUANTILES,
}
ENOUGH = 5  # turns of a speaker before the speaker is the reference
_GROUP_LEAST = 10  # values of a group: fewer have no lowest tenth
_FORMAT, _VERSION = "empathia.prosody-bins", 1

RATIOS = ("avg_pitch", "pitch_std", "pitch_range")
"""Measures that deviate in semitones: no microphone changes them."""
PERSONAL = ("avg_intensity", "intensity_variation", *RATIOS)

# Measure to the scaled values of one speaker's turns, sorted.
Turns = defaultdict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One utterance to fit bins on.

    Args:
        measures: Values by measure; None, NaN and 0 count as missing.
        split: Must be "train".
        group: "female", "male" or another group; None where it is unknown.
        speaker: Who speaks in which recording, the same text for all turns of one person
            in one recording, rows in time order; None leaves out the deviations.
    """

    measures: Mapping[str, float | None]
    split: str | None
    group: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Bins:
    """Quantiles of the measures on a train split.

    Args:
        groups: Group to measure to the values at :data:`QUANTILES`; has "overall".
        deviations: "speaker so far" and "adapted" to measure to the same quantiles of
            deviations from a speaker's median (dB or semitones).
        rows: How many rows they were fitted on.
        about: Corpus and fingerprint, for people.
    """

    groups: Mapping[str, Mapping[str, tuple[float, ...]]]
    deviations: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    rows: int = 0
    about: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        rows: Iterable[Row],
        groups: Collection[str] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> Bins:
        """Fit on train rows; all numbers of levels come from the same quantiles.

        Args:
            rows: Train rows only, turns of a speaker in time order.
            groups: Groups with bins of their own (MELD's six leads); None: all there are.
            about: What to remember about the data.

        Raises:
            LeakageError: A row is not of the train split.
        """
        taken = tuple(rows)
        foreign = sorted({str(r.split) for r in taken if r.split != "train"})
        if foreign:
            raise LeakageError(
                f"bins are fitted on train rows only, found rows of {', '.join(foreign)}",
                "Hand over the rows whose split is train",
            )
        pools: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in taken:
            has_bins = row.group not in (None, OVERALL) and (groups is None or row.group in groups)
            for name, value in present(row.measures).items():
                pools[OVERALL][name].append(value)
                if has_bins:
                    pools[str(row.group)][name].append(value)
        kept = {
            g: {m: _quantiles(v) for m, v in pool.items() if g == OVERALL or len(v) >= _GROUP_LEAST}
            for g, pool in pools.items()
        }
        return cls(kept, _deviations(taken), len(taken), dict(about or {}))

    def thresholds(
        self, measure: str, levels: int = 5, group: str | None = None
    ) -> tuple[float, ...] | None:
        """Upper ends of all levels but the highest; None where nothing was fitted.

        An unknown group, or one without this measure, falls back to the overall bins.

        Raises:
            UsageError: There are no bins with that many levels.
        """
        of_group = self.groups.get(group or OVERALL, {}).get(measure)
        return cut(of_group or self.groups.get(OVERALL, {}).get(measure), levels)

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "quantiles": QUANTILES,
            "rows": self.rows,
            "about": self.about,
            "groups": self.groups,
            "deviations": self.deviations,
        }
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        write(path, text.encode())

    @classmethod
    def load(cls, path: Path | None = None) -> Bins:
        """Read bins; the ones that ship with Empathia by default.

        Raises:
            InputError: The file is missing or no file of bins of this version.
        """
        file = path or SHIPPED
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if (content["format"], content["version"]) != (_FORMAT, _VERSION):
                raise ValueError(f"{content['format']} version {content['version']}")
            groups, deviations = _tables(content["groups"]), _tables(content["deviations"])
            return cls(groups, deviations, int(content["rows"]), dict(content["about"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"expected {_FORMAT} version {_VERSION} in {file}, found: {error}",
                "Fit them again with scripts/fit_prosody_bins.py or reinstall Empathia",
            ) from error


def level_of(value: float | None, thresholds: Sequence[float] | None) -> int | None:
    """Position of a level, from 0; a value on a threshold belongs below it.

    Missing values (None, NaN) and missing thresholds have no level. Both sides are compared
    in single precision, which features have: else a value that is a threshold would miss it.
    """
    if value is None or thresholds is None or math.isnan(value):
        return None
    return bisect_left([float(np.float32(t)) for t in thresholds], float(np.float32(value)))


def check_levels(levels: int) -> None:
    """Raise a UsageError for a number of levels that there are no cuts for."""
    if levels not in CUTS:
        raise UsageError(f"cues at {levels} levels", f"Choose one of {', '.join(map(str, CUTS))}")


def cut(values: Sequence[float] | None, levels: int) -> tuple[float, ...] | None:
    """Those of the values at :data:`QUANTILES` that part so many levels; None of None."""
    check_levels(levels)
    if values is None:
        return None
    return tuple(values[QUANTILES.index(q)] for q in CUTS[levels])


def present(measures: Mapping[str, float | None]) -> dict[str, float]:
    """Measures that were taken: tables write 0 where there is none, and no pitch is below 0."""
    return {
        k: v
        for k, v in measures.items()
        if v is not None and math.isfinite(v) and v != 0 and not (v < 0 and k in RATIOS)
    }


def _quantiles(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(x) for x in np.quantile(values, QUANTILES))


_Tables = dict[str, dict[str, tuple[float, ...]]]


def _tables(content: Mapping[str, Mapping[str, Sequence[float]]]) -> _Tables:
    """Groups of quantiles as read from a file, checked."""
    tables = {g: {m: tuple(map(float, v)) for m, v in t.items()} for g, t in content.items()}
    for measure, values in (item for table in tables.values() for item in table.items()):
        ascending = all(a <= b for a, b in pairwise(values))
        if len(values) != len(QUANTILES) or not ascending or not all(map(math.isfinite, values)):
            raise ValueError(f"{measure} without {len(QUANTILES)} ascending quantiles")
    return tables


def scaled(name: str, value: float) -> float:
    """A measure on the scale of its deviations: semitones where these are ratios."""
    return 12 * math.log2(value) if name in RATIOS else value


def remember(turns: Turns, values: Mapping[str, float]) -> None:
    """Add one turn to what is known of its speaker."""
    for name in PERSONAL:
        if name in values:
            insort(turns[name], scaled(name, values[name]))


def deviation(turns: Mapping[str, Sequence[float]], name: str, value: float) -> float | None:
    """How far a measure lies from the median of the speaker's turns (dB or semitones).

    None where the measure isn't personal or fewer than :data:`ENOUGH` turns are known.
    """
    known = turns.get(name, [])
    if len(known) < ENOUGH:
        return None
    return scaled(name, value) - median(known)


def _deviations(rows: Sequence[Row]) -> dict[str, dict[str, tuple[float, ...]]]:
    """Quantiles of deviations from a speaker's median, taken as a recording's are."""
    turns = [(r.speaker, present(r.measures)) for r in rows if r.speaker is not None]
    whole: defaultdict[str, Turns] = defaultdict(lambda: defaultdict(list))
    for speaker, values in turns:
        remember(whole[speaker], values)
    past: defaultdict[str, Turns] = defaultdict(lambda: defaultdict(list))
    pools: dict[str, Turns] = {SO_FAR: defaultdict(list), ADAPTED: defaultdict(list)}
    for speaker, values in turns:
        for reference, known in ((SO_FAR, past), (ADAPTED, whole)):
            for name, value in values.items():
                if (away := deviation(known[speaker], name, value)) is not None:
                    pools[reference][name].append(away)
        remember(past[speaker], values)
    return {r: {m: _quantiles(v) for m, v in pool.items()} for r, pool in pools.items()}
