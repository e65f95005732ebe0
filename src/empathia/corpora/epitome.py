"""EPITOME: how empathic answers on Reddit are, in three ways (Sharma et al. 2020).

Layout: ``emotional-reactions-reddit.csv``, ``interpretations-reddit.csv`` and
``explorations-reddit.csv`` with sp_id, rp_id, seeker_post, response_post, level, rationales; row
n of each is about the same pair of posts. A pair is a dialogue of two utterances. The answer's
gold labels are its level in each way, "explorations=2" for a strong one (0 no, 1 weak, 2 strong).

The release has no split. Some seekers got several answers: ``groups["post"]`` names the seeker's
post, so that a protocol can keep them together ("leave-post-out"). Some pairs were judged twice;
the second time is a dialogue of its own, whose id ends in "#2".

Each way is a label set of its own, too ("reaction3", "interpretation3", "exploration3": none,
weak, strong). With ``halves`` the seekers' posts are in two halves, "train" and "test": what
judges answers elsewhere is then known on seekers that it has not learnt from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import rows
from empathia.errors import CorpusError
from empathia.labels import LabelSet, Projection
from empathia.labels.sets import EPITOME9
from empathia.types import ELEMENTS, LEVELS, Dialogue, Utterance

INFO = CorpusInfo(
    name="epitome",
    licence="none stated; free for academic use",
    noncommercial=True,
    citation="Sharma, Miner, Atkins and Althoff, A Computational Approach to Understanding "
    "Empathy Expressed in Text-Based Mental Health Support, EMNLP 2020",
    page="https://github.com/behavioral-data/Empathy-Mental-Health",
    language="en",
)
_WAYS = ("emotional_reactions", "interpretations", "explorations")
_COLUMNS = ("sp_id", "rp_id", "seeker_post", "response_post", "level")
OURS: Mapping[str, str] = dict(zip(ELEMENTS, _WAYS, strict=True))
"""Our name of each way, and the corpus's."""
PROJECTIONS = tuple(
    Projection(
        EPITOME9,
        LabelSet(f"{name}3", LEVELS),
        {
            f"{way}={level}": word if way == mine else None
            for way in _WAYS
            for level, word in enumerate(LEVELS)
        },
    )
    for name, mine in OURS.items()
)
_Row = tuple[int, dict[str, str]]


def load(path: Path, *, halves: bool = False) -> tuple[Dialogue, ...]:
    """All pairs in the order of the files.

    Args:
        path: Folder with the three csv files.
        halves: Whether one half of the seekers' posts is the training part, the other the test;
            which, a sum of the post's id tells.

    Raises:
        CorpusError: A file is missing, a row does not parse, or the files are not about the same
            pairs in the same order.
    """
    dialogues = []
    for key, judged, levels in _judged(path):
        row = judged[0][1]
        split = _half(row["sp_id"]) if halves else None
        dialogues.append(_dialogue(key, row, levels, split))
    return tuple(dialogues)


def rationales(path: Path) -> dict[str, dict[str, tuple[tuple[int, int], ...]]]:
    """Where in an answer raters saw what they judged it by.

    Args:
        path: Folder with the three csv files.

    Returns:
        Utterance id of an answer to, by :data:`OURS`, places in its words (start, end)
        in order; () where raters marked nothing that stands there.

    Raises:
        CorpusError: As :func:`load`.
    """
    found = {}
    for key, judged, _ in _judged(path):
        rows = dict(zip(OURS, (row for _, row in judged), strict=True))
        found[f"{key}/answer"] = {name: _places(row) for name, row in rows.items()}
    return found


def _judged(path: Path) -> list[tuple[str, Sequence[_Row], tuple[str, ...]]]:
    """Key, rows and levels of each pair."""
    files = {way: path / f"{way.replace('_', '-')}-reddit.csv" for way in _WAYS}
    tables = [list(rows(file, _COLUMNS)) for file in files.values()]
    if len({len(t) for t in tables}) > 1:
        counts = ", ".join(
            f"{f.name} {len(t)}" for f, t in zip(files.values(), tables, strict=True)
        )
        raise CorpusError(
            f"{path}: the files have different numbers of rows ({counts})", "Use the official files"
        )
    times: Counter[str] = Counter()
    found: list[tuple[str, Sequence[_Row], tuple[str, ...]]] = []
    for judged in zip(*tables, strict=True):
        pair = _pair(list(files.values()), judged)
        times[pair] += 1
        key = pair if times[pair] == 1 else f"{pair}#{times[pair]}"
        found.append((key, judged, _levels(files, judged)))
    return found


def _half(post: str) -> str:
    return "test" if hashlib.sha256(post.encode()).digest()[0] % 2 else "train"


def _places(row: Mapping[str, str]) -> tuple[tuple[int, int], ...]:
    parts = [p.strip() for p in (row.get("rationales") or "").split("|")]
    starts = [(row["response_post"].find(p), len(p)) for p in parts if p]
    return tuple(sorted({(at, at + n) for at, n in starts if at >= 0}))


def _pair(files: Sequence[Path], judged: Sequence[_Row]) -> str:
    pairs = [f"{row['sp_id']}/{row['rp_id']}" for _, row in judged]
    for file, (number, _), pair in zip(files, judged, pairs, strict=True):
        if pair != pairs[0]:
            raise CorpusError(
                f"{file}:{number} is about '{pair}', {files[0].name} there about '{pairs[0]}'",
                "Use the official files",
            )
    return pairs[0]


def _levels(files: dict[str, Path], judged: Sequence[_Row]) -> tuple[str, ...]:
    labels = []
    for (way, file), (number, row) in zip(files.items(), judged, strict=True):
        label = f"{way}={row['level']}"
        if label not in EPITOME9:
            raise CorpusError(
                f"{file}:{number} has the level '{row['level']}', expected 0, 1 or 2",
                "Mend the row",
            )
        labels.append(label)
    return tuple(labels)


def _dialogue(
    key: str, row: dict[str, str], levels: tuple[str, ...], split: str | None
) -> Dialogue:
    post = {"post": row["sp_id"]}
    utterances = (
        Utterance(f"{key}/seeker", 0, "seeker", row["seeker_post"], groups=post),
        Utterance(f"{key}/answer", 1, "peer", row["response_post"], gold=levels, groups=post),
    )
    return Dialogue(key, utterances, "epitome", split, "en", EPITOME9)
