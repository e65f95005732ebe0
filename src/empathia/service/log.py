"""The log: a JSON object a line, without words, names, tokens or paths of anybody."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from empathia.files import Plain


def write(event: str, **about: Plain) -> None:
    """Log that something happened.

    Args:
        event: What.
        about: Numbers, ids and names of our own.
    """
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **about}
    print(json.dumps(line), file=sys.stderr, flush=True)


def fault(error: BaseException, where: str) -> None:
    """Log an error that is none of ours: its type and where it came from, not what it says."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    write("fault", where=where, type=type(error).__name__, places=places)


class Others(logging.Handler):
    """What libraries log, without what they say: who, where, and how bad it is."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a line of theirs."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fault(error, record.name)
        else:
            write("library", name=record.name, level=record.levelname)


def hear_others() -> None:
    """Let nothing of what libraries log reach the log as it is."""
    logging.basicConfig(handlers=[Others(logging.WARNING)], force=True)
    logging.captureWarnings(True)  # which have paths
    ours = logging.getLogger("uvicorn")  # it repeats what we have logged
    ours.propagate = False
    ours.addHandler(logging.NullHandler())
