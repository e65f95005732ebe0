"""Whether recognised words can be believed.

An English speech model hears English in everything: German, humming, noise. It
betrays itself in two ways. The words that it makes up are improbable, and it
soon falls into a loop; inside a loop, however, it grows ever more certain of
itself. So the evidence is the mean probability of the *new* words only: a pair
of words that was there before does not count. In real speech that repeats
itself the first time is as certain as the rest, in a loop it is not.
``benchmarks/language_gate.py`` fits the threshold and measures both errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from empathia.listen.words import Window
from empathia.types import Word

CERTAIN = 0.70  # fitted on half of the speakers; see the benchmark
_LOOP = 0.5  # share of repeated words above which doubtful words are a loop
_ENOUGH = 8  # new words that one window needs to be judged on its own
_RATE = 9.0  # words a second that nobody speaks
_MUTED = "words not available"


@dataclass(frozen=True, slots=True)
class Believed:
    """The words of a recording that can be believed.

    Args:
        windows: Those that hold such words, in time order, each in its language.
        language: ISO 639-1 code of the recording, or None where it is not known.
        notes: What was withheld, and why; () where nothing was.
    """

    windows: tuple[Window, ...]
    language: str | None
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All of them, in time order."""
        return tuple(w for window in self.windows for w in window.words)


def certainty(words: Sequence[Word]) -> float | None:
    """Mean probability of the words that do not repeat an earlier pair, in [0, 1].

    Returns:
        None where there are no words.
    """
    new = _new(words)
    return sum(w.probability for w in new) / len(new) if new else None


def believed(
    windows: Sequence[Window],
    *,
    english_only: bool,
    language: str | None = None,
    detected: str | None = None,
) -> Believed:
    """Keep the words that can be believed.

    Args:
        windows: All that was recognised in a recording, in time order.
        english_only: Whether the model knows nothing but English.
        language: What the user says is spoken (ISO 639-1); it switches the test for English
            off, never the test for loops.
        detected: What a multilingual model takes the language for.
    """
    words = tuple(w for window in windows for w in window.words)
    spoken = language or ("en" if english_only else detected)
    if not words:
        nothing = (f"{_MUTED}: the speech model recognised none",) if windows else ()
        return Believed((), language or detected, nothing)
    judging = english_only and language is None
    sure = certainty(words) or 0.0
    if judging and sure < CERTAIN:
        return Believed((), None, (_foreign(sure),))
    kept: list[Window] = []
    lost: list[Window] = []
    for window in windows:
        (lost if _doubtful(window, judging=judging) else kept).append(window)
    left = tuple(window for window in kept if window.words)
    notes = (_withheld(lost),) if lost else ()
    return Believed(left, spoken if left or not judging else None, notes)


def refused(language: str, model: str, *, english_only: bool) -> Believed:
    """The answer where a model was asked for a language that it does not know."""
    problem = (
        f"'{model}' knows English only, not '{language}'. Name a multilingual model, for "
        "example --asr-model small"
        if english_only
        else f"'{model}' does not know '{language}'. Name a language as in ISO 639-1, or none"
    )
    return Believed((), language, (f"{_MUTED}: {problem}",))


def _new(words: Sequence[Word]) -> list[Word]:
    seen: set[tuple[str, str]] = set()
    new: list[Word] = []
    last = ""
    for word in words:
        text = "".join(c for c in word.text.lower() if c.isalnum())
        if (last, text) not in seen:
            seen.add((last, text))
            new.append(word)
        last = text
    return new


def _doubtful(window: Window, *, judging: bool) -> bool:
    """Whether one window is made up although the recording as a whole is not."""
    if not window.words:
        return False
    new = _new(window.words)
    sure = sum(w.probability for w in new) / len(new)
    repeated = 1 - len(new) / len(window.words)
    rate = len(window.words) / max(window.end - window.start, 0.5)
    if sure < CERTAIN and repeated > _LOOP and len(window.words) > _ENOUGH:
        return True
    if rate > _RATE and repeated > _LOOP:
        return True
    return judging and len(new) >= _ENOUGH and sure < CERTAIN - 0.1


def _foreign(sure: float) -> str:
    return (
        f"{_MUTED}: this does not sound like English, which is all that the speech model "
        f"knows (certainty of the words {sure:.2f}, needed {CERTAIN:.2f}). If it is English, "
        "add --language en; else name a multilingual model, for example --asr-model small"
    )


def _withheld(windows: Sequence[Window]) -> str:
    times = ", ".join(f"{w.start:.0f}-{w.end:.0f} s" for w in windows[:5])
    more = f" and {len(windows) - 5} more" if len(windows) > 5 else ""
    return f"{_MUTED} at {times}{more}: the speech model was too uncertain or repeated itself"
