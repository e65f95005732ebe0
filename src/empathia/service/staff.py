"""Who works for the service, each in a process: one reads, one holds talks, one speaks."""

from __future__ import annotations

from typing import NamedTuple

from empathia.service.settings import Settings
from empathia.service.workers import Worker

READING = "empathia.service.tasks.reading"
TALKING = "empathia.service.tasks.talking"
SPEAKING = "empathia.service.tasks.speaking"


class Staff(NamedTuple):
    """Its processes.

    Args:
        talker: Holds talks.
        reader: Reads recordings and transcripts.
        speaker: Speaks; None where there is no voice.
    """

    talker: Worker
    reader: Worker
    speaker: Worker | None

    @property
    def workers(self) -> list[Worker]:
        """Those there are, the one that loads longest first."""
        return [w for w in self if w is not None]


def hired(
    settings: Settings, reading: str = READING, talking: str = TALKING, speaking: str = SPEAKING
) -> Staff:
    """Who is needed; nobody works yet.

    Args:
        settings: How the service runs.
        reading: Module that reads.
        talking: Module that holds talks.
        speaking: Module that speaks.
    """
    voice = settings.voice
    wanted = None if voice is None else (voice, settings.options.threads)
    return Staff(
        Worker(talking, settings.options),
        Worker(reading, settings.options),
        None if wanted is None else Worker(speaking, wanted),
    )
