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
    beside,
    caution,
    clock,
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
from empathia.report.words import Words
from empathia.types import Emotion, Timeline, Turn
from empathia.types.wire import plain


def facts(timeline: Timeline, words: Words) -> str:
    """Length, speakers, turns and language in one line."""
    parts = [] if timeline.duration is None else [clock(timeline.duration)]
    parts += [people(timeline, words), words.count("facts.turns", len(timeline.turns))]
    spoken = languages(timeline)
    if len(spoken) > 1:
        parts.append(words.say("facts.languages", codes=", ".join(map(words.shown, spoken))))
    elif timeline.language:
        parts.append(words.say("turns.language", code=words.shown(timeline.language)))
    return escaped(" · ".join(parts))


def cautions(timeline: Timeline, words: Words) -> str:
    """What to know before reading on: uncertainty, the timeline's notes."""
    parts = [f"<p>{escaped(caution(timeline, words))}</p>"]
    if timeline.notes:
        parts.append(f"<ul>{''.join(_note(n, words) for n in timeline.notes)}</ul>")
    return "\n".join(parts)


def _note(note: str, words: Words) -> str:
    told = words.shown(note)
    foreign = ' lang="en"' if told == note and words.language != "en" else ""
    return f"<li{foreign}>{escaped(told)}</li>"


def licences(timeline: Timeline, words: Words) -> str:
    """One small line on weights that are not for every use; nothing without any."""
    mark = noncommercial(timeline.provenance, words)
    return "" if mark is None else f'<p class="small">{escaped(mark)}</p>'


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


def legend(labels: Iterable[str], marks: Mapping[str, Mark], words: Words) -> str:
    """A list of the emotions that the timeline's colours stand for."""
    items = [f"<li>{chip(x, marks)}{escaped(words.shown(x))}</li>" for x in labels]
    unsure = escaped(words.say("turns.unsure"))
    return "".join([*items, f"<li>{chip(None, marks)}{unsure}</li>"])


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


def player(audio: str | None, timeline: Timeline, words: Words) -> str:
    """The sound, or the reason that there is none.

    Args:
        audio: A ``data:`` address, or None.
        timeline: What the page shows.
        words: Those of the page.
    """
    if audio is not None:
        return f'<audio id="sound" controls preload="metadata" src="{html.escape(audio)}"></audio>'
    reason = words.say("player.left-out" if timeline.has_audio else "player.silent")
    return f'<span class="silent">{escaped(reason)}</span>'


def table(timeline: Timeline, marks: Mapping[str, Mark], words: Words) -> str:
    """All turns as text."""
    if not timeline.turns:
        return f"<p>{escaped(words.say('table.nobody'))}</p>"
    timed = any(t.utterance.start is not None for t in timeline.turns)
    heard = "table.heard-seen" if has_faces(timeline) else "table.heard"
    names = ("table.time" if timed else "table.turn", "table.speaker", "table.words", heard)
    head = "".join(
        f'<th scope="col">{escaped(words.say(n))}</th>' for n in (*names, "turns.emotion")
    )
    asides = beside(timeline, words)
    rows = "\n".join(
        _row((i, asides[i]), t, marks, t.utterance.language or timeline.language, words)
        for i, t in enumerate(timeline.turns)
    )
    return f'<table class="all"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'


def _row(
    where: tuple[int, str],
    turn: Turn,
    marks: Mapping[str, Mark],
    language: str | None,
    words: Words,
) -> str:
    (place, aside), utterance = where, turn.utterance
    at = f"#{place + 1}" if utterance.start is None else clock(utterance.start)
    spoken = f' lang="{escaped(language)}"' if language else ""
    wordless = f'<span class="unsaid">{escaped(words.say("turns.wordless"))}</span>'
    said = escaped(utterance.text) if utterance.text else wordless
    face = f'<p class="seen">{escaped(looked(turn.seen, words))}</p>' if turn.seen else ""
    row = (
        f'<tr id="turn-{place + 1}"><td class="at" data-turn="{place}">{at}</td>'
        f'<td class="name">{_who(turn, aside, words)}</td>'
        f'<td class="said" dir="auto"{spoken}>{said}</td>'
        f'<td class="heard">{escaped(sounded(turn.cues, words))}{face}</td>'
        f'<td class="felt">{_felt(turn, marks, words)}</td></tr>'
    )
    return row + _why(turn, words) + _answer(turn, words)


def _who(turn: Turn, aside: str, words: Words) -> str:
    untellable = escaped(words.say("turns.untold"))
    doubt = f'<span class="doubt" title="{untellable}">?</span>' if untold(turn) else ""
    small = f"<small>{escaped(aside)}</small>" if aside else ""
    name = words.called(turn.utterance.speaker)
    return f"<bdi>{escaped(name)}</bdi>{doubt}{small}{faces.shown(turn.seen, name, words)}"


def _why(turn: Turn, words: Words) -> str:
    """What the label hangs on, folded, with all that was asked."""
    if not turn.why:
        return ""
    several = len(turn.why) > 1
    inner = "".join(reasons.folded(r, s if several else "", words) for s, r in turn.why.items())
    return (
        f'\n<tr class="answer why"><td class="at"></td><td class="name">'
        f'{escaped(words.say("table.why"))}</td><td class="said" colspan="3">{inner}</td></tr>'
    )


def _answer(turn: Turn, words: Words) -> str:
    if turn.reply is None:
        return ""
    return (
        f'\n<tr class="answer"><td class="at"></td><td class="name">'
        f"{escaped(words.say('table.reply'))}</td>"
        f'<td class="said" colspan="3" dir="auto">{escaped(turn.reply.text)} '
        f'<span class="unsaid">({escaped(reply_note(turn, words))})</span></td></tr>'
    )


def _felt(turn: Turn, marks: Mapping[str, Mark], words: Words) -> str:
    if turn.emotion is None:
        parts = ["<p>–</p>"]
    else:
        predicted = escaped(verdict(turn.emotion, words))
        parts = [f"<p>{chip(turn.emotion.label, marks)}{predicted}</p>"]
    if turn.emotion is not None and turn.emotion.abstained is not None:
        parts.append(f"<small>{escaped(words.shown(turn.emotion.abstained))}</small>")
    second = None if turn.emotion is None else runner_up(turn.emotion, words)
    if second is not None:
        parts.append(f"<small>{escaped(words.say('turns.second', verdict=second))}</small>")
    if turn.emotions:
        each = "; ".join(_by(source, e, words) for source, e in turn.emotions.items())
        parts.append(f"<small>{escaped(each)}</small>")
    return "".join(parts)


def _by(source: str, emotion: Emotion, words: Words) -> str:
    return f"{words.source(source)}: {verdict(emotion, words)}"


def provenance(timeline: Timeline, words: Words) -> str:
    """Weights with their licences as a table, all else as JSON."""
    known: dict[str, Any] = plain(timeline.provenance)
    weights = known.pop("weights", None) or []
    source = f"<bdi>{escaped(timeline.source)}</bdi>"
    parts = [f"<p>{escaped(words.say('made.source'))} {source}</p>"]
    if weights:
        names = ("made.weight", "made.role", "made.licence", "made.commercial")
        head = "".join(f"<th>{escaped(words.say(n))}</th>" for n in names)
        rows = "".join(_weight(w, words) for w in weights)
        parts.append(f"<table><tr>{head}</tr>{rows}</table>")
    if known:
        text = json.dumps(known, ensure_ascii=False, indent=2)
        parts.append(f"<pre>{escaped(text)}</pre>")
    return "\n".join(parts)


def _weight(weight: object, words: Words) -> str:
    if not isinstance(weight, Mapping):
        return f"<tr><td>{escaped(str(weight))}</td></tr>"
    bound = "made.unknown" if weight.get("licence") == BROUGHT else "made.no"
    allowed = words.say(bound if weight.get("noncommercial") else "made.yes")
    cells = (weight.get("name"), weight.get("role"), weight.get("licence"))
    told = [words.shown(str(c)) if c is not None else "–" for c in cells]
    inner = "".join(f"<td>{escaped(c)}</td>" for c in (*told, allowed))
    return f"<tr>{inner}</tr>"
