"""Corpora of clips: trees in the exact layout, made here; real counts if there."""

from __future__ import annotations

import collections
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from empathia import plugins
from empathia.corpora import CorpusInfo, emodb, korean_emotional, ravdess
from empathia.errors import CorpusError
from empathia.labels import EKMAN7, projection

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")


def clip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.zeros(160, "<i2").tobytes())
    return path


def only(dialogues):
    return {d.id: d.utterances[0] for d in dialogues}


def test_ravdess_names_are_read(tmp_path):
    root = tmp_path / "Audio_Speech_Actors_01-24"
    clip(root / "Actor_01" / "03-01-02-01-01-02-01.wav")
    clip(root / "Actor_12" / "03-01-08-02-02-01-12.wav")
    clip(root / "Actor_12" / "03-02-03-01-01-01-12.wav")  # a song
    clip(root / "Actor_12" / "._03-01-08-02-02-01-12.wav")  # left by a file manager
    (root / "Actor_12" / "01-01-03-01-01-01-12.mp4").touch()
    clips = only(ravdess.load(tmp_path))
    assert list(clips) == ["03-01-02-01-01-02-01", "03-01-08-02-02-01-12"]
    first, last = clips.values()
    assert (first.speaker, first.gender, first.gold) == ("01", "male", ("calm",))
    assert (last.speaker, last.gender, last.gold) == ("12", "female", ("surprised",))
    assert [u.groups["intensity"] for u in (first, last)] == ["normal", "strong"]
    assert first.audio == root / "Actor_01" / "03-01-02-01-01-02-01.wav"
    assert first.text is None


def test_emodb_names_are_read(tmp_path):
    names = {
        "03a01Fa": ("male", "happiness"),
        "08b02Tb": ("female", "sadness"),
        "16a05Wc": ("female", "anger"),
        "11b10La": ("male", "boredom"),
        "13a04Na": ("female", "neutral"),
        "14a07Ed": ("female", "disgust"),
        "15b03Aa": ("male", "fear"),
    }
    for name in names:
        clip(tmp_path / "wav" / f"{name}.wav")
    clips = only(emodb.load(tmp_path))
    assert {k: (u.gender, u.gold[0]) for k, u in clips.items()} == names
    assert {u.speaker for u in clips.values()} == {n[:2] for n in names}


@pytest.mark.parametrize(
    ("number", "label"),
    [(1, "neutral"), (100, "neutral"), (101, "happy"), (300, "angry"), (301, "sad"), (400, "sad")],
)
def test_korean_numbers_are_read(tmp_path, number, label):
    clip(tmp_path / "plain-to-emotional" / "ema" / "wav" / f"ema{number:05d}.flac")
    (utterance,) = only(korean_emotional.load(tmp_path)).values()
    assert (utterance.speaker, utterance.gender, utterance.gold) == ("ema", None, (label,))


@pytest.mark.parametrize(
    ("corpus", "name", "message"),
    [
        (ravdess, "Actor_01/03-01-09-01-01-01-01.wav", "cannot understand the name"),
        (ravdess, "Actor_01/03-02-03-01-01-01-01.wav", "no speech clip"),
        (emodb, "wav/03a01Xa.wav", "cannot understand the name"),
        (korean_emotional, "x/ema/wav/ema00401.wav", "the number 401"),
        (korean_emotional, "x/ema/wav/ema00000.wav", "the number 0"),
        (korean_emotional, "x/ema/wav/readme.wav", "cannot understand the name"),
    ],
)
def test_foreign_files_are_named(tmp_path, corpus, name, message):
    file = clip(tmp_path / name)
    with pytest.raises(CorpusError, match=message) as caught:
        corpus.load(tmp_path)
    assert file.name in str(caught.value) or str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("corpus", [ravdess, emodb, korean_emotional])
def test_absent_empty_and_doubled(tmp_path, corpus):
    with pytest.raises(CorpusError, match="is no folder"):
        corpus.load(tmp_path / "absent")
    with pytest.raises(CorpusError, match="no wav or flac"):
        corpus.load(tmp_path)
    for folder in ("a", "b"):
        clip(tmp_path / folder / "03a01Fa.wav")
    with pytest.raises(CorpusError, match="'03a01Fa' is there twice"):
        corpus.load(tmp_path)


@pytest.mark.parametrize("name", ["ravdess", "emodb", "korean_emotional", "table"])
def test_plugins_say_what_a_user_must_know(name):
    plugin = plugins.load("corpora", name, ("INFO", "load"))
    assert isinstance(plugin.INFO, CorpusInfo)
    assert plugin.INFO.name == name
    assert plugin.INFO.noncommercial


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("corpus", "clips", "speakers", "counts"),
    [
        (
            ravdess,
            1440,
            24,
            {
                "neutral": 96,
                "calm": 192,
                "happy": 192,
                "sad": 192,
                "angry": 192,
                "fearful": 192,
                "disgust": 192,
                "surprised": 192,
            },
        ),
        (emodb, 339, 10, {"anger": 127, "happiness": 71, "neutral": 79, "sadness": 62}),
        (korean_emotional, 300, 15, dict.fromkeys(("neutral", "happy", "angry", "sad"), 75)),
    ],
)
def test_real_counts(corpus, clips, speakers, counts):
    folder = DATA / corpus.INFO.name
    if not folder.is_dir():
        pytest.skip(f"corpus {corpus.INFO.name} is not there")
    dialogues = corpus.load(folder)
    assert len(dialogues) == clips
    assert len({u.speaker for u in only(dialogues).values()}) == speakers
    assert collections.Counter(u.gold[0] for u in only(dialogues).values()) == counts
    to_ekman = projection(dialogues[0].labels, EKMAN7)
    assert all(to_ekman(u.gold[0]) in EKMAN7 for u in only(dialogues).values())
