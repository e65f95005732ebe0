"""Transcripts of ELAN: its own files (eaf), and tab-delimited text without a header.

With a header, tab-delimited text is a table like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, clean, stamp
from empathia.listen.transcript.tiers import Span, Tier, left_out, rows_of
from empathia.tables import fault, lines_of

_ROOT = "ANNOTATION_DOCUMENT"
_SHORT = 2**14  # characters of a head that is all of the file
_DECLARATION = re.compile(r"\A\s*<\?xml.*?\?>", re.DOTALL)
_SAVE = "Open it in ELAN and save it again"
_CLOCK = re.compile(r"\d+:\d\d:\d\d[.,]\d+", re.ASCII)
_SECONDS = re.compile(r"\d+[.,]\d+", re.ASCII)
_WHOLE = re.compile(r"\d+", re.ASCII)


def read(text: str, path: Path) -> Parsed:
    """Rows of an eaf or of tab-delimited text.

    Raises:
        TextError: It is neither, or a time is none.
    """
    return _eaf(text, path) if text.lstrip("\ufeff \t\r\n").startswith("<") else _tabs(text, path)


class _Annotation(NamedTuple):
    """What stands on a tier; ``over`` is the annotation that a reference belongs to."""

    id: str
    span: tuple[str, str] | None
    over: str | None
    text: str


class _Layer(NamedTuple):
    name: str
    parent: str | None
    participant: str | None
    annotations: list[_Annotation]

    @property
    def worded(self) -> bool:
        """Whether words stand on it."""
        return any(clean(a.text) for a in self.annotations)


def _eaf(text: str, path: Path) -> Parsed:
    root = _parsed(text, path)
    lines = _lines(text)
    slots = _slots(root, path)
    layers = [_layer(tier) for tier in root.iter("TIER")]
    spans = {a.id: a.span for layer in layers for a in layer.annotations if a.span is not None}
    over = {a.id: a.over for layer in layers for a in layer.annotations if a.over is not None}
    tiers = []
    used = []
    for top, layer in _spoken(layers):
        said: dict[tuple[float, float], Span] = {}
        for a in layer.annotations:
            first, second = spans.get(_top(a.id, over), ("", ""))
            if first in slots and second in slots:
                at = slots[first], slots[second]
                before = f"{said[at].label} " if at in said else ""
                said[at] = Span(lines.get(a.id, 1), *at, f"{before}{a.text}")
        tiers.append(Tier(top.name, list(said.values()), layer.participant or top.participant))
        used.append(layer.name)
    parsed = rows_of(tiers)
    below = [x.name for x in layers if x.worded and x.name not in used]
    return parsed._replace(notes=(*parsed.notes, *left_out(below)))


def _spoken(layers: Sequence[_Layer]) -> Iterator[tuple[_Layer, _Layer]]:
    """Each top tier and the one that has its words: itself, or the first below it that has any."""
    names = {layer.name for layer in layers}
    for top in (x for x in layers if x.parent not in names):
        layer = top if top.worded else _worded_below(top, layers)
        if layer is not None:
            yield top, layer


def _parsed(text: str, path: Path) -> ElementTree.Element:
    """The root of the file; one that declares entities is refused, as they can grow without end."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise fault(path, None, "it declares entities, which no ELAN file does", _SAVE)
    try:
        root = ElementTree.fromstring(_DECLARATION.sub("", text.lstrip("\ufeff"), 1))  # noqa: S314
    except ElementTree.ParseError as error:
        line, _ = error.position
        raise fault(
            path, line, f"expected XML of ELAN, found a fault in it ({error})", _SAVE
        ) from None
    if root.tag != _ROOT:
        raise fault(path, 1, f"expected XML of ELAN, found <{root.tag[:40]}>", _SAVE)
    return root


def _lines(text: str) -> dict[str, int]:
    """Line on which each annotation begins."""
    lines: dict[str, int] = {}
    line, last = 1, 0
    for match in re.finditer(r'ANNOTATION_ID="([^"]*)"', text):
        line += text.count("\n", last, match.start())
        last = match.start()
        lines[match[1]] = line
    return lines


def _slots(root: ElementTree.Element, path: Path) -> dict[str, float]:
    """Points of time in s; one without a value lies evenly between its neighbours that have one."""
    given = [(s.get("TIME_SLOT_ID", ""), s.get("TIME_VALUE")) for s in root.iter("TIME_SLOT")]
    times = {n: _milliseconds(v, path) for n, (_, v) in enumerate(given) if v is not None}
    slots = {given[n][0]: t for n, t in times.items()}
    for a, b in pairwise(times):
        step = (times[b] - times[a]) / (b - a)
        slots |= {given[n][0]: round(times[a] + step * (n - a), 6) for n in range(a + 1, b)}
    return slots


def _milliseconds(text: str, path: Path) -> float:
    if not _WHOLE.fullmatch(text):
        raise fault(path, None, f"expected milliseconds, found {ascii(text)[:40]}", _SAVE)
    return stamp(f"{int(text[:20]) / 1000:.3f}", path, 1) or 0.0


def _layer(tier: ElementTree.Element) -> _Layer:
    annotations = []
    for a in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
        first, second = a.get("TIME_SLOT_REF1"), a.get("TIME_SLOT_REF2")
        span = None if first is None or second is None else (first, second)
        text = a.findtext("ANNOTATION_VALUE") or ""
        annotations.append(
            _Annotation(a.get("ANNOTATION_ID", ""), span, a.get("ANNOTATION_REF"), text)
        )
    participant = tier.get("PARTICIPANT") or None
    return _Layer(tier.get("TIER_ID", ""), tier.get("PARENT_REF"), participant, annotations)


def _worded_below(top: _Layer, layers: Sequence[_Layer]) -> _Layer | None:
    """The first tier with words below one that holds only numbers of turns, or nothing."""
    names = [top.name]
    for name in names:
        for layer in layers:
            if layer.parent == name and layer.name not in names:
                if layer.worded:
                    return layer
                names.append(layer.name)
    return None


def _top(id: str, over: Mapping[str, str]) -> str:
    """The annotation with times that one below it belongs to."""
    for _ in range(100):  # deeper is a circle
        if id not in over:
            break
        id = over[id]
    return id


def _tabs(text: str, path: Path) -> Parsed:
    """Rows of lines of tier, participant, times in any of ELAN's notations, and words."""
    lines = [(n, x.split("\t")) for n, x in enumerate(lines_of(text), start=1) if x.strip()]
    columns = _columns([cells for _, cells in lines])
    if columns is None:
        raise fault(
            path,
            1,
            "expected lines of tier, begin, end and words parted by tabs",
            "Export it from ELAN again, as eaf or as tab-delimited text with a header",
        )
    tiers: dict[tuple[str, str | None], list[Span]] = {}
    for n, cells in lines:
        start, end = (stamp(cells[k], path, n) or 0.0 for k in (columns.begin, columns.end))
        participant = clean(cells[1]) if columns.first > 1 else None
        label = cells[columns.text]
        tiers.setdefault((cells[0], participant), []).append(Span(n, start, end, label))
    parsed = rows_of([Tier(name, spans, who) for (name, who), spans in tiers.items()])
    return parsed._replace(bare=columns.whole)


class _Columns(NamedTuple):
    """Places of what is read; ``first`` is that of the first time, whatever its notation."""

    first: int
    begin: int
    end: int
    text: int
    whole: bool


def _columns(lines: Sequence[Sequence[str]]) -> _Columns | None:
    """What stands where; None where these are no lines of ELAN.

    ELAN writes each of begin, end and duration in up to three notations; the first notation of
    those that are there tells begin and end.
    """
    if not lines or len({len(cells) for cells in lines}) != 1 or len(lines[0]) < 4:
        return None
    kinds = [_kind([cells[k].strip() for cells in lines]) for k in range(len(lines[0]))]
    first = next((k for k, kind in enumerate(kinds) if kind), 0)
    last = next((k for k in range(first, len(kinds)) if not kinds[k]), len(kinds))
    if not 1 <= first <= 2 or last == len(kinds):
        return None
    for pattern in (_CLOCK, _SECONDS, _WHOLE):
        of_kind = [k for k in range(first, last) if kinds[k] is pattern]
        if len(of_kind) > 1:
            return _Columns(first, of_kind[0], of_kind[1], last, pattern is _WHOLE)
    return None


def _kind(cells: Sequence[str]) -> re.Pattern[str] | None:
    """The notation of time in which all cells are."""
    return next((p for p in (_CLOCK, _SECONDS, _WHOLE) if all(map(p.fullmatch, cells))), None)


def _looks(head: str) -> bool:
    start = head.lstrip()
    if start.startswith("<"):
        return f"<{_ROOT}" in start
    lines = [x for x in head.splitlines() if x.strip()]
    if len(head) > _SHORT:  # the last line may have been cut off
        lines = lines[:-1] or lines
    return _columns([x.split("\t") for x in lines[:40]]) is not None


FORMAT = Format(
    name="elan",
    title="ELAN (eaf, or tab-delimited text without a header)",
    suffixes=(".eaf",),
    told="the element ANNOTATION_DOCUMENT, or lines of tier, begin, end and words parted by tabs",
    left="tiers below others, unless the one above them has no words; tiers whose names say that "
    "they hold no talk; vocabularies, media and comments",
    example="Ann\t\t00:00:00.500\t00:00:02.000\tI passed the exam.\n"
    "Ben\t\t00:00:02.500\t00:00:04.000\tThat is wonderful!\n",
    looks=_looks,
    read=read,
)
