"""A short run of `benchmarks/fuzz.py`: hostile inputs are read right, or refused in words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hostile import KINDS, make
from hostile.judge import GOOD, Judge

pytestmark = pytest.mark.long

COUNT = 150


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, bool, str, str]]:
    judge = Judge()
    told = []
    for number in range(COUNT):
        case = make(7, number)
        outcome, detail = judge(case, tmp_path_factory.mktemp("case"))
        told.append((number, case.truth is not None, outcome, f"{case.how}: {detail}"))
    return told


def test_nothing_is_a_fault(verdicts: list[tuple[int, bool, str, str]]) -> None:
    assert [v for v in verdicts if v[2] not in GOOD] == []


def test_what_keeps_its_meaning_is_read_the_same(
    verdicts: list[tuple[int, bool, str, str]],
) -> None:
    kept = [v for v in verdicts if v[1]]
    assert len(kept) == COUNT // 2
    assert [v for v in kept if v[2] != "same"] == []


def test_damage_is_sometimes_read_and_sometimes_refused(
    verdicts: list[tuple[int, bool, str, str]],
) -> None:
    outcomes = Counter(v[2] for v in verdicts if not v[1])
    assert outcomes["read"] > 5
    assert outcomes["refused"] > 20


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_can_be_made_again(kind: str) -> None:
    for number in range(KINDS.index(kind), 60, 3):
        first, second = make(3, number), make(3, number)
        assert first.kind == kind
        assert (first.name, first.content, first.how) == (second.name, second.content, second.how)


def test_the_judge_finds_what_is_wrong(tmp_path: Path) -> None:
    numbers = range(2, 300, 3)
    case = next(c for n in numbers if (c := make(1, n)).truth and c.name == "corpus.csv")
    wrong = case._replace(truth=case.truth._replace(rows=case.truth.rows[1:]))
    assert Judge()(wrong, tmp_path).outcome == "other"
    sound = next(c for n in range(0, 300, 6) if (c := make(1, n)).name == "sound.flac")
    quiet = sound._replace(truth=sound.truth._replace(samples=sound.truth.samples // 2))
    assert Judge()(quiet, tmp_path).outcome == "other"
