"""The voice recogniser: features, abstentions, calibration, training, and what is shipped."""

from __future__ import annotations

import json
import os
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia import weights
from empathia.emotion import voice
from empathia.encoders.speech import SpeechEncoder
from empathia.errors import ConfigError, InputError, WeightsError
from empathia.features import speech
from empathia.labels import EKMAN7
from empathia.labels.sets import KOREAN4
from empathia.types import Audio, Dialogue, Features, Sample, Utterance

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "whisper-tiny-en"
SHIPPED = weights.folder("voice-default")
needs_weights = pytest.mark.skipif(
    not (FOLDER / "model.bin").exists(), reason="weight whisper-tiny-en is not pulled"
)


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
        pytest.skip("weight whisper-tiny-en is not pulled")
    return SpeechEncoder.load(FOLDER, threads=1)


@pytest.mark.weights
def test_features_do_not_depend_on_level_or_silence_around(encoder):
    plain = speech.extract(Audio(around(tone(1), 0.2, 0.1), 16000), "a", encoder=encoder)
    quiet = speech.extract(Audio(around(tone(1, 0.01), 0.7, 1.3), 16000), "b", encoder=encoder)
    higher = around(tone(1, pitch=250), 0.2, 0.1)
    other = speech.extract(Audio(higher, 16000), "c", encoder=encoder)
    assert plain.values.shape == (1, 3841)
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
    layers = encoder.layers(Audio((sound * gain).astype(np.float32), 16000))
    assert found.measure("mean2.7") == pytest.approx(float(layers[2, :, 7].mean()), abs=1e-3)
    assert found.measure("deviation4.0") == pytest.approx(float(layers[4, :, 0].std()), abs=1e-3)


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
SETTINGS = {
    "labels": "three",
    "names": ["calm", "glad", "cross"],
    "columns": ["mean2", "mean1"],
    "temperature": {"unseen_speaker": 1.0, "unseen_corpus": 2.0},
    "floor": 0.6,
}
WEIGHT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32)


def small(known: bool = False) -> voice.VoiceRecogniser:
    return voice.VoiceRecogniser(SETTINGS, WEIGHT, np.zeros(3, np.float32), known=known)


def heard(*values: float) -> Sample:
    row = np.array([values], np.float32)
    return Sample("u", features={"speech": Features("u", "speech", row, NAMES)})


def test_columns_are_found_by_name_and_temperature_is_applied():
    (sure,) = small(known=True).recognise([heard(1.0, 0, 0, 0, 2)])
    (abroad,) = small().recognise([heard(1.0, 0, 0, 0, 2)])
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
        heard(0.0, nan, nan, nan, nan),
        heard(0.29, 0, 0, 0, 9),
        heard(0.31, 0, 0, 0, 9),
        heard(2.0, 0, 0, 0, 0),
    ]
    found = small().recognise(samples)
    assert [e.abstained is None for e in found] == [False, False, False, True, False]
    assert found[0].abstained == "no sound"
    assert found[1].abstained == "silence"
    assert found[2].abstained == "too short (0.29 s of speech, needs 0.3 s)"
    assert found[4].abstained == "too unsure (0.33, needs 0.60)"
    assert found[4].scores, "an unsure voice still tells what it heard"
    assert found[1].scores == ()


def test_a_model_for_other_features_is_refused():
    other = voice.VoiceRecogniser(
        {**SETTINGS, "columns": ["mean9"]}, WEIGHT, np.zeros(3, np.float32), known=False
    )
    with pytest.raises(WeightsError, match="reads 'mean9'"):
        other.recognise([heard(1, 0, 0, 0, 0)])


def test_a_missing_or_damaged_model_is_named(tmp_path):
    with pytest.raises(WeightsError, match="no readable voice recogniser"):
        voice.load(tmp_path)
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS))
    (tmp_path / "head.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises(WeightsError, match="no readable voice recogniser"):
        voice.load(tmp_path)
    save = pytest.importorskip("safetensors.numpy").save_file
    save({"weight": WEIGHT[:2], "bias": np.zeros(2, np.float32)}, tmp_path / "head.safetensors")
    with pytest.raises(WeightsError, match=r"shape \(2, 4\) for 3 labels"):
        voice.load(tmp_path)


@pytest.mark.skipif(not (SHIPPED / "head.safetensors").exists(), reason="no shipped model")
class TestShipped:
    def test_it_is_small_and_says_what_it_is(self):
        assert sum(f.stat().st_size for f in SHIPPED.iterdir()) < 200_000
        recogniser = voice.load(SHIPPED)
        assert recogniser.labels == EKMAN7
        assert recogniser.noncommercial
        assert recogniser.causal
        card = (SHIPPED / "card.md").read_text("utf-8")
        assert "Not for commercial use" in card
        for corpus in ("ravdess", "emodb", "korean_emotional"):
            assert corpus in card

    def test_it_is_less_sure_abroad(self):
        rng = np.random.default_rng(0)
        row = rng.standard_normal((1, len(speech.names()))).astype(np.float32)
        row[0, 0] = 2.0
        sample = Sample("u", features={"speech": Features("u", "speech", row, speech.names())})
        (near,) = voice.load(SHIPPED, known=True).recognise([sample])
        (abroad,) = voice.load(SHIPPED).recognise([sample])
        assert abroad.confidence < near.confidence
        assert near.scores.index(max(near.scores)) == abroad.scores.index(max(abroad.scores))

    @pytest.mark.weights
    def test_it_hears_a_clip(self, encoder):
        features = speech.extract(Audio(tone(1.5), 16000), "u", encoder=encoder)
        (found,) = voice.load(SHIPPED, known=True).recognise(
            [Sample("u", features={"speech": features})]
        )
        assert found.abstained is None
        assert sum(found.scores) == pytest.approx(1)


# Training.

torch = pytest.importorskip("torch")
from empathia.config import DataPart, ModelPart, Run, TrainingPart  # noqa: E402
from empathia.emotion.voice import clips as _clips  # noqa: E402
from empathia.emotion.voice import fitting  # noqa: E402
from empathia.metrics import METRICS  # noqa: E402
from empathia.metrics.balance import group_weights  # noqa: E402
from empathia.metrics.calibration import fit_temperature  # noqa: E402
from empathia.metrics.scores import one_hot  # noqa: E402
from empathia.metrics.thresholds import accuracy_threshold  # noqa: E402
from empathia.training.task import Tools  # noqa: E402


def temperature(logits, gold, groups=None):
    weights = None if groups is None else group_weights(groups)
    return fit_temperature(logits, one_hot(gold, logits.shape[1]), weights=weights)


def table(seed: int = 0, clips: int = 240, classes: int = 3, shift: float = 0.0) -> _clips.Clips:
    """Clips of six speakers in two corpora; a class is a direction, a speaker an offset."""
    rng = np.random.default_rng(seed)
    speaker = rng.integers(0, 6, clips)
    label = rng.integers(0, classes, clips)
    directions, offsets = np.eye(classes, 8) * 3, rng.standard_normal((6, 8))
    values = directions[label] + offsets[speaker] + rng.standard_normal((clips, 8)) + shift
    corpus = np.where(speaker < 3, "one", "two")
    names = np.array([f"{c}/{s}" for c, s in zip(corpus, speaker, strict=True)])
    ids = np.array([f"u{i}" for i in range(clips)])
    return _clips.Clips(ids, corpus, names, label, values.astype(np.float32))


@given(st.integers(0, 50), st.floats(0.05, 0.9))
@settings(max_examples=25, deadline=None)
def test_held_out_speakers_are_not_learnt_from(seed, share):
    clips = table(seed)
    apart = _clips.held_out(clips, share, seed)
    assert not set(clips.speaker[apart]) & set(clips.speaker[~apart])
    assert set(clips.corpus[apart]) == {"one", "two"}
    np.testing.assert_array_equal(apart, _clips.held_out(clips, share, seed))


@given(st.integers(0, 50), st.integers(2, 8))
@settings(max_examples=25, deadline=None)
def test_speaker_folds_part_the_speakers(seed, folds):
    clips = table(seed)
    parts = _clips.speaker_folds(clips, folds, seed)
    assert (np.sum(parts, axis=0) == 1).all()
    for part in parts:
        assert not set(clips.speaker[part]) & set(clips.speaker[~part])


def test_class_weights_level_labels_within_a_corpus():
    clips = table(3)
    weight = _clips.clip_weights(clips)
    for corpus in ("one", "two"):
        inside = clips.corpus == corpus
        sums = [weight[inside & (clips.label == k)].sum() for k in range(3)]
        np.testing.assert_allclose(sums, inside.sum() / 3, rtol=1e-5)


def test_one_speaker_is_too_few():
    clips = table()
    with pytest.raises(ConfigError, match="has 1 speaker"):
        _clips.held_out(clips.take(clips.speaker == "one/0"), 0.2, 1)


def test_temperature_is_the_most_likely_one():
    rng = np.random.default_rng(1)
    honest = rng.standard_normal((4000, 4)) * 1.5
    p = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    gold = np.array([rng.choice(4, p=row) for row in p])
    assert temperature(honest * 3, gold) == pytest.approx(3, rel=0.08)
    assert temperature(honest, gold) == pytest.approx(1, rel=0.08)


def test_groups_count_the_same_whatever_their_size():
    rng = np.random.default_rng(2)
    logits = rng.standard_normal((1100, 3))
    gold = np.where(np.arange(1100) < 1000, logits.argmax(1), rng.integers(0, 3, 1100))
    groups = np.where(np.arange(1100) < 1000, "easy", "hard")
    repeated = np.concatenate([np.arange(1100), np.repeat(np.arange(1000, 1100), 9)])
    by_size = temperature(logits[repeated], gold[repeated])
    assert temperature(logits, gold, groups) == pytest.approx(by_size, rel=1e-3)
    assert by_size > 2 * temperature(logits, gold)


def test_floor_keeps_the_share_that_is_wanted():
    confidence = np.linspace(0, 1, 1001)
    right = np.random.default_rng(0).random(1001) < confidence
    one = np.full(1001, "one")
    floor = accuracy_threshold(confidence, right, 0.75, one)
    assert floor == pytest.approx(0.5, abs=0.08)
    assert right[confidence >= floor].mean() >= 0.75
    assert accuracy_threshold(confidence, np.zeros(1001, bool), 0.5, one) > 1


def _run(**options: float) -> Run:
    return Run(
        "tiny",
        1,
        DataPart(("one", "two"), "ekman7"),
        ModelPart("voice", {"l2": 1.0, "folds": 3, "columns": "mean1", **options}),
        TrainingPart(select="likelihood", epochs=6, batch=32, lr=0.05, patience=6, threads=1),
    )


def test_answers_come_from_heads_that_did_not_know_the_speaker():
    clips = table(5)
    recipe = fitting.recipe(_run(), 3, METRICS)
    test = clips.speaker == "two/4"
    answers = recipe.answers(clips, test)
    assert (answers.argmax(1) == clips.label[test]).mean() > 0.7
    # Whatever the test speaker's labels and values are, the head stays the same.
    poisoned = _clips.Clips(
        clips.ids,
        clips.corpus,
        clips.speaker,
        np.where(test, 0, clips.label),
        clips.values + 100 * test[:, None].astype(np.float32),
    )
    shifted = recipe.answers(poisoned, test) - answers
    np.testing.assert_allclose(shifted, np.broadcast_to(shifted[0], shifted.shape), atol=1e-2)


def _corpus(folder: Path, name: str, speakers: int) -> tuple[Dialogue, ...]:
    """Wav files that differ by label in pitch."""
    found = []
    for number in range(speakers * 8):
        file = folder / f"{name}{number}.wav"
        label = KOREAN4.labels[number % 4]
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            sound = tone(0.4, pitch=100 + 60 * (number % 4))
            out.writeframes((sound * 32767).astype("<i2").tobytes())
        clip = Utterance(file.stem, 0, f"s{number // 8}", audio=file, gold=(label,))
        found.append(Dialogue(file.stem, (clip,), name, language="ko", labels=KOREAN4))
    return tuple(found)


def _pitch(audio: Audio, utterance: str) -> Features:
    """Stands in for the speech encoder: the spectrum in 16 bands."""
    bands = np.abs(np.fft.rfft(audio.samples[:4096]))[:256].reshape(16, 16).sum(1)
    row = np.concatenate([[audio.duration], np.log(bands + 1)])[None].astype(np.float32)
    return Features(utterance, "speech", row, ("speech", *(f"mean1.{k}" for k in range(16))))


def test_training_exports_what_load_reads(tmp_path):
    from empathia.training.fit import fit

    corpora = {name: _corpus(tmp_path, name, 4) for name in ("one", "two")}
    run = _run()
    job = voice.task(run, corpora, Tools({"speech": _pitch}, METRICS))
    result = fit(job, run.training, tmp_path / "fit", seed=run.seed)
    assert result.metrics["uar"] > 0.9
    (tmp_path / "model").mkdir()
    measures = job.export(tmp_path / "model")
    assert measures["uar"] > 0.9
    assert {"ece", "abroad_ece", "abroad_uar_one", "abroad_uar_two"} <= set(measures)
    recogniser = voice.load(tmp_path / "model", known=True)
    clips = [d.utterances[0] for d in corpora["one"]]
    samples = [Sample(u.id, features={"speech": _pitch(_clips._sound(u), u.id)}) for u in clips]
    said = [e.label for e in recogniser.recognise(samples)]
    gold = [
        {"happy": "joy", "angry": "anger", "sad": "sadness"}.get(u.gold[0], "neutral")
        for u in clips
    ]
    assert np.mean([a == b for a, b in zip(said, gold, strict=True)]) > 0.9


def test_a_corpus_without_usable_clips_is_named(tmp_path):
    bare = Dialogue("d", (Utterance("u", 0, "s"),), "one", labels=KOREAN4)
    with pytest.raises(ConfigError, match="no clip of one"):
        voice.task(_run(), {"one": (bare,)}, Tools({"speech": _pitch}, METRICS))
    with pytest.raises(ConfigError, match="'one' has no labels"):
        voice.task(
            _run(),
            {"one": (Dialogue("d", (Utterance("u", 0, "s"),)),)},
            Tools({"speech": _pitch}, METRICS),
        )
