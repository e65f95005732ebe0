"""One talk of a client, whatever it speaks: heard at once, judged in order, answered.

    sound -> what was said -> a turn, judged one after another -> an answer, sentence by sentence

Who speaks ends the answer; what was sent of it is what Empathia has said. Who speaks on is answered
when they have ended, or it is known that they said no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from starlette.websockets import WebSocketDisconnect

from empathia.errors import EmpathiaError, UsageError
from empathia.replies.rules.care import SOURCE as CARE
from empathia.service import log, problems
from empathia.service.workers import Died, Worker

Json = Mapping[str, Any]
Step = Callable[[], Awaitable[object]]

LETTERS = 5000
"""Characters of what is said in words at a time."""
_STALL = 1.0  # s without sound after which what was said is taken to be over
_WAITING = 8  # steps that wait before a client is heard no further
_SENTENCE = re.compile(r".+?(?:(?<=[.!?…。？！])\s+|\Z)", re.DOTALL)


class Socket(Protocol):
    """What carries messages, as starlette's WebSocket."""

    async def receive_text(self) -> str:
        """The next message."""

    async def send_text(self, data: str) -> None:
        """Send one."""


class Client(Protocol):
    """What a protocol makes of a talk."""

    async def began(self, at: float) -> None:
        """Somebody begins to speak, at a time in s."""

    async def drafted(self, words: Json) -> None:
        """What somebody who still speaks has said, as :class:`empathia.types.events.Drafted`."""

    async def ended(self, end: float, goes_on: float | None) -> Callable[[Json], Awaitable[None]]:
        """Somebody has spoken; what is called with their turn once it is judged.

        Args:
            end: When they ended (s).
            goes_on: When what comes behind it began (s); None where nobody speaks by now.
        """

    async def quiet(self, at: float) -> None:
        """Nobody speaks any more, at a time; who began may have said nothing."""

    async def failed(self, error: EmpathiaError) -> None:
        """Something could not be done; the talk goes on."""


class Talk:
    """What talks of all protocols do alike.

    Args:
        socket: To the client.
        talker: Hears, judges and answers.
        file: Where the talk is kept.
        client: Is told what becomes of it.
        drafts: Whether it is told what is said while somebody still speaks.

    Attributes:
        id: What it is called.
        pcm: Rate and channels of samples without a header; None for other formats.
        has_begun: Whether anything was said.
    """

    def __init__(
        self, socket: Socket, talker: Worker, file: Path, client: Client, *, drafts: bool = False
    ) -> None:
        self._drafts = drafts
        self._socket, self._talker, self._file, self._client = socket, talker, file, client
        self.id = secrets.token_urlsafe(16)
        self.pcm: tuple[int, int] | None = None
        self.has_begun = False
        self._beginning, self._silencing = asyncio.Lock(), asyncio.Lock()
        self._is_open = False  # sound came, and may be in the midst of a turn
        self._gone = False  # the client
        self._ends = False
        self._coming: asyncio.Future[str] | None = None  # its next message
        self._steps: asyncio.Queue[Step] = asyncio.Queue()
        self._answer: asyncio.Task[None] | None = None
        self._unsaid: Step | None = None  # gives that answer, as long as nothing of it was sent
        self._began: float | None = None  # s; when somebody began whose turn is not judged yet
        self._held: Step | None = None  # an answer that waits for them

    async def run(self, take: Callable[[str], Awaitable[None]]) -> None:
        """Talk until the client has gone, or is let go.

        Args:
            take: Does what a message says.
        """
        working = asyncio.ensure_future(self._work())
        self._coming = coming = asyncio.ensure_future(self._socket.receive_text())
        try:
            while not self._ends:
                await asyncio.wait([coming], timeout=_STALL if self._is_open else None)
                if not coming.done():
                    await self._tried(self.pause)
                elif not coming.cancelled():
                    text = coming.result()
                    self._coming = coming = asyncio.ensure_future(self._socket.receive_text())
                    await self._tried(partial(take, text))
        finally:
            self._gone = True
            coming.cancel()
            await self.silence()
            await self._steps.join()
            working.cancel()
            if self.has_begun:
                with contextlib.suppress(EmpathiaError):
                    await self.ask("end")

    def end(self) -> None:
        """Let the client go; what was said is kept."""
        self._ends = True
        if self._coming is not None:
            self._coming.cancel()

    async def send(self, **told: object) -> None:
        """Send a message, unless the client has gone."""
        with contextlib.suppress(WebSocketDisconnect):  # it is told where it is listened to
            if not self._gone:
                await self._socket.send_text(json.dumps(told))

    async def _work(self) -> None:
        while True:
            await self._tried(await self._steps.get())
            self._steps.task_done()

    async def _tried(self, step: Step) -> None:
        try:
            await step()
        except EmpathiaError as error:
            await self._client.failed(error)
        except Exception as error:
            log.fault(error, "talk")
            await self._client.failed(problems.unknown(type(error).__name__))

    async def then(self, step: Step) -> None:
        """Do something when all that came before is judged."""
        if self._steps.qsize() >= _WAITING:
            await self._steps.join()
        self._steps.put_nowait(step)

    async def ask(self, method: str, **given: object) -> Any:  # noqa: ANN401 - as of a worker
        """What the talker says of this talk; it is begun where it was not yet.

        Raises:
            EmpathiaError: As the method.
        """
        try:
            async with self._beginning:
                if not self.has_begun:
                    self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    where = {"talk": self.id, "file": str(self._file), "pcm": self.pcm}
                    await self._talker.ask("begin", **where, language=None, drafts=self._drafts)
                    self.has_begun = True
            return await self._talker.ask(method, talk=self.id, **given)
        except Died:
            self.has_begun = False  # what was said is on disk: the next process goes on with it
            if self._began is not None:  # and hears nothing of who spoke
                await self._client.quiet(self._began)
                self._steps.put_nowait(partial(self._quiet, self._began))
            raise

    async def hear(self, sound: bytes) -> None:
        """Hear more of what is said."""
        self._is_open = True
        await self._heard(await self.ask("hear", sound=sound))

    async def pause(self) -> None:
        """What was said up to here is over."""
        self._is_open = False
        try:
            if self.has_begun:
                await self._heard(await self.ask("pause"))
        finally:
            await self.then(partial(self._quiet, self._began))

    async def _heard(self, events: list[Json]) -> None:
        for event in events:
            if event["event"] == "began":
                self._began = event["at"]
                await self._client.began(event["at"])
            elif event["event"] == "drafted":
                await self._client.drafted(event)
            elif event["event"] == "quiet":
                await self._client.quiet(event["at"])
                await self.then(partial(self._quiet, self._began))
            else:
                if event["goes_on"] is not None:
                    self._began = max(self._began or 0.0, event["goes_on"])
                tell = await self._client.ended(event["end"], event["goes_on"])
                await self.then(partial(self._judged, tell))

    async def _judged(self, tell: Callable[[Json], Awaitable[None]]) -> None:
        turn = await self.ask("turn")
        if self._began is not None and self._began < turn["end"]:
            self._began = None
        await tell(turn)
        await self._release()

    async def _quiet(self, began: float | None) -> None:
        """Nobody speaks, but who began since: what was begun before was no turn."""
        if self._began == began:
            self._began = None
        await self._release()

    async def _release(self) -> None:
        """Begin the answer that waits, where nobody speaks any more."""
        if self._held is not None and self._began is None:
            await self.answer(self._held, waits=True)

    async def answer(self, give: Step, *, waits: bool = False) -> None:
        """Begin an answer; one that is given is silenced, one that waits is left.

        Args:
            give: Gives it.
            waits: Whether it waits for who speaks, until they said more or it was nothing.
        """
        await self.silence()
        self._held = None
        if waits and self._began is not None:
            self._held = give
        elif not self._gone:
            self._unsaid = give
            self._answer = asyncio.ensure_future(self._tried(give))

    def leave(self) -> bool:
        """Give no answer that waits.

        Returns:
            Whether one did.
        """
        held, self._held = self._held, None
        return held is not None

    async def give_way(self) -> bool:
        """Silence the answer for who begins to speak; if nothing was sent of it, it waits for them.

        Returns:
            Whether there was one.
        """
        was_given = await self.silence()
        if was_given:
            self._held = self._unsaid
        return was_given

    async def silence(self) -> bool:
        """End the answer that is given; what was not sent is not said.

        Returns:
            Whether there was one.
        """
        async with self._silencing:
            if self._answer is None or self._answer.done():
                return False
            self._answer.cancel()
            await asyncio.wait([self._answer])
            return True

    @contextlib.contextmanager
    def saying(self, *, answers: str | None) -> Iterator[Callable[[str], None]]:
        """Keep what is sent of an answer, in whatever way that ends.

        Args:
            answers: Id of the turn to which the talker made it; None where the client gave it.

        Yields:
            Is called with each sentence that was sent.
        """
        sent: list[str] = []
        self._unsaid = None
        try:
            yield sent.append
        finally:
            if text := "".join(sent).strip():
                self._steps.put_nowait(partial(self.ask, "told", text=text, answers=answers))


def sentences(text: str) -> list[str]:
    """Sentences of an answer, each with the space behind it."""
    return _SENTENCE.findall(text.strip())


def parts(reply: Json) -> list[str]:
    """What is sent of an answer at a time: sentences, but careful words as a whole.

    Who speaks in between loses what was not sent, and nobody is to lose half of these.
    """
    return [reply["text"]] if reply["source"] == CARE else sentences(reply["text"])


async def aloud(
    speaker: Worker, text: str, **how: object
) -> AsyncGenerator[tuple[bytes, float], None]:
    """Pieces of a text's sound with their lengths (s); none in a language that is not spoken.

    Args:
        speaker: Speaks.
        text: What is said.
        how: As of :meth:`empathia.service.tasks.speaking.Speaking.speak`.

    Raises:
        EmpathiaError: The voice fails.
    """
    async with contextlib.aclosing(speaker.stream("speak", text=text, **how)) as pieces:
        with contextlib.suppress(UsageError):
            async for piece in pieces:
                yield piece
