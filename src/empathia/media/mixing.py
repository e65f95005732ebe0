"""The condition of a recording's sound, and its channels mixed to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from empathia.media.channels import Channels
from empathia.types import FloatArray

if TYPE_CHECKING:
    from av import AudioFrame

# Front channels count fully, the others less, the bass effect not at all (after ITU-R BS.775).
_GAINS = {"FC": 1.0, "FL": 0.7071, "FR": 0.7071, "LFE": 0.0, "LFE2": 0.0}
_SURROUND = 0.5
_FULL_SCALE = 0.999
_TOLD = 0.5  # s of channels that cancel each other


@dataclass(slots=True)
class Condition:
    """What was damaged, and mended, while a recording was decoded.

    Args:
        samples: Samples decoded, before resampling, all channels counted once.
        seconds: Length of the decoded sound in s.
        announced: Length in s that the file announces and that can be trusted, or None.
        not_finite: Values that were NaN or infinite; they were taken as silence.
        clipped: Samples at or over full scale.
        damaged: Parts that could not be decoded.
        filled: Seconds that were missing, by the time stamps, and were taken as silence.
        cancelled: Seconds in which the channels cancelled each other and one stood for all.
        apart: Whether the channels seem to hold different people.
        remarks: What else the user should know.
    """

    samples: int = 0
    seconds: float = 0.0
    announced: float | None = None
    not_finite: int = 0
    clipped: int = 0
    damaged: int = 0
    filled: float = 0.0
    cancelled: float = 0.0
    apart: bool = False
    remarks: list[str] = field(default_factory=list)

    @property
    def cut_short(self) -> bool:
        """Whether the sound ends well before the end that the file announces.

        Says something only where the recording was decoded to its end.
        """
        announced = self.announced
        return announced is not None and self.seconds < min(announced - 0.5, 0.98 * announced)

    def damage(self) -> tuple[str, ...]:
        """Remarks on what is not as it was recorded; () for sound that is whole so far."""
        remarks: list[str] = []
        if self.not_finite:
            remarks.append(f"{self.not_finite} samples were no numbers and were taken as silence")
        if self.damaged:
            remarks.append(f"{self.damaged} damaged parts of the recording could not be decoded")
        if self.filled:
            remarks.append(f"{self.filled:.1f} s of sound were missing and were taken as silence")
        return tuple(remarks)

    def notes(self) -> tuple[str, ...]:
        """Remarks for the user; () for a recording in good condition."""
        remarks = [*self.damage(), *self.remarks]
        if self.cut_short:  # seconds say more than bytes
            remarks = [r for r in remarks if "cut short" not in r]
            remarks.append(
                f"the sound ends at {self.seconds:.1f} s although the file announces "
                f"{self.announced:.1f} s: it may have been cut short"
            )
        if self.cancelled > _TOLD:
            remarks.append(
                f"the channels cancel each other for {self.cancelled:.1f} s (out of phase): the "
                "louder one was read there"
            )
        if self.samples and self.clipped > 0.001 * self.samples:
            remarks.append(
                f"{100 * self.clipped / self.samples:.1f} % of the samples are clipped: "
                "loudness and voice are less certain"
            )
        return tuple(remarks)

    def take(self, other: Condition) -> None:
        """Add what another track of the same recording is like."""
        self.samples += other.samples
        self.not_finite += other.not_finite
        self.clipped += other.clipped
        self.damaged += other.damaged
        self.filled = max(self.filled, other.filled)
        self.cancelled = max(self.cancelled, other.cancelled)
        if other.announced is not None:
            self.announced = max(self.announced or 0.0, other.announced)
        self.remarks += [r for r in other.remarks if r not in self.remarks]


class Mixer:
    """Makes one channel of the frames of one track.

    Args:
        state: Told what is damaged.
        channel: Number of the only channel that is wanted, from 0; None mixes them.
    """

    def __init__(self, state: Condition, channel: int | None = None) -> None:
        self._state = state
        self._channel = channel
        self._channels = Channels()

    def __call__(self, frame: AudioFrame) -> FloatArray:
        """One channel of a frame of any sample format and channel layout; shape (1, n), float32."""
        return self.mix(values(frame, self._state), frame)

    def mix(self, each: FloatArray, frame: AudioFrame) -> FloatArray:
        """One channel, shape (1, n), of the channels (channels, n) of a frame."""
        if self._channel is not None:
            wanted = each[self._channel][None] if self._channel < len(each) else 0 * each[:1]
            return np.ascontiguousarray(wanted)
        mixed = self._channels.mix(each, _weights(frame), frame.sample_rate)
        self._state.cancelled = self._channels.cancelled
        self._state.apart = self._channels.apart
        return np.ascontiguousarray(mixed[None, :], dtype=np.float32)


def values(frame: AudioFrame, state: Condition) -> FloatArray:
    """Samples of a frame of any sample format in [-1, 1], shape (channels, n).

    Args:
        frame: What was decoded.
        state: Told what is damaged.
    """
    if frame.format.name.startswith("s64"):  # PyAV makes no array of it
        from av import AudioResampler

        (frame,) = AudioResampler(format="dblp").resample(frame)
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, len(frame.layout.channels)).T
    if raw.dtype.kind == "u":
        scaled = raw.astype(np.float32) / 128.0 - 1.0
    elif raw.dtype.kind == "i":
        scaled = raw.astype(np.float32) / float(2 ** (8 * raw.dtype.itemsize - 1))
    else:
        finite = np.isfinite(raw)
        state.not_finite += int(raw.size - np.count_nonzero(finite))
        scaled = np.where(finite, raw, 0.0).clip(-1.0, 1.0).astype(np.float32)
    state.samples += scaled.shape[1]
    state.clipped += int(np.count_nonzero(np.abs(scaled).max(axis=0) >= _FULL_SCALE))
    return scaled


def _weights(frame: AudioFrame) -> FloatArray:
    """One weight a channel, shape (channels,), summing to 1."""
    names = [channel.name for channel in frame.layout.channels]
    gains = np.array([_GAINS.get(name, _SURROUND) for name in names], np.float32)
    if not set(names) & set(_GAINS) or not gains.any():
        gains = np.ones(len(names), np.float32)  # a plain wav names no channels: all alike
    weights: FloatArray = gains / gains.sum()
    return weights
