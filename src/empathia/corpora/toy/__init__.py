"""A corpus that the project makes: talks of two, with words, sound, votes and measures.

``make(folder)`` writes ``toy.csv`` (a table), ``measures.csv`` (ready-made numbers) and one short
wav an utterance; ``load`` and ``ready`` read them. The same arguments give the same bytes. Four
emotions (``shared4``) show in the words of about two thirds of the utterances and in the pitch,
level and pace of a synthetic voice, which overlap: each alone can be learnt in part, both say more.

Without ``leaks`` it is clean: parts share no speaker, session, scenario or sentence, and every
talk has each emotion equally often in random order, so that metadata say nothing. ``leaks``
plants, for tests of what finds them:

| leak | what is planted |
|---|---|
| speakers, sessions, scenarios | test talks have those of train |
| sentences | half of the test sentences differ from a train sentence by one word |
| duplicates | a train talk is in test again, ids in capitals, the same words and sound |
| join | a fifth of the rows of measures have ids that do not exist |
| constant | the measure "gain" is always 1 |
| missing | utterances of one emotion have no measures |
| gold | the measure "code" is the number of the label, and the words name it |
| metadata | the scenario, shared by all parts, decides the label of nine in ten utterances |
| inertia | an utterance mostly has the label of the one before |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from empathia.corpora import CorpusInfo, table
from empathia.corpora._made import check_made
from empathia.corpora.toy.files import write
from empathia.errors import CorpusError
from empathia.labels import SHARED4
from empathia.types import Dialogue, Features

INFO = CorpusInfo(
    name="toy",
    licence="Apache-2.0",
    noncommercial=False,
    citation="made by Empathia itself",
    page="empathia corpus make toy FOLDER",
    language="en",
)
LEAKS = (
    "speakers",
    "sessions",
    "scenarios",
    "sentences",
    "duplicates",
    "join",
    "constant",
    "missing",
    "gold",
    "metadata",
    "inertia",
)


def make(folder: Path, *, seed: int = 1, dialogues: int = 30, leaks: Sequence[str] = ()) -> None:
    """Write the corpus.

    Args:
        folder: Where to; made where it is absent, and it may not hold a corpus yet.
        seed: Decides everything that is drawn by lot.
        dialogues: How many talks, at least 5; three fifths train, a fifth each valid and test.
        leaks: Names out of :data:`LEAKS`.

    Raises:
        CorpusError: An option cannot be, or the folder is in use.
    """
    check_made("toy", seed, dialogues)
    if isinstance(leaks, str) or not isinstance(leaks, Sequence):
        raise CorpusError(f"toy: 'leaks' is {leaks!r}", f"Give a list of {', '.join(LEAKS)}")
    for strange in [x for x in leaks if x not in LEAKS]:
        raise CorpusError(f"toy: unknown leak '{strange}'", f"Leaks are {', '.join(LEAKS)}")
    if (folder / "toy.csv").exists():
        raise CorpusError(f"toy: '{folder}' holds a corpus already", "Name another folder")
    write(folder, seed, dialogues, frozenset(leaks))


def load(path: Path) -> tuple[Dialogue, ...]:
    """Read what :func:`make` wrote.

    Args:
        path: The folder.

    Raises:
        CorpusError: There is no such corpus, or it was damaged.
    """
    if not (path / "toy.csv").is_file():
        raise CorpusError(
            f"toy: '{path}' holds no toy.csv", f"Run: empathia corpus make toy {path}"
        )
    return table.load(path / "toy.csv", labels=SHARED4, language="en", name="toy")


def ready(path: Path) -> dict[str, dict[str, Features]]:
    """The feature "measures": level, pitch, pace and what leaks add, by utterance id."""
    columns = {"measures": ["m_*"]}
    return table.ready(path / "measures.csv", features=columns)
