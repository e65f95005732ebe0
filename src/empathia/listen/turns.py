"""Speech of known speakers, made into turns as people take them.

A turn is what one speaker says until somebody else does, or until a pause that is longer than
those inside of speech; sooner behind a sentence. What another throws in meanwhile ("mhm") is a
turn of its own and leaves the first one whole: the two overlap. No word is lost.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from empathia.listen.attribution import Stretch, attributed, ends_sentence, within
from empathia.listen.speakers import SpeakerSpan
from empathia.listen.words import Window

_TOUCH = 1e-3  # s


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """Where a turn ends.

    Args:
        pause: A longer pause of the speaker ends a turn (s).
        sentence_pause: So does this one behind the end of a sentence (s).
        aside: What another says in such a pause, and no longer than this (s), does not end it.
        longest: Longer turns are cut, behind a sentence or at a pause where possible (s).
        pad: How far stretches of speech reach into the pauses at both ends (s).
    """

    pause: float = 1.0
    sentence_pause: float = 0.5
    aside: float = 1.0
    longest: float = 20.0
    pad: float = 0.05

    @classmethod
    def of(cls, pause: float | None, default: TurnOptions | None = None) -> TurnOptions:
        """Turns that end at this pause, and at half of it behind a sentence; None: the default."""
        if pause is not None:
            return cls(pause=pause, sentence_pause=pause / 2)
        return cls() if default is None else default


def turns(
    speech: Sequence[SpeakerSpan],
    windows: Sequence[Window],
    options: TurnOptions | None = None,
) -> list[Stretch]:
    """Join speech and words to turns.

    Args:
        speech: Of any number of speakers, in any order; may overlap.
        windows: Words, and the language of each window; ``attributed`` says whose each word is.
        options: Where a turn ends.

    Returns:
        As :func:`joined` does.
    """
    return joined(attributed(speech, windows), options)


def joined(speech: Sequence[Stretch], options: TurnOptions | None = None) -> list[Stretch]:
    """Join stretches of speech to turns.

    Args:
        speech: Of any number of speakers; that of one does not overlap itself.
        options: Where a turn ends.

    Returns:
        Ordered by start; together they hold all speech and every word once. Turns of one
        speaker do not overlap, those of two may. Where the language of the words changes
        from one stretch to the next, a new turn begins. [] without speech.
    """
    limits = TurnOptions() if options is None else options
    ordered = sorted(speech, key=lambda s: (s.start, s.end, s.speaker))
    runs = [
        run
        for speaker in sorted({s.speaker for s in ordered})
        for run in _runs([s for s in ordered if s.speaker == speaker], limits)
    ]
    made = [
        turn for part in _parted(ordered, runs, limits) for turn in _shortened(part, limits.longest)
    ]
    return sorted(made, key=lambda t: (t.start, t.end, t.speaker))


def _runs(mine: Sequence[Stretch], limits: TurnOptions) -> list[list[Stretch]]:
    """What one speaker says without a long pause, as if nobody else spoke."""
    runs: list[list[Stretch]] = []
    language: str | None = None
    for stretch in mine:
        changes = None not in (language, stretch.language) and language != stretch.language
        if runs and not changes and _goes_on(runs[-1][-1], stretch, limits):
            runs[-1].append(stretch)
            language = stretch.language or language
        else:
            runs.append([stretch])
            language = stretch.language
    return runs


def _goes_on(before: Stretch, after: Stretch, limits: TurnOptions) -> bool:
    gap = after.start - before.end
    limit = limits.sentence_pause if before.ends_sentence else limits.pause
    return gap <= _TOUCH or gap + 2 * limits.pad <= limit


def _parted(
    speech: Sequence[Stretch], runs: Sequence[list[Stretch]], limits: TurnOptions
) -> list[list[Stretch]]:
    """The runs, each ended where somebody else takes the turn."""
    starts = [s.start for s in speech]
    run_of = {id(s): run for run in runs for s in run}
    parted: list[list[Stretch]] = []
    for run in runs:
        parted.append(run[:1])
        for before, after in pairwise(run):
            # Who has begun to speak since this speaker last did, and is heard in the pause.
            since = speech[bisect_right(starts, before.start) : bisect_left(starts, after.start)]
            others = [s for s in since if s.speaker != before.speaker and s.end > before.end]
            asides = all(_aside(s, run_of[id(s)], run, limits) for s in others)
            if not asides or (others and before.asks):
                parted.append([])
            parted[-1].append(after)
    return parted


def _aside(
    said: Stretch, whole: Sequence[Stretch], run: Sequence[Stretch], limits: TurnOptions
) -> bool:
    """Whether something short is all that another says while this run goes on."""
    inside = run[0].start <= whole[0].start and whole[-1].end <= run[-1].end
    return inside and said.end - said.start <= limits.aside


def _shortened(run: Sequence[Stretch], longest: float) -> list[Stretch]:
    """One turn, or several where it would be too long."""
    if run[-1].end - run[0].start <= longest:
        return [_whole(run)]
    if len(run) == 1:
        first, second = _cut(run[0])
        return _shortened([first], longest) + _shortened([second], longest)
    at = _best_cut([(a.end, b.start, a.ends_sentence) for a, b in pairwise(run)])
    return _shortened(run[: at + 1], longest) + _shortened(run[at + 1 :], longest)


def _whole(run: Sequence[Stretch]) -> Stretch:
    words = tuple(w for s in run for w in s.words)
    language = next((s.language for s in run if s.language), None)
    return Stretch(run[0].start, run[-1].end, run[0].speaker, words, language, _confidence(run))


def _confidence(run: Sequence[Stretch]) -> float | None:
    """Mean by length of what is known, to three digits; 0 where all of it is too short to tell."""
    known = [(s.confidence, max(s.end - s.start, 1e-3)) for s in run if s.confidence is not None]
    if not known:
        return None
    return round(sum(c * t for c, t in known) / sum(t for _, t in known), 3)


def _best_cut(gaps: Sequence[tuple[float, float, bool]]) -> int:
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
    inside = [(a.end, b.start, ends_sentence(a)) for a, b in pairwise(words)]
    time = (stretch.start + stretch.end) / 2
    if inside:
        end, start, _ = inside[_best_cut(inside)]
        between = (end + start) / 2
        if stretch.start + 1 < between < stretch.end - 1:
            time = between
    late = [i for i, w in enumerate(words) if (w.start + w.end) / 2 >= time]
    at = late[0] if late else len(words)
    head = tuple(within(w, stretch.start, time) for w in words[:at])
    tail = tuple(within(w, time, stretch.end) for w in words[at:])
    return (
        replace(stretch, end=time, words=head, language=stretch.language if head else None),
        replace(stretch, start=time, words=tail, language=stretch.language if tail else None),
    )
