"""Marks of an answer that raters of empathy go by: questions, persons, feelings, set phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from empathia.metrics.scores import Array

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_FEELINGS = re.compile(
    r"\b(?:sad\w*|unhapp\w*|happ[iy]\w*|joy\w*|glad|afraid|scar(?:ed|y)|fear\w*|anxi\w+|worr\w+|"
    r"nervous\w*|stress\w*|panic\w*|ang(?:ry|er)\w*|furious|frustrat\w+|annoy\w+|hurt\w*|pain\w*|"
    r"lonel\w+|alone|empt(?:y|iness)|numb\w*|hopeless\w*|helpless\w*|worthless\w*|useless|"
    r"depress\w+|miserabl\w+|tired|exhaust\w+|overwhelm\w+|ashamed|shame|guilt\w*|embarrass\w+|"
    r"disappoint\w+|jealous\w*|lov(?:e|ed|ing)|hat(?:e|ed|ing)|griev\w+|grief|loss|cry\w*|cried|"
    r"proud|excit\w+|hope\w*|relie[fv]\w*|calm\w*|suicid\w+|hard|tough|rough|awful|terribl[ey]|"
    r"horribl[ey]|sucks?)\b"
)
_SIGNS: Mapping[str, str] = {  # what is counted in the answer in lower case, straight apostrophes
    "question marks": r"\?",
    "exclamation marks": r"!",
    "question words": r"\b(?:what|why|how|when|where|who|which)(?:'s|'re|'d)?\b",
    "questions to you": r"\b(?:do|did|are|were|have|has|can|could|would|will|is|was) (?:you|your|"
    r"it|there|this|that|they|he|she|anyone|anything)\b[^.!?\n]*\?",
    "questions with you": r"\byou(?:r|'re|'ve)?\b[^.!?\n]*\?",
    "have you": r"\bhave you\b",
    "offers to talk": r"\b(?:wann?a|want to|need(?: to)?|like to) (?:talk|chat|vent)\b|"
    r"\b(?:p|d)m\b|\bmessage me\b|\bhere (?:for you|if you|to (?:talk|listen))\b|\btalk about it\b",
    "tell me": r"\btell (?:me|us)\b|\bmind (?:if|me|sharing|telling)\b|\bcurious\b|\bwonder\w*\b",
    "sorry": r"\bsorry\b|\bcondolences\b|\bmy heart\b",
    "wishes": r"\bhope (?:you|u|things|it|this|that|everything)\b|\bwish (?:you|i could)\b|"
    r"\bgood luck\b|\bbest (?:of luck|wishes)\b|\bstay (?:strong|safe)\b|\bhang in there\b|"
    r"\btake care\b",
    "warmth": r"\bhugs?\b|\blove (?:you|u|ya)\b|\bcare about you\b|\bproud of (?:you|u)\b|"
    r"\b(?:glad|happy|sad) (?:for|to|that|you)\b|\bcongrat\w*|\bthank(?:s| you)\b|<3|❤|\bbless\b|"
    r"\bfeel for you\b|\bhappy birthday\b|\bwelcome\b|\bhere for you\b",
    "praise": r"\b(?:great|good|awesome|amazing|nice|cool|wonderful|brave|strong|beautiful)\b",
    "guesses": r"\b(?:sounds?|seems?|looks?|feels?) like\b|\bsounds? \w+|\bmust (?:be|feel|have)\b|"
    r"\bi (?:can )?imagine\b|\bprobably\b|\bmaybe\b",
    "understanding": r"\bi (?:\w+ )?(?:understand|know|get|feel|relate|hear|see)\b|\brelate\b|"
    r"\bmakes? sense\b|\bi feel (?:you|ya)\b|\bnot alone\b",
    "likeness": r"\bsame(?: here| way| thing| boat)?\b|\bme too\b|\bbeen there\b|\bsimilar\b|"
    r"\bi(?:'m| am| was|'ve| have|'ve been| used to| had| also| do| did)\b|\bmyself\b",
    "advice": r"\byou (?:should|need|must|can|could|have to)\b|\btry\b|\bjust\b|\bdon't\b",
    "first person": r"\b(?:i|me|my|mine|myself)\b|\bi'",
    "we": r"\b(?:we|us|our|ours)\b|\bwe'",
    "second person": r"\b(?:you|your|yours|yourself|u|ur)\b|\byou'",
    "feelings": _FEELINGS.pattern,
    "links": r"https?://|\bwww\.|\br/\w+",
}
_FIND = [re.compile(pattern) for pattern in _SIGNS.values()]
_RARE_LETTERS = 4  # a shorter word says little about what a text is about
NAMES = (
    *_SIGNS,
    *("words", "words before", "sentences", "feelings before", "feelings of both"),
    *("share of words before", "share of words shared", "ends in a question", "begins with a sign"),
)
"""What :func:`marks` counts, in its order."""


def marks(answer: str, before: str) -> Array:
    """Marks of an answer to what was said before it.

    Args:
        answer: Any text.
        before: What it answers, "" where that is not known.

    Returns:
        (marks,) in the order of :data:`NAMES`: counts as ``log(1 + count)``, shares and truth
        values in [0, 1].
    """
    said, asked = _plain(answer), _plain(before)
    words, earlier = _WORD.findall(said), _WORD.findall(asked)
    about, topic = ({w for w in x if len(w) >= _RARE_LETTERS} for x in (words, earlier))
    felt, felt_before = (set(_FEELINGS.findall(x)) for x in (said, asked))
    counts = [len(sign.findall(said)) for sign in _FIND]
    counts += [len(words), len(earlier), len(_SENTENCE.findall(said))]
    counts += [len(felt_before), len(felt & felt_before)]
    shares = [
        len(about & topic) / max(1, len(about)),
        len(about & topic) / max(1, len(topic)),
        float(said.rstrip().endswith("?")),
        float(said.lstrip()[:1] in {"?", "!", ">", "*", "["}),
    ]
    return np.concatenate([np.log1p(counts), shares])


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")
