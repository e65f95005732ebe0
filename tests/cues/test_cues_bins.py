"""Bins: a plain second implementation, the published thresholds, train rows only."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.cues import Bins, Row, describe
from empathia.cues.bins import CUTS, QUANTILES, level_of
from empathia.cues.words import LEVELS
from empathia.errors import InputError, LeakageError
from empathia.features.prosody import NAMES, UNITS
from empathia.types import Features

DATA = Path(os.environ.get("EMPATHIA_DATA", Path(__file__).parents[2] / "../shared/data"))
REFERENCE = {  # published thresholds, five levels
    ("avg_pitch", "female"): (180.94, 204.32, 272.36, 316.11),
    ("avg_pitch", "male"): (108.45, 124.43, 183.68, 227.16),
    ("avg_intensity", None): (48.11, 53.47, 64.35, 69.15),
}


def only(name: str, value: float | None) -> Features:
    """Measures of a turn, all missing but one."""
    row = [value if n == name and value is not None else math.nan for n in NAMES]
    return Features("u", "prosody", np.array([row], np.float32), NAMES, UNITS)


def plain_quantile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics, written out."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def plain_level(value: float, cuts: Sequence[float]) -> int:
    for level, cut in enumerate(cuts):
        if value <= cut:
            return level
    return len(cuts)


@pytest.fixture(scope="module")
def bins() -> Bins:
    return Bins.load()


singles = st.floats(1, 1000, width=32)


@given(st.lists(singles, min_size=1, max_size=60), singles, st.sampled_from([3, 4, 5, 6]))
def test_levels_are_those_of_the_quantiles(values: list[float], other: float, levels: int) -> None:
    fitted = Bins.fit([Row({"avg_pitch": v}, "train") for v in values])
    cuts = fitted.thresholds("avg_pitch", levels)
    assert cuts == pytest.approx([plain_quantile(values, q) for q in CUTS[levels]], rel=1e-12)
    for value in (*values, other):
        assert level_of(value, cuts) == plain_level(value, np.float32(cuts))


def test_shares_of_the_levels() -> None:
    fitted = Bins.fit([Row({"avg_pitch": float(i)}, "train") for i in range(1, 1002)])
    for levels, shares in (
        (3, (25, 50, 25)),
        (4, (25, 25, 25, 25)),
        (5, (10, 15, 50, 15, 10)),
        (6, (10, 15, 25, 25, 15, 10)),
    ):
        cuts = fitted.thresholds("avg_pitch", levels)
        found = np.bincount([level_of(float(i), cuts) or 0 for i in range(1, 1002)])
        assert found / 10.01 == pytest.approx(shares, abs=0.11)


def test_a_value_on_a_threshold_goes_down_in_single_precision_too() -> None:
    cuts = (108.448_123_456_789, 124.0)
    assert level_of(cuts[0], cuts) == 0
    assert level_of(float(np.float32(cuts[0])), cuts) == 0
    assert level_of(cuts[0] + 1e-3, cuts) == 1


@pytest.mark.parametrize("split", ["test", "valid", "", None])
def test_only_train_rows_are_fitted(split: str | None) -> None:
    rows = [Row({"avg_pitch": 100.0}, "train"), Row({"avg_pitch": 200.0}, split)]
    with pytest.raises(LeakageError, match=f"found rows of {split or ''}"):
        Bins.fit(rows)


def test_zero_and_missing_are_not_fitted_and_have_no_level() -> None:
    values: list[float | None] = [0.0, None, math.nan, math.inf, 5.0, 7.0]
    fitted = Bins.fit([Row({"mean_hnr": v}, "train") for v in values])
    assert fitted.thresholds("mean_hnr", 4) == (5.5, 6.0, 6.5)
    assert fitted.thresholds("avg_pitch") is None
    for value in (0.0, None):
        assert describe(only("mean_hnr", value), fitted).levels == {}
    assert level_of(math.nan, (1.0,)) is None
    assert Bins.fit([]).thresholds("mean_hnr") is None


def test_groups_and_overall() -> None:
    rows = [Row({"avg_pitch": 100.0 + i}, "train", "ross") for i in range(20)]
    rows += [Row({"avg_pitch": 300.0 + i}, "train", "gunther") for i in range(20)]
    rows += [Row({"avg_pitch": 900.0}, "train", "extra")]
    fitted = Bins.fit(rows)
    assert fitted.thresholds("avg_pitch", 3, "ross") == (104.75, 114.25)
    everybody = fitted.thresholds("avg_pitch", 3)
    for unknown in ("nobody", None, "extra"):  # one value has no lowest tenth
        assert fitted.thresholds("avg_pitch", 3, unknown) == everybody
    leads = Bins.fit(rows, groups=("ross",))
    assert leads.thresholds("avg_pitch", 3, "gunther") == everybody
    assert leads.thresholds("avg_pitch", 3, "ross") == (104.75, 114.25)


def test_shipped_bins_have_every_level_of_every_measure(bins: Bins) -> None:
    assert bins.rows == 12_067
    for measure in NAMES:
        for group in ("female", "male", None):
            for levels in LEVELS:
                cuts = bins.thresholds(measure, levels, group)
                assert cuts is not None
                assert len(cuts) == levels - 1
                assert list(cuts) == sorted(set(cuts))
    women, men = (bins.thresholds("avg_pitch", 5, group) for group in ("female", "male"))
    assert women is not None
    assert men is not None
    assert all(w > m for w, m in zip(women, men, strict=True))


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    return importlib.import_module("fit_prosody_bins")


@pytest.mark.corpus
def test_fitting_iemocap_gives_the_published_bins(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (DATA / "iemocap" / "utterances.csv").is_file():
        pytest.skip("the IEMOCAP table is not there: set EMPATHIA_DATA")
    chosen = ["--data", str(DATA), "--corpora", "iemocap", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["fit", *chosen])
    assert script.main() == 0
    fitted = Bins.load(tmp_path / "bins.json")
    assert fitted.rows == 6994
    for (measure, group), cuts in REFERENCE.items():
        assert fitted.thresholds(measure, 5, group) == pytest.approx(cuts, abs=0.01)
    with pytest.raises(LeakageError, match="test, valid"):
        Bins.fit(script.read_iemocap(DATA / "iemocap" / "utterances.csv"))


def test_bins_of_iemocap_are_never_written_to_where_they_would_ship(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(sys, "argv", ["fit", "--data", str(tmp_path), "--corpora", "iemocap"])
    assert script.main() == 2
    assert "Give --out FOLDER" in capsys.readouterr().err


SPOKEN = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode"
SPOKEN += ",StartTime,EndTime\n"


def test_turns_of_meld_are_followed_through_an_episode(script: ModuleType, tmp_path: Path) -> None:
    for part in ("train", "dev", "test"):
        said = [
            f'{d},Hi.,{who},joy,positive,{d},0,2,{episode},"00:00:0{d},000","00:00:0{d},900"\n'
            for d, (who, episode) in enumerate([("Joey", 3), ("Joey", 3), ("Gunther", 4)])
        ]
        (tmp_path / f"{part}_sent_emo.csv").write_text(SPOKEN + "".join(said))
        measured = [f"dia{d}_utt0.wav,1,60,5,12{d},20,50,4,9\n" for d in range(3)]
        header = ",".join(("filename", *NAMES)) + "\n"
        (tmp_path / f"{part}_prosody.csv").write_text(header + "".join(measured))
    rows = list(script.read_meld(tmp_path))
    assert {r.split for r in rows} == {"train"}
    assert [r.group for r in rows] == ["male", "male", None]
    assert [r.measures["avg_pitch"] for r in rows] == [120, 121, 122]
    assert rows[0].speaker == rows[1].speaker != rows[2].speaker


def test_saved_bins_come_back(bins: Bins, tmp_path: Path) -> None:
    bins.save(tmp_path / "new" / "bins.json")
    assert Bins.load(tmp_path / "new" / "bins.json") == bins
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["bins.json"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c | {"version": 2},
        lambda c: c | {"format": "other"},
        lambda c: {k: v for k, v in c.items() if k != "groups"},
        lambda c: c | {"groups": {"overall": {"avg_pitch": [1, 2]}}},
        lambda c: c | {"groups": {"overall": {"avg_pitch": list("abcde")}}},
        lambda c: c | {"groups": ["overall"]},
        lambda c: c | {"groups": {"overall": {"avg_pitch": [1, 2, 3, 4, math.nan]}}},
        lambda c: c | {"deviations": {"adapted": {"avg_pitch": [1, 2, 3, 5, 4]}}},
        lambda c: [c],
    ],
)
def test_spoilt_bins_are_refused(bins: Bins, tmp_path: Path, spoil) -> None:
    file = tmp_path / "bins.json"
    bins.save(file)
    file.write_text(json.dumps(spoil(json.loads(file.read_text()))))
    with pytest.raises(InputError, match=r"expected empathia\.prosody-bins version 1 in .*fit"):
        Bins.load(file)
    for broken in ("", "{", "\x00"):
        file.write_text(broken)
        with pytest.raises(InputError, match="expected empathia"):
            Bins.load(file)
    with pytest.raises(InputError, match="expected empathia"):
        Bins.load(tmp_path / "absent.json")


def test_quantiles_are_those_of_the_reference() -> None:
    assert CUTS == {
        3: (0.25, 0.75),
        4: (0.25, 0.5, 0.75),
        5: (0.1, 0.25, 0.75, 0.9),
        6: (0.1, 0.25, 0.5, 0.75, 0.9),
    }
    assert CUTS[6] == QUANTILES
