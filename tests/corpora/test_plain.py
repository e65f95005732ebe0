"""The sentences that come with Empathia, and a folder of one's own in their layout."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from empathia.bench import load_corpora
from empathia.config import read_run
from empathia.corpora.plain import FOLDER, load
from empathia.errors import CorpusError
from empathia.labels import EKMAN7

ROOT = Path(__file__).parents[2]
RUN = """
name = "little"
seed = 1
[data]
corpora = ["plain"]
labels = "ekman7"
MORE
[model]
recogniser = "majority"
[training]
select = "accuracy"
"""


def texts(folder: Path) -> list[str]:
    return [d.utterances[0].text or "" for d in load(folder)]


def test_every_emotion_has_its_sentences_and_none_is_there_twice() -> None:
    labels = Counter(d.utterances[0].gold for d in load(FOLDER))
    assert set(labels) == {(x,) for x in EKMAN7}
    assert min(labels.values()) >= 100
    said = ["".join(filter(str.isalnum, t)) for t in texts(FOLDER)]
    assert len(set(said)) == len(said)


def test_nothing_of_it_is_measured_with() -> None:
    """What the recognisers are judged on was written apart."""
    judged = (ROOT / "benchmarks" / "diary-ko.csv").read_text("utf-8")
    talks = [p.read_text("utf-8") for p in sorted((ROOT / "examples/talks").glob("*.txt"))]
    assert len(talks) == 10
    assert not [t for t in texts(FOLDER) if len(t) > 6 and any(t in x for x in (judged, *talks))]


def test_a_run_file_finds_it_below_no_data_and_takes_another_where_it_names_one(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run.toml"
    run.write_text(RUN.replace("MORE", ""))
    _, corpora = load_corpora(read_run(run), tmp_path)
    assert len(corpora["plain"]) == len(load(FOLDER))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ko.tsv").write_text("joy\t좋다!\n\nanger\t화나\n", encoding="utf-8")
    run.write_text(RUN.replace("MORE", '[data.options.plain]\nfolder = "mine"'))
    _, corpora = load_corpora(read_run(run), tmp_path)
    assert [(d.language, d.utterances[0].gold) for d in corpora["plain"]] == [
        ("ko", ("joy",)),
        ("ko", ("anger",)),
    ]


@pytest.mark.parametrize("line", ["happy\t좋다", "joy", "joy\t "])
def test_a_line_that_is_not_a_label_and_a_text_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "ko.tsv").write_text(f"joy\t좋다\n{line}\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"ko\.tsv:2 is not"):
        load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no <language>\.tsv"):
        load(tmp_path)
