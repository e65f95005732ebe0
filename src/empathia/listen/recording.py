"""A recording made into a dialogue: who speaks when, and in which words.

    blocks -> speech -> windows -> words
                     -> voices  -> speakers   -> turns

Everything up to the last arrow happens in one pass over the recording, which
keeps no more than one window of sound in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from empathia import media
from empathia.contracts import Progress
from empathia.listen.attribution import Stretch, text_of
from empathia.listen.dictation import ListenOptions
from empathia.listen.ear import silence
from empathia.listen.live import Listener
from empathia.listen.remarks import on_speakers
from empathia.listen.speakers import Diariser
from empathia.listen.speech import RATE, Waveform
from empathia.listen.words import Transcriber
from empathia.types import Dialogue, SpeakerNumber, Utterance, Word

BLOCK = 10.0  # s decoded at a time


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
        speaker_number: How many people speak, and how sure that is; None where nobody does.
    """

    dialogue: Dialogue
    words: Mapping[str, tuple[Word, ...]]
    notes: tuple[str, ...]
    language: str | None
    duration: float
    waveform: tuple[float, ...]
    sounds: Mapping[str, media.Selection] = field(default_factory=dict)
    speaker_number: SpeakerNumber | None = None


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
    listener = Listener(wanted, diariser, transcriber)
    condition = media.Condition()
    try:
        for block in media.blocks(path, RATE, BLOCK, condition, wanted.selection):
            listener.add(block)
            if on_progress is not None:
                on_progress("listen", listener.ear.duration, info.duration)
        spoken, ear = listener.close(), listener.ear
        transcript = listener.transcript
    finally:
        listener.stop()
    names = named([t.speaker for t in spoken], wanted.names)
    dialogue, words = dialogue_of(path, spoken, transcript.language, names, video=info.has_video)
    return Heard(
        dialogue=dialogue,
        words=words,
        notes=(
            *condition.notes(),
            *_apart(condition),
            *silence(ear),
            *on_speakers(dialogue.utterances, listener.speech.number, wanted.bounds),
            *transcript.notes_on(dialogue.utterances),
        ),
        language=transcript.language,
        duration=ear.duration,
        waveform=ear.waveform.peaks(),
        speaker_number=listener.speech.number if spoken else None,
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


def _apart(condition: media.Condition) -> tuple[str, ...]:
    """What to say where a channel is a speaker."""
    if not condition.apart:
        return ()
    return (
        "the channels seem to hold one speaker each: --channels separate tells them apart by that",
    )


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
        replace(
            utterance_of(turn, index, names[turn.speaker], language),
            audio=path,
            video=path if video else None,
        )
        for index, turn in enumerate(spoken)
    )
    words = {u.id: t.words for u, t in zip(utterances, spoken, strict=True) if t.words}
    return Dialogue(path.stem or path.name, utterances, language=language), words


def utterance_of(turn: Stretch, index: int, speaker: str, language: str | None) -> Utterance:
    """A turn as an utterance.

    Args:
        turn: Who spoke when, and the words.
        index: Its number in the conversation.
        speaker: What the speaker is called.
        language: ISO 639-1 code of words whose own is not known, or None.
    """
    spoken = (turn.language or language) if turn.words else None
    return Utterance(
        id=f"turn-{index:04d}",
        index=index,
        speaker=speaker,
        text=text_of(turn.words, spoken),
        start=turn.start,
        end=turn.end,
        language=spoken,
        speaker_confidence=turn.confidence,
    )


def named(speakers: Iterable[int], given: Sequence[str]) -> dict[int, str]:
    """What each speaker is called, by number.

    Args:
        speakers: Numbers in order of appearance; they may come again.
        given: Names in that order; who has none gets a number.
    """
    order = list(dict.fromkeys(speakers))
    return dict(zip(order, called(given, len(order)), strict=True))


def called(given: Sequence[str], count: int) -> list[str]:
    """The names given, then numbers; a number that is also a given name is passed over."""
    names = list(given[:count])
    for index in range(len(names), count):
        number = index + 1
        while f"Speaker {number}" in given:
            number += count
        names.append(f"Speaker {number}")
    return names
