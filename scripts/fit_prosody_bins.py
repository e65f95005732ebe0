"""Fit the prosody bins that ship with Empathia on the train rows of the IEMOCAP table.

    python scripts/fit_prosody_bins.py --data DIR [--out FOLDER]

DIR holds iemocap/utterances.csv with the columns utterance_id, dialogue_id, gender (F, M),
split and the eight measures, rows in time order. Writes bins.json; seconds, no training.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from empathia.cues import Bins, Row
from empathia.errors import CorpusError, EmpathiaError
from empathia.features.prosody import NAMES

GENDERS = {"F": "female", "M": "male"}
OUT = Path(__file__).parent.parent / "src" / "empathia" / "weights" / "shipped" / "prosody-bins"


def read_rows(table: Path) -> Iterator[Row]:
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


def fit_bins(data: Path) -> Bins:
    """Bins of the 6,994 train rows: all utterances of the train dialogues, labelled or not."""
    table = data / "iemocap" / "utterances.csv"
    rows = [row for row in read_rows(table) if row.split == "train"]
    sha = hashlib.sha256(table.read_bytes()).hexdigest()
    return Bins.fit(rows, about={"corpus": "IEMOCAP", "split": "train", "table_sha256": sha})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for bins.json")
    options = parser.parse_args()
    try:
        bins = fit_bins(options.data)
        bins.save(options.out / "bins.json")
    except EmpathiaError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for group in ("female", "male", "overall"):
        cuts = bins.thresholds("avg_pitch", 5, group) or ()
        print(f"avg_pitch {group:8}", " / ".join(f"{cut:.2f}" for cut in cuts))
    cuts = bins.thresholds("avg_intensity") or ()
    print("avg_intensity overall", " / ".join(f"{cut:.2f}" for cut in cuts))
    print(f"{bins.rows} rows -> {options.out / 'bins.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
