"""What somebody told, as one of some kinds of things that people tell.

Kinds stand in ``kinds.en.toml`` and ``kinds.ko.toml``: ways to put it (``told``) and answers that
fit any instance (``lines``), all written for this and CC0. A logistic regression over sentence
vectors of the last turn and of the last turns together tells kinds apart
(``scripts/fit_kinds.py``, weight ``reply-kinds``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.errors import WeightsError
from empathia.exemplars import encoding
from empathia.exemplars.encoding import Encode
from empathia.exemplars.pairs import TURNS
from empathia.exemplars.places import STARTERS
from empathia.types import FloatArray

LANGUAGES = STARTERS
"""Codes of the languages in which kinds are written."""
WEIGHT = "reply-kinds"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that people tell.

    Args:
        name: What it is, in English.
        tone: The label of EKMAN7 that it mostly goes with; "neutral" goes with any.
        told: Ways to put it; turns before it stand in lines of their own.
        lines: Answers that fit any of it.
    """

    name: str
    tone: str
    told: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written in a language.

    Args:
        kinds: All kinds.
        anyway: Answers where no kind is likely: for what sounds "good", "hard", or neither
            ("open").
    """

    kinds: tuple[Kind, ...]
    anyway: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of a language, and what tells them apart.

    Args:
        language: In which they are told.
        written: The texts.
        slopes: (2 x width, kinds).
        constants: (kinds,).
        encode: Sentence vectors.
    """

    language: str
    written: Written
    slopes: FloatArray
    constants: FloatArray
    encode: Encode

    def likely(self, spoken: Sequence[str]) -> FloatArray:
        """How likely the last turn tells each kind: (kinds,), they sum to 1.

        Args:
            spoken: What was said so far, the turn that is answered last.
        """
        logits = seen(["\n".join(spoken[-TURNS:])], self.encode)[0] @ self.slopes + self.constants
        odds = np.exp(logits - logits.max())
        shares: FloatArray = odds / odds.sum()
        return shares

    def nearest(self, kind: Kind, spoken: Sequence[str]) -> tuple[str, float]:
        """What is written for a kind that is most like this, and its cosine in [0, 1]."""
        rows = self.encode(["\n".join(spoken[-TURNS:]), *kind.told])
        like = rows[1:] @ rows[0]
        best = int(like.argmax())
        return kind.told[best], min(1.0, max(0.0, float(like[best])))


def seen(told: Sequence[str], encode: Encode) -> FloatArray:
    """What kinds are told apart by: vectors (n, 2 x width) of last turns and of all together.

    Args:
        told: Turns in lines, the last one is the one that is answered.
        encode: Sentence vectors.
    """
    last = encode([t.rpartition("\n")[2] for t in told])
    return np.concatenate([last, encode(list(told))], axis=1)


def written(language: str) -> Written:
    """The texts of a language of :data:`LANGUAGES`."""
    file = Path(__file__).with_name(f"kinds.{language}.toml")
    plain = tomllib.loads(file.read_text("utf-8"))
    kinds = tuple(
        Kind(k["name"], k["tone"], tuple(k["told"]), tuple(k["lines"])) for k in plain["kind"]
    )
    return Written(kinds, {n: tuple(lines) for n, lines in plain["anyway"].items()})


def load(language: str, threads: int | None = None) -> Kinds:
    """The kinds of a language of :data:`LANGUAGES`.

    Raises:
        WeightsError: Its encoder is not here, or the weight does not fit the texts.
    """
    from safetensors.numpy import load_file

    texts, folder = written(language), weights.folder(WEIGHT)
    names = json.loads((folder / "model.json").read_text("utf-8"))[language]
    if names != [k.name for k in texts.kinds]:
        raise WeightsError(
            f"'{WEIGHT}' learnt other kinds than those in kinds.{language}.toml",
            "Run scripts/fit_kinds.py",
        )
    tensors = load_file(folder / "model.safetensors")
    slopes, constants = (tensors[f"{language}.{n}"] for n in ("slopes", "constants"))
    encode = encoding.load(encoding.reads(language), threads)
    return Kinds(language, texts, slopes.astype(np.float32), constants.astype(np.float32), encode)
