"""The texts that are ours: talks are read as they were written, and every one has its label."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from empathia.labels import EKMAN7
from empathia.listen.transcript import read_transcript

ROOT = Path(__file__).parents[2]
TALKS = ROOT / "examples" / "talks"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", sorted(TALKS.glob("*.txt")), ids=lambda p: p.stem)
def test_a_talk_is_read_turn_by_turn_and_every_turn_has_a_label(path: Path) -> None:
    expected = [r for r in rows(TALKS / "expected.csv") if r["talk"] == path.stem]
    read = read_transcript(path).dialogue.utterances
    assert [r["turn"] for r in expected] == [str(i + 1) for i in range(len(read))]
    assert len({u.speaker for u in read}) >= 2
    assert {r["label"] for r in expected} <= set(EKMAN7)


def test_no_label_is_without_a_talk() -> None:
    written = {p.stem for p in TALKS.glob("*.txt")}
    assert {r["talk"] for r in rows(TALKS / "expected.csv")} == written
    assert len(written) == 10


def test_the_diary_has_all_seven_labels_and_no_entry_twice() -> None:
    diary = rows(ROOT / "benchmarks" / "diary-ko.csv")
    assert len({r["text"] for r in diary}) == len({r["id"] for r in diary}) == len(diary) == 200
    often = Counter(r["label"] for r in diary)
    assert set(often) == set(EKMAN7)
    assert min(often.values()) >= 28


def test_sentences_abroad_have_six_of_each_label_in_each_language() -> None:
    abroad = rows(ROOT / "benchmarks" / "plain-abroad.csv")
    often = Counter((r["language"], r["label"]) for r in abroad)
    assert often == {(code, x): 6 for code in ("de", "ja", "zh") for x in EKMAN7}
    assert len({r["text"] for r in abroad}) == len(abroad)
