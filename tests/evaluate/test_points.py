"""Features that are points in space: which they are, their unit, what is lost, and a constant."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from answered_pairs import Run, course, value
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from empathia.corpora.iemocap.motion import COLUMNS, MARKERS
from empathia.evaluate.reactions import shown
from empathia.evaluate.reactions.columns import Columns, Gathered
from empathia.evaluate.reactions.places import Points
from empathia.evaluate.reactions.verdict import sentences
from empathia.features.landmarks import NAMES
from empathia.types import Features

OWN = tuple(f"{p}.{axis}" for p in ("a", "b.c", "d") for axis in "xyz")
NUMBERS = st.integers(-9, 9).map(float) | st.just(math.nan)


def of(values: np.ndarray, names: tuple[str, ...]) -> Features:
    return Features("u", "marks", np.asarray(values, np.float32), names, rate=10.0)


def gathered(reaction: Features) -> Columns:
    made = Gathered()
    made.add(reaction)
    return made.columns()


def plain(real: list, said: list, names: tuple[str, ...], unit: tuple[str, str]) -> dict:
    """NME, PCK and accuracy point by point, without arrays."""
    every, frames, seen, sized = [], [], 0, 0
    for p, q in zip(real, said, strict=True):
        a, b = (dict(zip(names, x, strict=True)) for x in (p, q))
        points = dict.fromkeys(n[:-2] for n in names)
        at = {n: [a[f"{n}.{axis}"] for axis in "xyz"] for n in points}
        to = {n: [b[f"{n}.{axis}"] for axis in "xyz"] for n in points}
        seen += not all(math.isnan(x) for x in p)
        length = math.dist(at[unit[0]], at[unit[1]])
        if math.isnan(length) or not length:
            continue
        sized += 1
        errors = [math.dist(at[n], to[n]) / length for n in points]
        errors = [e for e in errors if not math.isnan(e)]
        every += errors
        frames += [sum(errors) / len(errors)] if errors else []

    def share(values: list, within: float) -> float:
        return sum(v <= within for v in values) / len(values) if values else math.nan

    return {
        "nme": sum(every) / len(every) if every else math.nan,
        "pck05": share(every, 0.05),
        "pck10": share(every, 0.1),
        "accuracy10": share(frames, 0.1),
        "sized": sized / seen if seen else math.nan,
    }


MARKED = st.integers(1, 3).flatmap(
    lambda n: st.tuples(*(arrays(np.float64, (n, 4, 3), elements=NUMBERS) for _ in range(2)))
)


@given(MARKED, st.permutations(range(12)))
def test_markers_agree_with_a_plain_second_implementation(marked, order):
    names = tuple(f"{p}.{axis}" for p in ("MH", "LLID", "RLID", "CH1") for axis in "xyz")
    names = tuple(names[i] for i in order)  # a table may have its columns in any order
    real, said = (x.reshape(len(x), 12) / [9.0] * 12 for x in marked)
    said[np.isnan(said).all(1)] = 0  # else a row is held, which is another matter
    real, said = real.astype(np.float32), (0.97 * real + 0.03 * said).astype(np.float32)
    columns = gathered(of(real, names))
    told = shown.of_pair(of(real, names), [of(said, names)], None, columns)
    told |= shown.of_people(of(real, names), None, columns)
    held = shown.fitted(said, len(real))
    for measure, wanted in plain(real.tolist(), held.tolist(), names, ("RLID", "LLID")).items():
        assert told[measure] == pytest.approx(wanted, abs=1e-6, nan_ok=True), measure


def test_points_are_known_by_the_names_of_their_columns():
    assert Points.of(NAMES, np.zeros(1434)).unit == (33, 263)
    assert Points.of((), np.zeros(1434)).unit == (33, 263), "landmarks of one's own have no names"
    markers = Points.of(COLUMNS, np.zeros(165))
    assert [MARKERS[i] for i in markers.unit] == ["RLID", "LLID"]
    assert markers.columns.shape == (55, 3)
    flat = Points.of(("a.y", "a.x", "b.y", "b.x"), np.array([0, 0, 4, 3.0]))
    assert flat.columns.tolist() == [[1, 0], [3, 2]]
    assert flat.unit == 5, "of other points: the diagonal of their box"
    for others in ((), ("yaw", "pitch"), (*OWN, "loudness"), OWN[:-1], ("a.x", "a.y", "b.x")):
        assert Points.of(others, np.zeros(len(others))) is None


def test_lost_markers_are_left_out_and_frames_without_a_unit_are_counted():
    names = tuple(f"{p}.{axis}" for p in ("RLID", "LLID", "CH1") for axis in "xyz")
    real = np.tile(np.array([0, 0, 0, 2, 0, 0, 1, 1, 0.0]), (4, 1))
    said = real + 0.06 * np.array([0, 0, 0, 0, 0, 0, 0, 1, 0])
    real[1, 6:] = np.nan  # the chin is lost: the lids still count
    real[2, :3] = np.nan  # a lid is lost: there is no unit
    real[3] = np.nan  # nobody is seen: nothing to count
    columns = gathered(of(real, names))
    told = shown.of_pair(of(real, names), [of(said, names)], None, columns)
    assert told["nme"] == pytest.approx(0.03 / 5)
    assert (told["pck05"], told["accuracy10"]) == (1, 1)
    assert shown.of_people(of(real, names), None, columns)["sized"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("names", [OWN, ("RLID.x", "RLID.y", "LLID.x", "LLID.y")])
def test_a_constant_does_not_look_good_among_points(tmp_path: Path, names: tuple[str, ...]):
    run, width = Run(tmp_path / "run", pairs=12), len(names)
    run.names = names
    rest = 60.0 * np.random.default_rng(1).normal(size=width)
    run.face = [rest + course(1, i, columns=width) for i in range(12)]
    run.hers = [rest + course(2, i, columns=width) for i in range(12)]
    run.face[0] = run.face[0][:10]
    run.face[0][3, :3] = np.nan
    middle = np.nanmean(np.concatenate(run.face), 0)
    run.say("still", lambda i: [("glad", {"face": np.tile(middle, (20, 1))})])
    noise = [course(3, i, frames=len(real), columns=width) / 9 for i, real in enumerate(run.face)]
    run.say("near", lambda i: [("glad", {"face": run.face[i] + noise[i]})])
    run.hold()
    run.mirror()
    e = run.evaluated()
    assert value(e, "still", "face", "nme") < 0.1, "it stays near: that alone is not good"
    assert value(e, "near", "face", "nme") < value(e, "still", "face", "nme") / 3
    assert value(e, "still", "face", "frcorr") == 0
    judged = {(v.measure, v.floor): v.beats for v in e.verdicts if v.what == "face"}
    assert judged["nme", "near"] is False
    assert judged["frcorr", "near"] is False
    told = sentences(e.systems, e.verdicts)
    assert "face: what still foretells does not move" in told
    lost = 1 - value(e, "people", "face", "sized")
    said = f"leave out {lost:.1%} of the frames of a reaction, in the mean"
    assert any(said in line for line in told) == (names != OWN)
    # Of one reaction of 12 it is one frame of 10, however many frames the others have.
    assert lost == pytest.approx(0 if names == OWN else 1 / 10 / 12)
