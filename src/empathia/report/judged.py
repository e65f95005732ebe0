"""How judged replies look: a table, JSON, rows for a file, a picture of the levels."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import files
from empathia.errors import UsageError
from empathia.files import Plain
from empathia.judges.given import Given
from empathia.report import drawing
from empathia.types import ELEMENTS, LEVELS, Element, Empathy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = 12  # replies on the terminal
_WIDE = 60  # characters of one
KINDS = (".csv", ".jsonl")


def to_json(given: Sequence[Given], judged: Sequence[Empathy]) -> dict[str, Plain]:
    """All that was judged; ``docs/json.md`` lists the keys."""
    replies = [_plain(g, e) for g, e in zip(given, judged, strict=True)]
    return {"replies": replies, "levels": {k: dict(v) for k, v in counts(judged).items()}}


def counts(judged: Sequence[Empathy]) -> dict[str, Counter[str]]:
    """Element to how many replies have each level."""
    return {
        name: Counter(LEVELS[e.elements[name].level] for e in judged if name in e.elements)
        for name in ELEMENTS
        if any(name in e.elements for e in judged)
    }


def _plain(given: Given, judged: Empathy) -> dict[str, Plain]:
    elements: dict[str, Plain] = {
        name: {
            "level": LEVELS[e.level],
            "confidence": round(e.confidence, 4),
            "scores": {k: round(p, 4) for k, p in zip(LEVELS, e.scores, strict=True)},
            "evidence": [{"start": a, "end": b, "text": given.reply[a:b]} for a, b in e.evidence],
        }
        for name, e in judged.elements.items()
    }
    sentiment = None if judged.sentiment is None else round(judged.sentiment, 4)
    return {
        "id": given.id,
        "context": given.context,
        "reply": given.reply,
        "elements": elements,
        "sentiment": sentiment,
        "context_emotion": _emotion(judged),
    }


def _emotion(judged: Empathy) -> dict[str, Plain] | None:
    e = judged.emotion
    if e is None or not e.scores:
        return None
    return {"label": e.label, "confidence": round(max(e.scores), 4)}


def rows(given: Sequence[Given], judged: Sequence[Empathy]) -> tuple[list[str], list[list[str]]]:
    """A header and a row a reply, for people: level, confidence and evidence of each element."""
    there = [n for n in ELEMENTS if any(n in e.elements for e in judged)]
    head = ["id", "context", *there, "sentiment", "reply"]
    body = [
        [
            g.id,
            (e.emotion.label or "") if e.emotion else "",
            *(_cell(g.reply, e.elements.get(n)) for n in there),
            "" if e.sentiment is None else f"{e.sentiment:+.2f}",
            _cut(g.reply),
        ]
        for g, e in zip(given[:_SHOWN], judged, strict=False)
    ]
    return head, body


def summary(judged: Sequence[Empathy]) -> tuple[list[str], list[list[str]]]:
    """A header and a row an element: the share of replies at each level."""
    body = []
    for name, count in counts(judged).items():
        all_of = count.total()
        shares = [f"{count[x] / all_of:.0%}" for x in LEVELS]
        sure = [e.elements[name].confidence for e in judged if name in e.elements]
        body.append([name, *shares, f"{sum(sure) / len(sure):.2f}"])
    return ["element", *LEVELS, "mean confidence"], body


def more(replies: int) -> str:
    """What is said of replies that the table does not show; "" where there are none."""
    return f"and {replies - _SHOWN} more (--json, --out)" if replies > _SHOWN else ""


def _cell(reply: str, element: Element | None) -> str:
    if element is None:
        return ""
    shown = " | ".join(reply[a:b] for a, b in element.evidence)
    return f"{LEVELS[element.level]} {element.confidence:.2f}" + (
        f": {_cut(shown)}" if shown else ""
    )


def _cut(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"


def write(file: Path, given: Sequence[Given], judged: Sequence[Empathy]) -> None:
    """Write all that was judged into a file, whole or not at all.

    Args:
        file: csv, of a row a reply, or jsonl, of an object a reply.
        given: The replies.
        judged: What they are taken to be.

    Raises:
        UsageError: The suffix is another one.
    """
    check(file, KINDS)
    replies = [_plain(g, e) for g, e in zip(given, judged, strict=True)]
    if file.suffix.lower() == ".jsonl":
        lines = (json.dumps(r, ensure_ascii=False) for r in replies)
        files.write_text(file, "".join(f"{line}\n" for line in lines))
        return
    parts = ("level", "confidence", "expected", "evidence")
    head = ["id", "context", "reply", *(f"{n}_{p}" for n in ELEMENTS for p in parts), "sentiment"]
    head += ["context_emotion", "context_emotion_confidence"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(head)
    for g, e in zip(given, judged, strict=True):
        cells = [x for n in ELEMENTS for x in _cells(g.reply, e.elements.get(n))]
        sentiment = "" if e.sentiment is None else round(e.sentiment, 4)
        told = _emotion(e) or {"label": "", "confidence": ""}
        table.writerow([g.id, g.context, g.reply, *cells, sentiment, *told.values()])
    files.write_text(file, out.getvalue())


def _cells(reply: str, element: Element | None) -> list[object]:
    if element is None:
        return [""] * 4
    evidence = " | ".join(reply[a:b] for a, b in element.evidence)
    return [
        LEVELS[element.level],
        round(element.confidence, 4),
        round(element.expected, 4),
        evidence,
    ]


def check(file: Path, kinds: Sequence[str]) -> None:
    """Refuse a file whose suffix is none of those that can be written.

    Raises:
        UsageError: It is another one.
    """
    if file.suffix.lower() not in kinds:
        raise UsageError(
            f"{files.shown(file)} is no file that is written here",
            f"Name a file in {' or '.join(kinds)}",
        )


def draw(judged: Sequence[Empathy], file: Path) -> None:
    """Draw how many replies have each level of each element.

    Args:
        judged: At least one reply with an element.
        file: png or svg.

    Raises:
        UsageError: The suffix is another one.
        MissingExtra: matplotlib is not installed.
    """
    kind = drawing.kind_of(file)
    found = counts(judged)

    def figure(theme: drawing.Theme) -> Figure:
        made, axes = drawing.new(theme, 6.4, 1.2 + 0.6 * len(found))
        shades = dict(zip(LEVELS, (theme.line, theme.blue, theme.deep), strict=True))
        for place, (_, count) in enumerate(found.items()):
            start = 0.0
            for level in LEVELS:
                share = count[level] / count.total()
                label = level if place == 0 else None
                axes.barh(place, share, left=start, color=shades[level], height=0.6, label=label)
                start += share
        axes.set_yticks(range(len(found)), list(found))
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        drawing.named(axes, theme, f"Empathy of {len(judged)} replies", "share of replies")
        legend = axes.legend(
            ncols=len(LEVELS), frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1, 1)
        )
        for text in legend.get_texts():
            text.set_color(theme.ink)
        return made

    files.write(file, drawing.saved(figure, drawing.LIGHT, kind))
