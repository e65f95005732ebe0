"""Emotion from a face: untrained by net, muscles, pose and person; trained by what it did."""

from __future__ import annotations

from dataclasses import replace

import face_videos
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sights import features

from empathia import features as features_of
from empathia import weights
from empathia.config import TrainingPart, checked_options
from empathia.cues.face import describe_face
from empathia.emotion import face
from empathia.encoders.face import Eyes
from empathia.encoders.face.expression import Expressions
from empathia.errors import ConfigError, InputError, TrainingError
from empathia.labels import EKMAN7, LabelSet
from empathia.training.problem import Part, Problem
from empathia.types import Emotion, Features, Sample

SMILE = {"mouthSmile": 0.8, "happy": 20.0}
BOWED = {"pitch": -34.0, "sad": 20.0}


def turn(key: str = "u", speaker: str | None = "A", seconds: float = 2.0, **does) -> Sample:
    return Sample(key, features={"face": features(seconds, **does)}, speaker=speaker)


def judged(*turns: Sample) -> list[Emotion]:
    (emotions,) = face.load(None).recognise([turns])
    return emotions


@pytest.mark.parametrize(
    ("label", "does"),
    [
        ("neutral", {"neutral": 20.0}),
        ("joy", SMILE),
        ("sadness", {"sad": 20.0, "browInnerUp": 0.5, "mouthFrown": 0.2}),
        ("anger", {"angry": 20.0, "browDown": 0.6}),
        ("fear", {"fearful": 20.0, "eyeWide": 0.2, "browInnerUp": 0.4}),
        ("disgust", {"disgusted": 20.0, "noseSneer": 0.05}),
        ("surprise", {"surprised": 20.0, "jawOpen": 0.5, "browInnerUp": 0.7}),
    ],
)
def test_a_face_on_which_net_and_muscles_agree(label: str, does: dict[str, float]) -> None:
    (emotion,) = judged(turn(**does))
    assert emotion.label == label
    assert emotion.source == "face"
    assert 0.5 < (emotion.confidence or 0) <= 0.75 + 1e-9


def test_its_labels_are_in_the_order_of_the_net() -> None:
    about = face.load(None).about
    assert about.labels == EKMAN7
    assert sum(about.prior) == pytest.approx(1)
    assert not about.noncommercial


def test_a_neutral_face_that_looks_down_is_not_sad() -> None:
    (up,) = judged(turn(**(BOWED | {"pitch": -8.0})))
    (down,) = judged(turn(**BOWED))
    assert down.score("sadness") < 0.3 < up.score("sadness")
    assert down.label in {"neutral", None}


def test_an_expression_without_its_muscles_loses() -> None:
    (with_them,) = judged(turn(happy=4.0, neutral=1.0, mouthSmile=0.7))
    (without,) = judged(turn(happy=4.0, neutral=1.0))
    assert with_them.label == "joy"
    assert without.label == "neutral"


def test_pictures_in_which_the_head_is_turned_away_or_eyes_are_shut_count_little() -> None:
    away = np.repeat([0.0, 60.0], 10)
    mixed = {"sad": np.repeat([0.0, 20.0], 10), "happy": np.repeat([20.0, 0.0], 10)}
    (emotion,) = judged(turn(yaw=away, mouthSmile=np.repeat([0.8, 0.0], 10), **mixed))
    assert emotion.label == "joy"
    (shut,) = judged(turn(eyeBlink=np.repeat([0.0, 0.9], 10), mouthSmile=0.5, **mixed))
    assert shut.label == "joy"


def test_a_short_expression_in_a_calm_turn_counts_more_than_its_time() -> None:
    some = np.repeat([0.0, 1.0], [10, 10])
    (emotion,) = judged(turn(neutral=1 - some, happy=some * 20, mouthSmile=0.8 * some))
    assert emotion.label == "joy"


def test_a_face_that_always_looks_sad_is_held_against_itself_and_nobody_elses() -> None:
    always = {"sad": 20.0, "neutral": 1.0, "browInnerUp": 0.3}
    habit = [turn(f"a{i}", **always) for i in range(6)]
    first, *_, last = judged(*habit)
    assert first.label == "sadness"
    assert last.score("sadness") < first.score("sadness") - 0.15
    stranger = judged(*habit, turn("b", speaker="B", **always))[-1]
    assert stranger.scores == first.scores
    smiling = judged(*habit, turn("c", **SMILE))[-1]
    assert smiling.label == "joy"


def test_later_turns_change_nothing() -> None:
    some = [turn(f"a{i}", seed=i, **BOWED) for i in range(5)]
    assert judged(*some)[:3] == judged(*some[:3])


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (Sample("u"), "no face"),
        (turn(there=0.0), "no face"),
        (turn(seconds=0.4), "a face in 4 pictures, needs 5"),
        (turn(seconds=4, there=0.2), "a face in 20 % of the pictures, needs 25 %"),
        (turn(yaw=70.0), "the head is turned away"),
    ],
)
def test_it_abstains_with_a_reason(sample: Sample, reason: str) -> None:
    (emotion,) = judged(sample)
    assert emotion.label is None
    assert emotion.abstained is not None
    assert emotion.abstained.startswith(reason)
    assert not emotion.scores


def test_muscles_alone_are_enough_where_nobody_looked_at_the_expression() -> None:
    smiling = features(2.0, mouthSmile=0.8)
    smiling.values[:, -7:] = np.nan
    (emotion,) = judged(Sample("u", features={"face": smiling}))
    assert emotion.label == "joy"


def test_features_of_another_kind_are_refused_in_words() -> None:
    other = Features("u", "face", np.ones((9, 3), np.float32), rate=10.0)
    with pytest.raises(InputError, match="other columns than the extractor gives"):
        judged(Sample("u", features={"face": other}))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(5, 40))
def test_whatever_a_face_does_scores_sum_to_one_and_none_is_too_sure(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    values = draw.uniform(0, 1, (count, 62)).astype(np.float32)
    values[:, 52:55] = draw.uniform(-90, 90, (count, 3)) * draw.uniform(0, 1)
    values[draw.uniform(size=count) < 0.3] = np.nan
    sample = Sample("u", features={"face": replace(features(0.5), values=values)})
    (emotion,) = judged(sample)
    if emotion.scores:
        assert sum(emotion.scores) == pytest.approx(1)
        assert max(emotion.scores) <= 0.75 + 1e-6


# A real face


@pytest.mark.weights
def test_the_astronaut_smiles_however_she_holds_her_head() -> None:
    pytest.importorskip("ai_edge_litert", reason="extra 'face' is not installed")
    if absent := [n for n in features_of.weights_of("face") if weights.state(n) == "missing"]:
        pytest.skip(f"weight {absent[0]} is not pulled")
    eyes, net = Eyes(threads=1), Expressions(threads=1)
    rows = []
    for yaw, pitch in ((0, 0), (20, 0), (-20, 0), (0, -14), (0, 12)):
        picture = face_videos.seen(face_videos.Shot(yaw=yaw, pitch=pitch, size=110))
        (shown,) = eyes.find(picture)
        rows.append(np.concatenate([shown.blendshapes, shown.pose, net.read(picture, shown)]))
    values = np.array(rows, np.float32)
    seen = replace(features(0.5), values=values)
    (emotion,) = judged(Sample("u", features={"face": seen}))
    assert emotion.label == "joy"
    cues = describe_face(seen)
    assert cues is not None
    assert "broad smile" in cues.description
    bowed = describe_face(replace(seen, values=values[[3] * 5]))
    assert bowed is not None
    assert "head bowed" in bowed.description or "head slightly bowed" in bowed.description


# Trained

LABELS = LabelSet("two", ("calm", "glad"))
DOES = {"calm": {}, "glad": {"mouthSmile": 0.6}}


def part(names: str, seed: int = 0) -> Part:
    """A dialogue a letter; each turn smiles or not."""
    dialogues, targets = [], {}
    for number, name in enumerate(names):
        samples = []
        for i in range(8):
            label = LABELS.labels[(i + number) % 2]
            how = {**DOES[label], "seed": 100 * seed + 10 * number + i}
            samples.append(turn(f"{name}{i}", **how))
            targets[f"{name}{i}"] = tuple(float(x == label) for x in LABELS)
        dialogues.append(tuple(samples))
    return Part(tuple(dialogues), targets)


def problem(tmp_path, **more) -> Problem:
    options = checked_options(face, more.pop("options", {}), "run file")
    fields = {
        "labels": LABELS,
        "exclusive": True,
        "train": part("abc"),
        "valid": part("v", 1),
        "modalities": {"face": ("face",)},
        "options": options,
        "training": TrainingPart(select="likelihood"),
        "seed": 1,
        "folder": tmp_path,
    }
    return Problem(**(fields | more))


def test_it_learns_what_a_face_did(tmp_path) -> None:
    model = face.learn(problem(tmp_path))
    test = part("t", 2)
    (emotions,) = model.recognise(test.dialogues)
    right = [
        np.argmax(test.targets[s.id]) == LABELS.index(str(e.label))
        for s, e in zip(test.dialogues[0], emotions, strict=True)
    ]
    assert all(right)
    assert set(model.record) == {"penalty", "tried"}
    (unseen,) = model.recognise([[turn(there=0.0)]])
    assert unseen[0].abstained == "no face"


def test_what_it_cannot_learn_from_is_said(tmp_path) -> None:
    with pytest.raises(ConfigError, match="reads 'face', the features are none"):
        face.learn(problem(tmp_path, modalities={}))
    faceless = Part(((Sample("n"),),), {"n": (1.0, 0.0)})
    with pytest.raises(TrainingError, match="has a face and a label"):
        face.learn(problem(tmp_path, train=faceless))
    with pytest.raises(TrainingError, match="no penalty can be chosen"):
        face.learn(problem(tmp_path, valid=faceless))
    calm = Part((part("a").dialogues[0][::2],), dict(part("a").targets))
    with pytest.raises(TrainingError, match="all training utterances are 'calm'"):
        face.learn(problem(tmp_path, train=calm))
