"""A timeline as a Praat TextGrid: tiers for text, words and emotion of every speaker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from empathia.report.timeline.times import Span, one_line, spans
from empathia.report.wording import NOT_JUDGED, verdict
from empathia.types import Timeline

Interval = tuple[float, float, str]

_SHORTEST = 0.001


def dumps(timeline: Timeline) -> str:
    """A timeline as TextGrid text (long form), times in s to the millisecond.

    Every speaker has a group of tiers: ``Ann`` with the text of the turns, ``Ann words`` with
    single words where their times are known, ``Ann emotion`` with the fused emotion of every
    turn, or a dash. Gaps are empty intervals. A turn that overlaps another one of its speaker
    stands in a further group of the same names. ``read_transcript`` reads the file back.

    Raises:
        UsageError: A turn has no times.
    """
    tiers: list[tuple[str, list[Interval]]] = []
    for name, held in _groups(timeline):
        said = [(a, b, turn.utterance.text or "") for a, b, turn in held]
        felt = [
            (a, b, NOT_JUDGED if turn.emotion is None else verdict(turn.emotion))
            for a, b, turn in held
        ]
        words = _words(held)
        tiers += [(name, said), *([(f"{name} words", words)] if words else [])]
        tiers.append((f"{name} emotion", felt))
    ends = [end for _, intervals in tiers for _, end, _ in intervals]
    last = max([round(timeline.duration or 0.0, 3), _SHORTEST, *ends])
    return _grid([(name, _filled(intervals, last)) for name, intervals in tiers], last)


def _groups(timeline: Timeline) -> list[tuple[str, list[Span]]]:
    """Turns that can share a tier, by speaker.

    Turns that begin together stand in groups in their own order, so that a reader who sorts by
    start keeps it.
    """
    groups: list[tuple[str, list[Span]]] = [(_name(s), []) for s in timeline.speakers]
    before, last = -1.0, -1
    for a, b, turn in spans(timeline, "TextGrid"):
        start, end = _sound(a, b)
        least = last + 1 if start == before else 0
        name = _name(turn.utterance.speaker)
        for place in range(least, len(groups)):
            whose, held = groups[place]
            if whose == name and (not held or held[-1][1] <= start):
                break
        else:
            place = len(groups)
            groups.append((name, []))
        groups[place][1].append((start, end, turn))
        before, last = start, place
    return groups


def _name(speaker: str) -> str:
    return one_line(speaker) or "Speaker"


def _words(held: Iterable[Span]) -> list[Interval]:
    """The words of a group; one that reaches into the word before it begins behind it."""
    intervals: list[Interval] = []
    for word in (w for _, _, turn in held for w in turn.words):
        start, end = _sound(word.start, word.end)
        start = max(start, intervals[-1][1] if intervals else 0.0)
        intervals.append((start, max(end, round(start + _SHORTEST, 3)), word.text))
    return intervals


def _sound(start: float, end: float) -> tuple[float, float]:
    """Whole milliseconds and some length, as Praat allows no empty stretch of time."""
    start = round(start, 3)
    return start, max(round(end, 3), round(start + _SHORTEST, 3))


def _filled(intervals: Sequence[Interval], last: float) -> list[Interval]:
    """Intervals with empty ones between them, so that they touch and cover all."""
    filled: list[Interval] = []
    at = 0.0
    for start, end, label in intervals:
        filled += [(at, start, "")] if at < start else []
        filled.append((start, end, label))
        at = end
    return [*filled, (at, last, "")] if at < last else filled


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
