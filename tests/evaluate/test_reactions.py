"""Figures of reactions: by hand, against plain means, floors beside, and what is said of them."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from answered_pairs import RATE, Run, course, told, value

from empathia.bench import reacted
from empathia.cli import main
from empathia.errors import InputError, UsageError
from empathia.evaluate.reactions import evaluate
from empathia.evaluate.reactions.figures import Measured
from empathia.evaluate.reactions.verdict import sentences
from empathia.metrics.reactions.appropriateness import frcorr, frdist
from empathia.metrics.reactions.concordance import concordance
from empathia.metrics.reactions.distance import cosine, mean_squared_error
from empathia.metrics.reactions.diversity import frdiv, frdvs, frvar
from empathia.metrics.reactions.lag import lag
from empathia.metrics.reactions.synchrony import frsyn
from empathia.report import reactions as looks
from empathia.types import Features, Score


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def test_every_figure_is_the_mean_of_its_measure_over_pairs(run: Run) -> None:
    best = [course(4, i) for i in range(8)]
    other = [course(5, i, frames=15) for i in range(8)]
    rows = [course(6, i, frames=1, columns=3) for i in range(8)]
    labels = ["glad", "glad", None, "sad", "sad", "glad", "glad", "sad"]
    run.say(
        "new",
        lambda i: [(labels[i], {"face": best[i], "tone": rows[i]}), ("sad", {"face": other[i]})],
    )
    e = run.evaluated()
    assert (e.pairs, e.dialogues) == (8, 4)

    def mean(each: Callable[[int], float]) -> float:
        return pytest.approx(np.mean([each(i) for i in range(8)]), abs=1e-6)

    expected = {
        "mse": mean(lambda i: mean_squared_error(run.face[i], best[i])),
        "cosine": mean(lambda i: cosine(run.face[i], best[i])),
        "frcorr": mean(lambda i: frcorr([run.face[i]], [best[i], other[i]])),
        "frdist": mean(lambda i: frdist([run.face[i]], [best[i], other[i]])),
        "frvar": mean(lambda i: (frvar(best[i]) + frvar(other[i])) / 2),
        "frdiv": mean(lambda i: frdiv([best[i], other[i]])),
        "frdvs": pytest.approx((frdvs(best) + frdvs(other)) / 2),
        "frsyn": mean(lambda i: frsyn(run.hers[i], [best[i], other[i]], RATE)),
        "lag": mean(lambda i: lag(run.face[i], best[i], RATE).seconds),
        "covered": 1.0,
    }
    assert {m: value(e, "new", "face", m) for m in expected} == expected
    # Gold is g s g s g s g s, told are g g - s s g g s, of which four are right.
    # glad: 2 right, 4 told, 4 gold; sad: 2 right, 3 told, 4 gold.
    assert value(e, "new", "emotion", "accuracy") == 4 / 8
    assert value(e, "new", "emotion", "covered") == 7 / 8
    assert "emotion: new foretells 87.5% of it, the rest is wrong" in sentences(
        e.systems, e.verdicts
    )
    assert value(e, "new", "emotion", "weighted_f1") == pytest.approx((4 / 8 + 4 / 7) / 2)
    assert value(e, "new", "tone", "mse") == mean(
        lambda i: mean_squared_error(run.tone[i], rows[i])
    )
    stacked = np.concatenate(run.tone), np.concatenate(rows)
    assert value(e, "new", "tone", "ccc") == pytest.approx(concordance(*stacked), abs=1e-6)
    assert value(e, "people", "face", "frvar") == mean(lambda i: frvar(run.face[i]))
    assert value(e, "people", "face", "frsyn") == mean(
        lambda i: frsyn(run.hers[i], [run.face[i]], RATE)
    )
    assert value(e, "people", "tone", "frdvs") == pytest.approx(frdvs(run.tone))


def test_a_good_predictor_beats_hold_and_mirror_and_says_so(run: Run) -> None:
    noise = [course(7, i) * 0.05 for i in range(8)]
    run.say("good", lambda i: [(run.gold[i], {"face": run.face[i] + noise[i]})])
    run.hold()
    run.mirror()
    e = run.evaluated()
    assert all(v.beats for v in e.verdicts)
    assert {(v.what, v.measure) for v in e.verdicts} == {
        ("emotion", "weighted_f1"),
        ("face", "mse"),
        ("face", "frcorr"),
    }
    assert sentences(e.systems, e.verdicts) == (
        "emotion, weighted_f1: good beats hold, mirror",
        "face, mse: good beats hold, mirror",
        "face, frcorr: good beats hold, mirror",
        "tone: good foretells 0.0% of it, the rest counts for nobody",
    )


def test_concordance_is_compared_over_the_pairs_that_both_answer(run: Run) -> None:
    run.say("new", lambda i: [("glad", {"tone": run.tone[i] if i % 2 else -run.tone[i]})])
    run.say("half", lambda i: [("glad", {"tone": run.tone[i] if i % 2 else None})])
    e = run.evaluated()
    ahead = e.systems[1].ahead["tone"]
    assert value(e, "new", "tone", "ccc") < 0.9
    assert value(e, "half", "tone", "ccc") == pytest.approx(1)
    assert {m: round(ahead[m].value, 9) for m in ("mse", "ccc")} == {"mse": 0, "ccc": 0}
    assert {ahead[m].n for m in ("mse", "ccc")} == {4}


@pytest.mark.parametrize(("moves", "still"), [(3e-31, True), (0.0, True), (0.01, False)])
def test_a_constant_does_not_move_where_scaling_leaves_a_rounding_error(moves, still) -> None:
    new, people = (
        Measured(name, {"face": {"frvar": Score("frvar", frvar)}}, {})
        for name, frvar in (("new", moves), ("people", 0.9))
    )
    assert ("face: what new foretells does not move" in sentences([new, people], [])) == still


def test_a_constant_predictor_never_looks_good(run: Run) -> None:
    run.mean()
    run.hold()
    run.mirror()
    e = run.evaluated()
    assert value(e, "mean", "face", "frcorr") == 0
    assert math.isnan(value(e, "mean", "face", "frsyn"))
    assert not any(v.beats for v in e.verdicts if v.measure == "frcorr" and v.floor == "hold")
    assert "face: what mean foretells does not move" in sentences(e.systems, e.verdicts)


def test_shuffled_reactions_do_not_beat_their_mean(tmp_path: Path) -> None:
    run = Run(tmp_path / "run", pairs=24)
    order = np.random.default_rng(1).permutation(24)
    run.say("shuffled", lambda i: [("glad", {"face": run.face[order[i]]})])
    run.mean()
    run.say("word", lambda i: [("sad", {})])
    verdicts = [v for v in run.evaluated().verdicts if (v.floor, v.measure) == ("mean", "mse")]
    assert [v.beats for v in verdicts] == [False]
    told = " ".join(sentences((e := run.evaluated()).systems, e.verdicts))
    assert "face, mse: shuffled does not beat mean" in told
    assert "is not told from hold (no figure), mirror (no figure)" in told
    assert "word (no figure)" not in told, "who foretells other things is no floor of this"


def test_who_is_not_among_the_floors_is_named(run: Run) -> None:
    run.mirror()
    e = run.evaluated()
    assert sentences(e.systems, e.verdicts)[0] == (
        "emotion, weighted_f1: mirror is not told from hold (no figure)"
    )


def test_who_says_no_emotion_is_not_beaten(run: Run) -> None:
    run.say("new", lambda i: [("glad", {})])
    run.say("hold", lambda i: [(None, {})])
    e = run.evaluated()
    assert math.isnan(value(e, "hold", "emotion", "accuracy"))
    assert [v.beats for v in e.verdicts if v.floor == "hold"] == [None]
    run.predictor, run.floors = "hold", ["new"]
    e = run.evaluated()
    assert "emotion: hold foretells none" in sentences(e.systems, e.verdicts)


def test_what_is_absent_changes_nothing_else(run: Run) -> None:
    whole = [course(8, i) for i in range(8)]
    run.say("whole", lambda i: [("glad", {"face": whole[i], "tone": run.tone[i]})])
    run.say(
        "half", lambda i: [("glad", {"face": whole[i] if i < 6 else None, "tone": run.tone[i]})]
    )
    gap = np.concatenate([course(8, 0), np.full((20, 2), np.nan)])
    run.face[0] = np.concatenate([run.face[0], np.full((20, 2), np.nan)])
    whole[0] = gap
    e = run.evaluated()
    every, half = e.systems[:2]
    assert every.scores["tone"] == half.scores["tone"]
    assert every.scores["emotion"] == half.scores["emotion"]
    assert value(e, "half", "face", "covered") == 6 / 8
    assert half.scores["face"]["mse"].n == 6
    # Paired on the six that both answer, where they say the same.
    assert all(s.value == 0 for m, s in half.ahead["face"].items() if m != "covered")


def test_frames_come_to_the_rate_and_the_length_of_the_real_ones(run: Run) -> None:
    line = np.linspace([0.0, 1.0], [3.8, 4.8], 20)
    run.face = [line] * 8
    twice = np.linspace(line[0], line[-1], 39)
    run.say("fast", lambda i: [("glad", {"face": twice})], rate=2 * RATE)
    run.say("longer", lambda i: [("glad", {"face": np.concatenate([line, line])})])
    run.say("short", lambda i: [("glad", {"face": line[:19]})])
    e = run.evaluated()
    assert value(e, "fast", "face", "mse") == pytest.approx(0, abs=1e-9)
    assert value(e, "longer", "face", "mse") == 0
    assert value(e, "short", "face", "mse") == pytest.approx(0.2**2 / 20, abs=1e-6)


def test_seeds_are_averaged_and_pairs_may_stand_in_any_order(tmp_path: Path) -> None:
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two", seeds=(1, 2))
    for run in (one, two):
        run.say("same", lambda i: [("glad", {"face": course(9, i)})])
        run.mirror()
        run.evaluated()
    pairs, said = [*reacted.read_pairs(two.at(2))], [*reacted.read_said(two.at(2), "same")]
    reacted.write_pairs(two.at(2), pairs[::-1], ["face", "tone"])
    for name in ("same", "mirror"):
        answers = [*reacted.read_said(two.at(2), name)]
        reacted.write_said(two.at(2), name, answers[::-1])
    assert len(said) == 8
    for a, b in zip(evaluate(one.folder).systems, evaluate(two.folder).systems, strict=True):
        for what, scores in a.scores.items():
            for measure, s in scores.items():
                t = b.scores[what][measure]
                assert (s.value, s.low, s.high, s.n) == pytest.approx((t.value, t.low, t.high, t.n))


def test_landmarks_are_measured_in_units_of_the_eyes(run: Run) -> None:
    face = np.random.default_rng(1).normal(size=(1, 478, 3))
    unit = np.linalg.norm(face[0, 33] - face[0, 263])
    run.tone = [face.reshape(1, -1)] * 8
    moved = (face + np.array([0.07 * unit, 0, 0])).reshape(1, -1)
    run.say("new", lambda i: [("glad", {"tone": moved})])
    e = run.evaluated()
    assert value(e, "new", "tone", "nme") == pytest.approx(0.07, abs=1e-6)
    shares = [value(e, "new", "tone", m) for m in ("pck05", "pck10", "accuracy10")]
    assert shares == [0, 1, 1]
    assert {v.measure for v in e.verdicts if v.what == "tone"} == {"nme"}


def test_one_dialogue_has_no_intervals(tmp_path: Path) -> None:
    run = Run(tmp_path / "run", pairs=2)
    run.mirror()
    run.hold()
    e = run.evaluated()
    assert all(s.low is None for m in e.systems for x in m.scores.values() for s in x.values())
    assert "is not told from hold (no interval)" in sentences(e.systems, e.verdicts)[0]


def test_answers_that_do_not_fit_are_refused(run: Run) -> None:
    run.say("rows", lambda i: [("glad", {"face": np.zeros((1, 2))})])
    with pytest.raises(UsageError, match=r"has 2 columns at 10.0 Hz, what was foretold has 2 at"):
        run.evaluated()
    reacted.write_said(run.at(1), "rows", [[told("glad", {})]] * 3)
    with pytest.raises(InputError, match="holds 8 pairs and 3 answers of 'rows'"):
        evaluate(run.folder)


def test_columns_of_several_units_weigh_the_same(run: Run) -> None:
    run.say("new", lambda i: [("glad", {"face": course(4, i)})])
    plain = run.evaluated().systems[0].scores["face"]
    scaled = np.array([1000.0, 1.0])
    folder = run.at(1)
    pairs, said = [*reacted.read_pairs(folder)], [*reacted.read_said(folder, "new")]

    def other(f: Features, units: tuple[str, ...]) -> Features:
        return dataclasses.replace(f, values=(f.values * scaled).astype(np.float32), units=units)

    def rewritten(units: tuple[str, ...]) -> Mapping[str, Score]:
        moved = [
            dataclasses.replace(
                p,
                truth={"face": other(p.truth["face"], units)},
                stimulated={"face": other(p.stimulated["face"], units)},
            )
            for p in pairs
        ]
        reacted.write_pairs(folder, moved, ["face"])
        again = [
            [dataclasses.replace(r, features={"face": other(r.features["face"], units)})]
            for (r,) in said
        ]
        reacted.write_said(folder, "new", again)
        return evaluate(run.folder, 0).systems[0].scores["face"]

    one, several = rewritten(("Hz", "Hz")), rewritten(("Hz", "dB"))
    assert one["mse"].value > 1e5 * plain["mse"].value
    spread = np.concatenate(run.face).std(axis=0)
    errors = [((a - course(4, i)) / spread) ** 2 for i, a in enumerate(run.face)]
    assert several["mse"].value == pytest.approx(np.mean(errors), rel=1e-4)
    for measure in ("frcorr", "frsyn", "lag"):  # these know no units
        assert several[measure].value == pytest.approx(plain[measure].value, abs=1e-4)


class Cells(HTMLParser):
    """All texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_the_command_prints_and_writes_all_floors(run: Run, capsys) -> None:
    run.mean()
    run.hold()
    run.mirror()
    run.evaluated()
    assert main(["evaluate", str(run.folder), "--bootstrap", "50"]) == 0
    out = capsys.readouterr().out
    assert "face\tmean\thold\tmirror\tpeople" in out
    assert "* 8 pairs of 4 dialogues, 1 seed\n" in out
    assert "* no pairs, over seeds and folds: 3 nothing follows" in out
    report = run.folder / "report"
    texts = Cells((report / "report.html").read_text()).texts
    assert {"weighted_f1", "frcorr", "hold", "mirror", "people"} <= set(texts)
    assert main(["evaluate", str(run.folder), "--bootstrap", "50", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((report / "evaluation.json").read_text())
    assert [s["name"] for s in printed["systems"]] == ["mean", "hold", "mirror", "people"]
    lines = (report / "figures.csv").read_text().splitlines()
    assert lines[0] == "predictor,what,measure,value,low,high,n,ahead,ahead_low,ahead_high"
    assert len(lines) == 1 + sum(len(x) for s in printed["systems"] for x in s["measures"].values())
    assert looks.to_json(evaluate(run.folder, 50)) | {"sentences": []} == printed | {
        "sentences": []
    }


def test_what_a_command_of_recognisers_alone_can_is_refused(run: Run, capsys) -> None:
    run.mirror()
    run.evaluated()
    assert main(["evaluate", str(run.folder), "--dump", "x.csv"]) == 2
    assert "--dump is of recognisers" in capsys.readouterr().err


def test_figures_of_a_row_have_one_format_that_tells_systems_apart(run: Run) -> None:
    run.face = [f / 300 for f in run.face]
    run.say("near", lambda i: [("glad", {"face": run.face[i] * 1.1})])
    run.say("far", lambda i: [("sad", {"face": run.face[i] * 1.4})])
    e = run.evaluated()
    table = next(rows for head, rows in looks.tables(e) if head[0] == "face")
    for measure, *cells in table:
        figures = [f for cell in cells for f in re.findall(r"[^][*, ]+", cell)]
        assert all(re.fullmatch(r"-?\d+\.\d{3,}", f) for f in figures), (measure, figures)
        assert len({len(f.partition(".")[2]) for f in figures}) == 1, (measure, figures)
    rows = {measure: cells for measure, *cells in table}
    near, far = (float(re.split(r"[* ]", cell)[0]) for cell in rows["mse"][:2])
    assert far / near == pytest.approx(16, rel=0.1)
    assert re.match(r"\d\.\d{3}\D", rows["cosine"][0])


def test_who_foretells_nothing_of_a_feature_has_no_column_but_a_line(run: Run) -> None:
    run.say("new", lambda i: [("glad", {"face": run.face[i]})])
    run.say("words", lambda i: [("sad", {})])
    run.mirror()
    e = run.evaluated()
    assert {head[0]: head[1:] for head, _ in looks.tables(e)} == {
        "emotion": ["new", "words", "mirror"],
        "face": ["new", "mirror", "people"],
        "tone": ["new", "people"],
    }
    assert {"face: words foretells none", "tone: words, mirror foretell none"} <= set(
        looks.remarks(e)
    )


def test_intervals_stand_below_their_figures_and_names_of_rows_stay(run: Run) -> None:
    run.mean()
    run.mirror()
    page = looks.page(run.evaluated())
    assert re.search(r"<td>[-\d.]+\*?<span class=\"span\">\[[-\d.]+, [-\d.]+\]</span></td>", page)
    assert ".scroll { overflow-x: auto" in page
    assert re.search(r"\.stacked th:first-child {[^}]*sticky", page)
