"""What a recogniser took what was said for, given to a predictor of reactions as a feature.

Of validation and test it is told by a recogniser that learnt from the training part; of the
training part, if the predictor reads it, by several, none of which has learnt from the dialogue
(nor, where the protocol leaves out a grouping, from the group) that it tells of.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from empathia import emotion, plugins
from empathia.bench.protocols import Fold, grouping
from empathia.bench.run import Bench, Training
from empathia.config import ModelPart, Options, ReactionPart, Run, checked_options
from empathia.contracts import Progress, Recogniser
from empathia.errors import ConfigError
from empathia.reaction import RECOGNISED, understood
from empathia.training.keeping import Settings
from empathia.training.selection import of_emotions
from empathia.types import Dialogue, Features

_FOLDS = 4  # in which the training part is told of


def named(run: Run) -> tuple[ModelPart, ModuleType, Options]:
    """The recogniser of a run with a predictor: as it is named, its plug-in, its options complete.

    Raises:
        ConfigError: An option is none of its own, or of another type than its default.
    """
    model = ModelPart(run.reaction.recogniser, run.reaction.recogniser_options)
    plugin = plugins.load("emotion", model.recogniser, ("OPTIONS", "learn"))
    return (
        model,
        plugin,
        checked_options(
            plugin, model.options, run.file, "reaction.recogniser_options.", name=model.recogniser
        ),
    )


@dataclass(frozen=True, slots=True)
class Understood:
    """The recognisers of one seed and fold of a run with a predictor."""

    bench: Bench
    seed: int
    fold: Fold
    progress: Progress

    @property
    def read(self) -> bool:
        """Whether the predictor reads what was recognised."""
        return any(RECOGNISED in names for names in self.bench.run.features.values())

    def recognised(self) -> dict[str, Features]:
        """By utterance id; empty where the run names no recogniser.

        Raises:
            ConfigError: The predictor is to read it, and there is no recogniser or no emotion.
        """
        run = self.bench.run
        if not run.reaction.recogniser or not run.reaction.emotion:
            if self.read:
                raise ConfigError(
                    f"{run.file}: '{RECOGNISED}' is a feature, and nobody recognises anything",
                    "Name a plug-in of empathia.emotion as reaction.recogniser",
                )
            return {}
        got = self._told(self.recogniser(), (*self.fold.valid, *self.fold.test))
        for number, held in enumerate(self._parts() if self.read else ()):
            ids = {d.id for d in held}
            rest = tuple(d for d in self.fold.train if d.id not in ids)
            got |= self._told(self._learnt(rest, f"{number + 1}"), held)
        return got

    def recogniser(self) -> Recogniser:
        """The one that has learnt from the whole training part."""
        return self._learnt(self.fold.train, "all")

    @property
    def weights(self) -> tuple[str, ...]:
        """Weights of the manifest that it works with, beside those of its features."""
        made = self._inner()
        return emotion.weights_of(made.run.model.recogniser, made.options)

    @property
    def kept(self) -> tuple[Path, ...]:
        """Folders of the kept recognisers that it works with."""
        made = self._inner()
        return emotion.kept_of(made.run.model.recogniser, made.options)

    def save(self, folder: Path) -> None:
        """Keep it in a folder that is there, as :func:`empathia.training.keeping.load` reads it.

        What it may be used for is that of the predictor, whose settings write it.
        """
        recogniser, made = self.recogniser(), self._inner()
        recogniser.save(folder)
        modalities = {m: made.material.modalities[m] for m in made.modalities}
        Settings(
            RECOGNISED,
            made.run.model.recogniser,
            recogniser.about.labels,
            recogniser.about.exclusive,
            recogniser.about.causal,
            modalities,
            made.options.values,
            licence="",
            noncommercial=True,
        ).write(folder)

    def _inner(self) -> Bench:
        """The run of the recogniser."""
        run = self.bench.run
        model, plugin, options = named(run)
        read = {m: f for m, f in self.bench.material.modalities.items() if m and (f or m == "text")}
        return dataclasses.replace(
            self.bench,
            run=dataclasses.replace(
                run, model=model, reaction=ReactionPart(), training=of_emotions(run.training)
            ),
            plugin=plugin,
            options=options,
            modalities=tuple(read),
        )

    def _learnt(self, dialogues: Sequence[Dialogue], name: str) -> Recogniser:
        made = self._inner()
        fold = dataclasses.replace(
            self.fold, name=f"{self.fold.name}-{RECOGNISED}-{name}", train=tuple(dialogues), test=()
        )

        def told(what: str, done: float, total: float | None) -> None:
            self.progress(f"recogniser {name}: {what}", done, total)

        problem, _ = Training(made, self.seed, fold).problem(told)
        folder = self.bench.folder / f"seed-{self.seed}" / RECOGNISED / fold.name
        learnt: Recogniser = made.plugin.learn(dataclasses.replace(problem, folder=folder))
        if not learnt.about.causal:
            raise ConfigError(
                f"recogniser '{made.run.model.recogniser}' looks at later turns",
                "Mend reaction.recogniser_options",
            )
        return learnt

    def _told(self, recogniser: Recogniser, dialogues: Sequence[Dialogue]) -> dict[str, Features]:
        made = self._inner()
        return {
            s.id: s.features[RECOGNISED]
            for d in dialogues
            for s in understood(recogniser, made.material.samples(d, made.modalities))
            if RECOGNISED in s.features
        }

    def _parts(self) -> list[tuple[Dialogue, ...]]:
        """The training part in a few parts that share no dialogue, nor what is held out."""
        unit = grouping(self.bench.run.data.protocol)
        names = sorted({unit(d) for d in self.fold.train})
        random.Random(self.seed).shuffle(names)  # noqa: S311 - no secret
        place = {name: i % _FOLDS for i, name in enumerate(names)}
        parts = (tuple(d for d in self.fold.train if place[unit(d)] == k) for k in range(_FOLDS))
        return [p for p in parts if p and len(p) < len(self.fold.train)]
