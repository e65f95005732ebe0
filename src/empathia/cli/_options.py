"""What all verbs that read a corpus share: which one, where, and its loader's options."""

from __future__ import annotations

import argparse
import inspect
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from empathia import plugins
from empathia.corpora import CorpusNote
from empathia.errors import UsageError
from empathia.files import Plain

if TYPE_CHECKING:
    from empathia.types import Dialogue, Features


def add_overwrite(parser: argparse._ActionsContainer) -> None:
    """The option without which :func:`spare` spares a film."""
    parser.add_argument(
        "--overwrite", action="store_true", help="write over a film (mp4, gif) that is there"
    )


def spare(film: Path, overwrite: bool) -> None:
    """Keep a film that is there, which may be a recording, unless that was asked for.

    Raises:
        UsageError: It is there.
    """
    if film.suffix.lower() != ".html" and film.exists() and not overwrite:
        raise UsageError(f"'{film}' is there already", "Name another file, or add --overwrite")


def add_corpus(
    parser: argparse.ArgumentParser,
    which: str = "corpus (empathia corpus list)",
    where: str = "where its release lies",
) -> None:
    """Arguments that name a corpus and say how it is to be read.

    Args:
        parser: Gets them.
        which: Help on its name.
        where: Help on its path.
    """
    parser.add_argument("name", metavar="NAME", help=which)
    parser.add_argument("path", metavar="PATH", type=Path, help=where)
    add_reading(parser)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Arguments that say how a corpus is to be read."""
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=COLUMN[:PATTERN],...",
        help="table: which column is which of ours; of a pattern (regular expression) what its "
        "parentheses find",
    )
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME=COLUMN[:PATTERN]",
        help="table: a grouping; of a pattern (regular expression) what its parentheses find",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another option of the corpus, the value as in TOML",
    )


def add_vectors(parser: argparse._ActionsContainer) -> None:
    """Ready-made vectors for utterances of the corpus."""
    parser.add_argument(
        "--vectors",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="ready-made vectors by utterance id (npz, Parquet), as a feature; again for more",
    )


def vectors_of(args: argparse.Namespace) -> dict[str, Path]:
    """Feature to file of its vectors.

    Raises:
        UsageError: One does not parse.
    """
    given = (_divided(text, "--vectors") for text in getattr(args, "vectors", ()))
    return {name: Path(file) for name, file in given}


def ready_features(
    args: argparse.Namespace, plugin: ModuleType, dialogues: Sequence[Dialogue]
) -> dict[str, Mapping[str, Features]]:
    """Features that come with a corpus, and the vectors that are named beside it."""
    from empathia.bench.vectors import ready

    return ready(plugin, args.path, corpus_options(args), dialogues, vectors_of(args))


def corpus_options(args: argparse.Namespace) -> dict[str, Plain]:
    """The loader's options as the command line gives them.

    Raises:
        UsageError: One does not parse.
    """
    options = options_of(args.option, "--option")
    groups = dict(_divided(text, "--group") for text in args.group)
    for option, given in (("map", columns_of(args.map, "--map")), ("groups", groups)):
        if given:
            earlier = options.get(option)
            options[option] = (dict(earlier) if isinstance(earlier, Mapping) else {}) | given
    return options


def options_of(texts: Sequence[str], flag: str) -> dict[str, Plain]:
    """Options out of ``KEY=VALUE``; values are TOML, or bare words.

    Args:
        texts: What was given.
        flag: Behind which flag, for errors.

    Raises:
        UsageError: One does not parse.
    """
    return {key: _toml(value) for key, value in (_divided(text, flag) for text in texts)}


def columns_of(texts: Sequence[str], flag: str) -> dict[str, str]:
    """Our columns to theirs, of ``ours=theirs,...`` given any number of times.

    Raises:
        UsageError: One does not parse.
    """
    return dict(_divided(x, flag) for several in texts for x in _parted(several))


def read_corpus(args: argparse.Namespace) -> tuple[ModuleType, tuple[Dialogue, ...], list[str]]:
    """Load what the arguments name.

    Returns:
        The plug-in, the dialogues, and what the loader missed; with what it remarked that goes
        to stderr as notes.

    Raises:
        UsageError: The corpus or an option of it is unknown, or nothing is at the path.
        CorpusError: The corpus cannot be read.
    """
    plugin = plugins.load("corpora", args.name, ("INFO", "load"))
    options = corpus_options(args)
    if not args.path.exists():
        raise UsageError(f"there is nothing at '{args.path}'", "Name the folder of the corpus")
    check_options(plugin.load, args.name, options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dialogues: tuple[Dialogue, ...] = plugin.load(args.path, **options)
    for warning in caught:
        sys.stderr.write(f"note: {warning.message}\n")
    missed = [str(w.message) for w in caught if not issubclass(w.category, CorpusNote)]
    return plugin, dialogues, missed


def check_options(function: Callable[..., object], name: str, options: Iterable[str]) -> None:
    """Refuse options that a corpus's function has not.

    Raises:
        UsageError: One is unknown.
    """
    known = options_with_defaults(function)
    for option in options:
        if option not in known:
            raise UsageError(
                f"corpus '{name}' has no option '{option}' (it has: {', '.join(known) or 'none'})",
                "Leave it out",
            )


def options_with_defaults(function: Callable[..., object]) -> dict[str, object]:
    """The options of a corpus's function, as far as its signature tells."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def _parted(several: str) -> Sequence[str]:
    """``a=b,c=d`` at its commas; a comma within a pattern belongs to what is before it."""
    parts: list[str] = []
    for part in several.split(","):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f",{part}"
    return parts


def _divided(text: str, flag: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key.strip() or not equals or not value.strip():
        raise UsageError(f"{flag} {text}: expected a name, '=' and a value", "Write it so")
    return key.strip(), value.strip()


def _toml(value: str) -> Plain:
    """A TOML value; bare words, which TOML does not have, are text."""
    try:
        read: Plain = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as error:
        if value[0] in "[{\"'":
            raise UsageError(f"'{value}' is no TOML value ({error})", "Mend it") from error
        return value
    return read
