"""Properties of the log-linear pool, and when it does not commit itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from empathia.errors import LabelError, UsageError
from empathia.labels import EKMAN7, SHARED4, LabelSet
from empathia.pipeline.fusion import RISK, WEIGHTS, confidence_for, fuse
from empathia.training import keeping
from empathia.types import Emotion
from empathia.weights import folder


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
    assert forth.source == "fusion of text, voice, face"


@given(emotion(), emotion(), emotion())
def test_a_face_overturns_words_only_by_the_lead_that_they_have(text, face, talk):
    words, seen, usual = (
        spiked(e, e.label or EKMAN7[0], max(e.scores)) for e in (text, face, talk)
    )
    prior = usual.scores
    first = int(np.argmax(words.scores))
    lead = words.scores[first] / np.array(words.scores)
    odds = np.array(seen.scores) / seen.scores[first] * (prior[first] / np.array(prior))
    fused = fuse({"text": words, "face": seen}, prior=prior)
    others = np.arange(len(EKMAN7)) != first
    needed = odds[others] ** WEIGHTS["face"] / lead[others]
    assume(np.all(abs(needed - 1) > 1e-9))  # nobody knows how a tie is rounded
    assert np.all(np.array(fused.scores)[others] < fused.scores[first]) == np.all(needed < 1)


def test_words_as_sure_as_60_percent_can_be_overturned_by_a_face_and_90_percent_cannot():
    face = known(sadness=0.75, joy=0.01)
    assert fuse({"text": known(joy=0.60, sadness=0.39), "face": face}).label == "sadness"
    assert fuse({"text": known(joy=0.68, sadness=0.31), "face": face}).label == "joy"
    utmost = known(sadness=0.75, joy=0.0)
    assert fuse({"text": known(joy=0.89, sadness=0.11), "face": utmost}).label == "joy"


@given(emotion())
@example(Emotion("text", EKMAN7, (0, 0, 0, 0, 0, 0.5 - 2**-54, 0.5)))  # the same, once weighed
def test_where_others_are_silent_a_face_decides_nothing_but_where_it_alone_is_asked(seen):
    silent = Emotion("text", EKMAN7, abstained="no words")
    alone = fuse({"text": silent, "voice": SILENT, "face": seen})
    assert alone.label is None and "the face says" in (alone.abstained or "")
    own = fuse({"face": seen})  # who is asked for it alone gets it, if it tells anything
    assert (own.abstained is None) == (max(own.scores) >= 1 / 7 + 0.05 * 6 / 7)


@pytest.mark.parametrize(("labels", "least"), [(2, 0.525), (4, 0.2875), (7, 0.1857)])
def test_what_is_hardly_likelier_than_by_chance_is_no_answer(labels, least):
    some = LabelSet("some", EKMAN7.labels[:labels])

    def own(share: float) -> Emotion:
        rest = (1 - share) / (labels - 1)
        return fuse({"mine": Emotion("mine", some, (share, *[rest] * (labels - 1)))})

    assert "by chance" in (own(least - 0.001).abstained or "")
    assert own(least + 0.001).label == some.labels[0]
    several = Emotion("mine", some, (0.1,) * labels, exclusive=False)
    assert "by chance" not in (fuse({"mine": several}).abstained or "")


def known(**scores: float) -> Emotion:
    """What is left goes to the other labels in equal parts."""
    rest = (1 - sum(scores.values())) / (len(EKMAN7) - len(scores))
    return Emotion("text", EKMAN7, tuple(scores.get(label, rest) for label in EKMAN7))


def spiked(emotion: Emotion, label: str, share: float) -> Emotion:
    """Half of what is left even, half as it was: no score is tiny, and one is about ``share``."""
    share = min(share, 0.99)
    rest = sum(s for x, s in zip(EKMAN7, emotion.scores, strict=True) if x != label)
    spread = [0.5 / 6 + 0.5 * s / rest if rest else 1 / 6 for s in emotion.scores]
    scores = [share if x == label else (1 - share) * s for x, s in zip(EKMAN7, spread, strict=True)]
    return Emotion(emotion.source, EKMAN7, tuple(scores))


@given(emotion(), emotion())
def test_absent_abstained_and_weightless_sources_have_no_effect(text, voice):
    both = {"text": text, "voice": voice}
    unsure = Emotion("face", EKMAN7, voice.scores, abstained="too unsure")
    assert fuse({**both, "face": unsure}) == fuse(both)
    assert fuse({"text": text, "voice": SILENT}) == fuse({"text": text})
    assert fuse(both, {"voice": 0}) == fuse({"text": text})
    mute = Emotion("other", EKMAN7, abstained="no words")
    assert fuse({"mine": text, "other": mute}) == fuse({"mine": text})  # they share one weight


def test_all_abstain_with_their_reasons():
    fused = fuse({"voice": SILENT, "text": Emotion("text", EKMAN7, abstained="no words")})
    assert fused.label is None
    assert fused.scores == ()
    assert fused.abstained == "text: no words; voice: silence"


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
        with pytest.raises(UsageError, match="weight of 'voice'"):
            fuse({"text": text, "voice": SILENT}, {"voice": wrong})


priors = st.lists(st.floats(0.05, 1.0), min_size=7, max_size=7).map(
    lambda x: tuple(y / sum(x) for y in x)
)


def lean(source: str, **scores: float) -> Emotion:
    rest = (1 - sum(scores.values())) / (7 - len(scores))
    return Emotion(source, EKMAN7, tuple(scores.get(x, rest) for x in EKMAN7))


@given(emotion(), emotion(), weight, priors)
def test_the_formula(text, voice, w, prior):
    fused = fuse({"text": text, "voice": voice}, {"voice": w}, prior=prior, risk=0.99)
    if w == 0:
        assert fused.scores == text.scores
        return
    raw = np.maximum(text.scores, 1e-6) * (np.maximum(voice.scores, 1e-6) / prior) ** w
    np.testing.assert_allclose(fused.scores, raw / raw.sum(), atol=1e-9)


@given(emotion(), emotion(), weight, priors)
def test_a_source_that_says_what_the_prior_says_has_no_effect(text, voice, w, prior):
    level = Emotion("face", EKMAN7, prior)
    with_it = fuse({"text": text, "voice": voice, "face": level}, {"face": w}, prior=prior)
    without = fuse({"text": text, "voice": voice}, prior=prior)
    np.testing.assert_allclose(with_it.scores, without.scores, atol=1e-9)


@given(priors, st.integers(2, 5))
def test_the_prior_counts_once_however_many_sources_repeat_it(prior, sources):
    several = {f"s{i}": Emotion(f"s{i}", EKMAN7, prior) for i in range(sources)}
    np.testing.assert_allclose(fuse(several, prior=prior).scores, prior, atol=1e-9)


@given(emotion(), st.integers(2, 5))
def test_own_sources_that_say_the_same_are_not_surer_than_one_of_them(one, sources):
    fused = fuse({f"s{i}": one for i in range(sources)})
    assert fused.confidence == pytest.approx(one.confidence, abs=1e-4)


@given(emotion("mine"))
def test_one_own_source_passes_through(mine):
    fused = fuse({"mine": mine, "voice": SILENT})
    assert fused.scores == mine.scores
    assert fused.abstained is None or "by chance" in fused.abstained
    assert fused.source == "fusion of mine"


@given(emotion(), priors)
def test_the_voice_alone_is_less_sure_than_it_says(voice, prior):
    fused = fuse({"voice": voice}, prior=prior)
    odds = np.log(np.maximum(voice.scores, 1e-6)) - np.log(prior)
    kept = np.log(fused.scores) - np.log(prior)
    np.testing.assert_allclose(np.ptp(kept), WEIGHTS["voice"] * np.ptp(odds), atol=1e-6)


def test_a_voice_alone_that_cannot_outweigh_the_prior_says_so():
    prior = (0.4, *[0.1] * 6)
    fused = fuse({"voice": lean("voice", anger=0.4)}, prior=prior)
    assert fused.label is None
    assert fused.abstained == (
        "the voice says anger (40 %); that alone is right too seldom to go by"
    )


def test_the_words_count_more_than_the_voice():
    sad, cross = lean("text", sadness=0.4), lean("voice", anger=0.4)
    assert fuse({"text": sad, "voice": cross}, risk=0.99).label == "sadness"
    torn = lean("text", sadness=0.3, anger=0.3)
    assert fuse({"text": torn, "voice": cross}, risk=0.99).label == "anger"


def test_it_abstains_where_it_leans_to_what_no_source_says():
    text = lean("text", fear=0.45, sadness=0.44)
    voice = lean("voice", neutral=0.49, sadness=0.48, fear=0.001)
    fused = fuse({"text": text, "voice": voice}, {"text": 1, "voice": 1})
    assert fused.label is None
    assert fused.abstained == (
        "the words say fear (45 %), the voice says neutral (49 %); together they lean to "
        "sadness, which none of them says"
    )
    assert max(zip(fused.scores, EKMAN7, strict=True))[1] == "sadness"


def test_too_unsure_an_answer_says_what_each_source_said():
    text, voice = lean("text", joy=0.2), lean("voice", anger=0.3)
    reason = fuse({"text": text, "voice": voice}, risk=0.1).abstained
    assert reason.startswith("the words say joy (20 %), the voice says anger (30 %); together ")
    assert "is too unsure (" in reason


@given(emotion(), emotion(), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_less_risk_is_never_more_answers(text, voice, one, other):
    low, high = sorted((one, other))
    sources = {"text": text, "voice": voice}
    if fuse(sources, risk=low).label is not None:
        assert fuse(sources, risk=high).label == fuse(sources, risk=low).label


def test_risk_is_what_was_measured_and_of_own_sources_what_they_say():
    for name in ("talk", "text-default", "voice-default"):
        risks = keeping.read(folder(name)).about.risks
        assert list(risks) == sorted(risks) == sorted(risks, key=lambda x: -x[1])
        assert all(confidence_for(wrong, risks) == confidence for confidence, wrong in risks)
        assert confidence_for(1e-6, risks) > 1
        assert 0 < confidence_for(RISK, risks) < 1
    mine = lean("mine", joy=0.6)
    assert fuse({"mine": mine}, risk=0.3).label is None
    assert fuse({"mine": mine}, risk=0.5).label == "joy"


def test_what_fell_short_does_not_read_as_if_it_had_not():
    reason = fuse({"text": lean("text", joy=0.3596)}, risks={"text": ((0.0, 0.6), (0.36, 0.5))})
    assert reason.abstained == "joy is too unsure (35 %, needs 36 %)"
    believed = fuse({"mine": lean("mine", joy=0.643)}, risk=0.355)
    assert believed.abstained == "joy is too unsure (64 %, needs 65 %)"


def test_the_weightiest_source_says_from_which_confidence_on_it_is_right():
    text, voice = lean("text", joy=0.4), lean("voice", joy=0.4)
    strict, lax = ((0.0, 0.6), (0.99, 0.5)), ((0.0, 0.4),)
    both = {"text": text, "voice": voice}
    assert fuse(both, risks={"text": strict, "voice": lax}).label is None
    assert fuse(both, risks={"text": lax, "voice": strict}).label == "joy"
    assert fuse(both, risks={"voice": strict}).label == "joy"  # of its words nothing is known
    for other in ("mine", "zmine"):  # that weighs the same as the words
        pair = {"text": text, other: lean(other, joy=0.4)}
        assert fuse(pair, risks={"text": strict}).label == "joy"
        assert fuse(pair, risks={"text": strict, other: lax}).label is None
        assert fuse(pair, risks={"text": lax, other: strict}).label is None
    silent = {"text": Emotion("text", EKMAN7, abstained="no words"), "voice": voice}
    assert fuse(silent, risks={"text": lax, "voice": strict}).label is None
