"""What the table of left-out corpora says of answers that are known."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import judged
import numpy as np
import pytest
import strangers

from empathia.labels import EKMAN7, SHARED4, projection
from empathia.labels.sets import GOEMOTIONS28, KOTE44
from empathia.pipeline.priors import Prior
from empathia.training.keeping import Settings, write_arrays
from empathia.types import About, Emotion, Sample

NEUTRAL, JOY, ANGER, SADNESS = range(4)


class Reader:
    """Says the label that stands in the text, with 3/4; abstains on other texts."""

    about = About("reader", EKMAN7)

    def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
        return [[self._one(s.text or "") for s in d] for d in dialogues]

    def _one(self, text: str) -> Emotion:
        if text not in EKMAN7:
            return Emotion("reader", EKMAN7, abstained="no label")
        return Emotion("reader", EKMAN7, tuple(0.75 if x == text else 0.25 / 6 for x in EKMAN7))


def table(shares: list[list[float]], gold: list[int]) -> judged.Judged:
    return judged.Judged(np.array(shares), np.eye(4, dtype=bool)[gold], np.arange(len(gold)))


def test_scores_go_to_their_namesakes_and_sum_to_one() -> None:
    talk = judged.Talk(
        [[Sample("a", "joy"), Sample("b", "who knows"), Sample("c", "fear")]],
        {"a": ("joy",), "b": ("anger",), "c": ("sadness",)},
        SHARED4,
        {},
    )
    answers = judged.judge(Reader(), talk)
    assert answers.shares.sum(1) == pytest.approx(1)
    assert answers.shares[0, JOY] == pytest.approx(0.75 / 0.875)
    assert answers.shares[1:] == pytest.approx(0.25)
    assert answers.gold.argmax(1).tolist() == [JOY, ANGER, SADNESS]


def test_an_interval_holds_its_figure_and_is_a_point_where_all_is_right() -> None:
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 4, 200)
    shares = 0.6 * np.eye(4)[gold] + 0.4 * rng.dirichlet(np.ones(4), 200)
    noisy = judged.Judged(shares[::-1], np.eye(4, dtype=bool)[gold], np.arange(200) // 10)
    value, (low, high) = judged.of_counts("weighted_f1", [noisy])
    assert low < value < high
    right = noisy._replace(shares=shares)
    assert judged.of_counts("macro_f1", [right]) == (1, (1, 1))


def test_what_is_said_of_neutral_turns() -> None:
    sure, unsure = [0.02, 0.9, 0.04, 0.04], [0.1, 0.7, 0.1, 0.1]
    x = table([sure, unsure, [1, 0, 0, 0], unsure, sure], [NEUTRAL] * 3 + [JOY, JOY])
    rows = {r.what.strip(): r for r in strangers._left_out("made", [x], (0.5, 0.6))}
    assert rows["gold-neutral called joy"].value == pytest.approx(2 / 3)
    assert rows["recall of joy"].value == 1
    assert rows["gold-neutral called an emotion over 85%"].value == pytest.approx(1 / 3)
    assert rows["share of turns over 85%"].value == pytest.approx(3 / 5)
    assert rows["... of which are right"].value == pytest.approx(2 / 3)


def test_a_common_label_that_is_never_said_is_named() -> None:
    x = table([[0.7, 0.1, 0.1, 0.1]] * 4, [NEUTRAL, NEUTRAL, NEUTRAL, ANGER])
    (row,) = strangers._dead("made", [x], SHARED4)
    assert (row.value, row.note) == (1, "never: anger")
    assert "missed" in str(row)


@pytest.mark.parametrize(
    ("value", "up", "verdict"),
    [
        (0.65, True, "stretch"),
        (0.61, True, "met"),
        (0.59, True, "missed"),
        (0.65, False, "missed"),
        (0.60, False, "met"),
        (0.55, False, "stretch"),
    ],
)
def test_a_row_says_whether_its_target_is_met(value: float, up: bool, verdict: str) -> None:
    reach, stretch = (0.61, 0.64) if up else (0.61, 0.58)
    assert verdict in str(strangers.Row("a row", value, None, reach, stretch, up))


def test_scores_are_read_as_a_reading_moves_them() -> None:
    model = Reader()
    model.about = dataclasses.replace(model.about, prior=(0.4, *[0.1] * 6))
    ((emotion,),) = strangers.AsRead(model, Prior("balanced")).recognise([[Sample("a", "neutral")]])
    assert emotion.score("neutral") == pytest.approx(0.75 / 0.4 / (0.75 / 0.4 + 0.25 / 0.1))


def test_concordance_is_lins() -> None:
    x = np.array([1.0, 2, 3, 4])
    assert judged.concordance(x, x) == pytest.approx(1)
    assert judged.concordance(-x, x) == pytest.approx(-2.5 / (2.5 + 25))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two seeds, one of which always says joy and one anger; it keeps the first."""
    for folder, said in (("seed-1/all/model", "joy"), ("seed-2/all/model", "anger")):
        (tmp_path / "run" / folder).mkdir(parents=True)
        shares = np.array([0.94 if x == said else 0.01 for x in EKMAN7])
        write_arrays(tmp_path / "run" / folder, {"shares": shares}, {})
    settings = Settings("made", "majority", EKMAN7, True, True, {"text": ()}, {}, "CC0-1.0", False)
    (tmp_path / "run" / "model").mkdir()
    write_arrays(tmp_path / "run" / "model", {"shares": np.eye(7)[EKMAN7.index("joy")]}, {})
    settings.write(tmp_path / "run" / "model")
    return tmp_path / "run"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """GoEmotions and KOTE in little: of four comments three are joy and one is anger."""
    for corpus, labels in (("goemotions", GOEMOTIONS28), ("kote", KOTE44)):
        project = projection(labels, EKMAN7)
        numbers = {project(x): n for n, x in enumerate(labels)}
        (tmp_path / corpus).mkdir()
        for part in ("train", "val" if corpus == "kote" else "dev", "test"):
            rows = []
            for n, label in enumerate(["joy", "joy", "joy", "anger"]):
                cells = [f"{part}{n}", "a comment", str(numbers[label])]
                if corpus == "goemotions":
                    cells = [*cells[1:], cells[0]]
                rows.append("\t".join(cells) + "\n")
            (tmp_path / corpus / f"{part}.tsv").write_text("".join(rows), encoding="utf-8")
    return tmp_path


def test_comments_are_judged_by_each_seed_of_a_run(run: Path, data: Path) -> None:
    rows = {r.what.strip(): r for r in strangers.korean(data, [str(run)])}
    assert rows["the likeliest label is a gold one"].value == pytest.approx((3 / 4 + 1 / 4) / 2)
    (english,) = strangers.comments(data, [str(run)])
    assert 0 < english.value < 1


@pytest.mark.parametrize("flag", ["--diary", "--abroad"])
def test_what_nobody_reads_is_not_left_out_in_silence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, flag: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["strangers.py", str(tmp_path), flag])
    with pytest.raises(SystemExit):
        strangers.main()
    assert "--korean" in capsys.readouterr().err
