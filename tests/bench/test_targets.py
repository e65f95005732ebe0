"""A corpus from elsewhere brings its own labels and says what they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from empathia.bench import bench
from empathia.config import read_run
from empathia.errors import ConfigError, LabelError

PLUGIN = """
from empathia.corpora import CorpusInfo
from empathia.labels import EKMAN7, LabelSet, Projection
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo("weather", "MIT", False, "none", "none", "en")
WEATHER = LabelSet("weather3", ("sunny", "rainy", "windy"))
SKY = LabelSet("sky2", ("clear", "covered"))
PROJECTIONS = (
    Projection(WEATHER, EKMAN7, {"sunny": "joy", "rainy": "sadness", "windy": None}),
    Projection(WEATHER, SKY, {"sunny": "clear", "rainy": "covered", "windy": "clear"}),
)

def load(path):
    return tuple(
        Dialogue(
            f"{split}{i}",
            (Utterance(f"{split}{i}", 0, "s", x, gold=(x,)),),
            "weather", split, "en", WEATHER,
        )
        for split in ("train", "valid", "test")
        for i, x in enumerate(WEATHER)
    )
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder; the corpus's package lies on the path as if it were installed."""
    site = tmp_path / "site"
    about = site / "weather_corpus-1.dist-info"
    about.mkdir(parents=True)
    (site / "weather_corpus.py").write_text(PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: weather-corpus\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[empathia.corpora]\nweather = weather_corpus\n")
    monkeypatch.syspath_prepend(str(site))
    (tmp_path / "data" / "weather").mkdir(parents=True)
    return tmp_path / "data"


def gold(data: Path, labels: str) -> dict[str, str]:
    file = data / "mine.toml"
    file.write_text(
        f'name = "mine"\nseed = 1\n[data]\ncorpora = ["weather"]\nlabels = "{labels}"\n'
        '[model]\nrecogniser = "majority"\n[training]\nselect = "macro_f1"\n'
    )
    return dict(bench(read_run(file), data, data / "out").material.gold)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("ekman7", {"test0": "joy", "test1": "sadness"}),
        ("sky2", {"test0": "clear", "test1": "covered", "test2": "clear"}),
        ("weather3", {"test0": "sunny", "test1": "rainy", "test2": "windy"}),
        ("corpus", {"test0": "sunny", "test1": "rainy", "test2": "windy"}),
    ],
)
def test_its_labels_are_projected_as_it_says(
    data: Path, labels: str, expected: dict[str, str]
) -> None:
    assert {k: v for k, v in gold(data, labels).items() if k.startswith("test")} == expected


def test_what_it_does_not_say_is_an_error_that_names_the_remedy(data: Path) -> None:
    with pytest.raises(LabelError, match="'weather3' to 'shared4'") as error:
        gold(data, "shared4")
    assert "PROJECTIONS" in error.value.remedy


def test_partial_targets_are_for_those_that_can_learn_from_them(data: Path) -> None:
    file = data / "mine.toml"
    file.write_text(
        'name = "mine"\nseed = 1\n[data]\ncorpora = ["weather"]\nlabels = "sky2"\n'
        'targets = "partial"\n[model]\nrecogniser = "majority"\n'
        '[training]\nselect = "macro_f1"\n'
    )
    with pytest.raises(ConfigError, match="'majority' learns from whole targets alone"):
        bench(read_run(file), data, data / "out")
