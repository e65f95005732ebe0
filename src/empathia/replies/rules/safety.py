"""Whether words suggest harm, abuse or a medical emergency: by phrases, in English and Korean.

The phrases stand in ``hints.en.toml`` and ``hints.ko.toml``. They are meant to be cautious: a
figure of speech too many gets a careful answer, which does no harm. This is no detector of risk and
no diagnosis: it misses whatever is said otherwise, about one in six (docs/responsible-use.md).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, get_args

from empathia.replies.rules.phrases import Phrases, expression
from empathia.types import Turn

Kind = Literal["self-harm", "harm-to-others", "abuse", "emergency"]
Language = Literal["en", "ko"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LANGUAGES: tuple[Language, ...] = get_args(Language)

# How many turns words go on counting for after their own. Who hints at self-harm is not out of it
# a minute later. Harm to others and abuse are talked about at length: the same answer ten times
# would shut up the one who dared to tell, so two exchanges. To an emergency belong a question and
# its answer ("Is he breathing?", "No."); after that it is over, or is told again.
LASTS: Mapping[Kind, int] = {"self-harm": 10, "harm-to-others": 4, "abuse": 4, "emergency": 2}

_LETTERS: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile("[a-z]", re.IGNORECASE),
    "ko": re.compile("[가-힣ㄱ-ㆎᄀ-ᇿ]"),
}
_HANGUL_WORD = re.compile(rf"\S*{_LETTERS['ko'].pattern}\S*")
_BORROWED = 3  # English words that somebody who writes Korean may use
_PIECE, _STEP = 80, 60  # words that are read together, so that a long speech is no one sentence
# As people type. What is left of "'s" is a possessive, too, which no phrase minds.
_SPELT = {
    r"can(?:'?t|not)": "can not",
    r"won'?t": "will not",
    r"(do|does|did|is|was|are|were|would|should|could|have|has|had)(?:n't|nt)": r"\1 not",
    r"ain'?t": "is not",
    r"(\w+)n't": r"\1 not",
    r"i'?m": "i am",
    r"(i|you|we|they)'?ve": r"\1 have",
    r"(\w+)'re": r"\1 are",
    r"(\w+)'ll": r"\1 will",
    r"(\w+)'d": r"\1 would",
    r"(he|she|it|that|what|there)s": r"\1 is",
    r"(\w+)'s": r"\1 is",
    r"wan+a": "want to",
    r"g[ou]n+a": "going to",
    r"gotta": "got to",
    r"tryna": "trying to",
    r"any ?more?|anymoer": "anymore",
    r"till?": "until",
    r"cuz|coz|cause": "because",
    r"id (?=like|rather|be|never|kill|do|want)": "i would ",
    r"ill (?=kill|hurt|do|be|never|end|make|find|get|just)": "i will ",
    r"u": "you",
    r"ur": "your",
    r"n": "and",
    r"abt": "about",
    r"ppl": "people",
    r"nite|nights": "night",
    r"chocked": "choked",
}
_WHOLE = {re.compile(rf"\b(?:{written})\b"): meant for written, meant in _SPELT.items()}


@dataclass(frozen=True, slots=True)
class _Of:
    always: Phrases
    mostly: Phrases
    elsewhere: Phrases  # beside what is told and not lived, "mostly" does not count


@dataclass(frozen=True, slots=True)
class _Hints:
    fillers: re.Pattern[str]
    idioms: Phrases
    kinds: Mapping[Kind, _Of]


def concern(turns: Sequence[Turn]) -> Kind | None:
    """What the last turn must be answered with care for: the latest words decide, anybody's.

    But not those of a reply, where it stands in the talk as a turn: the careful texts name what
    they are for, and would call for themselves without end.
    """
    oldest = max(LASTS.values())
    replies = {t.reply.text for t in turns[-2 - oldest :] if t.reply is not None}
    said = [t.utterance.text or "" for t in reversed(turns[-1 - oldest :])]
    kinds = ((age, None if x in replies else kind_of(x)) for age, x in enumerate(said))
    return next((kind for age, kind in kinds if kind is not None and age <= LASTS[kind]), None)


@lru_cache(maxsize=64)  # a turn is looked at again for each of the ten that follow
def kind_of(text: str) -> Kind | None:
    """The kind that words suggest: the surest, of those the first of :data:`KINDS`, or None."""
    plain = unicodedata.normalize("NFC", text).lower()
    found = [
        (not surely, KINDS.index(kind), kind)
        for language, letters in _LETTERS.items()
        if letters.search(plain)
        for piece in _pieces(_plain(plain, language))
        for surely, kind in _found(piece, _hints(language))
    ]
    return min(found)[2] if found else None


def language_of(turns: Sequence[Turn]) -> Language:
    """The language in which to answer: that of the last turn that has one; English without any.

    A word with any Hangul is Korean ("meeting에서"). Two or three English words of somebody who
    writes Korean ("OK", "oh my god") have no language: they are used in Korean, too.
    """
    borrowed = 0
    if any(_words(t)["ko"] for t in turns if t.utterance.speaker == turns[-1].utterance.speaker):
        borrowed = _BORROWED
    for turn in reversed(turns):
        count = _words(turn)
        if count["ko"] or count["en"] > borrowed:
            return "ko" if count["ko"] >= count["en"] else "en"
        if not any(count.values()) and turn.utterance.language in LANGUAGES:
            return turn.utterance.language
    return "ko" if borrowed else "en"


def _words(turn: Turn) -> Mapping[Language, int]:
    """How many words of a turn are Korean, and how many English."""
    each = [w for w in (turn.utterance.text or "").split() if _LETTERS["en"].search(w)]
    korean = _HANGUL_WORD.findall(turn.utterance.text or "")
    return {"ko": len(korean), "en": sum(not _LETTERS["ko"].search(w) for w in each)}


def _found(words: str, hints: _Hints) -> list[tuple[bool, Kind]]:
    """Kinds that plain words suggest, each with whether that holds wherever they stand."""
    words = hints.idioms.sub(" . ", words)
    found: list[tuple[bool, Kind]] = []
    for kind, phrases in hints.kinds.items():
        if phrases.always.search(words):
            found.append((True, kind))
        elif phrases.mostly.search(words) and not phrases.elsewhere.search(words):
            found.append((False, kind))
    return found


def _plain(text: str, language: Language) -> str:
    """Words as the phrases expect them: spelt out, without fillers, with the ends of sentences."""
    words = re.sub(r"[^\w.!?'\s]+", " ", text.replace("’", "'").replace("‘", "'"))
    if language == "en":
        for written, meant in _WHOLE.items():
            words = written.sub(meant, words)
    return " ".join(_hints(language).fillers.sub(" ", words).split())


def _pieces(words: str) -> list[str]:
    each = words.split()
    starts = range(0, max(1, len(each) - _PIECE + _STEP), _STEP)
    return [" ".join(each[i : i + _PIECE]) for i in starts]


@cache
def _hints(language: Language) -> _Hints:
    """The phrases of a language, out of the table beside this module."""
    table = tomllib.loads(Path(__file__).with_name(f"hints.{language}.toml").read_text("utf-8"))

    def phrases(lines: str) -> Phrases:
        for _ in range(2):  # groups of words may hold groups
            for name, words in table["words"].items():
                lines = lines.replace(f"<{name}>", words)
        return Phrases([expression(line, language) for line in lines.splitlines() if line])

    kinds = {
        kind: _Of(*(phrases(table[kind].get(part, "")) for part in _Of.__slots__)) for kind in KINDS
    }
    fillers = re.compile(rf"(?<!\w)(?:{table['fillers']})(?!\w)")
    return _Hints(fillers, phrases(table["idioms"]), kinds)
