"""A recogniser that is taught to look ahead: to tell the emotion of the next utterance.

Any recogniser of ours whose answers depend on nothing later can learn it: it is given the dialogue
up to the stimulus, and in the place of the stimulus' own emotion that of the reaction. It foretells
emotions alone. Of several draws the first tells how likely each emotion is, the others have one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from empathia import plugins
from empathia.config import Options, checked_options
from empathia.contracts import Recogniser
from empathia.errors import ConfigError, TrainingError
from empathia.files import Plain, write_json
from empathia.reaction._told import Asked, Foreteller, Foretold, drawn, lot, prefixes
from empathia.training import keeping, model
from empathia.training.problem import Conversation, Exchange, Part, Problem, ReactionProblem
from empathia.training.selection import of_emotions

OPTIONS: Mapping[str, Plain] = {
    "learner": "dialogue",  # plug-in of empathia.emotion
    "options": {},  # its own
}
_ASKED, _INSIDE = "asked.json", "ahead"


def weights_of(options: Options) -> tuple[str, ...]:
    """Those of the recogniser that is taught."""
    plugin, own = _learner(options)
    names: tuple[str, ...] = plugins.told(plugin, "weights_of", own)
    return names


def kept_of(options: Options) -> tuple[Path, ...]:
    """Those of the recogniser that is taught."""
    plugin, own = _learner(options)
    folders: tuple[Path, ...] = plugins.told(plugin, "kept_of", own)
    return folders


def _learner(options: Options) -> tuple[ModuleType, Options]:
    name = options.text("learner")
    plugin = plugins.load("emotion", name, ("OPTIONS", "learn", "load"))
    given = options.table("options")
    return plugin, checked_options(plugin, given, "run file", "model.options.", name=name)


def learn(problem: ReactionProblem) -> Foreteller:
    """Teach the recogniser.

    Raises:
        ConfigError: An option is none of the recogniser's.
        TrainingError: No reaction has a label, or the recogniser looks at later turns.
    """
    return taught(problem, "ahead", problem.options)


def taught(problem: ReactionProblem, source: str, options: Options) -> Foreteller:
    """The predictor of which a recogniser has learnt.

    Args:
        problem: What is learnt.
        source: Name of the plug-in that asks.
        options: "learner" and "options".
    """
    if problem.labels is None:
        raise ConfigError(
            f"predictor '{source}' foretells emotions alone", "Leave reaction.emotion as it is"
        )
    name = options.text("learner")
    plugin, own = _learner(options)
    inner = Problem(
        problem.labels,
        True,
        _part(problem.train),
        _part(problem.valid),
        problem.modalities,
        own,
        of_emotions(problem.training),
        problem.seed,
        problem.folder,
        problem.fingerprint,
        problem.progress,
    )
    learnt: Recogniser = plugin.learn(inner)
    if not learnt.about.causal:
        raise TrainingError(f"recogniser '{name}' looks at later turns", "Mend model.options")
    asked = Asked.by(dataclasses.replace(problem, targets=()), source)

    def write(folder: Path) -> None:
        inside = folder / _INSIDE
        inside.mkdir()
        learnt.save(inside)
        labels, modalities = learnt.about.labels, problem.modalities
        keeping.Settings(  # until the whole is kept, which knows its licence
            source, name, labels, True, True, modalities, own.values, "", noncommercial=True
        ).write(inside)
        write_json(folder / _ASKED, asked.plain())

    return _predictor(asked, learnt, write, learnt.record)


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    asked = Asked.restored(json.loads((folder / _ASKED).read_text("utf-8")))
    return _predictor(asked, keeping.load(folder / _INSIDE, threads))


def _part(exchanges: Iterable[Exchange]) -> Part:
    """Dialogues as far as they are a past, with the emotions of reactions as targets.

    Each is there once, or, where a later past shows an earlier turn otherwise, once for each way.
    A stimulus is one of them that is asked about: in the others it goes by another id.
    """
    labelled = [e for e in exchanges if e.emotion is not None]
    targets = {e.past[-1].id: e.emotion for e in labelled if e.emotion is not None}
    dialogues = []
    for longest, members in prefixes([e.past for e in labelled]):
        asked = {len(labelled[i].past) - 1 for i in members}
        last = longest[-1].id  # no two dialogues end alike
        dialogues.append(
            tuple(
                dataclasses.replace(s, id=f"{s.id} before {last}")
                if s.id in targets and i not in asked
                else s
                for i, s in enumerate(longest)
            )
        )
    return Part(tuple(dialogues), targets)


def _predictor(
    asked: Asked,
    recogniser: Recogniser,
    write: Callable[[Path], None] | None = None,
    record: Mapping[str, Plain] | None = None,
) -> Foreteller:
    def answer(pasts: Sequence[Conversation], draws: int, seed: int) -> list[list[Foretold]]:
        scores: dict[int, tuple[float, ...] | None] = {}
        for longest, members in prefixes(pasts):
            wanted = {pasts[number][-1].id for number in members}
            (row,) = model.only(recogniser, wanted).recognise([longest])
            for number in members:
                scores[number] = row[len(pasts[number]) - 1].scores or None
        told = []
        for i, past in enumerate(pasts):
            others = (drawn(scores[i], lot(past, seed, d)) for d in range(1, draws))
            told.append([Foretold(s, {}) for s in (scores[i], *others)])
        return told

    return Foreteller(asked, answer, record or {}, write)
