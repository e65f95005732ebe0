"""Corpora on disk become dialogues: one plug-in a corpus, in its official layout.

A corpus is a module of this folder (or an entry point of ``empathia.corpora``)
that defines two names:

- ``INFO``, a :class:`CorpusInfo`: licence, citation and page as data;
- ``load(path) -> tuple[Dialogue, ...]``: ``path`` is the corpus's folder in the
  layout of its official release. Gold labels keep the corpus's own names
  (``Dialogue.labels`` is their set), splits the corpus's own parts. What cannot
  be read raises :class:`~empathia.errors.CorpusError` naming file and line.

Corpora of single sentences yield dialogues of one utterance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CorpusInfo:
    """What a user must know before a corpus is used.

    Args:
        name: Name of the plug-in.
        licence: Licence of the data as its authors state it (SPDX id where there is one).
        noncommercial: Whether the licence rules out commercial use; weights trained on the
            corpus inherit this.
        citation: The paper to cite, one line.
        page: Where the official release is found.
        language: ISO 639-1 code.
    """

    name: str
    licence: str
    noncommercial: bool
    citation: str
    page: str
    language: str
