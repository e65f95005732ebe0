"""Is a corpus whole: media that are there and can be read, times and ids that can be meant."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from empathia import media
from empathia.contracts import Progress
from empathia.errors import MediaError
from empathia.types import Dialogue, Utterance

_SLACK = 0.5  # s by which headers, annotations and clips may differ
_SILENT = 1e-4  # peak below which a recording holds nothing (-80 dBFS)


class Finding(NamedTuple):
    """Something that is wrong: of which kind, where, and what."""

    kind: str
    where: str
    what: str


def check(
    dialogues: Sequence[Dialogue], *, deep: bool = False, progress: Progress | None = None
) -> list[Finding]:
    """Look for what is wrong with a corpus as it was loaded.

    Args:
        dialogues: All of it.
        deep: Decode every recording from end to end, not just its header.
        progress: Called with (name of the file, files done, files in all).

    Raises:
        MissingExtra: Recordings cannot be opened: the extra "asr" is not installed.
    """
    findings = [*_doubled(dialogues), *_order(dialogues)]
    users: dict[Path, list[Utterance]] = {}
    for utterance in (u for d in dialogues for u in d.utterances):
        for path in (utterance.audio, utterance.video):
            if path is not None:
                users.setdefault(path, []).append(utterance)
    for number, (path, utterances) in enumerate(users.items()):
        if progress is not None:
            progress(path.name, number, len(users))
        findings += _file(path, utterances, deep)
    if progress is not None:
        progress("done", len(users), len(users))
    return findings


def _doubled(dialogues: Sequence[Dialogue]) -> Iterator[Finding]:
    for what, keys in (
        ("dialogue", Counter(d.id for d in dialogues)),
        ("utterance", Counter(u.id for d in dialogues for u in d.utterances)),
    ):
        for key, times in keys.items():
            if times > 1:
                yield Finding("duplicate id", f"{what} {key}", f"is there {times} times")


def _order(dialogues: Sequence[Dialogue]) -> Iterator[Finding]:
    for dialogue in dialogues:
        timed = [(u.start, u.id) for u in dialogue.utterances if u.start is not None]
        for (before, _), (start, key) in pairwise(timed):
            if start < before:
                yield Finding(
                    "out of order",
                    f"utterance {key}",
                    f"starts at {start:g} s, after one that starts at {before:g} s",
                )


def _file(path: Path, utterances: Sequence[Utterance], deep: bool) -> list[Finding]:
    where = media.shown(path)
    if not path.exists():
        return [Finding("missing", where, f"utterance {utterances[0].id} names it")]
    lost = _lost(path)
    if lost:
        return [Finding("truncated", where, f"its header announces {lost} bytes more")]
    try:
        info = media.probe(path)
        findings = [] if info.duration is None else [*_overlong(path, info.duration, utterances)]
        if any(u.audio == path for u in utterances) and not info.has_audio:
            findings.append(Finding("no sound", where, "it has no sound track"))
        elif deep and info.has_audio:
            findings += _decoded(path, where, info.duration)
    except MediaError as error:
        return [Finding("unreadable", where, error.problem)]
    return findings


def _lost(path: Path) -> int:
    """Bytes of sound that a wav announces and does not hold; 0 for all else."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 0
        size = os.fstat(file.fileno()).st_size
        while len(chunk := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", chunk)
            if name == b"data":
                # Streams that did not know their length announce all ones, or none at all.
                known = length < 0xFFFFFF00
                return max(0, file.tell() + length - size) if known else 0
            file.seek(length + length % 2, os.SEEK_CUR)
    return 0


def _overlong(path: Path, length: float, utterances: Sequence[Utterance]) -> Iterator[Finding]:
    for utterance in utterances:
        place = utterance.place("audio" if utterance.audio == path else "video")
        if place is not None and place[1] > length + _SLACK:
            yield Finding(
                "times",
                f"utterance {utterance.id}",
                f"ends at {place[1]:g} s; {media.shown(path)} is {length:g} s long",
            )


def _decoded(path: Path, where: str, announced: float | None) -> Iterator[Finding]:
    condition = media.Condition()
    peak = 0.0
    for block in media.blocks(path, condition=condition):
        peak = max(peak, float(abs(block.samples).max(initial=0.0)))
    if peak < _SILENT:
        yield Finding("silent", where, "it holds nothing but silence")
    if condition.cut_short:
        yield Finding("truncated", where, f"{condition.seconds:.1f} of {announced:.1f} s are there")
    for note in condition.damage():
        yield Finding("damaged", where, note)
