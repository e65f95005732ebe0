"""All stages joined for one recording or transcript.

    recording -> utterances -> features -> cues in words -> emotion -> reply

A :class:`Reader` loads what it needs on first use and keeps it, so that a
folder of recordings pays for the models once. It writes nothing to disk.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia import media
from empathia.contracts import Generator, Progress
from empathia.errors import MissingExtra, TranscriptError, UsageError, WeightsError
from empathia.listen.transcript import READERS
from empathia.pipeline.models import Models
from empathia.types import (
    Cues,
    Dialogue,
    Emotion,
    Features,
    Reply,
    Sample,
    Timeline,
    Turn,
    Word,
)

RECORDINGS = (
    ".wav",
    ".flac",
    ".mp3",
    ".m4a",
    ".aac",
    ".ogg",
    ".oga",
    ".opus",
    ".webm",
    ".mp4",
    ".mov",
    ".mkv",
    ".avi",
)
TRANSCRIPTS = tuple(READERS)

# Called with a stage, seconds (or turns) done, and the total where it is known.
Sounds = Mapping[str, Mapping[str, Features]]  # utterance id -> name -> what was measured


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How to read; the defaults are what ``empathia read`` does.

    Args:
        transcript: Words and times of the recording, so that none are recognised.
        speakers: How many people speak; None estimates it.
        names: Names of the speakers in order of first appearance.
        language: ISO 639-1 code of what is spoken; None finds out.
        asr_model: A faster-whisper model name or folder; None takes Whisper tiny.en.
        levels: How many levels a cue has: 3, 4, 5 or 6.
        adapt: Judge loudness and pitch against the speaker's whole recording, not the past only.
        permissive: Leave out weights trained on non-commercial data.
        reply: "none", "last" (answer the last turn) or "every".
        llm_url: An OpenAI-compatible server for replies; None takes the local model.
        llm_model: Name of the server's model, or path of a local GGUF file.
        threads: Threads for the models; None takes all cores.
        recogniser: Folder of a recogniser that ``empathia train`` kept; it takes the place of
            the shipped ones.
    """

    transcript: Path | None = None
    speakers: int | None = None
    names: tuple[str, ...] = ()
    language: str | None = None
    asr_model: str | None = None
    levels: int = 5
    adapt: bool = False
    permissive: bool = False
    reply: str = "none"
    llm_url: str | None = None
    llm_model: str | None = None
    threads: int | None = None
    recogniser: Path | None = None

    def __post_init__(self) -> None:
        if self.levels not in (3, 4, 5, 6):
            raise UsageError(f"cues have 3, 4, 5 or 6 levels, not {self.levels}", "Choose one")
        if self.reply not in ("none", "last", "every"):
            raise UsageError(f"reply to 'last' or 'every', not '{self.reply}'", "Choose one")
        if self.llm_url and not self.llm_model:
            raise UsageError("a server was named without a model", "Add --llm-model NAME")
        most = 4 * (os.cpu_count() or 1)
        if self.threads is not None and not _whole(self.threads, 1, most):
            raise UsageError(f"expected 1 to {most} threads, found {self.threads!r}", "Choose one")
        object.__setattr__(self, "transcript", self.transcript and Path(self.transcript))
        object.__setattr__(self, "recogniser", self.recogniser and Path(self.recogniser))
        object.__setattr__(self, "language", _language(self.language))
        self._check_speakers()

    def _check_speakers(self) -> None:
        if self.speakers is not None and not _whole(self.speakers, 1, 20):
            raise UsageError(f"expected 1 to 20 speakers, found {self.speakers!r}", "Choose one")
        if isinstance(self.names, str):
            raise UsageError(
                f"names are a list of names, not '{self.names}'", "Give ('Ann', 'Ben')"
            )
        if len(set(self.names)) < len(self.names):
            raise UsageError(
                f"two speakers are called the same ({', '.join(self.names)})",
                "Give each another name",
            )
        if self.speakers is not None and len(self.names) > self.speakers:
            raise UsageError(
                f"{len(self.names)} names for {self.speakers} speakers",
                "Raise --speakers or leave names out",
            )


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _language(code: str | None) -> str | None:
    """An ISO 639-1 code out of what people write: EN, en-US, en_GB."""
    if code is None:
        return None
    short = code.strip().lower().replace("_", "-").split("-")[0]
    if not (2 <= len(short) <= 3 and short.isascii() and short.isalpha()):
        raise UsageError(f"'{code}' is no language code", "Give one like en, de or ko")
    return short


def _silent(_stage: str, _done: float, _total: float | None) -> None:
    """The progress hook of nobody."""


def _check_file(path: Path) -> None:
    try:
        found = path.is_file()
        what = "is a folder" if path.is_dir() else "does not exist"
    except OSError as error:  # a name that is too long, say
        found, what = False, f"cannot be opened ({error.strerror})"
    if not found:
        raise UsageError(f"expected a file, '{media.shown(path)}' {what}", "Check the path")


def kind(path: Path) -> str:
    """Say "recording" or "transcript", by suffix.

    Raises:
        UsageError: The suffix is neither.
    """
    suffix = path.suffix.lower()
    if suffix in RECORDINGS:
        return "recording"
    if suffix in TRANSCRIPTS:
        return "transcript"
    raise UsageError(
        f"'{path.name}' is neither a recording ({' '.join(RECORDINGS)}) "
        f"nor a transcript ({' '.join(TRANSCRIPTS)})",
        "Give one of these, or a folder of them",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """Who said what when, from a recording, a transcript, or both."""

    dialogue: Dialogue
    language: str | None
    notes: tuple[str, ...] = ()
    spoken: tuple[str | None, ...] = ()  # the language of each turn, where they may differ
    words: Mapping[str, tuple[Word, ...]] = dataclasses.field(default_factory=dict)
    duration: float | None = None
    waveform: tuple[float, ...] = ()
    has_audio: bool = False


class Reader:
    """Reads recordings and transcripts with one set of models.

    Args:
        options: How to read.

    Example:
        >>> with Reader(Options(names=("Ann", "Ben"))) as reader:
        ...     timeline = reader.read(Path("talk.wav"))  # doctest: +SKIP
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._models = Models(
            self.options.threads,
            permissive=self.options.permissive,
            recogniser=self.options.recogniser,
        )

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._models.close()

    def read(self, path: Path | str, progress: Progress = _silent) -> Timeline:
        """Make the timeline of one recording or transcript.

        Args:
            path: The file.
            progress: Called as work goes on.

        Raises:
            UsageError: The file does not exist or is of no known kind.
            InputError: The file cannot be read.
            WeightsError: A weight that is needed is missing or damaged.
        """
        path = Path(path)
        _check_file(path)
        self._models.begin()
        if self.options.reply != "none":
            # A wrong server or model is told before the work, not after it.
            self._models.generator(self.options.llm_url, self.options.llm_model)
        if kind(path) == "transcript":
            found = self._transcript(path)
        elif self.options.transcript is not None:
            found = self._recording_with_transcript(path, self.options.transcript)
        else:
            found = self._recording(path, progress)
        return self._timeline(path, found, progress)

    def _transcript(self, path: Path) -> _Found:
        from empathia.listen.language import detect_language, languages
        from empathia.listen.transcript import read_transcript

        read = read_transcript(path)
        talk, texts = read.dialogue, [u.text for u in read.dialogue.utterances]
        language, spoken = self.options.language, [self.options.language] * len(texts)
        if language is None:
            language, spoken = detect_language(t for t in texts if t), languages(texts)
        ends = [u.end for u in talk.utterances if u.end is not None]
        given = self.options.names or self.options.speakers
        unused = ("the transcript says who speaks: names and number of speakers were not used",)
        notes = read.notes + (unused if given else ())
        return _Found(talk, language, notes, spoken=tuple(spoken), duration=max(ends, default=None))

    def _recording_with_transcript(self, path: Path, transcript: Path) -> _Found:
        from empathia.listen.recording import waveform_of

        found = self._transcript(transcript)
        if any(u.start is None for u in found.dialogue.utterances):
            raise TranscriptError(
                f"'{media.shown(transcript)}' has turns without times, which cannot be found in "
                "the recording",
                "Give start and end of every turn, or leave --transcript out",
            )
        condition = media.Condition()
        waveform, duration = waveform_of(path, condition)
        notes = [*found.notes, *condition.notes()]
        late = sum(u.start >= duration for u in found.dialogue.utterances if u.start is not None)
        if late:
            notes.append(f"{late} turns of the transcript start after the recording's end")
        return dataclasses.replace(
            found, notes=tuple(notes), duration=duration, waveform=waveform, has_audio=True
        )

    def _recording(self, path: Path, progress: Progress) -> _Found:
        from empathia.listen.recording import ListenOptions, hear

        media.probe(path)  # what is no recording is refused before any model is loaded
        o = self.options
        wanted = ListenOptions(
            model=o.asr_model,
            language=o.language,
            # Who names the speakers has counted them.
            speakers=o.speakers or len(o.names) or None,
            names=o.names,
            threads=o.threads,
        )
        heard = hear(
            path,
            wanted,
            progress,
            diariser=self._models.diariser(),
            transcriber=self._models.transcriber(o.asr_model),
        )
        return _Found(
            heard.dialogue,
            heard.language,
            heard.notes,
            words=heard.words,
            duration=heard.duration,
            waveform=heard.waveform,
            has_audio=True,
        )

    def _timeline(self, path: Path, found: _Found, progress: Progress) -> Timeline:
        talk = found.dialogue
        sounds = self._features(path, found, progress)
        prosody = {i: measured["prosody"] for i, measured in sounds.items()}
        cues = self._cues(talk, prosody)
        turns = [
            Turn(u, found.words.get(u.id, ()), prosody.get(u.id), cues.get(u.id))
            for u in talk.utterances
        ]
        turns = self._feel(turns, found, sounds, progress)
        turns, notes = self._answer(turns, progress)
        return Timeline(
            source=str(path),
            turns=tuple(turns),
            speakers=tuple(dict.fromkeys(u.speaker for u in talk.utterances)),
            duration=found.duration,
            language=found.language,
            has_audio=found.has_audio,
            waveform=found.waveform,
            notes=tuple(dict.fromkeys([*found.notes, *self._models.notes(), *notes])),
            provenance=self._models.provenance(self.options),
        )

    def _features(self, path: Path, found: _Found, progress: Progress) -> Sounds:
        """Prosody and what recognisers hear, in a second pass over the sound."""
        sounds: dict[str, dict[str, Features]] = {}
        if not found.has_audio:
            return sounds
        from empathia.features.prosody import extract

        takers = self._models.listeners()
        timed = sorted(found.dialogue.utterances, key=lambda u: u.start or 0.0)
        spans = [(u.start or 0.0, u.end or 0.0) for u in timed]
        for u, audio in zip(timed, media.spans(path, spans), strict=True):
            progress("voice", u.end or 0.0, found.duration)
            if not len(audio.samples):  # behind the recording's end: absent, not silent
                continue
            sounds[u.id] = {"prosody": extract(audio, u.id)}
            sounds[u.id] |= {n: t(audio, u.id) for n, t in takers.items() if n != "prosody"}
        return sounds

    def _cues(self, talk: Dialogue, prosody: Mapping[str, Features]) -> dict[str, Cues]:
        if not prosody or (bins := self._models.bins()) is None:
            return {}
        from empathia.cues import describe_recording

        cues = describe_recording(
            [prosody.get(u.id) for u in talk.utterances],
            [u.speaker for u in talk.utterances],
            bins,
            levels=self.options.levels,
            adapt=self.options.adapt,
        )
        return {u.id: c for u, c in zip(talk.utterances, cues, strict=True) if c is not None}

    def _feel(
        self,
        turns: list[Turn],
        found: _Found,
        sounds: Sounds,
        progress: Progress,
    ) -> list[Turn]:
        spoken = found.spoken or [found.language] * len(turns)
        samples = [_sample(t, code, sounds) for t, code in zip(turns, spoken, strict=True)]
        sources = self._models.recognisers({s.language for s in samples}, sound=found.has_audio)
        heard: list[dict[str, Emotion]] = [{} for _ in turns]
        for number, source in enumerate(sources, 1):
            for mine, emotion in zip(heard, source.recognise(samples), strict=True):
                mine[source.name] = emotion
            progress("emotion", number, len(sources))
        from empathia.pipeline.fusion import fuse

        return [
            dataclasses.replace(t, emotions=e, emotion=fuse(e))
            for t, e in zip(turns, heard, strict=True)
        ]

    def _answer(self, turns: list[Turn], progress: Progress) -> tuple[list[Turn], list[str]]:
        o = self.options
        if o.reply == "none" or not turns:
            return turns, []
        generator, notes = self._models.generator(o.llm_url, o.llm_model)
        chosen = range(len(turns)) if o.reply == "every" else [len(turns) - 1]
        answered = list(turns)
        for done, i in enumerate(chosen, 1):
            answered[i] = dataclasses.replace(turns[i], reply=_reply(generator, turns[: i + 1]))
            progress("reply", done, len(chosen))
        return answered, notes


def _reply(generator: Generator, turns: Sequence[Turn]) -> Reply:
    """An answer in any case: what was heard is not lost because a model cannot be loaded."""
    from empathia.reply import rules

    try:
        return generator.reply(turns)
    except (WeightsError, MissingExtra) as error:
        return rules.answer(turns, note=str(error))


def _sample(turn: Turn, language: str | None, sounds: Sounds) -> Sample:
    u = turn.utterance
    return Sample(
        u.id,
        u.text,
        language,
        sounds.get(u.id, {}),
        speaker=u.speaker,
        gender=u.gender,
        index=u.index,
    )
