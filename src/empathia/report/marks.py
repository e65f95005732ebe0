"""How an emotion looks: a colour, a letter and a pattern, so that none has to carry it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

from empathia.types import Timeline
from empathia.types.wire import label_sets


class Mark(NamedTuple):
    """The look of one emotion.

    Args:
        letter: One or two characters, unique among the labels shown together.
        light: Colour on a light ground (hex).
        dark: Colour on a dark ground (hex).
        pattern: Name of the pattern that is drawn over the colour.
    """

    letter: str
    light: str
    dark: str
    pattern: str


# Okabe & Ito (2008), "Color universal design"; lighter on dark grounds where contrast asks for it.
_KNOWN: Mapping[str, tuple[str, str, str]] = {
    "neutral": ("#8b929c", "#9aa3ae", "plain"),
    "joy": ("#e69f00", "#f0b323", "dots"),
    "sadness": ("#0072b2", "#3f9bdc", "rows"),
    "anger": ("#d55e00", "#f07c2e", "rising"),
    "fear": ("#cc79a7", "#dd93bc", "falling"),
    "disgust": ("#009e73", "#2fbf93", "grid"),
    "surprise": ("#56b4e9", "#9ad4f7", "columns"),
}
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "joy": ("happy", "happiness", "excited", "excitement"),
    "sadness": ("sad",),
    "anger": ("angry",),
    "fear": ("fearful", "afraid"),
    "disgust": ("disgusted",),
    "surprise": ("surprised",),
}
# Paul Tol's muted scheme: distinct from the above for the common kinds of colour blindness.
_FURTHER = (
    ("#882255", "#c86a98", "rising"),
    ("#44aa99", "#66c7b8", "columns"),
    ("#999933", "#c4c45c", "dots"),
    ("#332288", "#8d7fe0", "falling"),
    ("#aa4499", "#d07cc2", "grid"),
    ("#117733", "#4fb06e", "rows"),
    ("#661100", "#c4705c", "rising"),
    ("#ddcc77", "#e5d898", "plain"),
)


def _letters(label: str) -> Iterator[str]:
    plain = [c for c in label if not c.isspace()] or ["?"]
    yield from (c.upper() for c in plain)
    yield from (plain[0].upper() + c for c in plain[1:])
    yield from (f"{plain[0].upper()}{n}" for n in range(1, 1000))


def marks(labels: Iterable[str], called: Callable[[str], str] = str) -> dict[str, Mark]:
    """A mark for every label; the same labels look the same.

    Known names have fixed colours and choose their letters in a fixed order; a relative
    ("happy") takes its family's colour unless the family's own name is there too; others take
    colours from a second list in turn. Letters are those of what a label is ``called``.
    """
    order = list(dict.fromkeys(labels))
    further = cycle(_FURTHER)
    family = {relative: name for name, group in _FAMILIES.items() for relative in group}
    colours_taken: set[str] = {label for label in order if label in _KNOWN}
    letters = _assigned(order, [*_KNOWN, *family], called)
    assigned: dict[str, Mark] = {}
    for label in order:
        name = family.get(label, label)
        known = label in _KNOWN or (name in _KNOWN and name not in colours_taken)
        colours_taken.add(name)
        light, dark, pattern = _KNOWN[name] if known else next(further)
        assigned[label] = Mark(letters[label], light, dark, pattern)
    return assigned


def _assigned(
    order: Sequence[str], first: Sequence[str], called: Callable[[str], str]
) -> dict[str, str]:
    """A letter for every label; the well-known ones choose before the others."""
    letters: dict[str, str] = {}
    for label in dict.fromkeys([x for x in first if x in order] + [*order]):
        taken = set(letters.values())
        letters[label] = next(x for x in _letters(called(label)) if x not in taken)
    return letters


def timeline_marks(timeline: Timeline, called: Callable[[str], str] = str) -> dict[str, Mark]:
    """Marks for every label in a timeline."""
    return marks((label for labels in label_sets(timeline) for label in labels), called)
