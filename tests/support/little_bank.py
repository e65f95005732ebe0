"""A bank of a few made exemplars, of words alone: no weight is needed."""

from __future__ import annotations

from pathlib import Path

from empathia.exemplars import bank
from empathia.exemplars.bank import Bank, Source
from empathia.exemplars.pairs import Pair

PAIRS = (
    Pair("a", "I lost my keys", "Oh no, did you look in the fridge?", "sad", "d1", "made"),
    Pair("b", "My dog died last night", "I am so sorry, what was she like?", "sad", "d2", "made"),
    Pair("c", "We won the cup\nWow\nI shouted all night", "You must be hoarse!", "joyful", "d2"),
    Pair("d", "The keys were in the fridge", "Ha, of all places!", None, "d3", "made"),
)


def build(folder: Path, pairs: tuple[Pair, ...] = PAIRS, **options) -> Bank:
    source = Source.of("made", pairs, licence="CC0-1.0", noncommercial=False)
    bank.build(folder, pairs, [source], **{"encoder": None, **options})
    return bank.load(folder)
