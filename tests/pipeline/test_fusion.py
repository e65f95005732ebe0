"""Properties of the log-linear pool."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import LabelError, UsageError
from empathia.labels import EKMAN7, SHARED4
from empathia.pipeline import fusion
from empathia.pipeline.fusion import PRIOR, fuse
from empathia.types import Emotion


@st.composite
def emotion(draw, source="text"):
    raw = draw(st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7).filter(lambda x: sum(x) > 0.1))
    return Emotion(source, EKMAN7, tuple(x / sum(raw) for x in raw))


sources = st.fixed_dictionaries({"text": emotion(), "voice": emotion(), "face": emotion()})
weight = st.floats(0.0, 3.0)
SILENT = Emotion("voice", EKMAN7, abstained="silence")


@given(sources)
def test_order_does_not_matter_and_scores_sum_to_one(emotions):
    forth = fuse(emotions)
    back = fuse(dict(reversed(emotions.items())))
    assert forth == back
    assert sum(forth.scores) == pytest.approx(1)
    assert forth.source == "fusion of face, text, voice"


@given(emotion(), emotion(), weight.filter(lambda w: w > 0))
def test_the_formula(text, voice, w):
    fused = fuse({"text": text, "voice": voice}, {"voice": w})
    p = np.maximum(text.scores, 1e-6) * np.maximum(voice.scores, 1e-6) ** w
    np.testing.assert_allclose(fused.scores, p / p.sum(), atol=1e-9)


@given(emotion(), emotion())
def test_absent_abstained_and_weightless_sources_have_no_effect(text, voice):
    both = {"text": text, "voice": voice}
    unsure = Emotion("face", EKMAN7, voice.scores, abstained="too unsure")
    assert fuse({**both, "face": unsure}) == fuse(both)
    assert fuse({"text": text, "voice": SILENT}) == fuse({"text": text})
    assert fuse(both, {"voice": 0}) == fuse({"text": text})


@given(emotion(), emotion(), weight)
def test_a_uniform_source_has_no_effect(text, voice, w):
    level = Emotion("face", EKMAN7, (1 / 7,) * 7)
    with_it = fuse({"text": text, "voice": voice, "face": level}, {"face": w})
    np.testing.assert_allclose(
        with_it.scores, fuse({"text": text, "voice": voice}).scores, atol=1e-9
    )


@given(emotion())
def test_one_source_passes_through(text):
    fused = fuse({"text": text, "voice": SILENT})
    assert fused.scores == text.scores
    assert fused.source == "fusion of text"


@given(emotion(), emotion())
def test_agreement_is_never_less_sure_of_the_top_label(text, voice):
    fused = fuse({"text": text, "voice": voice})
    if text.label == voice.label:
        assert fused.label in (text.label, None)
        assert (fused.label is None) == (fused.confidence < fusion.THRESHOLD)
        assert fused.confidence >= text.confidence - 1e-4


def test_it_abstains_where_it_leans_to_what_no_source_says():
    def lean(source, **scores):
        rest = (1 - sum(scores.values())) / (7 - len(scores))
        return Emotion(source, EKMAN7, tuple(scores.get(x, rest) for x in EKMAN7))

    text = lean("text", fear=0.45, sadness=0.44)
    voice = lean("voice", neutral=0.49, sadness=0.48, fear=0.001)
    fused = fuse({"text": text, "voice": voice}, {"text": 1, "voice": 1})
    assert fused.label is None
    assert "none of them says (sadness)" in fused.abstained
    assert max(zip(fused.scores, EKMAN7, strict=True))[1] == "sadness"


def test_all_abstain_with_their_reasons():
    fused = fuse({"voice": SILENT, "text": Emotion("text", EKMAN7, abstained="no words")})
    assert fused.label is None
    assert fused.scores == ()
    assert fused.abstained == "text: no words; voice: silence"


def test_the_prior_trusts_words_more_than_the_voice():
    assert 0 < PRIOR["voice"] < 0.5 < PRIOR["text"]
    sad = Emotion("text", EKMAN7, (0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1))
    cross = Emotion("voice", EKMAN7, (0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1))
    assert fuse({"text": sad, "voice": cross}).label == "sadness"
    # Where the words can't tell, the voice decides.
    torn = Emotion("text", EKMAN7, (0.1, 0.1, 0.3, 0.3, 0.1, 0.05, 0.05))
    assert fuse({"text": torn, "voice": cross}).label == "anger"


def test_affect_is_averaged_by_weight():
    flat = (1 / 7,) * 7
    a = Emotion("text", EKMAN7, flat, vad=(1.0, 0.0, -1.0))
    b = Emotion("voice", EKMAN7, flat, vad=(0.0, 1.0, 0.0))
    assert fuse({"text": a, "voice": b}, {"voice": 1}).vad == (0.5, 0.5, -0.5)
    assert fuse({"text": a, "voice": Emotion("voice", EKMAN7, flat)}).vad == (1.0, 0.0, -1.0)


def test_what_cannot_be_fused_is_refused():
    text = Emotion("text", EKMAN7, (1.0, *[0.0] * 6))
    four = Emotion("voice", SHARED4, (0.25,) * 4)
    loose = Emotion("voice", EKMAN7, (0.9,) * 7, exclusive=False)
    with pytest.raises(LabelError, match="'ekman7' and 'voice' of 'shared4'"):
        fuse({"text": text, "voice": four})
    with pytest.raises(LabelError, match="independent scores"):
        fuse({"text": text, "voice": loose})
    with pytest.raises(UsageError, match="found none"):
        fuse({})
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="weight of 'text'"):
            fuse({"text": text}, {"text": wrong})
