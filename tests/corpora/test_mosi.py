"""MOSI: three tables without ids, whose join by order must be proven."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from empathia.corpora import mosi
from empathia.errors import CorpusError
from empathia.labels.sets import MOSI2

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
# In the alphabetical order of the release: 10 before 2.
SAID = (("ab_1", 1), ("ab_10", 0), ("ab_2", 1), ("c_d_1", 0))
ROWS = {"train": (1, 2, 0), "test": (3,)}


def table(file: Path, rows: list[list[object]]) -> None:
    file.write_text("\n".join(",".join(f'"{x}"' for x in row) for row in rows) + "\n")


def numbers(modality: str, row: int) -> list[object]:
    return [round(row + i / 1000, 3) for i in range(mosi.SIZES[modality])]


@pytest.fixture
def release(tmp_path):
    table(
        tmp_path / "index_transcripts.csv",
        [[key, f"WORDS, {i}", 7, label] for i, (key, label) in enumerate(SAID)],
    )
    for part, order in ROWS.items():
        table(tmp_path / f"index_text_{part}.csv", [[i, *numbers("text", i)] for i in order])
        for modality in mosi.SIZES:
            rows = [[*numbers(modality, i), SAID[i][1]] for i in order]
            table(tmp_path / f"{modality}_{part}.csv", rows)
    return tmp_path


def test_videos_are_dialogues_in_the_order_of_speaking(release):
    first, second = mosi.load(release)
    assert [u.id for u in first.utterances] == ["ab_1", "ab_2", "ab_10"]
    assert [u.gold for u in first.utterances] == [("positive",), ("positive",), ("negative",)]
    assert [u.text for u in first.utterances] == ["WORDS, 0", "WORDS, 2", "WORDS, 1"]
    assert (first.id, first.split, first.labels) == ("ab", "train", MOSI2)
    assert (second.id, second.split, second.utterances[0].id) == ("c_d", "test", "c_d_1")


def test_ready_features_join_by_proven_order_and_leave_the_label_out(release):
    ready = mosi.ready(release)
    assert {k: len(v) for k, v in ready.items()} == {"text100": 4, "audio73": 4, "video100": 4}
    for name, features in ready.items():
        modality = name.rstrip("0123456789")
        for row, (key, _) in enumerate(SAID):
            expected = np.array([numbers(modality, row)], np.float32)
            np.testing.assert_array_equal(features[key].values, expected)
            assert len(features[key].names) == mosi.SIZES[modality]


def _edit(file: Path, line: int, column: int, cell: str) -> None:
    rows = [row.split(",") for row in file.read_text().splitlines()]
    rows[line - 1][column] = f'"{cell}"'
    file.write_text("\n".join(",".join(row) for row in rows) + "\n")


@pytest.mark.parametrize(
    ("name", "line", "column", "cell", "message"),
    [
        ("text_train", 2, 5, "9", r"text_train\.csv:2 is not the utterance"),
        ("audio_train", 3, -1, "0", r"audio_train\.csv:3 is not the utterance"),
        ("video_test", 1, -1, "1", r"video_test\.csv:1 is not the utterance"),
        ("video_test", 1, 3, "nan", r"video_test\.csv:1 holds a number that is not finite"),
        ("audio_test", 1, 3, "loud", r"audio_test\.csv:1 holds what is no number"),
        ("index_text_test", 1, 0, "4", r"index_text_test\.csv:1 names row 4 of 4"),
        ("index_text_test", 1, 0, "1.5", r"index_text_test\.csv:1 names row 1\.5 of 4"),
    ],
)
def test_features_that_do_not_agree_are_refused(release, name, line, column, cell, message):
    _edit(release / f"{name}.csv", line, column, cell)
    with pytest.raises(CorpusError, match=message):
        mosi.ready(release)


def test_rows_too_few_or_too_short_are_refused(release):
    file = release / "audio_train.csv"
    file.write_text(file.read_text().partition("\n")[2])
    with pytest.raises(CorpusError, match=r"audio_train\.csv has 2 rows, expected 3"):
        mosi.ready(release)
    file.write_text('"1","2"\n')
    with pytest.raises(CorpusError, match=r"audio_train\.csv:1 has 2 fields, expected 74"):
        mosi.ready(release)


@pytest.mark.parametrize(
    ("name", "line", "column", "cell", "message"),
    [
        ("index_transcripts", 2, 0, "ab_1", r"transcripts\.csv:2 repeats utterance 'ab_1'"),
        ("index_transcripts", 2, 0, "ab_x", r"transcripts\.csv:2 is not '<video>_<k>"),
        ("index_transcripts", 2, 3, "2", r"transcripts\.csv:2 is not '<video>_<k>"),
        ("index_text_test", 1, 0, "0", r"index_text_test\.csv:1 repeats utterance 'ab_1'"),
        ("index_text_train", 3, 0, "1", r"index_text_train\.csv:3 repeats utterance 'ab_10'"),
        ("index_transcripts", 4, 0, "ab_3", "the video 'ab' is in train and in test"),
    ],
)
def test_broken_transcripts_are_refused(release, name, line, column, cell, message):
    if name == "index_transcripts":
        (release / "index_transcripts.csv").write_text(
            (release / "index_transcripts.csv").read_text().replace("WORDS, ", "WORDS ")
        )
    _edit(release / f"{name}.csv", line, column, cell)
    with pytest.raises(CorpusError, match=message):
        mosi.load(release)


def test_an_utterance_in_no_part_is_refused(release):
    (release / "index_text_test.csv").write_text("")
    with pytest.raises(CorpusError, match="'c_d_1' is neither in train nor in test"):
        mosi.load(release)


@pytest.mark.corpus
def test_real_mosi():
    folder = DATA / "mosi"
    if not folder.is_dir():
        pytest.skip("MOSI is not there: set EMPATHIA_DATA")
    dialogues = mosi.load(folder)
    assert len(dialogues) == 93
    assert Counter(d.split for d in dialogues for _ in d.utterances) == {
        "train": 1_447,
        "test": 752,
    }
    ids = {u.id for d in dialogues for u in d.utterances}
    ready = mosi.ready(folder)
    assert {k: len(v) for k, v in ready.items()} == dict.fromkeys(
        ("text100", "audio73", "video100"), 2_199
    )
    assert all(set(v) == ids for v in ready.values())
