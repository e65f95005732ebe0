"""The words of one recording, and the language that they are in, window by window."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from empathia import media
from empathia.listen.gate import Believed, believed, refused
from empathia.listen.words import LanguageVote, Transcriber, Window
from empathia.types import Audio


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """How to listen.

    Args:
        model: Speech-to-text model as ``Transcriber.load`` takes it; None is Whisper tiny.en.
        language: What is spoken (ISO 639-1); None finds out.
        speakers: How many people speak, or at least and at most; None estimates it.
        names: Names of the speakers in order of first appearance.
        words: Whether words are wanted at all.
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
    """

    def __init__(self, options: ListenOptions, transcriber: Transcriber | None = None) -> None:
        self._options = options
        self._transcriber = transcriber
        self.windows: list[Window] = []  # all that was recognised, believed or not
        self._vote = LanguageVote()

    def add(self, audio: Audio, start: float) -> None:
        """Hear one window of at most 28 s that starts at this time (s)."""
        if not self._options.words:
            return
        if self._transcriber is None:
            self._transcriber = Transcriber.load(self._options.model, self._options.threads)
        if not self._refuses(self._transcriber):
            language = self._language(self._transcriber, audio)
            self.windows.append(self._transcriber.transcribe(audio, start, language))

    def retract(self, start: float) -> None:
        """Forget the last window if it starts here (s): more of it is heard now."""
        if self.windows and self.windows[-1].start == start:
            self.windows.pop()

    def finish(self) -> Believed:
        """The words that can be believed, once there are no more windows."""
        language = self._options.language
        if self._transcriber is None:
            return Believed((), language)
        if language is not None and self._refuses(self._transcriber):
            only = self._transcriber.english_only
            return refused(language, self._transcriber.name, english_only=only)
        return believed(
            self.windows,
            english_only=self._transcriber.english_only,
            language=language,
            detected=self._vote.language,
        )

    def _refuses(self, transcriber: Transcriber) -> bool:
        language = self._options.language
        return language is not None and not transcriber.knows(language)

    def _language(self, transcriber: Transcriber, audio: Audio) -> str:
        if self._options.language is not None or transcriber.english_only:
            return self._options.language or "en"
        if not self._vote.settled:
            self._vote.add(transcriber.languages(audio), audio.duration)
        return self._vote.language or "en"
