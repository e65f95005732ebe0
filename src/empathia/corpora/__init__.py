"""Corpora on disk become dialogues: one plug-in a corpus, in its official layout.

A corpus is a module of this folder (or an entry point of ``empathia.corpora``)
that defines two names:

- ``INFO``, a :class:`CorpusInfo`: licence, citation and page as data;
- ``load(path, **options) -> tuple[Dialogue, ...]``: ``path`` is the corpus's
  folder in the layout of its official release. Gold labels keep the corpus's own
  names (``Dialogue.labels`` is their set), splits the corpus's own parts, and ids
  of utterances are unique within the corpus. What cannot be read raises
  :class:`~empathia.errors.CorpusError` naming file and line; damage that leaves
  the rest whole (a medium is missing, a session is not there) is counted and told
  with :func:`warn`, never filled with zeros.

It may define four more:

- ``PROJECTIONS``, :class:`~empathia.labels.Projection` s from its labels to other sets, known
  ones or its own, which a run file may then name as ``data.labels``;
- ``ready(path, **options)``, with the same options: features that come with the
  release, ``{name of the feature: {utterance id: Features}}``. They join by
  utterance id; an utterance that has none is absent;
- ``marked(dialogue) -> speaker``, where each dialogue's video is a split screen of its two
  speakers, of whom this one wears markers (:mod:`empathia.bench.splitscreen` finds the sides);
- ``FOLDER``: where it lies if it comes with the plug-in; a run file that names no ``folder`` takes
  it from there.

Options are keywords with defaults, given in ``[data.options.<corpus>]`` of a run
file or on the command line. Corpora of single sentences yield dialogues of one
utterance. Where a file holds one utterance alone, ``Utterance.clips`` says so:
start and end are then its place in the dialogue, not in the file.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from empathia.errors import EmpathiaWarning


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


class CorpusWarning(EmpathiaWarning):
    """Something of a corpus is missing or damaged, and the rest of it was read."""


class CorpusNote(CorpusWarning):
    """How something was read that may be written in several ways; nothing is missing."""


def note(remark: str) -> None:
    """Tell how something was read, where nothing is damaged."""
    warnings.warn(remark, CorpusNote, stacklevel=2)


def warn(problem: str, places: Sequence[str] | None = None) -> None:
    """Tell of damage that does not stop the reading.

    Args:
        problem: What is wrong, naming the corpus ("meld: utterances without a clip").
        places: Where, one a case: they are counted and the first three named. An empty sequence
            means that nothing is wrong.
    """
    if places is not None:
        if not places:
            return
        more = ", ..." if len(places) > 3 else ""
        problem = f"{problem}: {len(places)} ({', '.join(places[:3])}{more})"
    warnings.warn(problem, CorpusWarning, stacklevel=2)
