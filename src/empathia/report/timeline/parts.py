"""The parts of the page that read without JavaScript: notes, legend, table, provenance."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from typing import Any

from empathia.report.escaping import escaped
from empathia.report.marks import Mark
from empathia.report.timeline import faces, reasons
from empathia.report.wording import (
    BROUGHT,
    NO_WORDS,
    UNTOLD,
    beside,
    caution,
    clock,
    counted,
    has_faces,
    languages,
    looked,
    noncommercial,
    people,
    reply_note,
    runner_up,
    sounded,
    untold,
    verdict,
)
from empathia.types import Emotion, Timeline, Turn
from empathia.types.wire import plain

_SOURCES: Mapping[str, str] = {"text": "words"}


def facts(timeline: Timeline) -> str:
    """Length, speakers, turns and language in one line."""
    parts = [] if timeline.duration is None else [clock(timeline.duration)]
    parts += [people(timeline), counted(len(timeline.turns), "turn")]
    spoken = languages(timeline)
    if len(spoken) > 1:
        parts.append(f"languages: {', '.join(spoken)}")
    elif timeline.language:
        parts.append(f"language: {timeline.language}")
    return escaped(" · ".join(parts))


def cautions(timeline: Timeline) -> str:
    """What to know before reading on: uncertainty, licences, the timeline's notes."""
    parts = [f"<p>{escaped(caution(timeline))}</p>"]
    mark = noncommercial(timeline.provenance)
    if mark is not None:
        parts.append(f'<p class="licence">{escaped(mark)}</p>')
    if timeline.notes:
        items = "".join(f"<li>{escaped(n)}</li>" for n in timeline.notes)
        parts.append(f"<ul>{items}</ul>")
    return "\n".join(parts)


def colours(marks: Mapping[str, Mark]) -> str:
    """One CSS class a label: its colour and a legible colour for a letter on it."""
    rules = []
    for index, mark in enumerate(marks.values()):
        rules.append(f".e{index} {{ --c: {mark.light}; --on: {_on(mark.light)}; }}")
    dark = "".join(
        f".e{index} {{ --c: {mark.dark}; --on: {_on(mark.dark)}; }}"
        for index, mark in enumerate(marks.values())
    )
    return "\n".join([*rules, f"@media (prefers-color-scheme: dark) {{ {dark} }}"])


def _on(colour: str) -> str:
    """Black or white, whichever contrasts more (WCAG relative luminance)."""

    def linear(value: float) -> float:
        return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def chip(label: str | None, marks: Mapping[str, Mark]) -> str:
    """The small square with the letter of an emotion; a dashed one where there is none."""
    if label is None:
        return '<span class="chip none" aria-hidden="true">?</span>'
    index = list(marks).index(label)
    letter = escaped(marks[label].letter)
    return f'<span class="chip e{index}" aria-hidden="true">{letter}</span>'


def legend(labels: Iterable[str], marks: Mapping[str, Mark]) -> str:
    """A list of the emotions that the timeline's colours stand for."""
    items = [f"<li>{chip(label, marks)}{escaped(label)}</li>" for label in labels]
    return "".join([*items, f"<li>{chip(None, marks)}unsure</li>"])


def film(address: str | None, poster: str | None = None) -> str:
    """The moving picture with its sound; nothing without one.

    Args:
        address: ``data:`` address of the film, or None.
        poster: That of the picture that is shown before it plays, or None.
    """
    if address is None:
        return ""
    before = "" if poster is None else f'poster="{html.escape(poster)}" '
    return (
        f'<div class="film"><video id="sound" controls playsinline preload="metadata" {before}'
        f'src="{html.escape(address)}"></video></div>'
    )


def player(audio: str | None, timeline: Timeline) -> str:
    """The sound, or the reason that there is none.

    Args:
        audio: A ``data:`` address, or None.
        timeline: What the page shows.
    """
    if audio is not None:
        return f'<audio id="sound" controls preload="metadata" src="{html.escape(audio)}"></audio>'
    reason = "The sound was left out of this page." if timeline.has_audio else "Read without sound."
    return f'<span class="silent">{reason}</span>'


def table(timeline: Timeline, marks: Mapping[str, Mark]) -> str:
    """All turns as text."""
    if not timeline.turns:
        return "<p>Nobody was heard to speak.</p>"
    timed = any(t.utterance.start is not None for t in timeline.turns)
    heard = "how it sounded and looked" if has_faces(timeline) else "how it sounded"
    names = ("time" if timed else "turn", "speaker", "words", heard, "emotion")
    head = "".join(f'<th scope="col">{n}</th>' for n in names)
    asides = beside(timeline)
    rows = "\n".join(
        _row(i, t, marks, t.utterance.language or timeline.language, asides[i])
        for i, t in enumerate(timeline.turns)
    )
    return f'<table class="all"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'


def _row(
    place: int, turn: Turn, marks: Mapping[str, Mark], language: str | None, aside: str
) -> str:
    utterance = turn.utterance
    at = f"#{place + 1}" if utterance.start is None else clock(utterance.start)
    spoken = f' lang="{escaped(language)}"' if language else ""
    words = escaped(utterance.text) if utterance.text else f'<span class="unsaid">{NO_WORDS}</span>'
    face = f'<p class="seen">{escaped(looked(turn.seen))}</p>' if turn.seen else ""
    row = (
        f'<tr id="turn-{place + 1}"><td class="at" data-turn="{place}">{at}</td>'
        f'<td class="name">{_who(turn, aside)}</td>'
        f'<td class="said" dir="auto"{spoken}>{words}</td>'
        f'<td class="heard">{escaped(sounded(turn.cues))}{face}</td>'
        f'<td class="felt">{_felt(turn, marks)}</td></tr>'
    )
    return row + _why(turn) + _answer(turn)


def _who(turn: Turn, aside: str) -> str:
    doubt = f'<span class="doubt" title="{UNTOLD}">?</span>' if untold(turn) else ""
    small = f"<small>{escaped(aside)}</small>" if aside else ""
    name = turn.utterance.speaker
    return f"<bdi>{escaped(name)}</bdi>{doubt}{small}{faces.shown(turn.seen, name)}"


def _why(turn: Turn) -> str:
    """What the label hangs on, folded, with all that was asked."""
    if not turn.why:
        return ""
    several = len(turn.why) > 1
    inner = "".join(reasons.folded(r, s if several else "") for s, r in turn.why.items())
    return (
        '\n<tr class="answer why"><td class="at"></td><td class="name">why</td>'
        f'<td class="said" colspan="3">{inner}</td></tr>'
    )


def _answer(turn: Turn) -> str:
    if turn.reply is None:
        return ""
    return (
        '\n<tr class="answer"><td class="at"></td><td class="name">reply</td>'
        f'<td class="said" colspan="3" dir="auto">{escaped(turn.reply.text)} '
        f'<span class="unsaid">({escaped(reply_note(turn))})</span></td></tr>'
    )


def _felt(turn: Turn, marks: Mapping[str, Mark]) -> str:
    if turn.emotion is None:
        parts = ["<p>–</p>"]
    else:
        predicted = escaped(verdict(turn.emotion))
        parts = [f"<p>{chip(turn.emotion.label, marks)}{predicted}</p>"]
    if turn.emotion is not None and turn.emotion.abstained is not None:
        parts.append(f"<small>{escaped(turn.emotion.abstained)}</small>")
    second = None if turn.emotion is None else runner_up(turn.emotion)
    if second is not None:
        parts.append(f"<small>then {escaped(second)}</small>")
    if turn.emotions:
        each = "; ".join(_by(source, e) for source, e in turn.emotions.items())
        parts.append(f"<small>{escaped(each)}</small>")
    return "".join(parts)


def _by(source: str, emotion: Emotion) -> str:
    return f"{_SOURCES.get(source, source)}: {verdict(emotion)}"


def provenance(timeline: Timeline) -> str:
    """Weights with their licences as a table, all else as JSON."""
    known: dict[str, Any] = plain(timeline.provenance)
    weights = known.pop("weights", None) or []
    parts = [f"<p>Source: <bdi>{escaped(timeline.source)}</bdi></p>"]
    if weights:
        head = "<tr><th>weight</th><th>role</th><th>licence</th><th>commercial use</th></tr>"
        parts.append(f"<table>{head}{''.join(_weight(w) for w in weights)}</table>")
    if known:
        text = json.dumps(known, ensure_ascii=False, indent=2)
        parts.append(f"<pre>{escaped(text)}</pre>")
    return "\n".join(parts)


def _weight(weight: object) -> str:
    if not isinstance(weight, Mapping):
        return f"<tr><td>{escaped(str(weight))}</td></tr>"
    bound = "not known" if weight.get("licence") == BROUGHT else "no"
    allowed = bound if weight.get("noncommercial") else "yes"
    cells = (weight.get("name"), weight.get("role"), weight.get("licence"), allowed)
    inner = "".join(f"<td>{escaped(str(c)) if c is not None else '–'}</td>" for c in cells)
    return f"<tr>{inner}</tr>"
