"""The answer that somebody gave in a situation like this one, where it can be said here as well.

Exemplars come out of a bank in the talk's language: the one that is named, or the starter. What was
said so far finds them, and if wanted the emotion that was recognised; no gold label has a way in.
The first whose sentences fit the talk answers; where none does, the rules answer and say why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from empathia.config import Options, complete
from empathia.contracts import Tools
from empathia.errors import ConfigError, UsageError, needs
from empathia.exemplars.bank import Bank
from empathia.exemplars.places import STARTERS, open_bank, starter
from empathia.exemplars.ranking import CANDIDATES, rank
from empathia.exemplars.search import WAYS, Found, Query
from empathia.files import Plain
from empathia.replies import rules
from empathia.replies.lm.polish import UnfitError
from empathia.replies.retrieve.fitting import fitted, heads
from empathia.replies.rules import safety
from empathia.replies.rules.tone import sureness, tone, tone_of
from empathia.types import ANY, Exemplar, Reply, Tell, Turn, Wish

if TYPE_CHECKING:
    from empathia.replies.retrieve.contrast import Learnt
    from empathia.training.problem import ReplyProblem

OPTIONS: Mapping[str, Plain] = {
    "bank": "",  # name or folder; "" takes the starter in the talk's language
    "exemplars": CANDIDATES,  # how many are weighed against each other
    "by": "dense",  # how they are looked for: dense, words, hybrid or reply
    "same_emotion": False,  # those of the tone that was recognised alone
}
LEARNING: Mapping[str, Plain] = {
    "temperature": 0.05,  # cosines are divided by it
    "others": 1,  # replies to other emotions for each context, at random
    "hard": 1,  # replies to the same emotion for each context, of those that lie nearest
    "among": 100,  # ... how many of these
    "validate": 0,  # pairs that choose the epoch; 0 takes all
}
_SHOWN = 3  # exemplars that a reply names
# Similarity below which situations are not alike. Vectors of e5 all lie close together.
_LEAST = {"minilm": 0.55, "e5-small": 0.88}
_LEAST_WORDS = 0.3


class Retrieved:
    """A generator that answers with an exemplar.

    Args:
        options: All of ``OPTIONS``.
        threads: For the encoder; None takes all cores.
        permissive: Refuse a bank that is not for commercial use.

    Raises:
        ConfigError: An option has no such value.
        UsageError: The bank is not there, or may not be used.
        InputError: It is damaged.
    """

    def __init__(self, options: Options, threads: int | None, *, permissive: bool) -> None:
        self._by, self._candidates = options.text("by"), options.count("exemplars")
        self._same, self._threads = options.flag("same_emotion"), threads
        if self._by not in WAYS or self._candidates < 1:
            what = f"by = '{self._by}', exemplars = {self._candidates}"
            raise ConfigError(f"replies are found with {what}", f"by is one of {', '.join(WAYS)}")
        self._banks: dict[str, Source] = {}
        if options.text("bank"):
            bank = open_bank(options.text("bank"), threads=threads)
            if permissive and bank.info.noncommercial:
                raise UsageError(
                    f"the bank '{bank.name}' is not for commercial use, or whether it is, is not "
                    f"known ({'; '.join(bank.info.licences)})",
                    "Leave --permissive out, or name another bank",
                )
            self._banks[bank.info.language] = Source(bank)
        self._starters = not self._banks

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """The replies of the exemplars that fit best, or the rules' with the reason.

        Raises:
            UsageError: There is no turn.
        """
        spoken = [t.utterance.text or "" for t in turns]
        if not turns:
            return [rules.answer(turns)]
        if not spoken[-1].strip():
            return [rules.answer(turns, note="no words to answer", wish=wish)]
        source = self._source(language_of(turns))
        if source is None:
            note = f"no bank of exemplars in '{language_of(turns)}'"
            return [rules.answer(turns, note=note, wish=wish)]
        query = Query.of(spoken, emotions=self._wanted(source, turns[-1]))
        found = rank(
            source.bank,
            query,
            self._candidates,
            source.way(self._by),
            candidates=self._candidates,
            threads=self._threads,
        )
        return _answers(source, found, turns, source.least(self._by), wish)

    def _source(self, language: str) -> Source | None:
        if language not in self._banks and self._starters and language in STARTERS:
            self._banks[language] = Source(starter(language, threads=self._threads))
        return self._banks.get(language)

    def _wanted(self, source: Source, turn: Turn) -> Collection[str] | None:
        """Emotions of the bank that have the tone which was recognised."""
        told = tone(turn.emotion) if self._same and sureness(turn.emotion) == "sure" else None
        return (
            None if told is None else {e for e in source.bank.info.emotions if tone_of(e) == told}
        )


class Source:
    """A bank, and what is known of its replies."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    @cached_property
    def heads(self) -> Collection[str]:
        """Beginnings of a listener's words, for Korean."""
        korean = self.bank.info.language == "ko"
        return heads([p.reply for p in self.bank.pairs]) if korean else ()

    def way(self, by: str) -> str:
        """How it is searched: a bank of words alone by these."""
        return "words" if self.bank.contexts is None else by

    def least(self, by: str) -> float:
        """Similarity below which situations are not alike."""
        words = self.way(by) == "words"
        return _LEAST_WORDS if words else _LEAST[str(self.bank.info.encoder)]


def load(options: Mapping[str, Plain], tools: Tools) -> Retrieved:
    """The generator.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
        UsageError: The bank that was named is not there.
        WeightsError: The encoder is not here.
    """
    chosen = complete(options, OPTIONS, "the reply generator 'retrieve'")
    return Retrieved(chosen, tools.threads, permissive=tools.permissive)


def learn(problem: ReplyProblem) -> Learnt:
    """Learn where replies lie, by contrast: a map for banks (``exemplars build --retriever``).

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be.
        WeightsError: The encoder is not here.
        TrainingError: Training cannot go on.
    """
    options = problem.options
    fine = {
        "temperature": options.number("temperature") > 0,
        "among": options.count("among") > 0,
        **{name: options.count(name) >= 0 for name in ("others", "hard")},
    }
    for name in (name for name, it_is in fine.items() if not it_is):
        raise ConfigError(
            f"a retriever cannot learn with {name} = {options.values[name]}",
            "The temperature is above 0, among at least 1, others and hard 0 or more",
        )
    with needs("train", "learning to retrieve"):
        from empathia.replies.retrieve.contrast import train
    return train(problem)


def language_of(turns: Sequence[Turn]) -> str:
    """ISO 639-1 code of what is answered: English or Korean by the words, others as told."""
    words, told = safety.language_of(turns), turns[-1].utterance.language
    return words if words == "ko" or told in (None, *safety.LANGUAGES) else str(told)


def _answers(
    source: Source, found: Found, turns: Sequence[Turn], least: float, wish: Wish
) -> list[Reply]:
    """The first exemplars that fit, or the rules' reply."""
    target, bank = turns[-1], source.bank
    spoken = [t.utterance.text or "" for t in turns]
    sure = tone(target.emotion) if sureness(target.emotion) == "sure" else None
    reason = f"nothing in the bank '{bank.name}' is like this"
    replies: dict[str, Reply] = {}
    for place, similarity in zip(found.places, found.similarity, strict=True):
        if similarity < least:
            continue
        try:
            text = fitted(bank.pairs[place].reply, spoken, sure, source.heads)
        except UnfitError as error:
            reason = f"no exemplar of '{bank.name}' fits: {error}"
            continue
        shown = [place, *(p for p in found.places if p != place)][:_SHOWN]
        like = dict(zip(found.places, found.similarity, strict=True))
        exemplars = tuple(_exemplar(bank, p, like[p]) for p in shown)
        made = f"retrieve:{bank.name}"
        why = _why(exemplars[0], bank)
        reply = Reply(target.utterance.id, text, made, exemplars=exemplars, why=why)
        replies.setdefault(text, reply)
        if len(replies) == wish.candidates:
            break
    return list(replies.values()) or [rules.answer(turns, note=reason, wish=wish)]


def _exemplar(bank: Bank, place: int, similarity: float) -> Exemplar:
    p = bank.pairs[place]
    return Exemplar(p.id, bank.name, p.context, p.reply, p.emotion, min(1.0, similarity))


def _why(exemplar: Exemplar, bank: Bank) -> str:
    last = exemplar.context.rpartition("\n")[2]
    short = last if len(last) <= 100 else last[:99].rstrip() + "…"
    licence = "; ".join(bank.info.licences)
    return f"somebody answered so to “{short}” (similarity {exemplar.similarity:.2f}; {licence})"
