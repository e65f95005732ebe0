"""A timeline as subtitles: ``[Ann · anger 62 %] words``."""

from __future__ import annotations

from empathia.report.timeline.times import one_line, spans
from empathia.report.wording import verdict
from empathia.types import Timeline, Turn


def dumps(timeline: Timeline) -> str:
    """A timeline as SubRip text, one cue a turn.

    A turn without a fused emotion reads ``Ann: words``; one whose emotion
    abstained ``[Ann · unsure] words``. ``read_transcript`` reads the file back.

    Raises:
        UsageError: A turn has no times.
    """
    cues = []
    for number, (start, end, turn) in enumerate(spans(timeline, "srt"), start=1):
        cues.append(f"{number}\n{_stamp(start)} --> {_stamp(end)}\n{_line(turn)}\n")
    return "\n".join(cues)


def _stamp(seconds: float) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d},{ms % 1000:03d}"


def _line(turn: Turn) -> str:
    # An arrow inside the words would read as a cue's times.
    speaker = one_line(turn.utterance.speaker).replace("-->", "->")
    words = one_line(turn.utterance.text or "").replace("-->", "->")
    if turn.emotion is None:
        return f"{speaker}: {words}".rstrip()
    return f"[{speaker} · {one_line(verdict(turn.emotion))}] {words}".rstrip()
