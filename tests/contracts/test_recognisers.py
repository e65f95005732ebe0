"""What every recogniser keeps to, ours and a third party's."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import installed
import loaded_once
import numpy as np
import pytest
from little_problem import LABELS, problem
from whole_problem import HOW, taught, turned, unseen

from empathia import emotion, plugins, weights
from empathia.config import checked_options
from empathia.contracts import Recogniser
from empathia.errors import ConfigError, UsageError, WeightsError
from empathia.training import keeping
from empathia.training.keeping import Settings
from empathia.training.model import scores_of
from empathia.types import Sample

pytest.importorskip("torch", reason="training needs the extra 'train'")
pytestmark = pytest.mark.usefixtures("third_party")
NAMES = installed.every("emotion")
REMEDY = "empathia train again|Train again|Train the recogniser again"
BLIND = {"majority", "metadata"}  # baselines that judge without looking, as they say
HALF = {"encoder": 0.02}  # in half precision other company moves a score by so much


@dataclass(frozen=True)
class Taught:
    """A recogniser that has learnt, and what it is asked."""

    name: str
    recogniser: Recogniser
    dialogues: tuple[tuple[Sample, ...], ...]

    @property
    def exact(self) -> float:
        """How far scores of one utterance may lie apart."""
        return HALF.get(self.name, 1e-6)


def needed(name: str) -> tuple[str, ...]:
    """Weights that it starts from, in this test."""
    plugin = plugins.load("emotion", name)
    options = HOW.get(name, {}).get("options", {})
    return emotion.weights_of(name, checked_options(plugin, options, "test"))


def case(name: str) -> object:
    pulls = name in plugins.names("emotion") and needed(name)
    return pytest.param(name, marks=[pytest.mark.weights] if pulls else [])


@pytest.fixture(scope="module", params=[case(n) for n in NAMES])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    name = request.param
    absent = [w for w in needed(name) if weights.state(w) == "missing"]
    if absent:
        pytest.skip(f"weight {absent[0]} is not pulled")
    return Taught(name, taught(name, tmp_path_factory.mktemp(name)), unseen(name))


@pytest.mark.parametrize("name", NAMES)
def test_options_are_typed_by_their_defaults(name: str) -> None:
    plugin = plugins.load("emotion", name, ("OPTIONS", "learn"))
    with pytest.raises(ConfigError, match="colour"):
        checked_options(plugin, {"colour": 1}, "run file")
    for option, default in plugin.OPTIONS.items():
        assert isinstance(default, bool | int | float | str | tuple | dict)
        checked_options(plugin, {option: default}, "run file")
        with pytest.raises(ConfigError, match=option):
            checked_options(plugin, {option: None}, "run file")
    for old, new in getattr(plugin, "RENAMED", {}).items():
        assert old not in plugin.OPTIONS
        assert new in plugin.OPTIONS


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_it_starts_from_are_in_the_manifest(name: str) -> None:
    assert set(needed(name)) <= {e.name for e in weights.entries()}


def test_it_says_what_it_is(made: Taught) -> None:
    about = made.recogniser.about
    assert about.labels == LABELS
    assert about.name
    modalities = HOW.get(made.name, {}).get("modalities", {})
    assert set(about.features) <= {n for names in modalities.values() for n in names}
    assert isinstance(dict(made.recogniser.record), dict)


def test_every_sample_gets_an_emotion_and_the_same_one_twice(made: Taught) -> None:
    emotions = made.recogniser.recognise(made.dialogues)
    assert [len(row) for row in emotions] == [len(d) for d in made.dialogues]
    for e in (e for row in emotions for e in row):
        assert (e.source, e.labels) == (made.recogniser.about.name, LABELS)
        assert e.scores
    loaded_once.forget(sounds=False)
    assert made.recogniser.recognise(made.dialogues) == emotions
    assert made.recogniser.recognise([]) == []
    assert made.recogniser.recognise([(), made.dialogues[0]])[0] == []


def test_dialogues_know_nothing_of_each_other(made: Taught) -> None:
    together = scores_of(made.recogniser, made.dialogues)
    alone = [scores_of(made.recogniser, [d]) for d in made.dialogues]
    for key, row in ((k, r) for scores in alone for k, r in scores.items()):
        assert row == pytest.approx(together[key], abs=made.exact)


def test_of_nothing_there_is_no_judgement(made: Taught) -> None:
    nothing = Sample("nothing", language=made.dialogues[0][0].language)
    ((emotion,),) = made.recogniser.recognise([(nothing,)])
    if made.name in BLIND:
        assert emotion.scores
    else:
        assert emotion.abstained
        assert not emotion.scores


def test_what_comes_after_changes_nothing_where_it_is_causal(made: Taught) -> None:
    if not made.recogniser.about.causal:
        pytest.skip("it says that it looks at later turns")
    (dialogue, *_), half = made.dialogues, len(made.dialogues[0]) // 2
    other = (*dialogue[:half], *map(turned, dialogue[half:]))
    before, after = (scores_of(made.recogniser, [d]) for d in (dialogue, other))
    for sample in dialogue[:half]:
        assert after[sample.id] == pytest.approx(before[sample.id], abs=made.exact)
    if made.name not in BLIND:
        assert any(
            np.abs(np.subtract(after[s.id], before[s.id])).max() > 1e-4 for s in dialogue[half:]
        )


def kept(made: Taught, folder: Path) -> Recogniser:
    """What comes back from a folder."""
    about, how = made.recogniser.about, HOW.get(made.name, {})
    made.recogniser.save(folder)
    Settings(
        name="kept",
        recogniser=made.name,
        labels=about.labels,
        exclusive=about.exclusive,
        causal=about.causal,
        modalities=how.get("modalities", {"text": ()}),
        options=problem(made.name, folder, options=how.get("options", {})).options.values,
        licence="CC0",
        noncommercial=False,
        languages=about.languages,
    ).write(folder)
    return keeping.load(folder, threads=1)


def test_a_kept_one_gives_the_same_scores_from_safe_files(made: Taught, tmp_path: Path) -> None:
    if not hasattr(plugins.load("emotion", made.name), "load"):
        with pytest.raises(UsageError, match="cannot be kept"):
            made.recogniser.save(tmp_path)
        return
    again = kept(made, tmp_path)
    assert (again.about.name, again.about.labels) == ("kept", LABELS)
    scores, expected = (scores_of(r, made.dialogues) for r in (again, made.recogniser))
    assert scores.keys() == expected.keys()
    for key, row in scores.items():
        assert row == pytest.approx(expected[key], abs=made.exact)
    assert {p.suffix for p in tmp_path.iterdir()} <= {".json", ".safetensors"}
    if not again.about.history:  # then each utterance may be asked about alone
        for sample in made.dialogues[0]:
            alone = scores_of(again, [(sample,)])
            assert alone[sample.id] == pytest.approx(scores[sample.id], abs=made.exact)


def with_arrays(path: Path, **changed: Any) -> None:
    """Write a safetensors file again; an array that is None is left out."""
    from safetensors.numpy import load_file, save_file

    arrays = load_file(path) | changed
    save_file({n: np.ascontiguousarray(a) for n, a in arrays.items() if a is not None}, path)


def with_values(path: Path, **changed: Any) -> None:
    """Write a JSON file again; a value that is None is left out."""
    values = json.loads(path.read_text()) | changed
    path.write_text(json.dumps({k: v for k, v in values.items() if v is not None}))


def damages(folder: Path) -> Iterator[str]:
    """Harms a folder in one way after another, and mends it again before the next one."""
    from safetensors.numpy import load_file

    whole = shutil.copytree(folder, folder.parent / "whole")
    for path in sorted(folder.glob("*.safetensors")):
        for name, array in list(load_file(path).items())[:5]:
            odd = [array[:-1]] + [np.full_like(array, np.nan)] * (array.dtype.kind == "f")
            for one in odd + [None] * (path.name == "model.safetensors"):
                with_arrays(path, **{name: one})
                yield f"{path.name}: {name} {'gone' if one is None else one.shape}"
            shutil.copytree(whole, folder, dirs_exist_ok=True)
        for content in (b"", b"nothing", path.read_bytes()[:-9]):
            path.write_bytes(content)
            yield f"{path.name} of {len(content)} bytes"
        shutil.copytree(whole, folder, dirs_exist_ok=True)
    for version in (1, keeping.FORMAT + 1, "two"):
        with_values(folder / "settings.json", format=version)
        yield f"format {version}"
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    (folder / "model.json").write_text("nothing")
    yield "no values"
    shutil.copytree(whole, folder, dirs_exist_ok=True)


def test_what_another_version_kept_is_refused_in_words(made: Taught, tmp_path: Path) -> None:
    if not hasattr(plugins.load("emotion", made.name), "load"):
        return  # it cannot be kept
    folder = tmp_path / "model"
    folder.mkdir()
    kept(made, folder)
    if not (folder / "model.json").exists():
        return  # a third party's, with files of its own
    for damage in damages(folder):
        try:
            keeping.load(folder, threads=1).recognise(made.dialogues)
        except WeightsError as e:
            assert re.search(REMEDY, str(e)), damage
        else:
            pytest.fail(f"it reads: {damage}")
    for key in json.loads((folder / "model.json").read_text()):
        again = shutil.copytree(folder, tmp_path / key)
        with_values(again / "model.json", **{key: None})
        try:  # what an older version did not write may have a default
            emotions = keeping.load(again, threads=1).recognise(made.dialogues)
        except WeightsError as e:
            assert re.search(REMEDY, str(e)), key
        else:
            assert [len(row) for row in emotions] == [len(d) for d in made.dialogues]
