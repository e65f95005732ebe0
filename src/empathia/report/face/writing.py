"""Reactions in files: a page, a film, an animated picture, numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from empathia import files, media
from empathia.contracts import Progress, silent
from empathia.errors import EmpathiaError, UsageError, needs
from empathia.files import Plain
from empathia.media import animation
from empathia.pipeline.reacting import RATE, Reacted
from empathia.reaction.lively import NAMES
from empathia.report.face.panel import told
from empathia.report.face.stage import Stage
from empathia.report.raster import Pixels
from empathia.types import Reaction

VIDEOS = (".html", ".mp4", ".gif")
_WIDTH = {".mp4": 960, ".gif": 640}  # pixels
_PER_SECOND = {".mp4": 25, ".gif": 12}  # pictures
_SAMPLED = 24  # pictures that a gif's colours are chosen by
_BLOCK = 256  # frames


def check(path: Path, suffixes: tuple[str, ...]) -> str:
    """The suffix of a file that can be written, in lower case; told before any work.

    Raises:
        UsageError: It is another, or the folder is closed.
        MissingExtra: It is a film, and the extra ``face`` is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise UsageError(
            f"cannot write '{suffix or path.name}' (expected one of {', '.join(suffixes)})",
            "Choose the format by the suffix of the file",
        )
    above = next(p for p in path.absolute().parents if p.exists())  # the rest is made
    if path.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
        raise UsageError(f"cannot write '{path}' (no permission, or a folder)", "Name another file")
    if suffix in _WIDTH:
        with needs("face", "drawing pictures"):
            import PIL  # noqa: F401
    return suffix


def film(
    reacted: Reacted,
    path: Path,
    recording: Path | None = None,
    *,
    part: tuple[float, float] | None = None,
    width: int | None = None,
    progress: Progress = silent,
) -> None:
    """Write the face beside the talk as .mp4 (with the sound) or .gif, whole or not at all.

    Args:
        reacted: What is shown.
        path: Its suffix says what is written.
        recording: Whose sound is heard, or None.
        part: From one second to another, or all.
        width: In pixels; by default 960, of a gif 640.
        progress: Called as work goes on.

    Raises:
        UsageError: The part is not in the talk, or the width cannot be.
        MissingExtra: The extra ``face`` is not installed.
        MediaError: This FFmpeg cannot write it.
    """
    suffix = check(path, VIDEOS[1:])
    total = reacted.frames / RATE
    start, end = part or (0.0, total)
    if start >= reacted.length:
        raise UsageError(
            f"there is nothing at {start:.1f} s", f"The talk takes {reacted.length:.1f} s"
        )
    wide = width or _WIDTH[suffix]
    if not 160 <= wide <= 3840:
        raise UsageError(f"a width of {wide} pixels", "Give one from 160 to 3840")
    stage, rate = Stage(reacted, wide, Path(reacted.timeline.source).name), _PER_SECOND[suffix]
    span = (start, min(end, total))
    pictures = _told(stage.pictures(rate, *span), round((span[1] - span[0]) * rate), progress)
    cuts = [(s, min(s + 1, span[1])) for s in np.arange(*span)]  # a second at a time
    sound = media.spans(recording, cuts, 44_100) if recording else ()
    sample = (stage.picture(t) for t in np.linspace(*span, _SAMPLED, endpoint=False))
    with _kept(path) as file:
        if suffix == ".gif":
            animation.gif(file, pictures, rate, sample)
        else:
            animation.mp4(file, pictures, rate, (a for a in sound if len(a.samples)))


def _told(pictures: Iterator[Pixels], total: int, progress: Progress) -> Iterator[Pixels]:
    for number, pixels in enumerate(pictures, 1):
        yield pixels
        progress("drawing", number, max(total, number))


def npz(reacted: Reacted, path: Path) -> None:
    """Write all frames as arrays without pickles, whole or not at all.

    ``time`` (frames,) in s; ``face`` (frames, 55) with ``names`` (55,), where those were foretold;
    ``landmarks`` (frames, 478, 3) normalised, float16; ``turns`` (turns, 2) start and end in s,
    ``ids`` (turns,); ``predictor`` and ``note``.
    """
    check(path, (".npz",))
    blocks = [
        reacted.landmarks(i, i + _BLOCK).astype(np.float16)
        for i in range(0, reacted.frames, _BLOCK)
    ]
    arrays: dict[str, Any] = {
        "time": np.arange(reacted.frames) / RATE,
        "landmarks": np.concatenate(blocks),
        "turns": np.array(reacted.times, np.float64),
        "ids": np.array([t.utterance.id for t in reacted.timeline.turns]),
        "predictor": np.array(reacted.predictor),
        "note": np.array("; ".join((told(reacted), *reacted.notes))),
    }
    if reacted.face is not None:
        arrays |= {"face": reacted.face, "names": np.array(NAMES)}
    with _kept(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def to_json(reacted: Reacted) -> dict[str, Plain]:
    """All of it as plain values; see docs/reactions.md."""
    face = reacted.face
    return {
        "source": reacted.timeline.source,
        "predictor": reacted.predictor,
        "laid_out": reacted.laid_out,
        "notes": list(reacted.notes),
        "turns": [
            {
                "id": turn.utterance.id,
                "speaker": turn.utterance.speaker,
                "start": round(start, 3),
                "end": round(end, 3),
                "reaction": None if reaction is None else _reaction(reaction),
            }
            for turn, (start, end), reaction in zip(
                reacted.timeline.turns, reacted.times, reacted.reactions, strict=True
            )
        ],
        "rate": RATE,
        "frames": reacted.frames,
        "names": [] if face is None else list(NAMES),
        "face": None if face is None else np.round(face, 3).astype(float).round(3).tolist(),
    }


def _reaction(reaction: Reaction) -> dict[str, Plain]:
    emotion = reaction.emotion
    scores = {} if emotion is None else dict(zip(emotion.labels, emotion.scores, strict=False))
    return {
        "source": reaction.source,
        "note": reaction.note,
        "emotion": {k: round(v, 4) for k, v in scores.items()} or None,
        "features": {n: [*f.values.shape] for n, f in reaction.features.items()},
    }


@contextmanager
def _kept(path: Path) -> Iterator[BinaryIO]:
    try:
        with files.writing(path) as file:
            yield file
    except OSError as error:
        raise EmpathiaError(
            f"cannot write '{path}' ({error.strerror or error})",
            "Check the folder's permissions and free space",
        ) from None
