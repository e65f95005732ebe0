"""A voice that a test can see through: a tenth of a second of 440 Hz a word, and no model."""

from __future__ import annotations

import os

import numpy as np

from empathia.errors import UsageError
from empathia.service.tasks.speaking import Speaking
from empathia.types import Audio

RATE = 24_000


def open(wanted):
    return Speaking(Voice())


class Voice:
    name = "little"
    is_local = True
    rate = RATE
    voices = ("ann", "ben")
    languages = ("en",)

    def speak(self, text, manner):
        if manner.voice not in (None, *self.voices):
            raise UsageError(f"little has no voice '{manner.voice}'", "Name one of ann, ben")
        return self._spoken(text.split(), manner)

    def _spoken(self, words, manner):
        length = round(0.1 * RATE / manner.speed)
        loud = 0.3 if manner.tone == "plain" else 0.1
        while words:
            word = words[0] if words[0] == "endless" else words.pop(0)
            if word == "die":
                os._exit(9)
            t = np.arange(length) / RATE
            yield Audio((loud * np.sin(2 * np.pi * 440 * t)).astype(np.float32), RATE)
