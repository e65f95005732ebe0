"""The words of one recording, and the languages that they are in, window by window.

Words are recognised in a thread of their own, while voices are heard in another: they take about
as long. Whoever asks for words waits for them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, NamedTuple

from empathia import media
from empathia.listen.gate import Believed, Evidence, believed, refused
from empathia.listen.spoken import LanguagesSoFar, agreed
from empathia.listen.words import Encoded, Transcriber, Window
from empathia.types import Audio

_ALONE = 0.7  # s of speech between pauses that must hold a word, or it is heard once more
_LONG = 1.5  # s that no word lasts
_ASKED = 1.0  # s of speech that are asked for their language at once, at least
_AHEAD = 2  # windows that wait to be heard at most: their sound is kept so long


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """How to listen.

    Args:
        model: Speech-to-text model as ``Transcriber.load`` takes it; None is Whisper base.
        language: What is spoken (ISO 639-1); None finds out.
        speakers: How many people speak, or at least and at most; None estimates it.
        names: Names of the speakers in order of first appearance.
        words: Whether words are wanted at all.
        hints: Words that may come, as they are written ("Ann, Bratislava").
        threads: Threads for the models; None takes all cores.
        selection: Which sound of the file.
        pause: A longer pause of a speaker ends a turn (s), half as long a one behind a sentence;
            None takes the default.
    """

    model: str | Path | None = None
    language: str | None = None
    speakers: int | tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    words: bool = True
    hints: str = ""
    threads: int | None = None
    selection: media.Selection = field(default_factory=media.Selection)
    pause: float | None = None

    @property
    def bounds(self) -> tuple[int, int] | None:
        """How many people speak, at least and at most; None where that is not known."""
        return (self.speakers, self.speakers) if isinstance(self.speakers, int) else self.speakers


class Dictation:
    """The words of one recording, window by window.

    Args:
        options: Which model and language.
        transcriber: A loaded model, or None to load it when the first window comes.
        quick: As of :meth:`empathia.listen.words.Transcriber.transcribe`.
    """

    _hearing: ClassVar[set[int]] = set()
    """Those that hear, or wait to: they share the machine."""
    _one: ClassVar[threading.Lock] = threading.Lock()
    """Side by side all would be done when the last one is."""

    def __init__(
        self, options: ListenOptions, transcriber: Transcriber | None = None, *, quick: bool = False
    ) -> None:
        self._options, self._quick = options, quick
        self._transcriber = transcriber
        self._languages = LanguagesSoFar()
        self._earlier = self._languages  # before the last window
        self._windows: list[Window] = []
        self._waiting: deque[_Work] = deque()
        # Changes what is above, and below when it forgets: all who read them wait for it first.
        self._thread = ThreadPoolExecutor(1, "empathia-words")
        self._fault: Exception | None = None
        self._counted = 0  # windows that are judged no more ...
        self._evidence = Evidence(given=options.language is not None)  # ... and what they tell

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being heard, by others of this process neither."""
        return self.is_alone and all(w.done.done() for w in self._waiting)

    @property
    def is_alone(self) -> bool:
        """Whether no other of this process hears something."""
        return self._hearing <= {id(self)}

    @property
    def windows(self) -> list[Window]:
        """All that was recognised, believed or not, once all that was added is heard."""
        if self._fault is not None:
            raise self._fault
        while self._waiting:
            self._await()
        return self._windows

    def add(self, audio: Audio, start: float, speech: Sequence[tuple[float, float]] = ()) -> None:
        """Hear one window of at most 28 s; at first it waits.

        Args:
            audio: All of it, at 16 kHz.
            start: Its start in s.
            speech: Where in the recording somebody speaks in it (s); () all the time. Its
                language may change in a pause.
        """
        if self._options.words:
            self._wait(start, lambda: self._at_work(audio, start, speech))

    def retract(self, start: float) -> None:
        """Forget the last window if it starts here (s): more of it is heard now."""
        while self._waiting and self._waiting[-1].start >= start:
            if not self._waiting[-1].done.cancel():  # it is being heard already
                break
            self._waiting.pop()
        self._wait(start, lambda: self._forget(start))

    def _wait(self, start: float, work: Callable[[], None]) -> None:
        if self._fault is not None:
            raise self._fault
        while self._waiting and (len(self._waiting) > _AHEAD or self._waiting[0].done.done()):
            self._await()
        self._waiting.append(_Work(start, self._thread.submit(work)))

    def _await(self) -> None:
        """Wait for what was asked first; a fault in it is told from then on."""
        try:
            self._waiting.popleft().done.result()
        except Exception as fault:
            self._fault = fault
            self.close()
            raise

    def close(self) -> None:
        """Hear nothing more: what waits is not begun; it may be called again."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _at_work(self, audio: Audio, start: float, speech: Sequence[tuple[float, float]]) -> None:
        self._hearing.add(id(self))
        try:
            with self._one:
                self._hear(audio, start, speech)
        finally:
            self._hearing.discard(id(self))

    def _hear(self, audio: Audio, start: float, speech: Sequence[tuple[float, float]]) -> None:
        if self._transcriber is None:
            self._transcriber = Transcriber.load(self._options.model, self._options.threads)
        if self._refuses(self._transcriber):
            return
        made: list[Window] = []
        model, heard = self._transcriber, self._transcriber.encode(audio)
        parts = self._parts(model, heard, audio, start, speech)
        for part in parts:
            if len(parts) > 1:
                heard = model.encode(_cut(audio, part.start - start, part.end - start))
            words = self._words(model, heard, part.start, part)
            inside = [s for s in speech if s[0] < part.end and s[1] > part.start]
            alone = _unheard(inside, words)
            if len(inside) > 1 and _smeared(words):
                words, alone = [], _asked(inside)
            for first, last in alone:
                heard = model.encode(_cut(audio, first - start, last - start))
                words += [w for w in self._words(model, heard, first, part) if w.words]
            made += words
        self._windows += sorted(made, key=lambda window: window.start)

    def _words(self, model: Transcriber, heard: Encoded, start: float, part: _Part) -> list[Window]:
        hints, quick = self._options.hints, self._quick
        words = model.transcribe(heard, start, part.language, hints, quick=quick)
        return [replace(w, language_probability=part.probability) for w in words]

    def _forget(self, start: float) -> None:
        if self._windows and self._windows[-1].start >= start:
            self._languages = self._earlier
        while self._windows and self._windows[-1].start >= start:
            self._windows.pop()
        if self._counted > len(self._windows):
            self._counted, self._evidence = 0, Evidence(given=self._options.language is not None)

    def finish(self) -> Believed:
        """The words that can be believed, once there are no more windows."""
        return self._judged(self.windows, None)

    def so_far(self, since: float) -> Believed:
        """The words behind a time (s) that can be believed by all that was heard.

        Args:
            since: It never goes back: windows that end before are judged no more.
        """
        windows = self.windows
        while self._counted < len(windows) and windows[self._counted].end <= since:
            self._evidence.count(windows[self._counted])
            self._counted += 1
        return self._judged(windows[self._counted :], self._evidence)

    def at_hand(self, since: float) -> Believed | None:
        """The same, where nothing is being heard; None else, at once."""
        return self.so_far(since) if all(w.done.done() for w in self._waiting) else None

    def _judged(self, windows: Sequence[Window], before: Evidence | None) -> Believed:
        language = self._options.language
        if self._transcriber is None:
            return Believed((), language, asked=False)
        english_only = self._transcriber.english_only
        if language is not None and self._refuses(self._transcriber):
            return refused(language, self._transcriber.name, english_only=english_only)
        return believed(windows, english_only=english_only, language=language, before=before)

    def _refuses(self, transcriber: Transcriber) -> bool:
        language = self._options.language
        return language is not None and not transcriber.knows(language)

    def _parts(
        self,
        model: Transcriber,
        heard: Encoded,
        audio: Audio,
        start: float,
        speech: Sequence[tuple[float, float]],
    ) -> list[_Part]:
        """The window, cut in pauses where the language changes."""
        end = start + audio.duration
        if self._options.language is not None or model.english_only:
            return [_Part(start, end, self._options.language or "en", 1.0)]
        asked = _asked(speech) if len(speech) > 1 else []
        whole = model.languages(heard)
        if len(asked) < 2:
            asked, opinions = [(start, end)], [whole]
        else:
            opinions = [
                agreed(whole, model.glimpse(_cut(audio, a - start, b - start))) for a, b in asked
            ]
        self._earlier = deepcopy(self._languages)
        lengths = [b - a for a, b in asked]
        told = self._languages.add(list(zip(opinions, lengths, strict=True)))
        parts: list[_Part] = []
        for (first, last), (language, sure) in zip(asked, told, strict=True):
            before = parts.pop() if parts and parts[-1].language == language else None
            if before is None:
                parts.append(_Part(first, last, language, sure))
            else:
                best = max(before.probability, sure)
                parts.append(_Part(before.start, last, language, best))
        return parts


class _Work(NamedTuple):
    """What is done with a window, and where that starts (s)."""

    start: float
    done: Future[None]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch in one language; times in s from the start of the recording."""

    start: float
    end: float
    language: str
    probability: float


def _asked(speech: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches of speech, joined until each is long enough to be asked for its language."""
    asked: list[tuple[float, float]] = []
    for start, end in speech:
        if asked and asked[-1][1] - asked[-1][0] < _ASKED:
            asked[-1] = (asked[-1][0], end)
        else:
            asked.append((start, end))
    return asked


def _smeared(windows: Sequence[Window]) -> bool:
    """Whether a word lasts too long: what says the same again was taken for one sentence."""
    return any(w.end - w.start > _LONG for window in windows for w in window.words)


def _unheard(
    speech: Sequence[tuple[float, float]], windows: Sequence[Window]
) -> list[tuple[float, float]]:
    """Stretches without a word: the model skips what says the same as the one before."""
    middles = [(w.start + w.end) / 2 for window in windows for w in window.words]
    return [
        (start, end)
        for start, end in speech
        if len(speech) > 1 and end - start >= _ALONE and not any(start <= m <= end for m in middles)
    ]


def _cut(audio: Audio, start: float, end: float) -> Audio:
    return Audio(audio.samples[round(start * audio.rate) : round(end * audio.rate)], audio.rate)
