"""How fast `empathia read` is and how much memory it takes, targets beside the figures.

    python benchmarks/read.py                 the committed example, repeated to 5 minutes
    python benchmarks/read.py --hour          ... and to an hour: memory must not grow
    python benchmarks/read.py --data DATA     ... and recordings joined from corpora in DATA,
                                              and what the recognisers reach on them

Each figure is a whole process, cold, measured from outside.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "conversation.wav"
OTHERS = ("text.py", "voice.py", "diarisation.py --recordings 4", "words.py --clips 1")


class Run(NamedTuple):
    """One process: wall seconds, peak memory in MB."""

    seconds: float
    megabytes: float


def run(*command: str) -> Run:
    """Run a command to its end and measure it.

    Raises:
        SystemExit: The command failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed: {process.stderr.read().decode()[-500:]}")
    process.stderr.close()
    process.returncode = status
    return Run(seconds, usage.ru_maxrss / 1024)


def repeated(example: Path, seconds: float, folder: Path) -> tuple[Path, Path]:
    """The example and its transcript, repeated until they last so long."""
    with wave.open(str(example)) as sound:
        params, frames = sound.getparams(), sound.readframes(sound.getnframes())
        length = sound.getnframes() / sound.getframerate()
    with example.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = max(1, round(seconds / length))
    recording, transcript = folder / f"{seconds:.0f}.wav", folder / f"{seconds:.0f}.csv"
    with wave.open(str(recording), "wb") as out:
        out.setparams(params)
        for _ in range(times):
            out.writeframes(frames)
    with transcript.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("speaker", "start", "end", "text"))
        for i in range(times):
            for r in rows:
                at = i * length
                writer.writerow(
                    (r["speaker"], float(r["start"]) + at, float(r["end"]) + at, r["text"])
                )
    return recording, transcript


def row(what: str, figure: float, target: float, unit: str) -> None:
    """Print one line of the table."""
    mark = "ok" if figure <= target else "MISSED"
    print(f"{what:<58} {figure:>9.3f} {unit:<5} target <= {target:<7g} {mark}", flush=True)


def start_up() -> None:
    """What a user waits for before any work is done."""
    times = [run("-m", "empathia", "--help").seconds for _ in range(5)]
    row("empathia --help (median of 5)", statistics.median(times), 0.5, "s")
    bare = statistics.median(run("-c", "pass").seconds for _ in range(5))
    times = [run("-c", "import empathia").seconds - bare for _ in range(5)]
    row("import empathia (median of 5, interpreter excluded)", statistics.median(times), 0.3, "s")


def transcript(folder: Path) -> None:
    """Twenty lines of text, cold."""
    path = folder / "twenty.txt"
    path.write_text("".join(f"Ann: I am so glad that you came, number {i}.\n" for i in range(20)))
    times = [run("-m", "empathia", "read", str(path), "--json").seconds for _ in range(3)]
    row("read a transcript of 20 lines (median of 3)", statistics.median(times), 3.0, "s")


def measure_read(recording: Path, label: str) -> float:
    """Speech to text and all that follows; returns the length in s."""
    with wave.open(str(recording)) as sound:
        length = sound.getnframes() / sound.getframerate()
    whole = run("-m", "empathia", "read", str(recording), "--json")
    row(f"read {label}, real-time factor", whole.seconds / length, 0.15, "")
    row(f"read {label}, peak memory", whole.megabytes / 1024, 1.5, "GB")
    return length


def recordings(folder: Path, seconds: float, label: str) -> None:
    """The example, with and without speech to text."""
    recording, words = repeated(EXAMPLE, seconds, folder)
    length = measure_read(recording, label)
    given = run("-m", "empathia", "read", str(recording), "--transcript", str(words), "--json")
    row(f"read {label} with --transcript, real-time factor", given.seconds / length, 0.05, "")
    row(f"read {label} with --transcript, peak memory", given.megabytes / 1024, 1.5, "GB")


def joined(data: Path, seconds: float, folder: Path) -> Path | None:
    """Corpus clips with half a second between them, or None where there are none."""
    import numpy as np

    from empathia import media

    clips = sorted((data / "ravdess").glob("Actor_*/*.*"))[::17]
    path, left = folder / "corpus.wav", seconds
    if not clips:
        return None
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        for clip in clips:
            samples = np.concatenate([b.samples for b in media.blocks(clip)])
            out.writeframes((samples * 32767).astype("<i2").tobytes() + bytes(16_000))
            left -= len(samples) / 16_000 + 0.5
            if left <= 0:
                break
    return path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of corpora")
    parser.add_argument("--hour", action="store_true", help="also an hour of sound")
    args = parser.parse_args()
    print(
        f"{os.cpu_count()} cores; children's peak so far "
        f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB"
    )
    start_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        transcript(folder)
        recordings(folder, 300, "5 min")
        corpus = joined(args.data, 300, folder) if args.data else None
        if corpus is not None:
            measure_read(corpus, "5 min of RAVDESS")
        if args.hour:
            recordings(folder, 3600, "1 h")
    subprocess.run([sys.executable, str(HERE / "reply.py")], check=False)
    for script in OTHERS if args.data else ():
        print(f"\n== {script}", flush=True)
        file, *options = script.split()
        command = [sys.executable, str(HERE / file), str(args.data), *options]
        subprocess.run(command, check=False)


if __name__ == "__main__":
    main()
