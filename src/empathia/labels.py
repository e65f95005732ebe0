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
EMODB7 = LabelSet(
    "emodb7", ("anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral")
)
KOREAN4 = LabelSet("korean4", ("neutral", "happy", "angry", "sad"))
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
MELD7 = LabelSet("meld7", ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"))
# Welivita, Xie and Pu (2021): 32 emotions, then 8 intents and neutral.
EDOS41 = LabelSet(
    "edos41",
    (
        "afraid", "angry", "annoyed", "anticipating", "anxious", "apprehensive", "ashamed",
        "caring", "confident", "content", "devastated", "disappointed", "disgusted",
        "embarrassed", "excited", "faithful", "furious", "grateful", "guilty", "hopeful",
        "impressed", "jealous", "joyful", "lonely", "nostalgic", "prepared", "proud", "sad",
        "sentimental", "surprised", "terrified", "trusting",
        "acknowledging", "agreeing", "consoling", "encouraging", "questioning", "suggesting",
        "sympathizing", "wishing", "neutral",
    ),
)  # fmt: skip

LABEL_SETS: Mapping[str, LabelSet] = {
    s.name: s
    for s in (
        EKMAN7,
        SHARED4,
        IEMOCAP6,
        RAVDESS8,
        EMODB7,
        KOREAN4,
        GOEMOTIONS28,
        XED9,
        MELD7,
        EDOS41,
    )
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
EMODB_TO_EKMAN = Projection(
    EMODB7,
    EKMAN7,
    {
        "anger": "anger", "boredom": None, "disgust": "disgust", "fear": "fear",
        "happiness": "joy", "sadness": "sadness", "neutral": "neutral",
    },
)  # fmt: skip
KOREAN_TO_EKMAN = Projection(
    KOREAN4, EKMAN7, {"neutral": "neutral", "happy": "joy", "angry": "anger", "sad": "sadness"}
)
XED_TO_EKMAN = Projection(
    XED9,
    EKMAN7,
    {
        "anger": "anger", "anticipation": None, "disgust": "disgust", "fear": "fear",
        "joy": "joy", "sadness": "sadness", "surprise": "surprise", "trust": None,
        "neutral": "neutral",
    },
)  # fmt: skip
MELD_TO_EKMAN = Projection(MELD7, EKMAN7, {x: x for x in MELD7})
# Grouped as GoEmotions groups the like (gratitude, pride, caring under joy; shame and guilt
# under sadness). Dropped is what belongs to several of the seven or to none: mixed feelings
# (nostalgic, sentimental, jealous), Plutchik's anticipation and trust (as in XED), and intents
# that answer another's feeling rather than show an own one. Three intents carry no feeling:
# asking, acknowledging and suggesting are neutral.
EDOS_TO_EKMAN = Projection(
    EDOS41,
    EKMAN7,
    {
        **dict.fromkeys(
            (
                "anticipating", "confident", "faithful", "jealous", "nostalgic", "prepared",
                "sentimental", "trusting", "agreeing", "consoling", "encouraging", "sympathizing",
            ),
            None,
        ),
        **_invert(
            {
                "neutral": ("neutral", "acknowledging", "questioning", "suggesting"),
                "joy": (
                    "joyful", "caring", "content", "excited", "grateful", "hopeful", "impressed",
                    "proud", "wishing",
                ),
                "sadness": (
                    "sad", "ashamed", "devastated", "disappointed", "embarrassed", "guilty",
                    "lonely",
                ),
                "anger": ("angry", "annoyed", "furious"),
                "fear": ("afraid", "anxious", "apprehensive", "terrified"),
                "disgust": ("disgusted",),
                "surprise": ("surprised",),
            }
        ),
    },
)  # fmt: skip

PROJECTIONS: Mapping[tuple[str, str], Projection] = {
    (p.source.name, p.target.name): p
    for p in (
        GOEMOTIONS_TO_EKMAN,
        RAVDESS_TO_EKMAN,
        EMODB_TO_EKMAN,
        KOREAN_TO_EKMAN,
        XED_TO_EKMAN,
        MELD_TO_EKMAN,
        EDOS_TO_EKMAN,
    )
}


def projection(source: LabelSet, target: LabelSet) -> Projection:
    """The known projection between two sets; a set onto itself is the identity.

    Raises:
        LabelError: None is known.
    """
    if source == target:
        return Projection(source, target, {x: x for x in source})
    try:
        return PROJECTIONS[source.name, target.name]
    except KeyError:
        raise LabelError(
            f"no projection from '{source.name}' to '{target.name}' is known",
            "Add one to labels.py or choose another label set",
        ) from None
