"""What a language model is asked about a turn: one place for training, use and for looking at it.

A prompt is made of parts that many prompts share, the most common first:

    head       the task and the labels: the same for all turns of all dialogues
    past       the turns before, oldest first: the next prompt of a dialogue begins with this one's
    line       the turn that is asked about, as it will stand in the past of later ones
    cues       how it sounds and looks, in words
    soft       a place for what is no text
    question

So a model can read a dialogue once and be asked about all of its turns. Each turn is one line:
nothing that somebody says can begin another, or be read as the mark of a role.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from empathia.emotion.lm.speaking import names
from empathia.emotion.lm.template import Template, fill
from empathia.errors import UsageError
from empathia.labels import LabelSet
from empathia.lm import one_line
from empathia.types import Cues, Message, Sample
from empathia.types.soft import MARK, Soft

MODES = ("text", "description", "impression", "audio")
_LONGEST = 1200  # bytes of a turn, so never more tokens; its end is kept

Told = Mapping[str, Mapping[str, Cues]]
"""Utterance id to kind ("voice", "face") to cues."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a dialogue is shown.

    Args:
        mode: "text", "description" or "impression" (the words with such cues), or "audio" (the
            description without the words of the turn that is asked about).
        window: Most turns before it.
        context_cues: How many of these, the last ones, have their cues, too.
        twice: Ask the question twice.
        stride: The window moves by so many turns at a time, and has up to that many fewer: prompts
            between two moves begin alike, so that a model reads what they share once.

    Raises:
        UsageError: The mode is another one, or a number cannot be.
    """

    mode: str = "text"
    window: int = 12
    context_cues: int = 0
    twice: bool = False
    stride: int = 1

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(
                f"prompts have no mode '{self.mode}'", f"Choose one of {', '.join(MODES)}"
            )
        if self.window < 0 or self.context_cues < 0:
            raise UsageError(
                f"prompts of {self.window} turns before, {self.context_cues} with cues",
                "Give numbers of 0 or more",
            )
        if not 1 <= self.stride <= max(1, self.window):
            raise UsageError(
                f"a window of {self.window} turns that moves by {self.stride}",
                "Let it move by at least one turn, and by no more than it has",
            )


@dataclass(frozen=True, slots=True)
class Said:
    """One turn as a prompt may show it.

    Args:
        speaker: What they are called.
        text: The words in one line; "" where there are none.
        cues: Kind to words; kinds without any are absent.
    """

    speaker: str
    text: str
    cues: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked about one turn; the parts are those of the module, "" where absent.

    Args:
        head, line, cues, soft, question: Texts.
        past: A text a turn, oldest first; with cues they have several lines.
        dropped: How many of the oldest turns were left out for length.
        shots: Examples before the talk: what is asked (:attr:`text`), what is answered.
        said: What line and cues are made of.
        features: That stand in the place of ``soft``; {} where there is none.
    """

    head: str
    past: tuple[str, ...]
    line: str
    cues: str
    soft: str
    question: str
    dropped: int = 0
    shots: tuple[tuple[str, str], ...] = ()
    said: Said = Said("", "")
    features: Soft = field(default_factory=dict, hash=False, compare=False)

    @property
    def ask(self) -> str:
        """The turn that is asked about, its cues and the question."""
        return "\n".join(filter(None, (self.line, self.cues, self.soft, self.question)))

    @property
    def text(self) -> str:
        """All but the head."""
        return "\n".join((*self.past, self.ask))

    def messages(self) -> tuple[Message, ...]:
        """The chat that asks for the answer."""
        shown = [Message("system", self.head)]
        for asked, answer in self.shots:
            shown += [Message("user", asked), Message("assistant", answer)]
        return (*shown, Message("user", self.text))

    def fitted(self, tokens: Callable[[Prompt], int], most: int) -> Prompt:
        """The prompt without as many of its oldest turns as it takes to fit, then of its examples.

        Turn, cues and question stay.

        Args:
            tokens: Counts those of a prompt.
            most: That fit.
        """
        prompt = self
        while prompt.past and tokens(prompt) > most:
            prompt = dataclasses.replace(prompt, past=prompt.past[1:], dropped=prompt.dropped + 1)
        while prompt.shots and tokens(prompt) > most:
            prompt = dataclasses.replace(prompt, shots=prompt.shots[1:])
        return prompt


def prompts(
    dialogue: Sequence[Sample],
    wanted: Collection[str],
    template: Template,
    shape: Shape,
    labels: LabelSet,
    *,
    told: Told | None = None,
    label: str | None = None,
    soft: Collection[str] = (),
) -> dict[str, Prompt]:
    """The prompts of a dialogue; each shows turns up to its own and no later one.

    Args:
        dialogue: All turns in time order, without gold labels.
        wanted: Ids of turns to ask about.
        template: The wording.
        shape: What is shown.
        labels: That are chosen from.
        told: Cues of its turns, of :class:`empathia.emotion.lm.describing.Describer`; a turn
            without has none in its prompt.
        label: The one that templates of the tasks "yes" and "reason" ask about.
        soft: Ids of turns that have soft tokens: theirs alone have a place for them.

    Returns:
        By id, in time order. A turn of which there is nothing to show is absent.

    Raises:
        UsageError: The template asks about a label and none is given.
    """
    if label is None and template.task in {"yes", "reason"}:
        raise UsageError(f"the template '{template.name}' asks about one label", "Say about which")
    # The system text of other tasks has no labels.
    head = fill(template.system, labels=", ".join(labels))
    turns = _said(dialogue, template, shape.mode, told or {})
    made = {}
    for i, (sample, said) in enumerate(zip(dialogue, turns, strict=True)):
        words = "" if shape.mode == "audio" else said.text
        if sample.id not in wanted or not (words or said.cues or sample.id in soft):
            continue
        question = fill(template.question, speaker=said.speaker, label=label or "")
        shown = dataclasses.replace(said, text=words)
        made[sample.id] = Prompt(
            head,
            _past(turns[:i], template, shape),
            _line(shown, template),
            _cues(shown, template),
            fill(template.soft, soft=MARK) if sample.id in soft else "",
            "\n".join([question] * (1 + shape.twice)),
            said=shown,
        )
    return made


def retold(prompt: Prompt, said: Said, template: Template) -> Prompt:
    """The prompt as if this were its turn; all else stays, what is shown of the past too.

    Args:
        prompt: Any.
        said: In place of what it shows.
        template: Of the prompt.
    """
    line, cues = _line(said, template), _cues(said, template)
    return dataclasses.replace(prompt, line=line, cues=cues, said=said)


def _said(dialogue: Sequence[Sample], template: Template, mode: str, told: Told) -> list[Said]:
    turns = []
    for sample, name in zip(dialogue, names(dialogue), strict=True):
        cues = {k: _worded(c, mode) for k, c in told.get(sample.id, {}).items()}
        shown = {k: words for k, words in cues.items() if words and k in template.cues}
        turns.append(Said(name, _shortened(one_line(sample.text or "")), shown))
    return turns


def _worded(cues: Cues, mode: str) -> str:
    if mode == "text":
        return ""
    return (cues.impression if mode == "impression" else cues.description).rstrip(".")


def _shortened(words: str) -> str:
    """The end of what is very long."""
    return words.encode()[-_LONGEST:].decode(errors="ignore").strip()


def _past(before: Sequence[Said], template: Template, shape: Shape) -> tuple[str, ...]:
    """The last turns that have words."""
    spoken = [s for s in before if s.text]
    moves = -(-(len(spoken) - shape.window) // shape.stride)
    shown = spoken[max(0, moves) * shape.stride :]
    plain = len(shown) - shape.context_cues
    return tuple(
        "\n".join(filter(None, (_line(s, template), _cues(s, template) if i >= plain else "")))
        for i, s in enumerate(shown)
    )


def _line(said: Said, template: Template) -> str:
    if not said.text:
        return fill(template.wordless, speaker=said.speaker)
    return fill(template.line, speaker=said.speaker, text=said.text)


def _cues(said: Said, template: Template) -> str:
    """A line a kind, in the order of the template."""
    lines = template.cues.items()
    return "\n".join(fill(text, cues=said.cues[k]) for k, text in lines if k in said.cues)
