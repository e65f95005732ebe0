"""Clips as strangers record them, to test by: a module for other benchmarks.

    features = heard(dialogues, "one")

Rooms, noises and codecs are others than those that the voice recogniser learns from
(``empathia.training.degrade``): rooms of mirrored sources, hiss, hum and the babble of five people
of other clips, AAC, AMR, WMA, A-law and G.722. In manner "one" each clip gets one of the three:

    room    a living room (.4 to 3 m from the microphone) or a meeting room (1.5 to 5 m)
    noise   hiss, hum or babble, 5 to 20 dB lower
    codec   AAC 16 or 24 kbit/s, AMR 4.75 to 12.2, WMA 24 or 32, A-law, G.722

and in manner "all" all of them, one after the other, and a level up to 25 dB lower.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import places

from empathia import features, media
from empathia.bench.cache import Store
from empathia.files import sha256
from empathia.media.recoding import Codec, available, recoded
from empathia.types import Audio, Dialogue, Features, FloatArray, Utterance

MANNERS = ("one", "all")
KINDS = ("room", "noise", "codec")
_RATE = places.RATE
_LEVEL = 0.1  # -20 dBFS
_CODECS = (
    (Codec("aac", "adts", 16_000), (16.0, 24.0)),
    (Codec("libopencore_amrnb", "amr", 8_000), (4.75, 5.9, 7.4, 12.2)),
    (Codec("wmav2", "asf", 16_000), (24.0, 32.0)),
    (Codec("pcm_alaw", "wav", 8_000), (64.0,)),
    (Codec("g722", "wav", 16_000), (64.0,)),
)


def heard(
    dialogues: Sequence[Dialogue], manner: str, feature: str = "speech"
) -> dict[str, Features]:
    """Features of a worse copy of each utterance, by its id; kept in the cache.

    Args:
        dialogues: Of clips that are whole files.
        manner: "one" or "all".
        feature: What is taken of them.
    """
    extractor = features.load(feature, threads=1)
    utterances = [u for d in dialogues for u in d.utterances]
    settings = {**extractor.settings, "worse": manner, "worse_version": 1}
    told: dict[str, Features] = {}
    with Store(f"{feature.partition(':')[0]}-worse", settings) as store:
        others = [_sound(u) for u in utterances[:: max(1, len(utterances) // 40)]]
        for u in utterances:
            key = store.key(f"{_sum(u)} {u.id}")
            if (kept := store.get(key)) is None:
                copy = Audio(worse(_sound(u), manner, others, seed(u.id)), _RATE)
                kept = extractor([(u.id, copy)])[0]
                store.put(key, kept)
            told[u.id] = kept
    return told


def seed(utterance: str) -> int:
    """What decides the copy of an utterance of this id."""
    return zlib.crc32(utterance.encode())


def kind(utterance: str) -> str:
    """What the manner "one" does to it."""
    return KINDS[seed(utterance) % len(KINDS)]


def worse(sound: FloatArray, manner: str, others: Sequence[FloatArray], number: int) -> FloatArray:
    """A copy, (n,) as the sound.

    Args:
        sound: (n,) at 16 kHz.
        manner: "one" or "all".
        others: Clips that babble is made of.
        number: Decides what happens.
    """
    draw = np.random.default_rng([number, MANNERS.index(manner)])
    kinds = KINDS if manner == "all" else (KINDS[number % len(KINDS)],)
    copy = places.unit(sound)
    if "room" in kinds:
        copy = _in_a_room(copy, draw)
    if "noise" in kinds:
        copy = copy + 10 ** (-draw.uniform(5, 20) / 20) * _noise(len(copy), others, draw)
    level = _LEVEL * 10 ** (-(draw.uniform(0, 25) if manner == "all" else 0) / 20)
    copy = np.clip(places.unit(copy) * level, -1, 1).astype(np.float32)
    return _through_a_codec(copy, draw) if "codec" in kinds else copy


def _in_a_room(sound: FloatArray, draw: np.random.Generator) -> FloatArray:
    large = bool(draw.random() < 0.4)
    room = places.room(draw, large=large)
    mouth = room.place(*((1.5, 5.0) if large else (0.4, 3.0)), draw)
    return places.unit(places.convolved(sound, room.response(mouth, draw)))


def _noise(samples: int, others: Sequence[FloatArray], draw: np.random.Generator) -> FloatArray:
    which = draw.integers(3)
    if which < 2:
        return (places.hiss, places.hum)[which](samples, draw)
    total = np.zeros(samples, np.float32)
    for number in draw.integers(0, len(others), 5):
        voice = places.unit(others[number])
        total += np.roll(np.resize(voice, samples), int(draw.integers(0, samples)))
    return places.unit(total)


def _through_a_codec(sound: FloatArray, draw: np.random.Generator) -> FloatArray:
    codecs = [c for c in _CODECS if available(c[0])]
    codec, rates = codecs[draw.integers(len(codecs))]
    return np.clip(recoded(Audio(sound, _RATE), codec, float(draw.choice(rates))).samples, -1, 1)


def _sum(u: Utterance) -> str:
    assert u.audio is not None
    return sha256(u.audio)


def _sound(u: Utterance) -> FloatArray:
    assert u.audio is not None
    return np.concatenate([b.samples for b in media.blocks(u.audio, _RATE)])
