"""Words out of sound: real speech of a machine, in several languages, and what is no speech."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import loaded_once
import numpy as np
import places
import pytest
import sounds
from hypothesis import given
from hypothesis import strategies as st

from empathia import media, weights
from empathia.errors import UsageError, WeightsError
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.models import hidden, weight_of
from empathia.listen.recording import hear
from empathia.listen.speech import RATE
from empathia.listen.words import BEAM, Transcriber, without_loops
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
@pytest.mark.parametrize("seed", [1, *(pytest.param(s, marks=pytest.mark.slow) for s in (16, 21))])
def test_across_a_room_the_language_is_told_from_as_much_as_the_model_knows(base, seed):
    """With less silence behind it, each of these is Latin."""
    draw = np.random.default_rng(seed)
    room = places.room(draw, large=True)
    speech = sounds.example(2.5, 6.5).astype(np.float32)
    far = places.convolved(speech, room.response(room.place(3.0, 6.0, draw), draw))
    told = base.languages(base.encode(Audio(0.3 * far / np.abs(far).max(), RATE)))
    assert max(told, key=told.__getitem__) == "en"
    assert sum(told.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.weights
@pytest.mark.parametrize("voice", ["ga", "gd"])
def test_a_language_that_the_model_does_not_know_has_no_words(tmp_path, base, voice):
    text = "Dia duit, tá an lá go breá inniu agus ba mhaith liom dul go dtí an siopa."
    heard = hear(
        sounds.write_wav(tmp_path / "a.wav", spoken(tmp_path, voice, text)), transcriber=base
    )
    assert heard.dialogue.utterances
    assert heard.words == {}
    assert heard.notes[-1].startswith("words not available")


@pytest.mark.weights
def test_clear_words_are_the_same_in_less_time_and_others_are_weighed(base, monkeypatch):
    widths, generated = [], Transcriber._generated

    def noted(self, output, tokenizer, hints, frames, beam):
        widths.append(beam)
        return generated(self, output, tokenizer, hints, frames, beam)

    monkeypatch.setattr(Transcriber, "_generated", noted)
    clear = sounds.example(7.1, 10.4).astype(np.float32)
    hiss = 0.02 * np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    for samples, expected in ((clear, [1]), (hiss, [1, BEAM])):
        heard = base.encode(Audio(samples, RATE))
        slow = base.transcribe(heard, 0.0)
        widths.clear()
        quick = base.transcribe(heard, 0.0, quick=True)
        assert widths[: len(expected)] == expected
        assert texts(quick) == texts(slow)


def timed(*lengths: float) -> list[dict]:
    ends = np.cumsum(lengths)
    return [
        {"word": f"w{i}", "start": end - length, "end": end, "probability": 0.99}
        for i, (end, length) in enumerate(zip(ends, lengths, strict=True))
    ]


def test_a_loop_behind_the_last_sound_is_dropped_however_sure_it_is():
    words = timed(0.3, 0.2, 0.5, *[0.0] * 40, 0.4)
    assert without_loops(words) == [*words[:3], words[-1]]


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5]), max_size=30))
def test_words_that_take_time_stay_and_so_do_few_that_take_none(lengths):
    words = timed(*lengths)
    kept = without_loops(words)
    assert [w for w in words if w["end"] > w["start"]] == [w for w in kept if w["end"] > w["start"]]
    if "0000" not in "".join("0" if x == 0 else "1" for x in lengths):
        assert kept == words


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
@pytest.mark.parametrize(
    ("kind", "hints"),
    [
        ("noise", ""),
        ("silence", "Ann, Bratislava"),
        pytest.param("noise", "Ann, Bratislava", marks=pytest.mark.slow),
        pytest.param("silence", "", marks=pytest.mark.slow),
        pytest.param("music", "", marks=pytest.mark.slow),
        pytest.param("music", "Ann, Bratislava", marks=pytest.mark.slow),
    ],
)
def test_nothing_is_heard_where_nobody_speaks(base, kind, hints):
    made = {"noise": sounds.noise(2), "music": sounds.music(2), "silence": np.zeros(2 * RATE)}
    dictation = Dictation(ListenOptions(hints=hints), base)
    dictation.add(Audio(made[kind].astype(np.float32), RATE), 0.0)  # as if it were speech
    assert dictation.finish().words == ()


@pytest.mark.weights
def test_words_lie_inside_of_what_was_heard_and_are_the_same_twice(base):
    audio = Audio(sounds.example(0, 6.6).astype(np.float32), RATE)
    windows = base.transcribe(base.encode(audio), 5.0, "en")
    words = [w for window in windows for w in window.words]
    assert len(words) > 15
    assert all(5.0 <= w.start <= w.end <= 11.6 for w in words)
    assert [w.start for w in words] == sorted(w.start for w in words)
    loaded_once.forget()
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


@pytest.mark.parametrize("name", ["tinny", "", "a b", "base "])
def test_a_name_that_nobody_knows(name):
    with pytest.raises(UsageError, match=rf"no speech model and no folder '{name}'.*tiny\.en"):
        Transcriber.load(name)


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
