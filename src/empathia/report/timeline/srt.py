"""A timeline as subtitles: ``[Ann · anger 62 %] words``."""

from __future__ import annotations

import re

from empathia.report.timeline.times import one_line, spans
from empathia.report.wording import NOT_JUDGED, verdict
from empathia.types import Timeline, Turn


def dumps(timeline: Timeline) -> str:
    """A timeline as SubRip text, one cue a turn.

    A turn whose emotion abstained reads ``[Ann · unsure] words``, one of which no emotion was
    asked for ``[Ann · –] words``. In a name a backslash stands before brackets, backslashes and
    ``·``; words stand as they are. ``read_transcript`` reads the file back.

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
    felt = NOT_JUDGED if turn.emotion is None else verdict(turn.emotion)
    speaker = one_line(turn.utterance.speaker) or "Speaker"
    words = one_line(turn.utterance.text or "")
    return f"[{_escaped(speaker)} · {_escaped(felt)}] {words}".rstrip()


def _escaped(text: str) -> str:
    """What stands between brackets and points must not look like them."""
    return re.sub(r"([\\\[\]·])", r"\\\1", one_line(text))
