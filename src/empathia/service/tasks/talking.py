"""Talks that are held aloud or in words: many at a time, one step after another."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import numpy as np

from empathia import judges, media
from empathia.contracts import Judge
from empathia.errors import UsageError
from empathia.judges.given import Given
from empathia.listen.speech import RATE
from empathia.pipeline import Conversation, Options, answering
from empathia.pipeline.models import Models
from empathia.pipeline.reacting import react
from empathia.pipeline.record import Record
from empathia.pipeline.session import Heard, Session
from empathia.report import judged as judged_json
from empathia.report import replied
from empathia.report.face import writing
from empathia.service.tasks import Told
from empathia.service.tasks.inlet import Inlet
from empathia.types import Audio, Timeline, Turn
from empathia.types.events import Began, Drafted, Quiet, event_json
from empathia.types.talk import Call, Tool
from empathia.types.wire import turn_json

_FRAMES = 1500  # of a face, at most
_UNTOLD = 16  # answers of a talk that are kept until they are told; fewer of its steps wait
_WORDS = ("I lost my keys again.", "오늘 너무 힘들었어요.")


def open(options: Options) -> Talking:
    """With its models loaded."""
    models = Models(options)
    _warm(models)
    return Talking(models)


def _warm(models: Models) -> None:
    """Take a turn of each language, so that the first one that counts takes no longer than others.

    What is loaded when it is first needed is loaded by that.
    """
    rng = np.random.default_rng(0)
    sound = Audio(rng.normal(0, 0.05, RATE).astype(np.float32), RATE)

    def listen() -> None:
        model = models.transcriber(Record())
        model.transcribe(model.encode(sound), 0.0)

    with ThreadPoolExecutor(1) as beside:
        listening = beside.submit(listen)
        options = dataclasses.replace(models.options, reply="none", speakers=1, video=False)
        for words in _WORDS:
            turn = Conversation(options, models=models).add(words, sound)
            models.replies.answer([turn], Record(), wish=options.wish)
        listening.result()


@dataclasses.dataclass(slots=True)
class _Talk:
    session: Session
    inlet: Inlet
    ended: deque[Heard] = dataclasses.field(default_factory=deque)  # to be judged
    made: dict[str, Turn] = dataclasses.field(default_factory=dict)  # with answers; by id, not told

    def keep(self, answered: Turn) -> None:
        """Keep an answer until it is told; what is never told gives way to later ones."""
        self.made[answered.utterance.id] = answered
        if len(self.made) > _UNTOLD:
            self.made.pop(next(iter(self.made)), None)

    def told(self, events: Sequence[Began | Drafted | Heard | Quiet]) -> list[object]:
        self.ended += (e for e in events if isinstance(e, Heard))
        return [_told(e) for e in events]


def _told(event: Began | Drafted | Heard | Quiet) -> Mapping[str, object]:
    if isinstance(event, Heard):
        return {"event": "ended", "end": event.end, "goes_on": event.goes_on}
    return event_json(event)


class Talking:
    """Holds talks; each is kept in a file after every turn.

    Sound is heard while turns are judged and answers are made: who goes on speaking ends them. No
    talk waits for the words of another, nor for what is asked about words alone.
    """

    lanes = MappingProxyType(
        dict.fromkeys(("begin", "hear", "pause", "end"), "hear {talk}")
        | dict.fromkeys(("turn", "say", "told"), "turns")
        | {"answer": "answers", "call": "call {talk}"}
        | dict.fromkeys(("chat", "reply", "judge", "react"), "batches")
    )

    def __init__(self, models: Models) -> None:
        self._models = models
        self._talks: dict[str, _Talk] = {}
        self._panel: list[Judge] | None = None

    def begin(
        self,
        tell: Told,
        *,
        talk: str,
        file: str,
        pcm: tuple[int, int] | None,
        language: str | None,
        drafts: bool,
    ) -> int:
        """Begin a talk, or go on with one.

        Args:
            tell: Hears nothing.
            talk: What it is called from here on.
            file: Where it is kept.
            pcm: Rate and channels of samples without a header; None for other formats.
            language: What is spoken; None finds out.
            drafts: Whether it is told what is said while somebody still speaks.

        Returns:
            Turns that there are.
        """
        options = dataclasses.replace(self._models.options, language=language)
        session = Session(Path(file), options, self._models, drafts=drafts)
        kind = None if pcm is None else media.Pcm(*pcm).checked()
        self._talks[talk] = _Talk(session, Inlet(kind))
        return len(session.turns)

    def hear(self, tell: Told, *, talk: str, sound: bytes) -> list[object]:
        """Events of more sound, as plain values; "ended" is of what :meth:`turn` judges."""
        held = self._of(talk)
        return held.told(held.session.listen(held.inlet.add(sound)))

    def pause(self, tell: Told, *, talk: str) -> list[object]:
        """Events, where no sound comes for the time being."""
        held = self._of(talk)
        return held.told(held.session.pause())

    def turn(self, tell: Told, *, talk: str) -> object:
        """The first of what has ended, as a turn."""
        held = self._of(talk)
        if not held.ended:
            raise UsageError("no turn has ended", "Say it again")
        return turn_json(held.session.judge(held.ended.popleft()))

    def say(self, tell: Told, *, talk: str, text: str) -> object:
        """What is said in words, as a turn."""
        return turn_json(self._of(talk).session.say(text))

    def told(self, tell: Told, *, talk: str, text: str, answers: str | None) -> object:
        """What Empathia has said, of the answer to a turn (its id) or by itself, as a turn."""
        held = self._of(talk)
        made = None if answers is None else held.made.pop(answers, None)
        return turn_json(held.session.tell(text, made))

    def call(
        self, tell: Told, *, talk: str, tools: Sequence[Tool], done: Sequence[tuple[Call, str]]
    ) -> Call | None:
        """The tool that helps to answer what was said last, if one does."""
        return self._of(talk).session.call(tools, done)

    def answer(self, tell: Told, *, talk: str, told: Sequence[str] = ()) -> object:
        """What was said last, with its answer, pieces of which are told as they are written.

        It is said where :meth:`told` tells so.

        Args:
            tell: Hears the pieces.
            talk: Which.
            told: What tools told for it.
        """
        held = self._of(talk)
        turn = held.session.propose(tell, told)
        held.keep(turn)
        return turn_json(turn)

    def chat(self, tell: Told, *, turns: Sequence[tuple[str, str]]) -> object:
        """The last of (speaker, words) as a turn, with an answer; nothing is kept."""
        (one,) = answering.answer(turns, self._models.options, models=self._models)
        return turn_json(dataclasses.replace(one.turn, reply=one.reply))

    def end(self, tell: Told, *, talk: str) -> None:
        """Let go of a talk; its file stays."""
        held = self._talks.pop(talk)
        held.inlet.close()
        held.session.__exit__(None, None, None)

    def _of(self, talk: str) -> _Talk:
        if talk not in self._talks:
            raise UsageError("there is no such talk", "Begin it")
        return self._talks[talk]

    def reply(
        self,
        tell: Told,
        *,
        turns: Sequence[tuple[str, str]],
        every: bool,
        listener: str | None,
        empathy: Mapping[str, int],
        sentiment: float | None,
        candidates: int | None,
    ) -> object:
        """Answers to (speaker, words), with reasons; see docs/json.md.

        Args:
            tell: Hears nothing.
            turns: What was said.
            every: Answer each turn that somebody else's follows, not the last alone.
            listener: Answer only what this speaker answers.
            empathy: As of :class:`empathia.pipeline.Options`, and so the two below.
            sentiment: Likewise.
            candidates: Likewise.
        """
        wish = {"empathy": empathy, "sentiment": sentiment, "candidates": candidates}
        options = dataclasses.replace(self._models.options, **wish)  # type: ignore[arg-type]
        answers = answering.answer(
            turns, options, every=every, listener=listener, models=self._models
        )
        return replied.to_json(answers)

    def react(
        self, tell: Told, *, turns: Sequence[tuple[str, str]], listener: str | None, seed: int
    ) -> object:
        """How a listener would take (speaker, words); see docs/reactions.md."""
        with Conversation(self._models.options, models=self._models) as heard:
            for who, words in turns:
                heard.add(words, speaker=who)
            names = tuple(dict.fromkeys(who for who, _ in turns))
            talk = Timeline("talk", heard.turns, names)
        threads = self._models.options.threads
        reacted = react(talk, listener=listener, seed=seed, threads=threads)
        shown = {"face": None} if reacted.frames > _FRAMES else {}
        return writing.to_json(reacted) | shown

    def judge(self, tell: Told, *, pairs: Sequence[tuple[str, str]]) -> object:
        """How empathic replies are, of (context, reply); see docs/json.md."""
        if self._panel is None:
            self._panel = judges.load(judges.ALL, threads=self._models.options.threads)
        judged = judges.judge(self._panel, pairs)
        rows = [Given(str(i), c, r) for i, (c, r) in enumerate(pairs)]
        return judged_json.to_json(rows, judged)
