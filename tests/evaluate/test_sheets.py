"""Sheets tell nothing of whose a reply is; what raters say comes back to its system."""

from __future__ import annotations

import csv
import json
import math

import pytest

from empathia.cli import main
from empathia.errors import InputError, UsageError
from empathia.evaluate.replies.systems import System
from empathia.evaluate.sheets import FAULTS, digest, draw, read_back, write
from empathia.judges.given import Given
from empathia.report.sheet import page

CONTEXTS = [f"I lost </script> number {n}" for n in range(6)]


def system(name: str) -> System:
    return System(name, tuple(Given(str(i), c, f"{name}'s {i}") for i, c in enumerate(CONTEXTS)))


def sheet(tmp_path, **options):
    items = draw([system("alpha"), system("beta")], **{"items": 6, "seed": 1, **options})
    write(tmp_path, items, page(items))
    return items


def rate(path, rows):
    path.write_text("id,faults\n" + "".join(f"{k},{v}\n" for k, v in rows.items()))
    return path


def test_the_same_seed_draws_the_same_and_another_another():
    systems = [system("alpha"), system("beta")]
    assert draw(systems, 4, 1) == draw(systems, 4, 1)
    assert draw(systems, 4, 1) != draw(systems, 4, 2)
    items = draw(systems, 4, 1)
    assert len({i.context for i in items}) == 4
    for context in {i.context for i in items}:
        assert {i.system for i in items if i.context == context} == {"alpha", "beta"}
    assert len({i.system for i in items if i.id.endswith("a")}) == 2  # no system is always first
    with pytest.raises(UsageError, match="no context"):
        draw([system("alpha"), System("c", (Given("1", "else", "x"),))], 4, 1)


def test_raters_get_no_names_and_no_script_of_others(tmp_path):
    items = sheet(tmp_path)
    shown = (tmp_path / "sheet.html").read_text()
    data = shown.partition("const SHEET = ")[2].partition(";\n")[0]
    told = {key for g in json.loads(data)["groups"] for r in g["replies"] for key in r}
    assert told == {"id", "reply"}
    assert "number 3" in shown
    assert shown.count("</script>") == 1
    rows = list(csv.DictReader((tmp_path / "sheet.csv").read_text().splitlines()))
    assert [r["id"] for r in rows] == [i.id for i in items]
    assert set(rows[0]) == {"id", "context", "reply", "faults"}
    assert json.loads((tmp_path / "key.json").read_text())["1a"]["system"] == items[0].system


def test_shares_and_agreement_are_those_worked_out_by_hand(tmp_path):
    items = sheet(tmp_path)
    alpha = [i.id for i in items if i.system == "alpha"]
    beta = [i.id for i in items if i.system == "beta"]
    ann = rate(
        tmp_path / "ann.csv", dict.fromkeys(alpha, "advises invents") | dict.fromkeys(beta, "fine")
    )
    told = {i: ["off"] for i in alpha[:3]} | {i: ["fine"] for i in [*alpha[3:], *beta]}
    ben = tmp_path / "ben.json"
    ben.write_text(json.dumps({"sheet": digest(items), "rater": "Ben", "ratings": told}))
    found = read_back([ann, ben], tmp_path / "key.json")
    first = next(s for s in found.systems if s.name == "alpha")
    second = next(s for s in found.systems if s.name == "beta")
    assert first.faulted.value == pytest.approx(9 / 12)
    assert first.faulted.low <= 9 / 12 <= first.faulted.high
    assert first.faults == pytest.approx(
        {**dict.fromkeys(FAULTS, 0.0), "advises": 0.5, "invents": 0.5, "off": 0.25}
    )
    assert second.faulted.value == 0
    # They agree on 9 of 12; of all 24 ratings 9 are "faulted".
    by_chance = (9 / 24) ** 2 + (15 / 24) ** 2
    assert found.kappa == pytest.approx((9 / 12 - by_chance) / (1 - by_chance))
    assert found.raters == ("ann", "ben")


def test_what_was_not_rated_is_left_out(tmp_path):
    items = sheet(tmp_path)
    some = rate(tmp_path / "ann.csv", {items[0].id: "fine", items[1].id: ""})
    found = read_back([some], tmp_path / "key.json")
    assert sorted(s.replies for s in found.systems) == [0, 1]
    assert math.isnan(found.kappa)


@pytest.mark.parametrize(
    ("rows", "said"),
    [({"1a": "rude"}, "the fault 'rude'"), ({"99a": "fine"}, "'99a' that is not of this sheet")],
)
def test_ratings_of_something_else_are_refused(tmp_path, rows, said):
    sheet(tmp_path)
    with pytest.raises(InputError, match=said):
        read_back([rate(tmp_path / "ann.csv", rows)], tmp_path / "key.json")


def test_ratings_of_another_sheet_with_the_same_ids_are_refused(tmp_path):
    items, key = sheet(tmp_path), tmp_path / "key.json"
    others = draw([system("alpha"), system("beta")], 6, 2)
    told = tmp_path / "ann.json"
    for of, ids in ((others, items), (items, items)):
        told.write_text(json.dumps({"sheet": digest(of), "ratings": {i.id: ["fine"] for i in ids}}))
        if of is others:
            with pytest.raises(InputError, match="another sheet"):
                read_back([told], key)
    assert sum(s.replies for s in read_back([told], key).systems) == len(items)
    table = tmp_path / "ben.csv"
    table.write_text(f"id,reply,faults\n{items[0].id},quite another,off\n")
    with pytest.raises(InputError, match="another reply 1a"):
        read_back([table], key)


def test_raters_whose_files_have_one_name_both_count(tmp_path):
    items = sheet(tmp_path)
    paths = []
    for who, said in (("ann", "fine"), ("ben", "off")):
        (tmp_path / who).mkdir()
        paths.append(rate(tmp_path / who / "ratings.csv", {i.id: said for i in items}))
    found = read_back(paths, tmp_path / "key.json")
    assert len(found.raters) == 2
    assert [s.faulted.value for s in found.systems] == [0.5, 0.5]


def test_nothing_rated_and_no_key(tmp_path):
    sheet(tmp_path)
    with pytest.raises(UsageError, match="nothing was rated"):
        read_back([tmp_path / "sheet.csv"], tmp_path / "key.json")
    with pytest.raises(InputError, match="is no key"):
        read_back([tmp_path / "sheet.csv"], tmp_path / "sheet.csv")


def test_a_sheet_is_made_and_read_back_by_commands(tmp_path, capsys):
    rows = "".join(f"{c},mine {i},theirs {i}\n" for i, c in enumerate(CONTEXTS))
    (tmp_path / "a.csv").write_text(f"context,reply,reference\n{rows}")
    blind = tmp_path / "blind"
    assert main(["evaluate", str(tmp_path / "a.csv"), "--sheet", str(blind), "--items", "3"]) == 0
    assert "6 replies of 2 systems" in capsys.readouterr().out
    table = list(csv.DictReader((blind / "sheet.csv").read_text().splitlines()))
    done = rate(
        tmp_path / "ann.csv", {r["id"]: "fine" if "mine" in r["reply"] else "off" for r in table}
    )
    read = ["evaluate", str(done), "--key", str(blind / "key.json"), "--bootstrap", "50"]
    assert main(read) == 0
    shown = capsys.readouterr().out
    assert "people" in shown and "100%" in shown and "alone" in shown
    assert main([*read, "--json"]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert {s["name"]: s["faulted"]["value"] for s in systems} == {"a": 0, "people": 1}
