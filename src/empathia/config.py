"""Run files: a TOML that says all about one training, as frozen dataclasses.

    name = "text-default"
    seed = 1
    about = "One line for people."

    [data]
    corpora = ["goemotions"]     # plug-ins of empathia.corpora; read from DATA/<corpus>/
    labels = "ekman7"

    [data.options.table]         # options of a corpus's load()
    folder = "iemocap"           # ... and where it lies below DATA

    [labels]                     # an own set: label = what corpora call it; others are dropped
    low = ["sadness", "fear"]
    high = ["joy"]

    [features]                   # modality = features; "extractor" or "extractor:variant"
    text = ["text:minilm"]       # [] for the words alone
    voice = ["prosody"]

    [normalise]                  # feature = kind; fitted on the training part
    prosody = "speaker"

    [model]
    recogniser = "text"          # plug-in of empathia.emotion; the other keys are its own
    dropout = 0.1
    # or: generator = "lm"       # plug-in of empathia.replies that learns; no labels are needed

    [training]
    epochs = 6
    select = "macro_f1"          # validation metric; more is better

``base = "other.toml"`` takes what is not said from another run file beside it; ``[features]``,
``[labels]``, ``[normalise]`` and a ``[model]`` that names a recogniser replace the other's. A key
that nobody knows is an error: a typing mistake must not train something else.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from empathia.errors import ConfigError
from empathia.files import Plain

_Part = TypeVar("_Part")
_LEARNERS = ("recogniser", "generator")  # of [model], one of them


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a recogniser, complete and of the types of their defaults.

    Args:
        values: By name.
    """

    values: Mapping[str, Plain]

    def flag(self, name: str) -> bool:
        """A truth value."""
        return bool(self.values[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self.values[name])  # type: ignore[arg-type]

    def number(self, name: str) -> float:
        """A number."""
        return float(self.values[name])  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        """A string."""
        return str(self.values[name])

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of numbers."""
        return tuple(map(float, self.values[name]))  # type: ignore[arg-type]

    def words(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(map(str, self.values[name]))  # type: ignore[arg-type]

    def table(self, name: str) -> Mapping[str, Plain]:
        """A table."""
        return self.values[name]  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class DataPart:
    """``[data]``: what is learnt from.

    Args:
        corpora: Names of corpus plug-ins.
        evaluated_on: Those of them that validation and test ask about, the others only teach; ()
            for all.
        learnt_from: Those of them that are learnt from, the others are left out of training; ()
            for all.
        labels: Name of the label set that is predicted, or of an own one given in ``[labels]``.
        limit: Use only this many dialogues a corpus and split (the first after a seeded
            shuffle), for a quick try; None uses all.
        protocol: Who is tested by whom: "standard" (the corpus's own split), "k-fold",
            "leave-<group>-out" (speaker, session, scenario, corpus, any grouping), or "listed"
            (folds in files). See :mod:`empathia.bench.protocols`.
        folds: How many folds; None takes one for each value of the grouping (5 for "k-fold").
        listed: Folder below DATA with the files of the protocol "listed".
        valid: Share of the training part that validates where the corpus has no own
            validation part.
        targets: "single" (one gold label), "multi" (several gold labels, or those that a third
            of the raters gave), "votes" (the raters' votes as shares), or "partial" (several gold
            labels; what a corpus does not tell is unknown, and single labels are evaluated).
        fraction: Share of the training dialogues that is learnt from; validation and test stay.
        options: By corpus: keyword arguments of its ``load``, and ``folder``.
    """

    corpora: tuple[str, ...]
    labels: str
    evaluated_on: tuple[str, ...] = ()
    learnt_from: tuple[str, ...] = ()
    limit: int | None = None
    protocol: str = "standard"
    folds: int | None = None
    listed: str | None = None
    valid: float = 0.1
    targets: str = "single"
    fraction: float = 1.0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelPart:
    """``[model]``: who learns, and the options that its plug-in defines.

    Args:
        recogniser: Plug-in of ``empathia.emotion``; "" where a generator learns.
        options: Its own.
        generator: Plug-in of ``empathia.replies``; "" where a recogniser learns.
    """

    recogniser: str
    options: Mapping[str, Plain] = field(default_factory=dict)
    generator: str = ""


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """``[training]``: how the fit loop goes.

    Args:
        select: Name of the validation metric that picks the best epoch; more is better.
        epochs: Times through the training data at most.
        batch: Items a step.
        lr: Highest learning rate of AdamW, after the warm-up.
        weight_decay: Decoupled weight decay of AdamW.
        warmup: Share of all steps in which the learning rate rises from 0; it then falls
            linearly to 0 at the last step.
        clip: Largest norm of the gradient.
        patience: Epochs without a better validation after which training stops.
        checkpoint_every: Steps between checkpoints; each epoch ends with one as well.
        threads: CPU threads; results are repeatable for one and the same number.
    """

    select: str
    epochs: int = 5
    batch: int = 32
    lr: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    patience: int = 2
    checkpoint_every: int = 200
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run file.

    Args:
        name: Names the output folder; letters, digits, ``-``, ``_`` and ``.``.
        seed: Seeds the order of the data, the initial weights and dropout.
        seeds: Several trainings, one a seed; () takes ``seed`` alone.
        own_labels: ``[labels]``: label to what corpora call it; {} for a known set.
        features: ``[features]``: modality to names of features.
        normalise: ``[normalise]``: feature to the kind of its normaliser.
        data: ``[data]``.
        model: ``[model]``.
        training: ``[training]``.
        about: One line for people.
        file: Where it was read from, for messages.
    """

    name: str
    seed: int
    data: DataPart
    model: ModelPart
    training: TrainingPart
    about: str = ""
    seeds: tuple[int, ...] = ()
    own_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    normalise: Mapping[str, str] = field(default_factory=dict)
    file: str = "run file"

    def settings(self) -> dict[str, Plain]:
        """All that decides the result, as plain values for JSON (without ``file``)."""
        values = dataclasses.asdict(self)
        del values["file"]
        if not self.data.learnt_from:  # younger than runs that may be resumed
            del values["data"]["learnt_from"]
        if not self.model.generator:
            del values["model"]["generator"]
        return values


def checked_options(
    plugin: ModuleType,
    given: Mapping[str, Plain],
    file: str,
    prefix: str = "model.",
    *,
    name: str | None = None,
) -> Options:
    """A recogniser's options, complete: defaults where nothing is given.

    Args:
        plugin: Defines ``OPTIONS``, its options with their defaults, and may define ``RENAMED``,
            names that older run files used and what they are called now.
        given: Options by name.
        file: Where they come from, for messages.
        prefix: What stands before a name there.
        name: Of the plug-in, where its module has another.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
    """
    renamed: Mapping[str, str] = getattr(plugin, "RENAMED", {})
    for key in set(given) & set(renamed):
        raise ConfigError(
            f"{file}: '{prefix}{key}' is called '{prefix}{renamed[key]}' now", "Rename the key"
        )
    owner = f"{file}: recogniser '{name or plugin.__name__.rpartition('.')[2]}'"
    return complete(given, plugin.OPTIONS, owner, prefix)


def complete(
    given: Mapping[str, Plain], defaults: Mapping[str, Plain], owner: str, prefix: str = ""
) -> Options:
    """All options of a plug-in: those that are given, and the defaults of the rest.

    Args:
        given: Options by name.
        defaults: Of all that there are.
        owner: Whose they are, for messages.
        prefix: What stands before a name where it was given.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
    """
    for key in given:
        if key not in defaults:
            raise ConfigError(
                f"{owner} has no option '{prefix}{key}' "
                f"(known: {', '.join(sorted(defaults)) or 'none'})",
                "Mend or remove the key",
            )
    typed = {k: _option(defaults[k], v, owner, f"{prefix}{k}") for k, v in given.items()}
    return Options({**defaults, **typed})


def read_run(path: Path, changes: Sequence[str] = ()) -> Run:
    """Read and check a run file.

    Args:
        path: The TOML.
        changes: What takes the place of its values, as ``model.past=0``; a value that is no TOML
            is a string.

    Raises:
        ConfigError: It is missing, is no TOML, has an unknown key, lacks one, or holds a value
            of a wrong type or out of range; names file and key.
    """
    table = _table(path)
    for change in changes:
        _change(table, change, str(path))
    run = _run(table, str(path))
    _check(run)
    return run


def _table(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The TOML of a run file with what its base says filled in."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"cannot read run file '{path}' ({e.strerror})", "Check the path") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} is not valid TOML: {e}", "Mend the file") from e
    if "base" not in table:
        return table
    base = path.parent / _typed(str, table.pop("base"), str(path), "base")
    if base in above:
        raise ConfigError(f"{path}: '{base}' is its own base", "Break the circle")
    return _merged(_table(base, (*above, path)), table)


def _change(table: dict[str, Any], change: str, file: str) -> None:
    key, given, value = change.partition("=")
    *above, name = (step.strip() for step in key.split("."))
    if not given or not name:
        raise ConfigError(
            f"'{change}' changes nothing in {file}", "Write KEY=VALUE, as training.epochs=1"
        )
    if tuple(above) == ("model",) and name in _LEARNERS:
        table["model"] = {}  # the options are another's
    for step in above:
        table = table.setdefault(step, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{file}: '{step}' in '{change}' is no table", "Mend the key")
    try:
        table[name] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        table[name] = value.strip()


def _merged(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in table.items():
        if not isinstance(value, dict) or not isinstance(base.get(key), dict):
            merged[key] = value
            continue
        whole = key in {"features", "labels", "normalise"} or set(_LEARNERS) & set(value)
        merged[key] = value if whole else _merged(base[key], value)
    return merged


def _run(table: dict[str, Any], file: str) -> Run:
    tables = ("data", "model", "training", "labels", "features")
    parts: dict[str, Any] = {k: v for k, v in table.items() if k not in tables}
    for key in ("file", "own_labels"):
        if key in parts:
            raise _unknown(file, key, ("name", "seed", "seeds", "about", *tables))
    for name in ("data", "model", "training"):
        if not isinstance(table.get(name), dict):
            raise ConfigError(f"{file} has no table [{name}]", f"Add [{name}]")
    model = dict(table["model"])
    learners = {k: _typed(str, model.pop(k), file, f"model.{k}") for k in _LEARNERS if k in model}
    if len(learners) != 1:
        raise ConfigError(
            f"{file} needs one of 'model.recogniser' and 'model.generator', found "
            f"{len(learners) or 'none'}",
            "Name a plug-in of empathia.emotion, or one of empathia.replies",
        )
    parts["model"] = ModelPart(learners.get("recogniser", ""), model, learners.get("generator", ""))
    if "generator" in learners:  # what it learns has no labels
        table = {**table, "data": {"labels": "", **table["data"]}}
    if isinstance(parts.get("seeds"), list) and parts["seeds"]:
        parts.setdefault("seed", parts["seeds"][0])
    parts["own_labels"] = _lists(table.get("labels", {}), file, "labels")
    parts["features"] = _lists(table.get("features", {}), file, "features")
    parts["data"] = _part(DataPart, table["data"], file, "data.")
    parts["training"] = _part(TrainingPart, table["training"], file, "training.")
    return _part(Run, {**parts, "file": file}, file, "")


def _lists(table: Any, file: str, name: str) -> dict[str, tuple[str, ...]]:  # noqa: ANN401
    if not isinstance(table, dict):
        raise _wrong(file, name, "a table", table)
    hint = tuple[str, ...]
    return {k: () if v == [] else _typed(hint, v, file, f"{name}.{k}") for k, v in table.items()}


def _part(kind: type[_Part], table: Mapping[str, Any], file: str, prefix: str) -> _Part:
    """Fill a dataclass from a table, checking names and types."""
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {}
    for key, value in table.items():
        if key not in fields:
            raise _unknown(file, prefix + key, [prefix + f for f in fields if f != "file"])
        values[key] = _typed(hints[key], value, file, prefix + key)
    lacking = [
        prefix + name
        for name, f in fields.items()
        if name not in values
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if lacking:
        raise ConfigError(f"{file} lacks '{', '.join(lacking)}'", "Add what is missing")
    return kind(**values)


def _typed(hint: Any, value: Any, file: str, key: str) -> Any:  # noqa: ANN401 - any TOML value
    """``value`` as the type of a hint; int stands for float, nothing else is converted."""
    options = get_args(hint) if get_origin(hint) not in {tuple, Mapping} else ()
    if options:  # X | None
        hint = next(o for o in options if o is not type(None))
    if get_origin(hint) is tuple:
        kind = get_args(hint)[0]
        if isinstance(value, list) and value and all(type(v) is kind for v in value):
            return tuple(value)
        raise _wrong(file, key, "a list of " + ("strings" if kind is str else "numbers"), value)
    if get_origin(hint) is Mapping:
        if isinstance(value, dict):
            return value
        raise _wrong(file, key, "a table", value)
    if dataclasses.is_dataclass(hint) and isinstance(value, hint):  # type: ignore[arg-type]
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise _wrong(file, key, getattr(hint, "__name__", str(hint)), value)
    return value


def _option(default: Plain, value: Plain, file: str, key: str) -> Plain:
    """A value of ``[model]`` as the type of its default; of an empty list any list will do."""
    if isinstance(default, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(file, key, "a table", value)
        return value
    if isinstance(default, list | tuple):
        kinds = {type(x) for x in default} or {str, int, float}
        numbers = bool(kinds & {int, float})
        allowed = kinds | {int, float} if numbers else kinds
        if isinstance(value, list | tuple) and all(type(x) in allowed for x in value):
            return tuple(value)
        raise _wrong(file, key, f"a list of {'numbers' if numbers else 'strings'}", value)
    return _typed(type(default), value, file, key)  # type: ignore[no-any-return]


def _check(run: Run) -> None:
    """Ranges: what no training can be done with is refused before any work is done."""
    t = run.training
    rules = {
        "name": run.name not in {".", ".."}
        and bool(run.name)
        and all(c.isalnum() or c in "-_." for c in run.name),
        "seed": run.seed >= 0,
        "data.corpora": len(set(run.data.corpora)) == len(run.data.corpora),
        "data.evaluated_on": set(run.data.evaluated_on) <= set(run.data.corpora),
        "data.learnt_from": set(run.data.learnt_from) <= set(run.data.corpora),
        "data.limit": run.data.limit is None or run.data.limit > 0,
        "data.folds": run.data.folds is None or run.data.folds > 1,
        "data.valid": 0 < run.data.valid < 1,
        "data.targets": run.data.targets in {"single", "multi", "votes", "partial"},
        "data.fraction": 0 < run.data.fraction <= 1,
        "seeds": len(set(run.seeds)) == len(run.seeds) and all(s >= 0 for s in run.seeds),
        "training.epochs": t.epochs > 0,
        "training.batch": t.batch > 0,
        "training.lr": t.lr > 0,
        "training.weight_decay": t.weight_decay >= 0,
        "training.warmup": 0 <= t.warmup < 1,
        "training.clip": t.clip > 0,
        "training.patience": t.patience > 0,
        "training.checkpoint_every": t.checkpoint_every > 0,
        "training.threads": t.threads > 0,
    }
    for key, fine in rules.items():
        if not fine:
            value: Any = run
            for step in key.split("."):
                value = getattr(value, step)
            raise ConfigError(f"{run.file}: '{key}' cannot be {value!r}", "Mend the value")


def _unknown(file: str, key: str, known: Any) -> ConfigError:  # noqa: ANN401 - any iterable
    return ConfigError(
        f"{file} has the unknown key '{key}' (known: {', '.join(known)})", "Mend or remove the key"
    )


def _wrong(file: str, key: str, expected: str, value: Any) -> ConfigError:  # noqa: ANN401
    return ConfigError(
        f"{file}: '{key}' must be {expected}, found {value!r} ({type(value).__name__})",
        "Mend the value",
    )
