"""How the recogniser ``talk`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from empathia import weights
from empathia.config import Options
from empathia.encoders.text import WIDTH, TextEncoder
from empathia.files import Plain
from empathia.metrics.scores import Array, softmax
from empathia.training.columns import Columns, past_and_others
from empathia.training.context import Item, Reader
from empathia.training.keeping import (
    ARRAYS,
    VALUES,
    Arrays,
    check_shapes,
    damaged,
    positive,
    read_arrays,
)
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id, corpus_of
from empathia.training.rows import Table
from empathia.training.words import NO_WORDS, latin, unread
from empathia.types import About, FloatArray, Sample

ENCODER, LANGUAGES = "minilm", ("en",)
DELTA = "delta.safetensors"
MODALITY = "voice"
KEEPS = (0.5, 0.8)
"""Shares of a trace that are left after the speaker's next turn."""
NOTHING = (0.0,) * (2 * len(KEEPS))
"""The memory of a view that remembers nothing but the words."""
_MOST = 4.0  # deviations beyond which a measure says no more
_KEPT = 1024  # vectors that are remembered, and those of the latest dialogue: it is asked again
_Key = tuple[int, tuple[int, ...]]  # where an utterance begins among its pieces, and these
_gelu = np.vectorize(lambda x: 0.5 * x * (1 + erf(x / sqrt(2))), otypes=[np.float32])


@dataclass(frozen=True, slots=True)
class View:
    """A corpus's habits: how scores are made of logits that all corpora share.

    Args:
        bias: (labels,) logarithms of how often it finds each label, added to logits.
        memory: (4,) what fading traces of the scores count, as they depart from the shares of
            the bias: the speaker's own and the others', quick and slow.
        alone: Whether its utterances are read without those before them.
    """

    bias: tuple[float, ...]
    memory: tuple[float, ...] = NOTHING
    alone: bool = False

    def __call__(
        self, logits: FloatArray, speakers: Sequence[str | None], temperature: float
    ) -> Array:
        """(utterances, labels) scores that sum to 1.

        Args:
            logits: (utterances, labels) of a dialogue in time order, NaN where nothing is known.
            speakers: Of each utterance.
            temperature: Of the logits.
        """
        past = np.tensordot(self.memory, self.past(logits, speakers), 1)
        return softmax(logits / temperature + np.array(self.bias) + past)

    def past(self, logits: FloatArray, speakers: Sequence[str | None]) -> Array:
        """(4, utterances, labels) traces that the memory weighs; arguments as above."""
        bias = np.array(self.bias)
        return traces(softmax(logits + bias) - softmax(bias[None]), speakers)


def traces(rows: Array, speakers: Sequence[str | None]) -> Array:
    """(4, utterances, labels) of rows (utterances, labels) of a dialogue; 0 before anything."""
    both = [t for keep in KEEPS for t in past_and_others(rows.astype(np.float32), speakers, keep)]
    return np.nan_to_num(np.stack(both))


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What turns vectors and measures into shared logits, and into valence, arousal, dominance.

    Args:
        arrays: "weight" (outputs, 768) and "bias" (outputs,) of the words, "unheard" (outputs,)
            where there are none; "inner.weight", "inner.bias", "outer.weight", "outer.bias" of
            the measures' net. Outputs are the labels, and three more where ratings were learnt.
    """

    arrays: Arrays

    def words(self, vectors: FloatArray) -> FloatArray:
        """(utterances, outputs) of vectors (utterances, 768)."""
        return np.asarray(vectors @ self.arrays["weight"].T + self.arrays["bias"], np.float32)

    def measures(self, rows: Table) -> FloatArray:
        """(utterances, outputs) of scaled measures; 0 where none is there."""
        a = self.arrays
        there = ~np.isnan(rows).all(1, keepdims=True)
        inner = _gelu(curved(rows) @ a["inner.weight"].T + a["inner.bias"])
        return np.asarray(there * (inner @ a["outer.weight"].T + a["outer.bias"]), np.float32)


def curved(rows: Table) -> Table:
    """Scaled measures with their sizes and signed squares, (utterances, 3 columns); no NaN."""
    x = np.clip(np.nan_to_num(rows), -_MOST, _MOST)
    bent = np.sign(x) * np.minimum(np.square(x), _MOST)
    return np.concatenate([x, np.abs(x), bent], 1).astype(np.float32)


class Tokens:
    """Word pieces of an encoder's tokenizer; see :class:`empathia.training.context.Pieces`."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._tokenizer = encoder.tokenizer
        self._pieces = lru_cache(_KEPT)(self._read)  # a live talk asks again at each turn
        first, close, fill = (self._number(m) for m in ("[CLS]", "[SEP]", "[PAD]"))
        self.marks = (first, close, fill)

    def _number(self, mark: str) -> int:
        number = self._tokenizer.token_to_id(mark)
        if number is None:
            raise ValueError(f"its tokenizer has no '{mark}'")
        return int(number)

    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text, without marks."""
        return self._pieces(text)

    def _read(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


@dataclass(slots=True, eq=False)
class Talk:
    """Answers dialogues.

    Args:
        encoder: The tuned encoder.
        reader: Puts utterances behind their past.
        columns: Measures of samples as scaled rows; None where none were learnt.
        head: Makes logits.
        views: By corpus; "" is the neutral one.
        temperature: Of the logits that all corpora share.
        folder: Its files lie there.
    """

    encoder: TextEncoder
    reader: Reader
    columns: Columns | None
    head: Head
    views: Mapping[str, View]
    temperature: float
    folder: Path
    _known: OrderedDict[_Key, FloatArray] = field(default_factory=OrderedDict)

    def __call__(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        scores: dict[str, tuple[float, ...]] = {}
        for dialogue in filter(len, dialogues):
            speakers = [s.speaker for s in dialogue]
            p = self.view(dialogue)(self.logits(dialogue), speakers, self.temperature)
            judged = [n for n, s in enumerate(dialogue) if cannot(s) is None]
            scores |= by_id([dialogue[n] for n in judged], p[judged])
        return scores

    def affect(self, dialogues: Sequence[Conversation]) -> dict[str, tuple[float, float, float]]:
        """Valence, arousal, dominance, see :data:`empathia.training.model.Affect`."""
        return {
            s.id: (float(row[0]), float(row[1]), float(row[2]))
            for d in filter(len, dialogues)
            for s, row in zip(d, np.clip(self._outputs(d)[:, self.labels :], -1, 1), strict=True)
            if cannot(s) is None
        }

    def logits(self, dialogue: Conversation) -> FloatArray:
        """Logits of a dialogue, (utterances, labels), in no corpus's view; NaN for the unjudged."""
        return self._outputs(dialogue)[:, : self.labels]

    def view(self, dialogue: Conversation) -> View:
        """That of its corpus; the neutral one where nothing was learnt from that."""
        return self.views.get(corpus_of(dialogue[0]), self.views[""])

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return len(self.views[""].bias)

    @property
    def rates(self) -> bool:
        """Whether it tells valence, arousal and dominance."""
        return len(self.head.arrays["bias"]) > self.labels

    def _outputs(self, dialogue: Conversation) -> FloatArray:
        net, longest = self.reader.net, self.reader.longest
        reader = Reader(net, 0, longest) if self.view(dialogue).alone else self.reader
        items = reader.items([[s if reads(s) else replace(s, text=None) for s in dialogue]])
        read = {i.sample.id for i in items}
        at = [n for n, s in enumerate(dialogue) if s.id in read]
        outputs = np.tile(self.head.arrays["unheard"], (len(dialogue), 1)).astype(np.float32)
        if at:
            outputs[at] = self.head.words(self._vectors(items))
        if self.columns is not None:
            outputs += self.head.measures(self.columns(dialogue)[MODALITY])
        outputs[[cannot(s) is not None for s in dialogue]] = np.nan
        return outputs

    def _vectors(self, items: Sequence[Item]) -> FloatArray:
        """(items, 768); what was read before is not read again."""
        keys = [(i.own, i.ids) for i in items]
        new = [k for k in dict.fromkeys(keys) if k not in self._known]
        fresh = self.encoder.encode_pieces([ids for _, ids in new], [own for own, _ in new])
        self._known.update(zip(new, fresh, strict=True))
        for key in keys:
            self._known.move_to_end(key)
        vectors = [self._known[k] for k in keys]
        while len(self._known) > max(_KEPT, len(keys)):  # a long talk's own turns stay
            self._known.popitem(last=False)
        return np.array(vectors, np.float32).reshape(len(keys), -1)


def cannot(sample: Sample) -> str | None:
    """Why a sample is not to be judged, or None.

    Without words, measures are enough for an utterance of a corpus. What they alone are worth in
    a recording of anybody is not known.
    """
    reason = unread(sample, LANGUAGES, latin)
    if reason != NO_WORDS or not corpus_of(sample):
        return reason
    heard = any(np.isfinite(f.values).any() for f in sample.features.values())
    return None if heard else NO_WORDS


def reads(sample: Sample) -> bool:
    """Whether its words are to be read."""
    return unread(sample, LANGUAGES, latin) is None


def recogniser(about: About, talk: Talk, record: dict[str, Plain] | None = None) -> Model:
    """The recogniser that answers so.

    Args:
        about: What it is.
        talk: What :func:`load` gave.
        record: The course of its training.
    """

    def write(new: Path) -> None:
        for name in (ARRAYS, VALUES, DELTA):
            shutil.copyfile(talk.folder / name, new / name)

    affect = talk.affect if talk.rates else None
    return Model(about, talk, record or {}, write, cannot=cannot, affect=affect)


def load(folder: Path, options: Options, threads: int | None = None) -> Talk:
    """What answers, out of the folder of a kept model.

    Args:
        folder: Holds the tuned layers, as differences, the nets and the views.
        options: Of the recogniser.
        threads: Threads for the encoder; None takes all cores.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    names, fitted = tuple(values["features"]), values["columns"]
    columns = Columns.restored({MODALITY: names}, arrays, fitted) if names else None
    views, temperature = _views(values, options.words("alone")), positive(values["temperature"])
    _check(folder, arrays, columns, views)
    encoder = TextEncoder.load(weights.folder(ENCODER), folder / DELTA, threads=threads)
    encoder.tokenizer.no_truncation()
    reader = Reader(Tokens(encoder), options.count("past"), options.count("pieces"))
    return Talk(encoder, reader, columns, Head(arrays), views, temperature, folder)


def _views(values: Mapping[str, Any], alone: Sequence[str]) -> dict[str, View]:
    """Views by corpus, as they were kept."""
    views, memory = values["views"], values["memory"]
    if isinstance(memory, list):  # of before each corpus had its own
        memory = dict.fromkeys({*views} - {"", *alone}, memory)
    return {
        name: View(
            tuple(map(float, bias)), tuple(map(float, memory.get(name, NOTHING))), name in alone
        )
        for name, bias in views.items()
    }


def _check(
    folder: Path, arrays: Arrays, columns: Columns | None, views: Mapping[str, View]
) -> None:
    """Refuse what does not fit together."""
    labels = len(views[""].bias)
    if any(len(v.bias) != labels for v in views.values()):
        raise damaged(folder, "its views are not of as many labels")
    if any(len(v.memory) != len(NOTHING) for v in views.values()):
        raise damaged(folder, f"a memory in it has not {len(NOTHING)} weights")
    outputs = len(arrays.get("bias", ()))
    if outputs not in (labels, labels + 3):
        raise damaged(folder, f"it has {outputs} outputs for {labels} labels")
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("bias", "unheard"), (outputs,))
    shapes["weight"] = outputs, 2 * WIDTH
    if columns is not None:
        hidden = len(arrays.get("inner.bias", ()))
        shapes |= {"inner.weight": (hidden, 3 * columns.width[MODALITY]), "inner.bias": (hidden,)}
        shapes |= {"outer.weight": (outputs, hidden), "outer.bias": (outputs,)}
    check_shapes(folder, arrays, shapes)
