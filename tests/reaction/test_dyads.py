"""Where there is something to learn it is learnt, and where there is nothing it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from unforetold import unforetold

from empathia.bench import reacted, reacting
from empathia.bench.record import training_folder
from empathia.config import read_run
from empathia.corpora import dyads
from empathia.evaluate.reactions import evaluate

pytest.importorskip("torch", reason="training needs the extra 'train'")

NOISE = 0.3
RUN = """
name = "try"
seed = 1
[data]
corpora = ["dyads"]
labels = "corpus"
[features]
face = ["face"]
voice = ["voice"]
[model]
predictor = "motion"
width = 16
layers = 2
[reaction]
emotion = false
targets = ["face"]
when = "while"
direction = "F-M"
learn_from = "F-M"
draws = 1
floors = ["hold", "mean", "mirror"]
[training]
select = "fit"
epochs = 24
batch = 8
lr = 1e-2
patience = 40
threads = 1
"""


def errors(folder: Path, **how: object) -> dict[str, float]:
    """Root of the mean squared error of each predictor over the pairs that all foretell."""
    dyads.make(folder / "dyads", dialogues=20, noise=NOISE, **how)
    (folder / "run.toml").write_text(RUN)
    record = reacting.train(read_run(folder / "run.toml"), folder, folder / "out")
    answers = training_folder(folder / "out", 1, "standard")
    pairs = [*reacted.read_pairs(answers)]
    said = {n: [*reacted.read_said(answers, n)] for n in (record.predictor, *record.floors)}
    held = [i for i in range(len(pairs)) if all("face" in s[i][0].features for s in said.values())]
    assert len(held) == 12  # a first reaction has none before it to hold
    off: dict[str, list[np.ndarray]] = {name: [] for name in said}
    for name, i in ((name, i) for name in said for i in held):
        truth, told = (
            r.values for r in (pairs[i].truth["face"], said[name][i][0].features["face"])
        )
        n = min(len(truth), len(told))
        off[name].append((truth[:n] - told[:n]) ** 2)
    return {name: float(np.sqrt(np.mean(np.concatenate(each)))) for name, each in off.items()}


def test_a_rule_is_learnt_nearly_as_well_as_the_noise_lets_it(tmp_path: Path) -> None:
    error = errors(tmp_path, cue="voice")
    assert error["motion"] <= 1.3 * NOISE
    for floor in ("hold", "mean", "mirror"):
        assert error["motion"] <= 0.7 * error[floor]


def test_landmarks_are_told_nearer_than_by_a_face_at_rest(tmp_path: Path) -> None:
    dyads.make(tmp_path / "dyads", dialogues=10)
    text = RUN.replace('targets = ["face"]', 'targets = ["landmarks"]')
    text = text.replace("width = 16", "width = 32\necho = 0").replace("epochs = 24", "epochs = 35")
    (tmp_path / "run.toml").write_text(f"{text}\n[data.options.dyads]\nlandmarks = true\n")
    reacting.train(read_run(tmp_path / "run.toml"), tmp_path, tmp_path / "out", model=False)
    systems = {s.name: s.scores["landmarks"] for s in evaluate(tmp_path / "out", 0).systems}
    nme = {name: scores["nme"].value for name, scores in systems.items() if "nme" in scores}
    floor = unforetold(noise=NOISE, dialogues=10)["landmarks"]["nme"]
    assert floor < nme["motion"] < 0.9 * nme["mean"]
    assert nme["motion"] < 0.9 * min(nme["hold"], nme["mirror"])
    assert systems["mean"]["frcorr"].value == 0 < 0.3 < systems["motion"]["frcorr"].value


def test_of_reactions_that_were_dealt_out_again_nothing_is_learnt(tmp_path: Path) -> None:
    error = errors(tmp_path, shuffled=True)
    assert error["motion"] > 0.97 * error["mean"]
