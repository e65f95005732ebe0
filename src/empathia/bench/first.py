"""A first run file for a corpus: sensible choices, written down so that they can be changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from empathia.errors import ConfigError
from empathia.files import Plain, write
from empathia.types import Dialogue, Utterance

_LEAST_SPEAKERS = 3  # below which leaving one out says nothing
_FOLDS = 5
_TRAINING = """
[training]
select = "{}"
epochs = 40
batch = 16
lr = 2e-3
patience = 10
threads = 1
"""
_RARE = 5  # items of a label below which it is worth a remark


def first_run(
    name: str, corpus: str, place: str, options: Mapping[str, Plain], dialogues: Sequence[Dialogue]
) -> str:
    """The text of a run file.

    Args:
        name: Name of the run.
        corpus: Name of the corpus plug-in.
        place: Where it lies below the data folder.
        options: Of its loader.
        dialogues: What it holds.

    Raises:
        ConfigError: Nothing is labelled, there is one label only, or there is neither text nor
            sound.
    """
    utterances = [u for d in dialogues for u in d.utterances]
    labelled = [u for u in utterances if u.gold]
    labels = Counter(x for u in labelled for x in u.gold)
    if len(labels) < 2:
        raise ConfigError(
            f"'{place}' has {len(labelled)} labelled utterances with {len(labels)} labels, "
            "expected at least 2 labels",
            "Say which column holds the label: --map label=COLUMN",
        )
    latin = _latin(u.text for u in labelled)
    features = _features(labelled, latin=latin)
    if not features:
        raise ConfigError(
            f"'{place}' has neither text nor audio", "Map a column: --map text=COLUMN"
        )
    several = any(len(u.gold) > 1 for u in labelled)
    lines = [
        f"# Written by `empathia init` from {len(utterances)} utterances; change what you like.",
        f"name = {json.dumps(name)}",
        "seeds = [1, 11, 42]",
        "\n[data]",
        f"corpora = [{json.dumps(corpus)}]",
        'labels = "corpus"  # its own: ' + ", ".join(f"{x} {n}" for x, n in labels.most_common(8)),
        _protocol(dialogues),
        *_rare(labels),
        *(['targets = "multi"  # some utterances have several labels'] if several else []),
        f"\n[data.options.{corpus}]\nfolder = {json.dumps(place)}",
        *(f"{k} = {_toml(v)}" for k, v in options.items()),
        "\n[features]",
        *(f"{m} = {_toml(v)}" for m, v in features.items()),
        "\n[model]",
        *_model(latin=latin, words="text" in features),
        _TRAINING.format("macro_f1" if several else "weighted_f1"),
    ]
    return "\n".join(lines)


def _rare(labels: Counter[str]) -> list[str]:
    rare = [x for x, n in labels.items() if n < _RARE]
    return [f"# seldom, perhaps a typing mistake: {', '.join(rare)}"] if rare else []


def _features(labelled: Sequence[Utterance], *, latin: bool) -> dict[str, list[str]]:
    """Modality to features: of what the corpus has, the ones that fit most."""
    features = {}
    if any(u.text for u in labelled):
        features["text"] = ["text:text-default"] if latin else []
    if any(u.audio for u in labelled):
        features["voice"] = ["prosody"]
    return features


def _model(*, latin: bool, words: bool) -> list[str]:
    """The shipped text encoder reads English; elsewhere runs of characters do better."""
    if words and not latin:
        return [
            'recogniser = "tfidf"  # words alone: no encoder for this script is shipped',
            "characters = 4",
        ]
    return ['recogniser = "dialogue"  # others: tfidf (words alone), lm, majority (the baseline)']


def _latin(texts: Iterable[str | None]) -> bool:
    """Whether at least half of the letters are ASCII."""
    letters = [c for t in texts for c in t or "" if c.isalpha()]
    return 2 * sum(c.isascii() for c in letters) >= len(letters)


def _protocol(dialogues: Sequence[Dialogue]) -> str:
    """Who is tested, with the reason behind it."""
    splits = {d.split for d in dialogues}
    if {"train", "test"} <= splits:
        return 'protocol = "standard"  # the corpus has a split of its own'
    speakers = {u.speaker for d in dialogues for u in d.utterances} - {"unknown"}
    if len(speakers) >= _LEAST_SPEAKERS:
        folds = f"\nfolds = {_FOLDS}" if len(speakers) > _FOLDS else ""
        return f'protocol = "leave-speaker-out"{folds}  # {len(speakers)} speakers: test new ones'
    if len(dialogues) < _FOLDS:
        raise ConfigError(
            f"{len(dialogues)} dialogues are too few to test on some of them",
            f"Bring at least {_FOLDS}",
        )
    return f'protocol = "k-fold"\nfolds = {_FOLDS}  # speakers are not known or few'


def _toml(value: Plain) -> str:
    """A value that came from TOML or the command line, as TOML (JSON's strings are TOML's)."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def write_first(path: Path, text: str, *, replace: bool) -> None:
    """Write a run file, but not over another one.

    Raises:
        ConfigError: There is one already.
    """
    if path.exists() and not replace:
        raise ConfigError(f"'{path}' is there already", "Give another --out, or --force")
    write(path, text.encode())
