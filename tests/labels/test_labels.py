"""Projections between the known sets."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from empathia.labels import EKMAN7, LABEL_SETS, SHARED4, LabelSet, Projection, projection
from empathia.labels.projections import PROJECTIONS
from empathia.labels.sets import AIHUB6, AIHUB7, ED32, EDOS41, EMODB7, KOREAN4, KOTE44, RAVDESS8

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")


def test_known_sets_are_named_once_and_projections_lead_between_them():
    assert len({s.labels for s in LABEL_SETS.values()}) == len(LABEL_SETS)
    for (source, target), way in PROJECTIONS.items():
        assert (LABEL_SETS[source], LABEL_SETS[target]) == (way.source, way.target)
        assert {way(x) for x in way.source} - {None} <= set(way.target)


def test_projections_that_a_corpus_brings_go_before_the_known_ones():
    mine = LabelSet("mine", ("calm", "cross"))
    brought = (
        Projection(mine, SHARED4, {"calm": "neutral", "cross": "anger"}),
        Projection(EMODB7, SHARED4, dict.fromkeys(EMODB7)),
    )
    assert projection(mine, SHARED4, brought)("cross") == "anger"
    assert projection(EMODB7, SHARED4, brought)("anger") is None
    assert projection(EMODB7, SHARED4)("anger") == "anger"


@pytest.mark.parametrize("labels", [KOTE44, RAVDESS8])
def test_sets_that_reach_all_of_the_seven(labels):
    way = projection(labels, EKMAN7)
    assert {way(x) for x in labels} - {None} == set(EKMAN7)


@pytest.mark.parametrize("labels", [RAVDESS8, EMODB7, KOREAN4])
def test_speech_sets_share_four_by_way_of_the_seven(labels):
    four, seven = projection(labels, SHARED4), projection(labels, EKMAN7)
    assert {four(x) for x in labels} - {None} == set(SHARED4)
    assert all(four(x) == (seven(x) if seven(x) in SHARED4 else None) for x in labels)


def test_korean_words_mean_what_they_mean():
    kote, aihub = projection(KOTE44, EKMAN7), projection(AIHUB6, EKMAN7)
    assert Counter(kote(x) for x in KOTE44) == {
        "joy": 13,
        "sadness": 9,
        "anger": 8,
        "surprise": 5,
        None: 5,
        "fear": 2,
        "neutral": 1,
        "disgust": 1,
    }
    assert {x: kote(x) for x in ("없음", "슬픔", "놀람", "행복", "의심/불신")} == {
        "없음": "neutral",
        "슬픔": "sadness",
        "놀람": "surprise",
        "행복": "joy",
        "의심/불신": None,
    }
    assert [aihub(x) for x in AIHUB6] == ["anger", "sadness", "fear", "sadness", None, "joy"]
    assert projection(AIHUB7, SHARED4)("중립") == "neutral"


def test_empathetic_dialogues_have_the_emotions_of_edos():
    assert len(ED32) == 32
    assert {projection(ED32, EKMAN7)(x) for x in ED32} - {None} == set(EKMAN7) - {"neutral"}
    assert all(projection(ED32, EKMAN7)(x) == projection(EDOS41, EKMAN7)(x) for x in ED32)


@pytest.mark.corpus
def test_kote_is_in_the_order_of_the_release():
    file = DATA / "kote" / "README.upstream.md"
    if not file.is_file():
        pytest.skip("KOTE is not there: set EMPATHIA_DATA")
    text = file.read_text(encoding="utf-8")
    listed = text[text.index("['") : text.index("']")].strip("['")
    assert tuple(x.strip().strip("'") for x in listed.split(",")) == KOTE44.labels
