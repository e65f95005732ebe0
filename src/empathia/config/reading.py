"""Read and check a run file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from empathia.config.parts import DataPart, ModelPart, ReactionPart, Run, TrainingPart
from empathia.config.rules import PORTION, Rule, at_least, more_than, one_of
from empathia.config.values import filled, typed, unknown, wrong
from empathia.errors import ConfigError

_LEARNERS = {  # of [model], one of them; and where its plug-ins are
    "recogniser": "empathia.emotion",
    "generator": "empathia.replies",
    "predictor": "empathia.reaction",
}


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
    _check_names(run)
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
    base = path.parent / typed(str, table.pop("base"), str(path), "base")
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
        whole = key in {"features", "labels", "normalise"} or _LEARNERS.keys() & set(value)
        merged[key] = value if whole else _merged(base[key], value)
    return merged


def _run(table: dict[str, Any], file: str) -> Run:
    tables = ("data", "model", "training", "reaction", "labels", "features")
    parts: dict[str, Any] = {k: v for k, v in table.items() if k not in tables}
    for key in ("file", "own_labels"):
        if key in parts:
            raise unknown(file, key, ("name", "seed", "seeds", "about", *tables))
    for name in ("data", "model", "training"):
        if not isinstance(table.get(name), dict):
            raise ConfigError(f"{file} has no table [{name}]", f"Add [{name}]")
    model = dict(table["model"])
    learners = {k: typed(str, model.pop(k), file, f"model.{k}") for k in _LEARNERS if k in model}
    if len(learners) != 1:
        raise ConfigError(
            f"{file} needs one of {', '.join('model.' + k for k in _LEARNERS)}, found "
            f"{len(learners) or 'none'}",
            f"Name a plug-in of {', '.join(_LEARNERS.values())}",
        )
    parts["model"] = ModelPart(learners.pop("recogniser", ""), model, **learners)
    if "reaction" in table and "predictor" not in learners:
        raise ConfigError(
            f"{file}: [reaction] is for a predictor", "Name one as model.predictor, or remove it"
        )
    if learners:  # what it learns may have no labels
        table = {**table, "data": {"labels": "", **table["data"]}}
    parts["reaction"] = filled(ReactionPart, table.get("reaction", {}), file, "reaction.")
    if isinstance(parts.get("seeds"), list) and parts["seeds"]:
        parts.setdefault("seed", parts["seeds"][0])
    parts["own_labels"] = _lists(table.get("labels", {}), file, "labels")
    parts["features"] = _lists(table.get("features", {}), file, "features")
    parts["data"] = filled(DataPart, table["data"], file, "data.")
    parts["training"] = filled(TrainingPart, table["training"], file, "training.")
    return filled(Run, {**parts, "file": file}, file, "")


def _lists(table: Any, file: str, name: str) -> dict[str, tuple[str, ...]]:  # noqa: ANN401
    if not isinstance(table, dict):
        raise wrong(file, name, "a table", table)
    hint = tuple[str, ...]
    return {k: () if v == [] else typed(hint, v, file, f"{name}.{k}") for k, v in table.items()}


def _check(run: Run) -> None:
    """Ranges: what no training can be done with is refused before any work is done."""
    corpora = Rule("some of data.corpora", lambda v: set(v) <= set(run.data.corpora))
    rules = {
        "name": Rule("letters, digits, '-', '_' and '.', as 'text-default'", _is_name),
        "seed": at_least(0),
        "data.corpora": Rule("each corpus once", lambda v: len(set(v)) == len(v)),
        "data.evaluated_on": corpora,
        "data.learnt_from": corpora,
        "data.limit": at_least(1),
        "data.folds": at_least(2),
        "data.valid": Rule("more than 0, less than 1", lambda v: 0 < v < 1),
        "data.targets": one_of("single", "multi", "votes", "partial"),
        "data.fraction": Rule("more than 0, 1 at most", lambda v: 0 < v <= 1),
        "seeds": Rule(
            "each seed once, 0 or more", lambda v: len(set(v)) == len(v) and min(v, default=0) >= 0
        ),
        "reaction.draws": at_least(1),
        "reaction.when": one_of("after", "while"),
        "training.epochs": at_least(1),
        "training.batch": at_least(1),
        "training.lr": more_than(0),
        "training.weight_decay": at_least(0),
        "training.warmup": PORTION,
        "training.clip": more_than(0),
        "training.patience": at_least(1),
        "training.checkpoint_every": at_least(1),
        "training.threads": at_least(1),
    }
    for key, rule in rules.items():
        value: Any = run
        for step in key.split("."):
            value = getattr(value, step)
        if value is not None:  # None: whatever there is
            rule.check(f"{run.file}: '{key}'", value)


def _check_names(run: Run) -> None:
    """Names that lead nowhere: they would be passed over without a word."""
    features = {n for names in run.features.values() for n in names}
    tables = {
        "normalise": (run.normalise, features),
        "data.options": (run.data.options, run.data.corpora),
    }
    for table, (names, used) in tables.items():
        for strange in (n for n in names if n not in used):
            raise ConfigError(
                f"{run.file}: [{table}] names '{strange}', which the run does not use "
                f"(it uses: {', '.join(sorted(used)) or 'none'})",
                "Mend or remove the key",
            )


def _is_name(name: str) -> bool:
    return name not in {"", ".", ".."} and all(c.isalnum() or c in "-_." for c in name)
