"""The server around the application: a socket, TLS, signals."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
from starlette.datastructures import State

from empathia.errors import UsageError
from empathia.files import sole_user
from empathia.service import log
from empathia.service.lines import Line, Talk
from empathia.service.settings import Settings
from empathia.service.staff import hired

_HEADERS = 16_384  # bytes of a request's head
_FRAME = 4_000_000  # bytes of a message of a WebSocket


class Server(uvicorn.Server):
    """The server; when it is told to stop, nobody is kept by what only waits.

    Args:
        config: How it serves.
        state: Of the application.
    """

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin no upload more, then end what is answered."""
        self._state.jobs.stop()
        await super().shutdown(sockets)


def serve(settings: Settings, cert: Path | None = None, key: Path | None = None) -> int:
    """Serve until a signal comes; what is worked at then is finished first, unless one more comes.

    Args:
        settings: How.
        cert: Certificate of https.
        key: Its key.

    Raises:
        UsageError: The address is taken, or not this machine's.
        TrainingError: Another service has the folder.
    """
    with sole_user(settings.folder), _socket(settings) as listening:
        port = listening.getsockname()[1]
        scheme = "http" if cert is None else "https"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        told = f"empathia: {scheme}://{host}:{port} loads its models (Ctrl-C ends it)"
        print(told, file=sys.stderr, flush=True)
        staff = hired(settings)
        for worker in staff.workers:
            worker.begin()
        from empathia.service.app import create  # is loaded while they load their models

        app = create(settings, staff)
        log.hear_others()
        config = uvicorn.Config(
            app,
            http=Line,
            ws=Talk,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_HEADERS,
            ws_max_size=_FRAME,
            ssl_certfile=cert,
            ssl_keyfile=key,
        )
        try:
            Server(config, app.state).run(sockets=[listening])
        except SystemExit:  # where the application does not start
            if failure := getattr(app.state, "failure", None):
                raise failure from None
            raise
        return 0


def _socket(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.port))
    except OSError as error:
        made.close()
        raise UsageError(
            f"cannot listen on {settings.host}, port {settings.port} ({error.strerror})",
            "Choose another --port or --host",
        ) from None
    return made
