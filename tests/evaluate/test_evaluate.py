"""``empathia evaluate`` and ``compare``: the files, the table, the exit codes."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re

import pytest
from pyarrow import parquet
from result_folders import LABELS, made, row, write

from empathia.bench.results import read_results
from empathia.cli import main
from empathia.corpora import table
from empathia.errors import UsageError
from empathia.evaluate import evaluate
from empathia.evaluate.comparison import compare
from empathia.labels.sets import GOEMOTIONS28
from empathia.report.drawing import DARK, LIGHT, saved
from empathia.report.run.card import card
from empathia.report.run.html import run_page
from empathia.report.run.json import to_json
from empathia.report.run.pictures import pictures


@pytest.fixture
def run(tmp_path):
    return write(tmp_path / "run", {(s, "a"): made(s) for s in (1, 2)}, train_counts={"joy": 3})


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A run whose report is written, and what was printed."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    write(folder, {(s, "a"): made(s) for s in (1, 2)}, train_counts={"joy": 3})
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(["evaluate", str(folder), "--bootstrap", "50"]) == 0
    return folder, printed.getvalue()


@pytest.mark.long
def test_evaluate_writes_everything(evaluated):
    run, out = evaluated
    report = run / "report"
    found = json.loads((report / "evaluation.json").read_text())
    whole = next(m for m in found["measures"] if m["metric"] == "weighted_f1")
    assert f"{100 * whole['value']:.1f} [{100 * whole['low']:.1f}" in out
    assert "floor (majority)" in out
    names = {p.name for p in report.iterdir()}
    drawn = ("confusion", "classes", "slices", "reliability", "risk_coverage")
    assert names == {f"{n}.{k}" for n in drawn for k in ("png", "svg")} | {
        "evaluation.json",
        "report.html",
        "card.md",
        "predictions.csv",
        "predictions.parquet",
    }
    assert (report / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert (report / "confusion.svg").read_text().startswith("<?xml")
    rows = list(csv.DictReader(io.StringIO((report / "predictions.csv").read_text())))
    table = parquet.read_table(report / "predictions.parquet").to_pylist()
    assert len(rows) == len(table) == 2 * (8 + 12) * 4
    for a, b in zip(rows, table, strict=True):
        assert a["utterance"] == b["utterance"]
        assert b["right"] == (b["said"] == b["gold"])
        assert float(a["score:joy"]) == pytest.approx(b["score:joy"], abs=1e-6)


@pytest.mark.long
def test_evaluate_twice_gives_the_same_and_dumps(evaluated, tmp_path, capsys):
    run, _ = evaluated
    target, again = tmp_path / "all.csv", tmp_path / "again"
    words = ["evaluate", str(run), "--json", "--bootstrap", "50", "--out", str(again)]
    assert main([*words, "--dump", str(target)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["resamples"] == 50
    assert found["confusion"]["columns"] == [*LABELS, "unparsed", "nothing to judge by"]
    assert target.read_text().count("\n") == 161
    assert {p.name for p in again.iterdir()} == {p.name for p in (run / "report").iterdir()}
    for first in sorted(again.iterdir()):
        assert first.read_bytes() == (run / "report" / first.name).read_bytes(), first.name


def test_without_resamples_there_are_no_intervals(run):
    found = to_json(evaluate(read_results(run), 0))
    assert found["resamples"] == 0
    assert found["measures"][0]["low"] is None


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["evaluate", "{}/nowhere"], 2, "no run.json"),
        (["evaluate", "{}/run", "--dump", "x.xlsx"], 2, "cannot dump as '.xlsx'"),
        (["evaluate", "{}/run", "--bootstrap", "-1"], 2, "at least 0"),
        (["evaluate", "{}/run", "--out", "{}/run/run.json"], 2, "is a file"),
        (["compare", "{}/run"], 2, "at least two"),
        (["compare", "{}/run", "{}/run", "--metric", "ece"], 2, "unknown metric 'ece'"),
    ],
)
def test_wrong_use(run, capsys, words, code, says):
    assert main([w.format(run.parent) for w in words]) == code
    assert says in capsys.readouterr().err


def test_half_finished_run_is_no_result(run, capsys):
    (run / "seed-2" / "a" / "predictions.parquet").unlink()
    assert main(["evaluate", str(run)]) == 1
    assert "is not finished" in capsys.readouterr().err
    assert not (run / "report").exists()


def test_page_needs_nothing_from_outside_and_escapes_names(tmp_path):
    labels = ("<b>", "joy", "{{style}}")
    folder = write(tmp_path / "run", {(1, "a"): made(labels=labels)}, labels=labels)
    e = evaluate(read_results(folder), 20)
    drawn = pictures(e)
    page = run_page(e, {n: (p, b"<svg/>", b"<svg/>") for n, p in drawn.items()})
    assert not re.search(r"(src|href|srcset)=\"(?!data:)", page)
    assert "url(" not in page
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert page.count("<img ") == len(drawn) == page.count('prefers-color-scheme: dark)" srcset')
    assert all(p.alt and "nan" not in p.alt for p in drawn.values())


@pytest.mark.long
def test_pictures_have_themes_and_room_for_many_labels(tmp_path):
    labels = GOEMOTIONS28.labels
    folder = write(tmp_path / "run", {(1, "a"): made(labels=labels, dialogues=40)}, labels=labels)
    drawn = pictures(evaluate(read_results(folder), 20))["confusion"]
    light, dark = (saved(drawn.draw, t, "svg").decode() for t in (LIGHT, DARK))
    assert light != dark
    assert light.count("<text") + light.count("<!-- ") >= 28 * 2
    width, height = (float(re.search(rf'{k}="([\d.]+)pt"', light)[1]) for k in ("width", "height"))
    assert min(width, height) > 28 * 20  # a cell is at least 20 pt wide


def test_card_says_licence_rule_and_command(tmp_path):
    corpora = [
        {
            "name": "made",
            "licence": "CC BY-NC",
            "noncommercial": True,
            "citation": "N",
            "page": "https://example.org",
            "language": "en",
        }
    ]
    folder = write(tmp_path / "run", {(1, "a"): made()}, corpora=corpora)
    told = card(evaluate(read_results(folder), 20))
    for words in (
        "Not for commercial use",
        "Selected by validation macro F1",
        "past context only",
        "empathia train runs/run.toml --data DATA",
        "One seed",
        "CC BY-NC",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "The licences of its data allow commercial use."),
        ({"modalities": {"text": ["text:text-empathetic"]}}, "works with, text-empathetic."),
        (
            {"settings": {"model": {"options": {"start": "text-empathetic"}}}},
            "works with, text-empathetic.",
        ),
        (
            {"corpora": [{"name": "table", "licence": table.INFO.licence, "noncommercial": True}]},
            "Its licence is that of the data you brought (table).",
        ),
    ],
)
def test_card_tells_what_binds_the_run(tmp_path, other, says):
    folder = write(tmp_path / "run", {(1, "a"): made()}, **other)
    told = card(evaluate(read_results(folder), 0))
    assert says in told
    assert ("**Not for commercial use**" in told) == ("works with" in says)


def worse(rows):
    """The same rows, every fourth test answer replaced by a wrong one."""
    wrong = [r | {"said": "neutral" if r["gold"] == "joy" else "joy"} for r in rows]
    return [
        w if r["part"] == "test" and i % 4 == 0 else r
        for i, (r, w) in enumerate(zip(rows, wrong, strict=True))
    ]


def test_compare_says_how_sure_a_difference_is(tmp_path, capsys):
    rows = {(s, "a"): made(7, dialogues=40, skill=0.8) for s in (1, 2)}
    first = write(tmp_path / "good", rows)
    second = write(tmp_path / "worse", {k: worse(v) for k, v in rows.items()}, causal=False)
    found = compare([read_results(p) for p in (first, second, first)], "accuracy")
    base, bad, same = found.rows
    assert base.difference is None
    assert bad.difference.value == pytest.approx(bad.score.value - base.score.value)
    assert bad.difference.high < 0
    assert bad.p < 0.01
    assert (same.difference.value, same.difference.low, same.p) == (0, 0, 1)
    # Paired: far narrower than the two intervals together.
    assert bad.difference.high - bad.difference.low < base.score.high - base.score.low
    assert main(["compare", str(first), str(second)]) == 0
    out = capsys.readouterr().out
    assert "worse *" in out
    assert "worse not causal" in out


def test_compare_takes_the_common_utterances_and_says_so(tmp_path):
    rows = made(1, dialogues=12)
    fewer = [r for r in rows if r["dialogue"] not in ("test-d0", "test-d1")]
    runs = [
        read_results(write(tmp_path / n, {(1, "a"): r}))
        for n, r in (("all", rows), ("fewer", fewer))
    ]
    found = compare(runs)
    assert (found.utterances, found.dialogues) == (40, 10)
    assert found.rows[0].score.value == pytest.approx(found.rows[1].score.value)
    assert found.notes == (
        "all: 8 of its 48 test utterances are not in all runs and are left out here.",
    )


def test_compare_pairs_utterances_whatever_their_dialogues_are_called(tmp_path):
    rows = made(7, dialogues=40, skill=0.8)
    renamed = [r | {"dialogue": r["utterance"]} for r in worse(rows)]
    first, plain, other = (
        read_results(write(tmp_path / n, {(1, "a"): r}))
        for n, r in (("first", rows), ("plain", worse(rows)), ("other", renamed))
    )
    expected, found = compare([first, plain], "accuracy"), compare([first, other], "accuracy")
    assert found.rows[1].difference == expected.rows[1].difference
    assert found.dialogues == 40
    assert found.notes == (
        "other: 160 of the common utterances are in another dialogue than in "
        "first, whose dialogues are resampled.",
    )
    assert expected.notes == ()


def test_compare_knows_an_utterance_whether_or_not_a_run_has_several_corpora(tmp_path):
    rows = made(7, dialogues=12)
    several = [r | {k: f"made/{r[k]}" for k in ("utterance", "dialogue")} for r in worse(rows)]
    runs = [
        read_results(write(tmp_path / n, {(1, "a"): r}))
        for n, r in (("one", rows), ("several", several), ("plain", worse(rows)))
    ]
    found = compare(runs)
    assert (found.utterances, found.dialogues, found.notes) == (48, 12, ())
    assert found.rows[1].difference == found.rows[2].difference


def test_compare_reads_labels_by_name(tmp_path):
    rows, turned = made(1), ("sadness", "neutral", "joy")
    runs = [
        read_results(write(tmp_path / "a", {(1, "a"): rows})),
        read_results(write(tmp_path / "b", {(1, "a"): rows}, labels=turned)),
    ]
    found = compare(runs, "macro_f1")
    assert found.rows[1].difference.value == pytest.approx(0)
    assert found.notes == ()


def test_compare_refuses_what_cannot_be_compared(tmp_path):
    first = read_results(write(tmp_path / "a", {(1, "a"): made(1)}))
    labels = ("joy", "fear", "anger")
    other = read_results(write(tmp_path / "b", {(1, "a"): made(1, labels=labels)}, labels=labels))
    with pytest.raises(UsageError, match="same labels"):
        compare([first, other])
    apart = read_results(write(tmp_path / "c", {(1, "a"): made(1, first="elsewhere")}))
    with pytest.raises(UsageError, match="no test utterance in common"):
        compare([first, apart])


def test_compare_on_one_dialogue_gives_no_interval(tmp_path):
    rows = [row(utterance=f"u{i}", scores=(0, 1, 0)) for i in range(4)]
    r = read_results(write(tmp_path / "a", {(1, "a"): rows}))
    found = compare([r, r])
    assert found.rows[1].p is None
    assert found.rows[1].difference.low is None
    assert any("one test dialogue" in n for n in found.notes)
