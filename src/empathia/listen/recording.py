"""A recording made into a dialogue: who speaks when, and in which words.

    blocks -> speech -> windows -> words
                     -> voices  -> speakers   -> turns

Everything up to the last arrow happens in one pass over the recording, which
keeps no more than one window of sound in memory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from empathia import media
from empathia.contracts import Progress
from empathia.listen.gate import Believed, believed, refused
from empathia.listen.speech import RATE, Segment, SpeechDetector, Waveform
from empathia.listen.standing import Standing
from empathia.listen.turns import Stretch, text_of, turns
from empathia.listen.words import LanguageVote, Transcriber, Window
from empathia.types import Audio, Dialogue, Utterance, Word

BLOCK = 10.0  # s decoded at a time
_WINDOW = 28.0  # s that the speech model hears at once; it takes 30
_GAP = 3.0  # s without speech that close a window: in longer ones the model invents words


class Diariser(Protocol):
    """Who speaks when (``listen/speakers.py`` has one)."""

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment of speech; called in time order."""

    def finish(
        self, segments: Sequence[tuple[float, float]], speakers: int | None
    ) -> Sequence[tuple[float, float, int]]:
        """Speech as (start, end, speaker) in time order, times in s."""


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """How to listen.

    Args:
        model: Speech-to-text model as ``Transcriber.load`` takes it; None is Whisper tiny.en.
        language: What is spoken (ISO 639-1); None finds out.
        speakers: How many people speak; None estimates it.
        names: Names of the speakers in order of first appearance.
        words: Whether words are wanted at all.
        threads: Threads for the models; None takes all cores.
        selection: Which sound of the file.
    """

    model: str | Path | None = None
    language: str | None = None
    speakers: int | None = None
    names: tuple[str, ...] = ()
    words: bool = True
    threads: int | None = None
    selection: media.Selection = field(default_factory=media.Selection)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a recording.

    Args:
        dialogue: The turns as utterances; none where nobody speaks.
        words: Words with times by utterance id; no entry where they are not known.
        notes: Honest remarks for the user.
        language: ISO 639-1 code, or None where it is not known.
        duration: Length of the recording in s.
        waveform: Peak amplitudes in [0, 1], evenly spaced over the recording.
        sounds: Which sound of the file to measure, by utterance id, where each speaker has one.
    """

    dialogue: Dialogue
    words: Mapping[str, tuple[Word, ...]]
    notes: tuple[str, ...]
    language: str | None
    duration: float
    waveform: tuple[float, ...]
    sounds: Mapping[str, media.Selection] = field(default_factory=dict)


def hear(
    path: Path,
    options: ListenOptions | None = None,
    on_progress: Progress | None = None,
    *,
    diariser: Diariser | None = None,
    transcriber: Transcriber | None = None,
) -> Heard:
    """Listen to a recording of any length.

    Args:
        path: Audio or video file.
        options: How to listen.
        on_progress: Called with ("listen", seconds done, length in s or None) as work goes on.
        diariser: A fresh one a recording; None takes everything for one speaker.
        transcriber: A loaded model, to listen to several recordings; None loads
            ``options.model``.

    Raises:
        MediaError: The recording cannot be read.
        MissingExtra: faster-whisper is not installed.
        WeightsError: The speech-to-text model is missing or damaged.
        UsageError: There is no such model, or no such track.
    """
    wanted = ListenOptions() if options is None else options
    info = media.probe(path)
    dictation = Dictation(wanted, transcriber)
    ear = Ear(dictation, diariser)
    condition = media.Condition()
    for block in media.blocks(path, RATE, BLOCK, condition, wanted.selection):
        ear.add(block)
        if on_progress is not None:
            on_progress("listen", ear.duration, info.duration)
    ear.finish()
    transcript = dictation.finish()
    speech = _speakers(ear.segments, diariser, wanted.speakers)
    spoken = turns(speech, transcript.words)
    order = list(dict.fromkeys(t.speaker for t in spoken))
    names = dict(zip(order, called(wanted.names, len(order)), strict=True))
    dialogue, words = dialogue_of(path, spoken, transcript.language, names, video=info.has_video)
    return Heard(
        dialogue=dialogue,
        words=words,
        notes=(*condition.notes(), *_apart(condition), *_silence(ear), *transcript.notes),
        language=transcript.language,
        duration=ear.duration,
        waveform=ear.waveform.peaks(),
    )


def waveform_of(
    path: Path,
    condition: media.Condition | None = None,
    selection: media.Selection | None = None,
) -> tuple[tuple[float, ...], float]:
    """Peaks in [0, 1], evenly spaced, and the length in s; for a recording with a transcript.

    Raises:
        MediaError: The recording cannot be read.
        UsageError: It has no such track.
    """
    waveform = Waveform()
    samples = 0
    chosen = media.Selection() if selection is None else selection
    for block in media.blocks(path, RATE, BLOCK, condition, chosen):
        waveform.add(block)
        samples += len(block.samples)
    return waveform.peaks(), samples / RATE


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


class Ear:
    """One pass over a stream of blocks at 16 kHz.

    Finds speech and hands it on: each segment to the voices, windows of segments to the words.

    Args:
        dictation: Takes the windows.
        diariser: Takes the segments, or None.
    """

    def __init__(self, dictation: Dictation, diariser: Diariser | None) -> None:
        self.segments: list[Segment] = []
        self.waveform = Waveform()
        self._dictation = dictation
        self._diariser = diariser
        self._detector = SpeechDetector()
        self._standing = Standing()
        self._tape = media.Tape(RATE)
        self._window: tuple[float, float] | None = None

    @property
    def duration(self) -> float:
        """Seconds heard so far."""
        return self._detector.duration

    @property
    def dropped(self) -> Sequence[Segment]:
        """What was taken for speech at first."""
        return self._standing.dropped

    def add(self, block: Audio) -> None:
        """Hear the next block."""
        self._tape.add(block.samples)
        self.waveform.add(block)
        self._standing.add(block)
        self._take(self._standing.sift(self._detector.add(block), self._detector.settled))
        settled = self._standing.settled(self._detector.settled)
        if self._window is not None and settled - self._window[1] > _GAP:
            self._close()
        kept = settled if self._window is None else self._window[0]
        self._tape.forget(int(kept * RATE))

    def finish(self) -> None:
        """There are no more blocks."""
        self._take(self._standing.sift(self._detector.finish(), math.inf))
        self._close()

    def _take(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            self.segments.append(segment)
            if self._diariser is not None:
                self._diariser.add(self._cut(segment.start, segment.end), segment.start)
            if self._window is None or not self._fits(segment, self._window):
                self._close()
                self._window = (segment.start, segment.end)
            self._window = (self._window[0], segment.end)

    @staticmethod
    def _fits(segment: Segment, window: tuple[float, float]) -> bool:
        start, end = window
        return segment.end - start <= _WINDOW and segment.start - end <= _GAP

    def _close(self) -> None:
        if self._window is not None:
            self._dictation.add(self._cut(*self._window), self._window[0])
        self._window = None

    def _cut(self, start: float, end: float) -> Audio:
        return self._tape.cut(round(start * RATE), round(end * RATE))


def _apart(condition: media.Condition) -> tuple[str, ...]:
    """What to say where a channel is a speaker."""
    if not condition.apart:
        return ()
    return (
        "the channels seem to hold one speaker each: --channels separate tells them apart by that",
    )


def left_out(ear: Ear) -> tuple[str, ...]:
    """What to say of short sounds beside speech that were taken for none."""
    if not ear.segments or not ear.dropped:
        return ()
    times = ", ".join(f"{s.start:.0f}" for s in ear.dropped[:5])
    more = f" and {len(ear.dropped) - 5} more" if len(ear.dropped) > 5 else ""
    return (f"short sounds were taken for music or noise, not for speech (at {times}{more} s)",)


def _silence(ear: Ear) -> tuple[str, ...]:
    """What to say where there is no speech."""
    if ear.segments:
        return left_out(ear)
    return ("the recording is silent" if ear.waveform.silent else "nobody speaks here",)


def _speakers(
    segments: Sequence[Segment], diariser: Diariser | None, speakers: int | None
) -> Sequence[tuple[float, float, int]]:
    if diariser is None or not segments:
        return [(s.start, s.end, 0) for s in segments]
    return diariser.finish([(s.start, s.end) for s in segments], speakers)


def dialogue_of(
    path: Path,
    spoken: Sequence[Stretch],
    language: str | None,
    names: Mapping[int, str],
    *,
    video: bool = False,
) -> tuple[Dialogue, dict[str, tuple[Word, ...]]]:
    """Turns as utterances, and the words with times by utterance id.

    Args:
        path: The recording.
        spoken: In time order.
        language: ISO 639-1 code, or None where it is not known.
        names: What each speaker is called, by number.
        video: Whether the recording has a moving picture.
    """
    utterances = tuple(
        Utterance(
            id=f"turn-{index:04d}",
            index=index,
            speaker=names[turn.speaker],
            text=text_of(turn.words, language),
            start=turn.start,
            end=turn.end,
            audio=path,
            video=path if video else None,
        )
        for index, turn in enumerate(spoken)
    )
    words = {u.id: t.words for u, t in zip(utterances, spoken, strict=True) if t.words}
    return Dialogue(path.stem or path.name, utterances, language=language), words


def called(given: Sequence[str], count: int) -> list[str]:
    """The names given, then numbers; a number that is also a given name is passed over."""
    names = list(given[:count])
    for index in range(len(names), count):
        number = index + 1
        while f"Speaker {number}" in given:
            number += count
        names.append(f"Speaker {number}")
    return names
