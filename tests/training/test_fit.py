"""The fit loop: learns, stops early, and survives a kill at any step bit for bit."""

from __future__ import annotations

import dataclasses
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from tiny_task import SETTINGS, TinyTask  # noqa: E402

from empathia import files  # noqa: E402
from empathia.errors import TrainingError  # noqa: E402
from empathia.training import checkpoint  # noqa: E402
from empathia.training.fit import CHECKPOINT, fit  # noqa: E402


def _weights(task: TinyTask) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in task.module.state_dict().items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted training: its task and result."""
    task = TinyTask()
    return task, fit(task, SETTINGS, tmp_path_factory.mktemp("whole"), seed=3)


# The hook runs after a step and before its checkpoint, so that step's work is lost as well.
KILLS = {"before any": (2, 1), "mid epoch": (8, 7), "at its end": (18, 16)}
"""When a training is killed: after how many steps, and the one it goes on with."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Folders of trainings that were killed, by when."""
    folders = {when: tmp_path_factory.mktemp("killed") for when in KILLS}
    given = [str(x) for when, (step, _) in KILLS.items() for x in (folders[when], step)]
    done = subprocess.run(
        [sys.executable, "-m", "tiny_task", *given],
        cwd=Path(__file__).parents[1] / "support",
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [str(-signal.SIGKILL)] * len(KILLS)
    return folders


@pytest.mark.long
@pytest.mark.parametrize("when", KILLS)
def test_killed_training_ends_as_if_it_had_not_been(whole, killed, when):
    task = TinyTask()
    steps = []
    folder, again = killed[when], KILLS[when][1]
    result = fit(task, SETTINGS, folder, seed=3, progress=lambda _, done, __: steps.append(done))
    assert steps[0] == again
    assert result == whole[1]
    for name, tensor in _weights(whole[0]).items():
        assert torch.equal(tensor, task.module.state_dict()[name]), name


def test_finished_training_is_not_repeated(whole, tmp_path):
    fit(TinyTask(), SETTINGS, tmp_path, seed=3)
    task, steps = TinyTask(), []
    result = fit(task, SETTINGS, tmp_path, seed=3, progress=lambda _, done, __: steps.append(done))
    assert steps == []
    assert result == whole[1]
    assert torch.equal(task.module.state_dict()["1.weight"], _weights(whole[0])["1.weight"])


def test_a_checkpoint_holds_nothing_twice(tmp_path):
    settings, parts = dataclasses.replace(SETTINGS, epochs=2, checkpoint_every=100), []

    def note(*_):
        if (tmp_path / CHECKPOINT).exists():
            parts.append({k.partition("/")[0] for k in checkpoint.load(tmp_path / CHECKPOINT)[0]})

    fit(TinyTask(), settings, tmp_path, seed=3, progress=note)
    note()
    assert parts[0] == {"now", "optimiser"}  # the first epoch is the best so far
    assert parts[-1] == {"best"}  # it is over


def test_it_learns_and_leaves_frozen_weights_alone(whole):
    task, result = whole
    assert result.metrics["accuracy"] > 0.75
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    assert torch.equal(task.module[0].weight, TinyTask().module[0].weight)


def test_best_epoch_is_what_is_left(whole):
    task, result = whole
    accuracies = [h["accuracy"] for h in result.history]
    assert result.best_epoch == accuracies.index(max(accuracies))
    task.module.eval()
    with torch.no_grad():
        assert task.validate()["accuracy"] == accuracies[result.best_epoch]


def test_another_seed_goes_another_way(whole, tmp_path):
    task = TinyTask()
    fit(task, SETTINGS, tmp_path, seed=4)
    assert not torch.equal(task.module[1].weight, _weights(whole[0])["1.weight"])


class _NeverBetter(TinyTask):
    def validate(self):
        return {"accuracy": 0.5}


def test_early_stopping_counts_epochs_without_progress(tmp_path):
    settings = dataclasses.replace(SETTINGS, patience=2)
    result = fit(_NeverBetter(), settings, tmp_path, seed=3)
    assert len(result.history) == 3
    assert result.best_epoch == 0


def test_the_best_of_before_a_stop_is_what_is_left(tmp_path):
    """Where it was the last epoch before, it is in the checkpoint as what was learnt by then."""
    settings = dataclasses.replace(SETTINGS, epochs=2, checkpoint_every=100)

    def stop(_what, done, _total):
        if done == 8:
            raise KeyboardInterrupt

    whole, resumed = _NeverBetter(), _NeverBetter()
    result = fit(whole, settings, tmp_path / "whole", seed=3)
    with pytest.raises(KeyboardInterrupt):
        fit(_NeverBetter(), settings, tmp_path / "stopped", seed=3, progress=stop)
    assert fit(resumed, settings, tmp_path / "stopped", seed=3) == result
    for name, tensor in _weights(whole).items():
        assert torch.equal(tensor, resumed.module.state_dict()[name]), name


class _Exploding(TinyTask):
    def loss(self, batch):
        return super().loss(batch) * math.nan


def test_loss_that_is_no_number_stops_with_a_remedy(tmp_path):
    with pytest.raises(TrainingError, match=r"nan at step 0.*training\.lr"):
        fit(_Exploding(), SETTINGS, tmp_path, seed=3)


def test_unknown_selection_metric_names_what_there_is(tmp_path):
    settings = dataclasses.replace(SETTINGS, select="f1")
    with pytest.raises(TrainingError, match=r"no 'f1' \(gives: accuracy\)"):
        fit(TinyTask(), settings, tmp_path, seed=3)


def test_checkpoint_of_other_settings_is_refused(tmp_path):
    settings = dataclasses.replace(SETTINGS, epochs=1)
    fit(TinyTask(), settings, tmp_path, seed=3, fingerprint="a")
    with pytest.raises(TrainingError, match=r"other settings or data.*--fresh"):
        fit(TinyTask(), settings, tmp_path, seed=3, fingerprint="b")


@pytest.mark.parametrize("keep", [0, 40, -8])
def test_damaged_checkpoint_is_named(tmp_path, keep):
    fit(TinyTask(), dataclasses.replace(SETTINGS, epochs=1), tmp_path, seed=3)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(TrainingError, match=r"not a readable checkpoint.*--fresh"):
        fit(TinyTask(), SETTINGS, tmp_path, seed=3)


def test_two_trainings_cannot_share_a_folder(tmp_path):
    with (
        files.sole_user(tmp_path),
        pytest.raises(TrainingError, match="another training writes"),
    ):
        fit(TinyTask(), SETTINGS, tmp_path, seed=3)
    assert fit(TinyTask(), dataclasses.replace(SETTINGS, epochs=1), tmp_path, seed=3).steps == 6


def test_checkpoint_holds_tensors_and_state_in_one_file(tmp_path):
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3, dtype=torch.int64)}
    checkpoint.save(tmp_path / "x", tensors, {"at": [1, 2], "größe": None})
    found, state = checkpoint.load(tmp_path / "x")
    assert state == {"at": [1, 2], "größe": None}
    assert all(torch.equal(found[k], v) and found[k].dtype == v.dtype for k, v in tensors.items())
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
