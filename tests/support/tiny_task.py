"""A task small enough for tests, with dropout, frozen weights and buffers that move."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from empathia.config import TrainingPart

SETTINGS = TrainingPart(
    select="accuracy", epochs=4, batch=8, lr=0.02, patience=4, checkpoint_every=3, threads=1
)


class TinyTask:
    """Which of two numbers is greater; 6 batches an epoch."""

    def __init__(self) -> None:
        torch.manual_seed(5)
        rng = np.random.default_rng(7)
        self.x = torch.from_numpy(rng.normal(size=(48, 4)).astype(np.float32))
        self.y = (self.x[:, 0] > self.x[:, 1]).long()
        frozen = nn.Linear(4, 8)
        frozen.requires_grad_(False)
        self.module: nn.Module = nn.Sequential(
            frozen,
            nn.Linear(8, 16),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(16, 2),
        )

    def groups(self):
        layers = list(self.module.children())
        return [
            {"params": [p for m in layers[1:3] for p in m.parameters()]},
            {"params": list(layers[5].parameters()), "scale": 2.0},
        ]

    def batches(self, epoch, seed):
        return list(np.random.default_rng([seed, epoch]).permutation(48).reshape(6, 8))

    def loss(self, batch):
        return nn.functional.cross_entropy(self.module(self.x[batch]), self.y[batch])

    def validate(self):
        assert not self.module.training
        right = self.module(self.x).argmax(1) == self.y
        return {"accuracy": float(right.float().mean())}


def killer(step: int):
    """A progress hook that kills its process, as a power cut would, after some steps."""

    def hook(_what: str, done: float, _total: float | None) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


if __name__ == "__main__":
    from empathia.training.fit import fit

    # A child for each folder and step, so that torch, and what an optimiser has it load, is loaded
    # once.
    torch.optim.AdamW([torch.zeros(1)])
    for folder, step in zip(sys.argv[1::2], map(int, sys.argv[2::2]), strict=True):
        if (child := os.fork()) == 0:
            fit(TinyTask(), SETTINGS, Path(folder), seed=3, progress=killer(step))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
