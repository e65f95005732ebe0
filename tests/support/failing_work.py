"""Work that begins in a folder, and cannot where a file is in the way."""

from __future__ import annotations

import os
from pathlib import Path

from empathia.errors import UsageError


def open(folder):
    with Path(folder / "starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    if (folder / "broken").exists():
        raise UsageError("no model is there", "Pull it")
    return Work()


class Work:
    def pid(self, tell):
        return os.getpid()

    def die(self, tell):
        os._exit(9)
