"""Reads dialogues with a language model: prompts, what it says to them, scores."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from empathia import plugins
from empathia.config import Options
from empathia.contracts import LanguageModel, Progress
from empathia.emotion.lm import reason, soft, tuning
from empathia.emotion.lm import template as templates
from empathia.emotion.lm.answers import Calibration, parse
from empathia.emotion.lm.asking import TOGETHER, Asking
from empathia.emotion.lm.describing import Describer
from empathia.emotion.lm.prompt import Prompt, Shape, Told, prompts
from empathia.emotion.lm.shots import Shots
from empathia.emotion.lm.template import Template
from empathia.errors import EmpathiaError
from empathia.files import Plain, write, write_json
from empathia.labels import LabelSet
from empathia.lm import hub
from empathia.lm.local import tokens
from empathia.lm.local.tokens import Tokens
from empathia.metrics.scores import Array
from empathia.training.keeping import UNFIT, VALUES, damaged
from empathia.training.model import NO_LABEL, Model
from empathia.training.problem import Conversation, Scores, has_words
from empathia.training.words import latin, unread
from empathia.types import About, Part, Reason, Sample
from empathia.types.soft import FILE, Soft

ANSWERS = "answers.jsonl"
Why = dict[str, Reason]
_NOTHING, _NOBODY = ("...", "N/A", "Hm."), "Ann"
_ROOM = 32  # tokens of an answer
_MARKS = 8  # tokens of the marks around a message, at most


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Asks about turns.

    Args:
        asking: Who is asked.
        labels: What is told apart.
        exclusive: One label a turn.
        template, shape: What is asked.
        describer: Puts voices and faces into words; None takes the words of a reading.
        options: Of the recogniser.
        calibration: What the answers are worth; None takes those of a tuned model as they are, and
            holds others against what it says to turns that tell nothing, so that a label is not
            taken for its name.
        shots: Examples, or None.
        threshold: Confidence under which it abstains.
        learnt: Files with what tuning learnt, written beside.
    """

    asking: Asking
    labels: LabelSet
    exclusive: bool
    template: Template
    shape: Shape
    describer: Describer | None
    options: Options
    calibration: Calibration | None = None
    shots: Shots | None = None
    threshold: float = 0.0
    learnt: tuple[Path, ...] = ()

    def prompts(
        self, dialogue: Conversation, wanted: Collection[str], label: str | None = None
    ) -> dict[str, Prompt]:
        """What is asked about some turns of a dialogue, by id; a turn without anything is absent.

        Args:
            dialogue: All turns, in time order.
            wanted: Ids.
            label: That the template asks about, where it asks about one.
        """
        how = (self.template, self.shape, self.labels)
        read = self.soft(dialogue)
        made = prompts(dialogue, wanted, *how, told=self.told(dialogue), label=label, soft=read)
        placed = {k: read[k] for k, p in made.items() if p.soft}
        made |= {k: dataclasses.replace(made[k], features=x) for k, x in placed.items()}
        if self.shots is not None:
            given = {s.id: s for s in dialogue}
            made = {
                k: dataclasses.replace(p, shots=self.shots.of(given[k], given))
                for k, p in made.items()
            }
        most, way = self.options.count("context") - _ROOM, soft.way(self.options)
        room = {k: most - way.tokens(p.features) for k, p in made.items()}
        return {k: p.fitted(_counted(self.options, room[k]), room[k]) for k, p in made.items()}

    def soft(self, dialogue: Conversation) -> dict[str, Soft]:
        """Features that the model reads as they are, of the turns that have some."""
        names = self.options.words("soft")
        each = {s.id: soft.given(s, names) for s in dialogue}
        return {id: features for id, features in each.items() if features}

    def told(self, dialogue: Conversation) -> Told:
        """Cues of the turns: without a describer those that a reading told."""
        if self.describer is not None:
            return self.describer.describe(dialogue)
        return {s.id: s.cues for s in dialogue if s.cues}

    def said(
        self, dialogues: Sequence[Conversation], wanted: Collection[str] | None = None
    ) -> dict[str, Array | None]:
        """What the model says of each turn, (labels,) log likelihoods, or log odds of "yes".

        Of an answer that was generated 0 for its label and -1 for the others, and None where it
        is no label. A turn without words and cues is absent.

        Args:
            dialogues: In time order each.
            wanted: Ids that are asked about; None for all.
        """
        each = self._each(dialogues, wanted)
        asked = each[0]
        if self.options.text("answer") == "scored":
            table = self._scored([list(made.values()) for made in each])
            known = [bool(np.ptp(row)) or self.template.task == "yes" for row in table]
            return {k: row if x else None for k, row, x in zip(asked, table, known, strict=True)}
        chats = [p.messages() for p in asked.values()]
        answers = [self.template.answered(x) for x in self.labels]
        texts = self.asking.texts(chats, answers if self.options.text("answer") != "free" else ())
        parsed = [parse(t, answers) for t in texts]
        rows = [None if a is None else np.eye(len(answers))[answers.index(a)] - 1 for a in parsed]
        return dict(zip(asked, rows, strict=True))

    def _each(
        self, dialogues: Sequence[Conversation], wanted: Collection[str] | None
    ) -> list[dict[str, Prompt]]:
        """The prompts of turns; of a template that asks about one label, those of each."""
        about = self.labels.labels if self.template.task == "yes" else (None,)
        return [self._asked(dialogues, wanted, x) for x in about]

    def _scored(self, each: Sequence[Sequence[Prompt]]) -> Array:
        """(prompts, labels) log likelihoods of prompts, or the log odds of yes.

        Args:
            each: Prompts as of :meth:`_each`, for one label of all or for each that is asked about.
        """
        chats = [p.messages() for made in each for p in made]
        if self.template.task == "yes":
            table = self.asking.scores(chats, self.template.choices)
            return (table[:, 0] - table[:, 1]).reshape(len(each), -1).T
        answers = [self.template.answered(x) for x in self.labels]
        table = self.asking.scores(chats, answers, [p.features for made in each for p in made])
        by_length = self.options.text("normalise") == "mean"
        return table / [len(a) for a in answers] if by_length else table

    def reasons(
        self,
        dialogues: Sequence[Conversation],
        wanted: Collection[str],
        label: str | None = None,
    ) -> dict[str, Reason]:
        """What the labels of turns hang on, by id; see :mod:`empathia.emotion.lm.reason`.

        Args:
            dialogues: In time order each.
            wanted: Ids; one of which there is nothing to show is absent.
            label: What hangs on; None for the likeliest of each turn.
        """
        scores, each = self.answer(dialogues, wanted), self._each(dialogues, wanted)
        unscored = self.options.text("answer") != "scored"
        told = {}
        for id, row in scores.items():
            asks = [made[id] for made in each]
            likeliest = int(np.argmax(row)) if row else None
            best = likeliest if label is None or not row else self.labels.index(label)
            asked = asks[best or 0] if len(asks) > 1 else asks[0]
            parts: tuple[Part, ...] = ()
            if best is not None and not unscored:
                parts = self._parts(asks, best, row[best])
            told[id] = Reason(
                None if best is None else self.labels.labels[best],
                None if best is None else row[best],
                asked.messages(),
                dict(asked.said.cues),
                parts,
                NO_LABEL if best is None else reason.UNSCORED if unscored else None,
            )
        return told

    def _parts(self, asks: Sequence[Prompt], best: int, sure: float) -> tuple[Part, ...]:
        """What one label loses without each part of its prompt."""
        # Labels that do not exclude each other are calibrated one by one: no other is asked about.
        alone = len(asks) > 1 and not self.exclusive
        if len({len(p.past) for p in asks}) > 1:  # a longer label left less room for it
            shortest = min(asks, key=lambda p: len(p.past)).past
            asks = [dataclasses.replace(p, past=shortest) for p in asks]
        left = [reason.pieces(p, self.template) for p in (asks[best : best + 1] if alone else asks)]
        if not left[0]:
            return ()
        said = self._scored([[x.prompt for x in some] for some in left])
        calibration = self.calibration or self._against_nothing()
        without = calibration(said, exclusive=self.exclusive)[:, best]
        return reason.measured(left[0], sure, without)

    def _asked(
        self,
        dialogues: Sequence[Conversation],
        wanted: Collection[str] | None,
        label: str | None = None,
    ) -> dict[str, Prompt]:
        made: dict[str, Prompt] = {}
        for d in dialogues:
            ids = {s.id for s in d}
            made |= self.prompts(d, ids if wanted is None else ids & set(wanted), label)
        return made

    def answer(
        self, dialogues: Sequence[Conversation], wanted: Collection[str] | None = None
    ) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`.

        Args:
            dialogues: In time order each.
            wanted: Ids that are asked about; None for all.
        """
        said = self.said(dialogues, wanted)
        told = {k: row for k, row in said.items() if row is not None}
        scores: dict[str, tuple[float, ...]] = dict.fromkeys(said, ())
        if told:
            calibration = self.calibration or self._against_nothing()
            rows = calibration(np.stack(list(told.values())), exclusive=self.exclusive)
            scores |= {k: tuple(row) for k, row in zip(told, rows.tolist(), strict=True)}
        return scores

    def _against_nothing(self) -> Calibration:
        none = Calibration.none(len(self.labels))
        if self.options.text("answer") != "scored" or tuning.tuned(self.options):
            return none
        said = self.said([[Sample(text, text, speaker=_NOBODY)] for text in _NOTHING])
        known = [row for row in said.values() if row is not None]
        return dataclasses.replace(none, bias=tuple(-np.mean(known, 0))) if known else none

    def recogniser(self, about: About, record: Mapping[str, Plain] | None = None) -> Model:
        """The recogniser that reads so."""
        cannot = partial(_unread, about.languages)

        def able(
            dialogues: Sequence[Conversation], wanted: Collection[str] | None = None
        ) -> set[str]:
            every = (s for d in dialogues for s in d if wanted is None or s.id in wanted)
            return {s.id for s in every if not cannot(s)}

        def some(
            dialogues: Sequence[Conversation], wanted: Collection[str] | None = None
        ) -> Scores:
            return self.answer(dialogues, able(dialogues, wanted))

        def reasons(dialogues: Sequence[Conversation], wanted: Collection[str]) -> Why:
            return self.reasons(dialogues, able(dialogues, wanted))

        how = (record or {}, self.write, cannot, self.threshold)
        return Model(about, some, *how, reasons=reasons, some=some)

    def write(self, folder: Path) -> None:
        """Write what :func:`load` reads beside the options."""
        t = self.template
        fitted = self.calibration and self.calibration.plain()
        values = {"template": [t.name, t.source], "calibration": fitted}
        write_json(folder / VALUES, values, allow_nan=False)
        for file in self.learnt:
            write(folder / file.name, file.read_bytes())
        if self.describer is not None:
            self.describer.save(folder)
        if self.shots is not None:
            self.shots.save(folder)


def _unread(languages: Sequence[str], sample: Sample) -> str | None:
    """Why the words are not to be read, where there are any."""
    if not languages or not has_words(sample):
        return None
    return unread(sample, languages, lambda text: "en" not in languages or latin(text))


def load(
    folder: Path, labels: LabelSet, options: Options, *, exclusive: bool, threads: int | None
) -> Reader:
    """The reader that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    try:
        values = json.loads((folder / VALUES).read_text(encoding="utf-8"))
        (name, source), fitted = values["template"], values["calibration"]
        tuned, learnt = tuning.tuned(options), tuning.learnt(folder)
        if tuned and not learnt:
            raise ValueError("what tuning learnt is missing")
        if soft.used(options) and folder / FILE not in learnt:
            raise ValueError("the projector of soft tokens is missing")
        reader = Reader(
            tuning.asking(options, folder, threads) if tuned else asking(options, threads),
            labels,
            exclusive,
            templates.parsed(source, Path(f"{name}.toml")),
            shape(options),
            Describer.load(folder, options.count("levels")) if cued(options) else None,
            options,
            fitted and Calibration.restored(fitted, len(labels)),
            Shots.load(folder, options) if options.count("shots") else None,
            learnt=learnt,
        )
    except (OSError, *UNFIT, EmpathiaError) as error:
        raise damaged(folder, error) from error
    return reader


def untrained(labels: LabelSet, options: Options, threads: int | None, bound: float) -> Reader:
    """A reader that nobody taught or calibrated; it abstains under ``bound``.

    Voices and faces are told in the words of a reading.
    """
    return Reader(
        asking(options, threads),
        labels,
        exclusive=True,
        template=templates.read(options.text("template")),
        shape=shape(options),
        describer=None,
        options=options,
        threshold=bound,
    )


def shape(options: Options) -> Shape:
    """What of a dialogue is shown.

    Raises:
        UsageError: An option cannot be.
    """
    o = options
    return Shape(
        o.text("mode"),
        o.count("window"),
        o.count("context_cues"),
        twice=o.flag("twice"),
        stride=o.count("stride"),
    )


def cued(options: Options) -> bool:
    """Whether voices and faces are told."""
    return options.text("mode") != "text"


def asking(
    options: Options,
    threads: int | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Asking:
    """Who answers.

    Args:
        options: Of the recogniser.
        threads: Of a model on this machine.
        folder: Keeps the answers; None for memory.
        progress: Told about them.
    """
    backend, spec = options.text("backend"), options.text("model")

    def model() -> LanguageModel:
        loaded: LanguageModel = plugins.load("lm", backend, ("load",)).load(spec, threads)
        return loaded

    numbers = hub.computed(spec) if backend == "hub" and folder else ()
    name = json.dumps([backend, spec, *_stamps(spec), *numbers])
    at_once = options.count("at_once") if backend == "server" else 1
    together = TOGETHER if backend == "hub" else 1
    return Asking(model, name, folder and folder / ANSWERS, at_once, progress, together=together)


def _stamps(spec: str) -> list[int]:
    """What changes with the file, or the files of the folder, that is a model; [] for a name."""
    if not spec:
        return []
    try:
        place = Path(spec).expanduser()
        each = sorted(place.iterdir()) if place.is_dir() else [place]
        stats = [f.stat() for f in each if f.is_file()]
    except (OSError, RuntimeError):  # such as a name that is too long, a home of nobody
        return []
    return [n for s in stats for n in (s.st_size, s.st_mtime_ns)]


def _counted(options: Options, most: int) -> Callable[[Prompt], int]:
    """Counts the tokens of a prompt: exactly, where the tokenizer is known, else roughly.

    One that has no more bytes than ``most`` fits, whatever a token is: it is not cut up.
    """
    spec = options.text("model") if options.text("backend") in ("local", "hub") else ""

    def count(prompt: Prompt) -> int:
        texts = [m.content for m in prompt.messages()]
        length, marks = sum(len(t.encode()) for t in texts), _MARKS * len(texts)
        if length + marks <= most:
            return length + marks
        known = _tokenizer(spec) if spec else None
        if known:
            return sum(known.count(texts)) + marks
        plain = sum(len(t.encode("ascii", "ignore")) for t in texts)
        return plain // 3 + length - plain + marks

    return count


@cache
def _tokenizer(spec: str) -> Tokens | None:
    try:
        return tokens.of(spec)
    except (EmpathiaError, ImportError):
        return None
