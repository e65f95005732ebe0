"""How people and programs write down who speaks: the one place that knows it.

``Ann: words``, ``[Ann]: words``, ``(ANN) words``, ``<Ann> words``, ``**Ann:** words``,
``@ann: words``, ``Ann (0:03): words``, ``>> ANN: words``, ``Speaker 1?: words``. Whether a word
in brackets or before a colon is a name is told from all lines of a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from empathia.listen.transcript.rows import SPEAKER, clean_name, undirected
from empathia.tables import at_lines

TIME = r"(?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d+)?"
"""A time of day or of a recording, as it stands in lines."""

_LONGEST = 60  # characters of a name
_MOST = 8  # words of a name
_SHARE = 0.5  # of the lines that must begin with brackets for these to hold names
_COLUMN = 0.8  # of the lines in which a tab or dash must part names from words
_PARTICLES = frozenset(
    {
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "et",
        "la",
        "le",
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
    }
)
_GAP = r"\s{0,40}"  # parts have bounds: two without take the square of a line's length
_COLON = re.compile(
    rf"([^:：\t\"<>\[\]()]{{1,99}}?(?:{_GAP}\([^():]*\))?){_GAP}(?:[\[(]({TIME})[\])])?{_GAP}([:：])(.*)",
    re.DOTALL,
)
_BRACKET = re.compile(r"[\[(]([^\[\]()\n]+)[\])]\s*([:：]?)\s*(.*)", re.DOTALL)
_ANGLE = re.compile(r"<([^<>\n]+)>\s*[:：]?\s+(.*)", re.DOTALL)
_BOLD = re.compile(r"(\*{1,3}|_{1,3})((?:(?!\1)[^:：\n])+)(?:[:：]\1|\1\s*[:：])\s*(.*)", re.DOTALL)
_MARKS = re.compile(r"\s*(>>+|[-–—•*]\s)?\s*")
_APART = re.compile(r"([^\t:：]{1,99}?)(?:\t+|\s+[-–—|]\s+)(.*)", re.DOTALL)
_FIRST_LAST = re.compile(r"(?<=^\w)[\w.'’-]*, (?=\w+(?: \w\.?)?$)")  # "Lee, Ann"
_MACHINE = re.compile(
    r"(?:speaker|spk|spkr|sprecher|locuteur|hablante|화자|발화자|참석자)[\s_\-#.]*(?:\d+|[A-Z])\??|S\d+",
    re.IGNORECASE,
)
_SOUNDS = re.compile(
    r"music|laugh|laughter|applause|sigh|gasp|cough|cr(?:y|ies)|sob|groan|scream|chuckl|giggl|whisper"
    r"|inaudible|unintelligible|crosstalk|silence|pause|noise|blank|foreign|cheer|clear|sniff|snort"
    r"|door|phone|ring|beep|static|indistinct|speaking|singing|shout|yell|breath|exhal|inhal|grunt"
    r"|moan|mumbl|chant|bark|knock|footstep|clap|humm?(?:s|ing)?\b|musik|gelächter|applaus|음악|웃음",
    re.IGNORECASE,
)


class Said(NamedTuple):
    """One line: who says it, the words, and whether it marks that somebody else speaks now."""

    name: str | None
    words: str
    change: bool = False
    time: str | None = None


class _Candidate(NamedTuple):
    name: str
    words: str
    kind: str  # "colon", "bracket", "sure"
    spaced: bool = True
    time: str | None = None


class Names:
    """Tells names from words that hold colons and brackets, from all lines of a file.

    A single word or capitalised words before a colon and a blank are a name; anything else ("I
    told him: go") only where it comes back on another line. Brackets without a colon hold names
    where half of the lines begin so, or where a program numbered its speakers.

    Args:
        lines: Lines without times.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        lines = list(lines)
        split = [_candidate(_marked(line)[1]) for line in lines if line.strip()]
        known = [c for c in split if c is not None]
        self._counts = Counter(c.name for c in known)
        bracketed = [c for c in known if c.kind == "bracket" and c.words and not _sound(c.name)]
        self._brackets = bool(bracketed) and len(bracketed) >= _SHARE * len(split)
        self._apart = False if known else _in_columns(lines)

    def split(self, line: str) -> Said:
        """The name, or None, and the words of one line."""
        change, plain = _marked(line)
        candidate = _candidate(plain)
        if self._apart and (apart := _APART.fullmatch(plain)) is not None:
            return Said(clean_name(apart[1]), apart[2].strip(), change)
        if candidate is not None and self._is_name(candidate):
            name = candidate.name.removeprefix("@").removesuffix("?").strip()
            return Said(clean_name(name), candidate.words, change, candidate.time)
        return Said(None, plain if change else undirected(line).strip(), change)

    def doubted(self, line: str) -> bool:
        """Whether a line that was taken for words may begin with a name."""
        c = _candidate(_marked(line)[1])
        return c is not None and c.kind == "colon" and not self._is_name(c) and _likely(c)

    def _is_name(self, c: _Candidate) -> bool:
        if c.kind == "sure" or _MACHINE.fullmatch(c.name):
            return True
        if c.kind == "bracket":
            again = self._counts[c.name] > 1 or _capital(c.name)
            return self._brackets and bool(c.words) and not _sound(c.name) and again
        if c.spaced and _plausible(c.name):
            return True
        return self._counts[c.name] > 1 and not c.words.startswith(("/", "\\"))


def _in_columns(lines: Sequence[str]) -> bool:
    """Whether a tab, or a dash behind a few recurring names, parts who from what in most lines."""
    full = [plain for line in lines if (plain := undirected(line).strip())]
    parts = [m for line in full if (m := _APART.fullmatch(line)) is not None]
    names = {m[1].strip() for m in parts}
    few = 2 * len(names) <= len(full) + 1 and len(names) < len(full)
    tabs = len(full) > 1 and all(line.count("\t") == 1 for line in full)
    most = bool(parts) and len(parts) >= _COLUMN * len(full)
    return most and (few or tabs) and all(person_like(n) or handle(n) for n in names)


def _marked(line: str) -> tuple[bool, str]:
    """Whether a line begins with a mark of another speaker, and the line without it."""
    plain = undirected(line).strip()
    mark = _MARKS.match(plain)
    if mark is None or mark[1] is None:
        return False, plain
    return mark[1].startswith(">>"), plain[mark.end() :]


def _candidate(line: str) -> _Candidate | None:
    for pattern, group in ((_BOLD, 2), (_ANGLE, 1)):
        sure = pattern.match(line)
        if sure is not None and _name_like(sure[group].strip()):
            return _Candidate(sure[group].strip(), sure[group + 1].strip(), "sure")
    bracket = _BRACKET.match(line)
    if bracket is not None and _name_like(bracket[1].strip()):
        name, words = bracket[1].strip(), bracket[3].strip()
        return _Candidate(name, words, "sure" if bracket[2] else "bracket")
    colon = _COLON.match(line)
    if colon is None or not _name_like(colon[1].strip()):
        return None
    words = colon[4]
    spaced = colon[3] != ":" or not words.strip() or words[0].isspace()
    return _Candidate(colon[1].strip(), words.strip(), "colon", spaced, colon[2])


def _name_like(name: str) -> bool:
    """Whether something can be a name at all."""
    if not name or len(name) > _LONGEST or len(name.split()) > _MOST:
        return False
    first = name.removeprefix("@")[:1]
    kind = unicodedata.category(first) if first else ""
    stops = re.search(r"[!;,]|[?](?!$)", _FIRST_LAST.sub("", name))
    return (kind[:1] in {"L", "N"} or kind == "So") and stops is None


def _plausible(name: str) -> bool:
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
    few = len(line.split()) <= 4 and not plain.endswith((".", ",", "!", "?", "…"))
    return few and _name_like(line) and _capital(line) and _plausible(line)


def handle(name: str) -> bool:
    """Whether a name is one word, as people are called in chats."""
    return re.fullmatch(r"@?[^\W_][\w.'-]*\w|\w", name) is not None


def heads(lines: Sequence[str]) -> bool:
    """Whether lines that stand above words are names: people's, or a few short ones that recur.

    Args:
        lines: The first line of each block.
    """
    short = all(len(x.split()) <= 3 and not x.endswith((".", "!", "?", ",")) for x in lines)
    recur = short and len(lines) > 3 and 2 * len(set(lines)) <= len(lines)
    return recur or all(map(person_like, lines))


def _likely(candidate: _Candidate) -> bool:
    """Whether what was taken for words may have been a name: half of it in capitals."""
    parts = candidate.name.split()
    capitals = sum(p[0].isupper() for p in parts)
    sure = candidate.spaced and bool(candidate.words) and candidate.name[0].isupper()
    return sure and 2 * capitals >= len(parts)


def _capital(name: str) -> bool:
    return not name[0].islower()


def _sound(name: str) -> bool:
    """Whether brackets hold a sound: ``(SIGHS)``, ``[MUSIC PLAYING]``."""
    return _SOUNDS.search(name) is not None


def somebody_else(last: str | None, known: Sequence[str]) -> str:
    """Who speaks after ``last`` where a file only says that it is another one.

    Args:
        last: Who spoke before.
        known: All names in the file.
    """
    others = [name for name in known if name != last]
    return others[0] if last is not None and len(known) == 2 and len(others) == 1 else SPEAKER


def doubtful(lines: Sequence[int]) -> str:
    """The note on lines that may begin with a name and were read as words."""
    return f"what stands before a colon was taken for words, not for a name ({at_lines(lines)})"
