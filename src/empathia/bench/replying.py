"""A run file that trains a generator of replies: corpora become pairs, judges say how they are.

    out/<run>/judged.json   what judges take each reply to be; of none, where nobody asks them
    out/<run>/record.json   settings, data, versions, how it went
    out/<run>/model/        what was learnt, with its card

The corpora's own training part teaches and their validation part chooses the epoch; the test part
is not looked at.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from empathia import files, judges, plugins
from empathia.bench import fingerprint as fingerprint_of
from empathia.bench import git, load_corpora, versions
from empathia.config import Options, Run, complete
from empathia.contracts import Judge, Progress, silent
from empathia.corpora import CorpusInfo
from empathia.errors import CorpusError, TrainingError
from empathia.exemplars.pairs import Pair, of_dialogues
from empathia.files import Plain
from empathia.training.problem import ReplyProblem
from empathia.types import ELEMENTS, Dialogue, Element, Empathy

JUDGED, RECORD, MODEL, CARD = "judged.json", "record.json", "model", "card.md"


class Learnt(Protocol):
    """What a generator's plug-in gives back."""

    @property
    def record(self) -> Mapping[str, Plain]:
        """What is known of the training."""

    def save(self, folder: Path) -> None:
        """Write it into a folder."""


@dataclass(frozen=True, slots=True)
class Made:
    """A training that is done.

    Args:
        folder: Of the model.
        train: How many pairs it learnt from.
        valid: How many chose its epoch.
        record: What its plug-in tells of it.
    """

    folder: Path
    train: int
    valid: int
    record: Mapping[str, Plain]


def train(
    run: Run, data: Path, folder: Path, *, fresh: bool = False, progress: Progress = silent
) -> Made:
    """Train what the run file describes; go on where an earlier try was stopped.

    Args:
        run: The run file, with ``model.generator``.
        data: Folder that holds one folder a corpus.
        folder: Where results go.
        fresh: Forget an earlier try.
        progress: Called with (what is done, steps done, steps in all).

    Raises:
        ConfigError: The generator cannot learn, or an option is none of its own.
        CorpusError: A corpus is missing, damaged, or has no training or validation part.
        TrainingError: Training cannot go on, or another one writes to the same folder.
    """
    plugin = plugins.load("replies", run.model.generator, ("LEARNING", "learn"))
    owner = f"{run.file}: generator '{run.model.generator}'"
    options = complete(run.model.options, plugin.LEARNING, owner, "model.")
    infos, corpora = load_corpora(run, data)
    train, valid = _parts(run, corpora)
    valid = _some(valid, options, run.seed)
    sums = {name: fingerprint_of(dialogues) for name, dialogues in corpora.items()}
    key = json.dumps([run.settings(), dict(options.values), sums], sort_keys=True)
    fingerprint = hashlib.sha256(key.encode()).hexdigest()
    if fresh and (folder / JUDGED).exists():
        with files.sole_user(folder):
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def panel() -> Sequence[Judge]:
        named = options.words("judges") if "judges" in options.values else ()
        return judges.load(folders=[Path(f) for f in named], threads=run.training.threads)

    asked = (*train, *valid) if "judges" in options.values else ()
    empathy = _judged(asked, folder / JUDGED, fingerprint, panel, progress)
    problem = ReplyProblem(
        train, valid, empathy, options, run.training, run.seed, folder, fingerprint, progress
    )
    learnt: Learnt = plugin.learn(problem)
    _keep(learnt, problem, run, infos, sums)
    return Made(folder / MODEL, len(train), len(valid), learnt.record)


def _keep(
    learnt: Learnt,
    problem: ReplyProblem,
    run: Run,
    infos: Sequence[CorpusInfo],
    sums: Mapping[str, str],
) -> None:
    record: dict[str, Plain] = {
        "settings": run.settings(),
        "options": dict(problem.options.values),
        "data": dict(sums),
        "pairs": {"train": len(problem.train), "valid": len(problem.valid)},
        "versions": {**versions()},
        "git": git(Path(__file__).parent),
        "learnt": dict(learnt.record),
    }
    files.write_json(problem.folder / RECORD, record)
    with files.new_folder(problem.folder / MODEL) as new:
        learnt.save(new)
        (new / CARD).write_text(card(run, infos, record), encoding="utf-8")


def _parts(
    run: Run, corpora: Mapping[str, Sequence[Dialogue]]
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """Pairs of the corpora's own training and validation parts."""
    parts: dict[str, tuple[Pair, ...]] = {}
    for part in ("train", "valid"):
        own = [d for dialogues in corpora.values() for d in dialogues if d.split == part]
        parts[part] = tuple(of_dialogues(own, part=part))
        if not parts[part]:
            raise CorpusError(
                f"{run.file}: {', '.join(corpora)} have no answers in a part '{part}'",
                "Name a corpus of talks with parts of its own, as empathetic_dialogues",
            )
    return parts["train"], parts["valid"]


def _some(valid: tuple[Pair, ...], options: Options, seed: int) -> tuple[Pair, ...]:
    most = options.count("validate") if "validate" in options.values else 0
    if not 0 < most < len(valid):
        return valid
    return tuple(random.Random(seed).sample(valid, most))  # noqa: S311 - no secret


def _judged(
    pairs: Sequence[Pair],
    kept: Path,
    fingerprint: str,
    panel: Callable[[], Sequence[Judge]],
    progress: Progress,
) -> dict[str, Empathy]:
    """What judges take the replies to be, kept for the next try."""
    if kept.is_file():
        before = json.loads(kept.read_text("utf-8"))
        if before["fingerprint"] != fingerprint:
            raise TrainingError(
                f"'{kept.parent}' holds the results of other settings or data",
                "Give another --out, name the run otherwise, or start over with --fresh",
            )
        return {i: _empathy(told) for i, told in before["judged"].items()}
    said = judges.judge(panel(), [(p.last, p.reply) for p in pairs], progress) if pairs else []
    judged = {
        p.id: [{x: e.elements[x].scores for x in ELEMENTS if x in e.elements}, e.sentiment]
        for p, e in zip(pairs, said, strict=True)
    }
    files.write_json(kept, {"fingerprint": fingerprint, "judged": judged})
    return {i: _empathy(told) for i, told in judged.items()}


def _empathy(told: Sequence[Any]) -> Empathy:
    scores, sentiment = told
    return Empathy({e: Element(tuple(s)) for e, s in scores.items()}, sentiment)


def card(run: Run, infos: Sequence[CorpusInfo], record: Mapping[str, Plain]) -> str:
    """The model's card, in Markdown."""
    bound = [i for i in infos if i.noncommercial]
    lines = [f"| {i.name} | {i.licence} | {i.citation} |" for i in infos]
    barred = f"**Not for commercial use**: it learnt from {', '.join(i.name for i in bound)}."
    pairs: Mapping[str, int] = record["pairs"]  # type: ignore[assignment]
    learnt = json.dumps(record["learnt"], indent=1)
    blocks = [
        f"# {run.name}",
        run.about,
        f"Generator `{run.model.generator}`. {barred if bound else ''}",
        "## Data\n\n| corpus | licence | citation |\n|---|---|---|\n" + "\n".join(lines),
        f"Learnt from {pairs['train']} answers; {pairs['valid']} chose the epoch (seed "
        f"{run.seed}). No test part was looked at.",
        f"## How it went\n\n```json\n{learnt}\n```",
        "## Use and limits\n\nIt words what strangers answered each other on a website. It does "
        "not know whether what it says is true, is no therapist, and remembers some of its data.",
    ]
    return "\n\n".join(b.strip() for b in blocks if b.strip()) + "\n"
