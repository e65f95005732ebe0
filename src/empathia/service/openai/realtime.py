"""A talk over one socket, by the events of OpenAI's Realtime interface (GA)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from empathia.errors import EmpathiaError
from empathia.files import Plain
from empathia.service import problems
from empathia.service.openai.chat import MODEL
from empathia.service.openai.fields import Fields, shown
from empathia.service.problems import Unfit
from empathia.service.talk import LETTERS, Json, Socket, Talk, aloud, parts
from empathia.service.workers import Worker
from empathia.speech import tone_of
from empathia.types.manner import FASTEST, SLOWEST

_RATE = 24_000  # Hz, of 16-bit samples both ways
_FORMAT: Mapping[str, Plain] = {"type": "audio/pcm", "rate": _RATE}
_BEHIND = 30 * 2 * _RATE  # bytes that may wait to be committed
_NAME = 64  # characters of what a client calls its item
_WORD = re.compile(r"\S+\s*")
_NEUTRAL: Mapping[str, Sequence[object]] = {
    "model": (MODEL,),
    "instructions": (),
    "tools": (),
    "tool_choice": ("auto", "none"),
    "max_output_tokens": ("inf",),
    "truncation": ("auto",),
    "prompt": (),
    "reasoning": (),
    "tracing": (),
    "include": (),
    "input": (),
    "conversation": ("auto",),
}


class Realtime:
    """One talk.

    Args:
        socket: To the client.
        talker: Hears, judges and answers.
        speaker: Speaks; None answers in words alone.
        file: Where the talk is while it goes on.
    """

    def __init__(self, socket: Socket, talker: Worker, speaker: Worker | None, file: Path) -> None:
        self._talk, self._speaker = Talk(socket, talker, file, self), speaker
        self._talk.pcm = (_RATE, 1)
        self._id = _new("sess")
        self._last: str | None = None  # item
        self._sounds = speaker is not None
        self._listens = True  # for the end of turns; else the client tells it
        self._voice: str | None = None
        self._speed = 1.0
        self._buffer = b""
        self._item: str | None = None  # who speaks now
        self._begun: dict[str, float] = {}  # items that are no turns yet, and when they began (s)

    async def run(self) -> None:
        """Talk until the client has gone."""
        await self._send("session.created", session=self._session())
        await self._talk.run(self._take)

    async def _take(self, text: str) -> None:
        fields = Fields.of_json(text.encode("utf-8", "replace"))
        step = partial(self._done, fields)
        await (self._talk.then(step) if fields.get("type") in _IN_TURN else step())

    async def _done(self, fields: Fields) -> None:
        kind = fields.get("type")
        try:
            if not isinstance(kind, str) or kind not in _KINDS:
                raise Unfit(
                    "type",
                    f"there is no event {shown(kind)}",
                    f"Known are {', '.join(_KINDS)}",
                )
            await _KINDS[kind](self, fields)
        except EmpathiaError as error:
            event = fields.get("event_id")
            await self.failed(error, event if isinstance(event, str) else None)

    async def failed(self, error: EmpathiaError, event: str | None = None) -> None:
        """Something could not be done, as an event of the client said; the talk goes on."""
        told = problems.to_openai(error)
        await self._send("error", error={**told, "event_id": event})

    async def _update(self, fields: Fields) -> None:
        session = _part(fields, "session")
        session.choice("type", ("realtime",), "realtime")
        session.refuse(_NEUTRAL)
        self._sounds = self._modality(session)
        audio = _part(session, "audio")
        given, made = _part(audio, "input"), _part(audio, "output")
        given.refuse({"format": (_FORMAT,), "noise_reduction": ()})
        made.refuse({"format": (_FORMAT,)})
        if given.has("turn_detection"):
            kind = _part(given, "turn_detection").get("type")
            if kind not in (None, "server_vad"):
                raise Unfit("turn_detection", "turns end by 'server_vad'", "Name it, or null")
            listened, self._listens = self._listens, kind is not None
            if listened and not self._listens:  # what comes now is not heard before it is committed
                await self._talk.pause()
        self._speed = made.number("speed", SLOWEST, FASTEST, self._speed)
        voice = made.get("voice")
        if isinstance(voice, str) and self._speaker is not None:
            known = await self._speaker.ask("about")
            if known and voice not in (*known, "alloy"):
                raise Unfit("voice", "there is no such voice", f"Name one of {', '.join(known)}")
            self._voice = None if voice == "alloy" else voice
        await self._send("session.updated", session=self._session())

    def _modality(self, fields: Fields) -> bool:
        """Whether answers sound."""
        wanted = fields.get("output_modalities")
        if wanted is None:
            return self._sounds
        if wanted not in (["text"], ["audio"]):
            raise Unfit("output_modalities", "answers are ['text'] or ['audio']", "Choose one")
        if wanted == ["audio"] and self._speaker is None:
            raise Unfit("output_modalities", "this service has no voice", "Ask for ['text']")
        return wanted == ["audio"]

    def _session(self) -> Json:
        turns = {"type": "server_vad", "create_response": True, "interrupt_response": True}
        output = {"format": _FORMAT, "voice": self._voice or "alloy", "speed": self._speed}
        heard = {"format": _FORMAT, "turn_detection": turns if self._listens else None}
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": self._id,
            "model": MODEL,
            "output_modalities": ["audio" if self._sounds else "text"],
            "audio": {"input": heard, "output": output},
        }

    async def _append(self, fields: Fields) -> None:
        try:
            sound = base64.b64decode(fields.text("audio", 8_000_000), validate=True)
        except (binascii.Error, ValueError):
            raise Unfit("audio", "'audio' is no base64", "Encode the sound") from None
        if not self._listens:
            if len(self._buffer) + len(sound) > _BEHIND:
                raise Unfit("audio", "more sound came than is taken at a time", "Commit it")
            self._buffer += sound
            return
        await self._talk.hear(sound)

    async def _commit(self, _: Fields) -> None:
        if not self._listens:
            sound, self._buffer = self._buffer, b""
            if not sound:
                raise Unfit(None, "there is no sound to commit", "Append some")
            await self._talk.hear(sound)
        await self._talk.pause()

    async def _clear(self, _: Fields) -> None:
        self._buffer = b""
        await self._send("input_audio_buffer.cleared")

    async def began(self, at: float) -> None:
        """Somebody begins to speak, at a time in s, or goes on after a pause."""
        if self._listens:
            if self._item is None:
                await self._started(at)
            await self._talk.give_way()

    async def _started(self, at: float) -> None:
        self._item = _new("item")
        self._begun[self._item] = at
        name = "input_audio_buffer.speech_started"
        await self._send(name, audio_start_ms=round(1000 * at), item_id=self._item)

    async def drafted(self, words: Json) -> None:
        """What somebody who still speaks has said: it is told when it stands."""

    async def ended(self, end: float, goes_on: float | None) -> Callable[[Json], Awaitable[None]]:
        """Somebody has spoken; what is called with their turn once it is judged."""
        begun = [item for item, at in self._begun.items() if at <= end]
        item = begun[-1] if begun else _new("item")
        for one in begun:  # of those before it nothing was understood
            del self._begun[one]
        if item == self._item:
            await self.quiet(end)
        if goes_on is not None and self._listens and self._item is None:
            await self._started(goes_on)
        return partial(self._turn, item)

    async def quiet(self, at: float) -> None:
        """Nobody speaks any more, up to a time in s."""
        if self._item is not None:
            name = "input_audio_buffer.speech_stopped"
            await self._send(name, audio_end_ms=round(1000 * at), item_id=self._item)
            self._item = None

    async def _turn(self, item: str, turn: Json) -> None:
        if turn["text"] is None:  # nothing that could be understood
            return
        last = self._last
        await self._send("input_audio_buffer.committed", item_id=item, previous_item_id=last)
        content = {"type": "input_audio", "transcript": turn["text"]}
        await self._added(_message(item, "user", [content], turn))
        await self._send(
            "conversation.item.input_audio_transcription.completed",
            item_id=item,
            content_index=0,
            transcript=turn["text"],
            usage={"type": "duration", "seconds": round(turn["end"] - turn["start"], 3)},
        )
        if self._listens:
            await self._start(self._sounds, waits=True)

    async def _added(self, item: Json) -> None:
        for name in ("conversation.item.added", "conversation.item.done"):
            await self._send(name, item=item, previous_item_id=self._last)
        self._last = item["id"]

    async def _create(self, fields: Fields) -> None:
        item = _part(fields, "item")
        item.refuse({"type": ("message",)})
        role = item.choice("role", ("user", "assistant"), "user")
        content = item.get("content")
        kind = "input_text" if role == "user" else "output_text"
        part = content[0] if isinstance(content, list) and len(content) == 1 else None
        if not isinstance(part, dict) or part.get("type") != kind:
            raise Unfit("content", f"the content is one part, '{kind}'", "Give it")
        text = Fields(part).text("text", LETTERS)
        if role == "user":
            turn = await self._talk.ask("say", text=text)
        else:
            turn = await self._talk.ask("told", text=text, answers=None)
        given = item.get("id")
        id = given if isinstance(given, str) and len(given) <= _NAME else _new("item")
        told = _message(id, role, [{"type": kind, "text": text}], turn)
        await self._added(told)

    async def _respond(self, fields: Fields) -> None:
        asked = _part(fields, "response")
        asked.refuse(_NEUTRAL)
        sounds = self._modality(asked)
        if not self._talk.has_begun:
            raise Unfit(None, "nothing was said that could be answered", "Say something")
        await self._start(sounds)

    async def _start(self, sounds: bool, *, waits: bool = False) -> None:
        await self._talk.answer(partial(self._answered, sounds), waits=waits)

    async def _cancel(self, _: Fields) -> None:
        waited = self._talk.leave()
        if not await self._talk.silence() and not waited:
            raise Unfit(None, "no response is being made", "Leave it out")

    async def _answered(self, sounds: bool) -> None:
        id, output = _new("resp"), list[Json]()
        answer = {"object": "realtime.response", "id": id, "output": output}
        answer["output_modalities"] = ["audio" if sounds else "text"]
        await self._send("response.created", response={**answer, "status": "in_progress"})
        try:
            turn = await self._talk.ask("answer")
            await self._said(id, turn, sounds, output)
            end: Json = {"status": "completed"}
        except asyncio.CancelledError:
            end = {"status": "cancelled", "status_details": {"type": "cancelled"}}
        except EmpathiaError as error:
            told = problems.to_openai(error)
            end = {"status": "failed", "status_details": {"type": "failed", "error": told}}
        await self._send("response.done", response={**answer, **end})

    async def _said(self, response: str, turn: Json, sounds: bool, output: list[Json]) -> None:
        """Send an answer; what was sent of it, however that ends, is ended and in the output."""
        item, before = _new("item"), self._last
        name = "output_audio_transcript" if sounds else "output_text"
        kind, key = ("output_audio", "transcript") if sounds else ("output_text", "text")
        part = kind.removeprefix("output_")
        at = {"response_id": response, "output_index": 0}
        place = {**at, "item_id": item, "content_index": 0}
        made = _message(item, "assistant", [], turn["reply"])
        begun = {**made, "status": "in_progress"}
        await self._send("response.output_item.added", **at, item=begun)
        await self._send("conversation.item.added", item=begun, previous_item_id=before)
        self._last = item
        await self._send("response.content_part.added", **place, part={"type": part, key: ""})
        words, status = list[str](), "incomplete"
        try:
            await self._spoken(turn, sounds, f"response.{name}.delta", place, words)
            status = "completed"
        finally:
            text = "".join(words)
            made = {**made, "status": status, "content": [{"type": kind, key: text}]}
            output.append(made)
            if sounds:
                await self._send("response.output_audio.done", **place)
            await self._send(f"response.{name}.done", **place, **{key: text})
            await self._send("response.content_part.done", **place, part={"type": part, key: text})
            await self._send("response.output_item.done", **at, item=made)
            await self._send("conversation.item.done", item=made, previous_item_id=before)

    async def _spoken(
        self, turn: Json, sounds: bool, delta: str, place: Json, words: list[str]
    ) -> None:
        """Send an answer word by word, with its sound; those that were sent are in the list."""
        tone = tone_of((turn["emotion"] or {}).get("label"))
        with self._talk.saying(answers=turn["id"]) as sent:
            for sentence in parts(turn["reply"]):
                for word in _WORD.findall(sentence):
                    words.append(word)
                    await self._send(delta, **place, delta=word)
                sent(sentence)
                if sounds:
                    await self._sound(sentence, tone, place)

    async def _sound(self, text: str, tone: str, place: Json) -> None:
        assert self._speaker is not None
        how = {"voice": self._voice, "speed": self._speed, "tone": tone, "form": "pcm"}
        async with contextlib.aclosing(aloud(self._speaker, text, **how)) as pieces:
            async for data, _ in pieces:
                delta = base64.b64encode(data).decode()
                await self._send("response.output_audio.delta", **place, delta=delta)

    async def _send(self, kind: str, **fields: object) -> None:
        await self._talk.send(type=kind, event_id=_new("event"), **fields)


_KINDS = {
    "session.update": Realtime._update,
    "input_audio_buffer.append": Realtime._append,
    "input_audio_buffer.commit": Realtime._commit,
    "input_audio_buffer.clear": Realtime._clear,
    "conversation.item.create": Realtime._create,
    "response.create": Realtime._respond,
    "response.cancel": Realtime._cancel,
}
_IN_TURN = ("conversation.item.create", "response.create", "response.cancel")
"""What waits until all that was said before is judged."""


def _new(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(10)}"


def _part(fields: Fields, name: str) -> Fields:
    """An object inside of another; an empty one where there is none."""
    value = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise Unfit(name, f"'{name}' is no object", "Give one")
    return Fields(value or {})


def _message(id: str, role: str, content: Sequence[Json], told: Json) -> Json:
    """A message, with what was felt in it or why it was said."""
    names = ("emotion", "emotions", "cues", "source", "why", "note")
    own = {name: told[name] for name in names if name in told}
    return {
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "role": role,
        "status": "completed",
        "content": content,
        "empathia": own,
    }
