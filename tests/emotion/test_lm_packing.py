"""Prompts of a run: each one that could be asked, all beginning alike."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.emotion.lm import template
from empathia.emotion.lm.packing import runs
from empathia.emotion.lm.prompt import Shape, prompts
from empathia.labels import EKMAN7
from empathia.types import Sample

said = st.lists(st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["hi", "no", "", None])))


@settings(max_examples=60)
@given(said, st.sets(st.integers(0, 20)), st.integers(0, 6), st.integers(0, 8), st.integers(1, 5))
def test_prompts_of_a_run_begin_alike_and_show_no_more_than_the_window(
    turns, labelled, window, back, most
):
    dialogue = [Sample(str(i), text, speaker=who) for i, (who, text) in enumerate(turns)]

    def asked(window):
        wanted = {str(i) for i in labelled}
        return prompts(dialogue, wanted, template.read(), Shape(window=window), EKMAN7)

    shown = asked(window)
    made = runs(dialogue, shown, back=back, turns=most)
    assert [id for run in made for id in run] == list(shown)
    assert all(len(run) <= most for run in made)
    for run in made:
        every = list(run.values())
        assert len(every[0].past) == min(back, len(shown[next(iter(run))].past))
        for one, later in pairwise(every):
            assert later.past[: len(one.past)] == one.past
        for id, prompt in run.items():
            assert len(prompt.past) <= window
            plain = asked(len(prompt.past))[id]
            assert dataclasses.replace(prompt, dropped=0) == plain


def test_with_a_stride_and_the_whole_window_prompts_are_those_of_use():
    dialogue = [Sample(str(i), f"turn {i}", speaker="AB"[i % 2]) for i in range(40)]
    shape = Shape(window=12, stride=6)
    shown = prompts(dialogue, {str(i) for i in range(40)}, template.read(), shape, EKMAN7)
    made = runs(dialogue, shown, back=12, turns=13)
    assert [len(run) for run in made] == [13, 6, 6, 6, 6, 3]
    assert {id: p for run in made for id, p in run.items()} == shown
