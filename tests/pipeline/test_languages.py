"""One recording in two languages: each turn is judged by who knows its language, or by nobody."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import sounds

from empathia import media
from empathia.errors import WeightsError
from empathia.listen.speech import RATE
from empathia.pipeline import Options, Reader

SPANISH = "Estoy muy contento de que hayas venido hoy. Vamos juntos a la ciudad."


@pytest.mark.weights
def test_who_knows_english_alone_abstains_where_spanish_is_spoken(tmp_path):
    said = tmp_path / "es.wav"
    try:
        subprocess.run(["espeak-ng", "-v", "es", "-s", "150", "-w", str(said), SPANISH], check=True)
    except FileNotFoundError:
        pytest.skip("espeak-ng is not installed")
    spanish = np.concatenate([b.samples for b in media.blocks(said, RATE)])
    pause = np.zeros(RATE)
    talk = np.concatenate([sounds.example(0, 6.6), pause, spanish])
    path = sounds.write_wav(tmp_path / "talk.wav", talk)
    try:
        with Reader(Options(speakers=1)) as reader:
            timeline = reader.read(path)
    except WeightsError as error:
        pytest.skip(str(error))
    languages = {t.utterance.language for t in timeline.turns}
    assert languages == {"en", "es"}
    for turn in timeline.turns:
        words = turn.emotions["text"]
        if turn.utterance.language == "es":
            assert words.abstained is not None
            assert "es" in words.abstained
            assert turn.emotions["voice"] is not None
        elif words.abstained is not None:
            assert "unsure" in words.abstained
    assert any(note.startswith("2 languages: ") for note in timeline.notes)
