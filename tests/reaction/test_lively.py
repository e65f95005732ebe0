"""The lively listener: it nods where turns end, feels what is felt, and nothing beyond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_reactions import taught

from empathia import plugins
from empathia.reaction import RECOGNISED, lively
from empathia.reaction.lively import NAMES, RATE, Stimulus, follow
from empathia.training.problem import Exchange
from empathia.types import Features, Sample

LABELS = ("neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise")
SMILE, BROW = NAMES.index("mouthSmileLeft"), NAMES.index("browInnerUp")
PITCH, BLINK = NAMES.index("pitch"), NAMES.index("eyeBlinkLeft")
EXPRESSION = [
    NAMES.index(n)
    for n in NAMES[:-3]
    if n.startswith(("mouth", "brow", "nose", "jaw", "cheek", "eyeWide", "eyeSquint"))
]


def said(
    feeling: str | None = None,
    sure: float = 0.9,
    *,
    text: str | None = "words",
    seconds: float = 3.0,
    gap: tuple[float, float] | None = None,
    id: str = "u1",
) -> Sample:
    """A turn with a feeling, and a pause in it from one moment to another."""
    voice = np.ones(round(seconds * RATE), np.float32)
    if gap is not None:
        voice[round(gap[0] * RATE) : round(gap[1] * RATE)] = 0
    values = np.stack([voice, np.where(voice > 0, -20, -70).astype(np.float32)], 1)
    known = {"activity": Features(id, "activity", values, ("voice", "level"), rate=RATE)}
    if feeling is not None:
        rest = (1 - sure) / (len(LABELS) - 1)
        row = [[sure if label == feeling else rest for label in LABELS]]
        known[RECOGNISED] = Features(id, RECOGNISED, np.array(row, np.float32), LABELS)
    return Sample(id, text, features=known)


def face(sample: Sample, seed: int = 1, start: float = 1.0, length: float = 8.0) -> np.ndarray:
    seconds = len(sample.features["activity"].values) / RATE
    return follow([Stimulus(start, seconds, sample)], length, seed)


def at(frames: np.ndarray, moment: float) -> np.ndarray:
    return frames[round(moment * RATE)]


def dips(frames: np.ndarray, start: float, end: float) -> float:
    """How far the head goes down between two moments, in degrees."""
    part = frames[round(start * RATE) : round(end * RATE), PITCH]
    return float(part[0] - part.min())


def test_same_seed_same_frames_and_another_one_others() -> None:
    assert np.array_equal(face(said("joy"), 3), face(said("joy"), 3))
    assert not np.array_equal(face(said("joy"), 3), face(said("joy"), 4))


def test_it_is_found_by_name_and_says_that_it_was_not_learnt(tmp_path) -> None:
    predictor = plugins.load("reaction", "lively").load(None)
    assert "not learnt" in str(predictor.record)
    predictor.save(tmp_path)
    (again,) = plugins.load("reaction", "lively").load(tmp_path).predict([[said("joy")]], seed=5)
    (draws,) = predictor.predict([[said("joy")]], draws=3, seed=5)
    assert [r.to for r in draws] == ["u1"] * 3
    assert again[0].features == draws[0].features
    one, two = (r.features["face"].values for r in draws[:2])
    assert one.shape == two.shape == (round((3 + lively.AFTER) * RATE), 55)
    assert not np.array_equal(one, two)
    points = draws[0].features["landmarks"]
    assert points.values.shape == (len(one), 1434)
    assert points.rate == draws[0].features["face"].rate == RATE


def test_it_foretells_frames_of_another_rate_and_other_columns_by_name(tmp_path) -> None:
    names = ("browInnerUp", "yaw", "happy")
    known = Features("r", "face", np.zeros((5, 3), np.float32), names, rate=10.0)
    real = Exchange((Sample("s"),), Sample("r", features={"face": known}))
    asked = {"labels": None, "targets": ("face",), "train": (real,), "valid": ()}
    face, after = (
        taught("lively", tmp_path, **asked, when=when)
        .predict([[said("sadness")]])[0][0]
        .features["face"]
        for when in ("while", "after")
    )
    assert (face.names, face.rate) == (names, 10.0)
    assert face.values.shape == (50, 3)
    assert face.values[30, 0] > 0.35
    assert np.isnan(face.values[:, 2]).all()
    assert np.array_equal(after.values[:, :2], face.values[30:, :2]), "behind what was said"


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        ({"face": (40, 10.0)}, 4.0),
        ({"face": (40, 10.0), "landmarks": (150, 30.0)}, 5.0),
        ({"face": (40, 10.0), "activity": (75, RATE)}, 3.0),
        ({"face": (0, 10.0)}, lively.reading_time("so it was")),
        ({"words": (1, None)}, lively.reading_time("so it was")),
    ],
)
def test_it_listens_as_long_as_the_frames_of_what_is_said(tmp_path, known, seconds) -> None:
    features = {
        n: Features("u1", n, np.zeros((frames, 2), np.float32), rate=rate)
        for n, (frames, rate) in known.items()
    }
    predictor = lively.load(None)
    ((told,),) = predictor.predict([[Sample("u1", "so it was", features=features)]])
    assert len(told.features["face"].values) == round((seconds + lively.AFTER) * RATE)


@pytest.mark.parametrize("seed", range(1, 6))
def test_it_nods_as_a_turn_ends_and_raises_its_brows_at_a_question(seed: int) -> None:
    assert dips(face(said(), seed), 3.8, 4.9) > 3
    asked = face(said(text="Did you see it?"), seed)
    assert dips(asked, 3.8, 4.9) < 2
    assert at(asked, 4.3)[BROW] > 0.2
    assert at(face(said(), seed), 4.3)[BROW] == 0


def test_it_nods_in_pauses_more_than_without_any() -> None:
    paused = [dips(face(said(seconds=6, gap=(2.0, 2.5)), s), 2.9, 4.2) for s in range(12)]
    flowing = [dips(face(said(seconds=6), s), 2.9, 4.2) for s in range(12)]
    assert np.mean(paused) > np.mean(flowing) + 1
    assert max(flowing) < 1.5


def test_it_smiles_at_joy_and_is_concerned_at_sadness_but_later() -> None:
    glad, sad = face(said("joy")), face(said("sadness"))
    assert at(glad, 4.0)[SMILE] > 0.4
    assert sad[:, SMILE].max() < 0.01
    assert at(sad, 4.0)[BROW] > 0.35
    assert at(glad, 1.3)[SMILE] == 0, "nothing within .4 s"
    assert glad[-1, SMILE] < 0.05, "it fades"


def test_the_less_sure_the_less_of_it_and_nothing_where_nobody_is_sure() -> None:
    sure, doubtful = (at(face(said("joy", p)), 4.0)[SMILE] for p in (0.9, 0.3))
    assert 0 < doubtful < 0.6 * sure
    for still in (said(None), said("neutral")):
        assert np.abs(face(still)[:, EXPRESSION]).max() == 0


def test_a_label_that_has_no_face_moves_nothing() -> None:
    sample = said("joy")
    strange = sample.features[RECOGNISED]
    odd = Features("u1", RECOGNISED, strange.values, tuple(f"x{i}" for i in range(7)))
    moved = face(Sample("u1", "words", features={**sample.features, RECOGNISED: odd}))
    assert np.abs(moved[:, EXPRESSION]).max() == 0


def test_it_blinks_now_and_then_and_quickly() -> None:
    frames = follow([], 120.0)
    shut = frames[:, BLINK] > 0.5
    starts = np.flatnonzero(np.diff(shut.astype(int)) == 1)
    assert 15 < len(starts) < 60
    assert shut.mean() < 0.1
    assert frames[:, BLINK].max() > 0.95


def test_it_mirrors_the_speakers_smile_lightly_and_later() -> None:
    smile = np.zeros((75, 2), np.float32)
    smile[25:50] = 1
    seen = Features("u1", "face", smile, ("mouthSmileLeft", "mouthSmileRight"), rate=RATE)
    plain = said()
    mirrored = face(Sample("u1", "words", features={**plain.features, "face": seen}))
    assert mirrored[:, SMILE].max() == pytest.approx(0.3, abs=0.02)
    assert at(mirrored, 2.9)[SMILE] > 0.2
    assert at(mirrored, 2.0)[SMILE] < 0.1


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.floats(0.2, 5), st.sampled_from([None, *LABELS])), max_size=5
    ),
    st.integers(1, 1000),
)
def test_it_never_jerks_and_stays_in_bounds(turns, seed: int) -> None:
    stimuli = [
        Stimulus(start, length, said(feeling, seconds=length, id=f"u{i}"))
        for i, (start, length, feeling) in enumerate(turns)
    ]
    frames = follow(stimuli, 26.0, seed)
    assert frames.shape == (650, 55)
    assert frames.dtype == np.float32
    assert (frames[:, :-3] >= 0).all()
    assert (frames[:, :-3] <= 1).all()
    assert np.abs(frames[:, -3:]).max() < 30
    steps = np.abs(np.diff(frames, axis=0))
    assert steps[:, -3:].max() < 5, "degrees a frame"
    assert steps[:, EXPRESSION].max() < 0.12


@pytest.mark.parametrize("many", [2, 3, 8])
def test_many_who_are_glad_at_once_are_met_as_fast_as_one(many: int) -> None:
    glad = [Stimulus(0.0, 1.0, said("joy", seconds=1.0, id=f"u{i}")) for i in range(many)]
    assert np.allclose(follow(glad, 6.0)[:, SMILE], follow(glad[:1], 6.0)[:, SMILE], atol=1e-6)


def test_what_is_said_elsewhere_does_not_change_a_turns_nods() -> None:
    one = Stimulus(1.0, 3.0, said(id="u1"))
    more = Stimulus(12.0, 3.0, said(id="u2"))
    alone, both = follow([one], 20.0), follow([one, more], 20.0)
    early = slice(0, round(7 * RATE))
    assert np.allclose(alone[early, PITCH], both[early, PITCH])
