"""What every extractor keeps to, ours and a third party's."""

from __future__ import annotations

import json

import installed
import loaded_once
import numpy as np
import pytest
from sights import made
from sounds import RATE, example, noise

from empathia import features, weights
from empathia.contracts import Extractor, Item
from empathia.errors import EmpathiaError
from empathia.types import Audio, Features

pytestmark = pytest.mark.usefixtures("third_party")
VARIANTS = {"copies": "copies:1", "speeds": "speeds:0.9"}  # those that come in no form without one


def case(name: str) -> object:
    feature = VARIANTS.get(name, name)
    needs = name in features.names() and features.weights_of(feature)
    return pytest.param(feature, marks=[pytest.mark.weights] if needs else [])


CASES = [case(name) for name in installed.every("features")]


def loaded(feature: str) -> Extractor:
    absent = [n for n in features.weights_of(feature) if weights.state(n) == "missing"]
    if absent:
        pytest.skip(f"weight {absent[0]} is not pulled")
    return features.load(feature, threads=1)


def items(feature: str) -> list[Item]:
    """Words, sounds or faces of several lengths."""
    if features.source(feature) == "face":
        return [(f"u{i}", made(seconds, seed=i)) for i, seconds in enumerate((1.5, 0.1, 0.8))]
    if features.source(feature) == "words":
        texts = ["I am so happy for you", "NO!", "The train leaves at nine"]
        return [(f"u{i}", text) for i, text in enumerate(texts)]
    sounds = [example(1.0, 2.2), noise(0.4), example(0.5, 1.1)]
    return [(f"u{i}", Audio(s.astype(np.float32), RATE)) for i, s in enumerate(sounds)]


@pytest.mark.parametrize("name", installed.every("features"))
def test_it_says_what_it_is(name: str) -> None:
    assert features.source(name) in {"words", "sound", "face"}
    known = {e.name for e in weights.entries()}
    assert set(features.weights_of(VARIANTS.get(name, name))) <= known


@pytest.mark.parametrize("name", installed.every("features"))
def test_an_unknown_variant_is_refused(name: str) -> None:
    with pytest.raises(EmpathiaError, match="nowhere"):
        features.load(f"{name}:nowhere", threads=1)


@pytest.mark.parametrize("feature", CASES)
def test_values_belong_to_their_item_alone_and_are_the_same_twice(feature: str) -> None:
    extractor, some = loaded(feature), items(feature)
    taken = extractor(some)
    assert [f.utterance for f in taken] == [utterance for utterance, _ in some]
    assert {f.values.dtype for f in taken} == {np.dtype(np.float32)}
    assert all(np.isfinite(f.values).any() for f in taken)

    def anew(some: list[Item]) -> list[Features]:
        loaded_once.forget()
        return extractor(some)

    assert anew(some) == taken
    assert anew(some[::-1]) == taken[::-1]
    assert [anew([item])[0] for item in some] == taken
    assert extractor([]) == []


@pytest.mark.parametrize("feature", CASES)
def test_settings_are_plain_and_count_the_version(feature: str) -> None:
    settings = dict(loaded(feature).settings)
    assert json.loads(json.dumps(settings)) == settings
    assert settings["version"] >= 1


@pytest.mark.parametrize("feature", CASES)
def test_of_no_sound_nothing_is_measured_but_its_length(feature: str) -> None:
    if features.source(feature) != "sound":
        pytest.skip("of an utterance without words its extractors are not asked")
    extractor = loaded(feature)
    nothing = Audio(np.zeros(0, np.float32), RATE)
    (taken,) = extractor([("u", nothing)])
    seconds = [i for i, unit in enumerate(taken.units) if unit == "s"]
    assert np.isnan(np.delete(taken.values, seconds, axis=1)).all()
    assert (taken.values[:, seconds] == 0).all()


@pytest.mark.parametrize("feature", CASES)
def test_of_a_face_that_is_never_there_nothing_is_measured(feature: str) -> None:
    if features.source(feature) != "face":
        pytest.skip("it reads no faces")
    (taken,) = loaded(feature)([("u", made(1.0, there=0.0))])
    assert np.isnan(taken.values).all()
