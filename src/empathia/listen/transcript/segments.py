"""Words with times inside of a recogniser's segment: kept, and cut where the speaker changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

from empathia.listen.transcript.objects import MARKS, Object, speaker_of, text_of
from empathia.listen.transcript.rows import Row, clean, clean_name
from empathia.listen.transcript.spoken import Spoken, turns_of, word
from empathia.tables.cells import seconds
from empathia.types import Word

_STARTS = ("start", "startTime", "start_time", "ts", "start_timestamp", "startOffset")
_ENDS = ("end", "endTime", "end_time", "end_ts", "end_timestamp", "endOffset")
_SURE = ("probability", "score", "confidence", "p")
_LATEST = 1e7  # a later time is a mistake
_LONGEST = 20.0  # s; longer words are told in milliseconds


class _Said(NamedTuple):
    """A word of a segment; without times where the recogniser could not place it."""

    speaker: str | None
    text: str
    start: float | None
    end: float | None
    probability: float | None
    mark: bool  # punctuation, which goes on with the word before it


def in_milliseconds(words: Iterable[Object]) -> bool:
    """Whether words are so long that their times can only be milliseconds."""
    spans = [(_first(w, _STARTS), _first(w, _ENDS)) for w in words]
    whole = [b - a for a, b in spans if isinstance(a, int) and isinstance(b, int)]
    return bool(whole) and len(whole) == len(spans) and median(whole) > _LONGEST


def turns(words: Sequence[Object], scale: float, between: str, speaker: str | None) -> list[Row]:
    """Turns of words that lie in no segments.

    Args:
        words: In time order.
        scale: Seconds a unit of their times.
        between: What stands between two words.
        speaker: Who speaks where a word does not say so.
    """
    said = [_said(w, scale) for w in words]
    spoken = [
        Spoken(n, clean_name(who or "") or speaker, w)
        for who, run in groupby(_known(said), key=lambda s: s.speaker)
        for n, w in enumerate(_timed(list(run)), start=1)
    ]
    return turns_of(spoken, between)


def with_words(row: Row, words: Sequence[Object], scale: float, between: str) -> Iterator[Row]:
    """The turn of a segment with its words; several where several people say them."""
    said = list(_known([_said(w, scale) for w in words]))
    runs = [(who, list(run)) for who, run in groupby(said, key=lambda s: s.speaker)]
    if len(runs) < 2:
        own = clean_name(runs[0][0] or "") if runs else None
        yield row._replace(speaker=row.speaker or own, words=_timed(said))
        return
    texts = _cut(row.text or "", [[s.text for s in run] for _, run in runs], between)
    for place, ((who, run), text) in enumerate(zip(runs, texts, strict=True)):
        timed = _timed(run)
        start = row.start if place == 0 else timed[0].start if timed else None
        end = row.end if place == len(runs) - 1 else max((w.end for w in timed), default=None)
        known = start is not None and end is not None
        yield row._replace(
            speaker=clean_name(who or "") or row.speaker,
            text=clean(text),
            start=start if known else None,
            end=end if known else None,
            words=timed,
        )


def _said(value: Object, scale: float) -> _Said:
    text = value.get("punctuated_word")
    plain = text if isinstance(text, str) else text_of(value) or value.get("value")
    start, end = _time(_first(value, _STARTS), scale), _time(_first(value, _ENDS), scale)
    sure = _first(value, _SURE)
    probability = sure if isinstance(sure, (int, float)) and math.isfinite(sure) else None
    words = clean(plain) if isinstance(plain, str) else None
    mark = value.get("type") in MARKS
    return _Said(speaker_of(value), words or "", start, end, probability, mark)


def _first(value: Object, keys: Sequence[str]) -> object:
    for key in keys:
        if value.get(key) is not None:
            return value[key]
    return None


def _time(value: object, scale: float) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(value * scale, 6) if 0 <= value < _LATEST else None
    if not isinstance(value, str):
        return None
    try:
        time = seconds(value, scale)
        return None if time is None else round(time, 6)
    except ValueError:
        return None


def _known(said: Sequence[_Said]) -> Iterator[_Said]:
    """Words of which each has the speaker of the one before it, where it names none."""
    last = next((s.speaker for s in said if s.speaker is not None), None)
    for s in said:
        last = s.speaker or last
        yield s._replace(speaker=last)


def _timed(said: Sequence[_Said]) -> tuple[Word, ...]:
    """Words with times; one that has none goes on with the one before it (or the next)."""
    words: list[Word] = []
    waiting = ""
    for s in said:
        timed = not (s.mark and words)
        made = word(f"{waiting}{s.text}", s.start, s.end, s.probability) if timed else None
        if made is not None:
            words.append(made)
            waiting = ""
        elif words:
            last = words[-1]
            text = f"{last.text}{'' if s.mark else ' '}{s.text}".strip()
            words[-1] = Word(text, last.start, last.end, last.probability)
        else:
            waiting += f"{s.text} "
    return tuple(words)


def _cut(text: str, runs: Sequence[Sequence[str]], between: str) -> list[str]:
    """A segment's text, cut where the words of each run begin; else the words themselves."""
    places = []
    at = 0
    for run in runs:
        for n, said in enumerate(run):
            start = text.find(said, at)
            if start < 0:
                return [between.join(run) for run in runs]
            places += [start] if n == 0 else []
            at = start + len(said)
    return [text[a:b] for a, b in zip([0, *places[1:]], [*places[1:], len(text)], strict=True)]
