"""Speech of known speakers and words with times, made into turns.

A turn is consecutive speech of one speaker. It ends at a pause, earlier at a
pause behind a sentence, and where it would grow too long. No word is lost.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from empathia.listen.speakers import SpeakerSpan
from empathia.types import Word

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_CLOSING = "\"'”’)]»"
# Languages that are written without spaces between words.
_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """Where a turn ends.

    Args:
        pause: A longer pause of the speaker ends a turn (s).
        sentence_pause: So does this one behind the end of a sentence (s).
        longest: Longer turns are cut, behind a sentence or at a pause where possible (s).
        pad: How far stretches of speech reach into the pauses at both ends (s).
    """

    pause: float = 1.0
    sentence_pause: float = 0.5
    longest: float = 20.0
    pad: float = 0.1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech of one speaker.

    Args:
        start: Start in s.
        end: End in s.
        speaker: Number of the speaker.
        words: Its words in time order.
    """

    start: float
    end: float
    speaker: int
    words: tuple[Word, ...] = ()

    @property
    def ends_sentence(self) -> bool:
        """Whether its last word closes a sentence."""
        return bool(self.words) and _ends_sentence(self.words[-1])


def turns(
    speech: Sequence[SpeakerSpan],
    words: Sequence[Word],
    options: TurnOptions | None = None,
) -> list[Stretch]:
    """Join speech and words to turns.

    Args:
        speech: Of any number of speakers; may overlap.
        words: In time order. Each goes to the speech that it overlaps most, else to the
            nearest.
        options: Where a turn ends.

    Returns:
        Turns ordered by start; together they hold every word once. [] without speech.
    """
    limits = TurnOptions() if options is None else options
    made: list[Stretch] = []
    for run in _runs(_filled(sorted(speech, key=lambda s: s[:3]), words), limits):
        made += _shortened(run, limits.longest)
    return made


def text_of(words: Sequence[Word], language: str | None = None) -> str | None:
    """Words as one line of text; None where there are none."""
    between = "" if language in _UNSPACED else " "
    return between.join(w.text for w in words).strip() or None


def _ends_sentence(word: Word) -> bool:
    return word.text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS)


def _filled(speech: list[SpeakerSpan], words: Sequence[Word]) -> list[Stretch]:
    """Each stretch of speech with its words."""
    held: list[list[Word]] = [[] for _ in speech]
    starts = [s[0] for s in speech]
    reach = max((s[1] - s[0] for s in speech), default=0.0)
    last: int | None = None
    for word in words if speech else ():
        # Only stretches that can overlap the word, and their neighbours, are looked at.
        low = max(0, bisect_left(starts, word.start - reach) - 1)
        high = min(len(speech), bisect_right(starts, word.end) + 1)
        home = max(range(low, high), key=lambda i: _overlap(word, speech[i]))
        if last is not None and last < home and _misplaced(word, speech[home], held[last][-1]):
            home = last
        held[home].append(word)
        last = home
    return [
        Stretch(*s[:3], tuple(_within(w, s[0], s[1]) for w in mine))
        for s, mine in zip(speech, held, strict=True)
    ]


def _misplaced(word: Word, stretch: SpeakerSpan, before: Word) -> bool:
    """Whether a word without length belongs before the pause that it stands in.

    Whisper puts the end of a sentence at the end of the pause that follows it.
    """
    point = word.end - word.start < 0.02 and _overlap(word, stretch) <= 0
    return point and not _ends_sentence(before)


def _within(word: Word, start: float, end: float) -> Word:
    """The word without what its times reach into the pauses around its stretch."""
    begin = min(max(word.start, start), end)
    return Word(word.text, begin, min(max(word.end, begin), end), word.probability)


def _overlap(word: Word, stretch: SpeakerSpan) -> float:
    """Seconds that the two share; a gap between them counts as a negative overlap."""
    return min(word.end, stretch[1]) - max(word.start, stretch[0])


def _runs(stretches: list[Stretch], limits: TurnOptions) -> Iterator[list[Stretch]]:
    """Consecutive stretches that belong to one turn."""
    run: list[Stretch] = []
    for stretch in stretches:
        if run and not _goes_on(run, stretch, limits):
            yield run
            run = []
        run.append(stretch)
    if run:
        yield run


def _goes_on(run: list[Stretch], after: Stretch, limits: TurnOptions) -> bool:
    pause = after.start - max(s.end for s in run) + 2 * limits.pad
    limit = limits.sentence_pause if run[-1].ends_sentence else limits.pause
    return run[-1].speaker == after.speaker and pause <= limit


def _shortened(run: list[Stretch], longest: float) -> list[Stretch]:
    """One turn, or several where it would be too long."""
    end = max(s.end for s in run)
    if end - run[0].start <= longest:
        words = tuple(sorted((w for s in run for w in s.words), key=lambda w: w.start))
        return [Stretch(run[0].start, end, run[0].speaker, words)]
    if len(run) == 1:
        first, second = _cut(run[0])
        return _shortened([first], longest) + _shortened([second], longest)
    at = _best_cut([(a.end, b.start, a.ends_sentence) for a, b in pairwise(run)])
    return _shortened(run[: at + 1], longest) + _shortened(run[at + 1 :], longest)


def _best_cut(gaps: list[tuple[float, float, bool]]) -> int:
    """Number of the gap to cut at: long, behind a sentence, and near the middle."""
    middle = (gaps[0][0] + gaps[-1][1]) / 2
    reach = max((gaps[-1][1] - gaps[0][0]) / 2, 1e-6)

    def merit(gap: tuple[float, float, bool]) -> float:
        end, start, sentence = gap
        return (start - end) + 0.5 * sentence - abs((end + start) / 2 - middle) / reach

    central = [i for i, g in enumerate(gaps) if abs((g[0] + g[1]) / 2 - middle) <= 0.7 * reach]
    return max(central or range(len(gaps)), key=lambda i: merit(gaps[i]))


def _cut(stretch: Stretch) -> tuple[Stretch, Stretch]:
    """Cut one stretch between two words, or in the middle where there are none."""
    words = stretch.words
    inside = [(a.end, b.start, _ends_sentence(a)) for a, b in pairwise(words)]
    time = (stretch.start + stretch.end) / 2
    if inside:
        end, start, _ = inside[_best_cut(inside)]
        between = (end + start) / 2
        if stretch.start + 1 < between < stretch.end - 1:
            time = between
    head = tuple(w for w in words if (w.start + w.end) / 2 < time)
    return (
        Stretch(stretch.start, time, stretch.speaker, head),
        Stretch(time, stretch.end, stretch.speaker, words[len(head) :]),
    )
