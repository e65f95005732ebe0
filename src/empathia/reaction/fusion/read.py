"""How the predictor ``fusion`` answers, in numpy alone, and what of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.scores import sigmoid, softmax
from empathia.reaction._residuals import Residuals
from empathia.reaction._told import Asked, Foreteller, Foretold, drawn, lot, read_gaps, write_gaps
from empathia.training.columns import Columns
from empathia.training.keeping import positive
from empathia.training.problem import Conversation
from empathia.training.rows import Table
from empathia.types import FloatArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Net:
    """One net; see :class:`empathia.reaction.fusion.net.FusionNet`, whose arrays these are.

    Args:
        arrays: By the names of its parameters.
        modalities: In their order.
        targets: Likewise.
    """

    arrays: Arrays
    modalities: Sequence[str]
    targets: Sequence[str]

    def __call__(
        self, rows: Mapping[str, Table], mine: NDArray[np.bool_]
    ) -> tuple[FloatArray | None, dict[str, FloatArray]]:
        """Logits (labels,) and scaled features (columns,) by target.

        Args:
            rows: Modality to (turns, columns), NaN where a number is missing; the last is the
                stimulus.
            mine: (turns,) whether a turn is of the one who said the stimulus.
        """
        last = {m: rows[m][-1:] for m in self.modalities}
        parts = [self._modality("project", m, last[m]) for m in self.modalities]
        if "cell.weight_ih" in self.arrays:
            parts.append(self._remembered(rows, mine))
        hidden = np.maximum(self._linear("fuse", np.concatenate(parts, 1)), 0)
        logits = self._linear("emotion", hidden)[0] if "emotion.weight" in self.arrays else None
        places = enumerate(self.targets)
        return logits, {t: self._linear(f"heads.{i}", hidden)[0] for i, t in places}

    def _linear(self, name: str, x: FloatArray) -> FloatArray:
        return np.asarray(x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"])

    def _modality(self, name: str, modality: str, x: Table) -> FloatArray:
        number = self.modalities.index(modality)
        there = ~np.isnan(x).all(1, keepdims=True)
        known = np.maximum(self._linear(f"{name}.{number}", np.nan_to_num(x)), 0)
        return np.where(there, known, self.arrays[f"{name}_absent.{number}"])

    def _remembered(self, rows: Mapping[str, Table], mine: NDArray[np.bool_]) -> FloatArray:
        """(1, memory) after the last turn."""
        read = sum(self._modality("recall", m, rows[m]) for m in self.modalities)
        read = np.concatenate([read, mine[:, None].astype(np.float32)], 1)
        state = np.zeros((1, self.arrays["cell.weight_hh"].shape[1]), np.float32)
        given = read @ self.arrays["cell.weight_ih"].T + self.arrays["cell.bias_ih"]
        for step in given:
            kept = state @ self.arrays["cell.weight_hh"].T + self.arrays["cell.bias_hh"]
            (r, z, n), (kr, kz, kn) = np.split(step[None], 3, 1), np.split(kept, 3, 1)
            update = sigmoid(z + kz).astype(np.float32)
            new = np.tanh(n + sigmoid(r + kr).astype(np.float32) * kn)
            state = np.asarray((1 - update) * new + update * state)
        return state


@dataclass(frozen=True, slots=True)
class Scale:
    """Of a target.

    Args:
        mean, spread: Of its columns, both (columns,).
        size: How long scaled rows of the training part are, in the mean, where directions alone
            are learnt; else 0.
    """

    mean: FloatArray
    spread: FloatArray
    size: float = 0.0

    def joined(self, each: Sequence[FloatArray]) -> FloatArray:
        """Scaled rows (..., columns) of several nets as one, of the mean's size if need be."""
        if not self.size:
            return np.asarray(np.mean(each, 0), np.float32)
        row = np.mean([_unit(x) for x in each], 0)
        return np.asarray(self.size * _unit(row), np.float32)


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-8))


@dataclass(frozen=True, slots=True)
class Answering:
    """The nets and all that is needed to answer.

    Args:
        asked: What is foretold.
        columns: Make rows of turns.
        past: Earlier turns that are read.
        nets: Averaged.
        scales: By target.
        residuals: How far truths were off.
        temperature: Of the logits.
    """

    asked: Asked
    columns: Columns
    past: int
    nets: Sequence[Net]
    scales: Mapping[str, Scale]
    residuals: Residuals
    temperature: float = 1.0

    def __call__(
        self, pasts: Sequence[Conversation], draws: int, seed: int
    ) -> list[list[Foretold]]:
        """See :data:`empathia.reaction._told.Answer`."""
        return [self._one(past, draws, seed) for past in pasts]

    def _one(self, past: Conversation, draws: int, seed: int) -> list[Foretold]:
        rows, mine = read_turns(self.columns, past, self.past)
        if all(np.isnan(r).all() for r in rows.values()):
            return [Foretold(None, {})] * draws
        told = [net(rows, mine) for net in self.nets]
        scores = None
        if self.asked.labels is not None:
            logits = np.mean([z for z, _ in told if z is not None], 0)
            scores = softmax(logits / self.temperature).tolist()  # as the temperature was fitted
        means = {t: self.scales[t].joined([f[t] for _, f in told]) for t in self.asked.forms}
        answers = [Foretold(scores, self._values(means, past, {}))]
        for draw in range(1, draws):
            chance = lot(past, seed, draw)
            values = self._values(means, past, self.residuals.drawn(chance))
            answers.append(Foretold(drawn(scores, chance), values))
        return answers

    def _values(
        self, means: Mapping[str, FloatArray], past: Conversation, off: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        values = {}
        for name, form in self.asked.forms.items():
            scale = self.scales[name]
            row = scale.mean + scale.spread * means[name]
            row = row + (np.nan_to_num(off[name][0]) if name in off else 0)
            values[name] = np.tile(row, (form.frames_after(name, past[-1]), 1))
        return values

    def save(self, folder: Path) -> None:
        """Write it; :func:`load` reads it."""
        arrays, plain = self.columns.state()
        arrays = {**arrays, **self.residuals.arrays()}
        for i, net in enumerate(self.nets):
            arrays |= {f"net.{i}.{k}": v for k, v in net.arrays.items()}
        for name, scale in self.scales.items():
            arrays |= {f"scale.{name}.mean": scale.mean, f"scale.{name}.spread": scale.spread}
        values = {
            "asked": self.asked.plain(),
            "columns": plain,
            "modalities": list(self.columns.modalities.items()),
            "past": self.past,
            "members": len(self.nets),
            "temperature": self.temperature,
            "sizes": {name: scale.size for name, scale in self.scales.items()},
        }
        write_gaps(folder, arrays, values)


def read_turns(
    columns: Columns, past: Conversation, earlier: int
) -> tuple[dict[str, Table], NDArray[np.bool_]]:
    """The last turns as rows, (turns, columns) a modality, and whose they are, (turns,).

    Args:
        columns: Make rows; they look at the whole past.
        past: Ends with the stimulus.
        earlier: Turns before it at most.
    """
    rows = columns(past)
    start = max(0, len(past) - 1 - earlier)
    speaker = past[-1].speaker
    mine = np.array([s.speaker == speaker for s in past[start:]])
    return {m: r[start:] for m, r in rows.items()}, mine


def load(folder: Path) -> Foreteller:
    """What :meth:`Answering.save` wrote."""
    arrays, values = read_gaps(folder)
    asked = Asked.restored(values["asked"])
    modalities = {m: tuple(names) for m, names in values["modalities"]}
    columns = Columns.restored(modalities, arrays, values["columns"])
    nets = []
    for i in range(values["members"]):
        start = f"net.{i}."
        mine = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
        nets.append(Net(mine, list(modalities), list(asked.forms)))
    sizes = values.get("sizes", {})
    scales = {
        t: Scale(arrays[f"scale.{t}.mean"], arrays[f"scale.{t}.spread"], sizes.get(t, 0.0))
        for t in asked.forms
    }
    residuals = Residuals.restored(asked, arrays)
    temperature = positive(values["temperature"])
    answer = Answering(asked, columns, values["past"], nets, scales, residuals, temperature)
    return Foreteller(asked, answer, write=answer.save)
