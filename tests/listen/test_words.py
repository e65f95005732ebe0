"""Words out of sound: real speech of a machine, in several languages, and what is no speech."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sounds

from empathia import media, weights
from empathia.errors import UsageError, WeightsError
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.models import hidden, weight_of
from empathia.listen.recording import hear
from empathia.listen.speech import RATE
from empathia.listen.words import Transcriber
from empathia.types import Audio

SAID = {
    "de": "Heute Morgen kam endlich der Brief. Ich freue mich sehr auf die neue Stelle.",
    "es": "Estoy muy contento de que hayas venido hoy. Vamos juntos a la ciudad.",
}


def spoken(folder: Path, voice: str, text: str) -> np.ndarray:
    """What a machine says, at 16 kHz."""
    path = folder / f"{voice}.wav"
    try:
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
    except FileNotFoundError:
        pytest.skip("espeak-ng is not installed")
    return np.concatenate([block.samples for block in media.blocks(path, RATE)])


def loaded(name: str | None) -> Transcriber:
    try:
        return Transcriber.load(name)
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def base() -> Transcriber:
    return loaded(None)


@pytest.fixture(scope="module")
def tiny() -> Transcriber:
    return loaded("tiny.en")


def texts(windows) -> str:
    return " ".join(w.text for window in windows for w in window.words)


@pytest.mark.weights
@pytest.mark.parametrize("voice", SAID)
def test_words_come_in_the_language_that_is_spoken(tmp_path, base, voice):
    path = sounds.write_wav(tmp_path / "a.wav", spoken(tmp_path, voice, SAID[voice]))
    heard = hear(path, transcriber=base)
    assert heard.language == voice
    assert {u.language for u in heard.dialogue.utterances} == {voice}
    said = {w for u in heard.dialogue.utterances for w in u.text.lower().split()}
    assert len(said & set(SAID[voice].lower().split())) >= 6
    assert heard.notes == ()


@pytest.mark.weights
def test_two_languages_in_one_recording_are_two(tmp_path, base):
    pause = np.zeros(RATE)
    spanish = np.concatenate([pause, spoken(tmp_path, "es", SAID["es"]), pause])
    first, last = sounds.example(0, 6.6), sounds.example(20.7, 25.3)
    path = sounds.write_wav(tmp_path / "a.wav", np.concatenate([first, spanish, last]))
    heard = hear(path, transcriber=base)
    for u in heard.dialogue.utterances:
        middle = (u.start + u.end) / 2
        assert u.language == ("es" if 6.6 < middle < 6.6 + len(spanish) / RATE else "en")
        assert (" de " in u.text or " juntos " in u.text) == (u.language == "es")
    assert heard.language == "en"
    assert heard.notes[-1].startswith("2 languages: en ")


@pytest.mark.weights
def test_a_model_of_english_makes_no_english_of_german(tmp_path, tiny):
    path = sounds.write_wav(tmp_path / "a.wav", spoken(tmp_path, "de", SAID["de"]))
    heard = hear(path, transcriber=tiny)
    assert heard.dialogue.utterances
    assert all(u.text is None for u in heard.dialogue.utterances)
    assert heard.language is None
    assert "knows English only" in heard.notes[-1]
    named = hear(path, ListenOptions(language="de"), transcriber=tiny)
    assert (named.words, named.language) == ({}, "de")
    assert "knows English only, not 'de'" in named.notes[0]


@pytest.mark.weights
def test_hints_write_rare_words_right_and_add_none(tmp_path, base):
    sound = spoken(tmp_path, "en", "We asked Doctor Nguyen about the zolpidem.")
    audio = Audio(sound.astype(np.float32), RATE)
    plain = texts(base.transcribe(base.encode(audio), 0.0, "en"))
    hinted = texts(base.transcribe(base.encode(audio), 0.0, "en", "Zanzibar, zolpidem, Ljubljana"))
    assert "zolpidem" not in plain.lower()
    assert "zolpidem" in hinted.lower()
    assert "Zanzibar" not in hinted
    assert "Ljubljana" not in hinted


@pytest.mark.weights
@pytest.mark.parametrize("hints", ["", "Ann, Bratislava"])
@pytest.mark.parametrize("kind", ["noise", "music", "silence"])
def test_nothing_is_heard_where_nobody_speaks(base, kind, hints):
    made = {"noise": sounds.noise(6), "music": sounds.music(6), "silence": np.zeros(6 * RATE)}
    dictation = Dictation(ListenOptions(hints=hints), base)
    dictation.add(Audio(made[kind].astype(np.float32), RATE), 0.0)  # as if it were speech
    assert dictation.finish().words == ()


@pytest.mark.weights
def test_words_lie_inside_of_what_was_heard_and_are_the_same_twice(base):
    audio = Audio(sounds.example(0, 20).astype(np.float32), RATE)
    windows = base.transcribe(base.encode(audio), 5.0, "en")
    words = [w for window in windows for w in window.words]
    assert len(words) > 30
    assert all(5.0 <= w.start <= w.end <= 25.0 for w in words)
    assert [w.start for w in words] == sorted(w.start for w in words)
    assert base.transcribe(base.encode(audio), 5.0, "en") == windows


@pytest.mark.weights
def test_a_word_alone_is_heard(base):
    with sounds.EXAMPLE.with_suffix(".csv").open(encoding="utf-8") as rows:
        start = float(next(csv.DictReader(rows))["start"])
    audio = Audio(sounds.example(start, start + 0.6).astype(np.float32), RATE)
    assert texts(base.transcribe(base.encode(audio), 0.0, "en")).lower().startswith("hello")


# -- models --------------------------------------------------------------------------------------


def test_names_of_faster_whisper_mean_the_weights_of_the_manifest():
    assert weight_of(None) == weight_of("base") == "whisper-base"
    assert weight_of("tiny.en") == weight_of("whisper-tiny-en") == "whisper-tiny-en"
    assert weight_of("small") is None
    assert {"whisper-base", "whisper-tiny-en"} <= {entry.name for entry in weights.entries()}


def test_a_folder_is_no_weight_of_the_manifest_whatever_it_is_called(tmp_path, monkeypatch):
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert weight_of("base") is None


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(WeightsError, match=r"lacks model\.bin and config\.json.*[Cc]onvert"):
        Transcriber.load(tmp_path)


def test_a_model_that_does_not_load(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"not a model")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match="does not load"):
        Transcriber.load(tmp_path)


def test_a_name_that_nobody_knows():
    with pytest.raises(UsageError, match=r"no speech model and no folder 'tinny'.*tiny\.en"):
        Transcriber.load("tinny")


def test_a_model_that_was_not_fetched_is_not_fetched(tmp_path):
    code = (
        "from empathia.listen.words import Transcriber\n"
        "from empathia.errors import WeightsError\n"
        "try: Transcriber.load('small')\n"
        "except WeightsError as error: print(error)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
    )
    assert "is not in the local hub cache" in out.stdout
    assert "--asr-model" in out.stdout
    assert out.stdout.count("\n") == 1


def test_hidden_packages_come_back():
    sys.modules.pop("this", None)
    with hidden("this", "csv"):
        assert sys.modules["csv"] is csv  # what is loaded stays
        with pytest.raises(ImportError):
            import this  # noqa: F401
    assert "this" not in sys.modules
