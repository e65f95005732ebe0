"""Predictors out of a folder: what is missing or damaged is told as that."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from little_problem import LABELS
from little_reactions import exchanges, taught

from empathia import reaction
from empathia.errors import WeightsError
from empathia.reaction import Settings
from empathia.training import keeping
from empathia.training.shapes import Shape, shapes
from empathia.types import Features, Sample

pytest.importorskip("torch", reason="training needs the extra 'train'")

PASTS = [e.past for e in exchanges(["z0"], 2)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fusion")
    modalities = {"face": ("face",), "voice": ("tone",)}
    predictor = taught("fusion", place / "fits", modalities=modalities)
    predictor.save(_made(place / "kept"))
    about = ("try", "fusion", modalities, ("face", "tone"), "CC0", False)
    Settings(*about, columns=shapes(exchanges(["x0"]))).write(place / "kept")
    return place / "kept"


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "kept")
    return tmp_path / "kept"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_words_that_are_no_modality_do_not_reach_it(folder: Path) -> None:
    kept = reaction.load(folder, 1)
    silent = [tuple(dataclasses.replace(s, text=None) for s in past) for past in PASTS]
    assert kept.predict(PASTS) == kept.predict(silent)
    assert reaction.read(folder).targets == ("face", "tone")


def test_it_can_be_kept_again(folder: Path, tmp_path: Path) -> None:
    kept = reaction.load(folder)
    kept.save(_made(tmp_path / "again"))
    kept.settings.write(tmp_path / "again")
    assert reaction.load(tmp_path / "again").predict(PASTS) == kept.predict(PASTS)


@pytest.mark.parametrize(("licence", "barred"), [("CC0", False), ("CC BY-NC 4.0", True)])
def test_a_recogniser_inside_may_be_used_for_what_the_whole_may(tmp_path, licence, barred) -> None:
    folder = _made(tmp_path / "kept")
    taught("ahead", tmp_path / "fits", targets=()).save(folder)
    Settings("try", "ahead", {"text": ()}, (), licence, noncommercial=barred).write(folder)
    inside = keeping.read(folder / "ahead")
    assert (inside.licence, inside.noncommercial) == (licence, barred)
    assert reaction.load(folder).predict(PASTS)


@pytest.mark.parametrize("file", ["settings.json", "model.json", "model.safetensors"])
@pytest.mark.parametrize("harm", ["gone", "cut", "emptied"])
def test_what_is_missing_or_damaged_is_told(folder: Path, file: str, harm: str) -> None:
    path = folder / file
    if harm == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(b"{}" if harm == "emptied" else content[: len(content) // 2])
    with pytest.raises(WeightsError, match=r"damaged|holds no predictor"):
        reaction.load(folder)


def test_the_columns_that_it_learnt_from_are_kept(folder: Path) -> None:
    columns = reaction.read(folder).columns
    assert columns == shapes(exchanges(["x0"]))
    assert columns["face"] == Shape(4, ())
    assert columns["recognised"] == Shape(3, LABELS.labels)


def test_older_folders_tell_by_their_arrays_how_many_columns_frames_have(tmp_path) -> None:
    folder, modalities = _made(tmp_path / "kept"), {"face": ("face",)}
    taught("motion", tmp_path / "fits", modalities=modalities, targets=("tone",)).save(folder)
    Settings("try", "motion", modalities, ("tone",), "CC0", False).write(folder)
    plain = json.loads((folder / "settings.json").read_text())
    del plain["columns"]
    (folder / "settings.json").write_text(json.dumps(plain))
    kept = reaction.load(folder)
    assert dict(kept.columns) == {"face": Shape(4), "tone": Shape(3)}
    assert kept.predict(PASTS)[0][0].features
    values = np.zeros((9, 62), np.float32)
    odd = Sample("odd", features={"face": Features("odd", "face", values, rate=10.0)})
    assert not kept.predict([(odd,)])[0][0].features
    assert dict(kept.misfits([odd])) == {"face": Shape(62, ())}


def test_every_predictor_is_listed() -> None:
    assert {"ahead", "fusion", "hold", "mean", "mirror", "motion"} <= set(reaction.names())
    assert not [n for n in reaction.names() if n.startswith("_")]


def test_draws_are_spread_as_truths_are(folder: Path) -> None:
    kept = reaction.load(folder)
    (draws,) = kept.predict(PASTS[:1], 40)
    tones = np.array([r.features["tone"].values[0] for r in draws])
    assert (tones[1:].std(0) > 0.3).all()
