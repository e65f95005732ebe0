"""A process that works is asked, told off, mourned and started again."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading

import pytest

from empathia.errors import EmpathiaError, UsageError
from empathia.pipeline import Options
from empathia.service import tasks, workers
from empathia.service.problems import status_of
from empathia.service.workers import Away, Died, Worker


def during(what, options=None):
    async def run():
        worker = Worker("little_work", options or Options())
        await worker.start()
        try:
            return await what(worker)
        finally:
            await worker.stop()

    return asyncio.run(run())


def test_it_answers_and_tells_how_far_it_is():
    async def ask(worker):
        told = []
        both = asyncio.gather(worker.ask("echo", told.append, a=1), worker.ask("echo", b="x"))
        return await both, told

    assert during(ask) == ([{"a": 1}, {"b": "x"}], [0, 1, 2])


def test_errors_come_as_they_were_and_faults_without_words(capfd):
    async def ask(worker):
        with pytest.raises(UsageError, match="that cannot be") as told:
            await worker.ask("fail")
        with pytest.raises(
            EmpathiaError, match=r"should not have happened \(ValueError\)"
        ) as fault:
            await worker.ask("fault")
        return told.value, fault.value

    told, fault = during(ask)
    assert (told.problem, told.remedy) == ("that cannot be", "Do otherwise")
    assert "secret" not in str(fault) + "".join(capfd.readouterr())


def test_one_that_dies_is_started_again():
    async def ask(worker):
        first = await worker.ask("pid")
        waiting = asyncio.ensure_future(worker.ask("endless"))
        dying = asyncio.ensure_future(worker.ask("die"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(Died):
            await dying
        return first, await worker.ask("pid"), worker.is_ready

    first, second, ready = during(ask)
    assert first != second and ready


def test_who_waits_no_longer_is_not_worked_for():
    async def ask(worker):
        heard = asyncio.Event()
        waiting = asyncio.ensure_future(worker.ask("endless", lambda _: heard.set()))
        await heard.wait()
        waiting.cancel()
        return await worker.ask("echo", x=1)

    assert during(ask) == {"x": 1}


def test_one_that_began_before_the_loop_is_the_one_that_is_asked_and_starts_again():
    worker = Worker("little_work", Options())
    worker.begin()
    begun = worker._process.pid

    async def run():
        await worker.start()
        first = await worker.ask("pid")
        with pytest.raises(Died):
            await worker.ask("die")
        second = await worker.ask("pid")
        await worker.stop()
        return first, second

    first, second = asyncio.run(run())
    assert first == begun != second


def test_each_talk_waits_for_itself_alone(tmp_path):
    there, missing = tmp_path, tmp_path / "missing"

    async def ask(worker):
        slow = asyncio.ensure_future(worker.ask("wait", talk="a", file=str(missing)))
        behind = asyncio.ensure_future(worker.ask("wait", talk="a", file=str(there)))
        other = await worker.ask("wait", talk="b", file=str(there))
        waits = not slow.done() and not behind.done()
        missing.touch()
        return other, waits, await slow, await behind

    assert during(ask) == ("b", True, "a", "a")


def test_a_lane_that_nobody_uses_is_gone_and_comes_back(monkeypatch):
    class Room:
        def echo(self, tell, **given):
            return given

    monkeypatch.setattr(tasks, "_LINGERS", 0.001)
    here, there = multiprocessing.Pipe()
    desk = tasks._Desk(there, Room())
    for number in (1, 2):
        desk._put("a", (number, "echo", {"x": number}))
        assert here.recv() == (number, "done", {"x": number})
        for thread in threading.enumerate():
            if thread.name == "empathia-lane a":
                thread.join(60)
        assert desk._waiting == {}


def test_one_that_cannot_begin_says_why():
    async def start():
        await Worker("little_work", Options(language="la")).start()

    with pytest.raises(UsageError):
        asyncio.run(start())


def working():
    """Processes of workers, other tests' among them."""
    return {p.pid for p in multiprocessing.active_children() if p.name == "empathia-work"}


def test_one_that_cannot_load_again_is_tried_one_at_a_time_and_then_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_PAUSES", (0.0,))
    monkeypatch.setattr(workers, "_COMES", 0.01)
    starts, broken = tmp_path / "starts", tmp_path / "broken"
    others = working()

    def begun():
        return len(starts.read_text().splitlines())

    async def ask():
        worker = Worker("failing_work", tmp_path)
        await worker.start()
        broken.touch()
        with pytest.raises(Died):
            await worker.ask("die")
        with pytest.raises(Away) as told:
            await worker.ask("pid")
        while begun() < 3:
            await asyncio.sleep(0)
        broken.unlink()
        monkeypatch.setattr(workers, "_COMES", 60)
        there = await worker.ask("pid")
        alone = [*working() - others]
        await worker.stop()
        return told.value, there, alone

    told, there, alone = asyncio.run(ask())
    assert status_of(told) == 503 and told.headers["Retry-After"] and told.remedy
    assert alone == [there] and str(there) == starts.read_text().splitlines()[-1]
