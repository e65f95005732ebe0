"""Questions to a model of the transformers library."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from empathia.errors import ServerError, UsageError
from empathia.lm import _given, written
from empathia.lm.hub import chat
from empathia.lm.hub.projector import Places, Projector, read_as
from empathia.lm.hub.tree import Packed, Tree, groups, pack
from empathia.types import FloatArray, Request

_TOGETHER = 1024  # tokens of prompts that begin alike and are read in one pass
_BROKEN = "\ufffd"  # a character of which not all bytes are there yet


@dataclass(frozen=True, slots=True, eq=False)
class HubModel:
    """A causal language model with its tokenizer.

    Args:
        model: Of the transformers library, in evaluation mode.
        tokenizer: Its own.
        name: Of the model.
        projector: Makes embeddings of features; None of a model that reads words alone.
    """

    model: Any
    tokenizer: Any
    name: str
    projector: Projector | None = None

    is_local = True
    prefills = True

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The answer to each request.

        Raises:
            ServerError: The messages do not fit into the context.
        """
        return written(self.stream, requests)

    def stream(self, request: Request) -> Generator[str, None, None]:
        """The answer, piece by piece; closing the iterator ends it.

        Raises:
            ServerError: The messages do not fit into the context, or no numbers come.
        """
        if request.choices:
            yield from filter(None, [self._chosen(request)])
            return
        ids: list[int] = []
        told = 0
        for token in self._continued(request):
            ids.append(token)
            text = self.tokenizer.decode(ids, skip_special_tokens=True)
            ends = [text.index(s) for s in request.stop if s in text]
            if ends:
                yield from filter(None, [text[told : min(ends)]])
                return
            sure = len(text) - _held(text, request.stop)
            if sure > told:
                yield text[told:sure]
                told = sure
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        yield from filter(None, [text[told:]])

    def _chosen(self, request: Request) -> str:
        """One of the choices, whatever its tokens would read as."""
        ways = {tuple(chat.answer(self.tokenizer, c)): c for c in request.choices}
        return ways[tuple(self._continued(request, ways))]

    def _continued(
        self, request: Request, ways: Collection[tuple[int, ...]] = ()
    ) -> Generator[int, None, None]:
        """Tokens of an answer until the model ends it; where there are ``ways``, one of these."""
        where, ends = self.model.device, self._ends()
        rng = torch.Generator().manual_seed(request.seed)
        most = max(map(len, ways), default=max(1, request.max_tokens))
        (prompt,), rows = self._prompts([request], most)
        given, kept = read_as(self.model, prompt, rows), None
        written: tuple[int, ...] = ()
        for n in range(most):
            more = {w[n] for w in ways if len(w) > n and w[:n] == written}
            if ways and not more:
                return
            with torch.no_grad():
                out = self.model(**given, past_key_values=kept, logits_to_keep=1)
            kept, told = out.past_key_values, out.logits[0, -1].float().cpu()
            if not told.max() < torch.inf:
                raise self._no_numbers()
            if ways:
                told = _only(told, more | ends if written in ways else more)
            token = _drawn(told, request, rng)
            if token in ends:
                return
            yield token
            written += (token,)
            given = {"input_ids": torch.tensor([[token]], device=where)}

    def _ends(self) -> set[int]:
        told = getattr(self.model.generation_config, "eos_token_id", None)
        several = told if isinstance(told, list) else [told]
        return {e for e in (*several, self.tokenizer.eos_token_id) if e is not None}

    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray:
        """(requests, answers) log likelihoods in nats of each answer after each request.

        The end of the answer is not counted. All answers to a request, and to requests after it
        that begin alike, are read in one pass.

        Raises:
            UsageError: An answer is empty.
            ServerError: The messages do not fit into the context, or no numbers come.
        """
        table = np.zeros((len(requests), len(answers)), np.float32)
        given = [chat.answer(self.tokenizer, a) for a in answers]
        if not all(given):
            raise UsageError("an empty answer cannot be scored", "Give it words")
        longest = max(map(len, given), default=0)
        prompts, rows = self._prompts(requests if answers else (), longest)
        for some in groups(prompts, _TOGETHER):
            packed = pack([prompts[i] for i in some], given)
            with torch.no_grad():
                table[some] = scores(packed, logits(self.model, packed, rows)).cpu().numpy()
        if not np.isfinite(table).all():
            raise self._no_numbers()
        return table

    def _prompts(
        self, requests: Sequence[Request], longest: int
    ) -> tuple[list[list[int]], torch.Tensor | None]:
        """The tokens that are asked, and (tokens, width) of the soft ones among them."""
        if self.projector is None:
            _given.refuse(requests, self.name)
            return [self._prompt(r, longest, ()) for r in requests], None
        places = Places(self.projector.way)
        ids = [self._prompt(r, longest, places.of(r.soft)) for r in requests]
        with torch.no_grad():
            return ids, places.rows(self.projector)

    def _prompt(self, request: Request, longest: int, put: Sequence[int]) -> list[int]:
        """The tokens that are asked; ``longest`` tokens may be answered."""
        ids = chat.tokens(self.tokenizer, request.messages, put)
        most = getattr(self.model.config, "max_position_embeddings", None)
        if not ids or (most and len(ids) + longest > most):
            raise ServerError(
                f"the language model '{self.name}' did not answer: {len(ids)} tokens are asked "
                f"and up to {longest} answered, {most} fit",
                "Shorten what is asked",
            )
        return ids

    def _no_numbers(self) -> ServerError:
        return ServerError(
            f"the language model '{self.name}' did not answer: what it computes is no number",
            "Take another model; one that was tuned: tune it again, with a smaller training.lr",
        )


def seen(tree: Tree, like: torch.Tensor) -> dict[str, torch.Tensor]:
    """What a decoder needs beside a tree's tokens, of the type and on the device of a tensor.

    Returns:
        ``attention_mask`` (1, 1, tokens, tokens), which is added, and ``position_ids``
        (1, tokens).
    """
    hidden = torch.from_numpy(~tree.mask()).to(like.device)
    least = torch.finfo(like.dtype).min
    mask = torch.zeros(hidden.shape, dtype=like.dtype, device=like.device).masked_fill(
        hidden, least
    )
    positions = torch.tensor([tree.positions], device=like.device)
    return {"attention_mask": mask[None, None], "position_ids": positions}


def logits(
    model: Any,  # noqa: ANN401
    packed: Packed,
    rows: torch.Tensor | None = None,
) -> torch.Tensor:
    """(tokens of answers, vocabulary) what a model says at the places of a pack, in 32 bits.

    Args:
        model: Of the transformers library.
        packed: What it reads.
        rows: (soft tokens, width) of these, where there are some.
    """
    tree = packed.tree
    places, back = np.unique(packed.places, return_inverse=True)
    like = model.get_input_embeddings().weight[:0]
    keep = torch.from_numpy(places).to(model.device)
    given = read_as(model, tree.ids, rows)
    out = model(**given, **seen(tree, like), use_cache=False, logits_to_keep=keep)
    told: torch.Tensor = out.logits[0].float()[torch.from_numpy(back).to(model.device)]
    return told


def scores(packed: Packed, told: torch.Tensor) -> torch.Tensor:
    """(prompts, answers) log likelihoods in nats.

    Args:
        packed: The prompts and answers.
        told: (tokens of answers, vocabulary) of :func:`logits`.
    """
    tokens = torch.from_numpy(packed.tokens).to(told.device)[:, None]
    each = torch.log_softmax(told, 1).gather(1, tokens)[:, 0]
    cells = torch.from_numpy(packed.cells).to(told.device)
    rows, columns = packed.shape
    return each.new_zeros(rows * columns).index_add(0, cells, each).reshape(rows, columns)


def _drawn(told: torch.Tensor, request: Request, rng: torch.Generator) -> int:
    """The next token, of (vocabulary,) logits."""
    if request.temperature <= 0:
        return int(told.argmax())
    best, which = (told / request.temperature).topk(min(max(1, request.top_k), len(told)))
    shares = best.softmax(0)
    shares[(shares.cumsum(0) - shares) >= request.top_p] = 0
    return int(which[torch.multinomial(shares, 1, generator=rng)])


def _only(told: torch.Tensor, tokens: set[int]) -> torch.Tensor:
    """(vocabulary,) logits of which all but some tokens' are as low as can be."""
    which = torch.tensor(sorted(tokens))
    return torch.full_like(told, -torch.inf).index_copy(0, which, told[which])


def _held(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end may yet change, or begin a text that ends the answer."""
    broken = len(text) - len(text.rstrip(_BROKEN))
    begun = (n for s in stop for n in range(1, len(s)) if text.endswith(s[:n]))
    return max(broken, *begun, 0)
