"""Label sets in a fixed order, and explicit projections between them.

Labels are always named. Nothing in Empathia reads an emotion by its position
without the :class:`LabelSet` that gives the position its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from empathia.errors import LabelError


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A named, ordered set of emotion labels.

    Args:
        name: How run files and JSON name the set.
        labels: The labels, lower case, each once, in their fixed order.
    """

    name: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.labels:
            raise LabelError(f"label set '{self.name}' is empty", "Give at least one label")
        doubled = sorted({x for x in self.labels if self.labels.count(x) > 1})
        if doubled:
            raise LabelError(
                f"label set '{self.name}' names {', '.join(doubled)} more than once",
                "Name each label once",
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __contains__(self, label: object) -> bool:
        return label in self.labels

    def index(self, label: str) -> int:
        """Position of a label.

        Raises:
            LabelError: The label is not in the set.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise LabelError(
                f"'{label}' is not a label of '{self.name}' ({', '.join(self.labels)})",
                "Use one of these, or name a projection",
            ) from None


EKMAN7 = LabelSet("ekman7", ("neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"))
SHARED4 = LabelSet("shared4", ("neutral", "joy", "anger", "sadness"))
IEMOCAP6 = LabelSet("iemocap6", ("happy", "sad", "neutral", "angry", "excited", "frustrated"))
RAVDESS8 = LabelSet(
    "ravdess8",
    ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
)
GOEMOTIONS28 = LabelSet(
    "goemotions28",
    (
        "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
        "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
        "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
        "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
    ),
)  # fmt: skip
XED9 = LabelSet(
    "xed9",
    (
        "anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust",
        "neutral",
    ),
)  # fmt: skip

LABEL_SETS: Mapping[str, LabelSet] = {
    s.name: s for s in (EKMAN7, SHARED4, IEMOCAP6, RAVDESS8, GOEMOTIONS28, XED9)
}


def label_set(name: str, labels: Sequence[str] | None = None) -> LabelSet:
    """A known set by name, or a new one when its labels are given.

    Raises:
        LabelError: The name is unknown and no labels were given.
    """
    if labels is not None:
        return LabelSet(name, tuple(labels))
    if name not in LABEL_SETS:
        raise LabelError(
            f"unknown label set '{name}' (known: {', '.join(LABEL_SETS)})",
            "Name a known set or list its labels",
        )
    return LABEL_SETS[name]


@dataclass(frozen=True, slots=True)
class Projection:
    """Says for every label of one set which label of another it becomes.

    Args:
        source: The set that labels come from.
        target: The set that they go to.
        table: Source label to target label; None drops the label on purpose.
            Every source label must be named, so that nothing falls through.
    """

    source: LabelSet
    target: LabelSet
    table: Mapping[str, str | None]

    def __post_init__(self) -> None:
        missing = [x for x in self.source if x not in self.table]
        strange = [x for x in self.table if x not in self.source]
        wrong = [x for x in self.table.values() if x is not None and x not in self.target]
        if missing or strange or wrong:
            raise LabelError(
                f"projection {self.source.name} -> {self.target.name}: "
                f"unnamed {missing}, not in the source {strange}, not in the target {wrong}",
                "Name every source label once and map it to a target label or to None",
            )

    def __call__(self, label: str) -> str | None:
        """The target label, or None where the label is dropped."""
        self.source.index(label)
        return self.table[label]


def _invert(target_to_sources: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    return {s: t for t, sources in target_to_sources.items() for s in sources}


# The grouping that Demszky et al. (2020) publish with GoEmotions.
GOEMOTIONS_TO_EKMAN = Projection(
    GOEMOTIONS28,
    EKMAN7,
    _invert(
        {
            "anger": ("anger", "annoyance", "disapproval"),
            "disgust": ("disgust",),
            "fear": ("fear", "nervousness"),
            "joy": (
                "joy", "amusement", "approval", "excitement", "gratitude", "love", "optimism",
                "relief", "pride", "admiration", "desire", "caring",
            ),
            "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
            "surprise": ("surprise", "realization", "confusion", "curiosity"),
            "neutral": ("neutral",),
        }
    ),
)  # fmt: skip
RAVDESS_TO_EKMAN = Projection(
    RAVDESS8,
    EKMAN7,
    {
        "neutral": "neutral", "calm": "neutral", "happy": "joy", "sad": "sadness",
        "angry": "anger", "fearful": "fear", "disgust": "disgust", "surprised": "surprise",
    },
)  # fmt: skip
XED_TO_EKMAN = Projection(
    XED9,
    EKMAN7,
    {
        "anger": "anger", "anticipation": None, "disgust": "disgust", "fear": "fear",
        "joy": "joy", "sadness": "sadness", "surprise": "surprise", "trust": None,
        "neutral": "neutral",
    },
)  # fmt: skip
