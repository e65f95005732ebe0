"""Whether recognised words can be believed; where not, why not.

A speech model writes words for everything: humming, noise, a language that it
does not know. It betrays itself: it repeats itself, it doubts that anybody
speaks, it believes in no language, its words are improbable. Each window is
judged for itself, so that what is made up in one place costs nothing elsewhere.

A model that knows English only cannot tell a language. In German, too, it hears
English; the words are improbable, and it soon falls into a loop in which it
grows ever more certain of itself. So its evidence is the mean probability of
the *new* words of the whole recording: a pair of words that was there before
does not count. ``benchmarks/words.py`` measures all of this.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from empathia.listen.words import LOOPS, Window
from empathia.types import Utterance, Word

_BELIEVED = 0.43  # belief in the words of a window, as `belief` has it ...
_NAMED = 0.3  # ... and where the user named their language
_NOBODY, _STRANGE = 0.5, 0.02  # what no speech, and odds of the language, weigh in it
_LIKELY = 0.6  # probability of nobody, and of a language, that are the reason of a doubt
_ODDS = 0.99  # probability of a language beyond which it says no more
CERTAIN = 0.70  # of the new words of a recording, for a model that knows English only
_NEW = 0.6  # certainty of the new words of a text that repeats itself
_FEW = 3  # words that hold no repetition of their own
_ENOUGH = 8  # new words that one window needs to be judged on its own
_RATE = 9.0  # words a second that nobody speaks
_MUTED = "words not available"
_SHOWN = 5  # times that a note shows

REPEATS = "the speech model repeated itself"
SPEECHLESS = "it sounds like music, noise or silence"
STRANGE = "no language was recognised"
UNCERTAIN = "the words are too uncertain"
SILENT = "the speech model recognised none"
ENGLISH_ONLY = (
    "the speech model knows English only and is too uncertain: another language, or hard to hear "
    "(if it is English, add --language en; else leave --asr-model out)"
)

_Pair = tuple[str, str]  # a word and the one before it, letters and digits alone


@dataclass(frozen=True, slots=True)
class Withheld:
    """A stretch whose words are not believed; times in s from the start of the recording."""

    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True)
class Believed:
    """The words of a recording that can be believed.

    Args:
        windows: Those that hold such words, in time order, each in its language.
        language: ISO 639-1 code of most of the words, or None where it is not known.
        withheld: Where words were recognised that are not believed.
        notes: What else there is to say.
        asked: Whether words were asked for and the model could try.
    """

    windows: tuple[Window, ...]
    language: str | None
    withheld: tuple[Withheld, ...] = ()
    notes: tuple[str, ...] = ()
    asked: bool = True

    @property
    def words(self) -> tuple[Word, ...]:
        """All of them, in time order."""
        return tuple(w for window in self.windows for w in window.words)

    def notes_on(self, spoken: Iterable[Utterance]) -> tuple[str, ...]:
        """What to say to the user, with a reason for every turn without words.

        Args:
            spoken: All turns, with times.
        """
        if not self.asked:
            return self.notes
        missing = list(self.withheld)
        for turn in spoken:
            start, end = turn.start or 0.0, turn.end or 0.0
            known = any(w.start < end and start < w.end for w in self.withheld)
            if turn.text is None and not known:
                missing.append(Withheld(start, end, SILENT))
        if missing and not self.windows and len({m.reason for m in missing}) == 1:
            return (*self.notes, f"{_MUTED}: {missing[0].reason}")
        return (*self.notes, *_listed(missing))


def certainty(words: Sequence[Word]) -> float | None:
    """Mean probability of the words that do not repeat an earlier pair, in [0, 1].

    Returns:
        None where there are no words.
    """
    new = _new(words)
    return sum(w.probability for w in new) / len(new) if new else None


class Evidence:
    """What windows that are judged no more tell of later ones: each is counted once.

    Args:
        given: Whether the user said what is spoken.

    Attributes:
        seconds: How long each language was spoken, in words that can be believed.
    """

    def __init__(self, *, given: bool) -> None:
        self.seconds: dict[str, float] = {}
        self._given = given
        self._pairs: set[_Pair] = set()
        self._last = ""
        self._new, self._sure = 0, 0.0  # new words, and the sum of their probabilities

    def count(self, window: Window) -> None:
        """Count the next window."""
        new = _new(window.words, self._pairs, self._last)
        self._new += len(new)
        self._sure += sum(w.probability for w in new)
        for pair, _ in _pairs(window.words, self._last):
            self._pairs.add(pair)
            self._last = pair[1]
        if window.words and doubt(window, given=self._given) is None:
            _add_seconds(self.seconds, [window])

    def certainty(self, words: Sequence[Word]) -> float | None:
        """As :func:`certainty`, of all words so far and of these behind them."""
        new = _new(words, self._pairs, self._last)
        count = self._new + len(new)
        return (self._sure + sum(w.probability for w in new)) / count if count else None


def believed(
    windows: Sequence[Window],
    *,
    english_only: bool,
    language: str | None = None,
    before: Evidence | None = None,
) -> Believed:
    """Keep the words that can be believed.

    Args:
        windows: All that was recognised in a recording, in time order.
        english_only: Whether the model knows nothing but English.
        language: What the user says is spoken (ISO 639-1); it switches the tests of the
            language off, never those for loops and for what is no speech.
        before: What was recognised before these windows, which is not judged again.
    """
    before = Evidence(given=language is not None) if before is None else before
    said = [w for w in windows if w.words]
    doubts = [doubt(w, given=language is not None) for w in said]
    if english_only and language is None:
        sure = before.certainty([w for window in said for w in window.words])
        foreign = (sure or 1.0) < CERTAIN
        doubts = [
            ENGLISH_ONLY if d in (None, UNCERTAIN) and (foreign or _made_up(w)) else d
            for d, w in zip(doubts, said, strict=True)
        ]
    kept = tuple(w for w, d in zip(said, doubts, strict=True) if d is None)
    withheld = (
        Withheld(w.start, w.end, d) for w, d in zip(said, doubts, strict=True) if d is not None
    )
    seconds = dict(before.seconds)
    _add_seconds(seconds, kept)
    seconds = dict(sorted(seconds.items(), key=lambda item: -item[1]))
    spoken = language or next(iter(seconds), None)
    return Believed(kept, spoken, tuple(withheld), _mixed(seconds))


def doubt(window: Window, *, given: bool) -> str | None:
    """Why the words of a window cannot be believed; None where they can.

    Args:
        window: With words.
        given: Whether the user said what is spoken.
    """
    sure = certainty(window.words) or 0.0
    rate = len(window.words) / max(window.end - window.start, 0.5)
    # People repeat themselves, too, but not within a word.
    looping = window.compression > LOOPS and (sure < _NEW or len(window.words) <= _FEW)
    if looping or (rate > _RATE and _repeated(window.words) > 0.5):
        return REPEATS
    if belief(window, given=given) >= (_NAMED if given else _BELIEVED):
        return None
    if window.no_speech > _LIKELY:
        return SPEECHLESS
    return STRANGE if not given and window.language_probability < _LIKELY else UNCERTAIN


def belief(window: Window, *, given: bool) -> float:
    """How far the words of a window can be believed: at most about 1.1, made-up ones below .4.

    A language that the model does not know is claimed as one that it knows, at times with a
    probability of 1; but its words stay uncertain, and nobody seems to speak. So all three count
    together.

    Args:
        window: With words.
        given: Whether the user said what is spoken.
    """
    told = _ODDS if given else min(max(window.language_probability, 1 - _ODDS), _ODDS)
    sure = certainty(window.words) or 0.0
    return sure - _NOBODY * window.no_speech + _STRANGE * math.log(told / (1 - told))


def refused(language: str, model: str, *, english_only: bool) -> Believed:
    """The answer where a model was asked for a language that it does not know."""
    problem = (
        f"'{model}' knows English only, not '{language}'. Name a multilingual model, for "
        "example --asr-model base"
        if english_only
        else f"'{model}' does not know '{language}'. Name a language as in ISO 639-1, or none"
    )
    return Believed((), language, notes=(f"{_MUTED}: {problem}",), asked=False)


def _add_seconds(seconds: dict[str, float], windows: Iterable[Window]) -> None:
    """Count how long each language is spoken."""
    for w in windows:
        if w.language is not None:
            seconds[w.language] = seconds.get(w.language, 0.0) + w.end - w.start


def _mixed(seconds: dict[str, float]) -> tuple[str, ...]:
    """What to say where more than one language is spoken."""
    if len(seconds) < 2:
        return ()
    whole = sum(seconds.values())
    shares = ", ".join(f"{code} {100 * s / whole:.0f} %" for code, s in seconds.items())
    return (f"{len(seconds)} languages: {shares}",)


def _pairs(words: Iterable[Word], last: str = "") -> Iterator[tuple[_Pair, Word]]:
    """Each word, and what it is behind the word before."""
    for word in words:
        text = "".join(c for c in word.text.lower() if c.isalnum())
        yield (last, text), word
        last = text


def _new(words: Iterable[Word], before: Container[_Pair] = (), last: str = "") -> list[Word]:
    """The words that repeat no pair of these, or of those before."""
    seen: set[_Pair] = set()
    new: list[Word] = []
    for pair, word in _pairs(words, last):
        if pair not in seen and pair not in before:
            seen.add(pair)
            new.append(word)
    return new


def _repeated(words: Sequence[Word]) -> float:
    return 1 - len(_new(words)) / len(words)


def _made_up(window: Window) -> bool:
    """Whether English is made up in one window although the recording as a whole is English."""
    sure, new = certainty(window.words) or 0.0, len(_new(window.words))
    loop = _repeated(window.words) > 0.5 and len(window.words) > _ENOUGH
    return (loop and sure < CERTAIN) or (new >= _ENOUGH and sure < CERTAIN - 0.1)


def _listed(missing: Sequence[Withheld]) -> Iterator[str]:
    """A note a reason, with the times."""
    for reason in dict.fromkeys(m.reason for m in missing):
        times = [f"{m.start:.0f}-{m.end:.0f} s" for m in missing if m.reason == reason]
        more = f" and {len(times) - _SHOWN} more" if len(times) > _SHOWN else ""
        yield f"{_MUTED} at {', '.join(times[:_SHOWN])}{more}: {reason}"
