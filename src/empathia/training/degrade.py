"""Clips as rooms, telephones and compression leave them: for training, never for reading.

    copy = degraded(audio, draw)

A clip of a studio goes through some of: a room, a sound behind it (hiss, music, or a second voice
10 to 20 dB lower), a telephone line, Opus or mp3 at a low rate, an overloaded microphone, another
level. Each is drawn by itself; the same generator state gives the same copy.

The second voice is the clip's own, backwards and at another speed: no other clip is at hand, and
whoever it belongs to, no word and no course of it fits the label.

``benchmarks/places.py`` makes the rooms and noises that recognisers are *tested* in, in other ways.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.media.recoding import MP3, MU_LAW, OPUS, recoded
from empathia.types import Audio, FloatArray

Draw = np.random.Generator

_BAND = (250.0, 3500.0)  # Hz of a telephone
_SHORT = (0.5, 2.0)  # s of an excerpt
_SCALE = (0, 2, 4, 5, 7, 9, 11)  # semitones of music


def degraded(audio: Audio, draw: Draw) -> Audio:
    """A copy of a clip, worse.

    Args:
        audio: Mono, at 16 kHz.
        draw: Decides what happens to it.

    Returns:
        As long as the clip, finite, within [-1, 1].
    """
    if not len(audio.samples):
        return audio
    sound = unit(audio.samples) * 0.1
    if draw.random() < 0.5:
        sound = reverberated(sound, audio.rate, draw)
    if draw.random() < 0.7:
        sound = behind(sound, audio.rate, draw)
    if draw.random() < 0.25:
        sound = overloaded(sound, draw)
    sound = np.clip(sound * 10 ** (draw.uniform(-25, 6) / 20), -1, 1).astype(np.float32)
    return transmitted(Audio(sound, audio.rate), draw)


def excerpt(audio: Audio, draw: Draw) -> Audio:
    """A stretch of .5 to 2 s out of a clip, or all of a shorter one."""
    samples = round(draw.uniform(*_SHORT) * audio.rate)
    start = int(draw.integers(0, max(1, len(audio.samples) - samples + 1)))
    return Audio(audio.samples[start : start + samples], audio.rate)


def reverberated(sound: FloatArray, rate: int, draw: Draw) -> FloatArray:
    """In a room: echoes, and noise that fades by 60 dB in .15 to .9 s, (samples,)."""
    decay = draw.uniform(0.15, 0.9)
    t = np.arange(round(decay * rate)) / rate
    tail = draw.normal(0, 1, len(t)) * 10 ** (-3 * t / decay)
    tail[: round(draw.uniform(0.002, 0.02) * rate)] = 0
    tail = np.convolve(tail, np.ones(3) / 3, "same") if draw.random() < 0.5 else tail
    response = unit(tail) * np.sqrt(len(tail)) * 10 ** (draw.uniform(-15, 6) / 20)
    response[0] = 1.0
    for at in draw.integers(round(0.002 * rate), round(0.04 * rate), 4):
        response[at] += draw.uniform(-0.5, 0.5)
    return unit(convolved(sound, response)) * 0.1


def behind(sound: FloatArray, rate: int, draw: Draw) -> FloatArray:
    """With hiss (5 to 35 dB lower), music (5 to 25) or a voice (10 to 20), (samples,)."""
    kind = draw.choice(3, p=(0.45, 0.25, 0.3))
    if kind == 0:
        other, lower = hiss(len(sound), rate, draw), draw.uniform(5, 35)
    elif kind == 1:
        other, lower = music(len(sound), rate, draw), draw.uniform(5, 25)
    else:
        other, lower = second_voice(sound, draw), draw.uniform(10, 20)
    return (sound + 0.1 * 10 ** (-lower / 20) * unit(other)).astype(np.float32)


def hiss(samples: int, rate: int, draw: Draw) -> FloatArray:
    """Noise whose spectrum falls by 0 to 9 dB an octave above some corner, (samples,)."""
    spectrum = np.fft.rfft(draw.normal(0, 1, samples))
    hertz = np.fft.rfftfreq(samples, 1 / rate)
    corner = np.exp(draw.uniform(np.log(50), np.log(2000)))
    spectrum *= (1 + (hertz / corner) ** 2) ** (-draw.uniform(0, 0.75))
    return np.fft.irfft(spectrum, samples).astype(np.float32)


def music(samples: int, rate: int, draw: Draw) -> FloatArray:
    """Chords of three decaying tones with overtones, one every .2 to .8 s, (samples,)."""
    t = np.arange(samples) / rate
    sound, at, root = np.zeros(samples), 0.0, 110 * 2 ** draw.uniform(0, 1)
    fade = draw.uniform(0.5, 4)
    while at * rate < samples:
        rest = t[round(at * rate) :] - at
        for step in draw.choice(_SCALE, 3, replace=False) + 12 * draw.integers(0, 3, 3):
            pitch = root * 2 ** (step / 12)
            for overtone in range(1, 6):
                phase = 2 * np.pi * (pitch * overtone * rest + draw.random())
                sound[len(t) - len(rest) :] += np.sin(phase) * np.exp(-fade * rest) / overtone
        at += draw.uniform(0.2, 0.8)
    return sound.astype(np.float32)


def second_voice(sound: FloatArray, draw: Draw) -> FloatArray:
    """The clip backwards, .75 to 1.3 times as fast and shifted, (samples,) as the clip."""
    at = np.arange(len(sound)) * draw.uniform(0.75, 1.3) + draw.integers(0, max(1, len(sound)))
    there = np.arange(len(sound))
    return np.asarray(np.interp(at % max(1, len(sound)), there, sound[::-1]), np.float32)


def overloaded(sound: FloatArray, draw: Draw) -> FloatArray:
    """Cut off at a bound that .5 to 10 % of the samples reach, (samples,)."""
    bound = float(np.quantile(np.abs(sound), 1 - draw.uniform(0.005, 0.1))) if len(sound) else 0.0
    return np.asarray(np.clip(sound, -bound, bound), np.float32)


def transmitted(audio: Audio, draw: Draw) -> Audio:
    """Through a telephone line, Opus, mp3, or nothing."""
    way = draw.choice(4, p=(0.2, 0.25, 0.2, 0.35))
    if way == 0:
        narrow = Audio(banded(audio.samples, audio.rate, *_BAND), audio.rate)
        return _within(recoded(narrow, MU_LAW, 64))
    if way == 1:
        return _within(recoded(audio, OPUS, draw.uniform(6, 24)))
    return _within(recoded(audio, MP3, float(draw.choice((8, 16, 24, 32))))) if way == 2 else audio


def banded(sound: FloatArray, rate: int, low: float, high: float) -> FloatArray:
    """Between two frequencies (Hz), with slopes of 18 dB an octave, (samples,)."""
    spectrum = np.fft.rfft(sound)
    hertz = np.maximum(np.fft.rfftfreq(len(sound), 1 / rate), 1e-3)
    spectrum *= np.minimum(1, (hertz / low) ** 3) * np.minimum(1, (high / hertz) ** 3)
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def convolved(sound: FloatArray, response: NDArray[np.floating]) -> FloatArray:
    """What a microphone hears of it, (samples,) as the sound."""
    size = 1 << max(1, (len(sound) + len(response) - 1).bit_length())
    both = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(both, size)[: len(sound)].astype(np.float32)


def unit(sound: NDArray[np.floating]) -> FloatArray:
    """The same with a power of 1, (samples,); silence stays silence."""
    power = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
    return (sound / max(power, 1e-9)).astype(np.float32)


def _within(audio: Audio) -> Audio:
    return Audio(np.clip(audio.samples, -1, 1), audio.rate)
