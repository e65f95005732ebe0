"""The features of a run: of all its corpora, of who speaks and, where asked for, of who listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from empathia import features as extractors
from empathia import plugins
from empathia.bench import naming, vectors
from empathia.bench.data import LISTENING
from empathia.bench.gather import gather
from empathia.bench.pairs import listeners
from empathia.config import Run
from empathia.contracts import Progress
from empathia.errors import ConfigError
from empathia.features import is_extractor, source
from empathia.types import Dialogue, Features


def taken(
    run: Run,
    data: Path,
    corpora: Mapping[str, tuple[Dialogue, ...]],
    names: Sequence[str],
    progress: Progress | None,
) -> tuple[dict[str, dict[str, Features]], dict[str, dict[str, Features]]]:
    """Features by name and utterance id: of who speaks, and of who listens meanwhile.

    Args:
        run: The run file.
        data: Folder that holds the corpora.
        corpora: What was loaded of them.
        names: Features of who speaks; a target that nobody but a listener can have is of nobody.
        progress: Told about the extraction.

    Raises:
        ConfigError: A target is unknown, or can be had of nobody who listens.
        UsageError: A feature is neither ready-made nor an extractor.
    """
    ready, release = _released(run, data, corpora)
    meanwhile = _meanwhile(run, release)
    read = {n for used in run.features.values() for n in used}
    heard_alone = {t for known in meanwhile.values() for t in known} - read
    features: dict[str, dict[str, Features]] = {n: {} for n in names}
    listening: dict[str, dict[str, Features]] = {t: {} for t in run.reaction.targets if meanwhile}
    for corpus, dialogues in corpora.items():
        come = ready[corpus]
        own = [n for n in names if n in come or n not in heard_alone or is_extractor(n)]
        heard = {LISTENING + n: known for n, known in meanwhile.get(corpus, {}).items()}
        gathered = gather(
            dialogues,
            (*own, *heard),
            ready=come | heard,
            marked=getattr(plugins.load("corpora", corpus), "marked", None),
            listeners=listeners(dialogues, labelled=run.reaction.labelled),
            cache=None,
            threads=run.training.threads,
            progress=progress,
        )
        prefix = f"{corpus}/" if len(corpora) > 1 else ""
        for name, values in gathered.items():
            kind = listening if name.startswith(LISTENING) else features
            kind[name.removeprefix(LISTENING)] |= {prefix + k: v for k, v in values.items()}
    return features, listening


_Released = dict[str, dict[str, Mapping[str, Features]]]
"""By corpus and feature."""


def _released(
    run: Run, data: Path, corpora: Mapping[str, tuple[Dialogue, ...]]
) -> tuple[_Released, _Released]:
    """What comes with the corpora, of who speaks and, where asked for, of who listens."""
    ready, release = _Released(), _Released()
    for corpus, dialogues in corpora.items():
        plugin, (place, options) = plugins.load("corpora", corpus), place_of(run, data, corpus)
        files = _vectors(run, data, corpus)
        ready[corpus] = vectors.ready(plugin, place, options, dialogues, files)
        if run.reaction.when == "while":
            release[corpus] = vectors.listening(plugin, place, options)
    there = [n for known in (*ready.values(), *release.values()) for n in known]
    naming.check_features(run, (*extractors.names(), *there))
    return ready, release


def _meanwhile(run: Run, release: _Released) -> _Released:
    """By corpus: targets that can be had of whoever listens, with what its release has of them."""
    if run.reaction.when != "while":
        return {}
    faces = {
        t: dict[str, Features]()
        for t in run.reaction.targets
        if is_extractor(t) and source(t) == "face"
    }
    known = {
        corpus: faces | {t: own[t] for t in run.reaction.targets if t in own}
        for corpus, own in release.items()
    }
    for target in run.reaction.targets:
        if not any(target in there for there in known.values()):
            raise ConfigError(
                f"{run.file}: nobody has '{target}' while listening: it is cut out of what is "
                "said, or the corpus has it of speakers alone",
                'Name face or landmarks, or set reaction.when = "after"',
            )
    return known


def place_of(run: Run, data: Path, corpus: str) -> tuple[Path, dict[str, Any]]:
    """Where a corpus lies, and the options of its loader."""
    options = dict(run.data.options.get(corpus, {}))
    named, _ = options.pop("folder", None), options.pop("vectors", None)
    own = getattr(plugins.load("corpora", corpus), "FOLDER", None)
    return own if own and named is None else data / str(named or corpus), options


def _vectors(run: Run, data: Path, corpus: str) -> dict[str, Path]:
    """Feature to file of the vectors that a run file names for a corpus."""
    named = run.data.options.get(corpus, {}).get("vectors", {})
    if not isinstance(named, Mapping) or not all(isinstance(f, str) for f in named.values()):
        raise ConfigError(
            f"{run.file}: data.options.{corpus}.vectors is {named!r}",
            'Write vectors = { voice342 = "vectors/voice.npz" }, files below DATA',
        )
    return {name: data / file for name, file in named.items()}
