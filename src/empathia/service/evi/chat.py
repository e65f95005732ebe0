"""One talk over one socket, in the messages of Hume's clients."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from empathia.errors import EmpathiaError, UsageError
from empathia.files import Plain, remove
from empathia.report.words import ENGLISH, Words
from empathia.service import log, problems
from empathia.service.chats import IDS
from empathia.service.evi.scores import prosody
from empathia.service.evi.tools import Tools
from empathia.service.openai.fields import is_text
from empathia.service.talk import LETTERS, Json, Socket, Talk, aloud, parts, sentences
from empathia.service.workers import Worker
from empathia.speech import tone_of

_TOLD = ("source", "why", "note")  # of an answer
_REASONS = ("abstained", "why", "note")
_UNUSED = (
    "system_prompt", "context", "variables", "builtin_tools", "language_model_api_key", "voice_id",
    "metadata",
)  # fmt: skip


class Chat:
    """One talk.

    Args:
        socket: To the client.
        talker: Hears, judges and answers.
        folder: Where chat groups are kept.
        group: A chat group that goes on; None begins one.
        speaker: Gives answers a voice; None sends words alone.
        verbose: Whether words are told while somebody still speaks.
        words: In whose language reasons are told.

    Attributes:
        file: Where it is kept.

    Raises:
        UsageError: There is no such chat group.
    """

    def __init__(
        self,
        socket: Socket,
        talker: Worker,
        folder: Path,
        group: str | None = None,
        speaker: Worker | None = None,
        *,
        verbose: bool = False,
        words: Words = ENGLISH,
    ) -> None:
        self._group = group or secrets.token_urlsafe(16)
        self.file = folder / f"{self._group}.json"
        if group is not None and not (IDS.fullmatch(group) and self.file.is_file()):
            raise UsageError("there is no such chat group", "Leave resumed_chat_group_id out")
        self._talk = Talk(socket, talker, self.file, self, drafts=verbose)
        self._speaker, self._tools, self._words = speaker, Tools(self._send), words
        self._custom: dict[str, str] = {}
        self._is_paused = False
        self._finding: asyncio.Task[list[str]] | None = None  # what tools tell for the last turn
        self._plays_until = 0.0  # of the loop's clock; what was sent is played until then

    async def run(self) -> None:
        """Talk until the client has gone, or is let go."""
        await self._send("chat_metadata", chat_id=self._talk.id, chat_group_id=self._group)
        try:
            await self._talk.run(self._take)
        finally:
            self._forget_found()

    def end(self) -> None:
        """Let the client go."""
        self._talk.end()

    def forget(self) -> None:
        """Delete what was said, when the talk is over."""
        remove(self.file)

    async def _take(self, text: str) -> None:
        """A message of the client."""
        try:
            message = json.loads(text)
            kind = message["type"]
            handle = _KINDS[kind]
        except (ValueError, TypeError, KeyError, RecursionError):
            known = ", ".join(_KINDS)
            raise UsageError("a message of no known type", f"Known are {known}") from None
        await handle(self, message)

    async def _audio(self, message: Json) -> None:
        try:
            data = base64.b64decode(_text(message, "data"), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError("'data' is no base64", "Encode the sound") from None
        await self._talk.hear(data)

    async def _settings(self, message: Json) -> None:
        audio = message.get("audio")
        if isinstance(audio, Mapping):
            if self._talk.has_begun:
                raise UsageError("the sound's format changed in the midst", "Begin a new chat")
            self._talk.pcm = _pcm(audio)
        name = message.get("custom_session_id")
        if isinstance(name, str):
            self._custom = {"custom_session_id": name[:200]} if name else {}
        for field in _UNUSED:
            if message.get(field) is not None:
                await self.failed(UsageError(f"'{field}' is not used here", "Leave it out"))
        if message.get("tools") is not None:
            self._tools.offer(message["tools"])
        rate, channels = self._talk.pcm or (None, None)
        told = {"encoding": "linear16", "sample_rate": rate, "channels": channels}
        await self._send("session_settings", audio=told if self._talk.pcm else None)

    async def _said(self, message: Json) -> None:
        text = _words(message)
        await self._interrupted()

        async def say() -> None:
            await self._turn(await self._talk.ask("say", text=text), from_text=True)

        await self._talk.then(say)

    async def _dictated(self, message: Json) -> None:
        """What Empathia is to say, word for word."""
        given = partial(self._say, sentences(_words(message)), "plain")

        async def say() -> None:
            if await self._talk.silence():
                self._plays_until = 0.0
                await self._cut()
            await self._talk.answer(given)

        await self._talk.then(say)

    async def _pause(self, _: Json) -> None:
        self._is_paused = True
        self._talk.leave()
        await self._interrupted()

    async def _resume(self, _: Json) -> None:
        if self._is_paused:
            self._is_paused = False
            if self._talk.has_begun:
                await self._talk.then(self._answered)

    async def _tool(self, message: Json) -> None:
        await self._tools.answered(message)

    async def began(self, at: float) -> None:
        """Somebody begins to speak, at a time in s."""
        await self._cut_off(await self._talk.give_way(), 1000 * at)

    async def drafted(self, words: Json) -> None:
        """What somebody who still speaks has said."""
        await self._user(words, {"prosody": None}, from_text=False, interim=True)

    async def ended(self, end: float, goes_on: float | None) -> Callable[[Json], Awaitable[None]]:
        """Somebody has spoken; what is called with their turn once it is judged."""
        return partial(self._turn, from_text=False)

    async def quiet(self, at: float) -> None:
        """Nobody speaks any more: clients are told of turns alone."""

    async def _turn(self, turn: Json, *, from_text: bool) -> None:
        if turn["text"] is None:  # nothing that could be understood: there is nothing to answer
            return
        self._forget_found()
        own = {name: turn[name] for name in ("emotion", "emotions", "cues", "prosody")}
        models = {"prosody": prosody(_mapping(turn["emotion"])), "empathia": self._told(own)}
        await self._user(turn, models, from_text=from_text, interim=False)
        if not self._is_paused:
            await self._answered(waits=not from_text)

    async def _user(self, said: Json, models: Json, *, from_text: bool, interim: bool) -> None:
        await self._send(
            "user_message",
            message={"role": "user", "content": said["text"]},
            from_text=from_text,
            interim=interim,
            language=said["language"],
            models=models,
            time={"begin": _ms(said["start"]), "end": _ms(said["end"])},
        )

    async def _answered(self, *, waits: bool = True) -> None:
        await self._interrupted()
        await self._talk.answer(self._made, waits=waits)

    async def _made(self) -> None:
        if self._finding is None:
            self._finding = asyncio.ensure_future(self._found())
        told = await asyncio.shield(self._finding)  # which tells a second try as well
        turn = await self._talk.ask("answer", told=told)
        tone = tone_of((turn["emotion"] or {}).get("label"))
        await self._say(parts(turn["reply"]), tone, turn)

    async def _found(self) -> list[str]:
        """What tools tell for an answer."""
        try:
            return await self._tools.found_out(self._talk.ask)
        except EmpathiaError as error:  # it is answered without
            await self.failed(error)
            return []

    def _forget_found(self) -> None:
        if self._finding is not None:
            self._finding.cancel()
            self._finding = None

    async def _say(self, said: list[str], tone: str, turn: Json | None = None) -> None:
        """Words of an answer, sentence by sentence, with its voice; no turn: the client's own."""
        id, index = secrets.token_urlsafe(12), 0
        loop = asyncio.get_running_loop()
        own = None if turn is None else self._told({name: turn["reply"][name] for name in _TOLD})
        with self._talk.saying(answers=None if turn is None else turn["id"]) as sent:
            for sentence in said:
                await self._send(
                    "assistant_message",
                    id=id,
                    message={"role": "assistant", "content": sentence.strip()},
                    from_text=turn is None,
                    is_quick_response=False,
                    models={"prosody": None, "empathia": own},
                )
                sent(sentence)
                async for data, seconds in self._aloud(sentence, tone):
                    encoded = base64.b64encode(data).decode()
                    await self._send("audio_output", id=id, index=index, data=encoded)
                    index += 1
                    self._plays_until = max(self._plays_until, loop.time()) + seconds
        await self._send("assistant_end")

    def _told(self, own: Json) -> Json:
        """What is told of a turn or of an answer, its reasons in the client's language."""
        told = {k: self._told(v) if isinstance(v, Mapping) else v for k, v in own.items()}
        reasons = {k: self._words.shown(v) for k in _REASONS if isinstance(v := told.get(k), str)}
        return {**told, **reasons}

    async def _aloud(self, text: str, tone: str) -> AsyncGenerator[tuple[bytes, float], None]:
        """Its sound; where the voice fails the words stay."""
        if self._speaker is None:
            return
        how = {"voice": None, "speed": 1.0, "tone": tone, "form": "pieces"}
        try:
            async with contextlib.aclosing(aloud(self._speaker, text, **how)) as pieces:
                async for piece in pieces:
                    yield piece
        except EmpathiaError as error:
            await self.failed(error)

    async def _interrupted(self) -> None:
        """What is being answered is not said to its end."""
        await self._cut_off(await self._talk.silence())

    async def _cut_off(self, was_given: bool, at: float | None = None) -> None:
        """Tell the client, if an answer was given, or is still played."""
        playing = self._plays_until > asyncio.get_running_loop().time()
        self._plays_until = 0.0
        if was_given or playing:
            await self._cut(at)

    async def _cut(self, at: float | None = None) -> None:
        """What was sent of an answer is to be played no further."""
        await self._send("user_interruption", time=round(at or 1000 * time.time()))

    async def _send(self, kind: str, **fields: object) -> None:
        await self._talk.send(type=kind, **fields, **self._custom)

    async def failed(self, error: EmpathiaError) -> None:
        """Something could not be done; the talk goes on."""
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
    "tool_response": Chat._tool,
    "tool_error": Chat._tool,
}


def _text(message: Json, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value.strip() or not is_text(value):
        raise UsageError(f"'{message['type']}' has no text in '{name}'", "Give it")
    return value


def _words(message: Json) -> str:
    text = _text(message, "text")
    if len(text) > LETTERS:
        raise UsageError(f"{len(text)} characters at a time, {LETTERS} are taken", "Cut it")
    return text


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
