"""Replies of an encoder-decoder that is trained here, guided by exemplars and by judges.

A transformer reads the talk (who is answered and who answers have an embedding each) and the
replies of exemplars, and writes the reply; as LEMPEx does, without its traps. What it writes in
training is judged by frozen judges, whose gradient passes through the probabilities of the pieces.
The levels that are asked for stand in front of what it reads. A small one learns from scratch; T5
by name.

No gold label has a way in: the bank holds none, and talks are looked for by their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.config import Options, Rule, at_least, complete, more_than, one_of
from empathia.contracts import Tools
from empathia.errors import UsageError, needs
from empathia.exemplars.bank import Bank
from empathia.exemplars.places import open_bank
from empathia.exemplars.search import Query, search
from empathia.files import Plain
from empathia.replies import rules
from empathia.replies.lm import grounded, polish
from empathia.replies.rules.tone import sureness, tone
from empathia.replies.seq2seq.vocabulary import LISTENER, SPEAKER, cues
from empathia.types import ANY, Exemplar, Reply, Tell, Turn, Wish

if TYPE_CHECKING:
    from empathia.replies.seq2seq.decoding import Decoding
    from empathia.replies.seq2seq.kept import Kept
    from empathia.training.problem import ReplyProblem

NAME = "seq2seq"
OPTIONS: Mapping[str, Plain] = {
    "model": "",  # folder of a kept model
    "exemplars": -1,  # how many guide it; -1 for as many as in its training
    "bank": "",  # name or folder; "" takes what it was trained with
    "decoding": "sample",  # greedy, sample or beam
    "temperature": 0.9,  # of a draw
    "top_k": 20,  # pieces that a draw is from; 0 for all
    "top_p": 1.0,  # share of the probability that they have at least
    "beam": 8,  # texts that are followed at once
    "seed": 1,  # of the first draw; each further one counts up
    "attempts": 8,  # how many are drawn; those that cannot be a reply are left out
    "max_tokens": 40,  # pieces of a reply
}
LEARNING: Mapping[str, Plain] = {
    "start": "",  # a T5 by name or folder; "" learns from scratch
    "vocabulary": 8000,  # pieces of the BPE; from scratch alone, as the next three
    "width": 192,
    "layers": 3,  # of encoder and decoder, each
    "heads": 4,
    "dropout": 0.1,
    "context": 96,  # pieces of a talk at most; the oldest go
    "pieces": 40,  # of a reply at most
    "given": "both",  # exemplars to the decoder: none, pooled, attended or both
    "exemplars": 5,  # how many
    "by": "dense",  # how they are looked for: dense, words, hybrid or reply
    "language": "en",  # of the words: which encoder finds exemplars
    "cued": 0.5,  # share of replies whose levels are told, so that they can be asked for
    "loss_lm": 1.0,  # weights of the losses; 0 switches one off
    "loss_reaction": 0.1,
    "loss_interpretation": 0.1,
    "loss_exploration": 0.1,
    "loss_sentiment": 0.1,
    "judge_width": 64,
    "judge_reads": "mean",  # of its states: mean or first
    "judge_epochs": 6,
    "judge_lr": 0.002,
    "validate": 0,  # pairs that choose the epoch; 0 takes all
    "judges": [],  # folders of kept judges in the place of the shipped ones
}
_SHOWN = 3  # exemplars that a reply names


def learn(problem: ReplyProblem) -> Kept:
    """Train the judges, freeze them, and train the generator; validation picks the epochs.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be.
        TrainingError: There is nothing to learn from, or a loss needs judged replies.
        WeightsError: T5 is asked for and not here.
    """
    with needs("train", f"the reply generator '{NAME}'"):
        from empathia.replies.seq2seq.fitting import train
    return train(problem)


class Written:
    """A generator that writes with a kept model, and answers by the rules where that fails.

    Args:
        options: All of ``OPTIONS``.
        threads: For the encoder that finds exemplars; None takes all cores.
        permissive: Refuse a model: it does not know the licences of what it learnt from.

    Raises:
        ConfigError: An option has no such value.
        UsageError: The model is not there, or may not be used.
    """

    def __init__(self, options: Options, threads: int | None, *, permissive: bool) -> None:
        _check(options)
        self._options, self._threads = options, threads
        self._folder = Path(options.text("model")).expanduser()
        if self._named and not self._folder.is_dir():
            raise UsageError(
                f"there is no kept model '{self._folder}'",
                "Train one: empathia train runs/reply-seq2seq.toml",
            )
        if self._named and permissive:
            raise UsageError(
                f"whether '{self._folder}' may be used commercially is not known",
                "Leave --permissive out, or take another reply generator",
            )

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """What the model writes in answer to the last turn, or the rules' reply with the reason.

        It is written at once, so that ``tell`` hears nothing.

        Raises:
            UsageError: There is no turn, or no such bank.
            WeightsError: The model, or the encoder that finds exemplars, is missing or damaged.
            MissingExtra: torch is not installed.
        """
        if not turns:
            return [rules.answer(turns)]
        if not (turns[-1].utterance.text or "").strip():
            return [rules.answer(turns, note="no words to answer", wish=wish)]
        if not self._named:
            note = "no model was named (option 'model' of the reply generator 'seq2seq')"
            return [rules.answer(turns, note=note, wish=wish)]
        exemplars = self._exemplars(turns)
        told = cues(wish.empathy, wish.sentiment)
        target = turns[-1].utterance
        lines = [
            (SPEAKER if t.utterance.speaker == target.speaker else LISTENER, t.utterance.text or "")
            for t in turns
            if (t.utterance.text or "").strip()
        ]
        read = self._kept.read(lines, told, [e.reply for e in exemplars])
        texts = self._kept.write(read, self._how, max(self._attempts, wish.candidates))
        return self._replies(texts, turns, exemplars, wish)

    def _replies(
        self,
        texts: Sequence[str],
        turns: Sequence[Turn],
        exemplars: tuple[Exemplar, ...],
        wish: Wish,
    ) -> list[Reply]:
        to, source = turns[-1].utterance.id, f"{NAME}:{self._folder.name}"
        why = f"guided by {len(exemplars)} exemplars of '{self._bank.name}'" if exemplars else None
        shown, reason = exemplars[:_SHOWN], "it wrote nothing"
        fitting: dict[str, Reply] = {}
        for raw in texts:
            try:
                text = fit(raw, turns)
            except polish.UnfitError as error:
                reason = str(error)
                continue
            fitting.setdefault(text, Reply(to, text, source, exemplars=shown, why=why))
        note = f"what {source} wrote was not used: {reason}"
        return list(fitting.values())[: wish.candidates] or [
            rules.answer(turns, note=note, wish=wish)
        ]

    def _exemplars(self, turns: Sequence[Turn]) -> tuple[Exemplar, ...]:
        """The nearest by the words that were said; nothing else is looked at."""
        wanted, settings = self._options.count("exemplars"), self._kept.settings
        k = min(settings.exemplars if wanted < 0 else wanted, len(self._bank.pairs))
        if k == 0 or settings.given == "none":
            return ()
        query = Query.of([t.utterance.text or "" for t in turns])
        by = settings.by if self._bank.contexts is not None else "words"
        nearest = search(self._bank, query, k, by, threads=self._threads)
        return tuple(
            Exemplar(p.id, self._bank.name, p.context, p.reply, None, min(1.0, similarity))
            for place, similarity in zip(nearest.places, nearest.similarity, strict=True)
            for p in [self._bank.pairs[place]]
        )

    @property
    def _named(self) -> bool:
        return bool(self._options.text("model"))

    @property
    def _attempts(self) -> int:
        return self._options.count("attempts")

    @cached_property
    def _kept(self) -> Kept:
        with needs("train", f"the reply generator '{NAME}'"):
            from empathia.replies.seq2seq.kept import load
        return load(self._folder)

    @cached_property
    def _bank(self) -> Bank:
        name = self._options.text("bank")
        return open_bank(name, threads=self._threads) if name else self._kept.bank

    @cached_property
    def _how(self) -> Decoding:
        from empathia.replies.seq2seq.decoding import Decoding

        o = self._options
        return Decoding(
            o.text("decoding"),
            o.number("temperature"),
            o.count("top_k"),
            o.number("top_p"),
            o.count("beam"),
            o.count("seed"),
            o.count("max_tokens"),
        )


def load(options: Mapping[str, Plain], tools: Tools) -> Written:
    """The generator; its model is loaded when it first answers.

    Raises:
        ConfigError: An option is unknown, of another type than its default, or cannot be.
        UsageError: The model that was named is not there.
    """
    chosen = complete(options, OPTIONS, f"the reply generator '{NAME}'")
    return Written(chosen, tools.threads, permissive=tools.permissive)


def fit(raw: str, turns: Sequence[Turn]) -> str:
    """What may be said of a text that a model wrote; a small one must stay with what was said.

    Raises:
        UnfitError: Nothing of it; from :mod:`empathia.replies.lm.polish`.
    """
    target = turns[-1]
    sure = tone(target.emotion) if sureness(target.emotion) == "sure" else None
    text = polish.polish(raw, target.utterance.text or "", (), sure)
    polish.check_language(text, turns)
    if grounded.confused(text):
        raise polish.UnfitError("it did not know whose story it was")
    if strays := grounded.strays(text, [t.utterance.text or "" for t in turns]):
        raise polish.UnfitError(f"it brought up '{strays[0]}', which nobody had mentioned")
    return text


def _check(options: Options) -> None:
    rules = {
        "exemplars": at_least(-1),
        "decoding": one_of("greedy", "sample", "beam"),
        "temperature": more_than(0),
        "top_k": at_least(0),
        "top_p": Rule("more than 0, 1 at most", lambda v: 0 < v <= 1),
        **dict.fromkeys(("beam", "attempts", "max_tokens"), at_least(1)),
    }
    options.demand(rules, f"'{{}}' of the reply generator '{NAME}'")
