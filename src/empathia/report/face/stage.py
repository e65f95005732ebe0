"""Pictures of a talk as it goes on: the listener's face beside who speaks and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from empathia.pipeline.reacting import RATE, Reacted
from empathia.report.face.panel import told
from empathia.report.face.picture import VIEW, carried, paint
from empathia.report.marks import Mark, timeline_marks
from empathia.report.raster import Canvas, Pixels, can_write, width_of
from empathia.report.wording import clock, verdict
from empathia.types import Timeline, Turn

_GROUND, _SURFACE, _INK, _SOFT, _LINE = "#f5f4f0", "#ffffff", "#1b2026", "#59616c", "#dcdcd6"
_FACE = 0.475  # share of the width
_LINES = 5  # of words
_LANES = 4  # speakers that have a lane


class Stage:
    """Draws pictures of a talk.

    Args:
        reacted: The talk and the listener.
        width: Of the pictures in pixels; they are 16 to 9.
        title: What stands above.
    """

    def __init__(self, reacted: Reacted, width: int, title: str) -> None:
        self.width, self.height = width // 2 * 2, width * 9 // 32 * 2
        self._reacted, self._title = reacted, title
        self._unit = self.height / 540
        self._marks = timeline_marks(reacted.timeline)
        self._total = reacted.length
        self._side: tuple[tuple[int, ...], Pixels] | None = None

    def pictures(self, rate: int, start: float = 0.0, end: float | None = None) -> Iterator[Pixels]:
        """(height, width, 3) one after the other.

        Args:
            rate: Pictures a second, at most 25.
            start: Where in the talk it begins, in s.
            end: Where it ends; None goes to the end.
        """
        last = self._reacted.frames / RATE
        until = last if end is None else min(end, last)
        for number in range(max(1, round((until - start) * rate))):
            yield self.picture(start + number / rate)

    def picture(self, moment: float) -> Pixels:
        """(height, width, 3) at a moment in s."""
        frame = min(round(moment * RATE), self._reacted.frames - 1)
        return np.concatenate([self._face(frame), self._beside(moment)], axis=1)

    def _face(self, frame: int) -> Pixels:
        reacted, wide = self._reacted, round(self.width * _FACE)
        canvas = Canvas(wide, self.height, _SURFACE)
        points = reacted.landmarks(frame, frame + 1)[0]
        if reacted.face is not None:
            points = carried(points, reacted.face[frame, -3:])
        room = wide * 0.96  # of head and shoulders
        top = self.height - room * VIEW[3] / VIEW[2] * 0.985
        paint(canvas, points, ((wide - room) / 2, top, room))
        return canvas.pixels()

    def _beside(self, moment: float) -> Pixels:
        """Everything but the face; drawn anew where something of it has changed."""
        moment = min(moment, self._total)
        turn = self._turn(moment)
        said = 0 if turn is None else self._said(turn, moment)
        wide = self.width - round(self.width * _FACE)
        head = round((wide - 60 * self._unit) * moment / self._total)
        key = (-1 if turn is None else turn, said, head, int(moment))
        if self._side is None or self._side[0] != key:
            canvas = Canvas(wide, self.height, _GROUND)
            self._write(canvas, (30, 44), self._title, 17, _SOFT)
            time = f"{clock(moment)} / {clock(self._total)}"
            at = wide / self._unit - 30 - width_of(time, 15)
            self._write(canvas, (at, 44), time, 15, _SOFT)
            if turn is not None:
                self._speech(canvas, self._reacted.timeline.turns[turn], said)
            self._lanes(canvas, head)
            self._write(canvas, (30, 522), told(self._reacted), 13, _SOFT)
            self._side = key, canvas.pixels()
        return self._side[1]

    def _turn(self, moment: float) -> int | None:
        """The turn that goes on, or went on last."""
        begun = [i for i, (start, _) in enumerate(self._reacted.times) if start <= moment]
        return max(begun, key=lambda i: self._reacted.times[i][0], default=None)

    def _said(self, turn: int, moment: float) -> int:
        """How many words of a turn have begun."""
        words = self._reacted.timeline.turns[turn].words
        if words and not self._reacted.laid_out:
            return sum(word.start <= moment for word in words)
        start, end = self._reacted.times[turn]
        share = (moment - start) / max(end - start, 1e-3)
        return round(len(_words(self._reacted.timeline.turns[turn])) * min(share, 1.0))

    def _speech(self, canvas: Canvas, turn: Turn, said: int) -> None:
        name = turn.utterance.speaker
        self._write(canvas, (30, 112), name, 26, _INK, bold=True)
        self._feeling(canvas, turn, 30 + width_of(name, 26) + 18)
        words = _words(turn)
        size, room = 29.0, canvas.pixels().shape[1] / self._unit - 60
        lines = _wrapped(words, size, room)
        now = next((k for k, line in enumerate(lines) if line[-1] >= said - 1), len(lines) - 1)
        first = max(0, min(now - _LINES + 2, len(lines) - _LINES))
        for k, line in enumerate(lines[first : first + _LINES]):
            x = 30.0
            for i in line:
                colour = _INK if i < said else "#a9afb7"
                self._write(canvas, (x, 170 + 42 * k), words[i], size, colour)
                x += width_of(f"{words[i]} ", size)

    def _feeling(self, canvas: Canvas, turn: Turn, x: float) -> None:
        if turn.emotion is None:
            return
        mark = self._marks.get(turn.emotion.label or "")
        if mark is not None:
            self._box(canvas, (x, 92, 25, 25), mark.light)
            letter = mark.letter
            self._write(canvas, (x + 12.5 - width_of(letter, 15) / 2, 110), letter, 15, _SURFACE)
        self._write(canvas, (x + (34 if mark else 0), 111), verdict(turn.emotion), 18, _SOFT)

    def _lanes(self, canvas: Canvas, head: int) -> None:
        speakers = self._reacted.timeline.speakers[:_LANES]
        wide = (self.width - round(self.width * _FACE)) / self._unit - 60
        top = 484 - 50 * len(speakers)
        for k, speaker in enumerate(speakers):
            y = top + 50 * k
            self._write(canvas, (30, y + 12), speaker, 13, _SOFT)
            self._box(canvas, (30, y + 18, wide, 20), _LINE, 0.6)
            turns = zip(self._reacted.timeline.turns, self._reacted.times, strict=True)
            for turn, (start, end) in turns:
                if turn.utterance.speaker == speaker:
                    at, long = wide * start / self._total, wide * (end - start) / self._total
                    self._box(canvas, (30 + at, y + 18, max(long, 1.0), 20), self._colour(turn))
        x = 30 + head / self._unit
        ends = np.array([[x, top + 14], [x, top + 50 * len(speakers) - 8]])
        canvas.line(ends * self._unit, _INK, 2 * self._unit)

    def _colour(self, turn: Turn) -> str:
        mark: Mark | None = self._marks.get((turn.emotion and turn.emotion.label) or "")
        return "#c4c8ce" if mark is None else mark.light

    def _write(
        self,
        canvas: Canvas,
        at: tuple[float, float],
        words: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
    ) -> None:
        if not can_write(words):
            return
        u = self._unit
        canvas.text((at[0] * u, at[1] * u), words, size * u, colour, bold=bold)

    def _box(
        self,
        canvas: Canvas,
        box: tuple[float, float, float, float],
        colour: str,
        opacity: float = 1.0,
    ) -> None:
        x, y, wide, high = box
        corners = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]])
        canvas.polygon(corners * self._unit, colour, opacity)


def unwritten(timeline: Timeline) -> str | None:
    """What to tell of words that there is no font for; None where all can be drawn."""
    said = (t.utterance for t in timeline.turns)
    lacking = sum(not can_write(f"{u.speaker} {u.text or ''}") for u in said)
    if not lacking:
        return None
    return (
        f"names or words of {lacking} of {len(timeline.turns)} turns are not in the film: there is "
        "no font for them (install Noto Sans CJK, or write an .html)"
    )


def _words(turn: Turn) -> list[str]:
    words = [w.text.strip() for w in turn.words] or (turn.utterance.text or "").split()
    return [w for w in words if w and can_write(w)]


def _wrapped(words: Sequence[str], size: float, room: float) -> list[list[int]]:
    """Numbers of words, line by line."""
    lines: list[list[int]] = []
    used = room
    for i, word in enumerate(words):
        wide = width_of(f"{word} ", size)
        if used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += wide
    return lines
