"""Answers in pieces: progress, then what came of it; who leaves ends the work."""

from __future__ import annotations

import asyncio
import gc
import json
import threading

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

    async def take():
        async for piece in streaming.written(write):
            taken.append(piece)

    asyncio.run(take())
    assert b"".join(taken) == b"".join(b"%d" % i for i in range(50))

    def fail(file):
        file.write(b"begun")
        raise UsageError("that cannot be")

    async def take_what_fails():
        pieces = streaming.written(fail)
        assert await anext(pieces) == b"begun"
        with pytest.raises(UsageError):
            await anext(pieces)

    asyncio.run(take_what_fails())


def test_what_is_written_at_once_waits_in_pieces_that_take_little_memory():
    whole = bytes(range(256)) * 9000

    async def take():
        return [x async for x in streaming.written(lambda file: file.write(whole))]

    pieces = asyncio.run(take())
    assert b"".join(pieces) == whole and max(map(len, pieces)) == 1 << 20


def test_who_does_not_take_what_is_written_lets_go_of_the_one_who_writes(monkeypatch):
    monkeypatch.setattr(streaming, "_LOOKS", 0.01)
    ended = threading.Event()

    def write(file):
        try:
            while True:
                file.write(b"more")
        except ConnectionError:
            ended.set()
            raise

    async def leave():
        pieces = streaming.written(write)
        await anext(pieces)
        await pieces.aclose()
        assert await asyncio.to_thread(ended.wait, 5)

    asyncio.run(leave())


def test_nobody_hears_of_a_failure_that_comes_after_the_client_has_gone(caplog):
    async def wrong(tell):
        raise UsageError("secret words")

    async def leave():
        events = streaming.events("entry", wrong)
        await asyncio.sleep(0)
        del events
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(leave())
    gc.collect()
    assert caplog.records == []
