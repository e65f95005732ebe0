"""A talk with Empathia: what is said to it is answered, and on disk after every turn.

text | a recording of a turn | sound as it comes -> a turn, kept -> its answer, kept
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from empathia import files, media
from empathia.errors import InputError, UsageError
from empathia.listen.attribution import Stretch, text_of
from empathia.listen.ear import DRAFTING, TALKING
from empathia.listen.live import TALK_TURNS, Listener, listener
from empathia.listen.recording import utterance_of
from empathia.pipeline import Conversation, Options, Reader, kind
from empathia.pipeline.conversation import Spoken
from empathia.pipeline.early import Early
from empathia.pipeline.models import Models
from empathia.types import Audio, Tell, Timeline, Turn
from empathia.types.events import Began, Drafted, Quiet
from empathia.types.talk import Call, Tool
from empathia.types.wire import dumps, from_json

LISTENER = "Empathia"
"""Who gives the replies."""
SPEAKER = "you"
"""Who is answered."""
_LONGEST = 600.0  # s of one turn


def folder() -> Path:
    """Where talks are kept, below :func:`empathia.files.home`."""
    return files.home() / "talks"


def new(now: datetime) -> Path:
    """A file for a talk that begins now; no other talk's."""
    name = f"{now:%Y-%m-%d-%H%M%S}"
    names = (name, *(f"{name}-{n}" for n in range(2, 1000)))
    return next(p for n in names if not (p := folder() / f"{n}.json").exists())


def latest() -> Path:
    """The talk that was last spoken in.

    Raises:
        UsageError: None is kept.
    """
    kept = sorted(folder().glob("*.json"), key=lambda p: p.stat().st_mtime_ns)
    if not kept:
        raise UsageError(f"no talk is kept in '{folder()}'", "Begin one: empathia talk")
    return kept[-1]


class Heard(NamedTuple):
    """What somebody said, before it is judged.

    Args:
        stretch: Its words, and where they are in what was heard.
        sound: Of it.
        language: ISO 639-1 code of what was heard up to here, as far as it is known.
        start, end: In the talk (s).
        goes_on: When what comes behind it began (s), as far as it has; None where nobody speaks.
    """

    stretch: Stretch
    sound: Audio
    language: str | None
    start: float
    end: float
    goes_on: float | None


class Session:
    """A talk of one person with Empathia.

    What was said is written before it is answered, and the answer once it is there: whatever
    happens then, no turn is lost. An answer is a turn, too: what is said next is heard behind it.
    Threads may share it: one listens, and goes on while another judges what was said before.

    Args:
        path: The file; a talk that is in it goes on.
        options: How to judge and to reply.
        models: Those of another reader or talk, which are then shared.
        drafts: Whether it is told what somebody says while they still speak.

    Raises:
        InputError: The file holds no talk.
        EmpathiaError: See :class:`empathia.pipeline.Conversation`.
    """

    def __init__(
        self,
        path: Path,
        options: Options | None = None,
        models: Models | None = None,
        *,
        drafts: bool = False,
    ) -> None:
        self.path = path
        self._hearing, self._drafted = DRAFTING if drafts else TALKING, ""
        # Answered apart, when what was said is on disk.
        chosen = dataclasses.replace(options or Options(), reply="none", speakers=1, video=False)
        self._reader = Reader(chosen, models)
        self._talk = Conversation(chosen, _kept(path), self._reader.models)
        self._before = max((t.utterance.end or 0.0 for t in self.turns), default=0.0)  # s
        self._began: float | None = None
        self._over = 0.0  # s; when the last turn that was heard ended
        self._unquiet: float | None = None  # s; when who was told of last began, till it is quiet
        self._early = Early(self._talk.hear)
        self._lock = threading.Lock()  # turns come in one by one; nobody waits for it to listen

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if "_listener" in self.__dict__:
            self._listener.stop()
        self._early.close()
        self._reader.__exit__()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns so far, Empathia's among them."""
        return self._talk.turns

    @property
    def last(self) -> Turn | None:
        """What was last said to Empathia."""
        return next((t for t in reversed(self.turns) if t.utterance.speaker != LISTENER), None)

    @property
    def is_owed(self) -> bool:
        """Whether the last turn still waits for its answer."""
        return bool(self.turns) and self.turns[-1].utterance.speaker != LISTENER

    @property
    def timeline(self) -> Timeline:
        """The talk so far."""
        turns = self.turns
        return Timeline(
            source=self.path.stem,
            turns=turns,
            speakers=tuple(dict.fromkeys(t.utterance.speaker for t in turns)),
            has_audio=any(t.prosody is not None for t in turns),
            notes=self._talk.notes,
            provenance=self._talk.provenance,
        )

    def say(self, text: str) -> Turn:
        """Judge and keep what is said to Empathia; :meth:`answer` replies to it.

        Raises:
            UsageError: There are no words.
        """
        if not text.strip():
            raise UsageError("there are no words", "Say something")
        return self._add(text, None)

    def hear(self, recording: Path) -> Turn:
        """The same with a recording of one turn, whose words are recognised.

        Raises:
            InputError: It cannot be read, is no recording, or is longer than a turn can be.
        """
        if (what := kind(recording)) != "recording":
            raise UsageError(f"'{files.shown(recording)}' is a {what}", "Give a recording")
        sound = _sound(recording)
        read = self._reader.read(recording)
        said = " ".join(t.utterance.text for t in read.turns if t.utterance.text)
        return self._add(said or None, sound)

    def listen(self, sound: Audio) -> list[Began | Drafted | Heard | Quiet]:
        """Hear more of what is said aloud; :meth:`judge` judges what has ended.

        Args:
            sound: Mono at 16 kHz, of any length, behind what was heard before.

        Returns:
            Who begins to speak, what they say so far, what they have said, and that nobody speaks.
        """
        events: list[Began | Drafted | Heard | Quiet] = []
        for ended in self._listener.heard(sound):
            opened = self._listener.ear.speaking
            if opened is not None and opened != self._began:
                events.append(Began(self._before + max(opened, self._over)))
                self._unquiet = opened
            self._began = opened
            events += self._heard(ended)
            if self._unquiet is not None and self._listener.is_quiet(self._unquiet):
                events.append(self._quiet())
        return events if self._hearing.draft is None else [*events, *self._drafts()]

    def _drafts(self) -> list[Drafted]:
        """What is said so far, where more of it is known than before."""
        words = self._listener.drafted()
        if words is None:
            return []
        language = self._listener.transcript.language
        text, before = text_of(words, language) or "", self._drafted
        self._drafted = text
        if not words or text == before:
            return []
        start, end = self._before + words[0].start, self._before + words[-1].end
        return [Drafted(text, language, start, end)]

    def pause(self) -> list[Heard | Quiet]:
        """No sound comes for the time being: give what was said up to here."""
        self._began = None
        told: list[Heard | Quiet] = [*self._heard(self._listener.pause())]
        if self._unquiet is not None:
            told.append(self._quiet())
        return told

    def _quiet(self) -> Quiet:
        self._unquiet = None
        return Quiet(self._before + self._listener.ear.duration)

    @cached_property
    def _listener(self) -> Listener:
        record, wanted = self._talk.record, self._talk.options.listening()
        model = self._reader.models.transcriber(record)
        early = self._early.begin
        return listener(wanted, None, model, TALK_TURNS, hearing=self._hearing, foreseen=early)

    def _heard(self, ended: Sequence[Stretch]) -> list[Heard]:
        behind = [*(x.start for x in ended[1:]), self._listener.goes_on]
        language, heard = self._listener.transcript.language, []
        for one, later in zip(ended, behind, strict=False):
            self._over = one.end
            start, end = self._before + one.start, self._before + one.end
            goes_on = None if later is None else self._before + max(later, one.end)
            sound = self._listener.ear.cut(one.start, one.end)
            heard.append(Heard(one, sound, language, start, end, goes_on))
        return heard

    def judge(self, heard: Heard) -> Turn:
        """Judge and keep what was heard, in the order in which it was."""
        said, sound, language, start, end, _ = heard
        with self._lock:
            u = utterance_of(said, len(self.turns), SPEAKER, language)
            u = dataclasses.replace(u, start=start, end=end)
            features = self._early.take(sound, u.id)
            (turn,) = self._talk.extend([Spoken(u, said.words, language, features)])
            self._keep()
        return turn

    def tell(self, text: str, answers: Turn | None = None) -> Turn:
        """What Empathia has said; what is said next is heard behind it.

        Args:
            text: All of it; of an answer it may be a part.
            answers: Of :meth:`propose`; None where it is no answer. Where more was said meanwhile
                it stands beside that turn alone.

        Raises:
            UsageError: There are no words.
        """
        if not text.strip():
            raise UsageError("there are no words", "Say something")
        with self._lock:
            if answers is not None and answers.reply is not None:
                reply = dataclasses.replace(answers.reply, text=text)
                self._talk.settle(dataclasses.replace(answers, reply=reply))
            if answers is not None and self._owed[-1].utterance.id != answers.utterance.id:
                turn = answers
            else:
                turn = self._talk.add(text, speaker=LISTENER)
            self._keep()
        return turn

    def _add(self, text: str | None, sound: Audio | None) -> Turn:
        with self._lock:
            turn = self._talk.add(text, sound, speaker=SPEAKER)
            self._keep()
        return turn

    def answer(self, tell: Tell = None) -> Turn:
        """Reply to what was last said, and keep the reply.

        Args:
            tell: Hears the reply as it is written; see
                :meth:`empathia.pipeline.Conversation.answer`.

        Returns:
            What was said, with the reply to it.

        Raises:
            UsageError: Nothing waits for an answer.
        """
        turn = self.propose(tell)
        if turn.reply is not None:
            self.tell(turn.reply.text, turn)
        return turn

    def call(self, tools: Sequence[Tool], done: Sequence[tuple[Call, str]]) -> Call | None:
        """The tool that helps to answer what was last said, if one does; nothing is kept of it.

        Args:
            tools: To choose from.
            done: What was called for this answer, with what it told.

        Raises:
            EmpathiaError: See :meth:`empathia.pipeline.replying.Replies.call`.
        """
        return self._talk.models.replies.call(self._owed, tools, done)

    def propose(self, tell: Tell = None, told: Sequence[str] = ()) -> Turn:
        """The same, but nothing was said yet, nor is it kept: see :meth:`tell`.

        Args:
            tell: As above.
            told: What tools told for it.
        """
        if not self.is_owed:
            raise UsageError("nothing was said that waits for an answer", "Say something")
        return self._talk.proposed(tell, told, self._owed)

    @property
    def _owed(self) -> Sequence[Turn]:
        """All turns up to the last words that wait for an answer: a hum behind them is none."""
        kept = list(self.turns)
        while kept and kept[-1].utterance.text is None:
            kept.pop()
        return kept if kept and kept[-1].utterance.speaker != LISTENER else self.turns

    def _keep(self) -> None:
        files.write(self.path, dumps(self.timeline).encode(), 0o600)


def _sound(recording: Path) -> Audio:
    """All of its sound, mono at 16 kHz."""
    heard: list[Audio] = []
    for block in media.blocks(recording):
        heard.append(block)
        if sum(len(b.samples) / b.rate for b in heard) > _LONGEST:
            raise InputError(
                f"'{files.shown(recording)}' is longer than {_LONGEST / 60:.0f} minutes, which "
                "is no turn of a talk",
                "Read it as a recording: empathia read",
            )
    return Audio(np.concatenate([b.samples for b in heard]), heard[0].rate)


def _kept(path: Path) -> tuple[Turn, ...]:
    if not path.exists():
        return ()
    try:
        timeline = from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(
            f"'{files.shown(path)}' holds no talk ({error})", "Name a file that empathia talk kept"
        ) from error
    return timeline.turns
