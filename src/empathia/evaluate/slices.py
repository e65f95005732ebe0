"""Parts of the test set that a mean may hide: who speaks, where in the dialogue, how long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.bench.results import Results

Mask = NDArray[np.bool_]
MOST = 40
_WORDS = ((1, 3), (4, 9), (10, 19), (20, None))
_THIRDS = ("beginning", "middle", "end")


def slices(results: Results, rows: Mask) -> tuple[dict[str, Mask], list[str]]:
    """Masks of the given rows by "what=value", and notes on what was left out.

    A kind of slice with a single value says no more than the whole and is left out.

    Args:
        results: The run.
        rows: (all rows,) the test rows.
    """
    kinds: dict[str, dict[str, Mask]] = {}
    names = ["gender", "corpus", *(n for n in results.texts if n.startswith("group:"))]
    for name in names:
        column = results.texts[name].rows(rows)
        known = {v: column.codes == i for i, v in enumerate(column.names)}
        kinds[name.removeprefix("group:")] = {**known, "unknown": column.codes < 0}
    kinds["position"] = _thirds(results, rows)
    kinds["words"] = _lengths(results, rows)
    kinds["speakers"] = _speakers(results, rows)
    masks: dict[str, Mask] = {}
    notes = []
    for kind, values in kinds.items():
        there = {v: m for v, m in values.items() if m.any()}
        if len(there) > MOST:
            notes.append(f"slices by {kind}: {len(there)} values, too many to show")
        elif len(there) > 1:
            masks |= {f"{kind}={v}": m for v, m in there.items()}
    return masks, notes


def _thirds(results: Results, rows: Mask) -> dict[str, Mask]:
    """Thirds of the dialogue; the only utterance of one is nowhere in particular."""
    index, length = (results.numbers[n][rows] for n in ("index", "length"))
    with np.errstate(invalid="ignore", divide="ignore"):
        third = np.where(length > 1, np.minimum(np.floor(3 * index / length), 2), np.nan)
    return {name: third == i for i, name in enumerate(_THIRDS)}


def _lengths(results: Results, rows: Mask) -> dict[str, Mask]:
    words = results.numbers["words"][rows]
    lengths = {
        f"{low} or more" if high is None else f"{low} to {high}": (words >= low)
        & (words <= (np.inf if high is None else high))
        for low, high in _WORDS
    }
    return {"none": words == 0, **lengths, "unknown": np.isnan(words)}


def _speakers(results: Results, rows: Mask) -> dict[str, Mask]:
    """How many people speak in the dialogue, as far as its judged utterances show."""
    dialogue, speaker = results.dialogues().codes[rows], results.texts["speaker"].codes[rows]
    pairs = np.unique(np.column_stack([dialogue, speaker])[speaker >= 0], axis=0)
    number = np.bincount(pairs[:, 0], minlength=int(dialogue.max(initial=0)) + 1)[dialogue]
    return {"1": number == 1, "2": number == 2, "3 or more": number > 2, "unknown": number == 0}
