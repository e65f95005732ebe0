"""Words with times, made into turns or put into the turns that hold them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from empathia.listen.transcript.rows import Row, clean
from empathia.types import Word

_PAUSE, _SENTENCE_PAUSE = 1.0, 0.5  # s that end a turn, and that do so behind a sentence
_ENDS = (".", "?", "!", "…", "。", "？", "！")


class Spoken(NamedTuple):
    """A word of somebody.

    Args:
        line: Line of the file that it stands on, from 1.
        speaker: Who says it.
        word: The word, without blanks around it.
        dialogue: Which dialogue it belongs to.
    """

    line: int
    speaker: str | None
    word: Word
    dialogue: str | None = None


def word(
    text: str, start: float | None, end: float | None, probability: float | None = None
) -> Word | None:
    """A word, or None where nothing is said or its times (s) are no times."""
    plain = clean(text)
    if plain is None or start is None or end is None or not 0 <= start <= end < math.inf:
        return None
    return Word(plain, start, end, math.nan if probability is None else probability)


def turns_of(words: Iterable[Spoken], between: str = " ") -> list[Row]:
    """Turns of words: one ends at a pause, and where somebody else speaks.

    Args:
        words: In time order.
        between: What stands between two words.
    """
    runs: list[list[Spoken]] = []
    for said in words:
        if runs and _goes_on(runs[-1][-1], said):
            runs[-1].append(said)
        else:
            runs.append([said])
    return [_row(run, between) for run in runs]


def _goes_on(last: Spoken, said: Spoken) -> bool:
    if (last.speaker, last.dialogue) != (said.speaker, said.dialogue):
        return False
    limit = _SENTENCE_PAUSE if last.word.text.endswith(_ENDS) else _PAUSE
    return last.word.start <= said.word.start <= last.word.end + limit


def _row(run: Sequence[Spoken], between: str) -> Row:
    first = run[0]
    words = tuple(s.word for s in run)
    text = clean(between.join(w.text for w in words))
    end = max(w.end for w in words)
    return Row(first.line, first.speaker, text, first.word.start, end, first.dialogue, words)


def placed(rows: Sequence[Row], words: Iterable[Spoken]) -> tuple[list[Row], list[Spoken]]:
    """Rows with the words that lie in them, and the words that lie in none.

    Args:
        rows: Of one speaker, with times, in time order.
        words: Of the same speaker, in time order.
    """
    starts = [r.start or 0.0 for r in rows]
    held: list[list[Word]] = [[] for _ in rows]
    rest = []
    for said in words:
        middle = (said.word.start + said.word.end) / 2
        place = bisect_right(starts, middle) - 1
        if place >= 0 and middle <= (rows[place].end or 0.0):
            held[place].append(said.word)
        else:
            rest.append(said)
    return [r._replace(words=tuple(w)) for r, w in zip(rows, held, strict=True)], rest
