"""Options of the tuning of a language model, and the model with what was learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.config import Options
from empathia.config.rules import PORTION, Rule, at_least, more_than, one_of
from empathia.emotion.lm import soft
from empathia.emotion.lm.asking import TOGETHER, Asking
from empathia.emotion.lm.template import Template
from empathia.errors import LeakageError
from empathia.files import Plain, is_file
from empathia.lm import hub, local
from empathia.lm.hub import whole
from empathia.lm.local import adapter
from empathia.training.keeping import SETTINGS, place
from empathia.types.soft import FILE

LEARNT = "learnt"
"""Folder of a training in which tuning leaves what it learnt."""
UNKEPT = "unkept.json"
"""File in it, wherever it is copied to: what was learnt from, corpora by name."""

OPTIONS: Mapping[str, Plain] = {
    "tune": "none",  # or "lora", adapters of low rank beside its layers; "full", these themselves;
    # "soft", what makes soft tokens and nothing else
    "rank": 16,  # of these
    "alpha": 16.0,  # their products are multiplied by alpha / rank
    "dropout": 0.05,  # share of their input that is left out in training
    "start": "",  # recogniser with adapters of the same kind, which training begins with: the
    # name of one that ships, or the folder of a kept one
    "targets": "qkv",  # queries, keys and values; or "all" linear layers
    "layers": 0,  # of the top ones alone; what those below make of it is computed once; 0 for all
    "back": 4,  # turns before the first of a few that are learnt from in one pass
    "turns": 8,  # how many these are at most
    "balance": "none",  # or "weights": all labels count the same
    **soft.OPTIONS,
}
# A GGUF file takes adapters alone.
_LEARNS = {"lora": ("local", "hub"), "full": ("hub",), "soft": ("hub",)}


def tuned(options: Options) -> bool:
    """Whether the model is tuned."""
    return options.text("tune") != "none"


def check(options: Options, template: Template) -> None:
    """Refuse what cannot be tuned.

    Args:
        options: Of the recogniser.
        template: What asks for the label.

    Raises:
        ConfigError: An option cannot be.
    """
    o = options
    o.demand(
        {
            "tune": one_of("none", "lora", "full", "soft"),
            "rank": at_least(1),
            "alpha": more_than(0),
            "dropout": PORTION,
            "targets": one_of("qkv", "all"),
            "layers": at_least(0),
            "back": at_least(0),
            "turns": at_least(1),
            "balance": one_of("none", "weights"),
        }
    )
    if o.text("start"):
        begun = Rule("'lora' where it begins with what was learnt before", lambda t: t == "lora")
        o.demand({"tune": begun})
    if tuned(o):
        learns = _LEARNS[o.text("tune")]
        o.demand(
            {
                "backend": Rule(f"{' or '.join(learns)}, as it is tuned", lambda b: b in learns),
                "answer": Rule("'scored', as it is tuned", lambda a: a == "scored"),
                "template": Rule(
                    "one that asks for a label, as it is tuned", lambda _: template.task == "label"
                ),
                "shots": Rule("0, as it is tuned", lambda n: n == 0),
            }
        )


def start(options: Options) -> Path | None:
    """The folder of the recogniser that training begins with."""
    name = options.text("start")
    return place(name) if name else None


def learnt(folder: Path) -> tuple[Path, ...]:
    """What a folder has of what tuning learnt."""
    names = (adapter.CONFIG, adapter.TENSORS, whole.TENSORS, FILE)
    return tuple(folder / n for n in names if (folder / n).is_file())


def check_kept(folder: Path) -> None:
    """Refuse what a tuning left in its work: nothing there says what it may be tested on.

    Args:
        folder: That is to be a model.

    Raises:
        LeakageError: It is one of these.
    """
    left = is_file(folder / UNKEPT) or (folder.name == LEARNT and learnt(folder))
    if left and not is_file(folder / SETTINGS):
        raise LeakageError(
            f"the model '{folder}' is the work of a tuning, which does not say what it may be "
            "tested on",
            "Name the folder that empathia train keeps: out/<run>/model",
        )


def asking(options: Options, folder: Path, threads: int | None) -> Asking:
    """The tuned model that a folder holds: without torch where it is a GGUF file.

    Args:
        options: Of the recogniser.
        folder: Holds what was learnt.
        threads: To compute with.
    """
    spec, name = options.text("model"), f"{options.text('model')} {folder}"
    if options.text("backend") == "local":
        return Asking(lambda: local.load(spec, threads).adapted(folder), name)
    return Asking(lambda: hub.load(str(folder), threads), name, together=TOGETHER)
