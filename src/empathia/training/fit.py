"""The fit loop: AdamW, warm-up and linear decay, early stopping, resumable anywhere.

A kill at any moment and a new start end with the same weights, bit for bit, on
the same machine with the same number of threads. This needs nothing from a task
but that its batches are a pure function of epoch and seed: every step seeds
torch's generators from the run's seed and its own number, so that dropout at
step 1,000 does not depend on how step 1,000 was reached.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Required, TypedDict

from empathia import files
from empathia.config import TrainingPart
from empathia.contracts import Progress
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.training import checkpoint
from empathia.training.problem import Problem

if TYPE_CHECKING:
    import torch

CHECKPOINT = "checkpoint.safetensors"


class Group(TypedDict, total=False):
    """Parameters that are learnt at one rate, in multiples of the run file's."""

    params: Required[list[torch.nn.Parameter]]
    scale: float


class Task(Protocol):
    """What is learnt. Only ``validate`` may look at validation data, nothing at test data.

    Attributes:
        module: Its trainable parameters and its buffers are optimised and checkpointed; frozen
            parameters are not stored.
    """

    module: torch.nn.Module

    def groups(self) -> list[Group]:
        """Parameter groups for AdamW; a group's ``scale`` multiplies the learning rate."""

    def batches(self, epoch: int, seed: int) -> Sequence[Any]:
        """The batches of an epoch: a pure function of epoch and seed."""

    def loss(self, batch: Any) -> torch.Tensor:  # noqa: ANN401 - the task's own type
        """Mean loss of a batch, one number; the module is in training mode."""

    def validate(self) -> dict[str, float]:
        """Validation metrics, the selected one among them; the module is in evaluation mode."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came of a fit; the task's module holds the best epoch's weights.

    Args:
        best_epoch: Epoch with the best selected metric, from 0.
        steps: Optimiser steps that were taken.
        history: Validation metrics and mean training loss ("loss") of each epoch.
    """

    best_epoch: int
    steps: int
    history: tuple[Mapping[str, float], ...]

    @property
    def course(self) -> dict[str, Plain]:
        """All of it, for the record of what was learnt."""
        history: list[Plain] = [dict(h) for h in self.history]
        return {"best_epoch": self.best_epoch, "steps": self.steps, "history": history}

    @property
    def metrics(self) -> Mapping[str, float]:
        """Validation metrics of the best epoch."""
        return self.history[self.best_epoch]


@dataclass(slots=True)
class _Position:
    """Where a fit stands; all of it goes into the checkpoint."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)
    done: bool = False


def fit(
    task: Task,
    settings: TrainingPart,
    folder: Path,
    *,
    seed: int,
    fingerprint: str = "",
    progress: Progress | None = None,
) -> FitResult:
    """Train, or go on with a training that was interrupted.

    Args:
        task: What is learnt.
        settings: ``[training]`` of the run file.
        folder: Holds the checkpoint; nobody else may write there meanwhile.
        seed: Seeds the batches and every step.
        fingerprint: Names settings and data; a checkpoint of another one is refused.
        progress: Called with ("epoch 3/10, best f1 .71", steps done, steps in all) after each.

    Raises:
        TrainingError: The checkpoint is of other settings, the loss is not finite, the task has
            no batches, or its validation lacks the selected metric.
    """
    import torch

    torch.set_num_threads(settings.threads)
    with files.sole_user(folder):
        loop = _Loop(task, settings, folder / CHECKPOINT, seed, fingerprint)
        loop.restore()
        while not loop.at.done:
            loop.run_epoch(progress)
        loop.use_best()
    at = loop.at
    return FitResult(at.best_epoch, at.step, tuple(at.history))


def fit_problem(
    task: Task, problem: Problem, name: str = "", *, seed: int | None = None
) -> FitResult:
    """Fit a task of a problem.

    Args:
        task: What is learnt.
        problem: Says how, where, and what the checkpoint belongs to.
        name: Of the folder below the problem's, where it has several tasks.
        seed: Where it is not that of the problem.
    """
    return fit(
        task,
        problem.training,
        problem.folder / name,
        seed=problem.seed if seed is None else seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )


class _Loop:
    def __init__(
        self, task: Task, settings: TrainingPart, path: Path, seed: int, fingerprint: str
    ) -> None:
        import torch

        self.task, self.settings, self.path = task, settings, path
        self.seed, self.fingerprint = seed, fingerprint
        self.at = _Position()
        self.best: dict[str, torch.Tensor] = {}
        groups: list[Group] = [{"scale": 1.0, **g} for g in task.groups()]
        self.optimiser = torch.optim.AdamW(
            [dict(g) for g in groups], lr=settings.lr, weight_decay=settings.weight_decay
        )
        self.parameters = [p for g in groups for p in g["params"]]
        self.total = settings.epochs * len(task.batches(0, seed))
        if self.total == 0:
            raise TrainingError("the task has no batches", "Check [data] of the run file")

    def run_epoch(self, progress: Progress | None) -> None:
        """Finish the epoch at hand, validate, and write down how it went."""
        at = self.at
        batches = self.task.batches(at.epoch, self.seed)
        self.task.module.train()
        for index in range(at.batch, len(batches)):
            at.loss_sum += self.step(batches[index])
            at.batch = index + 1
            if progress is not None:
                progress(self.note(), at.step, self.total)
            if at.step % self.settings.checkpoint_every == 0:
                self.save()
        self.close_epoch(len(batches))
        self.save()

    def step(self, batch: Any) -> float:  # noqa: ANN401 - the task's own type
        """One optimiser step.

        Returns:
            The loss.
        """
        import torch

        torch.manual_seed(self.seed * 1_000_003 + self.at.step)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.lr * group["scale"] * self.slope()
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.task.loss(batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {self.at.step}", "Lower training.lr or check the data"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        self.optimiser.step()
        self.at.step += 1
        return value

    def slope(self) -> float:
        """Share of the highest learning rate at this step: up to 1, then down to 0."""
        warm = max(1, round(self.settings.warmup * self.total))
        step = self.at.step
        if step < warm:
            return (step + 1) / warm
        return max(0.0, (self.total - step) / max(1, self.total - warm))

    def close_epoch(self, n: int) -> None:
        """Validate, keep the weights if they are the best so far, decide whether to go on."""
        import torch

        at, select = self.at, self.settings.select
        self.task.module.eval()
        with torch.no_grad():
            scores = {k: float(v) for k, v in self.task.validate().items()}
        if select not in scores:
            raise TrainingError(
                f"validation gives no '{select}' (gives: {', '.join(scores)})",
                "Name one of these as training.select",
            )
        at.history.append({**scores, "loss": at.loss_sum / max(1, n)})
        if at.best_epoch < 0 or scores[select] > at.history[at.best_epoch][select]:
            at.best_epoch = at.epoch
            self.best = {k: v.clone() for k, v in self.learnt().items()}
        at.epoch, at.batch, at.loss_sum = at.epoch + 1, 0, 0.0
        stale = at.epoch - 1 - at.best_epoch
        at.done = at.epoch >= self.settings.epochs or stale >= self.settings.patience

    def note(self) -> str:
        """One line for people: epoch and best validation so far."""
        at, select = self.at, self.settings.select
        best = f", best {select} {at.history[at.best_epoch][select]:.4f}" if at.history else ""
        return f"epoch {at.epoch + 1}/{self.settings.epochs}{best}"

    def learnt(self) -> dict[str, torch.Tensor]:
        """Trainable parameters and buffers by name: views, each of its own shape (rows, ...)."""
        module = self.task.module
        frozen = {n for n, p in module.named_parameters() if not p.requires_grad}
        return {n: t for n, t in module.state_dict().items() if n not in frozen}

    def save(self) -> None:
        """Write the checkpoint; where what is learnt now is the best so far, it is there once."""
        at, parts = self.at, {"best": self.best}
        if not at.done:
            if at.batch == 0 and at.best_epoch == at.epoch - 1:
                parts = {}
            parts["optimiser"] = {
                f"{i}/{k}": v
                for i, p in enumerate(self.parameters)
                for k, v in self.optimiser.state.get(p, {}).items()
            }
            parts["now"] = self.learnt()
        tensors = {f"{part}/{k}": v for part, held in parts.items() for k, v in held.items()}
        where = {name: getattr(at, name) for name in _Position.__slots__}
        checkpoint.save(self.path, tensors, {"at": where, "fingerprint": self.fingerprint})

    def restore(self) -> None:
        """Go back to where the checkpoint was written, if there is one."""
        if not self.path.exists():
            return
        tensors, state = checkpoint.load(self.path)
        if state["fingerprint"] != self.fingerprint:
            raise TrainingError(
                f"'{self.path}' belongs to other settings or data",
                "Give another --out or start over with --fresh",
            )
        self.at = _Position(**state["at"])
        parts: dict[str, dict[str, torch.Tensor]] = {"now": {}, "best": {}, "optimiser": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = tensor
        now, best = parts["now"], parts["best"]
        self.put(now or best)  # of a training that is over, the best is all there is
        self.best = best or (now if self.at.history else {})
        for name, tensor in parts["optimiser"].items():
            i, _, key = name.partition("/")
            self.optimiser.state[self.parameters[int(i)]][key] = tensor

    def put(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Write weights, by name and each of its own shape (rows, ...), into the module."""
        import torch

        with torch.no_grad():
            for name, target in self.learnt().items():
                target.copy_(weights[name])

    def use_best(self) -> None:
        """Leave the module with the weights of the best epoch, in evaluation mode."""
        self.put(self.best)
        self.task.module.eval()
