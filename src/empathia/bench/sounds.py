"""The sound of utterances: what identifies it, and cutting it out of recordings.

Recordings that cannot be used are counted here and reported once, at the end.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from empathia import media
from empathia.errors import MediaError
from empathia.features import FeatureWarning
from empathia.files import sha256
from empathia.types import Audio, Utterance

RATE = 16_000
"""Rate that all features are taken at (Hz)."""
_SLACK = 0.5  # s that a span may reach over the end of its recording: times are rounded
_UNSTATED = 0x7FFFFFFF  # bytes: lengths that writers of streams put down
_MISCOUNTED = 1024  # bytes


class Sounds:
    """Cuts utterances out of recordings and remembers what went wrong."""

    def __init__(self) -> None:
        self._lost: dict[str, str] = {}  # path to the reason that nothing of it could be used
        self._damaged: dict[str, str] = {}
        self._beyond: list[str] = []
        self._short: list[str] = []

    def identified(
        self, file: Path, utterances: Iterable[Utterance]
    ) -> Iterator[tuple[Utterance, str]]:
        """Each utterance with a text that stands for its sound: sum of the file, span, rate."""
        try:
            total = sha256(file)
        except OSError as error:
            self._lost[str(file)] = error.strerror or str(error)
            return
        for u in utterances:
            place = u.place("audio")
            span = "all" if place is None else "{}-{}".format(*(round(t * RATE) for t in place))
            yield u, f"{total} {span} {RATE}"

    def cut(
        self, file: Path, utterances: Collection[Utterance]
    ) -> Iterator[tuple[Utterance, Audio, bool]]:
        """The sound of utterances of one recording, in one pass.

        Yields:
            Utterance, its sound, and whether that is all of it; those without sound are left out.
        """
        places = [(place, u) for u in utterances if (place := u.place("audio")) is not None]
        try:
            yield from self._spans(file, sorted(places, key=lambda x: x[0]))
            if len(places) < len(utterances):
                whole = self._whole(file)
                yield from ((u, *whole) for u in utterances if u.place("audio") is None)
        except MediaError as error:
            self._lost[str(file)] = error.problem

    def _spans(
        self, file: Path, places: Sequence[tuple[tuple[float, float], Utterance]]
    ) -> Iterator[tuple[Utterance, Audio, bool]]:
        condition = media.Condition()
        sounds = media.spans(file, [place for place, _ in places], RATE, condition)
        for ((start, end), u), audio in zip(places, sounds, strict=True):
            missing = end - start - audio.duration
            if not len(audio.samples):
                self._beyond.append(u.id)
                continue
            if missing > _SLACK:
                self._short.append(u.id)
            yield u, audio, not self._note(file, condition) and missing <= _SLACK

    def _whole(self, file: Path) -> tuple[Audio, bool]:
        condition = media.Condition()
        parts = [block.samples for block in media.blocks(file, RATE, condition=condition)]
        whole = not self._note(file, condition)
        if condition.cut_short or (lacking := _lacking(file)):
            how = "" if condition.cut_short else f"{lacking} bytes are missing: "
            self._damaged[str(file)] = f"{how}it ends at {condition.seconds:.1f} s, cut short"
            whole = False
        return Audio(np.concatenate(parts), RATE), whole

    def _note(self, file: Path, condition: media.Condition) -> bool:
        """Remember damage; True where there is some."""
        notes = condition.damage()
        if notes:
            self._damaged[str(file)] = "; ".join(notes)
        return bool(notes)

    def warn(self) -> None:
        """Tell in a sentence each, with a count and the first ones, what could not be used."""
        unusable = [
            (self._lost, "recordings cannot be read; their utterances are left out"),
            (self._damaged, "recordings are damaged; what is left of them is used and not kept"),
        ]
        for files, what in unusable:
            if files:
                first = ", ".join(f"'{f}' ({reason})" for f, reason in list(files.items())[:3])
                warnings.warn(f"{len(files)} {what}: {first}", FeatureWarning, stacklevel=2)
        for ids, what in (
            (
                self._beyond,
                "utterances are left out: no length, or behind the end of their recording",
            ),
            (self._short, "utterances are cut off by the end of their recording"),
        ):
            if ids:
                warnings.warn(
                    f"{len(ids)} {what}: {', '.join(ids[:3])}", FeatureWarning, stacklevel=2
                )


def _lacking(file: Path) -> int:
    """How many bytes a wav has less than its header says; decoders pass over that in silence.

    0 for other formats, for a length that is not stated, and for the odd bytes that some
    programs count wrongly.
    """
    with file.open("rb") as content:
        head = content.read(12)
    stated = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:] != b"WAVE" or stated >= _UNSTATED:
        return 0
    lacking = stated + 8 - file.stat().st_size
    return lacking if lacking > _MISCOUNTED else 0
