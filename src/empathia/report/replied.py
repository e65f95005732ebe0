"""How replies to a talk look: on the terminal, as JSON, as rows of a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from empathia import files
from empathia.files import Plain
from empathia.report.wording import judged, verdict
from empathia.types import ELEMENTS
from empathia.types.wire import reply_json

if TYPE_CHECKING:
    from empathia.pipeline.answering import Answered

_HEAD = (
    "id", "speaker", "emotion", "context", "reply", "reference", "source", "note", "why",
    "exemplars", *ELEMENTS, "sentiment",
)  # fmt: skip


def shown(one: Answered) -> str:
    """A turn, the reply to it, and its reasons."""
    u, reply = one.turn.utterance, one.reply
    felt = "" if one.turn.emotion is None else f" [{verdict(one.turn.emotion)}]"
    lines = [f"{u.speaker}{felt}: {u.text or '(no words)'}", f"  Empathia: {reply.text}"]
    if one.reference is not None:
        lines.append(f"  in the talk: {one.reference}")
    told = ": ".join(x for x in (reply.source, reply.note, reply.why) if x)
    lines.append(f"    worded by {told}")
    if reply.empathy is not None:
        lines.append(f"    judges take it for: {judged(reply)}")
    lines += [
        f"    exemplar {e.bank} {e.id} ({e.similarity:.2f}): {_line(e.context)} -> {_line(e.reply)}"
        for e in reply.exemplars
    ]
    return "\n".join(lines)


def _line(text: str) -> str:
    return " / ".join(text.split("\n"))


def to_json(found: Sequence[Answered]) -> dict[str, Plain]:
    """All of it; ``docs/json.md`` lists the keys."""
    return {"replies": [_plain(one) for one in found]}


def _plain(one: Answered) -> dict[str, Plain]:
    return {
        "id": one.turn.utterance.id,
        "speaker": one.turn.utterance.speaker,
        "emotion": _emotion(one),
        "context": one.context,
        "reference": one.reference,
        "reply": cast("Plain", reply_json(one.reply)),
    }


def _emotion(one: Answered) -> str | None:
    return None if one.turn.emotion is None else one.turn.emotion.label


def write(file: Path, found: Sequence[Answered]) -> None:
    """Write replies into a file that ``empathia judge`` and ``evaluate`` read.

    Args:
        file: csv, of a row a reply, or jsonl, of an object a reply.
        found: The replies.
    """
    rows = [dict(zip(_HEAD, _cells(one), strict=True)) for one in found]
    if file.suffix.lower() == ".jsonl":
        lines = (json.dumps(r, ensure_ascii=False) for r in rows)
        files.write_text(file, "".join(f"{line}\n" for line in lines))
        return
    out = io.StringIO()
    table = csv.DictWriter(out, _HEAD, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    files.write_text(file, out.getvalue())


def _cells(one: Answered) -> list[Plain]:
    u, r = one.turn.utterance, one.reply
    judges = {} if r.empathy is None else r.empathy.elements
    levels = [round(judges[e].expected, 4) if e in judges else None for e in ELEMENTS]
    sentiment = None if r.empathy is None or r.empathy.sentiment is None else r.empathy.sentiment
    texts = " | ".join(e.reply for e in r.exemplars)
    told = [u.id, u.speaker, _emotion(one), one.context, r.text, one.reference, r.source, r.note]
    return [*told, r.why, texts, *levels, None if sentiment is None else round(sentiment, 4)]
