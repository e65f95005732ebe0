"""The known label sets, each in its fixed order.

Labels keep the names that a corpus's authors gave them, in their language.
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
# Busso et al. (2008): all that a rater could choose. The smaller sets are those of the literature:
# 9 leaves "other" out; 5 and 4 count excited as happy, 4 drops frustrated too.
IEMOCAP10 = LabelSet(
    "iemocap10",
    (
        "neutral",
        "happy",
        "sad",
        "angry",
        "surprised",
        "fearful",
        "disgusted",
        "frustrated",
        "excited",
        "other",
    ),
)
IEMOCAP9 = LabelSet("iemocap9", IEMOCAP10.labels[:-1])
IEMOCAP6 = LabelSet("iemocap6", ("happy", "sad", "neutral", "angry", "excited", "frustrated"))
IEMOCAP5 = LabelSet("iemocap5", ("neutral", "happy", "sad", "angry", "frustrated"))
IEMOCAP4 = LabelSet("iemocap4", ("neutral", "happy", "sad", "angry"))
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
        "admiration",
        "amusement",
        "anger",
        "annoyance",
        "approval",
        "caring",
        "confusion",
        "curiosity",
        "desire",
        "disappointment",
        "disapproval",
        "disgust",
        "embarrassment",
        "excitement",
        "fear",
        "gratitude",
        "grief",
        "joy",
        "love",
        "nervousness",
        "optimism",
        "pride",
        "realization",
        "relief",
        "remorse",
        "sadness",
        "surprise",
        "neutral",
    ),
)
XED9 = LabelSet(
    "xed9",
    (
        "anger",
        "anticipation",
        "disgust",
        "fear",
        "joy",
        "sadness",
        "surprise",
        "trust",
        "neutral",
    ),
)
MELD7 = LabelSet("meld7", ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"))
# Welivita, Xie and Pu (2021): 32 emotions, then 8 intents and neutral.
EDOS41 = LabelSet(
    "edos41",
    (
        "afraid",
        "angry",
        "annoyed",
        "anticipating",
        "anxious",
        "apprehensive",
        "ashamed",
        "caring",
        "confident",
        "content",
        "devastated",
        "disappointed",
        "disgusted",
        "embarrassed",
        "excited",
        "faithful",
        "furious",
        "grateful",
        "guilty",
        "hopeful",
        "impressed",
        "jealous",
        "joyful",
        "lonely",
        "nostalgic",
        "prepared",
        "proud",
        "sad",
        "sentimental",
        "surprised",
        "terrified",
        "trusting",
        "acknowledging",
        "agreeing",
        "consoling",
        "encouraging",
        "questioning",
        "suggesting",
        "sympathizing",
        "wishing",
        "neutral",
    ),
)
# Rashkin et al. (2019): the same emotions, without EDOS's intents.
ED32 = LabelSet("ed32", EDOS41.labels[:32])
# Jeon et al. (2022), in the order of the release's numbers.
KOTE44 = LabelSet(
    "kote44",
    (
        "불평/불만",
        "환영/호의",
        "감동/감탄",
        "지긋지긋",
        "고마움",
        "슬픔",
        "화남/분노",
        "존경",
        "기대감",
        "우쭐댐/무시함",
        "안타까움/실망",
        "비장함",
        "의심/불신",
        "뿌듯함",
        "편안/쾌적",
        "신기함/관심",
        "아껴주는",
        "부끄러움",
        "공포/무서움",
        "절망",
        "한심함",
        "역겨움/징그러움",
        "짜증",
        "어이없음",
        "없음",
        "패배/자기혐오",
        "귀찮음",
        "힘듦/지침",
        "즐거움/신남",
        "깨달음",
        "죄책감",
        "증오/혐오",
        "흐뭇함(귀여움/예쁨)",
        "당황/난처",
        "경악",
        "부담/안_내킴",
        "서러움",
        "재미없음",
        "불쌍함/연민",
        "놀람",
        "행복",
        "불안/걱정",
        "기쁨",
        "안심/신뢰",
    ),
)
# AI Hub's empathic dialogues (anger, sadness, anxiety, hurt, embarrassment, joy), in the order
# of its codes E10 to E69; its emotional speech, in the order of its folders, with neutral; and
# its dialogue speech, which raters labelled in English.
AIHUB6 = LabelSet("aihub6", ("분노", "슬픔", "불안", "상처", "당황", "기쁨"))
AIHUB7 = LabelSet("aihub7", ("기쁨", "슬픔", "분노", "불안", "상처", "당황", "중립"))
AIHUB_VOTED7 = LabelSet(
    "aihubvoted7", ("happiness", "angry", "sadness", "fear", "disgust", "surprise", "neutral")
)
SENTIMENT3 = LabelSet("sentiment3", ("neutral", "positive", "negative"))
MOSI2 = LabelSet("mosi2", ("negative", "positive"))

# Sharma et al. (2020): three ways of being empathic, each not at all (0), weakly (1), strongly (2).
EPITOME9 = LabelSet(
    "epitome9",
    tuple(
        f"{way}={level}"
        for way in ("emotional_reactions", "interpretations", "explorations")
        for level in (0, 1, 2)
    ),
)

LABEL_SETS: Mapping[str, LabelSet] = {
    s.name: s
    for s in (
        EKMAN7,
        SHARED4,
        IEMOCAP10,
        IEMOCAP9,
        IEMOCAP6,
        IEMOCAP5,
        IEMOCAP4,
        RAVDESS8,
        EMODB7,
        KOREAN4,
        GOEMOTIONS28,
        XED9,
        MELD7,
        EDOS41,
        EPITOME9,
        ED32,
        KOTE44,
        AIHUB6,
        AIHUB7,
        AIHUB_VOTED7,
        SENTIMENT3,
        MOSI2,
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
