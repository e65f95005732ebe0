"""Captions that roll: each cue shows again what the cue before it showed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from empathia.listen.transcript.rows import Row

_SHARE = 0.4  # of the cues that begin with lines of the cue before
_GAP = 1.0  # s without a cue that end a sentence
_LENGTH = 20.0  # s after which a sentence without an end is cut
_END = re.compile(r"[.!?…。！？][\"'”’)\]]*$")


def rolls(cues: Sequence[Sequence[str]]) -> bool:
    """Whether captions roll.

    Args:
        cues: The lines of each cue, without tags and empty lines.
    """
    shown = [c for c in cues if c]
    again = [_again(a, b) for a, b in pairwise(shown)]
    # Somebody may say "Fine." twice; a cue that rolls shows something new as well.
    rolled = sum(0 < k < len(b) for k, b in zip(again, shown[1:], strict=True))
    return rolled >= 2 and sum(k > 0 for k in again) >= _SHARE * (len(shown) - 1)


def new_lines(cues: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of each cue that the cue before it did not show."""
    new: list[list[str]] = []
    before: Sequence[str] = ()
    for cue in cues:
        new.append(list(cue[_again(before, cue) :]))
        before = cue or before
    return new


def _again(before: Sequence[str], cue: Sequence[str]) -> int:
    """How many lines at the start of a cue are the last ones of the cue before it."""
    most = min(len(before), len(cue))
    return next((k for k in range(most, 0, -1) if before[-k:] == cue[:k]), 0)


def joined(rows: Sequence[tuple[Row, bool]]) -> list[tuple[Row, bool]]:
    """Rows joined to sentences; one that says itself who speaks begins a new one."""
    sentences: list[tuple[Row, bool]] = []
    for row, own in rows:
        if sentences and not own and _goes_on(sentences[-1][0], row):
            last, named = sentences[-1]
            text = f"{last.text or ''} {row.text or ''}".strip()
            sentences[-1] = last._replace(text=text or None, end=row.end), named
        else:
            sentences.append((row, own))
    return sentences


def _goes_on(last: Row, row: Row) -> bool:
    if last.speaker != row.speaker or _END.search(last.text or ""):
        return False
    if last.start is None or last.end is None or row.start is None or row.end is None:
        return False
    return row.start - last.end <= _GAP and row.end - last.start <= _LENGTH
