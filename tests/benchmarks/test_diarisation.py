"""The benchmark of who speaks when, on recordings that are made here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import diarisation
import little_corpus
import numpy as np
import pytest
import sounds
from diarisation import BoundaryMatches, DiarisationErrors, Row

from empathia import weights

ROOT = Path(__file__).parents[2]
needs_weights = pytest.mark.skipif(
    weights.state("campplus") in ("missing", "damaged"),
    reason="weight campplus is not pulled",
)


def row(**changes: object) -> Row:
    errors = DiarisationErrors(1, 0.5, 0.5, 10)
    plain = Row("calm-2-clean", "000", 2, 2, *[errors] * 5, BoundaryMatches(8, 10, 10))
    return plain._replace(**changes)


def test_cells_are_chosen_by_patterns():
    some = diarisation.cases("tune", 3, ["calm-2-*", "acted-1-phone"])
    assert [diarisation.cell_of(c) for c in some[::3]] == [
        *(f"calm-2-{place}" for place in ("clean", "room", "phone", "noise", "far")),
        "acted-1-phone",
    ]
    assert [c.number for c in some[:3]] == [0, 1, 2]
    assert len(diarisation.cases("report", 60, diarisation.CELLS)) == 2 * 4 * 4 * 60


def test_rates_are_over_seconds_and_numbers_over_recordings():
    long = row(estimated=DiarisationErrors(30, 0, 0, 90), number=1)
    text = diarisation.line("cell", [row(), long])
    assert "0.320 =  0.310  0.005  0.005    0.50   0.80" in text
    assert text.endswith("1:1 2:1")


def test_targets_stand_beside_the_figures():
    missed, *_, turns = diarisation.verdicts("calm-2-clean", [row()])
    assert missed.split()[-3:] == ["<=", "0.08", "MISSED"]
    assert turns.split()[-3:] == [">=", "0.8", "ok"]
    (alone,) = diarisation.verdicts("calm-1-clean", [row(cell="calm-1-clean", speakers=1)])
    assert "number of speakers right" in alone
    assert alone.endswith("MISSED")


def test_the_means_of_the_meetings_are_over_recordings():
    rates = {"dev00": 0.2, "dev01": 0.3, "trn04": 0.7, "trn01": 0.9}
    rows = [
        row(cell="real", name=n, estimated=DiarisationErrors(r * 10, 0, 0, 10))
        for n, r in rates.items()
    ]
    lines = list(diarisation.real_table(rows))
    (mean,) = (x for x in lines if "dev00, dev01, trn04: estimated" in x)
    assert mean.split()[-5:] == ["0.400", "target", "<=", "0.38", "MISSED"]
    assert any("mean of trn01: estimated" in x and x.endswith("0.900") for x in lines)


RTTM = """\
SPEAKER talk 1 0.50 1.00 <NA> <NA> ben <NA> <NA>
SPKR-INFO talk 1 <NA> <NA> <NA> unknown ben <NA>
SPEAKER talk 1 0.20 0.40 <NA> <NA> ann <NA> <NA>

SPEAKER talk 1 2.00 1.00 <NA> <NA> ben <NA> <NA>
SPEAKER talk 1 4.50 1.00 <NA> <NA> ben <NA> <NA>
"""


def test_rttm_is_read_and_joined_to_turns(tmp_path):
    path = tmp_path / "talk.rttm"
    path.write_text(RTTM, "utf-8")
    spans = diarisation.rttm(path)
    assert [s for _, _, s in spans] == [0, 1, 1, 1]
    assert spans[0] == pytest.approx((0.2, 0.6, 0))
    assert list(diarisation.spoken_in_one_go(spans)) == [
        pytest.approx(t) for t in ((0.2, 0.6, 0), (0.5, 3.0, 1), (4.5, 5.5, 1))
    ]


def lines_of(turns: list) -> str:
    return "".join(
        f"SPEAKER x 1 {a:.3f} {b - a:.3f} <NA> <NA> p{s} <NA> <NA>\n" for a, b, s in turns
    )


@pytest.mark.weights
@pytest.mark.slow
@needs_weights
def test_both_kinds_of_recording_are_measured(tmp_path):
    data = little_corpus.write_emodb(tmp_path / "data")
    folder = tmp_path / "real"
    folder.mkdir()
    sounds.write_wav(folder / "talk.wav", sounds.example())
    (folder / "talk.rttm").write_text(lines_of(sounds.script()), "utf-8")
    sounds.write_wav(folder / "silence.wav", np.zeros(3 * sounds.RATE))
    (folder / "silence.rttm").write_text(lines_of([(1.0, 2.0, 0)]), "utf-8")
    command = [sys.executable, ROOT / "benchmarks" / "diarisation.py", data, "--real", folder]
    command += ["--recordings", "1", "--cells", "calm-2-room", "--processes", "1"]
    command += ["--json", tmp_path / "rows.json"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "calm-2-room" in out
    made, silence, talk = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert made["cell"] == "calm-2-room"
    assert silence["estimated"]["missed"] == pytest.approx(1)
    assert talk["number"] == talk["speakers"] == 2
    assert talk["estimated"]["rate"] < 0.25
    assert talk["detected"]["missed"] < 0.05 * talk["detected"]["spoken"] + 2
