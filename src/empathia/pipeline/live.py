"""A stream of sound, turn by turn: add what was heard, get back what has become known.

    blocks -> listen/live.py -> turns that have ended -> Conversation -> events

Speakers are provisional until the stream is closed. Who spoke in a turn may be revised; when it
was, all turns are judged once more at the end, by what is kept of their sound: its features.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

from empathia import media
from empathia.errors import UsageError
from empathia.listen.attribution import Stretch
from empathia.listen.ear import silence
from empathia.listen.live import listener
from empathia.listen.recording import named, utterance_of
from empathia.listen.remarks import on_speakers
from empathia.pipeline.conversation import Conversation, Spoken
from empathia.pipeline.models import Models
from empathia.pipeline.options import Options
from empathia.types import Audio, Timeline, Turn
from empathia.types.events import Ended, Event, Revised, TurnEnded


class Live:
    """Hears one stream.

    Args:
        options: How to read; replies are to no turn, to each as it ends, or to the last.
        models: Those of a reader or a conversation, which are then shared.
        source: What the timeline calls the stream.

    Raises:
        UsageError: An option needs the whole recording, or a recogniser cannot be used.
        WeightsError: A weight that is needed is missing or damaged.

    Example:
        >>> with Live() as live:  # doctest: +SKIP
        ...     for block in blocks:
        ...         for event in live.add(block):
        ...             print(event)
        ...     timeline = live.close()[-1].timeline
    """

    def __init__(
        self, options: Options | None = None, models: Models | None = None, source: str = "-"
    ) -> None:
        self.options = options or Options()
        check(self.options)
        self._source = source
        self._owns = models is None
        self._models = models or Models(self.options)
        self._talk = Conversation(self.options, (), self._models)
        record, wanted = self._talk.record, self.options.listening()
        self._bounds = wanted.bounds
        self._listener = listener(
            wanted, self._models.diariser(record), self._models.transcriber(record)
        )
        self._spoken: list[Spoken] = []
        self._speech = self._listener.speech
        self._revised = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()
        if self._owns:
            self._models.close()

    @property
    def duration(self) -> float:
        """Seconds of sound that came so far."""
        return self._listener.duration

    def add(self, sound: Audio) -> list[Event]:
        """Hear more of the stream.

        Args:
            sound: Mono at 16 kHz, of any length.

        Returns:
            What has become known by it.
        """
        return [e for ended in self._listener.heard(sound) for e in self._told(ended)]

    def pause(self) -> list[Event]:
        """No sound comes for the time being: give what was said up to here."""
        return self._told(self._listener.pause())

    def close(self, notes: Sequence[str] = ()) -> list[Event]:
        """The stream has ended.

        Args:
            notes: Remarks for the user.

        Returns:
            The last turns, who was taken for somebody else if anybody was, and :class:`Ended`.
        """
        events = self._told(self._listener.close())
        return [*events, Ended(self._timeline(notes))]

    def _told(self, ended: Sequence[Stretch]) -> list[Event]:
        """Turns that have ended, and who was somebody else in those before."""
        if not ended and self._listener.speech is self._speech:
            return []
        self._speech = self._listener.speech
        names = named((s.speaker for s in self._speech.spans), self.options.names)
        before = self._spoken
        self._spoken = [
            _said_by(s, names[span.speaker], span.confidence)
            for s, span in zip(before, self._listener.speakers(), strict=False)
        ]
        revised = {
            s.utterance.id: s.utterance.speaker
            for s, old in zip(self._spoken, before, strict=True)
            if s is not old
        }
        self._revised |= bool(revised)
        events: list[Event] = [Revised(revised)] if revised else []
        return [*events, *(self._given(turn, names[turn.speaker]) for turn in ended)]

    def _given(self, ended: Stretch, name: str) -> TurnEnded:
        language = self._listener.transcript.language
        utterance = utterance_of(ended, len(self._spoken), name, language)
        sound = self._talk.hear(self._listener.ear.cut(ended.start, ended.end), utterance.id)
        self._spoken.append(Spoken(utterance, ended.words, language, sound))
        (turn,) = self._talk.extend(self._spoken[-1:])
        return TurnEnded(self._talk.answer() if self.options.reply == "every" else turn)

    def _turns(self) -> Sequence[Turn]:
        """All turns as they stand at the end."""
        talk = self._talk
        if self._revised:
            again = Conversation(dataclasses.replace(self.options, reply="none"), (), self._models)
            judged = again.extend(self._spoken)
            replies = [t.reply for t in talk.turns]
            turns = [dataclasses.replace(t, reply=r) for t, r in zip(judged, replies, strict=True)]
            talk = Conversation(self.options, turns, self._models)
        if self.options.reply == "last" and talk.turns:
            talk.answer()
        return talk.turns

    def _timeline(self, notes: Sequence[str]) -> Timeline:
        ear, transcript, record = self._listener.ear, self._listener.transcript, self._talk.record
        turns = tuple(self._turns())
        spoken = [t.utterance for t in turns]
        who = on_speakers(spoken, self._listener.speech.number, self._bounds)
        words = transcript.notes_on(spoken)
        remarks = (*notes, *silence(ear), *who, *words, *record.notes)
        return Timeline(
            source=self._source,
            turns=turns,
            speakers=tuple(dict.fromkeys(t.utterance.speaker for t in turns)),
            duration=ear.duration,
            language=transcript.language,
            has_audio=True,
            waveform=ear.waveform.peaks(),
            notes=tuple(dict.fromkeys(remarks)),
            provenance=record.provenance(self.options),
            speaker_number=self._listener.speech.number if turns else None,
        )


def check(options: Options) -> None:
    """Refuse what a stream cannot be read with.

    Raises:
        UsageError: An option needs the whole recording before anything is said.
    """
    whole = {
        "--transcript": options.transcript is not None,
        "--format": options.format is not None,
        "--channels separate": options.channels == "separate",
        "--adapt": options.adapt,
        "--track all": options.track == media.ALL,
    }
    for name in (n for n, given in whole.items() if given):
        raise UsageError(
            f"{name} needs the whole recording, and a stream is heard as it comes",
            "Leave it out, or save the sound and read the file",
        )


def _said_by(spoken: Spoken, name: str, confidence: float | None) -> Spoken:
    if spoken.utterance.speaker == name:
        return spoken
    u = dataclasses.replace(spoken.utterance, speaker=name, speaker_confidence=confidence)
    return dataclasses.replace(spoken, utterance=u)
