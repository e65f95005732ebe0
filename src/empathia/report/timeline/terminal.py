"""A timeline on the terminal: a table that also reads without colour and in 80 columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from empathia.report.marks import Mark, marks, timeline_marks
from empathia.report.wording import (
    NO_WORDS,
    beside,
    clock,
    counted,
    footnotes,
    has_faces,
    looked,
    people,
    percent,
    reply_note,
    runner_up,
    sounded,
    untold,
    verdict,
    whys,
)
from empathia.types import Emotion, Timeline, Turn, spaced
from empathia.types.events import Ended, Event, Revised, TurnEnded

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_WIDE = 110
_NARROW = 64
_SHAKY = 0.5
"""Words below this probability are underlined, as in the report."""


def show(timeline: Timeline, console: Console | None = None) -> None:
    """Print a timeline: a row a turn, a row for a reply, notes below.

    Emotions carry a letter, their name and a confidence beside their colour
    (Okabe & Ito's, safe for colour-blind people); ``NO_COLOR`` and pipes get none.

    Args:
        timeline: What to show.
        console: Where to; by default standard output.
    """
    from rich.console import Console

    console = console or Console()
    console.print(_text(_heading(timeline), console, "bold"))
    if console.width < _NARROW:
        _list(timeline, console)
    else:
        console.print(_table(timeline, console))
    for note in footnotes(timeline):
        console.print(_text(f"* {note}", console, "dim"))


def show_event(event: Event, console: Console | None = None) -> None:
    """Print what a stream has told: a turn, who it was after all, or what is to be said at the end.

    Args:
        event: What became known.
        console: Where to; by default standard output.
    """
    from rich.console import Console

    console = console or Console()
    match event:
        case TurnEnded(turn):
            labels = () if turn.emotion is None else turn.emotion.labels
            _one(turn, marks(labels), console)
        case Revised(speakers):
            for name in dict.fromkeys(speakers.values()):
                ids = ", ".join(i for i, who in speakers.items() if who == name)
                console.print(_text(f"-> {name} spoke in {ids}", console, "bold"))
        case Ended(timeline):
            console.print(_text(_heading(timeline), console, "bold"))
            for note in footnotes(timeline):
                console.print(_text(f"* {note}", console, "dim"))


def _heading(timeline: Timeline) -> str:
    parts = [timeline.source]
    if timeline.duration is not None:
        parts.append(clock(timeline.duration))
    parts += [people(timeline), counted(len(timeline.turns), "turn")]
    return " · ".join(parts)


def _list(timeline: Timeline, console: Console) -> None:
    """Below 64 columns: one turn under the other."""
    looks = timeline_marks(timeline)
    for turn, aside in zip(timeline.turns, beside(timeline), strict=True):
        _one(turn, looks, console, aside, faces=has_faces(timeline))


def _one(
    turn: Turn,
    looks: Mapping[str, Mark],
    console: Console,
    aside: str = "",
    *,
    faces: bool = False,
) -> None:
    from rich.padding import Padding

    head = _text("", console)
    head.append_text(_text(f"{_at(turn)} {_name(turn)}  ", console, "bold"))
    first, *reasons = head.append_text(_emotion(turn.emotion, looks, console)).split("\n")
    console.print(first)
    for line in reasons:
        console.print(Padding(line, (0, 0, 0, 2)))
    if aside:
        console.print(Padding(_text(aside, console, "dim"), (0, 0, 0, 2)))
    console.print(Padding(_words(turn, console), (0, 0, 0, 2)))
    for said in _noticed(turn, faces=faces):
        console.print(Padding(_text(said, console, "italic"), (0, 0, 0, 2)))
    for why in whys(turn):
        console.print(Padding(_text(why, console, "dim"), (0, 0, 0, 2)))
    if turn.reply is not None:
        console.print(Padding(_reply(turn, console), (0, 0, 0, 2)))


def _noticed(turn: Turn, *, faces: bool) -> list[str]:
    """How a turn sounded and, where faces were seen, looked: a line each."""
    face = looked(turn.seen) if faces else ""
    return [*filter(None, [sounded(turn.cues), f"face: {face}" if face else ""])]


def _at(turn: Turn) -> str:
    utterance = turn.utterance
    return f"#{utterance.index + 1}" if utterance.start is None else clock(utterance.start)


def _name(turn: Turn) -> str:
    return turn.utterance.speaker + (" ?" if untold(turn) else "")


def _reply(turn: Turn, console: Console) -> Text:
    text = "" if turn.reply is None else turn.reply.text
    reply = _text("", console).append_text(_text(text, console, "bold"))
    return reply.append_text(_text(f" ({reply_note(turn)})", console, "dim"))


def _table(timeline: Timeline, console: Console) -> Table:
    from rich import box
    from rich.table import Table

    looks = timeline_marks(timeline)
    wide = console.width >= _WIDE
    timed = any(t.utterance.start is not None for t in timeline.turns)
    table = Table(box=box.SIMPLE_HEAD, expand=wide, pad_edge=False, padding=(0, 1))
    table.add_column("time" if timed else "turn", justify="right", no_wrap=True, style="dim")
    table.add_column("speaker", overflow="fold", max_width=18 if wide else 9)
    table.add_column("words", overflow="fold", ratio=3)
    faces = has_faces(timeline)
    apart = wide and any(_noticed(t, faces=faces) for t in timeline.turns)
    if apart:
        head = "how it sounded and looked" if faces else "how it sounded"
        table.add_column(head, overflow="fold", ratio=2)
    table.add_column("emotion", overflow="fold", min_width=16, max_width=40 if wide else 24)
    for turn, aside in zip(timeline.turns, beside(timeline), strict=True):
        who = _text(_name(turn), console)
        if aside:
            who.append_text(_text(f"\n{aside}", console, "dim"))
        noticed = _text("\n".join(_noticed(turn, faces=faces)), console, "italic")
        cells = [_text(_at(turn), console), who, _words(turn, console), noticed]
        felt = _emotion(turn.emotion, looks, console)
        table.add_row(*(cells if apart else _below(cells)), felt)
        blank = [""] if apart else []
        if lines := whys(turn):
            why = _text("\n".join(lines), console, "dim")
            table.add_row("", _text("-> why", console, "dim"), why, *blank, "")
        if turn.reply is not None:
            answer = _text("-> reply", console, "bold")
            table.add_row("", answer, _reply(turn, console), *blank, "")
    return table


def _below(cells: list[Text]) -> list[Text]:
    """The same with what was noticed below the words, not in a cell of its own."""
    *others, words, noticed = cells
    return [*others, words.append("\n").append_text(noticed) if noticed.plain else words]


def _words(turn: Turn, console: Console) -> Text:
    if not turn.words:
        text = turn.utterance.text
        return _text(NO_WORDS, console, "dim") if not text else _text(text, console)
    whole = _text("", console)
    for word in turn.words:
        if whole.plain and spaced(whole.plain, word.text, turn.utterance.language):
            whole.append(" ")
        shaky = word.probability < _SHAKY
        whole.append_text(_text(word.text, console, "underline" if shaky else ""))
    return whole


def _emotion(emotion: Emotion | None, looks: Mapping[str, Mark], console: Console) -> Text:
    if emotion is None:
        return _text("-", console, "dim")
    if emotion.label is None or emotion.confidence is None:
        return _text(f"[?] {verdict(emotion)}\n{emotion.abstained or ''}".rstrip(), console, "dim")
    mark = looks[emotion.label]
    text = _text("", console)
    text.append_text(_text(f"[{mark.letter}]", console, f"bold {mark.light}"))
    text.append_text(_text(f" {emotion.label}", console, "bold"))
    text.append_text(_text(f" {percent(emotion.confidence)}", console))
    second = runner_up(emotion)
    if second is not None:
        text.append_text(_text(f"\n    {second}", console, "dim"))
    return text


def _text(text: str, console: Console, style: str = "") -> Text:
    """Text as it stands: no markup, no escape sequences, nothing the terminal cannot print."""
    from rich.text import Text

    safe = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", text)
    encoding = console.encoding or "utf-8"
    return Text(safe.encode(encoding, "replace").decode(encoding, "replace"), style=style)
