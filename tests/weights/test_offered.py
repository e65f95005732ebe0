"""What is offered on a terminal before anything is downloaded."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from weight_files import FILES, INSIDE, NAME, archive_source, check, entry, wheel, write

from empathia import weights
from empathia.cli.weights import offered

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[], str]]:
    """Sits somebody at a terminal who types an answer; what they saw."""

    def sit(answer: str) -> Callable[[], str]:
        hand, machine = os.openpty()
        seen = bytearray()

        def look() -> None:
            try:
                while part := os.read(hand, 4096):
                    seen.extend(part)
            except OSError:  # the other end was closed
                pass

        thread = threading.Thread(target=look)
        thread.start()
        os.write(hand, answer.encode())
        keyboard, screen = os.fdopen(machine, "r"), os.fdopen(os.dup(machine), "w")
        monkeypatch.setattr(sys, "stdin", keyboard)
        monkeypatch.setattr(sys, "stderr", screen)

        def saw() -> str:
            monkeypatch.undo()
            keyboard.close()
            screen.close()
            thread.join()
            os.close(hand)
            return seen.decode()

        return saw

    return sit


@pytest.fixture
def box(world: Path) -> Path:
    made = wheel(world / "archives" / NAME, INSIDE)
    write(world, entry("tiny", FILES, archive_source("tiny", made, "tiny_pack/model/")))
    return made


@pytest.mark.parametrize("answer", ["\n", "n\n", "what?\n"])
def test_nothing_is_downloaded_without_a_yes(
    box: Path, terminal: Callable[[str], Callable[[], str]], answer: str
) -> None:
    saw = terminal(answer)
    assert not offered(["tiny"])
    assert weights.state("tiny") == "missing"
    told = saw()
    assert "tiny (a test) would read more of this: 1 MB, MIT" in told
    assert "[y/N]" in told


def test_a_yes_downloads(
    box: Path,
    terminal: Callable[[str], Callable[[], str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMPATHIA_ARCHIVES", str(box.parent))
    saw = terminal("y\n")
    assert offered(["tiny"])
    check()
    saw()


def test_nobody_is_asked_where_there_is_no_terminal(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not offered(["tiny"])
    assert capsys.readouterr().err == ""


def test_nothing_is_asked_where_nothing_is_missing(
    box: Path, terminal: Callable[[str], Callable[[], str]]
) -> None:
    saw = terminal("y\n")
    assert not offered([])
    assert "[y/N]" not in saw()
