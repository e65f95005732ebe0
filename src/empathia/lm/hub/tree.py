"""Texts that begin alike as one tree of tokens, which a model reads in one pass.

A token sees itself and those on its way from the root, and stands where it would stand in its own
text: what a model says after it is what it says after the text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Tokens = Sequence[int]


class Tree:
    """Tokens that grow; a token comes after the one before it.

    Attributes:
        ids: Number of each token; below 0 it is none of the vocabulary, but soft.
        parents: Place of the token before it; -1 for the first of a text.
        positions: How many tokens stand before it.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self.positions: list[int] = []
        self._places: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, tokens: Tokens, after: int = -1) -> list[int]:
        """Let a text grow; what is there already is shared.

        Args:
            tokens: Its tokens.
            after: Place of the token that it goes on from; -1 for a text of its own.

        Returns:
            The place of each of the tokens.
        """
        places = []
        for token in tokens:
            place = self._places.setdefault((after, token), len(self.ids))
            if place == len(self.ids):
                self.ids.append(token)
                self.parents.append(after)
                self.positions.append(0 if after < 0 else self.positions[after] + 1)
            places.append(after := place)
        return places

    def shared(self, tokens: Tokens) -> int:
        """How many tokens, from the first, are there already."""
        after = -1
        for i, token in enumerate(tokens):
            place = self._places.get((after, token))
            if place is None:
                return i
            after = place
        return len(tokens)

    def mask(self) -> NDArray[np.bool_]:
        """(tokens, tokens) whether the row's token sees the column's."""
        sees = np.eye(len(self.ids), dtype=np.bool_)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                sees[i] |= sees[parent]
        return sees


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Prompts and what may be answered to each, as one tree.

    Args:
        tree: Its tokens.
        shape: How many prompts, how many answers.
        places: (tokens of all answers,) places that these come after.
        tokens: Likewise, the tokens themselves.
        cells: Likewise, prompt * answers + answer.
    """

    tree: Tree
    shape: tuple[int, int]
    places: Ints
    tokens: Ints
    cells: Ints


def pack(prompts: Sequence[Tokens], answers: Sequence[Tokens]) -> Packed:
    """A tree of prompts and of all answers after each.

    Args:
        prompts: Each of at least one token.
        answers: Likewise.
    """
    return _packed(prompts, [answers] * len(prompts), len(answers))


def pack_each(prompts: Sequence[Tokens], answers: Sequence[Tokens]) -> Packed:
    """A tree of prompts and of one answer after each, of its own.

    Args:
        prompts: Each of at least one token.
        answers: Likewise, as many.
    """
    return _packed(prompts, [[a] for a in answers], 1)


def _packed(prompts: Sequence[Tokens], answers: Sequence[Sequence[Tokens]], columns: int) -> Packed:
    tree = Tree()
    ends = [tree.add(p)[-1] for p in prompts]
    rows = []
    for i, (end, several) in enumerate(zip(ends, answers, strict=True)):
        for j, answer in enumerate(several):
            before = [end, *tree.add(answer[:-1], after=end)]
            rows += [(p, t, i * columns + j) for p, t in zip(before, answer, strict=True)]
    places, tokens, cells = np.array(rows, np.int64).reshape(-1, 3).T
    return Packed(tree, (len(prompts), columns), places, tokens, cells)


def groups(prompts: Sequence[Tokens], most: int) -> list[list[int]]:
    """Which prompts, in their order, go into a tree together: those that share most of it.

    Args:
        prompts: Their tokens.
        most: Tokens of a tree of several.
    """
    made: list[list[int]] = []
    tree = Tree()
    for i, prompt in enumerate(prompts):
        shared = tree.shared(prompt)
        if not made or 2 * shared < len(prompt) or len(tree) + len(prompt) - shared > most:
            tree = Tree()
            made.append([])
        tree.add(prompt)
        made[-1].append(i)
    return made
