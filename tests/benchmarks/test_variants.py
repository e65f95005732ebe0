"""What the wording changes is measured on the same turns, and calibrated by others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import variants
from variants import Answered, Figures, Place, Table, Way

from empathia import bench
from empathia.corpora import toy
from empathia.files import read_json_lines

RUN = """
name = "asked"
[data]
corpora = ["toy"]
labels = "corpus"
[features]
text = []
[model]
recogniser = "lm"
backend = "scripted"
model = ""
[training]
select = "macro_f1"
"""


@pytest.fixture
def asked(tmp_path):
    toy.make(tmp_path / "toy", dialogues=20)
    (tmp_path / "asked.toml").write_text(RUN, "utf-8")
    return Way(tmp_path / "asked.toml"), Place(tmp_path, tmp_path / "out", turns=9)


def row(gold, scores, **more):
    more = {"exclusive": True, "unparsed": 0} | more
    dialogue = np.zeros(len(gold), np.int64)
    return Answered(
        "x",
        ("a", "b"),
        dialogue=dialogue,
        gold=np.array(gold, bool),
        scores=np.array(scores),
        **more,
    )


def test_turns_are_drawn_once_in_whole_dialogues(asked):
    part = variants.problem(*asked).valid
    ids = variants.drawn(part, 9)
    assert ids == variants.drawn(part, 9)
    assert len(ids) == 9
    at = {s.id: (n, i) for n, d in enumerate(part.dialogues) for i, s in enumerate(d)}
    assert len({(n, at[k][0]) for k, n in ids.items()}) == len(set(ids.values())) == 2
    for n in set(ids.values()):
        turns = [at[k][1] for k in ids if ids[k] == n]
        assert turns == list(range(len(turns)))  # from the first on


def test_no_dialogue_calibrates_what_is_said_of_it(asked):
    way, place = asked
    given = variants.problem(way, place)
    ids = variants.drawn(given.valid, 100)
    model = place.asking(given.options)
    before = variants.told_by_model(given, ids, model)
    assert before.keys() == ids.keys()
    first = [k for k, n in ids.items() if n == 0]
    turned = {k: t[::-1] if k in first else t for k, t in given.valid.targets.items()}
    given = dataclasses.replace(given, valid=dataclasses.replace(given.valid, targets=turned))
    after = variants.told_by_model(given, ids, model)
    assert [k for k in ids if after[k] == before[k]] == first


def test_a_table_holds_ways_against_the_first_and_asks_nothing_twice(asked, capsys):
    way, place = asked
    ways = {
        "once": way,
        "twice": way.but("model.twice=true"),
        "once more": way.but("training.threads=1"),
    }
    floor = {"the commonest label": variants.floors(way)["the commonest label"]}
    table = Table("twice", way, ways, floor)
    variants.show(table, place)
    told = capsys.readouterr().out
    rows = {
        x.split(" | ")[0].removeprefix("| "): x.split(" | ")[1:]
        for x in told.splitlines()
        if x.startswith("| ")
    }
    assert list(rows)[-4:] == [*ways, *table.floors]
    assert {r[0] for r in list(rows.values())[-4:]} == {"9"}
    assert rows["once more"][:6] == rows["once"][:6] != rows["twice"][:6]
    assert rows["once more"][6].startswith("+0.0 (+0.0 to +0.0)")
    assert "Between the best and the worst of 3: weighted F1" in told
    kept = len(list(read_json_lines(place.out / "answers.jsonl")))
    assert kept == 2 * 9
    variants.show(table, Place(place.data, place.out, turns=9))
    assert capsys.readouterr().out == told
    assert len(list(read_json_lines(place.out / "answers.jsonl"))) == kept


def test_the_vote_of_examples_needs_no_model(asked):
    way, place = asked
    copies = dataclasses.replace(way.but("model.shots=3"), copies=True)
    given = variants.problem(copies, place)
    part = variants.only(given.valid, variants.drawn(given.valid, 9))
    ordinary = variants.told_by_examples(given, part)
    assert ordinary.keys() == part.targets.keys()
    for shares in ordinary.values():  # three votes, and half a one of the nearest
        assert sum(shares) == pytest.approx(1)
        assert {round(7 * x) for x in shares} <= {0, 2, 3, 4, 5, 7}
        assert max(shares) >= 3 / 7
    second = dict.fromkeys(given.train.targets, tuple(float(i == 1) for i in range(6)))
    taught = dataclasses.replace(given.train, targets=second)
    told = variants.told_by_examples(dataclasses.replace(given, train=taught), part)
    assert {shares.index(1.0) for shares in told.values()} == {1}


def test_who_does_not_answer_is_wrong_and_not_sure_of_it():
    gold = [[1, 0], [1, 0], [0, 1], [0, 1]]
    made = row(gold, [[0.75, 0.25], [np.nan, np.nan], [0.25, 0.75], [0.75, 0.25]], unparsed=1)
    figures = Figures.of(made, 1).whole
    assert figures["macro_f1"] == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert figures["uar"] == pytest.approx(0.5)
    assert made.error() == pytest.approx(0.75 - 2 / 3)


def test_of_several_labels_each_counts():
    made = row([[1, 1], [0, 1]], [[0.9, 0.1], [0.4, 0.8]], exclusive=False)
    assert Figures.of(made, 1).whole["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert made.error() == pytest.approx((2 * (0.9 - 0.5) + (1 - 0.6) + (1 - 0.8)) / 4)


def test_every_way_can_be_asked():
    for table in variants.tables().values():
        for way in (table.turns, *table.ways.values(), *table.floors.values()):
            bench.checked(way.read())
    several = variants.tables()["several"].ways["each yes or no"]
    assert several.read().data.targets == "multi"
