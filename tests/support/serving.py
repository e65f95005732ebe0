"""The service over a socket, for clients that are not told otherwise."""

from __future__ import annotations

import contextlib
import threading
import time

import uvicorn

from empathia.service.app import create
from empathia.service.lines import Line, Talk
from empathia.service.staff import hired


def scripted(settings, **more):
    """An application whose work tests can see through."""
    return create(settings, hired(settings, "little_work", "little_talk", "little_voice"), **more)


@contextlib.contextmanager
def serving(app, **more):
    """An application over a socket; its address. More is uvicorn's."""
    config = uvicorn.Config(
        app,
        port=0,
        log_config=None,
        http=Line,
        timeout_graceful_shutdown=5,
        ws=Talk,
        **more,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
