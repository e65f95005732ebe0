"""How the service runs: all that can be chosen, checked before it starts."""

from __future__ import annotations

import ipaddress
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from empathia import files
from empathia.errors import UsageError
from empathia.pipeline import Options

TOKEN = "EMPATHIA_TOKEN"  # noqa: S105 - the name of a variable
_SHORTEST = 16  # characters of a token


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    Args:
        folder: Where it keeps what it is given.
        host: Address that it listens on.
        port: Likewise; 0 takes a free one.
        names: Further names that it is called by, as behind a proxy.
        token: What clients show; None asks for none, on this machine alone.
        options: How recordings are read, where a client says nothing else.
        largest: Bytes of an upload.
        longest: Seconds of an upload.
        waiting: Uploads that wait or come in at a time; more are refused for a while.
        voice: Whose voice answers have, as :func:`empathia.speech.load` takes it; None for none.
        database: Of the diary, a file of SQLite or the URL of PostgreSQL; None is a file in the
            folder.

    Raises:
        UsageError: One of these cannot be, or others than this machine would need no token.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    options: Options = field(default_factory=Options)
    largest: int = 2_000_000_000
    longest: float = 4 * 3600.0
    waiting: int = 16
    voice: str | None = None
    database: str | None = field(default=None, repr=False)  # a URL may hold a password

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"there is no port {self.port}", "Choose one of 1 to 65535")
        if min(self.largest, self.longest, self.waiting) <= 0:
            raise UsageError("uploads of no size, length or number are none", "Raise the bound")
        if self.token is not None and (len(self.token) < _SHORTEST or not self.token.isascii()):
            raise UsageError(
                f"a token has {_SHORTEST} ASCII characters or more, this one {len(self.token)}",
                "Make one: empathia serve token",
            )
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                f"whoever reaches '{self.host}' could use the service without a token",
                f"Make one (empathia serve token) and set it as {TOKEN}, or leave --host out",
            )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that requests may be to: others come from pages that mean somebody else."""
        here = ("127.0.0.1", "localhost", "[::1]") if is_loopback(self.host) else ()
        return tuple(dict.fromkeys((*here, *map(_asked, (self.host, *self.names)))))


def _asked(host: str) -> str:
    """A host as requests name it: an address of IPv6 in brackets."""
    return f"[{host.strip('[]')}]".lower() if ":" in host else host.lower()


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def token_of() -> str | None:
    """The token of the environment; None where there is none."""
    return os.environ.get(TOKEN, "").strip() or None


def home() -> Path:
    """Where the service keeps what it is given: beside the talks."""
    return files.home() / "service"
