"""How well and how fast faces are found in videos whose faces are known.

    python benchmarks/faces.py [--minutes 3] [--rate 10] [--threads 2]

The astronaut's head (tests/support/face_videos.py) at many sizes, places and turns: how often it is
found, how far its landmarks, position and pose are off. Then a video of 640 x 480 of some minutes:
pictures a second from the file to faces, at 25 a second and at the rate, and whether memory grows.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from face_videos import Shot, landmarks, picture, seen, write_video

from empathia.encoders.face import Eyes
from empathia.face.normalise import normalised
from empathia.face.pose import pose
from empathia.media.frames import pictures

SIZES = (30, 40, 60, 80, 120, 160, 200)
TURNS = (-30, -20, -10, 0, 10, 20, 30)
PLACES = ((130, 150), (320, 240), (510, 140), (210, 330), (430, 350), (333, 211))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    console = Console()
    console.print(found(given.threads))
    console.print(turned(given.threads))
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder) / "video.mp4", given.minutes, given.rate, given.threads, console)


def found(threads: int) -> Table:
    """By size: how often, and how far off."""
    table = Table("size", "found", "landmarks", "position", "alike", title="yaw -30 to 30 degrees")
    plain = normalised(landmarks(Shot()))[0]
    eyes = Eyes(threads)
    for size in SIZES:
        shots = [Shot(x, y, size, yaw=yaw) for (x, y), yaw in itertools.product(PLACES, TURNS)]
        both = [(eyes.find(seen(shot)), landmarks(shot)) for shot in shots]
        kept = [(faces[0].landmarks, true) for faces, true in both if len(faces) == 1]
        off = [np.linalg.norm((a - b)[:, :2], axis=1).mean() / size for a, b in kept]
        moved = [np.linalg.norm((a - b)[:, :2].mean(axis=0)) / size for a, b in kept]
        ahead = [f[0] for (f, _), shot in zip(both, shots, strict=True) if f and not shot.yaw]
        alike = [normalised(face.landmarks)[0] - plain for face in ahead]
        near = [np.linalg.norm(a[:, :2], axis=1).mean() for a in alike]
        told = (f"{100 * np.mean(values):.2f} %" for values in (off, moved, near))
        table.add_row(f"{size} px", f"{len(kept) / len(shots):.1%}", *told)
    table.caption = (
        "landmarks, position: off, in widths of the face; alike: normalised landmarks of the face "
        "that looks ahead, in distances of the eyes"
    )
    return table


def turned(threads: int) -> Table:
    """By turn: error of the pose."""
    table = Table("degrees", "yaw", "pitch", "roll", title="pose: error in degrees, 150 px")
    eyes = Eyes(threads)
    model = eyes.model
    for degrees in TURNS:
        row = []
        for axis, name in enumerate(("yaw", "pitch", "roll")):
            shot = Shot(size=150, **{name: degrees})
            faces = eyes.find(seen(shot))
            told = faces[0].pose - pose(landmarks(shot), model) if faces else [np.nan] * 3
            row.append(f"{told[axis]:+.1f}")
        table.add_row(f"{degrees:+d}", *row)
    return table


def speed(path: Path, minutes: float, rate: float, threads: int, console: Console) -> None:
    """Pictures a second from the file to faces, and memory over the length."""
    write_video(path, _moving(10 * 25))
    once = path.read_bytes()
    console.print(f"video: 640 x 480, 25 pictures a second, {len(once) / 1e6:.1f} MB for 10 s")
    for wanted in (None, rate):
        eyes, near, count, hits = Eyes(threads), [], 0, 0
        start, used = time.perf_counter(), time.process_time()
        for _ in range(max(1, round(minutes * 6))):
            for held in pictures(path, wanted):
                faces = eyes.find(held, near)
                near = [face.box for face in faces]
                count, hits = count + 1, hits + bool(faces)
            if count < 1000:
                first = _memory()
        each = count / (time.perf_counter() - start)
        core = 1000 * (time.process_time() - used) / count
        name = "all" if wanted is None else f"{wanted:g} a second"
        console.print(
            f"{name}: {each:.0f} pictures a second, {core:.0f} ms of a core each, "
            f"{each / (wanted or 25):.1f} x real time; a face in {hits / count:.1%} of {count}; "
            f"memory {first:.0f} MB, at the end {_memory():.0f} MB"
        )


def _moving(count: int) -> Iterator[np.ndarray]:
    for t in np.arange(count) / 25:
        x, y = 320 + 100 * np.sin(1.5 * t), 240 + 40 * np.sin(2.1 * t)
        yield picture(
            [Shot(x, y, 110 + 30 * np.sin(t), 20 * np.sin(1.3 * t), 25 * np.sin(1.1 * t))]
        )


def _memory() -> float:
    """Peak of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
