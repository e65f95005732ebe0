"""The sentences that come with Empathia, and a folder of one's own in their layout."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
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


def runs(text: str) -> set[str]:
    """Runs of three signs."""
    signs = "".join(filter(str.isalnum, text))
    return {signs[i : i + 3] for i in range(len(signs) - 2)}


def sentences(text: str) -> set[str]:
    return {text, *re.split(r"(?<=[.?!])\s+", text)}


def test_nothing_of_it_is_like_what_korean_words_are_judged_on() -> None:
    """Neither the diary nor the conversations have a sentence that shares a sixth of its runs."""
    with (ROOT / "benchmarks" / "diary-ko.csv").open(encoding="utf-8", newline="") as file:
        judged = [r["text"] for r in csv.DictReader(file)]
    for path in sorted((ROOT / "examples/talks").glob("*.txt")):
        said = path.read_text("utf-8").splitlines()
        judged += [words for x in said if (words := x.partition(":")[2].strip())]
    known = [g for t in judged for s in sentences(t) if len(g := runs(s)) >= 3]
    assert len(known) > 400
    mine = {s: g for t in texts(FOLDER) for s in sentences(t) if len(g := runs(s)) >= 4}
    having: dict[str, list[int]] = defaultdict(list)
    for number, known_runs in enumerate(known):
        for run in known_runs:
            having[run].append(number)
    alike = []
    for sentence, own in mine.items():
        both = Counter(n for run in own for n in having[run])
        # Of a runs and b runs, n in both: more than a sixth of the a + b - n.
        if any(7 * n > len(own) + len(known[k]) for k, n in both.items()):
            alike.append(sentence)
    assert not alike


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
