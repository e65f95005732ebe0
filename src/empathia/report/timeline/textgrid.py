"""A timeline as a Praat TextGrid: tiers for text, words and emotion of every speaker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from empathia.report.timeline.times import Span, one_line, spans
from empathia.report.wording import verdict
from empathia.types import Timeline

Interval = tuple[float, float, str]

_SHORTEST = 0.001


def dumps(timeline: Timeline) -> str:
    """A timeline as TextGrid text (long form), times in s to the millisecond.

    Every speaker has a tier with the text of the turns, one with single words
    where their times are known, and one with the fused emotion. Gaps are
    empty intervals; where turns of one speaker overlap, the shared stretch
    holds both labels, joined by " | ".

    Raises:
        UsageError: A turn has no times.
    """
    timed = spans(timeline, "TextGrid")
    tiers: list[tuple[str, list[Interval]]] = []
    for speaker in dict.fromkeys([*timeline.speakers, *(t.utterance.speaker for _, _, t in timed)]):
        spoken = [s for s in timed if s[2].utterance.speaker == speaker]
        tiers.append((speaker, [(a, b, t.utterance.text or "") for a, b, t in spoken]))
        if any(turn.words for _, _, turn in spoken):
            tiers.append((f"{speaker} words", _words(spoken)))
        tiers.append((f"{speaker} emotion", _emotions(spoken)))
    tiers = [(name, [_sound(i) for i in intervals]) for name, intervals in tiers]
    ends = [end for _, intervals in tiers for _, end, _ in intervals]
    last = max([round(timeline.duration or 0.0, 3), _SHORTEST, *ends])
    return _grid([(name, _filled(intervals, last)) for name, intervals in tiers], last)


def _words(spoken: Iterable[Span]) -> list[Interval]:
    return [(w.start, w.end, w.text.strip()) for _, _, turn in spoken for w in turn.words]


def _emotions(spoken: Iterable[Span]) -> list[Interval]:
    return [(a, b, verdict(t.emotion)) for a, b, t in spoken if t.emotion is not None]


def _sound(interval: Interval) -> Interval:
    """Whole milliseconds and some length, as Praat allows no empty stretch of time."""
    start, end = round(interval[0], 3), round(interval[1], 3)
    return start, max(end, round(start + _SHORTEST, 3)), one_line(interval[2])


def _filled(intervals: Sequence[Interval], last: float) -> list[Interval]:
    """Cut at every boundary, so that intervals touch, cover all and never overlap."""
    edges = sorted({0.0, last, *(x for start, end, _ in intervals for x in (start, end))})
    opening = sorted(range(len(intervals)), key=lambda i: intervals[i][0])
    active: list[int] = []
    cut: list[tuple[float, float, tuple[int, ...]]] = []
    for start, end in pairwise(edges):
        while opening and intervals[opening[0]][0] <= start:
            active.append(opening.pop(0))
        active = [i for i in active if intervals[i][1] > start]
        cut.append((start, end, tuple(active)))
    return [(a, b, " | ".join(x for x in (intervals[i][2] for i in who) if x)) for a, b, who in cut]


def _grid(tiers: Sequence[tuple[str, Sequence[Interval]]], last: float) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    lines += ["xmin = 0", f"xmax = {last:.3f}", "tiers? <exists>", f"size = {len(tiers)}"]
    lines.append("item []:")
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"']
        lines += [f"        name = {_quoted(name)}", "        xmin = 0"]
        lines += [f"        xmax = {last:.3f}", f"        intervals: size = {len(intervals)}"]
        for place, (start, end, label) in enumerate(intervals, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start:.3f}"]
            lines += [f"            xmax = {end:.3f}", f"            text = {_quoted(label)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Praat doubles quotation marks inside a string."""
    return '"' + one_line(text).replace('"', '""') + '"'
