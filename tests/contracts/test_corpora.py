"""What every corpus keeps to, ours and a third party's."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import installed
import little_runs
import pytest

from empathia import plugins
from empathia.corpora import CorpusInfo, dyads, toy
from empathia.errors import CorpusError
from empathia.labels import Projection

pytestmark = pytest.mark.usefixtures("third_party")
NAMES = installed.every("corpora")
MAKES = {
    "toy": lambda folder: toy.make(folder, dialogues=6),
    "dyads": lambda folder: dyads.make(folder, dialogues=6),
    "table": lambda folder: little_runs.corpus(folder.parent),
    "weather": installed.corpus,
}
"""Those whose data can be made here; the others' tests in tests/corpora make a few lines each."""


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_must_be_known_before_it_is_used(name: str) -> None:
    info = plugins.load("corpora", name, ("INFO", "load")).INFO
    assert isinstance(info, CorpusInfo)
    assert info.name == name
    assert info.licence.strip()
    assert info.citation.strip()
    assert info.page.strip()
    assert isinstance(info.noncommercial, bool)


@pytest.mark.parametrize("name", NAMES)
def test_options_are_keywords_with_defaults(name: str) -> None:
    plugin = plugins.load("corpora", name)
    functions = [plugin.load, *([plugin.ready] if hasattr(plugin, "ready") else [])]
    for function in functions:
        path, *options = inspect.signature(function).parameters.values()
        assert path.name == "path"
        for option in options:
            assert option.kind in {option.KEYWORD_ONLY, option.VAR_KEYWORD}
            assert option.kind == option.VAR_KEYWORD or option.default is not option.empty


@pytest.mark.parametrize("name", NAMES)
def test_its_projections_name_every_label(name: str) -> None:
    for projection in getattr(plugins.load("corpora", name), "PROJECTIONS", ()):
        assert isinstance(projection, Projection)
        assert {projection(label) for label in projection.source} <= {*projection.target, None}


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_without_it_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with pytest.raises(CorpusError, match=re.escape(str(folder))):
        plugins.load("corpora", name).load(folder)


@pytest.mark.parametrize("name", sorted(MAKES))
def test_it_gives_the_same_dialogues_twice_with_labels_of_their_set(
    name: str, tmp_path: Path
) -> None:
    MAKES[name](tmp_path / name)
    plugin = plugins.load("corpora", name)
    dialogues = plugin.load(tmp_path / name)
    assert dialogues == plugin.load(tmp_path / name)
    ids = [u.id for d in dialogues for u in d.utterances]
    assert len(ids) == len(set(ids)) > 0
    assert {d.split for d in dialogues} <= {"train", "valid", "test", None}
    for dialogue in dialogues:
        assert all(label in dialogue.labels for u in dialogue.utterances for label in u.gold)
    for values in plugin.ready(tmp_path / name).values() if hasattr(plugin, "ready") else ():
        assert set(values) <= set(ids)
        assert all(f.utterance == key for key, f in values.items())
