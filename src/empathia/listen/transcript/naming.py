"""What names look like: people's, programs' numbers, and what only stands in brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

TIME = r"(?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d+)?"
"""A time of a recording, or of day, as it stands in lines."""

_LONGEST = 60  # characters of a name
_MOST = 8  # words of a name
_PARTICLES = frozenset(
    (
        *("da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "e", "el"),
        *(
            "et",
            "la",
            "le",
            "los",
            "of",
            "van",
            "von",
            "y",
            "zu",
            "ibn",
            "bin",
            "al",
            "and",
            "und",
            "the",
        ),
    )
)
_FIRST_LAST = re.compile(r"(?<=^\w)[\w.'’-]*, (?=\w+(?: \w\.?)?(?: \(\w+\))?$)")  # "Lee, Ann"
_TIMES = re.compile(r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]|\d:\d|\d\s?s?\s*(?:->|-->|–)|^\d+[.,]\d+\s")
_MACHINE = re.compile(
    r"(?:speaker|spk|spkr|sprecher|locuteur|hablante|화자|발화자|참석자)[\s_\-#.]*(?:\d+|[A-Z]|\?)\??"
    r"|S\d+",
    re.IGNORECASE,
)
_SOUNDS = re.compile(
    r"\b(?:music|laugh|applause|sigh|gasp|cough|cr(?:y|ies)|sob|groan|scream|chuckl|giggl|whisper"
    r"|inaudible|unintelligible|crosstalk|silence|pause|noise|blank|foreign|cheer|clear|sniff|snort"
    r"|door|phone|ring|beep|static|indistinct|speaking|singing|shout|yell|breath|exhal|inhal|grunt"
    r"|moan|mumbl|chant|bark|knock|footstep|clap|hum(?:s|ming)?\b|musik|gelächter|applaus)|음악|웃음",
    re.IGNORECASE,
)


def name_like(name: str) -> bool:
    """Whether something can be a name at all: short, no sentence, no time and no day."""
    if not name or len(name) > _LONGEST or len(name.split()) > _MOST:
        return False
    first = name.removeprefix("@").removeprefix("~").strip()[:1]
    kind = unicodedata.category(first) if first else ""
    if not (kind[:1] in {"L", "N"} or kind == "So") or _TIMES.search(name):
        return False
    return re.search(r"[!;,]|[?](?!$)", _FIRST_LAST.sub("", name)) is None


def has_letters(name: str) -> bool:
    """Whether a name is more than a number."""
    return any(c.isalpha() or unicodedata.category(c) == "So" for c in name)


def plausible(name: str) -> bool:
    """One word, or words that all begin with a capital (or in a script that has none)."""
    parts = name.split()
    if len(parts) == 1:
        return True
    if "," in name:
        return False
    return not any(p[0].islower() and (i == 0 or p not in _PARTICLES) for i, p in enumerate(parts))


def person_like(line: str) -> bool:
    """Whether a whole line may be a person's name: a few capitalised words, no full stop."""
    plain = re.sub(r"(?:\b[A-Z]|[JS]r|Dr|Prof)\.$", "", line)
    few = len(line.split()) <= 4 and not plain.endswith((".", ",", "!", "?", "…", ":"))
    return few and name_like(line) and has_letters(line) and capital(line) and plausible(line)


def handle(name: str) -> bool:
    """Whether a name is one word, as people are called in chats."""
    return re.fullmatch(r"@?[^\W_][\w.'-]*\w|\w", name) is not None and has_letters(name)


def machine(name: str) -> bool:
    """Whether a program numbered its speakers: ``SPEAKER_00``, ``speaker 1``, ``Speaker ?``."""
    return _MACHINE.fullmatch(name) is not None


def sound(name: str) -> bool:
    """Whether brackets hold a sound: ``(SIGHS)``, ``[MUSIC PLAYING]``."""
    return _SOUNDS.search(name) is not None


def capital(name: str) -> bool:
    """Whether a name does not begin with a small letter."""
    return not name[0].islower()


def half_capital(name: str) -> bool:
    """Whether half of the words begin with a capital: a name, or words that may be one."""
    parts = name.split()
    return name[0].isupper() and 2 * sum(p[0].isupper() for p in parts) >= len(parts)


def heads(lines: Sequence[str]) -> bool:
    """Whether lines that stand above words are names: people's, or a few short ones that recur.

    Args:
        lines: The first line of each block.
    """
    short = all(len(x.split()) <= 3 and not x.endswith((".", "!", "?", ",")) for x in lines)
    recur = short and len(lines) > 3 and 2 * len(set(lines)) <= len(lines)
    return recur or all(map(person_like, lines))
