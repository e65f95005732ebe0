"""Answers that take a while: nothing that happens meanwhile breaks them or takes all memory."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket

import pytest
import uvicorn
from little_diary import CHEAP, person, spoken
from starlette.requests import Request
from starlette.responses import Response
from uvicorn.server import ServerState

from empathia.pipeline import Options
from empathia.service import lines
from empathia.service.diary import entries
from empathia.service.diary.store import Store
from empathia.service.jobs import Jobs
from empathia.service.problems import Refused
from empathia.service.routes import diary, jobs
from empathia.service.workers import Worker

LARGE = 40_000_000
SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "headers": []}


def every(folder):
    """Uploads that nobody reads."""
    return Jobs(folder, Worker("little_work", Options()), 9, 9.0)


async def sent(answer):
    """What is sent of an answer, piece by piece."""
    told = []

    async def send(message):
        told.append(message.get("body", b""))

    await answer(SCOPE, None, send)
    return [x for x in told if x]


def test_who_follows_what_another_claims_hears_no_more_of_it(tmp_path):
    async def follow():
        kept = every(tmp_path)
        job = await kept.add("", "a.txt", io.BytesIO(b"Hello."), {})
        told = (await jobs.events(job.id, kept, "")).body_iterator
        assert "waiting" in await anext(told)
        kept.claim("ann", job.id)
        async with asyncio.timeout(5):
            return [x async for x in told]

    assert asyncio.run(follow()) == []


@pytest.mark.parametrize("ask", [jobs.timeline, jobs.page])
def test_what_is_deleted_while_it_is_sent_comes_whole(tmp_path, ask):
    told = {"id": "x", "owner": "", "name": "a.txt", "created": "1", "state": "done"}
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "job.json").write_text(json.dumps(told))
    for name in ("timeline.json", "page.html"):
        (tmp_path / "x" / name).write_bytes(b"what was said")

    async def meanwhile():
        kept = every(tmp_path)
        answer = await ask("x", kept, "")
        await kept.delete("", "x")
        with pytest.raises(Refused, match="no such job"):
            await ask("x", kept, "")
        return answer.headers["content-length"], await sent(answer)

    assert asyncio.run(meanwhile()) == ("13", [b"what was said"])
    assert not [*tmp_path.iterdir()]


def test_a_recording_is_sent_in_pieces_that_take_little_memory(tmp_path):
    store, content = Store(tmp_path / "diary.sqlite", hasher=CHEAP), bytes(range(256)) * 9000
    visit = person(store)
    name = entries.add(store, visit, spoken(content=content))

    def asked(**headers):
        given = [(k.encode(), v.encode()) for k, v in headers.items()]
        answer = diary.audio(name, Request({**SCOPE, "headers": given}), visit, store)
        pieces = asyncio.run(sent(answer))
        assert max(map(len, pieces)) == 1 << 20
        assert answer.headers["content-length"] == str(sum(map(len, pieces)))
        return b"".join(pieces)

    assert asked() == content
    assert asked(range="bytes=9-") == content[9:]
    store.close()


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time can be set forward."""

    ahead = 0.0

    def time(self):
        return super().time() + self.ahead

    async def passes(self, seconds):
        """What is due then is done."""
        self.ahead += seconds
        for _ in range(3):
            await asyncio.sleep(0)


async def connected(app, client):
    """A client's connection to an application, as the service has it."""
    loop, made = asyncio.get_running_loop(), []
    config = uvicorn.Config(app, log_config=None, lifespan="off", http=lines.Line)

    def line():
        made.append(lines.Line(config, ServerState(), {}))
        return made[-1]

    async with await loop.create_server(line, "127.0.0.1", 0) as server:
        client.setblocking(False)
        await loop.sock_connect(client, server.sockets[0].getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await loop.sock_recv(client, 1000)
    assert head.startswith(b"HTTP/1.1 200")
    return made[0].transport, len(head.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("takes", [True, False])
def test_who_takes_slowly_has_all_of_it_and_who_takes_nothing_is_let_go(takes):
    async def take(client):
        loop = asyncio.get_running_loop()
        line, got = await connected(Response(bytes(LARGE)), client)
        with contextlib.suppress(ConnectionError):
            for _ in range(5):
                left = line.get_write_buffer_size()
                while takes and line.get_write_buffer_size() == left > 0:
                    got += len(await loop.sock_recv(client, 1 << 20))
                await loop.passes(lines._LISTENS)
            while more := len(await loop.sock_recv(client, 1 << 20)):
                got += more
        return got

    with socket.socket() as client, asyncio.Runner(loop_factory=Clock) as runner:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        assert (runner.run(take(client)) == LARGE) is takes
