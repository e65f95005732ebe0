"""A language model is asked how somebody feels.

Any: the small one on this machine, one behind a URL. It reads the turns so far, and voice and face
in words (:mod:`empathia.emotion.lm.prompt`), and answers by how likely it finds each label
(:mod:`empathia.emotion.lm.answers`). An answer that is no label is none.

Untrained it is asked as it is; what it says of turns that tell nothing is taken off.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import plugins, weights
from empathia.config import Options, complete
from empathia.config.rules import Rule, at_least, one_of
from empathia.cues.bins import check_levels
from empathia.emotion.lm import soft, tuning
from empathia.errors import EmpathiaWarning, UsageError, needs
from empathia.files import Plain, is_file
from empathia.labels import EKMAN7
from empathia.training import keeping, model
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem
from empathia.training.words import code
from empathia.types import About

if TYPE_CHECKING:
    from empathia.emotion.lm.read import Reader

NAME = "lm"
OPTIONS: Mapping[str, Plain] = {
    "backend": "local",  # "local", "hub", "server" or "scripted"
    "model": "smollm2",  # weight or GGUF file; of a server its URL, "#" and the model's name
    "template": "plain",  # wording, by name or TOML file
    "mode": "text",  # or "description", "impression", "audio": cues beside or without the words
    "window": 12,  # most turns before
    "stride": 1,  # the window moves by so many turns at a time: prompts between begin alike
    "context_cues": 0,  # how many of these, the last ones, have their cues too
    "twice": False,  # ask twice
    "levels": 5,  # of the cues, 3 to 6
    "shots": 0,  # examples out of the training part
    "shots_by": "similarity",  # or "balance": all labels as often
    "answer": "scored",  # or "generated", one of the labels; "free", anything
    "normalise": "sum",  # of the tokens' log likelihoods, or "mean", by length in characters
    "calibrate": 300,  # validation turns that calibrate, 0 for none
    "context": 2048,  # tokens that the model reads; older turns are left out
    "at_once": 4,  # questions at a time to a server
    **tuning.OPTIONS,
}
_ASKED = (
    "A language model that was asked, not taught: what it says follows the wording of the question "
    "and how common a label's name is. Calibration on validation turns mends some of it."
)
_TAUGHT = (
    "A language model that was tuned to tell these labels apart: validation chose the epoch. It is "
    "asked in the wording of its tuning."
)
_HEEDS = "Whatever somebody says is read by it: who says 'answer joy' may be answered so."
UNSURE = 0.6
"""Confidence under which it abstains where it was not calibrated."""
_LEAST, _LOCAL, _MOST = 256, 2048, 1 << 24  # tokens of context
_ABOUT = About(NAME, EKMAN7, licence="Apache-2.0", languages=("en",))


def learn(problem: Problem) -> Model:
    """Fit cues on the training part, ask about validation turns, calibrate by the answers.

    Raises:
        ConfigError: An option cannot be, alone or with these labels and modalities.
        WeightsError: The model is not there.
        ServerError: It does not answer; what it answered is kept for the next try.
    """
    _check(problem)
    about = model.about(problem, NAME, languages=_languages(problem))
    if tuning.tuned(problem.options):
        with needs("train", f"tuning the recogniser '{NAME}'"):
            from empathia.emotion.lm.fitting import train
        return train(problem, about)
    from empathia.emotion.lm.calibrating import calibrated, reader

    asks, record = calibrated(problem, reader(problem))
    return asks.recogniser(about, record)


def load(folder: Path | None, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder, or the untrained one.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.lm import read

    if folder is None:
        options = Options({**OPTIONS, "mode": "description"})  # where a reading tells cues
        return read.untrained(EKMAN7, options, threads, UNSURE).recogniser(_ABOUT)
    return kept_reader(folder, threads).recogniser(keeping.read(folder).about)


def kept_reader(folder: Path, threads: int | None = None) -> Reader:
    """What asks for the recogniser that was kept in a folder.

    Raises:
        UsageError: Another recogniser was kept there.
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.lm import read

    s = keeping.read(folder)
    if s.recogniser != NAME:
        raise UsageError(
            f"'{folder}' holds a recogniser '{s.recogniser}', which asks no language model",
            f'Name one that was trained with recogniser = "{NAME}"',
        )
    options = complete(s.options, OPTIONS, f"'{folder}'")
    return read.load(folder, s.labels, options, exclusive=s.exclusive, threads=threads)


def weights_of(options: Options) -> tuple[str, ...]:
    """The weight that is the model, or that a kept one was tuned on."""
    spec = options.text("model")
    local = options.text("backend") == "local" and not spec.endswith(".gguf")
    if local or spec in {e.name for e in weights.entries()}:
        return (spec,)
    return tuple(w for kept in kept_of(options) for w in keeping.read(kept).weights)


def kept_of(options: Options) -> tuple[Path, ...]:
    """Kept recognisers: whose tuned model is asked, and with whose adapters tuning begins.

    Raises:
        LeakageError: A folder is what a tuning left, not what was kept.
        ConfigError: Tuning is to begin with what was not kept.
    """
    asked, begun = Path(options.text("model")), tuning.start(options)
    for folder in filter(None, (asked, begun)):
        tuning.check_kept(folder)
    kept = [folder for folder in (asked, begun) if folder and is_file(folder / keeping.SETTINGS)]
    what = "a recogniser that ships, or the folder of a kept one"
    options.demand({"start": Rule(what, lambda _: begun is None or begun in kept)})
    return tuple(kept)


def notes_of(options: Options) -> tuple[str, ...]:
    """What the card of a kept one says of its use and limits."""
    return (_TAUGHT if tuning.tuned(options) else _ASKED, _HEEDS)


def remark_of(options: Options | None) -> str:
    """What a reading says of it: where it was not taught (None), and where words went."""
    if options is None:
        return (
            "a language model was asked ('lm'), not taught: it is right less often than it is sure"
        )
    if options.text("backend") != "server":
        return ""
    server = plugins.load("lm", "server").load(options.text("model"))
    return "" if server.is_local else f"words were sent to {server.host} for recognition"


def _languages(problem: Problem) -> tuple[str, ...]:
    """Those that it was tuned in, where all are known; else English of the small model."""
    if not tuning.tuned(problem.options):
        if kept := kept_of(problem.options):
            return keeping.read(kept[0]).languages
        return _ABOUT.languages if weights_of(problem.options) else ()
    taught = {s.language for s in problem.train.labelled()}
    return tuple(sorted({code(x) for x in taught if x})) if all(taught) else ()


def _most(options: Options) -> int:
    return _LOCAL if options.text("backend") == "local" else _MOST


def check(options: Options) -> None:
    """Refuse what cannot be, whatever is asked about; a bench asks before it reads a corpus.

    Raises:
        ConfigError: An option, or what it names, cannot be.
    """
    from empathia.emotion.lm import read, shots, template

    o, asks = options, template.read(options.text("template"))
    read.shape(o)
    check_levels(o.count("levels"))
    tells, most = asks.task == "label", _most(o)
    answers = ("scored", "generated", "free") if tells else ("scored",)
    o.demand(
        {
            "template": Rule(
                "one that asks for a label, or yes or no", lambda _: asks.task in ("label", "yes")
            ),
            "shots": Rule(
                "0 or more; 0 where it asks yes or no, or shows no words to choose examples by",
                lambda n: n == 0 or (n > 0 and tells and o.text("mode") != "audio"),
            ),
            "shots_by": one_of(*shots.WAYS),
            "answer": Rule(f"one of {', '.join(answers)}", lambda a: a in answers),
            "normalise": one_of("sum", "mean"),
            "calibrate": at_least(0),
            "context": Rule(f"{_LEAST} to {most}", lambda n: _LEAST <= n <= most),
            "at_once": at_least(1),
        }
    )
    tuning.check(o, asks)


def _warn(answers: Sequence[str]) -> None:
    """Tell of an answer that begins another: as a whole it is never the less likely one."""
    for short, long in itertools.permutations(answers, 2):
        if long.startswith(short):
            told = f"'{short}' begins '{long}', which as a whole is never the likelier answer"
            warnings.warn(f"{told}: name them apart in [labels]", EmpathiaWarning, stacklevel=2)


def _check(problem: Problem) -> None:
    """Refuse what cannot be with these labels and modalities."""
    from empathia.emotion.lm import read, template

    check(problem.options)
    o, asks = problem.options, template.read(problem.options.text("template"))
    names = [n for each in problem.modalities.values() for n in each]
    cued, one = read.cued(o), problem.exclusive
    o.demand(
        {
            "template": Rule(
                "one that asks for a label (yes or no, where labels are independent)",
                lambda _: asks.task == "yes" or one,
            ),
            "mode": Rule(
                "'text' where neither 'prosody' nor 'face' is in [features]",
                lambda mode: (
                    not cued
                    or bool({"prosody", "face"} & set(names))
                    or (mode == "audio" and soft.used(o))
                ),
            ),
        }
    )
    if asks.task == "label" and (o.text("answer"), o.text("normalise")) == ("scored", "sum"):
        _warn([asks.answered(x) for x in problem.labels])
    soft.check(o, asks, problem.modalities)
    if not cued:
        check_words(problem, NAME)
