"""Explicit projections between label sets: every source label is named, none falls through.

Here are those between the sets that are known by name (:mod:`empathia.labels.sets`). A corpus
with labels of its own says in its plug-in what they become (``PROJECTIONS``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from empathia.errors import LabelError
from empathia.labels.sets import (
    AIHUB6,
    AIHUB7,
    AIHUB_VOTED7,
    ED32,
    EDOS41,
    EKMAN7,
    EMODB7,
    GOEMOTIONS28,
    IEMOCAP4,
    IEMOCAP5,
    IEMOCAP6,
    IEMOCAP9,
    IEMOCAP10,
    KOREAN4,
    KOTE44,
    MELD7,
    MOSI2,
    RAVDESS8,
    SENTIMENT3,
    SHARED4,
    XED9,
    LabelSet,
)


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
                "joy",
                "amusement",
                "approval",
                "excitement",
                "gratitude",
                "love",
                "optimism",
                "relief",
                "pride",
                "admiration",
                "desire",
                "caring",
            ),
            "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
            "surprise": ("surprise", "realization", "confusion", "curiosity"),
            "neutral": ("neutral",),
        }
    ),
)
RAVDESS_TO_EKMAN = Projection(
    RAVDESS8,
    EKMAN7,
    {
        "neutral": "neutral",
        "calm": "neutral",
        "happy": "joy",
        "sad": "sadness",
        "angry": "anger",
        "fearful": "fear",
        "disgust": "disgust",
        "surprised": "surprise",
    },
)
EMODB_TO_EKMAN = Projection(
    EMODB7,
    EKMAN7,
    {
        "anger": "anger",
        "boredom": None,
        "disgust": "disgust",
        "fear": "fear",
        "happiness": "joy",
        "sadness": "sadness",
        "neutral": "neutral",
    },
)
KOREAN_TO_EKMAN = Projection(
    KOREAN4, EKMAN7, {"neutral": "neutral", "happy": "joy", "angry": "anger", "sad": "sadness"}
)
XED_TO_EKMAN = Projection(
    XED9,
    EKMAN7,
    {
        "anger": "anger",
        "anticipation": None,
        "disgust": "disgust",
        "fear": "fear",
        "joy": "joy",
        "sadness": "sadness",
        "surprise": "surprise",
        "trust": None,
        "neutral": "neutral",
    },
)
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
                "anticipating",
                "confident",
                "faithful",
                "jealous",
                "nostalgic",
                "prepared",
                "sentimental",
                "trusting",
                "agreeing",
                "consoling",
                "encouraging",
                "sympathizing",
            ),
            None,
        ),
        **_invert(
            {
                "neutral": ("neutral", "acknowledging", "questioning", "suggesting"),
                "joy": (
                    "joyful",
                    "caring",
                    "content",
                    "excited",
                    "grateful",
                    "hopeful",
                    "impressed",
                    "proud",
                    "wishing",
                ),
                "sadness": (
                    "sad",
                    "ashamed",
                    "devastated",
                    "disappointed",
                    "embarrassed",
                    "guilty",
                    "lonely",
                ),
                "anger": ("angry", "annoyed", "furious"),
                "fear": ("afraid", "anxious", "apprehensive", "terrified"),
                "disgust": ("disgusted",),
                "surprise": ("surprised",),
            }
        ),
    },
)

ED_TO_EKMAN = Projection(ED32, EKMAN7, {x: EDOS_TO_EKMAN.table[x] for x in ED32})
# The same rules as for EDOS, by the meaning of the Korean words: admiration, gratitude, pride,
# affection, comfort and relief under joy; disappointment, shame, guilt, despair, weariness and
# pity under sadness; complaint, irritation, contempt and hatred under anger; interest,
# realisation, bewilderment and shock under surprise. Dropped: conceit, resolve, distrust,
# reluctance and boredom, which belong to none of the seven.
KOTE_TO_EKMAN = Projection(
    KOTE44,
    EKMAN7,
    {
        **dict.fromkeys(("우쭐댐/무시함", "비장함", "의심/불신", "부담/안_내킴", "재미없음"), None),
        **_invert(
            {
                "neutral": ("없음",),
                "joy": (
                    "환영/호의",
                    "감동/감탄",
                    "고마움",
                    "존경",
                    "기대감",
                    "뿌듯함",
                    "편안/쾌적",
                    "아껴주는",
                    "즐거움/신남",
                    "흐뭇함(귀여움/예쁨)",
                    "행복",
                    "기쁨",
                    "안심/신뢰",
                ),
                "sadness": (
                    "슬픔",
                    "안타까움/실망",
                    "부끄러움",
                    "절망",
                    "패배/자기혐오",
                    "힘듦/지침",
                    "죄책감",
                    "서러움",
                    "불쌍함/연민",
                ),
                "anger": (
                    "불평/불만",
                    "지긋지긋",
                    "화남/분노",
                    "한심함",
                    "짜증",
                    "어이없음",
                    "귀찮음",
                    "증오/혐오",
                ),
                "fear": ("공포/무서움", "불안/걱정"),
                "disgust": ("역겨움/징그러움",),
                "surprise": ("신기함/관심", "깨달음", "당황/난처", "경악", "놀람"),
            }
        ),
    },
)
# Of AI Hub's families, hurt (betrayed, abandoned, isolated) is grouped under sadness; the family
# 당황 holds shame, guilt, disgust and confusion together and is dropped.
_AIHUB = {
    "분노": "anger",
    "슬픔": "sadness",
    "불안": "fear",
    "상처": "sadness",
    "당황": None,
    "기쁨": "joy",
}
AIHUB_TO_EKMAN = Projection(AIHUB6, EKMAN7, _AIHUB)
AIHUB7_TO_EKMAN = Projection(AIHUB7, EKMAN7, {**_AIHUB, "중립": "neutral"})
AIHUB_VOTED_TO_EKMAN = Projection(
    AIHUB_VOTED7,
    EKMAN7,
    {
        "happiness": "joy",
        "angry": "anger",
        "sadness": "sadness",
        "fear": "fear",
        "disgust": "disgust",
        "surprise": "surprise",
        "neutral": "neutral",
    },
)
# Frustrated counts as anger, as GoEmotions' annoyance does.
IEMOCAP_TO_EKMAN = Projection(
    IEMOCAP10,
    EKMAN7,
    {
        "neutral": "neutral",
        "happy": "joy",
        "sad": "sadness",
        "angry": "anger",
        "surprised": "surprise",
        "fearful": "fear",
        "disgusted": "disgust",
        "frustrated": "anger",
        "excited": "joy",
        "other": None,
    },
)


def _part(source: LabelSet, whole: Projection) -> Projection:
    """A projection for a set whose labels are all in a larger one."""
    return Projection(source, whole.target, {x: whole.table[x] for x in source})


def _kept(source: LabelSet, target: LabelSet, merged: Mapping[str, str]) -> Projection:
    """Labels that both sets have stay, some are merged, the others are dropped."""
    return Projection(
        source,
        target,
        {x: merged.get(x, x if x in target else None) for x in source},
    )


def _to_shared(whole: Projection) -> Projection:
    """To the four that all speech corpora share, by way of the seven.

    IEMOCAP's frustrated is no part of the four: its anger there is anger alone.
    """
    table = {x: None if x == "frustrated" else y for x, y in whole.table.items()}
    return Projection(
        whole.source, SHARED4, {x: y if y in SHARED4.labels else None for x, y in table.items()}
    )


_EXCITED = {"excited": "happy"}
_IEMOCAP = (
    IEMOCAP_TO_EKMAN,
    *(_part(s, IEMOCAP_TO_EKMAN) for s in (IEMOCAP9, IEMOCAP6, IEMOCAP5, IEMOCAP4)),
    *(_kept(IEMOCAP10, t, {}) for t in (IEMOCAP9, IEMOCAP6)),
    _kept(IEMOCAP9, IEMOCAP6, {}),
    *(_kept(s, t, _EXCITED) for s in (IEMOCAP10, IEMOCAP9, IEMOCAP6) for t in (IEMOCAP5, IEMOCAP4)),
    _kept(IEMOCAP5, IEMOCAP4, {}),
)
_SPEECH = (RAVDESS_TO_EKMAN, EMODB_TO_EKMAN, KOREAN_TO_EKMAN, MELD_TO_EKMAN, AIHUB7_TO_EKMAN)

PROJECTIONS: Mapping[tuple[str, str], Projection] = {
    (p.source.name, p.target.name): p
    for p in (
        GOEMOTIONS_TO_EKMAN,
        XED_TO_EKMAN,
        EDOS_TO_EKMAN,
        ED_TO_EKMAN,
        KOTE_TO_EKMAN,
        AIHUB_TO_EKMAN,
        AIHUB_VOTED_TO_EKMAN,
        *_SPEECH,
        *_IEMOCAP,
        *(_to_shared(p) for p in (*_SPEECH, AIHUB_VOTED_TO_EKMAN)),
        *(_to_shared(p) for p in _IEMOCAP if p.target == EKMAN7),
        _kept(SENTIMENT3, MOSI2, {}),
    )
}


def projection(
    source: LabelSet, target: LabelSet, brought: Iterable[Projection] = ()
) -> Projection:
    """The known projection between two sets; a set onto itself is the identity.

    Args:
        source: Where labels come from.
        target: Where they go to.
        brought: Projections that come with a corpus (``PROJECTIONS`` of its plug-in); they go
            before the known ones.

    Raises:
        LabelError: None is known.
    """
    if source == target:
        return Projection(source, target, {x: x for x in source})
    ways = {(p.source.name, p.target.name): p for p in brought}
    names = (source.name, target.name)
    if names not in ways and names not in PROJECTIONS:
        raise LabelError(
            f"no projection from '{source.name}' to '{target.name}' is known",
            "Choose another set, list one in [labels] of the run file, or let the corpus's plug-in "
            "define PROJECTIONS",
        )
    return ways.get(names) or PROJECTIONS[names]
