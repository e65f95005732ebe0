"""What a label hangs on in one wording is held against another one."""

from __future__ import annotations

import argparse
import re

import pytest
import why

from empathia.emotion.lm.asking import Asking
from empathia.emotion.lm.read import untrained
from empathia.lm.scripted import ScriptedModel


@pytest.fixture
def scripted(monkeypatch):
    """The untaught recogniser, which asks a function; three talks of one turn."""

    def use(scores, *lines):
        def made(*how):
            model = ScriptedModel([], scores=scores)
            return why.dataclasses.replace(untrained(*how), asking=Asking(lambda: model, "m"))

        talks = iter([[why.Sample("0", line, "en", speaker="Ann")] for line in lines])
        monkeypatch.setattr(why, "untrained", made)
        monkeypatch.setattr(why, "_talk", lambda _: next(talks, []))
        return argparse.Namespace(model="smollm2", threads=1, turns=len(lines))

    return use


def test_a_clue_of_both_wordings_carries_over(scripted, capsys):
    options = scripted(
        lambda m, x: 2.0 * (x == "joy" and "great" in m[-1].content), "it was great", "a great day"
    )
    why.carries(options)
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.match(r" +2 turns: .* in 100% \(by \+2\.00 nats\), .* by \+0\.00; .* in 100%", last)


def test_a_clue_of_one_wording_does_not(scripted, capsys):
    def scores(messages, answer):
        plain = messages[0].content.startswith("Read the talk")
        clue = plain and answer == "joy" and "great" in messages[-1].content
        return 2.0 * clue + len(answer) / 100

    why.carries(scripted(scores, "it was great"))
    assert "in 0% (by +0.00 nats)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 2, 3], [10, 20, 30], 1),
        ([1, 2, 3], [3, 2, 1], -1),
        ([1, 2, 3], [1, 3, 2], 1 / 3),
        ([1, 2], [5, 5], 0),
    ],
)
def test_orders_are_compared_pair_by_pair(a, b, expected):
    assert why.tau(a, b) == pytest.approx(expected)
