"""Transcripts of CLAN in the CHAT notation of TalkBank and CHILDES: ``*CHI:``, a tab and words."""

from __future__ import annotations

import re
from pathlib import Path

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean
from empathia.tables import fault, lines_of

_TURN = re.compile(r"\*([^\W_][\w-]{0,30}):\s*(.*)", re.DOTALL)
_BULLET = re.compile(r'\x15(?:%snd:"[^"\x15]*"_)?(\d+)_(\d+)\x15', re.ASCII)
_CODES = re.compile(
    r"\x15[^\x15]*\x15|\([\d.:]*\)|\[[^\[\]]*\]|&[=+]\S*|\+[/<,^\"~.?]+|(?<!\S)0\S*|[<>‹›↑↓≠]"
)
_FILLER = re.compile(r"&[-~]|@\w\S*|[()]")
_SPACED = re.compile(r"\s+([.?!,])")


def read(text: str, path: Path) -> Parsed:
    """Rows of a CHAT file; headers and dependent tiers are left out.

    Raises:
        TextError: No line is a turn.
    """
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(lines_of(text), start=1):
        if line[:1] in {"*", "@", "%"}:
            lines.append((number, line))
        elif lines and line.strip():
            lines[-1] = lines[-1][0], f"{lines[-1][1]} {line.strip()}"
    names = _names([line for _, line in lines])
    turns = [(n, m) for n, line in lines if (m := _TURN.fullmatch(line)) is not None]
    if not turns:
        raise fault(path, None, "expected lines like '*ANN:', a tab and words", "Give a CHAT file")
    return Parsed([_row(n, names.get(m[1], m[1]), m[2]) for n, m in turns])


def _names(lines: list[str]) -> dict[str, str]:
    """Names of participants by code, where each has one of their own."""
    named: dict[str, str] = {}
    for line in lines:
        if line.startswith("@Participants:"):
            parts = (p.split() for p in line.partition(":")[2].split(","))
            named |= {p[0]: p[1].replace("_", " ") for p in parts if len(p) == 3}
    return named if len(set(named.values())) == len(named) else {}


def _row(number: int, name: str, said: str) -> Row:
    times = [(int(m[1]) / 1000, int(m[2]) / 1000) for m in _BULLET.finditer(said)]
    plain = clean(_FILLER.sub("", _CODES.sub(" ", said))) or ""
    text = clean(_SPACED.sub(r"\1", plain))
    start, end = (times[0][0], times[-1][1]) if times else (None, None)
    spoken = any(c.isalnum() for c in plain)
    return Row(number, name, text if spoken else None, start, end)


def _looks(head: str) -> bool:
    lines = [x for x in re.split(r"\r\n|\r|\n", head)[:60] if x.strip()]
    turns = [x for x in lines if re.match(r"\*[A-Z][A-Z0-9]{1,6}:\t", x)]
    return bool(turns) and all(x[0] in "*@%\t " for x in lines)


FORMAT = Format(
    name="cha",
    title="a CHAT file of CLAN (TalkBank, CHILDES)",
    suffixes=(".cha",),
    told="lines of *, a code in capitals, a colon and a tab; @Participants tells names, and times "
    "stand between marks at the end of a turn",
    left="headers (@) and dependent tiers (%); codes in brackets, events (&=), fragments (&+)",
    example="@Begin\n@Participants:\tANN Ann Adult, BEN Ben Adult\n"
    "*ANN:\tI passed the exam . \x15500_2000\x15\n%com:\tsmiles\n"
    "*BEN:\tThat is\n\twonderful [!] ! \x152500_4000\x15\n@End\n",
    looks=_looks,
    read=read,
)
