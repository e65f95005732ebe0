"""How people and programs write down who speaks: the one place that knows it.

``Ann: words``, ``[Ann]: words``, ``(ANN) words``, ``<Ann> words``, ``**Ann:** words``,
``@ann: words``, ``Ann (0:03): words``, ``Ann [0:03] words``, ``>> ANN: words``, ``Q. words``,
``Speaker 1?: words``. Whether a word in brackets or before a colon is a name is told from all
lines of a file; what a name can look like is in :mod:`naming`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from empathia.listen.transcript import naming
from empathia.listen.transcript.naming import TIME
from empathia.listen.transcript.rows import SPEAKER, clean_name, undirected
from empathia.tables import at_lines

_SHARE = 0.5  # of the lines that must be written so where a notation is no proof of itself
_COLUMN = 0.8  # of the lines in which a tab or dash must part names from words
_SPARSE = 0.34  # of the lines of subtitles with a colon, below which it is mostly no name's
_IN_NAME = r"[^:：\t\"<>\[\]()]"
_SPAN = rf"({TIME})s?(?:\s*(?:-->|->|[-–])\s*{TIME}s?)?"
_COLON = re.compile(
    rf"({_IN_NAME}{{1,80}}(?:\([^():]{{1,40}}\))?)\s{{0,20}}"
    rf"(?:[\[(]{_SPAN}[\])]|\[[^\[\]:\d][^\[\]:]{{0,40}}\])?\s{{0,20}}([:：])(?!\d\d)"
)
_TIMED = re.compile(rf"((?!\d){_IN_NAME}{{1,60}}?)\s({TIME})\s?([:：])(?=\s)")
_STAMPED = re.compile(rf"((?!\d){_IN_NAME}{{1,60}}?)\s?[\[(]{_SPAN}[\])]\s+(?=\S)")
_BRACKET = re.compile(r"[\[(]([^\[\]()\n]{1,80})[\])]\s{0,20}([:：]?)")
_ANGLE = re.compile(r"<([^<>\n]{1,80})>\s{0,20}[:：]?\s+")
_BOLD = re.compile(r"(\*{1,3}|_{1,3})((?:(?!\1)[^:：\n]){1,80})(?:[:：]\1|\1\s{0,20}[:：])")
_QUESTION = re.compile(r"([QA])(?:\.\s|\s{2,}|\t)\s*(?=\S)")
_QUOTED = re.compile(r"([^\s「」『』:：]{1,20})[「『](.+)[」』]")
_MARKS = re.compile(r"\s*(>>+|[-–—•*]\s)?\s*")
_APART = re.compile(r"([^\t:：]{1,99}?)(?:\t+|\s[-–—|]\s+)(.*)", re.DOTALL)
_AFTER = re.compile(rf"[\[(]{_SPAN}[\])]\s+")


class Said(NamedTuple):
    """One line: who says it, the words, and whether it marks that somebody else speaks now."""

    name: str | None
    words: str
    change: bool = False
    time: str | None = None


class _Candidate(NamedTuple):
    name: str
    words: str
    kind: str  # "sure", "colon", or a notation that counts where many lines are written so
    spaced: bool = True
    time: str | None = None


class Names:
    """Tells names from words that hold colons and brackets, from all lines of a file.

    A single word or capitalised words before a colon and a blank are a name; anything else ("I
    told him: go") only where it comes back on another line. Brackets without a colon hold names
    where half of the lines begin so, where a program numbered its speakers, or where the name
    stands before a colon elsewhere.

    Args:
        lines: Lines without times.
        captions: Whether they are those of subtitles, in which names are the exception: where few
            lines have a colon, a name that is there once counts only in capitals.
    """

    def __init__(self, lines: Iterable[str], *, captions: bool = False) -> None:
        lines = [line for line in lines if line.strip()]
        split = [_candidate(_marked(line)[1]) for line in lines]
        known = [c for c in split if c is not None]
        most = max(1.0, _SHARE * len(split))
        colons = [c for c in known if c.kind == "colon" and c.spaced]
        kinds = Counter(c.kind for c in known if c.words and not naming.sound(c.name))
        self._counts = Counter(c.name for c in known)
        self._usual = {kind for kind, count in kinds.items() if count >= most}
        self._before_colons = {c.name.casefold() for c in colons}
        self._small = sum(not naming.capital(c.name) for c in colons) >= most
        self._numbers = sum(not naming.has_letters(c.name) for c in colons) >= most
        self._sparse = captions and len(colons) < _SPARSE * len(split)
        self._apart = not known and _in_columns(lines)
        self._questions = {c.name for c in known if c.kind == "question"} == {"Q", "A"}

    def split(self, line: str) -> Said:
        """The name, or None, and the words of one line."""
        change, plain = _marked(line)
        candidate = _candidate(plain)
        if self._apart and (apart := _APART.fullmatch(plain)) is not None:
            return Said(clean_name(apart[1]), apart[2].strip(), change)
        if candidate is None or not self._is_name(candidate):
            return Said(None, plain if change else undirected(line).strip(), change)
        name = candidate.name.removeprefix("@").removesuffix("?").strip()
        words, time = candidate.words, candidate.time
        after = _AFTER.match(words) if time is None else None
        if after is not None:
            words, time = words[after.end() :], after[1]
        return Said(clean_name(name), words, change, time)

    def doubted(self, line: str) -> bool:
        """Whether a line that was taken for words may begin with a name."""
        c = _candidate(_marked(line)[1])
        if c is None or c.kind != "colon" or self._is_name(c):
            return False
        return c.spaced and bool(c.words) and naming.half_capital(c.name)

    def _is_name(self, c: _Candidate) -> bool:
        if c.kind == "sure" or (naming.machine(c.name) and c.kind != "question"):
            return True
        again = self._counts[c.name] > 1
        if c.kind == "question":
            return self._questions
        if c.kind != "colon":
            usual = c.kind in self._usual or c.name.casefold() in self._before_colons
            named = again or naming.capital(c.name)
            return usual and named and bool(c.words) and not naming.sound(c.name)
        if not naming.has_letters(c.name):
            return c.spaced and (again or self._numbers)
        if c.spaced and naming.plausible(c.name):
            once = c.name.isupper() if self._sparse else naming.capital(c.name) or self._small
            return again or once
        return again and not c.words.startswith(("/", "\\"))


def _in_columns(lines: Sequence[str]) -> bool:
    """Whether a tab, or a dash behind a few recurring names, parts who from what in most lines."""
    full = [plain for line in lines if (plain := undirected(line).strip())]
    parts = [m for line in full if (m := _APART.fullmatch(line)) is not None]
    names = {m[1].strip() for m in parts}
    few = 2 * len(names) <= len(full) + 1 and len(names) < len(full)
    tabs = len(full) > 1 and all(line.count("\t") == 1 for line in full)
    most = bool(parts) and len(parts) >= _COLUMN * len(full)
    named = all(naming.person_like(n) or naming.handle(n) or n.isdecimal() for n in names)
    return most and (few or tabs) and named


def _marked(line: str) -> tuple[bool, str]:
    """Whether a line begins with a mark of another speaker, and the line without it."""
    plain = undirected(line).strip()
    mark = _MARKS.match(plain)
    if mark is None or mark[1] is None:
        return False, plain
    return mark[1].startswith(">>"), plain[mark.end() :]


def _candidate(line: str) -> _Candidate | None:
    """What may be a name at the start of a line, and how it is written."""
    for pattern, group in ((_BOLD, 2), (_ANGLE, 1)):
        sure = pattern.match(line)
        if sure is not None and naming.name_like(sure[group].strip()):
            return _Candidate(sure[group].strip(), line[sure.end() :].strip(), "sure")
    bracket = _BRACKET.match(line)
    if bracket is not None:
        return _bracketed(line, bracket)
    for pattern, kind in ((_TIMED, "sure"), (_STAMPED, "stamped"), (_QUESTION, "question")):
        match = pattern.match(line)
        if match is not None and naming.name_like(match[1].strip()):
            time = match[2] if kind != "question" else None
            return _Candidate(match[1].strip(), line[match.end() :].strip(), kind, time=time)
    quoted = _QUOTED.fullmatch(line)
    if quoted is not None:
        return _Candidate(quoted[1], quoted[2], "quoted")
    colon = _COLON.match(line)
    if colon is None or not naming.name_like(colon[1].strip()):
        return None
    words = line[colon.end() :]
    spaced = colon[3] != ":" or not words.strip() or words[0].isspace()
    return _Candidate(colon[1].strip(), words.strip(), "colon", spaced, colon[2])


def _bracketed(line: str, bracket: re.Match[str]) -> _Candidate | None:
    name, words = bracket[1].strip(), line[bracket.end() :].strip()
    if naming.sound(name) and not bracket[2]:
        behind = _candidate(words)  # "(SIGHS) ANN: well"
        return behind and behind._replace(words=f"{bracket[0].strip()} {behind.words}")
    if not naming.name_like(name):
        return None
    return _Candidate(name, words, "sure" if bracket[2] else "bracket")


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
