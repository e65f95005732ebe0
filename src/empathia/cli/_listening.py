"""``empathia read -``: what standard input holds is told as it is heard."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.pipeline import Options
    from empathia.pipeline.listening import Listening
    from empathia.types import Timeline
    from empathia.types.events import Event


def listen(options: Options, pcm: str | None, *, as_json: bool, quiet: bool) -> Timeline:
    """Listen to standard input, and print what becomes known.

    Args:
        options: How to read.
        pcm: What samples without a header are; None tells from the first bytes.
        as_json: Print an object a line.
        quiet: Print nothing, unless as JSON.

    Raises:
        EmpathiaError: It cannot be listened to.
    """
    from empathia.media import Pcm
    from empathia.pipeline.listening import Listening
    from empathia.types.events import Ended

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            f"standard input is {'closed' if sys.stdin is None else 'the keyboard'}",
            "Pipe sound into it: ffmpeg ... | empathia read -",
        )
    kind = None if pcm is None else Pcm.of(pcm)
    listening = Listening(sys.stdin.buffer, options, kind)
    if not quiet and sys.stderr.isatty():
        print("empathia: listening; Ctrl-C ends it and keeps what was heard", file=sys.stderr)
    with _stopped_by_hand(listening):
        for event in listening:
            _tell(event, as_json=as_json, quiet=quiet)
            if isinstance(event, Ended):
                return event.timeline
    raise AssertionError("a stream ends with its timeline")


def _tell(event: Event, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        from empathia.types.events import event_json

        print(json.dumps(event_json(event), ensure_ascii=False), flush=True)
    elif not quiet:
        from empathia.report.timeline.terminal import show_event

        show_event(event)
        sys.stdout.flush()


@contextmanager
def _stopped_by_hand(listening: Listening) -> Iterator[None]:
    """Ctrl-C ends the listening, as ``timeout`` and ``kill`` do; a second one ends the program."""

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def stop(number: int, frame: FrameType | None) -> None:
        restore()
        listening.stop()

    before = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        restore()
