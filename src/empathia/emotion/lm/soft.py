"""Soft tokens of the recogniser: which features of a turn a model reads as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from empathia.config import Options
from empathia.config.rules import Rule, more_than
from empathia.emotion.lm.template import Template
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.training.scales import Scale
from empathia.types import FloatArray, Sample
from empathia.types.soft import Soft, Way

OPTIONS: Mapping[str, Plain] = {
    "soft": (),  # features that stand in prompts as they are, made tokens by a projector
    "projector": "linear",  # a token of each few frames; or "qformer", of queries that are learnt
    "every": 1,  # frames of a token of "linear"
    "queries": 8,  # tokens of a feature of "qformer"
    "longest": 32,  # most tokens of a feature of "linear"; longer ones are averaged down
    "tasks": (),  # "voice", "face": learn to describe these out of soft tokens, too
    "share": 0.5,  # weight of the loss of each of these, beside that of the labels
}
TASKS = ("voice", "face")
_CUES = {"voice": "prosody", "face": "face"}


def used(options: Options) -> bool:
    """Whether there are soft tokens."""
    return bool(options.words("soft"))


def way(options: Options) -> Way:
    """How features become tokens."""
    o = options
    return Way(o.text("projector"), o.count("every"), o.count("queries"), o.count("longest"))


def check(options: Options, template: Template, modalities: Mapping[str, Sequence[str]]) -> None:
    """Refuse what cannot be.

    Args:
        options: Of the recogniser.
        template: What asks for the label.
        modalities: Modality to the names of the features of the run.

    Raises:
        ConfigError: An option cannot be.
    """
    names = [n for each in modalities.values() for n in each]
    there = ", ".join(names) or "none: name them in [features]"
    can = [t for t in TASKS if of_task(options, modalities, t) and _CUES[t] in names]
    told = f"some of {', '.join(can)}" if can else "none"
    rules = {
        "soft": Rule(
            f"features of the run, each once (there are: {there})",
            lambda v: set(v) <= set(names) and len(set(v)) == len(v),
        ),
        "tasks": Rule(
            f"{told}: each needs soft tokens of [features] voice or face, and 'prosody' or 'face' "
            "there for the cues to tell",
            lambda v: set(v) <= set(can) and len(set(v)) == len(v),
        ),
        "share": more_than(0),
    }
    options.demand(rules)
    way(options)
    if not used(options):
        options.demand(
            {"tune": Rule("'soft' only with features in 'model.soft'", lambda t: t != "soft")}
        )
        return
    options.demand(
        {
            "tune": Rule("'soft', 'lora' or 'full': soft tokens are learnt", lambda t: t != "none"),
            "backend": Rule("'hub', as it reads soft tokens", lambda b: b == "hub"),
            "template": Rule("one with a place 'soft'", lambda _: bool(template.soft)),
        }
    )


def of_task(
    options: Options, modalities: Mapping[str, Sequence[str]], task: str
) -> tuple[str, ...]:
    """The soft features out of which a voice or a face is described.

    Args:
        options: Of the recogniser.
        modalities: Modality to the names of the features of the run.
        task: "voice" or "face".
    """
    return tuple(n for n in options.words("soft") if n in modalities.get(task, ()))


def given(sample: Sample, names: Sequence[str]) -> Soft:
    """The features of a turn of which there is anything, (frames, dim) each, in this order."""
    there = {n: sample.features[n].values for n in names if n in sample.features}
    return {n: values for n, values in there.items() if np.isfinite(values).any()}


def scales(
    train: Sequence[Sequence[Sample]], names: Sequence[str]
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Mean and deviation of the columns of each feature, (dim,) each.

    Args:
        train: Dialogues of the training part.
        names: Of features.

    Raises:
        TrainingError: A feature is nowhere in the training part.
    """
    turns = [given(s, names) for d in train for s in d]
    made = {}
    for name in names:
        values = [soft[name] for soft in turns if name in soft]
        if not values:
            raise TrainingError(
                f"'{name}' is to be read, and no training utterance has it",
                "Check [features] and 'model.soft' of the run file",
            )
        scale = Scale.of(values)
        # A column that is constant or never there says nothing: it becomes 0.
        spread = np.where(scale.deviation > 0, scale.deviation, np.inf)
        mean = np.nan_to_num(scale.mean)
        made[name] = mean.astype(np.float32), spread.astype(np.float32)
    return made
