"""Answers in pieces: progress, then what came of it; who leaves ends the work."""

from __future__ import annotations

import asyncio
import json

import pytest

from empathia.errors import UsageError
from empathia.service import streaming


def told(work):
    """All events of work."""

    async def every():
        return [x async for x in streaming.events("entry", work)]

    lines = [x.strip().split("\n") for x in asyncio.run(every())]
    return [(a.removeprefix("event: "), json.loads(b.removeprefix("data: "))) for a, b in lines]


def test_progress_comes_before_the_result():
    async def work(tell):
        tell(("words", 1.0, 2.0))
        await asyncio.sleep(0)
        tell(("words", 2.0, None))
        await asyncio.sleep(0)
        return {"words": "비"}

    assert told(work) == [
        ("progress", {"stage": "words", "done": 1.0, "total": 2.0}),
        ("progress", {"stage": "words", "done": 2.0, "total": None}),
        ("entry", {"words": "비"}),
    ]


def test_what_fails_is_a_problem_and_says_no_more_than_it_may(capfd):
    async def wrong(tell):
        raise UsageError("that cannot be", "Do otherwise")

    async def broken(tell):
        raise ValueError("secret words")

    ((kind, problem),) = told(wrong)
    assert kind == "problem" and problem["remedy"] == "Do otherwise" and problem["status"] == 400
    ((kind, problem),) = told(broken)
    assert kind == "problem" and problem["status"] == 500
    assert "secret" not in str(problem) + capfd.readouterr().err


def test_who_leaves_ends_the_work():
    ended = []

    async def endless(tell):
        try:
            while True:
                tell(("words", 1.0, None))
                await asyncio.sleep(0)
        finally:
            ended.append("ended")

    async def leave():
        events = streaming.events("entry", endless)
        await anext(events)
        await events.aclose()
        await asyncio.sleep(0)

    asyncio.run(leave())
    assert ended == ["ended"]


def test_what_is_written_comes_meanwhile_and_an_error_ends_it():
    taken = []

    def write(file):
        for i in range(50):  # more than may wait: what is not taken is not written
            assert len(taken) >= i - 10
            file.write(b"%d" % i)

    for piece in streaming.written(write):
        taken.append(piece)
    assert b"".join(taken) == b"".join(b"%d" % i for i in range(50))

    def fail(file):
        file.write(b"begun")
        raise UsageError("that cannot be")

    pieces = streaming.written(fail)
    assert next(pieces) == b"begun"
    with pytest.raises(UsageError):
        next(pieces)
