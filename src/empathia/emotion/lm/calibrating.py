"""What a language model is asked by, fitted on training and validation turns of a problem."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from empathia.emotion.lm import read, template
from empathia.emotion.lm.answers import Calibration
from empathia.emotion.lm.asking import Asking
from empathia.emotion.lm.describing import Describer
from empathia.emotion.lm.read import Reader
from empathia.emotion.lm.shots import WINDOW, Shot, Shots
from empathia.errors import EmpathiaWarning
from empathia.files import Plain
from empathia.training.problem import Problem, target_array


def reader(problem: Problem, asking: Asking | None = None) -> Reader:
    """Who asks about the turns of a problem, not calibrated.

    Args:
        problem: Cues and examples are of its training part.
        asking: Who answers; None takes the model of the options as it is.
    """
    o = problem.options
    folder = problem.shared or problem.folder  # what is asked and said has no seed
    cues = Describer.fit(problem.train.dialogues, o.count("levels")) if read.cued(o) else None
    made = Reader(
        asking or read.asking(o, problem.training.threads, folder, problem.progress),
        problem.labels,
        problem.exclusive,
        template.read(o.text("template")),
        read.shape(o),
        cues,
        o,
    )
    return dataclasses.replace(made, shots=_shots(problem, made) if o.count("shots") else None)


def calibrated(problem: Problem, asks: Reader) -> tuple[Reader, dict[str, Plain]]:
    """The reader whose answers to some validation turns are known, and what is to be told of it.

    Args:
        problem: Its seed chooses the turns.
        asks: Who asks.
    """
    labelled, most = problem.valid.labelled(), problem.options.count("calibrate")
    order = np.random.default_rng(problem.seed).permutation(len(labelled))
    chosen = [labelled[i] for i in sorted(order[:most])]
    said = asks.said(problem.valid.dialogues, {s.id for s in chosen}) if chosen else {}
    known = [s for s in chosen if said.get(s.id) is not None]
    rows = np.array([said[s.id] for s in known]).reshape(len(known), len(problem.labels))
    fitted = Calibration.fit(
        rows,
        target_array(known, problem.valid, len(problem.labels)),
        exclusive=problem.exclusive,
        offsets=problem.options.text("answer") == "scored",
        select=problem.training.select,
    )
    record: dict[str, Plain] = {
        "calibration": fitted.plain() if known else None,
        "asked": len(said),
        "unparsed": sum(row is None for row in said.values()),
    }
    return dataclasses.replace(asks, calibration=fitted if known else None), record


def _shots(problem: Problem, asks: Reader) -> Shots:
    """Examples: each labelled training turn whose votes agree on one label."""
    o = problem.options
    window = min(WINDOW, asks.shape.window)
    short = dataclasses.replace(asks.shape, window=window, stride=1, context_cues=0)
    alone = dataclasses.replace(asks, shape=short)
    pool = []
    for number, dialogue in enumerate(problem.train.dialogues):
        wanted = [s for s in dialogue if s.id in problem.train.targets]
        asked = alone.prompts(dialogue, {s.id for s in wanted})
        for s in (s for s in wanted if s.id in asked):
            row = np.array(problem.train.targets[s.id])
            if (row == row.max()).sum() == 1:
                answer = asks.template.answered(problem.labels.labels[int(row.argmax())])
                pool.append(Shot(s.id, number, s.text or "", asked[s.id].text, answer))
    made = Shots(pool, o.count("shots"), o.text("shots_by"))
    if made.count > made.most:
        told = f"model.shots = {made.count}, but there are {made.most} examples to show"
        warnings.warn(f"{told}: these are shown", EmpathiaWarning, stacklevel=2)
    return made
