"""Where a made conversation takes place: rooms, a telephone line, noise.

All sound is mono at 16 kHz, (n,) float32 about [-1, 1].
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray

RATE = 16000
Draw = np.random.Generator
Point = NDArray[np.float64]

_SOUND = 343.0  # m/s
_IMAGES = 2  # rooms mirrored on each side
_EARLY = 0.05  # s of mirrored sources; then noise that decays
_BAND = (300.0, 3400.0)  # Hz of a telephone
_MU = 255.0


@dataclass(frozen=True)
class Room:
    """A box with a microphone in it.

    Args:
        size: Length, width and height in m.
        microphone: Its place in m.
        decay: Seconds until sound has faded by 60 dB (RT60).
    """

    size: Point
    microphone: Point
    decay: float

    def place(self, nearest: float, farthest: float, draw: Draw) -> Point:
        """A place for a mouth at such a distance (m) from the microphone, or as near to it."""
        tries = draw.uniform((0.3, 0.3, 1.0), (*(self.size[:2] - 0.3), 1.7), (200, 3))
        distance = np.linalg.norm(tries - self.microphone, axis=1)
        wanted = draw.uniform(nearest, farthest)
        best: Point = tries[np.abs(distance - wanted).argmin()]
        return best

    def response(self, mouth: Point, draw: Draw) -> FloatArray:
        """Impulse response from a mouth to the microphone, without the delay of the direct sound.

        Sources mirrored at the walls (Allen and Berkley 1979) for the first 50 ms, then noise
        that goes on at their level and fades by 60 dB within ``decay``. Energy 1.
        """
        early = self._early(mouth)
        join = round(_EARLY * RATE)
        power = np.square(early[join - 320 : join]).mean()
        t = np.arange(round(self.decay * RATE)) / RATE
        tail = np.convolve(draw.normal(0, 1, len(t)), (0.5, 0.5), "same")  # walls take the highs
        tail *= np.sqrt(2 * power) * 10 ** (-3 * t / self.decay)
        whole = np.concatenate([early[:join], tail])
        return (whole / np.sqrt(np.square(whole).sum())).astype(np.float32)

    def _early(self, mouth: Point) -> Point:
        surface = 2 * sum(a * b for a, b in itertools.combinations(self.size, 2))
        absorbed = min(0.95, 0.161 * float(self.size.prod()) / (surface * self.decay))  # Sabine
        bounce = np.sqrt(1 - absorbed)
        grid = np.array(list(itertools.product(range(-_IMAGES, _IMAGES + 1), repeat=3)))
        mirror = np.array(list(itertools.product((0, 1), repeat=3)))
        order = (np.abs(grid[:, None] - mirror) + np.abs(grid[:, None])).sum(axis=2)
        source = (1 - 2 * mirror) * mouth + 2 * grid[:, None] * self.size
        distance = np.linalg.norm(source - self.microphone, axis=2)
        direct = float(np.linalg.norm(mouth - self.microphone))
        at = np.round((distance - direct) / _SOUND * RATE).astype(int)
        response = np.zeros(max(int(at.max()) + 1, round(_EARLY * RATE)))
        np.add.at(response, at.ravel(), (bounce**order / distance).ravel())
        return response


def room(draw: Draw, *, large: bool = False) -> Room:
    """A living room or an office; a large one is a meeting room."""
    low, high = ((6, 5, 2.6), (10, 8, 3.4)) if large else ((3, 2.8, 2.3), (7, 5.5, 3.0))
    size = draw.uniform(low, high)
    microphone = np.append(size[:2] * draw.uniform(0.2, 0.8, 2), draw.uniform(0.7, 1.2))
    return Room(size, microphone, float(draw.uniform(0.2, 0.9)))


def convolved(sound: FloatArray, response: FloatArray) -> FloatArray:
    """What the microphone hears, (n,) as long as the sound."""
    size = fast(len(sound) + len(response))
    both = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(both, size)[: len(sound)].astype(np.float32)


def phone(sound: FloatArray) -> FloatArray:
    """What is left of it at the other end of a line: 300 to 3400 Hz at 8 kHz, in mu-law."""
    size = fast(len(sound))
    spectrum = np.fft.rfft(sound, size)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    spectrum *= np.minimum(1, (hertz / _BAND[0]) ** 3) * (hertz < _BAND[1])
    narrow = np.fft.irfft(spectrum[: size // 4 + 1], size // 2) / 2
    loud = np.log1p(_MU * np.abs(np.clip(narrow, -1, 1))) / np.log1p(_MU)
    steps = np.round(127 * loud) / 127
    decoded = np.sign(narrow) * np.expm1(steps * np.log1p(_MU)) / _MU
    wide = np.pad(np.fft.rfft(decoded), (0, size // 4))
    return (2 * np.fft.irfft(wide, size)[: len(sound)]).astype(np.float32)


def hiss(samples: int, draw: Draw) -> FloatArray:
    """Noise between white and pink, of power 1."""
    size = fast(samples)
    spectrum = np.fft.rfft(draw.normal(0, 1, size))
    spectrum *= np.maximum(np.arange(len(spectrum)), 20 * size / RATE) ** -draw.uniform(0, 0.5)
    return unit(np.fft.irfft(spectrum, size)[:samples])


def hum(samples: int, draw: Draw) -> FloatArray:
    """Mains and a fan, of power 1."""
    t, mains = np.arange(samples) / RATE, draw.choice([50.0, 60.0])
    tones = sum(
        draw.uniform(0.2, 1) / h * np.sin(2 * np.pi * mains * h * t + draw.uniform(0, 6))
        for h in range(1, 12)
    )
    return unit(unit(np.asarray(tones)) + draw.uniform(0.3, 1) * hiss(samples, draw))


def unit(sound: NDArray[np.floating]) -> FloatArray:
    """The same with a power of 1; silence stays silence."""
    power = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
    return (sound / max(power, 1e-12)).astype(np.float32)


def fast(samples: int) -> int:
    """The next length that a Fourier transform is fast at, a multiple of 4."""
    return max(4, 1 << (samples - 1).bit_length())
