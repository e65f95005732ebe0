"""``/v1/reply``, ``/v1/judge``, ``/v1/react``: talks in words, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from pydantic.dataclasses import dataclass

from empathia.service.routes.examples import STRICT, example
from empathia.service.streaming import while_there

router = APIRouter(prefix="/v1", tags=["words"])

_TALK = [
    {"speaker": "Ben", "text": "How was your day?"},
    {"speaker": "Ann", "text": "I lost my job this morning."},
]
_PAIR = {"context": "I lost my job.", "reply": "That sounds hard. What happened?"}

_Element = Literal["reaction", "interpretation", "exploration"]
_Text = Annotated[str, Field(min_length=1, max_length=5000, examples=["I lost my keys again."])]
_Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Ann"])]


@dataclass(config=STRICT, frozen=True, slots=True)
class Said:
    """What somebody says."""

    text: _Text
    speaker: _Name = "you"


_Turns = Annotated[list[Said], Field(min_length=1, max_length=100)]
_Listener = Annotated[
    _Name | None, Field(description="Who of the talk listens; null is somebody else")
]


@dataclass(config=STRICT, frozen=True, slots=True)
class ToReply:
    """A talk whose last turn is answered, or all of them, and what is wanted of the answers."""

    turns: _Turns
    every: bool = False
    listener: _Listener = None
    empathy: dict[_Element, Annotated[int, Field(ge=0, le=2)]] = field(default_factory=dict)
    sentiment: Annotated[float | None, Field(ge=-1, le=1, examples=[0.5])] = None
    candidates: Annotated[int | None, Field(ge=1, le=8, examples=[4])] = None


@dataclass(config=STRICT, frozen=True, slots=True)
class Pair:
    """A reply, and what it answers."""

    reply: Annotated[str, Field(max_length=5000, examples=["That sounds hard. What happened?"])]
    context: Annotated[str, Field(max_length=5000, examples=["I lost my job."])] = ""


@dataclass(config=STRICT, frozen=True, slots=True)
class ToJudge:
    """Replies that are judged."""

    pairs: Annotated[list[Pair], Field(min_length=1, max_length=64)]


@dataclass(config=STRICT, frozen=True, slots=True)
class ToReact:
    """A talk that somebody listens to."""

    turns: _Turns
    listener: _Listener = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1


@router.post("/reply")
async def reply(
    body: Annotated[ToReply, example("the last turn", turns=_TALK)], request: Request
) -> dict[str, object]:
    """What Empathia would answer, with reasons, as ``empathia reply --json`` (docs/json.md)."""
    wish = {"empathy": body.empathy, "sentiment": body.sentiment, "candidates": body.candidates}
    given = {"turns": _plain(body.turns), "every": body.every, "listener": body.listener}
    return await _ask(request, "reply", **given, **wish)


@router.post("/judge")
async def judge(
    body: Annotated[ToJudge, example("one reply", pairs=[_PAIR])], request: Request
) -> dict[str, object]:
    """How empathic replies read, as ``empathia judge --json`` (docs/json.md)."""
    return await _ask(request, "judge", pairs=[(p.context, p.reply) for p in body.pairs])


@router.post("/react")
async def react(
    body: Annotated[ToReact, example("a listener", turns=_TALK, listener="Ben")], request: Request
) -> dict[str, object]:
    """How a listener would take a talk, as ``empathia react --json`` (docs/reactions.md).

    ``face`` is null where there are more than 1,500 frames (a minute).
    """
    given = {"turns": _plain(body.turns), "listener": body.listener, "seed": body.seed}
    return await _ask(request, "react", **given)


async def _ask(request: Request, method: str, **given: object) -> dict[str, object]:
    state = request.app.state
    with state.rooms["words"].place():
        work = state.talker.ask(method, **given)
        told: dict[str, object] = await while_there(request, work)
    return told


def _plain(turns: Sequence[Said]) -> list[tuple[str, str]]:
    return [(t.speaker, t.text) for t in turns]
