"""The benchmark of music, noise and bare rooms, on sound that is made here."""

from __future__ import annotations

import nobody
import numpy as np
import pytest
import sounds
from nobody import Recording

RATE = nobody.RATE


def test_speech_is_counted_within_its_span_alone(capsys):
    talk = np.concatenate([np.zeros(3 * RATE), sounds.example(0, 6.6)])
    end = len(talk) / RATE
    recordings = [Recording("talk", talk, 3, end), Recording("talk", np.zeros(5 * RATE), 0, 5)]
    nobody._print([*recordings, Recording("before it", talk, 0, 2.5)])
    one, other = capsys.readouterr().out.splitlines()
    assert one.split() == ["talk", "2", "recordings,", "speech", "in", "1,", "sifted", "1"]
    assert other.split() == [
        "before",
        "it",
        "1",
        "recordings,",
        "speech",
        "in",
        "0,",
        "sifted",
        "0",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_bare_room_is_faint_and_the_same_again(seed):
    room = nobody.bare_room(10, np.random.default_rng(seed))
    assert len(room) == 10 * RATE
    assert -76 < 10 * np.log10(np.square(room).mean()) < -34
    assert np.array_equal(room, nobody.bare_room(10, np.random.default_rng(seed)))


@pytest.mark.slow
def test_every_made_sound_comes_as_often():
    kinds = [r.kind for r in nobody._nobody(2, 3000)]
    assert sorted(kinds) == sorted(2 * [f"nobody: {kind}" for kind in nobody.MADE])
