"""Hostile inputs: recordings, transcripts and tables that are written oddly, or damaged.

Each comes from a seed and a number alone, so that any can be made again. Half of them keep their
meaning, and what they mean is known; the other half is damaged, and must be read or refused in
words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from hostile import damage, sound, tables, talk
from hostile.case import KINDS, Case, Place, Truth

__all__ = ["KINDS", "Case", "Place", "Truth", "make", "write"]

_MAKERS = {"recording": sound.kept, "transcript": talk.kept, "table": tables.kept}


def make(seed: int, number: int, kinds: Sequence[str] = KINDS) -> Case:
    """Input ``number`` of a seed; kinds take turns, and so do kept and damaged ones."""
    rng = random.Random(f"{seed}:{number}")
    case = _MAKERS[kinds[number % len(kinds)]](rng)
    case = case._replace(number=number)
    if number // len(kinds) % 2:
        other = _MAKERS[rng.choice(KINDS)](rng)
        return damage.damaged(rng, case, other)
    return case


def write(case: Case, folder: Path) -> Path:
    """Put an input into an empty folder."""
    path = folder / case.name
    if case.place is Place.FILE:
        path.write_bytes(case.content)
    else:
        damage.odd_place(case.place, path)
    return path
