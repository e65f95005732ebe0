"""The corpus of two whose rule is known."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from unforetold import unforetold

from empathia.corpora import dyads
from empathia.errors import CorpusError
from empathia.face.motion import neutral
from empathia.face.points import (
    LEFT_BROW,
    LEFT_OUTER,
    NOSE_BRIDGE,
    PAIRS,
    RIGHT_BROW,
    RIGHT_OUTER,
)
from empathia.face.pose import Model, pose, rotation
from empathia.features import landmarks
from empathia.types import Features


def made(
    folder: Path, **how: object
) -> tuple[dict[str, Features], dict[str, Features], dict[str, dict[str, Features]]]:
    """By the id of her turn his face in his next one, and while he listens; and all features."""
    dyads.make(folder, dialogues=10, **how)
    features = dyads.ready(folder)
    turns = [u for d in dyads.load(folder) for u in d.utterances]
    his = {a.id: features["face"][b.id] for a, b in zip(turns[::2], turns[1::2], strict=True)}
    return his, dyads.listening(folder)["face"], features


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        dyads.make(tmp_path / name, dialogues=5)
    for file in ("dyads.csv", "dyads.npz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("cue", dyads.CUES)
def test_his_face_follows_the_cue_as_far_as_the_noise_lets_it(tmp_path: Path, cue: str) -> None:
    after, meanwhile, features = made(tmp_path / cue, cue=cue, noise=0.3, delay=0.5)
    his, wandering = (after, meanwhile) if cue == "words" else (meanwhile, after)
    assert his.keys() == wandering.keys()
    late, faces, others = [], [], []
    for key, face in his.items():
        assert len(face.values) == len(features["voice"][key].values), "on her clock"
        cues = features[cue][key].values
        shifted = np.repeat(cues, len(face.values), 0) if cue == "words" else cues
        late.append(shifted[: len(face.values) - 5])
        faces.append(face.values[5:])
        others.append(wandering[key].values[5:])
    x, y = np.concatenate(late), np.concatenate(faces)
    weight = np.linalg.lstsq(x, y, rcond=None)[0]
    assert np.sqrt(np.mean((y - x @ weight) ** 2)) == pytest.approx(0.3, abs=0.02)
    assert np.std(y) > 0.6
    assert np.linalg.norm(weight, axis=0) == pytest.approx(0.8, abs=0.05)
    other = np.concatenate(others)
    free = np.linalg.lstsq(x, other, rcond=None)[0]
    assert np.std(other - x @ free) > 0.95 * np.std(other), "the other face follows nothing"


def test_labels_follow_her_mood_in_nine_of_ten(tmp_path: Path) -> None:
    dyads.make(tmp_path / "d", dialogues=30)
    turns = [u for d in dyads.load(tmp_path / "d") for u in d.utterances]
    alike = [a.gold == b.gold for a, b in zip(turns[::2], turns[1::2], strict=True)]
    assert 0.85 < np.mean(alike) < 1
    assert [u.gender for u in turns[:2]] == ["female", "male"]


def test_dealt_out_again_his_face_follows_nothing(tmp_path: Path) -> None:
    _, his, features = made(tmp_path / "d", shuffled=True)
    hers = {k: features["face"][k].values for k in his}
    assert all(len(his[k].values) == len(x) for k, x in hers.items())
    x = np.concatenate([v[:-5] for v in hers.values()])
    y = np.concatenate([f.values[5:] for f in his.values()])
    weight = np.linalg.lstsq(x, y, rcond=None)[0]
    assert np.std(y - x @ weight) > 0.9 * np.std(y)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="unknown cue 'smell'"):
        dyads.make(tmp_path, cue="smell")
    with pytest.raises(CorpusError, match="4 dialogues"):
        dyads.make(tmp_path, dialogues=4)
    with pytest.raises(CorpusError, match=r"holds no dyads\.csv"):
        dyads.load(tmp_path)
    for read in (dyads.ready, dyads.listening):
        with pytest.raises(CorpusError, match="missing or damaged"):
            read(tmp_path)
    dyads.make(tmp_path, dialogues=5)
    with pytest.raises(CorpusError, match="holds a corpus already"):
        dyads.make(tmp_path, dialogues=5)


def test_what_was_made_before_or_is_damaged_is_made_anew_as_is_said(tmp_path: Path) -> None:
    path = tmp_path / "d"
    dyads.make(path, dialogues=5)
    whole = (path / "dyads.npz").read_bytes()
    with np.load(path / "dyads.npz") as stored:
        before = {n: a for n, a in stored.items() if not n.startswith("listening")}
    np.savez(path / "dyads.npz", **before)
    again = f"Delete the folder, then run: empathia corpus make dyads {path}"
    with pytest.raises(CorpusError) as caught:
        dyads.listening(path)
    assert caught.value.remedy == again
    middle = len(whole) // 2
    places = (*range(200), *range(middle, middle + 50), *range(len(whole) - 200, len(whole)))
    for at in places[::3]:
        (path / "dyads.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        for read in (dyads.ready, dyads.listening):
            try:
                read(path)
            except CorpusError as error:
                assert error.remedy == again, at
    shutil.rmtree(path)
    dyads.make(path, dialogues=5)
    assert dyads.listening(path)


@pytest.mark.parametrize(
    "options",
    [
        *({"noise": x} for x in (-1, math.nan, "much")),
        *({"delay": x} for x in (-1, math.nan, 3.0, 100, "late")),
        *({"scale": x} for x in (math.inf, None)),
        *({"dialogues": x} for x in ("x", 6.5, True)),
        *({"seed": x} for x in (-1, "s", 0.5)),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused_before_anything_is_written(tmp_path, options) -> None:
    (name,) = options
    with pytest.raises(CorpusError, match=rf"dyads: .*{name}.*expected a"):
        dyads.make(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def apart(points: np.ndarray, one: int, other: int) -> np.ndarray:
    """Distance of two points of (frames, points, 3)."""
    return np.linalg.norm(points[:, one] - points[:, other], axis=1)


STILL = Model(
    neutral().astype(np.float32),
    np.isin(np.arange(478), [*PAIRS[0], *PAIRS[1], *NOSE_BRIDGE]).astype(np.float32),
)
"""Of the face that is shown: only what neither brows nor mouth move."""


def test_landmarks_show_what_the_face_does(tmp_path: Path) -> None:
    dyads.make(tmp_path / "d", dialogues=5)
    for read in (dyads.ready, dyads.listening):
        shown, plain = read(tmp_path / "d", landmarks=True), read(tmp_path / "d")
        assert {n: f for n, f in shown.items() if n != "landmarks"} == plain
        assert shown["landmarks"].keys() == shown["face"].keys()
        assert {(f.names, f.rate) for f in shown["landmarks"].values()} == {
            (landmarks.NAMES, dyads.RATE)
        }
        points = np.concatenate([f.values for f in shown["landmarks"].values()])
        assert points.dtype == np.float32
        each = points.reshape(len(points), 478, 3)
        np.testing.assert_allclose(apart(each, RIGHT_OUTER, LEFT_OUTER), 1, atol=1e-5)  # the unit
        told = np.concatenate([shown["face"][id].values for id in shown["landmarks"]])
        angles = pose(each, STILL)
        np.testing.assert_allclose(angles, told[:, 3:] * [4, 2, 0], atol=0.05)
        straight = each @ rotation(angles)
        brows = -straight[:, [*LEFT_BROW, *RIGHT_BROW], 1].mean(1)
        seen = np.stack([apart(each, 61, 291), brows, apart(each, 13, 14), angles[:, 0]], 1)
        # What smiles, raises brows, opens the mouth and turns goes as far as 3 to either side.
        does = np.column_stack([np.clip(told[:, :3], -3, 3), told[:, 3], np.ones(len(told))])
        weight = np.linalg.lstsq(does, seen, rcond=None)[0]
        assert (np.std(seen - does @ weight, axis=0) < 0.02 * np.std(seen, axis=0)).all()
        effects = weight[:4] * np.std(does[:, :4], axis=0)[:, None]
        effects /= np.diag(effects)
        assert (np.diag(weight) > 0).all()
        assert -0.6 < effects[2, 0] < -0.3, "an open mouth is less wide"
        effects[2, 0] = 0
        np.testing.assert_allclose(effects, np.eye(4), atol=0.03)


def test_what_nobody_can_foretell_is_the_noise() -> None:
    figures = unforetold(noise=0.3, dialogues=10)
    assert figures["face"]["mse"] ** 0.5 == pytest.approx(0.3, abs=0.02)
    half = unforetold(noise=0.15, dialogues=10)
    assert half["landmarks"]["nme"] == pytest.approx(figures["landmarks"]["nme"] / 2, rel=0.05)
    assert unforetold(noise=0.0, dialogues=5)["landmarks"]["nme"] == 0
