"""What the fit loop and an experiment ask of a recogniser that is to be trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from empathia.types import Audio, Features

if TYPE_CHECKING:
    import torch


class Task(Protocol):
    """What is learnt. Only ``validate`` may look at validation data, nothing at test data.

    Attributes:
        module: Its trainable parameters and its buffers are optimised and checkpointed; frozen
            parameters are not stored.
    """

    module: torch.nn.Module

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups for AdamW; a group's ``scale`` multiplies the learning rate."""

    def batches(self, epoch: int, seed: int) -> Sequence[Any]:
        """The batches of an epoch: a pure function of epoch and seed."""

    def loss(self, batch: Any) -> torch.Tensor:  # noqa: ANN401 - the task's own type
        """Mean loss of a batch, a scalar; the module is in training mode."""

    def validate(self) -> dict[str, float]:
        """Validation metrics, the selected one among them; the module is in evaluation mode."""


class Job(Task, Protocol):
    """A task whose result can be shipped.

    Attributes:
        notes: Sentences for the card: what the model is for, what it cannot do.
    """

    notes: Sequence[str]

    def export(self, folder: Path) -> Mapping[str, float]:
        """Calibrate on validation data, write the model, measure it on test data.

        Args:
            folder: An empty folder; afterwards ``load(folder)`` of the plug-in reads it.

        Returns:
            Test metrics of what was written.
        """


@dataclass(frozen=True, slots=True)
class Tools:
    """What an experiment hands to a recogniser's ``task``, since stages don't know each other.

    Args:
        extractors: For each name in the plug-in's ``NEEDS`` a function (audio, utterance id)
            -> Features.
        metrics: ``empathia.metrics``' functions by name.
    """

    extractors: Mapping[str, Callable[[Audio, str], Features]]
    metrics: Mapping[str, Callable[..., float]]
