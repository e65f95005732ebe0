"""One talk over one socket: what is heard, when it is answered, and what ends an answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import json
import re
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Protocol

from empathia.errors import EmpathiaError, UsageError
from empathia.files import Plain
from empathia.service import log, problems
from empathia.service.evi.scores import prosody
from empathia.service.workers import Worker
from empathia.speech import tone_of

Json = Mapping[str, Plain]
Speak = Callable[[str, str], AsyncGenerator[tuple[bytes, float], None]]
"""Pieces of sound (wav) of a text in a tone, each with its length in s."""

_STALL = 1.0  # s without sound after which what was said is taken to be over
_BEHIND = 30.0  # s of sound that may wait to be heard
_IDS = re.compile(r"[\w-]{16,64}", re.ASCII)
SENTENCE = re.compile(r"(?<=[.!?…。？！])\s+")
"""What stands between the sentences of an answer."""
_UNUSED = (
    "system_prompt", "context", "variables", "tools", "builtin_tools", "language_model_api_key",
    "voice_id", "metadata",
)  # fmt: skip


class Socket(Protocol):
    """What carries messages, as starlette's WebSocket."""

    async def receive_text(self) -> str:
        """The next message."""

    async def send_text(self, data: str) -> None:
        """Send one."""


@dataclasses.dataclass(slots=True)
class _State:
    """What a chat knows at the moment."""

    pcm: tuple[int, int] | None = None
    custom_id: str | None = None
    has_begun: bool = False
    is_paused: bool = False
    has_gone: bool = False  # the client
    plays_until: float = 0.0  # of the loop's clock; what was sent is played until then
    chunks: list[bytes] = dataclasses.field(default_factory=list)


class Chat:
    """One talk.

    Args:
        socket: To the client.
        talker: Hears, judges and answers.
        folder: Where chat groups are kept.
        group: A chat group that goes on; None begins one.
        speak: Gives answers a voice; None sends words alone.

    Raises:
        UsageError: There is no such chat group.
    """

    def __init__(
        self,
        socket: Socket,
        talker: Worker,
        folder: Path,
        group: str | None = None,
        speak: Speak | None = None,
    ) -> None:
        self._socket, self._talker, self._speak = socket, talker, speak
        self.id = secrets.token_urlsafe(16)
        self.group = group or secrets.token_urlsafe(16)
        self._file = folder / f"{self.group}.json"
        if group is not None and not (_IDS.fullmatch(group) and self._file.is_file()):
            raise UsageError("there is no such chat group", "Leave resumed_chat_group_id out")
        self._state = _State()
        self._heard = asyncio.Event()
        self._answer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Talk until the client has gone."""
        await self._send("chat_metadata", chat_id=self.id, chat_group_id=self.group)
        hearing = asyncio.ensure_future(self._hear())
        try:
            while True:
                await self._take(await self._socket.receive_text())
        finally:
            self._state.has_gone = True
            await self._stop(hearing)
            await self._silence()
            if self._state.has_begun:
                with contextlib.suppress(EmpathiaError):
                    await self._talker.ask("end", talk=self.id)

    @staticmethod
    async def _stop(task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            log.fault(error, "chat")

    async def _take(self, text: str) -> None:
        """A message of the client."""
        try:
            message = json.loads(text)
            kind = message["type"]
            handle = _KINDS[kind]
        except (ValueError, TypeError, KeyError, RecursionError):
            known = ", ".join(_KINDS)
            await self._error(UsageError("a message of no known type", f"Known are {known}"))
            return
        try:
            await handle(self, message)
        except EmpathiaError as error:
            await self._error(error)

    async def _audio(self, message: Json) -> None:
        try:
            data = base64.b64decode(_text(message, "data"), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError("'data' is no base64", "Encode the sound") from None
        rate, channels = self._state.pcm or (48_000, 2)  # compressed sound takes less
        waiting = sum(map(len, self._state.chunks))
        if waiting > _BEHIND * rate * channels * 2:
            raise UsageError("more sound came than could be heard", "Send it as it is spoken")
        self._state.chunks.append(data)
        self._heard.set()

    async def _settings(self, message: Json) -> None:
        audio = message.get("audio")
        if isinstance(audio, Mapping):
            if self._state.has_begun:
                raise UsageError("the sound's format changed in the midst", "Begin a new chat")
            self._state.pcm = _pcm(audio)
        name = message.get("custom_session_id")
        if isinstance(name, str):
            self._state.custom_id = name[:200]
        for field in _UNUSED:
            if message.get(field) is not None:
                await self._error(UsageError(f"'{field}' is not used here", "Leave it out"))
        await self._send("session_settings", audio=audio if self._state.pcm else None)

    async def _said(self, message: Json) -> None:
        text = _text(message, "text")
        await self._begin()
        await self._interrupted()
        turn = await self._talker.ask("say", talk=self.id, text=text)
        await self._turn(turn, from_text=True)

    async def _dictated(self, message: Json) -> None:
        """What Empathia is to say, word for word."""
        text = _text(message, "text")
        await self._begin()
        await self._silence()
        turn = await self._talker.ask("told", talk=self.id, text=text)
        self._answer = asyncio.ensure_future(self._say(turn["text"] or "", from_text=True))

    async def _pause(self, _: Json) -> None:
        self._state.is_paused = True
        await self._interrupted()

    async def _resume(self, _: Json) -> None:
        if self._state.is_paused:
            self._state.is_paused = False
            if self._state.has_begun:
                await self._start_answer()

    async def _unused(self, message: Json) -> None:
        raise UsageError(f"no tool was called, and '{message['type']}' came", "Leave it out")

    async def _begin(self) -> None:
        if not self._state.has_begun:
            self._state.has_begun = True
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            where = {"talk": self.id, "file": str(self._file)}
            await self._talker.ask("begin", **where, pcm=self._state.pcm, language=None)

    async def _hear(self) -> None:
        """Hand on what comes as sound, and see when it stops."""
        quiet = True
        while True:
            try:
                await asyncio.wait_for(self._heard.wait(), None if quiet else _STALL)
                quiet = False
                self._heard.clear()
                sound, self._state.chunks = b"".join(self._state.chunks), []
                await self._begin()
                events = await self._talker.ask("hear", talk=self.id, sound=sound)
            except TimeoutError:
                quiet = True
                events = await self._talker.ask("pause", talk=self.id)
            except EmpathiaError as error:
                await self._error(error)
                continue
            for event in events:
                if event["event"] == "began":
                    await self._interrupted(1000 * event["at"])
                else:
                    await self._turn(event["turn"], from_text=False)

    async def _turn(self, turn: Json, *, from_text: bool) -> None:
        if turn["text"] is None:  # nothing that could be understood: there is nothing to answer
            return
        own = {name: turn[name] for name in ("emotion", "emotions", "cues", "prosody")}
        begin, end = turn["start"], turn["end"]
        await self._send(
            "user_message",
            message={"role": "user", "content": turn["text"]},
            from_text=from_text,
            interim=False,
            language=turn["language"],
            models={"prosody": prosody(_mapping(turn["emotion"])), "empathia": own},
            time={"begin": _ms(begin), "end": _ms(end)},
        )
        if not self._state.is_paused:
            await self._start_answer()

    async def _start_answer(self) -> None:
        await self._silence()
        self._answer = asyncio.ensure_future(self._answered())

    async def _answered(self) -> None:
        try:
            turn = await self._talker.ask("answer", talk=self.id)
        except EmpathiaError as error:
            await self._error(error)
            return
        felt = _mapping(turn["emotion"]) or {}
        tone = tone_of(felt.get("label"))  # type: ignore[arg-type]
        await self._say(turn["reply"]["text"], tone, from_text=False)

    async def _say(self, text: str, tone: str = "plain", *, from_text: bool) -> None:
        """Words of an answer, sentence by sentence, with its voice."""
        id, index = secrets.token_urlsafe(12), 0
        loop = asyncio.get_running_loop()
        for sentence in filter(None, SENTENCE.split(text)):
            await self._send(
                "assistant_message",
                id=id,
                message={"role": "assistant", "content": sentence},
                from_text=from_text,
                is_quick_response=False,
                models={"prosody": None},
            )
            async with contextlib.aclosing(self._aloud(sentence, tone)) as pieces:
                async for data, seconds in pieces:
                    encoded = base64.b64encode(data).decode()
                    await self._send("audio_output", id=id, index=index, data=encoded)
                    index += 1
                    self._state.plays_until = max(self._state.plays_until, loop.time()) + seconds
        await self._send("assistant_end")

    async def _aloud(self, text: str, tone: str) -> AsyncGenerator[tuple[bytes, float], None]:
        """Its sound; none where the voice does not speak its language, or fails."""
        if self._speak is None:
            return
        try:
            async with contextlib.aclosing(self._speak(text, tone)) as pieces:
                async for piece in pieces:
                    yield piece
        except UsageError:
            return
        except EmpathiaError as error:
            await self._error(error)

    async def _interrupted(self, at: float | None = None) -> None:
        """Somebody speaks: what is being answered is not said to its end."""
        spoke = self._answer is not None and not self._answer.done()
        spoke |= self._state.plays_until > asyncio.get_running_loop().time()
        await self._silence()
        if spoke:
            await self._send("user_interruption", time=round(at or 1000 * time.time()))

    async def _silence(self) -> None:
        self._state.plays_until = 0.0
        before, self._answer = self._answer, None
        if before is not None:
            await self._stop(before)

    async def _send(self, kind: str, **fields: object) -> None:
        if self._state.has_gone:
            return
        custom = {"custom_session_id": self._state.custom_id} if self._state.custom_id else {}
        await self._socket.send_text(json.dumps({"type": kind, **fields, **custom}))

    async def _error(self, error: EmpathiaError) -> None:
        status = problems.status_of(error)
        log.write("chat error", status=status)
        slug = "usage" if status == 400 else "not_done"
        await self._send("error", code=f"E{status:04d}", slug=slug, message=str(error))


_KINDS = {
    "audio_input": Chat._audio,
    "session_settings": Chat._settings,
    "user_input": Chat._said,
    "assistant_input": Chat._dictated,
    "pause_assistant_message": Chat._pause,
    "resume_assistant_message": Chat._resume,
    "tool_response": Chat._unused,
    "tool_error": Chat._unused,
}


def _text(message: Json, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError(f"'{message['type']}' has no text in '{name}'", "Give it")
    return value


def _pcm(audio: Json) -> tuple[int, int]:
    rate, channels = audio.get("sample_rate"), audio.get("channels")
    if audio.get("encoding") != "linear16" or not _whole(rate) or not _whole(channels):
        raise UsageError(
            "sound without a header is 'linear16', with its sample_rate and channels",
            "Give all three, or send WebM or another format that says what it is",
        )
    return rate, channels  # type: ignore[return-value]


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _mapping(value: Plain) -> Json | None:
    return value if isinstance(value, Mapping) else None


def _ms(seconds: Plain) -> int:
    return round(1000 * seconds) if isinstance(seconds, int | float) else 0
