"""What every predictor of reactions keeps to."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from little_problem import LABELS
from little_reactions import HOW, MODALITIES, QUICK, exchanges, problem, taught

from empathia import plugins, reaction
from empathia.config import TrainingPart, checked_options
from empathia.contracts import Predictor
from empathia.errors import ConfigError, EmpathiaError, UsageError
from empathia.training.shapes import shapes
from empathia.types import Features, Reaction, Sample

pytest.importorskip("torch", reason="training needs the extra 'train'")
NAMES = plugins.names("reaction")
BLIND = {"mean", "prior", "random"}  # floors that foretell without looking, as they say
SURE = {"hold", "mean", "mirror", "prior", "lively"}  # all of their draws are one
PASTS = tuple(e.past for e in exchanges(["z0", "z1"], 2))


class Made(NamedTuple):
    name: str
    predictor: Predictor


@pytest.fixture(scope="module", params=NAMES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(request.param, taught(request.param, tmp_path_factory.mktemp(request.param)))


def numbers(reactions: list[list[Reaction]]) -> list[np.ndarray]:
    """All that was foretold, in order."""
    return [
        x
        for row in reactions
        for r in row
        for x in (
            np.array(r.emotion.scores if r.emotion else ()),
            *(r.features[n].values for n in sorted(r.features)),
        )
    ]


def same(one: list[list[Reaction]], other: list[list[Reaction]], within: float = 1e-5) -> bool:
    a, b = numbers(one), numbers(other)
    return len(a) == len(b) and all(
        x.shape == y.shape and np.allclose(x, y, atol=within, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_options_are_typed_by_their_defaults(name: str) -> None:
    plugin = plugins.load("reaction", name, ("OPTIONS", "learn", "load"))
    with pytest.raises(ConfigError, match="colour"):
        checked_options(plugin, {"colour": 1}, "run file")
    for option, default in plugin.OPTIONS.items():
        assert isinstance(default, bool | int | float | str | tuple | dict)
        checked_options(plugin, {option: default}, "run file")
        with pytest.raises(ConfigError, match=option):
            checked_options(plugin, {option: None}, "run file")


def test_every_past_gets_its_draws_and_the_same_ones_twice(made: Made) -> None:
    said = made.predictor.predict(PASTS, 3, seed=5)
    assert [len(row) for row in said] == [3] * len(PASTS)
    for past, row in zip(PASTS, said, strict=True):
        for r in row:
            assert (r.to, r.source) == (past[-1].id, made.name)
            assert r.emotion is not None
            assert r.emotion.labels == LABELS
            for name, f in r.features.items():
                assert f.values.dtype == np.float32
                assert f.values.shape[1] == {"face": 4, "tone": 3}[name]
                assert (f.rate is None) == (name == "tone")
                assert f.rate is not None or len(f.values) == 1
    assert same(made.predictor.predict(PASTS, 3, seed=5), said)
    assert made.predictor.predict([]) == []


def test_draws_differ_where_it_can_be_unsure(made: Made) -> None:
    for row in made.predictor.predict(PASTS, 3):
        alike = same([row[:1]], [row[1:2]]) and same([row[:1]], [row[2:3]])
        assert alike == (made.name in SURE)


def test_drawn_emotions_are_as_frequent_as_the_first_draw_says(made: Made) -> None:
    for row in made.predictor.predict(PASTS[:2], 400):
        first, *others = (np.array(r.emotion.scores) for r in row if r.emotion)
        if not len(first):  # a listener who has not spoken yet is not foretold by all
            assert not any(map(len, others))
            continue
        assert all(scores.sum() == pytest.approx(1) for scores in (first, *others))
        if made.name in {"fusion", "motion", "ahead", "tfidf"}:
            assert {float(scores.max()) for scores in others} == {1.0}
            np.testing.assert_allclose(np.mean(others, 0), first, atol=0.09)


def test_pasts_know_nothing_of_each_other(made: Made) -> None:
    together = made.predictor.predict(PASTS, 2, seed=3)
    alone = [made.predictor.predict([past], 2, seed=3)[0] for past in PASTS]
    assert same(together, alone)


def test_of_nothing_there_is_nothing_foretold(made: Made) -> None:
    ((said,),) = made.predictor.predict([(Sample("nothing"),)])
    if made.name in BLIND:
        assert said.emotion is not None
        assert said.emotion.scores
        assert set(said.features) == {"face", "tone"}
        return
    assert said.emotion is not None
    assert said.emotion.abstained
    assert not said.features


def test_what_was_kept_says_the_same(made: Made, tmp_path: Path) -> None:
    made.predictor.save(tmp_path)
    again = plugins.load("reaction", made.name).load(tmp_path, 1)
    assert same(again.predict(PASTS, 2), made.predictor.predict(PASTS, 2))
    assert not [p for p in tmp_path.rglob("*") if p.suffix in {".pkl", ".pt", ".bin"}]


def test_a_missing_modality_changes_no_other_past(made: Made) -> None:
    def without(sample: Sample) -> Sample:
        return dataclasses.replace(sample, features={}, text=None)

    fewer = [PASTS[0], tuple(map(without, PASTS[1])), *PASTS[2:]]
    before, after = made.predictor.predict(PASTS), made.predictor.predict(fewer)
    for number in range(len(PASTS)):
        if number != 1:
            assert same([after[number]], [before[number]], within=0)


@pytest.mark.parametrize("name", ["face", "tone"])
@pytest.mark.parametrize("columns", [62, 1, None])
def test_a_feature_of_other_columns_is_no_feature(made: Made, name: str, columns) -> None:
    """More, fewer, or as many of which each has a name."""

    def other(s: Sample) -> Sample:
        f = s.features[name]
        values = f.values if columns is None else np.zeros((len(f.values), columns), np.float32)
        names = tuple(f"c{i}" for i in range(values.shape[1]))
        return dataclasses.replace(
            s, features={**s.features, name: Features(s.id, name, values, names, rate=f.rate)}
        )

    def without(s: Sample) -> Sample:
        return dataclasses.replace(s, features={n: f for n, f in s.features.items() if n != name})

    learnt = shapes(exchanges(["x0"]))
    about = ("try", made.name, MODALITIES, ("face", "tone"), "", False)
    kept = reaction.Kept(made.predictor, reaction.Settings(*about, columns=learnt))
    odd, fewer = ([tuple(map(f, p)) for p in PASTS[:4]] for f in (other, without))
    assert same(kept.predict(odd), made.predictor.predict(fewer))
    assert set(kept.misfits(s for p in odd for s in p)) == {name}
    assert same(kept.predict(PASTS[:4]), made.predictor.predict(PASTS[:4]))


def test_targets_can_be_switched(made: Made, tmp_path: Path) -> None:
    if made.name not in {"ahead", "tfidf"}:
        mute = taught(made.name, tmp_path / "mute", labels=None, targets=("tone",))
        ((said,),) = mute.predict(PASTS[3:4])
        assert said.emotion is None
        assert set(said.features) <= {"tone"}
    how = {"targets": (), "training": TrainingPart(**QUICK | {"select": "likelihood"})}
    ((said,),) = taught(made.name, tmp_path / "felt", **how).predict(PASTS[3:4])
    assert said.emotion is not None
    assert not said.features


def test_what_cannot_be_is_refused(made: Made, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="empty"):
        made.predictor.predict([()])
    with pytest.raises(UsageError, match="0 reactions"):
        made.predictor.predict(PASTS, 0)
    plugin = plugins.load("reaction", made.name)
    for change in ({"train": ()}, {"labels": None, "targets": ()}):
        with pytest.raises(EmpathiaError):
            plugin.learn(problem(made.name, tmp_path, **change))
    assert made.name not in HOW or HOW[made.name]


def test_what_no_stimulus_has_is_not_compared(tmp_path: Path) -> None:
    """As of markers that only the one who listens wears."""
    ghost = {"face": ("ghost",)}
    with pytest.raises(ConfigError, match="no stimulus has any"):
        taught("nearest", tmp_path, modalities=ghost)
    tone = {"text": ("tone",)}
    one, other = (
        taught("nearest", tmp_path, modalities=m).predict(PASTS) for m in (tone, tone | ghost)
    )
    assert same(one, other, within=0)
