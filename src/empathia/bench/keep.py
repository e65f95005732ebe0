"""A model to use: what a run learnt, kept in ``out/<run>/model`` for ``empathia read``.

Where the protocol has one fold, it is the first seed's recogniser of that fold: the figures of
that seed are its own. Where there are several, none of the folds' recognisers has heard all
data; so one more is trained, with the first seed, on everything, test parts included, with a
validation part that is carved as in the folds. It is never tested: the folds' figures say what
such a training is worth on data that it did not hear.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from empathia import emotion, files, plugins, weights
from empathia.bench import protocols
from empathia.bench.record import RunRecord
from empathia.bench.run import Bench, Normalisers, Training, narrowed
from empathia.config import Options
from empathia.contracts import Progress, Recogniser
from empathia.errors import EmpathiaError
from empathia.features import weights_of
from empathia.files import Plain
from empathia.training import keeping
from empathia.training.keeping import Settings

MODEL = "model"
_WHOLE = "everything"
_SPEAKER = ("speaker", "neutral-speaker")


def obstacle(record: RunRecord) -> str | None:
    """Why what a run learnt cannot be kept for use, or None.

    Args:
        record: What the run says of itself.
    """
    name = record.recogniser
    if not hasattr(plugins.load("emotion", name), "load"):
        return f"recogniser '{name}' cannot be kept (its plug-in defines no load)"
    if record.causal is False:
        return f"recogniser '{name}' looks at later turns, and readings give the past alone"
    used = {n for names in record.modalities.values() for n in names}
    for feature, kind in record.normalise.items():
        if feature in used and set(kind.split("+")) & set(_SPEAKER):
            return f"'{feature}' is normalised by '{kind}', which needs other clips of the speaker"
    return None


def keep(bench: Bench, progress: Progress | None = None) -> Path:
    """Keep a model of a run that is done, unless it is there; goes on after a kill.

    Args:
        bench: The run, in which :func:`obstacle` found nothing.
        progress: Told about the training.

    Returns:
        The model's folder.

    Raises:
        TrainingError: Another process writes to the run's folder.
    """
    folder = bench.folder / MODEL
    with files.sole_user(bench.folder):
        training, whole = _chosen(bench)
        if _there(folder, training.fingerprint):
            return folder
        before = bench.learnt.pop(training.fingerprint, None)
        learnt, normal = before or _learnt(training, whole, _told(progress))
        settings = _settings(training, learnt, _about(training, whole))
        settings = dataclasses.replace(settings, normalise=tuple(n.plain() for n in normal))
        _write(folder, learnt, _licensed(settings, bench.options))
        shutil.rmtree(bench.folder / _WHOLE, ignore_errors=True)
    return folder


def _learnt(
    training: Training, whole: bool, progress: Progress | None
) -> tuple[Recogniser, Normalisers]:
    problem, normal = training.problem(progress)
    if whole:  # the folds' folders are theirs
        problem = dataclasses.replace(problem, folder=training.bench.folder / _WHOLE)
    return training.bench.plugin.learn(problem), normal


def _there(folder: Path, fingerprint: str) -> bool:
    try:
        return keeping.read(folder).fingerprint == fingerprint
    except EmpathiaError:
        return False


def _chosen(bench: Bench) -> tuple[Training, bool]:
    """The training whose recogniser is kept, and whether it is one on everything."""
    seed = bench.seeds[0]
    made = bench.folds(seed)
    if len(made) == 1:
        return Training(bench, seed, made[0]), False
    d = bench.run.data
    whole = protocols.everything(
        bench.material.dialogues, d.protocol, seed=seed, valid=d.valid, like=made[0]
    )
    return Training(bench, seed, narrowed(whole, d)), True


def _told(progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda what, done, total: progress(f"model for use: {what}", done, total)


def _about(training: Training, whole: bool) -> dict[str, Plain]:
    bench = training.bench
    return {
        "seed": training.seed,
        "tested": not whole,
        "utterances": {
            p: len(bench.asked(training.fold, p, learning=True)) for p in ("train", "valid")
        },
        "corpora": [dataclasses.asdict(c) for c in bench.about["corpora"]],
        "versions": dict(bench.about["versions"]),
        "protocol": bench.run.data.protocol,
    }


def _settings(training: Training, learnt: Recogniser, about: Mapping[str, Plain]) -> Settings:
    bench, m, what = training.bench, training.bench.material, learnt.about
    reads = {k: tuple(n for n in m.modalities[k] if n in what.features) for k in bench.modalities}
    return Settings(
        name=bench.run.name,
        recogniser=bench.run.model.recogniser,
        labels=m.labels,
        exclusive=m.exclusive,
        causal=what.causal,
        modalities=reads,
        options=bench.options.values,
        licence="",
        noncommercial=False,
        languages=what.languages,
        prior=what.prior,
        worth=what.worth,
        risks=what.risks,
        fingerprint=training.fingerprint,
        details=about,
    )


def _licensed(settings: Settings, options: Options) -> Settings:
    """With its licence, and the corpora of the kept ones that it works with."""
    used = (*emotion.weights_of(settings.recogniser, options), *weights_of(*settings.features))
    kept = emotion.kept_of(settings.recogniser, options)
    corpora = with_theirs(settings.details["corpora"], kept)
    licence = licence_of(corpora, used)
    return dataclasses.replace(
        settings,
        licence=licence.text,
        noncommercial=licence.noncommercial,
        weights=tuple(w["name"] for w in licence.weights),
        details={**settings.details, "corpora": corpora, "weights": licence.weights},
    )


class Bound(TypedDict):
    """A corpus or a weight and what it allows."""

    name: str
    licence: str
    noncommercial: bool


class Licence(NamedTuple):
    """What a kept model may be used for; ``weights`` are those that it starts from."""

    text: str
    noncommercial: bool
    weights: list[Bound]


def with_theirs(corpora: Iterable[Bound], kept: Iterable[Path]) -> list[Bound]:
    """Corpora, and those that kept recognisers learnt from; each once.

    Args:
        corpora: Of a run.
        kept: Folders of the recognisers that it works with.
    """
    every = [*corpora, *(c for k in kept for c in keeping.read(k).details.get("corpora", ()))]
    return [c for i, c in enumerate(every) if c not in every[:i]]


def licence_of(corpora: Sequence[Bound], used: Iterable[str]) -> Licence:
    """What binds a corpus that a model learnt from, or a weight of the manifest, binds it too."""
    entries = [weights.entry(name) for name in dict.fromkeys(used)]
    named: list[Bound] = [
        {"name": e.name, "licence": e.licence, "noncommercial": e.noncommercial} for e in entries
    ]
    bound = [part for part in (*corpora, *named) if part["noncommercial"]]
    told = dict.fromkeys(part["licence"] for part in bound or corpora)
    return Licence("; ".join(told), bool(bound), named)


def _write(folder: Path, learnt: Recogniser, settings: Settings) -> None:
    """All into a new folder, which then takes the place of the old one."""
    with files.new_folder(folder) as new:
        learnt.save(new)
        (new / keeping.CARD).write_text(card(settings), encoding="utf-8")
        settings.write(new)


def card(settings: Settings) -> str:
    """The model's card, in Markdown."""
    about = settings.details
    parts = {
        "It inherits what its data allow:": about["corpora"],
        "Weights that it works with, and theirs:": about["weights"],
    }
    licences = [f"{told}\n\n{_licences(listed)}" for told, listed in parts.items() if listed]
    blocks = [
        f"# {settings.name}",
        f"Recogniser `{settings.recogniser}` for {', '.join(settings.labels)}. "
        f"Use it: `empathia read talk.txt --recogniser FOLDER`.",
        f"It learnt from {about['utterances']['train']} utterances; {about['utterances']['valid']} "
        f"more chose its settings (seed {about['seed']}). {_figures(settings)}",
        "## Licence\n\n" + "\n\n".join(licences),
        "## Who may have it\n\nA model remembers some of its data, and one of weighted words "
        "(`tfidf`) holds all words and pairs of words that it learnt from: pass it on only where "
        "the corpus may be passed on.",
        *_limits(settings),
        "Emotion recognition is uncertain: what it says are estimates, not facts about what "
        "anybody feels. On people, topics or microphones unlike those of its data it is worse.",
    ]
    return "\n\n".join(blocks) + "\n"


def _limits(settings: Settings) -> list[str]:
    """What the recogniser says of itself: what it is for, what it cannot do."""
    plugin, options = plugins.load("emotion", settings.recogniser), Options(settings.options)
    told = hasattr(plugin, "notes_of")
    notes = plugin.notes_of(options) if told else getattr(plugin, "NOTES", ())
    return ["## Use and limits\n\n" + "\n".join(f"- {n}" for n in notes)] if notes else []


def _licences(parts: Sequence[Bound]) -> str:
    bound = " (not for commercial use, or not known)"
    return "\n".join(f"- {p['name']}: {p['licence']}{bound * p['noncommercial']}" for p in parts)


def _figures(settings: Settings) -> str:
    about = settings.details
    if about["tested"]:
        return f"The test figures of seed {about['seed']} of its run are its own."
    return (
        "No figure is its own: it heard the test parts too. Those of its run "
        f"(`{about['protocol']}`) say what such a training is worth on data that it did not hear."
    )
