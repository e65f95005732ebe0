"""A run's folder: what it says of itself against what its answers show."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from empathia.audit.course import order_chance
from empathia.audit.finding import Audit, Finding
from empathia.audit.run import audit_run, heard_before, normaliser
from empathia.bench.record import RunRecord
from empathia.errors import InputError

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

LABELS = ("calm", "glad", "grim")


@dataclass
class Made:
    """A run to be written, with knobs to spoil it."""

    seeds: tuple[int, ...] = (1, 2, 3)
    folds: int = 5
    valid: Callable[[int], float] = lambda fold: 0.6
    test: Callable[[int], float] = lambda fold: 0.6
    run: dict[str, Any] = field(default_factory=dict)
    share_dialogues: int = 0
    drop: str = ""
    told: bool = False  # the scenario tells the label
    silent: str = ""
    dialogues: int = 12  # of a fold

    def rows(self, seed: int, fold: int) -> list[dict[str, Any]]:
        rng = random.Random(100 * seed + fold)
        rows = []
        for part, first in (("valid", (fold + 1) % self.folds), ("test", fold)):
            for d in range(self.dialogues):
                number = first * 12 + d
                if part == "valid" and d < self.share_dialogues:
                    number = fold * 12 + d
                right = self.valid(fold) if part == "valid" else self.test(fold)
                rows += [self.row(rng, seed, fold, part, number, i, right) for i in range(10)]
        return rows

    def row(
        self, rng: random.Random, seed: int, fold: int, part: str, d: int, i: int, right: float
    ) -> dict[str, Any]:
        die = random.Random(1000 * d + i)
        gold = LABELS[d % 3] if self.told else die.choice(LABELS)
        said: str | None = gold if rng.random() < right else rng.choice(LABELS)
        if self.silent and i == 0:
            said = None
        return {
            "seed": seed,
            "fold": str(fold),
            "part": part,
            "corpus": "made",
            "dialogue": f"d{d}",
            "utterance": f"d{d}u{i}",
            "index": i,
            "length": 10,
            "speaker": f"p{d}",
            "gender": None,
            "words": None,
            "seconds": None,
            "group:scenario": f"s{d % 3}",
            "gold": gold,
            "said": said,
            "why": self.silent or None if said is None else None,
        }

    def write(self, folder: Path) -> Path:
        described = []
        for seed in self.seeds:
            for fold in range(self.folds):
                rows = self.rows(seed, fold)
                described.append(self.describe(seed, fold, rows))
                where = folder / f"seed-{seed}" / str(fold)
                where.mkdir(parents=True)
                if self.drop != f"{seed}/{fold}":
                    parquet.write_table(
                        pyarrow.Table.from_pylist(rows), where / "predictions.parquet"
                    )
        run = {
            "format": 1,
            "name": "made",
            "labels": list(LABELS),
            "exclusive": True,
            "recogniser": "dialogue",
            "causal": True,
            "normalise": {},
            "protocol": "k-fold",
            "seeds": list(self.seeds),
            "folds": described,
            "git": {"commit": "0" * 40, "changed": False},
            **self.run,
        }
        (folder / "run.json").write_text(json.dumps(run))
        return folder

    def describe(self, seed: int, fold: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
        ids = {p: sorted(r["utterance"] for r in rows if r["part"] == p) for p in ("valid", "test")}
        return {
            "seed": seed,
            "name": str(fold),
            "train": 360,
            "valid": len(ids["valid"]),
            "test": len(ids["test"]),
            "train_counts": dict.fromkeys(LABELS, 120),
            "selection_ids": hashlib.sha256("\n".join(ids["valid"]).encode()).hexdigest(),
            "test_ids": hashlib.sha256("\n".join(ids["test"]).encode()).hexdigest(),
        }


def grave(audit: Audit) -> dict[str, str]:
    return {f.check: f.severity for f in audit.findings if f.severity in {"wrong", "worry"}}


def of(audit: Audit, check: str) -> Finding:
    return next(f for f in audit.findings if f.check == check)


def record(**known: Any) -> RunRecord:
    """A run of which little is known."""
    return RunRecord("made", LABELS, True, (1,), (), **known)


def test_an_honest_run_is_fine(tmp_path: Path) -> None:
    assert grave(audit_run(Made().write(tmp_path))) == {}


SPOILT = {
    "selection": (Made(share_dialogues=2), "wrong"),
    "whole": (Made(drop="2/3"), "wrong"),
    "climbing": (Made(valid=lambda fold: 0.3 + 0.15 * fold), "wrong"),
    "gap": (Made(valid=lambda fold: 0.9), "worry"),
    "floor": (Made(told=True), "worry"),
    "causal": (Made(run={"causal": False}), "worry"),
    "normaliser": (Made(run={"normalise": {"prosody": "speaker"}}), "worry"),
    "seeds": (Made(seeds=(1,)), "worry"),
    "code": (Made(run={"git": {"commit": "a" * 40, "changed": True}}), "worry"),
    "silence": (Made(silent="unparsed"), "worry"),
}


@pytest.mark.parametrize("check", SPOILT)
def test_each_fault_alone_is_found(check: str, tmp_path: Path) -> None:
    made, severity = SPOILT[check]
    assert grave(audit_run(made.write(tmp_path))) == {check: severity}


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("global", "fine"),
        ("neutral", "fine"),
        ("running", "note"),
        ("global+running", "note"),
        ("neutral-speaker", "worry"),
        ("global+speaker", "worry"),
    ],
)
def test_what_a_normaliser_knows_of_the_test_speaker(kind: str, severity: str) -> None:
    assert normaliser(record(normalise={"prosody": kind})).severity == severity


@pytest.mark.parametrize(
    ("run", "severity", "says"),
    [
        ({"heard": {}}, "fine", "No shipped weight"),
        ({"heard": {"text-default": ["edos", "xed"]}}, "note", "(text-default from edos, xed)"),
        ({}, "note", "not known"),
    ],
)
def test_weights_that_learnt_from_the_corpus(run: dict[str, Any], severity: str, says: str) -> None:
    finding = heard_before(record(**run))
    assert finding.severity == severity
    assert says in finding.sentence


def test_folds_that_all_rise_together_are_no_chain(tmp_path: Path) -> None:
    def rising(fold: int) -> float:
        return 0.3 + 0.15 * fold

    audit = audit_run(Made(valid=rising, test=rising).write(tmp_path))
    assert of(audit, "climbing").severity == "fine"


def test_answers_that_run_json_does_not_speak_of(tmp_path: Path) -> None:
    Made().write(tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    run["folds"][0]["test_ids"] = "0" * 64
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert grave(audit_run(tmp_path)) == {"whole": "wrong"}


def test_the_gap_is_the_difference_of_the_weighted_f1(tmp_path: Path) -> None:
    audit = audit_run(
        Made(seeds=(1, 2, 3), valid=lambda f: 1.0, test=lambda f: 1.0).write(tmp_path)
    )
    assert of(audit, "gap").figure == 0
    assert of(audit, "floor").bars[0][1] == pytest.approx(100)


def test_an_easy_test_is_noted_and_of_few_dialogues_nothing_is_called_fine(tmp_path: Path) -> None:
    easy = audit_run(Made(valid=lambda f: 0.4, test=lambda f: 0.9).write(tmp_path / "easy"))
    assert of(easy, "gap").severity == "note"
    assert "easier" in of(easy, "gap").sentence
    few = audit_run(Made(dialogues=4, folds=2).write(tmp_path / "few"))
    for check in ("gap", "floor"):
        assert of(few, check).severity == "note"
        assert "dialogues that says little." in of(few, check).sentence


def test_a_run_without_any_answers_is_wrong(tmp_path: Path) -> None:
    Made(seeds=(1,), folds=2).write(tmp_path)
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
    audit = audit_run(tmp_path)
    assert of(audit, "whole").severity == "wrong"
    assert of(audit, "whole").figure == 0


def test_damaged_files_are_named(tmp_path: Path) -> None:
    Made(seeds=(1,)).write(tmp_path)
    (tmp_path / "seed-1" / "0" / "predictions.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(InputError, match=r"predictions\.parquet' is damaged"):
        audit_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json' is damaged"):
        audit_run(tmp_path)


@pytest.mark.parametrize("values", [(1, 2, 3, 4, 5), (2, 1, 3, 4), (3, 1, 2, 4, 5), (4, 3, 2, 1)])
def test_the_chance_of_an_order_is_what_counting_all_orders_gives(values: tuple[int, ...]) -> None:
    def inversions(order: tuple[int, ...]) -> int:
        return sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])

    orders = list(permutations(values))
    as_few = sum(inversions(o) <= inversions(values) for o in orders)
    assert order_chance(values) == pytest.approx(as_few / len(orders))


def test_a_flat_course_is_no_climb() -> None:
    assert order_chance([0.5] * 6) == 1
