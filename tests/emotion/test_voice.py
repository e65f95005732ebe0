"""The voice recogniser: features, abstentions, calibration, training, and what is shipped."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from empathia import weights
from empathia.config import TrainingPart, checked_options
from empathia.contracts import Recogniser
from empathia.emotion import voice
from empathia.emotion.voice.abroad import Judged, fit_abroad, prior_of
from empathia.emotion.voice.clips import Clips, clips_of
from empathia.emotion.voice.read import Abroad, Head, load
from empathia.encoders import layers
from empathia.encoders.speech import SpeechEncoder
from empathia.errors import ConfigError, InputError, TrainingError, WeightsError
from empathia.features import speech
from empathia.labels import EKMAN7, LabelSet
from empathia.training import keeping
from empathia.training.problem import Part, Problem
from empathia.types import About, Audio, Features, Sample

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "whisper-base"
SHIPPED = weights.folder("voice-default")


def tone(seconds: float, loudness: float = 0.3, pitch: float = 140) -> np.ndarray:
    t = np.arange(int(seconds * 16000)) / 16000
    phase = 2 * np.pi * (pitch * t + 20 * np.sin(3 * t))
    sound = sum(np.sin(k * phase) / k for k in range(1, 9)) * (1 + 0.5 * np.sin(9 * t))
    return (loudness * sound / np.abs(sound).max()).astype(np.float32)


def around(sound: np.ndarray, before: float, after: float) -> np.ndarray:
    quiet = [np.zeros(int(16000 * s), np.float32) for s in (before, after)]
    return np.concatenate([quiet[0], sound, quiet[1]])


@pytest.fixture(scope="module")
def encoder() -> SpeechEncoder:
    if not (FOLDER / "model.bin").exists():
        pytest.skip("weight whisper-base is not pulled")
    return SpeechEncoder.load(FOLDER, threads=1)


@pytest.mark.weights
def test_features_do_not_depend_on_level_or_silence_around(encoder):
    plain = speech.extract(Audio(around(tone(1), 0.2, 0.1), 16000), "a", encoder=encoder)
    quiet = speech.extract(Audio(around(tone(1, 0.01), 0.7, 1.3), 16000), "b", encoder=encoder)
    higher = around(tone(1, pitch=250), 0.2, 0.1)
    other = speech.extract(Audio(higher, 16000), "c", encoder=encoder)
    assert plain.values.shape == (1, 7169)
    assert plain.measure("speech") == pytest.approx(1, abs=0.05)
    assert quiet.measure("speech") == pytest.approx(plain.measure("speech"), abs=0.05)

    def apart(a: Features, b: Features) -> float:
        return float(np.abs(a.values[0, 1:] - b.values[0, 1:]).mean())

    assert apart(plain, quiet) < 0.1 * apart(plain, other)


@pytest.mark.weights
def test_features_are_mean_and_deviation_of_each_layer(encoder):
    sound = tone(0.8)
    found = speech.extract(Audio(sound, 16000), encoder=encoder)
    # The tone is loud throughout, so that only its level changes.
    power = [
        np.mean(sound[i : i + 400].astype(float) ** 2) for i in range(0, len(sound) - 399, 160)
    ]
    gain = 10 ** (-23 / 20) / np.sqrt(np.mean(power))
    states = encoder.layers(Audio((sound * gain).astype(np.float32), 16000))
    assert found.measure("mean2.7") == pytest.approx(float(states[2, :, 7].mean()), abs=1e-3)
    assert found.measure("deviation4.0") == pytest.approx(float(states[4, :, 0].std()), abs=1e-3)


@pytest.mark.weights
@pytest.mark.parametrize("samples", [0, 1, 399, 16000])
def test_silence_has_no_features(encoder, samples):
    found = speech.extract(Audio(np.zeros(samples, np.float32), 16000), encoder=encoder)
    assert found.measure("speech") == 0
    assert np.isnan(found.values[0, 1:]).all()


@pytest.mark.weights
def test_features_refuse_what_they_cannot_hear(encoder):
    with pytest.raises(InputError, match="found 8000 Hz"):
        speech.extract(Audio(tone(0.1), 8000), encoder=encoder)
    with pytest.raises(InputError, match="NaN or infinity"):
        speech.extract(Audio(np.array([0, np.nan], np.float32), 16000), encoder=encoder)


# A small recogniser: two blocks of two units, three labels.
NAMES = ("speech", "mean1.0", "mean1.1", "mean2.0", "mean2.1")
WEIGHT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32)
ABOUT = About("voice", LabelSet("three", ("calm", "glad", "cross")), features=("speech",))


def head(columns: tuple[str, ...] = ("mean2", "mean1")) -> Head:
    zeros = np.zeros(3, np.float32)
    return Head(WEIGHT, zeros, "speech", columns, 1.0, Abroad(2.0), 0.6, unit=False)


def small(known: bool = False) -> Recogniser:
    return head().recogniser(ABOUT, known=known)


def heard(*values: float, key: str = "u") -> Sample:
    row = np.array([values], np.float32)
    return Sample(key, features={"speech": Features(key, "speech", row, NAMES)})


def test_columns_are_found_by_name_and_temperature_is_applied():
    ((sure,),) = small(known=True).recognise([[heard(1.0, 0, 0, 0, 2)]])
    ((abroad,),) = small().recognise([[heard(1.0, 0, 0, 0, 2)]])
    e = np.exp([0, 2, 0])
    np.testing.assert_allclose(sure.scores, e / e.sum(), atol=1e-6)
    e = np.exp([0, 1, 0])
    np.testing.assert_allclose(abroad.scores, e / e.sum(), atol=1e-6)
    assert sure.label == "glad"
    assert (sure.source, sure.labels.labels) == ("voice", ("calm", "glad", "cross"))


def test_it_abstains_and_says_why():
    nan = float("nan")
    samples = [
        Sample("none", text="words alone"),
        heard(0.0, nan, nan, nan, nan, key="a"),
        heard(0.29, 0, 0, 0, 9, key="b"),
        heard(0.31, 0, 0, 0, 9, key="c"),
        heard(2.0, 0, 0, 0, 0, key="d"),
    ]
    (emotions,) = small().recognise([samples])
    assert [e.abstained is None for e in emotions] == [False, False, False, True, False]
    assert emotions[0].abstained == "no sound"
    assert emotions[1].abstained == "silence"
    assert emotions[2].abstained == "too short (0.29 s of speech, needs 0.3 s)"
    assert emotions[4].abstained == "too unsure (33 %, needs 60 %)"
    assert emotions[4].scores, "an unsure voice still tells what it heard"
    assert emotions[1].scores == ()


def test_a_short_answer_is_worth_less_and_no_answer_changes():
    believed = dataclasses.replace(head(), abroad=Abroad(1.0, 0.5), threshold=0.0)
    samples = [heard(s, 0, 0, 0, 2, key=str(s)) for s in (0.4, 0.5, 1.0, 4.0)]
    (emotions,) = believed.recogniser(ABOUT).recognise([samples])
    assert {e.label for e in emotions} == {"glad"}
    sure = [max(e.scores) for e in emotions]
    assert sure == sorted(sure)
    assert sure[1] == pytest.approx(np.e / (np.e + 2))  # twice the temperature at .5 s


def test_no_answer_is_surer_than_the_surest_were_right():
    believed = dataclasses.replace(head(), abroad=Abroad(1.0, ceiling=0.6), threshold=0.0)
    samples = [heard(1.0, 0, 1, 0, x, key=str(x)) for x in (0.5, 1.0, 3.0, 30.0)]
    plain = dataclasses.replace(believed, abroad=Abroad(1.0))
    (low,), (free,) = (h.recogniser(ABOUT).recognise([samples]) for h in (believed, plain))
    for a, b in zip(low, free, strict=True):
        assert a.label == b.label
        assert sum(a.scores) == pytest.approx(1)
        assert max(a.scores) == pytest.approx(min(0.6, max(b.scores)))


def test_the_ceiling_is_how_often_the_surest_were_right():
    told = judged(0.6, 0.5)
    view = fit_abroad(told, np.array([0, 1]), 0.1)
    assert 0.8 < view.ceiling < 1.0  # in 8 s .9 are right


def test_the_length_of_a_clips_columns_says_nothing():
    mine = dataclasses.replace(head(), unit=True, threshold=0.0).recogniser(ABOUT)
    faint, strong = heard(1.0, 1, 2, 3, 2), heard(1.0, 10, 20, 30, 20)
    (first,), (second,) = (mine.recognise([[s]]) for s in (faint, strong))
    np.testing.assert_allclose(first[0].scores, second[0].scores, rtol=1e-5)


def judged(right_in_short: float, seconds: float, rows: int = 400) -> Judged:
    """Sure answers among two labels of three, right so often in short speech, .9 in 8 s."""
    rng = np.random.default_rng(5)
    label = rng.integers(0, 2, rows)
    length = np.where(np.arange(rows) % 2, 8.0, seconds)
    wrong = rng.random(rows) > np.where(length < 8, right_in_short, 0.9)
    logits = 3.0 * np.eye(3)[np.where(wrong, 1 - label, label)] + [0, 0, 1.5]
    ones = np.ones(rows, np.float32)
    clips = Clips(np.zeros((rows, 1)), label, np.full(rows, "a"), length, ones)
    return Judged(logits, clips, np.full(rows, True))


def test_what_short_speech_is_worth_is_fitted():
    alike = fit_abroad(judged(0.9, 0.5), np.array([0, 1]), 0.1)
    worse = fit_abroad(judged(0.6, 0.5), np.array([0, 1]), 0.1)
    assert alike.short <= 0.25
    assert worse.short >= 1


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_labels_of_one_corpus_get_a_stated_share_elsewhere(share):
    told = judged(0.8, 1.0)
    view = fit_abroad(told, np.array([0, 1]), share)
    z = view.scaled(told.logits, told.clips.seconds)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    assert p[:, 2].mean() == pytest.approx(share, abs=1e-3)
    assert view.shift[:2] == (0.0, 0.0)
    assumed = prior_of(view, np.array([0, 1]), 3, share)
    np.testing.assert_allclose(assumed, ((1 - share) / 2, (1 - share) / 2, share))


def test_no_label_is_moved_where_no_head_knew_others():
    told = judged(0.8, 1.0)._replace(knew=np.zeros(400, bool))
    view = fit_abroad(told, np.array([0, 1]), 0.1)
    assert view.shift == ()
    assert prior_of(view, np.array([0, 1]), 3, 0.1) == (1 / 3,) * 3


def test_a_model_for_other_features_is_refused():
    with pytest.raises(WeightsError, match="reads 'mean9'"):
        head(("mean9",)).recogniser(ABOUT).recognise([[heard(1, 0, 0, 0, 0)]])


def test_it_comes_back_as_it_was(tmp_path):
    abroad = Abroad(2.0, 0.5, (0.0, 0.0, -1.5), 0.8)
    mine = dataclasses.replace(head(), abroad=abroad, unit=True)
    mine.save(tmp_path)
    back = load(tmp_path)
    np.testing.assert_array_equal(back.weight, WEIGHT)
    assert (back.columns, back.temperature, back.abroad, back.threshold, back.unit) == (
        ("mean2", "mean1"),
        1.0,
        abroad,
        0.6,
        True,
    )


def test_one_that_an_earlier_version_kept_reads_as_it_did(tmp_path):
    head().save(tmp_path)
    values = json.loads((tmp_path / keeping.VALUES).read_text())
    for name in ("short", "shift", "ceiling", "unit"):
        del values[name]
    (tmp_path / keeping.VALUES).write_text(json.dumps(values))
    sample = heard(1.0, 0, 0, 3, 2)
    back = load(tmp_path).recogniser(ABOUT)
    assert back.recognise([[sample]]) == small().recognise([[sample]])


@pytest.mark.parametrize(
    ("feature", "used", "computed"),
    [
        ("speech", ("whisper-tiny-en",), "speech:whisper-tiny-en"),  # as models were kept before
        ("speech", ("whisper-base",), "speech"),
        ("speech:whisper-tiny-en", ("whisper-tiny-en",), "speech:whisper-tiny-en"),
        ("speech", ("whisper-base", "whisper-tiny-en"), "speech"),
        ("speech", (), "speech"),
    ],
)
def test_a_kept_model_hears_by_the_encoder_that_it_learnt_on(tmp_path, feature, used, computed):
    mine = dataclasses.replace(head(), feature=feature)
    mine.save(tmp_path)
    keeping.Settings(
        name="voice",
        recogniser="voice",
        labels=ABOUT.labels,
        exclusive=True,
        causal=True,
        modalities={"voice": (feature,)},
        options={},
        licence="MIT",
        noncommercial=False,
        weights=used,
    ).write(tmp_path)
    assert keeping.read(tmp_path).about.features == (computed,)
    kept = keeping.load(tmp_path)
    assert kept.about.features == (computed,)
    sample = heard(1.0, 0, 0, 0, 9)
    (told,) = sample.features.values()
    for name in ("speech", "speech:whisper-tiny-en", "speech:whisper-base"):
        ((emotion,),) = kept.recognise([[dataclasses.replace(sample, features={name: told})]])
        assert (emotion.label == "glad") == (name == computed)


@pytest.mark.parametrize(
    ("feature", "computed"),
    [
        ("speeds:0.9", "speeds:0.9:whisper-tiny-en"),
        ("speeds:1.1:whisper-base", "speeds:1.1:whisper-base"),
        ("frames", "frames:whisper-tiny-en"),
        ("frames:facebook/wav2vec2-base", "frames:facebook/wav2vec2-base"),
        ("prosody", "prosody"),
        ("speeches", "speeches"),
    ],
)
def test_only_features_of_an_unnamed_encoder_are_given_one(feature, computed):
    assert layers.as_learnt(feature, ("whisper-tiny-en", "minilm")) == computed


class TestShipped:
    def test_it_is_small_and_says_what_it_is(self):
        assert sum(f.stat().st_size for f in SHIPPED.iterdir()) < 200_000
        about = keeping.load(SHIPPED).about
        assert about.labels == EKMAN7
        assert about.noncommercial
        assert about.causal
        card = (SHIPPED / "card.md").read_text("utf-8")
        assert "Not for commercial use" in card
        for corpus in ("ravdess", "emodb", "korean_emotional"):
            assert corpus in card

    def test_it_is_less_sure_abroad(self):
        rng = np.random.default_rng(0)
        names = speech.names(7, 512)
        row = rng.standard_normal((1, len(names))).astype(np.float32)
        row[0, 0] = 2.0
        sample = Sample("u", features={"speech": Features("u", "speech", row, names)})
        about = keeping.read(SHIPPED).about
        ((near,),) = load(SHIPPED).recogniser(about, known=True).recognise([[sample]])
        ((abroad,),) = keeping.load(SHIPPED).recognise([[sample]])
        assert abroad.confidence < near.confidence
        labels = list(about.labels)
        order = sorted(("neutral", "joy", "sadness", "anger"), key=labels.index)
        told = [[e.scores[labels.index(x)] for x in order] for e in (near, abroad)]
        assert np.argsort(told[0]).tolist() == np.argsort(told[1]).tolist()
        rare = [sum(e.scores) - sum(row) for e, row in zip((near, abroad), told, strict=True)]
        assert rare[1] < rare[0], "what one corpus alone taught counts less elsewhere"

    @pytest.mark.weights
    def test_it_hears_a_clip(self, encoder):
        features = speech.extract(Audio(tone(1.5), 16000), "u", encoder=encoder)
        sample = Sample("u", features={"speech": features})
        known = load(SHIPPED).recogniser(keeping.read(SHIPPED).about, known=True)
        ((emotion,),) = known.recognise([[sample]])
        assert emotion.abstained is None
        assert sum(emotion.scores) == pytest.approx(1)


# Training.

torch = pytest.importorskip("torch")
from empathia.training.fit import CHECKPOINT  # noqa: E402

THREE = LabelSet("three", ("neutral", "joy", "anger"))


def talk(corpus: str, speakers: range, seed: int, shift: float = 0.0) -> tuple[Part, list[Sample]]:
    """Clips of some speakers: a label is a direction, a speaker an offset."""
    rng = np.random.default_rng(seed)
    names = ("speech", *(f"mean1.{k}" for k in range(8)))
    samples, targets = [], {}
    for speaker in speakers:
        offset = rng.standard_normal(8)
        for number in range(20):
            label = int(rng.integers(0, 3))
            values = np.eye(3, 8)[label] * 3 + offset + rng.standard_normal(8) + shift
            key = f"{corpus}{speaker}-{number}"
            row = np.array([[1.0, *values]], np.float32)
            feature = Features(key, "speech", row, names)
            groups = {"corpus": corpus}
            samples.append(Sample(key, features={"speech": feature}, groups=groups))
            targets[key] = tuple(float(k == label) for k in range(3))
    return Part(tuple((s,) for s in samples), targets), samples


def both(*parts: Part) -> Part:
    return Part(
        tuple(d for p in parts for d in p.dialogues),
        {k: v for p in parts for k, v in p.targets.items()},
    )


def learnt(
    folder: Path, train: Part, valid: Part, features: tuple[str, ...] = ("speech",), **options
):
    training = TrainingPart(select="likelihood", epochs=6, batch=32, lr=0.05, patience=6, threads=1)
    given = {"l2": 1.0, "columns": ["mean1"], **options}
    return voice.learn(
        Problem(
            labels=THREE,
            exclusive=True,
            train=train,
            valid=valid,
            modalities={"voice": features},
            options=checked_options(voice, given, "run file"),
            training=training,
            seed=1,
            folder=folder,
        )
    )


ONE, TWO = (talk(c, range(5), i) for i, c in enumerate(("one", "two")))
VALID = both(talk("one", range(5, 7), 3)[0], talk("two", range(5, 7), 4)[0])


def test_it_learns_speakers_and_calibrates_on_unseen_corpora(tmp_path):
    found = learnt(tmp_path, both(ONE[0], TWO[0]), VALID)
    new, samples = talk("one", range(8, 11), 7)
    predicted = [
        e[0].scores.index(max(e[0].scores)) for e in found.recognise([[s] for s in samples])
    ]
    gold = [new.targets[s.id].index(1) for s in samples]
    assert np.mean(np.equal(predicted, gold)) > 0.85
    assert set(found.record["unseen_corpora_uar"]) == {"one", "two"}
    assert found.about.features == ("speech",)
    (tmp_path / "kept").mkdir()
    found.save(tmp_path / "kept")
    again = load(tmp_path / "kept").recogniser(found.about)
    assert again.recognise([samples]) == found.recognise([samples])


def test_an_unseen_corpus_is_judged_by_a_head_that_did_not_know_it(tmp_path):
    """Whatever its labels and values are, the head of the other corpus stays the same."""
    from safetensors.numpy import load_file

    far, _ = talk("two", range(5), 1, shift=50.0)
    turned = dataclasses.replace(far, targets={k: v[1:] + v[:1] for k, v in far.targets.items()})
    for name, other in (("far", far), ("turned", turned)):
        learnt(tmp_path / name, both(ONE[0], other), VALID)
    for unseen, alike in (("two", True), ("one", False)):
        files = [tmp_path / n / f"without-{unseen}" / CHECKPOINT for n in ("far", "turned")]
        a, b = map(load_file, files)
        assert all(np.array_equal(a[k], b[k]) for k in a) == alike


def test_a_single_corpus_calibrates_on_its_validation(tmp_path):
    found = learnt(tmp_path, ONE[0], talk("one", range(5, 7), 3)[0])
    assert found.record["unseen_corpora_uar"] == {}
    assert len(set(found.record["temperature"].values())) == 1


def test_weights_level_labels_within_a_corpus():
    rng = np.random.default_rng(3)
    label = rng.integers(0, 3, 240)
    corpus = np.where(rng.random(240) < 0.3, "one", "two")
    clips = Clips(
        np.zeros((240, 1), np.float32), label, corpus, np.ones(240), np.ones(240, np.float32)
    )
    weight = clips.weight
    for name in ("one", "two"):
        inside = corpus == name
        sums = [weight[inside & (label == k)].sum() for k in range(3)]
        np.testing.assert_allclose(sums, inside.sum() / 3, rtol=1e-5)


def test_what_cannot_be_learnt_from_is_named(tmp_path):
    silent = Part(tuple((Sample(k),) for k in ONE[0].targets), ONE[0].targets)
    with pytest.raises(TrainingError, match="no utterance of the training part has 'speech'"):
        learnt(tmp_path, silent, VALID)
    with pytest.raises(ConfigError, match="reads 'prosody', the features are speech"):
        learnt(tmp_path, ONE[0], VALID, feature="prosody")
    with pytest.raises(ConfigError, match="reads 'copies:2', the features are speech"):
        learnt(tmp_path, ONE[0], VALID, copies="copies:2")


def worse(part: Part, seconds: tuple[float, float], values: float) -> Part:
    """With two copies of each clip, so long, whose columns are all the same."""
    names = ("speech", *(f"mean1.{k}" for k in range(8)))
    rows = np.array([[s, *[values] * 8] for s in seconds], np.float32)
    return dataclasses.replace(
        part,
        dialogues=tuple(
            tuple(
                dataclasses.replace(
                    s, features={**s.features, "copies:2": Features(s.id, "copies", rows, names)}
                )
                for s in d
            )
            for d in part.dialogues
        ),
    )


def test_copies_are_learnt_from_and_short_ones_weigh_less(tmp_path):
    part = worse(ONE[0], (4.0, 0.5), 1.0)
    clips = clips_of(part, "training", feature="speech", columns=["mean1"], copies="copies:2")
    assert len(clips) == 3 * len(ONE[1])
    assert clips.clear.sum() == len(ONE[1])
    assert clips.share[:3].tolist() == [1.0, 0.5, 0.125]
    assert clips.weight.mean() == pytest.approx(1, rel=1e-5)
    plain = clips_of(part, "training", feature="speech", columns=["mean1"])
    assert len(plain) == len(ONE[1])
    too_short = worse(ONE[0], (0.2, 0.0), float("nan"))
    assert len(
        clips_of(too_short, "training", feature="speech", columns=["mean1"], copies="copies:2")
    ) == len(ONE[1])
    given = {"features": ("speech", "copies:2"), "copies": "copies:2"}
    found = learnt(tmp_path, part, worse(VALID, (4.0, 0.5), 1.0), **given)
    assert found.about.features == ("speech",), "reading makes no copies"
