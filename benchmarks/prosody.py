"""Measures the eight prosodic measures: time for an hour of speech, agreement with Praat.

    OMP_NUM_THREADS=1 python benchmarks/prosody.py DATA [--every 1]

DATA holds ravdess/. Needs praat-parselmouth (GPL, `pip install praat-parselmouth`), which
takes the same measures call by call on the same clips in the same run. Times are processor
seconds of one core: what a clock on the wall would show on an idle machine. Levels are
those of the shipped bins, overall; "own" are levels by the quantiles of Praat's values on
RAVDESS itself. Praat writes -300 dB for frames of digital silence, which half of these
clips begin or end with; "heard" leaves such frames out on Praat's side too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from praat import measures as praat

from empathia import media
from empathia.cues import Bins
from empathia.cues.bins import CUTS, level_of
from empathia.features.prosody import NAMES, extract
from empathia.types import Audio

HEARD = "intensity_variation_heard"


def levels(values: np.ndarray, cuts: tuple[float, ...]) -> np.ndarray:
    """Level of each value; -1 where it is missing."""
    found = (level_of(v, cuts) if np.isfinite(v) and v != 0 else None for v in values)
    return np.array([-1 if level is None else level for level in found])


def agreement(ours: np.ndarray, theirs: np.ndarray, cuts: tuple[float, ...]) -> str:
    a, b = levels(ours, cuts), levels(theirs, cuts)
    same = a == b
    near = same | ((np.abs(a - b) <= 1) & (a >= 0) & (b >= 0))
    return f"{100 * same.mean():6.1f} {100 * near.mean():6.1f}"


def compare(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    bins = Bins.load()
    print(f"\n{'measure':26} {'same level':>6}  <= 1    own   <= 1   (%; targets 90, 99)")
    for name in (*NAMES, HEARD):
        mine = ours["intensity_variation" if name == HEARD else name]
        cuts = bins.thresholds("intensity_variation" if name == HEARD else name)
        own = tuple(np.nanquantile(theirs[name], CUTS[5]))
        print(
            f"{name:26} {agreement(mine, theirs[name], cuts):>14} "
            f"{agreement(mine, theirs[name], own):>14}"
        )
    pitch = np.abs(ours["avg_pitch"] / theirs["avg_pitch"] - 1) < 0.03
    level = np.abs(ours["avg_intensity"] - theirs["avg_intensity"]) < 0.5
    print(f"\nmean pitch within 3 %: {100 * pitch.mean():.1f} % of clips (target 90)")
    print(f"mean intensity within .5 dB: {100 * level.mean():.1f} % of clips (target 90)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every n-th clip")
    options = parser.parse_args()
    files = sorted((options.data / "ravdess").glob("Actor_*/*"))[:: options.every]
    if not files:
        sys.exit(f"no clips under {options.data / 'ravdess'}")
    clips = [np.concatenate([b.samples for b in media.blocks(file)]) for file in files]
    hours = sum(map(len, clips)) / 16_000 / 3600
    extract(Audio(clips[0], 16_000))  # plans are made once
    began = time.process_time()
    rows = [extract(Audio(clip, 16_000)).values[0] for clip in clips]
    ours_s = (time.process_time() - began) / hours
    spent: Counter[str] = Counter()
    began = time.process_time()
    oracle = [praat(clip, 16_000, spent) for clip in clips]
    praat_s = (time.process_time() - began) / hours
    print(f"{len(clips)} clips, {60 * hours:.1f} min")
    print(f"empathia      {ours_s:6.1f} s an hour of speech (target 25)")
    ratio = praat_s / ours_s
    print(f"parselmouth   {praat_s:6.1f} s an hour, {ratio:.1f} times as long (target 3)")
    total = spent.total()
    print("  of which", ", ".join(f"{k} {100 * v / total:.0f} %" for k, v in spent.items()))
    ours = {n: np.array([row[i] for row in rows], float) for i, n in enumerate(NAMES)}
    compare(ours, {n: np.array([row[n] for row in oracle]) for n in (*NAMES, HEARD)})


if __name__ == "__main__":
    main()
