"""A run file and corpora become a trained recogniser: the stages joined for a corpus.

:func:`train` reads the run file, loads the corpora by plug-in from ``data/<corpus>/``, gathers
features, and lets the recogniser's plug-in learn every seed and fold (:mod:`empathia.bench.run`).
What is written to ``out/<run name>/`` is described in docs/bench.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import platform
import random
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from empathia import emotion, features, files, plugins, reaction, weights
from empathia.bench.data import Material, target_labels, targets, unique
from empathia.bench.keep import keep, obstacle
from empathia.bench.record import Provenance, RunRecord
from empathia.bench.run import Bench, choose
from empathia.bench.taking import place_of, taken
from empathia.config import Options, Run, checked_options, read_run
from empathia.contracts import Progress
from empathia.errors import ConfigError, CorpusError, LeakageError
from empathia.files import Plain
from empathia.labels import LabelSet
from empathia.training.keeping import read as read_settings
from empathia.types import Dialogue
from empathia.version import __version__

if TYPE_CHECKING:
    from empathia.corpora import CorpusInfo

_PACKAGES = ("numpy", "torch", "transformers", "tokenizers", "onnxruntime", "safetensors")


def train(
    run_file: Path,
    data: Path,
    out: Path,
    *,
    threads: int | None = None,
    modalities: Sequence[str] | None = None,
    fresh: bool = False,
    model: bool = True,
    progress: Progress | None = None,
) -> RunRecord:
    """Train what a run file describes; go on where an earlier try was stopped.

    Args:
        run_file: The TOML.
        data: Folder that holds one folder a corpus, named as its plug-in.
        out: Results go to ``out/<run name>/``.
        threads: Overrides ``training.threads``.
        modalities: Use only these of ``[features]``, at training and at test.
        fresh: Forget an earlier try.
        model: Also keep a model for use (:mod:`empathia.bench.keep`), where it can be kept.
        progress: Called with (what is done, steps done, steps in all) after every step.

    Returns:
        What ``run.json`` says; nothing in it depends on the time or on interruptions.

    Raises:
        ConfigError: The run file is wrong.
        CorpusError: A corpus is missing or damaged.
        TrainingError: Training cannot go on, or another one writes to the same folder.
        MissingExtra: The extra ``train`` is not installed.
    """
    run = with_threads(read_run(run_file), threads)
    made = bench(run, data, out / run.name, modalities=modalities, fresh=fresh, progress=progress)
    record = made.learn(progress)
    if model and obstacle(record) is None:
        keep(made, progress)
    return record


def bench(
    run: Run,
    data: Path,
    folder: Path,
    *,
    modalities: Sequence[str] | None = None,
    missing_too: bool = False,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Bench:
    """Everything that the seeds and folds of a run share, ready to :meth:`Bench.learn`.

    Args:
        run: The run file.
        data: Folder that holds the corpora.
        folder: Where results go.
        modalities: Use only these.
        missing_too: Test also without each set of the modalities.
        fresh: Throw away what an earlier try left in ``folder``.
        progress: Told about the extraction of features.
    """
    plugin, options = checked(run)
    offered = run.features or {"text": ()}
    chosen = choose(offered, modalities)
    heard = heard_before(run, options)
    if fresh and (folder / "run.json").exists():
        with files.sole_user(folder):
            shutil.rmtree(folder)
    infos, corpora = load_corpora(run, data)
    material = material_of(run, data, corpora, {m: offered[m] for m in chosen}, progress)
    about = provenance(run, infos, corpora, material, heard)
    return Bench(run, plugin, options, material, chosen, data, folder, about, missing_too)


def provenance(
    run: Run,
    infos: Sequence[CorpusInfo],
    corpora: Mapping[str, tuple[Dialogue, ...]],
    material: Material,
    heard: Mapping[str, Sequence[str]],
) -> Provenance:
    """What a run is made from and with.

    Args:
        run: The run file.
        infos: Of its corpora, as :func:`load_corpora` gave them.
        corpora: Likewise.
        material: As :func:`material_of` made it of them.
        heard: See :func:`heard_before`.
    """
    return {
        "data": {name: fingerprint(dialogues) for name, dialogues in corpora.items()},
        "corpora": tuple(infos),
        "versions": versions(),
        "git": git(Path(__file__).parent),
        "threads": run.training.threads,
        "digest": material.digest(),
        "heard": heard,
    }


def checked(run: Run) -> tuple[ModuleType, Options]:
    """The plug-in of a run's recogniser and its options, complete.

    Raises:
        ConfigError: There is no such recogniser, an option is none of its own or cannot be, or a
            normaliser looks at what is tested.
    """
    if not run.model.recogniser:
        kind = "a generator of replies" if run.model.generator else "a predictor of reactions"
        raise ConfigError(
            f"{run.file} trains {kind}, expected a recogniser",
            "Only `empathia train` takes it",
        )
    plugin = plugins.load("emotion", run.model.recogniser, ("OPTIONS", "learn"))
    if run.data.targets == "partial" and not getattr(plugin, "PARTIAL", False):
        raise ConfigError(
            f"{run.file}: '{run.model.recogniser}' learns from whole targets alone, and targets = "
            "'partial' leaves some unknown",
            "Take 'single', 'multi' or 'votes', or a recogniser such as 'text'",
        )
    options = checked_options(plugin, run.model.options, run.file, name=run.model.recogniser)
    plugins.told(plugin, "check", options)
    for feature, kind in run.normalise.items():
        if "neutral-speaker" in kind.split("+"):
            raise ConfigError(
                f"{run.file}: '{feature}' is to be normalised by a test speaker's own neutral "
                "clips, which the bench tests on",
                "Use 'speaker' (all clips of the speaker, without labels) or 'neutral'",
            )
    return plugin, options


def heard_before(run: Run, options: Options) -> dict[str, list[str]]:
    """Shipped weights that a run uses, and which of its corpora they learnt from.

    Raises:
        LeakageError: One would be tested on what it learnt from. Under the protocol "standard"
            that is allowed and told, as shipped weights learnt from training parts alone. A model
            of the user's own is never to be tested on a corpus that it learnt from: which parts of
            it that were is not known.
    """
    used = [n for names in run.features.values() for n in names]
    names = [*features.weights_of(*used)]
    kept: tuple[Path, ...] = ()
    if run.model.recogniser:
        names += emotion.weights_of(run.model.recogniser, options)
        kept = emotion.kept_of(run.model.recogniser, options)
    elif run.model.predictor:
        names += reaction.weights_of(run.model.predictor, options)
        kept = reaction.kept_of(run.model.predictor, options)
    taught = {n: sorted({*weights.entry(n).corpora} & {*run.data.corpora}) for n in names}
    taught = {n: corpora for n, corpora in taught.items() if corpora}
    for folder in kept:
        _not_tested_by(run, folder)
    if taught and run.data.protocol != "standard":
        name, corpora = next(iter(taught.items()))
        raise LeakageError(
            f"{run.file}: the weight '{name}' learnt from {', '.join(corpora)}, on which protocol "
            f"'{run.data.protocol}' would test it",
            "Take features or members that have not heard the corpus",
        )
    return taught


def _not_tested_by(run: Run, folder: Path) -> None:
    learnt = {c["name"] for c in read_settings(folder).details.get("corpora", ())}
    if both := sorted(learnt & {*run.data.corpora}):
        raise LeakageError(
            f"{run.file}: the model in '{folder}' learnt from {', '.join(both)}, on which this run "
            "would test it",
            "Let this run train it, or test on corpora that it has not heard",
        )


def material_of(
    run: Run,
    data: Path,
    corpora: Mapping[str, tuple[Dialogue, ...]],
    modalities: Mapping[str, tuple[str, ...]],
    progress: Progress | None,
) -> Material:
    """The dialogues of a run with their features, labels and targets.

    Args:
        run: The run file; where its data name no labels, nothing is labelled.
        data: Folder that holds the corpora.
        corpora: As :func:`load_corpora` gave them.
        modalities: Modality to the features that are gathered for it.
        progress: Told about the extraction of features.

    Raises:
        ConfigError: A target of who listens can be had of nobody who listens.
    """
    names = tuple(dict.fromkeys(n for used in modalities.values() for n in used))
    features, listening = taken(run, data, corpora if names else {}, names, progress)
    everything = unique(corpora)
    if not run.data.labels:
        none = LabelSet("none", ("none",))
        return Material(everything, none, True, {}, {}, modalities, features, listening=listening)
    projections = [
        p
        for name in run.data.corpora
        for p in getattr(plugins.load("corpora", name), "PROJECTIONS", ())
    ]
    labels = target_labels(run, everything, projections)
    gold, soft, dropped = targets(run, everything, labels, projections)
    exclusive = run.data.targets != "multi"
    return Material(
        everything, labels, exclusive, gold, soft, modalities, features, dropped, listening
    )


def with_threads(run: Run, threads: int | None) -> Run:
    """A run with another number of threads; None leaves it."""
    if threads is None:
        return run
    return dataclasses.replace(run, training=dataclasses.replace(run.training, threads=threads))


def load_corpora(run: Run, data: Path) -> tuple[list[CorpusInfo], dict[str, tuple[Dialogue, ...]]]:
    """The corpora of a run file and what is known of them, cut to ``data.limit``.

    Raises:
        CorpusError: A corpus has no folder below ``data``, or its loader refuses it.
    """
    infos, corpora = [], {}
    for name in run.data.corpora:
        plugin = plugins.load("corpora", name, ("INFO", "load"))
        place, options = place_of(run, data, name)
        if not place.exists():
            raise CorpusError(
                f"corpus '{name}' is expected in '{place}', which is not there",
                f"Get it from {plugin.INFO.page} or give another --data",
            )
        infos.append(plugin.INFO)
        try:
            loaded = plugin.load(place, **options)
        except TypeError as e:  # an option that the loader does not have
            raise ConfigError(
                f"{run.file}: [data.options.{name}] does not fit: {e}", "Mend the option"
            ) from e
        corpora[name] = limited(loaded, run.data.limit, run.seed)
    return infos, corpora


def limited(dialogues: tuple[Dialogue, ...], limit: int | None, seed: int) -> tuple[Dialogue, ...]:
    """At most ``limit`` dialogues a split: the first ones after a seeded shuffle."""
    if limit is None:
        return dialogues
    order = list(dialogues)
    random.Random(seed).shuffle(order)  # noqa: S311 - no secret
    taken: dict[str | None, list[Dialogue]] = {}
    for d in order:
        part = taken.setdefault(d.split, [])
        if len(part) < limit:
            part.append(d)
    return tuple(d for part in taken.values() for d in part)


def fingerprint(dialogues: Sequence[Dialogue]) -> str:
    """A sum over all that is learnt from: ids, splits, words, labels, and names and sizes of audio.

    It does not depend on where the corpus lies.
    """
    total = hashlib.sha256()
    for d in dialogues:
        for u in d.utterances:
            sound = (u.audio.name, u.audio.stat().st_size) if u.audio is not None else None
            item = (d.id, d.split, u.id, u.speaker, u.text, u.start, u.end, u.gold, u.votes, sound)
            total.update(repr(item).encode())
    return total.hexdigest()


def versions() -> dict[str, str]:
    """Of what decides a training."""
    versions = {"empathia": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git(where: Path) -> dict[str, Plain]:
    """Commit of the code, and whether files differ from it; empty outside a checkout."""
    try:
        commit = _ask_git(where, "rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_ask_git(where, "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _ask_git(where: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", "-C", str(where), *words],  # noqa: S607 - whichever git the user has
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
