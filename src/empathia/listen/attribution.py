"""Which speaker says each word: words with times, given to the speech of known speakers.

A recogniser's word times are off by .1 to .3 s, and so are the times at which a diariser hears
the speaker change. A word goes wholly to one speaker. Where the two disagree, the change moves to
where people do take turns: behind a sentence, or to a pause between two words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from empathia.listen.paths import cheapest
from empathia.listen.speakers import SpeakerSpan
from empathia.listen.words import Window
from empathia.types import Word, spaced

_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟")
_QUESTIONS = ("?", "？", "؟")
_CLOSING = "\"'”’)]»"
_CHANGE = 0.02  # what a change of speaker costs, in s of words on the wrong side of it, ...
_INSIDE = 0.25  # ... and more inside a sentence, but for a pause that is this long (s)
_POINT = 0.02  # s; a shorter word has no place of its own, ...
_DRAWN = 0.1  # ... and what is near draws it by this share of a word's weight, ...
_FAR = 1.0  # ... up to this far (s)
_TOUCH = 0.05  # s between two people who leave no pause

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech of one speaker.

    Args:
        start: Start in s.
        end: End in s.
        speaker: Number of the speaker.
        words: Its words in time order, all inside of it.
        language: ISO 639-1 code of most of its words; None where it has none, or not known.
        confidence: That it is this speaker, as in ``SpeakerSpan``.
    """

    start: float
    end: float
    speaker: int
    words: tuple[Word, ...] = ()
    language: str | None = None
    confidence: float | None = None

    @property
    def ends_sentence(self) -> bool:
        """Whether its last word closes a sentence."""
        return bool(self.words) and ends_sentence(self.words[-1])

    @property
    def asks(self) -> bool:
        """Whether its last word closes a question."""
        return bool(self.words) and self.words[-1].text.rstrip(_CLOSING).endswith(_QUESTIONS)


def attributed(speech: Sequence[SpeakerSpan], windows: Sequence[Window]) -> list[Stretch]:
    """All speech, with its words.

    Args:
        speech: Of any number of speakers, in any order; may overlap.
        windows: Words, and the language of each window.

    Returns:
        Ordered by start; those of one speaker do not overlap. Together they cover all of the
        speech and hold every word once. [] without speech.
    """
    spans = _apart(speech)
    said = sorted(((w, v.language) for v in windows for w in v.words), key=lambda s: s[0].start)
    if not spans:
        return []
    words = [w for w, _ in said]
    held: list[list[int]] = [[] for _ in spans]
    for i, home in enumerate(_homes(spans, words)):
        held[home].append(i)
    placed = _moved(spans, [[words[i] for i in mine] for mine in held])
    made = []
    for span, (start, end), mine in zip(spans, placed, held, strict=True):
        spoken = tuple(within(words[i], start, end) for i in mine)
        languages = Counter(said[i][1] for i in mine).most_common(1)
        language = languages[0][0] if languages else None
        made.append(Stretch(start, end, span.speaker, spoken, language, span.confidence))
    return sorted(made, key=lambda s: (s.start, s.end, s.speaker))


def text_of(words: Sequence[Word], language: str | None = None) -> str | None:
    """Words as one line of text; None where there are none."""
    parts = [w.text for w in words[:1]]
    for before, word in pairwise(words):
        parts += [" " * spaced(before.text, word.text, language), word.text]
    return "".join(parts).strip() or None


def ends_sentence(word: Word) -> bool:
    """Whether a word closes a sentence."""
    return word.text.rstrip(_CLOSING).endswith(_ENDS)


def within(word: Word, start: float, end: float) -> Word:
    """The word without what its times reach out of its speech."""
    begin = min(max(word.start, start), end)
    return Word(word.text, begin, min(max(word.end, begin), end), word.probability)


def _apart(speech: Sequence[SpeakerSpan]) -> list[SpeakerSpan]:
    """Ordered by start, and those of one speaker cut where they would overlap."""
    apart: list[SpeakerSpan] = []
    reached: dict[int, float] = {}
    for span in sorted(speech, key=lambda s: s[:3]):
        start = max(span.start, reached.get(span.speaker, 0.0))
        if start < span.end or span.speaker not in reached:
            apart.append(SpeakerSpan(start, span.end, span.speaker, span.confidence))
            reached[span.speaker] = span.end
    return sorted(apart, key=lambda s: s[:3])


def _homes(spans: Sequence[SpeakerSpan], words: Sequence[Word]) -> list[int]:
    """Number of the span that each word belongs to."""
    if not words:
        return []
    speakers = sorted({s.speaker for s in spans})
    homes = [0] * len(words)
    whose = _speakers_of(spans, speakers, words)
    for number, speaker in enumerate(speakers):
        own = [i for i, s in enumerate(spans) if s.speaker == speaker]
        mine = [i for i, k in enumerate(whose) if k == number]
        places = _places([spans[i] for i in own], [words[i] for i in mine])
        for i, place in zip(mine, places, strict=True):
            homes[i] = own[place]
    return homes


def _speakers_of(
    spans: Sequence[SpeakerSpan], speakers: Sequence[int], words: Sequence[Word]
) -> list[int]:
    """The place in ``speakers`` of each word's, by the cheapest path through all words."""
    start = np.array([w.start for w in words])
    end = np.array([w.end for w in words])
    away = np.stack([_away([s for s in spans if s.speaker == k], start, end) for k in speakers], 1)
    pause = np.maximum(start[1:] - end[:-1], 0)
    closed = np.array([ends_sentence(w) for w in words[:-1]], bool)
    inside = np.where(closed, 0, np.maximum(_INSIDE - pause, 0))
    return [int(k) for k in cheapest(away, np.r_[0, _CHANGE + inside])]


def _away(mine: Sequence[SpeakerSpan], start: Floats, end: Floats) -> Floats:
    """How far (words,) are from the speech of one speaker: s outside of it, and s to it."""
    starts, ends = np.array([s.start for s in mine]), np.array([s.end for s in mine])
    edges = np.stack([starts, ends], 1).ravel()
    spoken = np.stack([np.r_[0, np.cumsum(ends - starts)[:-1]], np.cumsum(ends - starts)], 1)
    inside = np.interp(end, edges, spoken.ravel()) - np.interp(start, edges, spoken.ravel())
    next_one = np.searchsorted(starts, end, side="right")
    to_next = np.r_[starts, np.inf][next_one] - end
    to_last = start - np.r_[-np.inf, ends][next_one]
    gap = np.maximum(np.minimum(to_next, to_last), 0)
    point = end - start < _POINT
    away: Floats = np.where(point, _DRAWN * np.minimum(gap, _FAR), end - start - inside + gap)
    return away


def _places(spans: Sequence[SpeakerSpan], words: Sequence[Word]) -> list[int]:
    """Number of the span of one speaker in which each of his words is spoken."""
    starts = [s.start for s in spans]
    places: list[int] = []
    for number, word in enumerate(words):
        # The spans do not overlap: the word is in, or next to, one of these.
        low = max(0, bisect_left(starts, word.start) - 1)
        high = min(len(spans), bisect_right(starts, word.end) + 1)
        place = max(range(low, high), key=lambda i: _overlap(word, spans[i]))
        last = places[-1] if places else place
        if last < place and _misplaced(word, spans[place], words[number - 1]):
            place = last
        places.append(place)
    return places


def _misplaced(word: Word, span: SpeakerSpan, before: Word) -> bool:
    """Whether a word without length belongs before the pause that it stands in.

    Whisper puts the end of a sentence at the end of the pause that follows it.
    """
    point = word.end - word.start < _POINT and _overlap(word, span) <= 0
    return point and not ends_sentence(before)


def _overlap(word: Word, span: SpeakerSpan) -> float:
    """Seconds that the two share; a gap between them counts as a negative overlap."""
    return min(word.end, span.end) - max(word.start, span.start)


def _moved(
    spans: Sequence[SpeakerSpan], held: Sequence[Sequence[Word]]
) -> list[tuple[float, float]]:
    """Start and end of each span; where two people leave no pause, words are not cut in two.

    The change moves to the nearest time between the words of the two, by at most half of what
    either says.
    """
    places = [(s.start, s.end) for s in spans]
    for i, (a, b) in enumerate(pairwise(spans)):
        if a.speaker == b.speaker or not -1e-6 <= b.start - a.end <= _TOUCH:
            continue
        last = held[i][-1].end if held[i] else a.end
        first = held[i + 1][0].start if held[i + 1] else b.start
        if last <= a.end and first >= b.start:
            continue
        change = min(max(a.end, last), first) if last <= first else (last + first) / 2
        change = min(max(change, (a.start + a.end) / 2), (b.start + b.end) / 2)
        places[i] = (places[i][0], change)
        places[i + 1] = (change, places[i + 1][1])
    reached: dict[int, float] = {}  # a change may have moved over other speech of the same speaker
    for i, span in enumerate(spans):
        start = max(places[i][0], reached.get(span.speaker, 0.0))
        places[i] = (start, max(start, places[i][1]))
        reached[span.speaker] = places[i][1]
    return places
