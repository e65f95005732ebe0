"""Reads recordings and transcripts: into the folder of a job, or for an entry of a diary.

What was read can be asked about.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from empathia.contracts import Progress
from empathia.errors import InputError, UsageError
from empathia.files import Plain
from empathia.pipeline import Options, Reader, kind
from empathia.pipeline.models import Models
from empathia.pipeline.playing import played
from empathia.pipeline.record import Record
from empathia.report.timeline import write
from empathia.service.diary.records import Feeling
from empathia.service.diary.summing import summary
from empathia.service.tasks import Told, entry
from empathia.service.tasks.asking import Answer, Asking
from empathia.types.shapes import TimelineJson
from empathia.types.wire import to_json

TIMELINE = "timeline.json"
PAGES = {"en": "page.html", "ko": "page.ko.html"}
"""Of the timeline, by language."""
NICE = 10  # somebody who talks waits for an answer, who sends a recording can wait
OWN = ("speakers", "names", "language", "channels", "track", "pause", "words", "format")
"""Options that each reading may have of its own."""


def open(options: Options) -> Reading:
    """With its models loaded."""
    models = Models(options)
    record = Record()
    models.transcriber(record)
    models.diariser(record)
    models.sources()
    return Reading(models)


class Reading:
    """Reads files one after another with one set of models, texts and questions beside them.

    What somebody waits for is read beside uploads, which may be long.
    """

    lanes = MappingProxyType(
        {
            "write": "texts",
            "sum_up": "texts",
            "ask": "questions",
            "transcribe": "soon",
            "hear": "soon",
            "calm": "soon",
        }
    )

    def __init__(self, models: Models) -> None:
        self._models = models
        self._asking = Asking(models.options)

    def read(
        self,
        tell: Told,
        *,
        file: str,
        name: str,
        folder: str,
        given: Mapping[str, Plain],
        longest: float,
    ) -> dict[str, Plain]:
        """Read a file; its timeline and its pages lie in a folder then.

        Args:
            tell: Hears (stage, done, of how much).
            file: What is read.
            name: What the client calls it.
            folder: Where to.
            given: Of :data:`OWN`.
            longest: Seconds of a recording at most.

        Returns:
            What there is to tell of it at once.
        """
        options = own(self._models.options, given)
        path, out = Path(file), Path(folder)
        _check_length(path, longest)
        timeline = Reader(options, self._models).read(path, _progress(tell, longest))
        sound = film = None
        notes = list(timeline.notes)
        if timeline.has_audio:
            sound, film = played(path, options, notes.append)
        timeline = dataclasses.replace(timeline, source=name, notes=tuple(notes))
        write(timeline, out / TIMELINE)
        for language, page in PAGES.items():
            write(timeline, out / page, sound, film, language=language)
        return {
            "turns": len(timeline.turns),
            "speakers": len(timeline.speakers),
            "duration": timeline.duration,
            "language": timeline.language,
            "notes": notes,
        }

    def transcribe(
        self, tell: Told, *, file: str, given: Mapping[str, Plain], longest: float
    ) -> TimelineJson:
        """The timeline of a recording, whatever pictures it has.

        Args:
            tell: Hears (stage, done, of how much).
            file: What is read.
            given: Of :data:`OWN`.
            longest: Seconds of a recording at most.

        Raises:
            InputError: It is no recording.
        """
        path = Path(file)
        if kind(path) != "recording":
            raise InputError("the file is no recording", "Send one")
        _check_length(path, longest)
        options = dataclasses.replace(own(self._models.options, given), video=False)
        return to_json(Reader(options, self._models).read(path, _progress(tell, longest)))

    def ask(self, tell: Told, *, file: str, utterance: str) -> Answer:
        """What a language model says of a turn of a timeline, and why."""
        return self._asking.ask(tell, Path(file), utterance)

    def hear(
        self,
        tell: Told,
        *,
        file: str,
        longest: float,
        language: str | None,
        calm: Mapping[str, float] | None = None,
    ) -> entry.Read:
        """What one person tells in a recording.

        Args:
            tell: Hears (stage, done, of how much).
            file: The recording.
            longest: Seconds of it at most.
            language: What is spoken; None finds out.
            calm: Means of how they speak when calm, or None.
        """
        options, path = own(self._models.options, {"language": language}), Path(file)
        _check_length(path, longest)
        progress = _progress(tell, longest)
        return entry.heard(path, options, self._models, progress, calm)

    def write(self, tell: Told, *, text: str, language: str | None) -> entry.Read:
        """What a text tells."""
        options = own(self._models.options, {"language": language})
        return entry.written(text, options, self._models)

    def sum_up(self, tell: Told, *, words: str, feeling: Feeling, language: str) -> str:
        """What to say to an entry of a diary, in "en" or "ko"."""
        return summary(words, feeling, language, self._models.named)

    def calm(
        self, tell: Told, *, file: str, longest: float
    ) -> tuple[dict[str, float], dict[str, float], float]:
        """Means and deviations of somebody's prosody, and seconds of speech that they are of."""
        path = Path(file)
        _check_length(path, longest)
        return entry.calm(path, self._models.options, self._models, _progress(tell, longest))


def own(options: Options, given: Mapping[str, Plain]) -> Options:
    """Options with what a client chose.

    Raises:
        UsageError: It may not choose that, or it cannot be.
    """
    for name in given:
        if name not in OWN:
            raise UsageError(f"there is no option '{name}'", f"Known are {', '.join(OWN)}")
    return dataclasses.replace(options, **given)  # type: ignore[arg-type]


def _progress(tell: Told, longest: float) -> Progress:
    def progress(what: str, done: float, total: float | None) -> None:
        if total is None and done > longest:  # the file did not say how long it is
            raise _too_long(done, longest)
        tell((what, done, total))

    return progress


def _check_length(path: Path, longest: float) -> None:
    from empathia import media

    if kind(path) != "recording":
        return
    seconds = media.probe(path).duration
    if seconds is not None and seconds > longest:
        raise _too_long(seconds, longest)


def _too_long(seconds: float, longest: float) -> UsageError:
    return UsageError(
        f"the recording has {seconds / 60:.0f} minutes, {longest / 60:.0f} are read at most",
        "Cut it, or read it by: empathia read",
    )
