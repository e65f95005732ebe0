"""A run file and corpora become a trained recogniser: the stages joined for a corpus.

:func:`train` reads the run file, loads the corpora by plug-in from
``data/<corpus>/``, asks the recogniser's plug-in for a :class:`Job`, fits it,
lets it export itself, and writes metrics and a card. A recogniser becomes
trainable when its plug-in ``emotion/<name>.py`` defines two names:

- ``OPTIONS``: its options in ``[model]`` with their defaults;
- ``task(run, corpora, tools) -> Job``: ``corpora`` maps a corpus's name to its
  dialogues, in the order of the run file, already cut to ``data.limit``;
  ``tools`` (:class:`~empathia.training.task.Tools`) holds the metrics and, for
  each name in the plug-in's ``NEEDS``, an extractor ``(audio, utterance id) ->
  Features`` (what the feature plug-in's ``load()`` returns if it has one, else
  its ``extract``). The parts that need torch live in ``emotion/_train_<name>.py``,
  so that the plug-in itself stays light.

What is written to ``out/<run name>/``: ``checkpoint.safetensors`` (resumed from
automatically), ``model/`` (what the recogniser's ``load(folder)`` reads, with
the card), ``metrics.json`` and ``card.md``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import random
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from empathia import features, files, plugins, weights
from empathia.bench.data import Material, target_labels, targets, unique
from empathia.bench.gather import gather
from empathia.bench.keep import keep, obstacle
from empathia.bench.run import Bench, choose
from empathia.config import Run, read_run
from empathia.contracts import Progress
from empathia.errors import ConfigError, CorpusError, LeakageError, MissingExtra
from empathia.metrics import METRICS
from empathia.training.card import card
from empathia.training.fit import CHECKPOINT, FitResult, fit
from empathia.training.task import Job, Tools
from empathia.types import Audio, Dialogue, Features
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
) -> dict[str, Any]:
    """Train what a run file describes; go on where an earlier try was stopped.

    Args:
        run_file: The TOML.
        data: Folder that holds one folder a corpus, named as its plug-in.
        out: Results go to ``out/<run name>/``.
        threads: Overrides ``training.threads``.
        modalities: Use only these of ``[features]``, at training and at test.
        fresh: Forget an earlier try.
        model: For a recogniser of the bench: also keep a model for use
            (:mod:`empathia.bench.keep`), where it can be kept.
        progress: Called with (what is done, steps done, steps in all) after every step.

    Returns:
        The content of ``metrics.json`` (of ``run.json`` for a recogniser of the bench); nothing
        in it depends on the time or on interruptions.

    Raises:
        ConfigError: The run file is wrong.
        CorpusError: A corpus is missing or damaged.
        TrainingError: Training cannot go on, or another one writes to the same folder.
        MissingExtra: The extra ``train`` is not installed.
    """
    run = _with_threads(read_run(run_file), threads)
    plugin = plugins.load("emotion", run.model.recogniser, ("OPTIONS",))
    run.check_options(plugin.OPTIONS)
    if hasattr(plugin, "learn"):
        made = bench(
            run, data, out / run.name, modalities=modalities, fresh=fresh, progress=progress
        )
        record = made.learn(progress)
        if model and obstacle(record) is None:
            keep(made, record["causal"], progress)
        return record
    if not hasattr(plugin, "task"):
        raise ConfigError(
            f"{run_file}: recogniser '{run.model.recogniser}' learns nothing", "Name one that does"
        )
    if modalities is not None or len(run.seeds) > 1:
        raise ConfigError(
            f"{run_file}: recogniser '{run.model.recogniser}' makes one model from one seed and "
            "one modality",
            "Leave --modalities and seeds out",
        )
    return _make_model(run, plugin, data, out, fresh=fresh, progress=progress)


def _make_model(
    run: Run, plugin: ModuleType, data: Path, out: Path, *, fresh: bool, progress: Progress | None
) -> dict[str, Any]:
    """The other door: a model that can be shipped, from one training."""
    _need_torch()
    folder = out / run.name
    with files.sole_user(folder):  # says before minutes of preparation that it is taken
        if fresh:
            (folder / CHECKPOINT).unlink(missing_ok=True)
    infos, corpora = load_corpora(run, data)
    prints = {name: fingerprint(dialogues) for name, dialogues in corpora.items()}
    job: Job = plugin.task(run, corpora, Tools(_extractors(plugin.NEEDS), METRICS))
    identity = json.dumps([run.settings(), prints], sort_keys=True)
    result = fit(
        job,
        run.training,
        folder,
        seed=run.seed,
        progress=progress,
        fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
    )
    with files.sole_user(folder):
        known = {**_course(result), "data": prints, "threads": run.training.threads}
        return _finish(run, job, infos, folder, known)


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
    plugin = plugins.load("emotion", run.model.recogniser, ("OPTIONS", "learn"))
    offered = run.features or {"text": ()}
    chosen = choose(offered, modalities)
    _check_names(run)
    heard = heard_before(run)
    if fresh and (folder / "run.json").exists():
        with files.sole_user(folder):
            shutil.rmtree(folder)
    infos, corpora = load_corpora(run, data)
    material = _material(run, data, corpora, {m: offered[m] for m in chosen}, progress)
    about = {
        "data": {name: fingerprint(dialogues) for name, dialogues in corpora.items()},
        "corpora": [dataclasses.asdict(i) for i in infos],
        "versions": _versions(),
        "git": _git(Path(__file__).parent),
        "threads": run.training.threads,
        "digest": material.digest(),
        "heard": heard,
    }
    return Bench(run, plugin, material, chosen, data, folder, about, missing_too)


def _check_names(run: Run) -> None:
    """Names that lead nowhere: they would be passed over without a word."""
    used = {n for names in run.features.values() for n in names}
    strange = [("normalise", n, used) for n in run.normalise if n not in used]
    strange += [
        ("data.options", n, set(run.data.corpora))
        for n in run.data.options
        if n not in run.data.corpora
    ]
    for table, name, known in strange:
        raise ConfigError(
            f"{run.file}: [{table}] names '{name}', which the run does not use "
            f"(it uses: {', '.join(sorted(known)) or 'none'})",
            "Mend or remove the key",
        )
    for feature, kind in run.normalise.items():
        if "neutral-speaker" in kind.split("+"):
            raise ConfigError(
                f"{run.file}: '{feature}' is to be normalised by a test speaker's own neutral "
                "clips, which the bench tests on",
                "Use 'speaker' (all clips of the speaker, without labels) or 'neutral'",
            )


def heard_before(run: Run) -> dict[str, list[str]]:
    """Shipped weights that a run uses, and which of its corpora they learnt from.

    Raises:
        LeakageError: One would be tested on what it learnt from. Under the protocol "standard"
            that is allowed and told, as shipped weights learnt from training parts alone.
    """
    names = [w for used in run.features.values() for n in used for w in features.weights_of(n)]
    for member in str(run.model.options.get("members", "")).split():
        names += [s] if (s := getattr(plugins.load("emotion", member), "SHIPPED", None)) else []
    known = {e.name: e.corpora for e in weights.entries()}
    names += [str(v) for v in run.model.options.values() if v in known]
    heard = {n: sorted(set(known[n]) & set(run.data.corpora)) for n in dict.fromkeys(names)}
    heard = {n: corpora for n, corpora in heard.items() if corpora}
    if heard and run.data.protocol != "standard":
        name, corpora = next(iter(heard.items()))
        raise LeakageError(
            f"{run.file}: the weight '{name}' learnt from {', '.join(corpora)}, on which protocol "
            f"'{run.data.protocol}' would test it",
            "Take features or members that have not heard the corpus",
        )
    return heard


def _material(
    run: Run,
    data: Path,
    corpora: Mapping[str, tuple[Dialogue, ...]],
    modalities: Mapping[str, tuple[str, ...]],
    progress: Progress | None,
) -> Material:
    names = tuple(dict.fromkeys(n for used in modalities.values() for n in used))
    features: dict[str, dict[str, Features]] = {n: {} for n in names}
    several = len(corpora) > 1
    for corpus, dialogues in corpora.items() if names else ():
        plugin, options = plugins.load("corpora", corpus), _options(run, corpus)[1]
        ready = (
            plugin.ready(_place(run, data, corpus), **options) if hasattr(plugin, "ready") else {}
        )
        found = gather(
            dialogues,
            names,
            ready=ready,
            cache=None,
            threads=run.training.threads,
            progress=progress,
        )
        for name, values in found.items():
            features[name] |= {f"{corpus}/{k}" if several else k: v for k, v in values.items()}
    everything = unique(corpora)
    projections = [
        p
        for name in run.data.corpora
        for p in getattr(plugins.load("corpora", name), "PROJECTIONS", ())
    ]
    labels = target_labels(run, everything, projections)
    gold, soft, dropped = targets(run, everything, labels, projections)
    return Material(
        everything, labels, run.data.targets != "multi", gold, soft, modalities, features, dropped
    )


def _with_threads(run: Run, threads: int | None) -> Run:
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
        place, options = _place(run, data, name), _options(run, name)[1]
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


def _options(run: Run, corpus: str) -> tuple[str, dict[str, Any]]:
    """Where a corpus lies below the data folder, and the options of its loader."""
    options = dict(run.data.options.get(corpus, {}))
    return str(options.pop("folder", corpus)), options


def _place(run: Run, data: Path, corpus: str) -> Path:
    return data / _options(run, corpus)[0]


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


def _extractors(needs: Sequence[str]) -> dict[str, Callable[[Audio, str], Features]]:
    return {name: features.single(features.load(name)) for name in needs}


def _finish(
    run: Run, job: Job, infos: Sequence[CorpusInfo], folder: Path, known: Mapping[str, Any]
) -> dict[str, Any]:
    """Export into a new folder, then put it in the place of the old one."""
    new, model = folder / ".model.tmp", folder / "model"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    test = dict(job.export(new))
    metrics = {
        **known,
        "run": run.settings(),
        "test": test,
        "versions": _versions(),
        "git": _git(Path(__file__).parent),
    }
    text = card(run, infos, metrics, job.notes)
    files.write(new / "card.md", text.encode())
    shutil.rmtree(model, ignore_errors=True)
    new.rename(model)
    files.write(folder / "card.md", text.encode())
    content = json.dumps(metrics, indent=2, sort_keys=True) + "\n"
    files.write(folder / "metrics.json", content.encode())
    return metrics


def _course(result: FitResult) -> dict[str, Any]:
    return {
        "best_epoch": result.best_epoch,
        "steps": result.steps,
        "validation": {k: v for k, v in result.metrics.items() if k != "loss"},
        "history": [dict(h) for h in result.history],
    }


def _need_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as e:
        raise MissingExtra("train", "training") from e


def _versions() -> dict[str, str]:
    found = {"empathia": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _git(where: Path) -> dict[str, Any]:
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
