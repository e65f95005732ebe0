"""The texts that are ours: talks are read as they were written, and every one has its label."""

from __future__ import annotations

import csv
import json
import re
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


@pytest.mark.parametrize(("language", "number", "long"), [("en", 200, 5), ("ko", 60, 3)])
def test_situations_end_with_who_tells_and_are_no_exemplars(language, number, long):
    """Replies are judged on them blind: nothing that replies may have been made of them."""

    def runs(text: str) -> set[str]:
        signs = "".join(filter(str.isalnum, text.lower()))
        return {signs[i : i + long] for i in range(len(signs) - long + 1)}

    def known(texts: list[str]) -> list[set[str]]:
        parts = [s for t in texts for s in re.split(r"(?<=[.?!])\s+", t)]
        return [r for s in parts if len(r := runs(s)) >= 6]

    def lines(path: Path) -> list[dict]:
        return [json.loads(x) for x in path.read_text("utf-8").splitlines()]

    situations = lines(ROOT / "benchmarks" / f"situations-{language}.jsonl")
    assert len({s["id"] for s in situations}) == len(situations) == number
    assert all(len(s["turns"]) in (1, 3, 5) for s in situations)
    assert {s["turns"][-1]["speaker"] for s in situations} == {"A"}
    starter = lines(ROOT / "src/empathia/exemplars/starter" / f"{language}.jsonl")
    exemplars = known([e["context"] for e in starter])
    told = known([t["text"] for s in situations for t in s["turns"] if t["speaker"] == "A"])
    alike = [x for x in told if any(3 * len(x & e) > len(x) + len(e) for e in exemplars)]
    assert not alike  # more than half of all that either says is in both
