"""All stages joined for one recording or transcript.

    recording -> utterances -> features -> cues in words -> emotion -> reply

A :class:`Reader` loads what it needs on first use and keeps it, so that a
folder of recordings pays for the models once. It writes nothing to disk.
A :class:`Conversation` gets its turns one by one instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia import media
from empathia.contracts import Progress, silent
from empathia.errors import EmpathiaError, TranscriptError, UsageError
from empathia.pipeline.conversation import Conversation, Spoken
from empathia.pipeline.kinds import NAMED_ONLY, RECORDINGS, TRANSCRIPTS, by_name, kind, plays, talks
from empathia.pipeline.models import Models
from empathia.pipeline.options import SHIPPED, Options
from empathia.pipeline.record import Record
from empathia.types import Dialogue, Features, SpeakerNumber, Timeline, Turn, Word

__all__ = [
    "NAMED_ONLY",
    "RECORDINGS",
    "SHIPPED",
    "TRANSCRIPTS",
    "Conversation",
    "Options",
    "Reader",
    "Spoken",
    "by_name",
    "kind",
    "plays",
    "talks",
]


def _check_file(path: Path) -> None:
    try:
        there = path.is_file()
        what = "is a folder" if path.is_dir() else "does not exist"
    except OSError as error:  # a name that is too long, say
        there, what = False, f"cannot be opened ({error.strerror})"
    if not there:
        raise UsageError(f"expected a file, '{media.shown(path)}' {what}", "Check the path")


@dataclasses.dataclass(frozen=True, slots=True)
class _Talk:
    """Who said what when, from a recording, a transcript, or both."""

    dialogue: Dialogue
    language: str | None
    notes: tuple[str, ...] = ()
    words: Mapping[str, tuple[Word, ...]] = dataclasses.field(default_factory=dict)
    spoken: str | None = None  # the language of every turn; None where each has its own
    duration: float | None = None
    waveform: tuple[float, ...] = ()
    has_audio: bool = False
    sounds: Mapping[str, media.Selection] = dataclasses.field(default_factory=dict)
    speaker_number: SpeakerNumber | None = None


class Reader:
    """Reads recordings and transcripts with one set of models.

    Args:
        options: How to read.
        models: Those of another reader, which are then shared.

    Attributes:
        models: What it loads, for a conversation to share.

    Example:
        >>> with Reader(Options(names=("Ann", "Ben"))) as reader:
        ...     timeline = reader.read(Path("talk.wav"))  # doctest: +SKIP
    """

    def __init__(self, options: Options | None = None, models: Models | None = None) -> None:
        self.options = options or Options()
        self._owns = models is None
        self.models = models or Models(self.options)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owns:
            self.models.close()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of weights that are not here and would read words of what was read so far."""
        return self.models.wanted

    def look_again(self) -> None:
        """Read what comes next with the weights that are here now."""
        self.models.look_again()

    def read(self, path: Path | str, progress: Progress = silent) -> Timeline:
        """Make the timeline of one recording or transcript.

        Args:
            path: The file.
            progress: Called as work goes on.

        Raises:
            UsageError: The file does not exist or is of no known kind, or a recogniser that was
                named cannot be used.
            InputError: The file cannot be read.
            WeightsError: A weight that is needed is missing or damaged.
        """
        path = Path(path)
        _check_file(path)
        what = kind(path)
        o = self.options
        one_by_one = dataclasses.replace(o, adapt=False, reply="none")
        conversation = Conversation(one_by_one, models=self.models)
        if o.reply != "none":  # a wrong server or model is told before the work
            conversation.record.use(*self.models.replies.weights)
        if what == "transcript":
            talk = self._transcript(path)
        elif o.transcript is not None:
            talk = self._recording_with_transcript(path, o.transcript)
        else:
            talk = self._recording(path, conversation.record, progress)
        spoken = self._spoken(path, talk, conversation, progress)
        if talk.has_audio and o.video:
            spoken = self._watched(path, spoken, conversation, progress)
        conversation.extend(spoken, progress, talk.language)
        turns = self._adapted(conversation.turns, conversation.record)
        return self._timeline(
            path, talk, self._answered(turns, conversation, progress), conversation
        )

    def _transcript(self, path: Path, recording: float | None = None) -> _Talk:
        """A transcript, and the length in s of the recording that it belongs to."""
        from empathia.listen.language import detect_language
        from empathia.listen.transcript import read_transcript

        read = read_transcript(path, self.options.format, recording)
        utterances = read.dialogue.utterances
        language = self.options.language
        if language is None:
            language = detect_language(u.text for u in utterances if u.text)
        ends = [u.end for u in utterances if u.end is not None]
        o = self.options
        unused = []
        if o.names or o.speakers:
            unused.append(
                "the transcript says who speaks: names and number of speakers were not used"
            )
        if recording is None and (o.track is not None or o.channels != "mix"):
            unused.append("a transcript has no sound: track and channels were not used")
        if o.pause is not None:
            unused.append("the transcript says where turns end: the pause was not used")
        notes = (*read.notes, *unused)
        return _Talk(
            read.dialogue,
            language,
            notes,
            read.words,
            spoken=self.options.language,
            duration=max(ends, default=None),
        )

    def _recording_with_transcript(self, path: Path, transcript: Path) -> _Talk:
        from empathia.listen.recording import waveform_of

        condition = media.Condition()
        waveform, duration = waveform_of(path, condition, self.options.selection)
        talk = self._transcript(transcript, duration)
        if any(u.start is None for u in talk.dialogue.utterances):
            raise TranscriptError(
                f"'{media.shown(transcript)}' has turns without times, which cannot be found in "
                "the recording",
                "Give start and end of every turn, or leave --transcript out",
            )
        notes = (*talk.notes, *condition.notes())
        return dataclasses.replace(
            talk, notes=notes, duration=duration, waveform=waveform, has_audio=True
        )

    def _recording(self, path: Path, record: Record, progress: Progress) -> _Talk:
        from empathia.listen.channels import hear_separately, speakers_of
        from empathia.listen.recording import hear

        o = self.options
        media.check(path, o.selection)  # what is no recording is refused before a model is loaded
        apart = speakers_of(path, o.track) if o.channels == "separate" else None
        wanted = o.listening()
        diariser = None if apart is not None else self.models.diariser(record)
        transcriber = self.models.transcriber(record)
        if apart is not None:
            heard = hear_separately(path, apart, wanted, progress, transcriber=transcriber)
        else:
            heard = hear(path, wanted, progress, diariser=diariser, transcriber=transcriber)
        return _Talk(
            heard.dialogue,
            heard.language,
            heard.notes,
            heard.words,
            heard.language,
            heard.duration,
            heard.waveform,
            has_audio=True,
            sounds=heard.sounds,
            speaker_number=heard.speaker_number,
        )

    def _spoken(
        self, path: Path, talk: _Talk, conversation: Conversation, progress: Progress
    ) -> list[Spoken]:
        """All turns with what is measured of their sound, in a second pass over it."""
        sounds: dict[str, dict[str, Features]] = {}
        timed = sorted(talk.dialogue.utterances, key=lambda u: u.start or 0.0)
        of = {u.id: talk.sounds.get(u.id, self.options.selection) for u in timed}
        for selection in dict.fromkeys(of.values()) if talk.has_audio else ():
            there = [u for u in timed if of[u.id] == selection]
            spans = [(u.start or 0.0, u.end or 0.0) for u in there]
            cuts = media.spans(path, spans, selection=selection)
            for u, audio in zip(there, cuts, strict=True):
                progress("voice", u.end or 0.0, talk.duration)
                sounds[u.id] = conversation.hear(audio, u.id)
        if not talk.has_audio:
            conversation.note_unheard()
        return [
            Spoken(u, talk.words.get(u.id, ()), talk.spoken, sounds.get(u.id))
            for u in talk.dialogue.utterances
        ]

    def _watched(
        self, path: Path, spoken: list[Spoken], conversation: Conversation, progress: Progress
    ) -> list[Spoken]:
        """All turns with what was seen of their speakers, in a pass over the pictures."""
        if not (spoken and media.probe(path).has_video):
            return spoken
        from empathia.pipeline.watching import watched

        note, o = conversation.record.note, self.options
        speakers = {s.utterance.speaker for s in spoken}
        for name in sorted(o.faces.keys() - speakers):
            note(f"the face of '{name}' was not used: nobody who speaks is called so")
        given = {name: face for name, face in o.faces.items() if name in speakers}
        try:
            utterances, threads = [s.utterance for s in spoken], o.threads
            seen = watched(
                path, utterances, progress, given=given, pictures=o.pictures, threads=threads
            )
        except EmpathiaError as error:  # what was heard is worth more than a crash
            note(f"faces in the video were not read: {error}")
            return spoken
        if all(look.person is None for look, _ in seen.values()):
            reasons = dict.fromkeys(look.absent for look, _ in seen.values() if look.absent)
            note(f"nobody who speaks has a face in the video: {'; '.join(reasons)}")
        told = []
        for s in spoken:
            look, sight = seen[s.utterance.id]
            face = {} if sight is None else conversation.see(sight, s.utterance.id)
            told.append(dataclasses.replace(s, seen=look, face=face))
        return told

    def _adapted(self, turns: Sequence[Turn], record: Record) -> list[Turn]:
        """With cues that are relative to the whole recording, where that was asked for."""
        prosodies = [t.prosody for t in turns]
        if not self.options.adapt or all(p is None for p in prosodies):
            return list(turns)
        if (bins := self.models.bins(record)) is None:
            return list(turns)
        from empathia.cues import describe_recording

        speakers = [t.utterance.speaker for t in turns]
        cues = describe_recording(prosodies, speakers, bins, self.options.levels, adapt=True)
        return [dataclasses.replace(t, cues=c) for t, c in zip(turns, cues, strict=True)]

    def _answered(
        self, turns: list[Turn], conversation: Conversation, progress: Progress
    ) -> list[Turn]:
        if self.options.reply == "none" or not turns:
            return turns
        chosen = range(len(turns)) if self.options.reply == "every" else [len(turns) - 1]
        answered = list(turns)
        for done, i in enumerate(chosen, 1):
            reply = self.models.replies.answer(answered[: i + 1], conversation.record)
            answered[i] = dataclasses.replace(turns[i], reply=reply)
            progress("reply", done, len(chosen))
        return answered

    def _timeline(
        self, path: Path, talk: _Talk, turns: Sequence[Turn], conversation: Conversation
    ) -> Timeline:
        return Timeline(
            source=str(path),
            turns=tuple(turns),
            speakers=tuple(dict.fromkeys(t.utterance.speaker for t in turns)),
            duration=talk.duration,
            language=talk.language,
            has_audio=talk.has_audio,
            waveform=talk.waveform,
            notes=tuple(dict.fromkeys([*talk.notes, *conversation.notes])),
            provenance=conversation.record.provenance(self.options),
            speaker_number=talk.speaker_number,
        )
