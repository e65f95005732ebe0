"""Fit prosody bins: those that ship with Empathia, or those of IEMOCAP, as the literature has them.

    python scripts/fit_prosody_bins.py --data DIR [--corpora iemocap] [--out FOLDER]

Writes bins.json. By default the bins are fitted on the training part of MELD, whose table of
measures lies beside its csv files (meld/), and on the clips of ravdess/, emodb/ and
korean_emotional/, which are measured here (minutes). A clip stands alone: it tells nothing of how
far a turn lies from the others of its speaker. ``--corpora iemocap`` reads iemocap/utterances.csv
(columns utterance_id, dialogue_id, gender, split and the eight measures, rows in time order), from
a copy of your own: its bins do not ship, read with them by ``empathia read --bins FILE``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from empathia import media, plugins
from empathia.cues import Bins, Row
from empathia.errors import CorpusError, EmpathiaError, UsageError
from empathia.features.prosody import NAMES, extract
from empathia.types import Audio, Features

GENDERS = {"F": "female", "M": "male"}
CLIPS = ("ravdess", "emodb", "korean_emotional")
# Of MELD's speakers, the six leads.
LEADS = {
    **dict.fromkeys(("Monica", "Phoebe", "Rachel"), "female"),
    **dict.fromkeys(("Chandler", "Joey", "Ross"), "male"),
}
OUT = Path(__file__).parent.parent / "src" / "empathia" / "weights" / "shipped" / "prosody-bins"


def read_iemocap(table: Path) -> Iterator[Row]:
    """All rows of the table, whatever their split."""
    if not table.is_file():
        raise CorpusError(f"no table at {table}", "Name the folder that holds iemocap/")
    with table.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            yield Row(
                {name: float(line[name]) if line[name] else None for name in NAMES},
                line["split"],
                GENDERS.get(line["gender"]),
                f"{line['dialogue_id']} {line['gender']}",
            )


def read_meld(folder: Path) -> Iterator[Row]:
    """Turns of the training part that have measures, dialogue by dialogue."""
    plugin = plugins.load("corpora", "meld")
    measured = plugin.ready(folder).get("prosody", {})
    for d in plugin.load(folder):
        for u in d.utterances if d.split == "train" else ():
            if u.id in measured:
                gender, who = LEADS.get(u.speaker), f"{u.groups['episode']} {u.speaker}"
                yield Row(_measures(measured[u.id]), d.split, gender, who)


def read_clips(corpus: str, folder: Path) -> Iterator[Row]:
    """Every clip of a corpus of single sentences; what is said of its speaker's gender counts."""
    for d in plugins.load("corpora", corpus).load(folder):
        for u in d.utterances:
            if u.audio is None:
                raise CorpusError(f"'{u.id}' of {corpus} has no sound", "Give the whole release")
            sound = np.concatenate([block.samples for block in media.blocks(u.audio)])
            yield Row(_measures(extract(Audio(sound, 16_000), u.id)), "train", u.gender)


def _measures(features: Features) -> dict[str, float | None]:
    return {name: features.measure(name) for name in NAMES}


def fit_iemocap(data: Path) -> Bins:
    """Bins of the 6,994 train rows: all utterances of the train dialogues, labelled or not."""
    table = data / "iemocap" / "utterances.csv"
    rows = [row for row in read_iemocap(table) if row.split == "train"]
    sha = hashlib.sha256(table.read_bytes()).hexdigest()
    return Bins.fit(rows, about={"corpus": "IEMOCAP", "split": "train", "table_sha256": sha})


def fit_default(data: Path) -> Bins:
    """Bins of MELD's training part and of the clips."""
    rows = list(read_meld(data / "meld"))
    if not rows:
        raise CorpusError(f"no measures in {data / 'meld'}", "Give MELD with train_prosody.csv")
    counted = {"MELD": len(rows)}
    for corpus in CLIPS:
        clips = list(read_clips(corpus, data / corpus))
        counted[corpus] = len(clips)
        rows += clips
    told = ", ".join(f"{name} {n}" for name, n in counted.items())
    return Bins.fit(rows, about={"corpora": told, "split": "train"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--corpora", choices=("default", "iemocap"), default="default")
    parser.add_argument("--out", type=Path, help="folder for bins.json (default: where it ships)")
    options = parser.parse_args()
    try:
        if options.corpora == "iemocap" and options.out is None:
            raise UsageError("the bins of IEMOCAP do not ship", "Give --out FOLDER")
        fit = fit_iemocap if options.corpora == "iemocap" else fit_default
        out = options.out or OUT
        bins = fit(options.data)
        bins.save(out / "bins.json")
    except EmpathiaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for group in ("female", "male", "overall"):
        cuts = bins.thresholds("avg_pitch", 5, group) or ()
        print(f"avg_pitch {group:8}", " / ".join(f"{cut:.2f}" for cut in cuts))
    cuts = bins.thresholds("avg_intensity") or ()
    print("avg_intensity overall", " / ".join(f"{cut:.2f}" for cut in cuts))
    print(f"{bins.rows} rows -> {out / 'bins.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
