"""The page of a service without models, in a real browser that hears a file as its microphone."""

from __future__ import annotations

import functools
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import chromium
from little_diary import CHEAP
from serving import scripted, serving

from empathia.service.diary.store import Store
from empathia.service.settings import Settings


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service whose models a test can see through (little_work, little_talk)."""
    settings = Settings(tmp_path_factory.mktemp("service"))
    opens = functools.partial(Store, hasher=CHEAP)
    app = scripted(settings, opens=opens)
    with serving(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose microphone hears a tone, again and again."""
    heard = _tone(tmp_path_factory.mktemp("microphone") / "tone.wav")
    with chromium(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={heard}",
    ) as running:
        yield running


def _tone(file: Path) -> Path:
    wave_of = 0.3 * np.sin(2 * np.pi * 220 * np.arange(48_000) / 48_000)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(np.round(32767 * wave_of).astype("<i2").tobytes())
    return file
