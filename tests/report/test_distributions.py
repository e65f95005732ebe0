"""Figures of distributions: values by group, thresholds, files."""

from __future__ import annotations

import re

import numpy as np
import pytest

from empathia.cues.bins import Bins
from empathia.errors import InputError, UsageError
from empathia.report.corpus.distributions import by_group, draw
from empathia.types import Dialogue, Features, Utterance

pytest.importorskip("matplotlib")
NAMES = ("avg_pitch", "avg_intensity")


def corpus() -> tuple[list[Dialogue], dict[str, Features]]:
    rng = np.random.default_rng(0)
    genders = ["female", "male", None] * 20
    said = tuple(Utterance(f"u{i}", i, "A", gender=g) for i, g in enumerate(genders))
    rows = {
        u.id: Features(u.id, "prosody", rng.normal([180, 60], 9, (1, 2)).astype(np.float32), NAMES)
        for u in said[:-1]
    }
    rows["u0"].values[0, 1] = np.nan
    return [Dialogue("d", said)], rows


def test_groups_hold_what_was_measured():
    values = by_group(*corpus())
    assert list(values) == ["overall", "female", "male"]
    sizes = {g: {m: len(v) for m, v in of.items()} for g, of in values.items()}
    assert sizes["overall"] == {"avg_pitch": 59, "avg_intensity": 58}
    assert sizes["female"] == {"avg_pitch": 20, "avg_intensity": 19}


@pytest.mark.long
def test_figure_shows_every_group_and_threshold(tmp_path):
    values = by_group(*corpus())
    bins = Bins.load()
    plain = draw(values, tmp_path / "plain.svg").read_text()
    path = draw(values, tmp_path / "new" / "cues.svg", thresholds=bins.thresholds, title="t")
    text = path.read_text()
    dashes = [len(re.findall("stroke-dasharray: 3.7", t)) for t in (plain, text)]
    assert dashes[0] == 0
    assert dashes[1] == 2 * 3 * 4  # two measures, three groups, four cuts of five levels
    assert "<svg" in text
    few = {"overall": values["overall"]}
    png = draw(few, tmp_path / "a.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert draw(few, tmp_path / "b.png").read_bytes() == png


def test_empty_and_constant_groups_are_drawn(tmp_path):
    draw({"overall": {"x": [2.0, 2.0]}, "male": {}}, tmp_path / "a.png")
    with pytest.raises(InputError, match="no measures"):
        draw({"overall": {}}, tmp_path / "b.png")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        draw({"overall": {"x": [1.0]}}, tmp_path / "c.pdf")
