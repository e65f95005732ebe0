"""How the predictor ``motion`` answers, in numpy alone, and what of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.scores import softmax
from empathia.reaction._residuals import Residuals
from empathia.reaction._told import Asked, Foreteller, Foretold, drawn, lot, read_gaps, write_gaps
from empathia.reaction.motion.frames import Clock
from empathia.training.keeping import positive
from empathia.training.problem import Conversation
from empathia.types import FloatArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Net:
    """See :class:`empathia.reaction.motion.net.MotionNet`, whose arrays these are."""

    arrays: Arrays

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scaled frames (frames, columns), and what is told once: logits, rows, (columns,).

        Args:
            x: (frames, columns) of what is read.
        """
        a = self.arrays
        hidden = x @ a["enter.weight"].T + a["enter.bias"]
        layer = 0
        while f"layers.{layer}.weight" in a:
            seen = _late(hidden, a[f"layers.{layer}.weight"], 2**layer)
            hidden = hidden + np.maximum(seen + a[f"layers.{layer}.bias"], 0)
            layer += 1
        frames, once = x[:, :0], hidden[0, :0]
        if "leave.weight" in a:
            frames = hidden @ a["leave.weight"].T + a["leave.bias"]
        if "echo.weight" in a:
            frames = frames + _late(x, a["echo.weight"], 1)
        if "once.weight" in a:
            once = hidden.mean(0) @ a["once.weight"].T + a["once.bias"]
        return np.asarray(frames, np.float32), np.asarray(once, np.float32)


def _late(x: FloatArray, weight: NDArray[Any], dilation: int) -> FloatArray:
    """A causal convolution: (frames, columns) by (out, columns, kernel) to (frames, out)."""
    kernel = weight.shape[2]
    padded = np.concatenate([np.zeros(((kernel - 1) * dilation, x.shape[1]), np.float32), x])
    parts = [
        padded[k * dilation : k * dilation + len(x)] @ weight[:, :, k].T for k in range(kernel)
    ]
    return np.asarray(np.sum(parts, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Answering:
    """The net and all that is needed to answer.

    Args:
        clock: Makes frames of pasts.
        net: Foretells.
        residuals: How far truths were off.
        temperature: Of the logits.
    """

    clock: Clock
    net: Net
    residuals: Residuals
    temperature: float = 1.0

    def __call__(
        self, pasts: Sequence[Conversation], draws: int, seed: int
    ) -> list[list[Foretold]]:
        """See :data:`empathia.reaction._told.Answer`."""
        return [self._one(past, draws, seed) for past in pasts]

    def _one(self, past: Conversation, draws: int, seed: int) -> list[Foretold]:
        clock = self.clock
        if not clock.frames(past):
            return [Foretold(None, {})] * draws
        frames, once = self.net(np.concatenate(clock.read(past), 1))
        if clock.after:
            frames = frames[-clock.after :]
        labels, scores = clock.asked.labels, None
        if labels is not None:
            scores = softmax(once[: len(labels)] / self.temperature).tolist()
            once = once[len(labels) :]
        moving = self._split(clock, clock.moving, frames)
        best = {**moving, **self._split(clock, clock.still, once[None])}
        told = [Foretold(scores, best)]
        for draw in range(1, draws):
            chance = lot(past, seed, draw)
            off = self.residuals.drawn(chance)
            moved = {n: v + _long(off[n], len(v)) if n in off else v for n, v in best.items()}
            told.append(Foretold(drawn(scores, chance), moved))
        return told

    @staticmethod
    def _split(clock: Clock, names: Sequence[str], x: FloatArray) -> dict[str, FloatArray]:
        """(frames, all columns) by feature, in its own units."""
        ends = np.cumsum([clock.asked.forms[n].columns for n in names])[:-1]
        parts = np.split(x, ends, 1) if len(names) else []
        values = {}
        for name, part in zip(names, parts, strict=True):
            mean, spread = clock.scales[f"told/{name}"]
            values[name] = mean + spread * part
        return values

    def save(self, folder: Path) -> None:
        """Write it; :func:`load` reads it."""
        arrays, plain = self.clock.state()
        nets = {f"net.{k}": v for k, v in self.net.arrays.items()}
        values = {
            "asked": self.clock.asked.plain(),
            "clock": plain,
            "temperature": self.temperature,
        }
        write_gaps(folder, {**arrays, **nets, **self.residuals.arrays()}, values)


def _long(off: FloatArray, frames: int) -> FloatArray:
    """As many frames, there and back again where there are fewer; 0 where it is not known."""
    known = np.nan_to_num(off)
    whole = np.concatenate([known, known[::-1]])
    return np.asarray(np.tile(whole, (frames // len(whole) + 1, 1))[:frames])


def load(folder: Path) -> Foreteller:
    """What :meth:`Answering.save` wrote."""
    arrays, values = read_gaps(folder)
    asked = Asked.restored(values["asked"])
    clock = Clock.restored(asked, arrays, values["clock"])
    nets = {k.removeprefix("net."): v for k, v in arrays.items() if k.startswith("net.")}
    residuals = Residuals.restored(asked, arrays)
    answer = Answering(clock, Net(nets), residuals, positive(values["temperature"]))
    return Foreteller(asked, answer, write=answer.save, reads={**clock.timed, **clock.rows})
