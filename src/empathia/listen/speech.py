"""Where in a recording somebody speaks.

Speech probabilities come from Silero VAD (MIT; the ONNX file that
faster-whisper carries), one every 32 ms; a switch with hysteresis turns them
into segments. Both go over a stream of blocks and keep only the open segment,
so the length of a recording does not matter. The bounds are lower than
Silero's own, which miss an eighth of what is said across a room;
``benchmarks/diarisation.py`` measures what is missed and what is invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia.errors import MissingExtra, WeightsError
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16000
FRAME = 512  # samples in one step of the network: 32 ms
LONGEST = 28.0

_CONTEXT = 64  # samples of the step before that the network wants to see again
_NETWORK = "silero_vad_v6.onnx"
_REST = 64  # steps (2 s) of rest after which the network starts afresh ...
_NO_SPEECH = 0.1  # ... if no probability in them reached this
_RESTS = 4  # quiet steps that mostly become a pause (three in four, in talk)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech.

    Args:
        start: Start in s from the start of the recording.
        end: End in s.
        peak: Highest probability of speech in it, in [0, 1].
    """

    start: float
    end: float
    peak: float = field(default=1.0, compare=False)


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How probabilities become segments.

    Args:
        on: Speech begins at this probability.
        off: Speech may end below this one.
        min_speech: Shorter stretches are dropped (s).
        min_silence: Shorter gaps do not end a stretch (s).
        lead: Added before a stretch (s), whose beginning is heard late; its end is not.
        longest: Longer stretches are cut where they are least like speech (s).
    """

    on: float = 0.3
    off: float = 0.2
    min_speech: float = 0.2
    min_silence: float = 0.25
    lead: float = 0.06
    longest: float = LONGEST


class SpeechDetector:
    """Speech segments of a stream of blocks at 16 kHz.

    Args:
        options: How probabilities become segments.

    Raises:
        MissingExtra: faster-whisper, which carries the network, is not installed.
    """

    def __init__(self, options: SpeechOptions | None = None) -> None:
        self._options = SpeechOptions() if options is None else options
        self._network = _Network()
        self._switch = Hysteresis(self._options)
        self._rest = np.zeros(0, np.float32)
        self._samples = 0

    @property
    def duration(self) -> float:
        """Seconds heard so far."""
        return self._samples / RATE

    @property
    def settled(self) -> float:
        """No later segment starts before this time (s)."""
        return self._switch.settled

    @property
    def opened(self) -> float | None:
        """When the segment that is open began (s), or None where nobody speaks."""
        return self._switch.opened

    @property
    def resting(self) -> Segment | None:
        """The open segment where it has fallen silent, as it will be if it has ended; or None."""
        return self._switch.resting

    @property
    def going(self) -> Segment | None:
        """The open segment up to now, where it has not fallen silent; or None."""
        return self._switch.going

    @property
    def begun(self) -> Segment | None:
        """The open segment as far as it was not quiet; None where it is too short yet."""
        return self._switch.begun

    def add(self, audio: Audio) -> list[Segment]:
        """Hear a block; returns the segments that are complete by now."""
        if audio.rate != RATE:
            raise ValueError(f"expected sound at {RATE} Hz, found {audio.rate} Hz")
        self._samples += len(audio.samples)
        samples = np.concatenate([self._rest, audio.samples])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        return self._switch.add(self._network(samples[:whole].reshape(-1, FRAME)))

    def pause(self) -> list[Segment]:
        """The open segment, where no more sound comes for the time being."""
        return [replace(s, end=min(s.end, self.duration)) for s in self._switch.finish()]

    def finish(self) -> list[Segment]:
        """The last segments, once there are no more blocks."""
        segments: list[Segment] = []
        if len(self._rest):
            last = np.pad(self._rest, (0, FRAME - len(self._rest)))
            segments += self._switch.add(self._network(last[None, :]))
        segments += self._switch.finish()
        return [replace(s, end=min(s.end, self.duration)) for s in segments]


class _Network:
    """Silero VAD with its memory carried from call to call.

    In a long pause the memory drifts until the next speaker's first word goes unheard (after
    40 s the onset comes .25 s late), so it is cleared after two seconds without any speech.
    """

    def __init__(self) -> None:
        self._session = _session()
        self._context = np.zeros(_CONTEXT, np.float32)
        self._at = 0
        self._forget()

    def _forget(self) -> None:
        self._memory = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._highest = 0.0

    def __call__(self, frames: FloatArray) -> FloatArray:
        """Speech probability of each frame, (n, 512) -> (n,)."""
        probabilities = [np.zeros(0, np.float32)]
        while len(frames):
            # The grid of steps is fixed, whatever blocks the frames come in.
            part = frames[: _REST - self._at % _REST]
            frames = frames[len(part) :]
            probabilities.append(self._run(part))
            self._at += len(part)
            self._highest = max(self._highest, float(probabilities[-1].max()))
            if self._at % _REST == 0:
                if self._highest < _NO_SPEECH:
                    self._forget()
                self._highest = 0.0
        return np.concatenate(probabilities)

    def _run(self, frames: FloatArray) -> FloatArray:
        """(n, 512) samples at 16 kHz to (n,) probabilities."""
        tails = np.concatenate([self._context[None, :], frames[:-1, -_CONTEXT:]])
        output, self._memory, self._cell = self._session.run(
            None,
            {
                "input": np.concatenate([tails, frames], axis=1),
                "h": self._memory,
                "c": self._cell,
            },
        )
        self._context = frames[-1, -_CONTEXT:]
        probabilities: FloatArray = np.asarray(output, np.float32).reshape(-1)
        return probabilities


def _session() -> onnxruntime.InferenceSession:
    import onnxruntime

    # Looked up without importing faster_whisper, which would load a hub client and more.
    package = find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise MissingExtra("asr", "Finding speech")
    network = Path(package.origin).parent / "assets" / _NETWORK
    if not network.is_file():
        raise WeightsError(
            f"the installed faster-whisper does not carry {_NETWORK}",
            "Run: pip install -U 'faster-whisper>=1.2.1,<2'",
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # steps depend on each other: more threads only wait
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])


class Hysteresis:
    """Segments from speech probabilities, one a frame of 32 ms, by a switch with two bounds.

    Args:
        options: The bounds, and how short or long a segment may be.
    """

    def __init__(self, options: SpeechOptions) -> None:
        step = FRAME / RATE
        self._options = options
        self._step = step
        self._silence = max(1, round(options.min_silence / step))
        self._shortest = options.min_speech / step
        self._longest = int((options.longest - options.lead) / step)
        self._at = 0
        self._open: list[float] = []  # probabilities since the segment began; [] = silence
        self._start = 0
        self._low = 0  # frames below `off` at the end of the open segment
        self._cut = False  # the open segment goes on from one that was cut for its length

    @property
    def settled(self) -> float:
        """No later segment starts before this time (s)."""
        at = self._start if self._open else self._at
        return max(0.0, at * self._step - self._options.lead)

    @property
    def opened(self) -> float | None:
        """When the open segment began (s), or None."""
        return self.settled if self._open else None

    @property
    def resting(self) -> Segment | None:
        """The open segment once it is quiet, as it will be if the pause holds; or None."""
        return self._ended() if self._low >= _RESTS else None

    @property
    def begun(self) -> Segment | None:
        """The open segment as far as it was not quiet; None where it is too short yet."""
        return self._ended() if self._open else None

    @property
    def going(self) -> Segment | None:
        """The open segment up to now, in the midst of speech; or None."""
        return self._ended() if self._open and not self._low else None

    def add(self, probabilities: Iterable[float]) -> list[Segment]:
        """The segments that are complete after these frames; probabilities in [0, 1]."""
        return [s for p in probabilities if (s := self._next(float(p))) is not None]

    def finish(self) -> list[Segment]:
        """The last segment, once there are no more frames."""
        last = self._close() if self._open else None
        return [] if last is None else [last]

    def _next(self, probability: float) -> Segment | None:
        self._at += 1
        if not self._open:
            if probability >= self._options.on:
                self._open, self._start, self._low = [probability], self._at - 1, 0
            return None
        self._open.append(probability)
        # Between `off` and `on` a pause goes on, yet does not begin.
        quiet = probability < self._options.off or (
            self._low > 0 and probability < self._options.on
        )
        self._low = self._low + 1 if quiet else 0
        if self._low >= self._silence:
            return self._close()
        return self._halve() if len(self._open) >= self._longest else None

    def _close(self) -> Segment | None:
        ended = self._ended()
        self._open, self._cut, self._low = [], False, 0
        return ended

    def _ended(self) -> Segment | None:
        """The open segment as far as it was not quiet; None where it is too short."""
        first, last = self._start, self._start + len(self._open) - self._low
        begin = first * self._step - (0.0 if self._cut else self._options.lead)
        short = last - first < self._shortest and not self._cut
        if short or last <= first:
            return None
        return Segment(max(0.0, begin), last * self._step, max(self._open))

    def _halve(self) -> Segment:
        """Cut an overlong segment at the least speech-like point of its second half."""
        half = len(self._open) // 2
        smooth = np.convolve(self._open[half:], np.ones(5) / 5, mode="same")
        # The ends of a convolution see zeros, which would pass for silence.
        at = half + 2 + int(np.argmin(smooth[2:-2]))
        begin = self._start * self._step - (0.0 if self._cut else self._options.lead)
        end = (self._start + at) * self._step
        peak = max(self._open[:at])
        self._open, self._start, self._cut = self._open[at:], self._start + at, True
        self._low = min(self._low, len(self._open))
        return Segment(max(0.0, begin), end, peak)


class Waveform:
    """Peak amplitudes, evenly spaced, of a stream of any length in fixed memory.

    Starts with a peak every 10 ms and merges them in pairs whenever there are too many.

    Args:
        most: Upper bound of the number of peaks, even; a long recording gets at least half.
    """

    def __init__(self, most: int = 4000) -> None:
        self._most = most
        self._size = RATE // 100
        self._peaks: list[float] = []
        self._rest = np.zeros(0, np.float32)

    def add(self, audio: Audio) -> None:
        """Hear a block."""
        samples = np.abs(np.concatenate([self._rest, audio.samples]))
        while len(samples) >= self._size:
            count = min(self._most - len(self._peaks), len(samples) // self._size)
            used = samples[: count * self._size]
            self._peaks += used.reshape(count, self._size).max(axis=1).tolist()
            samples = samples[count * self._size :]
            if len(self._peaks) == self._most:
                self._peaks = np.reshape(self._peaks, (-1, 2)).max(axis=1).tolist()
                self._size *= 2
        self._rest = samples

    def peaks(self) -> tuple[float, ...]:
        """Peaks in [0, 1]; their distance is the duration over their number."""
        last = [float(self._rest.max())] if len(self._rest) else []
        return tuple(round(p, 4) for p in [*self._peaks, *last])

    @property
    def silent(self) -> bool:
        """Whether there was nothing but digital silence."""
        return not any(self._peaks) and not self._rest.any()
