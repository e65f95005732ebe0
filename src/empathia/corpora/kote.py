"""KOTE: 50k Korean online comments, 44 emotions, several a comment (Jeon et al. 2022).

Layout: ``train.tsv``, ``val.tsv``, ``test.tsv`` with id, text, label numbers divided by commas, no
header. Five people labelled each comment; the tsv files hold what came of it, not the votes. A
part may be missing, which is told; all three is an error.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo, warn
from empathia.corpora._tables import lines
from empathia.errors import CorpusError, UsageError
from empathia.labels.sets import KOTE44
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="kote",
    licence="MIT",
    noncommercial=False,
    citation="Jeon, Lee and Kim, User Guide for KOTE: Korean Online Comments Emotions Dataset, "
    "arXiv:2205.05300",
    page="https://github.com/searle-j/KOTE",
    language="ko",
)
_SPLITS = {"train": "train", "val": "valid", "test": "test"}


def load(path: Path, *, learn_from: str = "train", valid_every: int = 0) -> tuple[Dialogue, ...]:
    """Every comment as a dialogue of one utterance, in the order of the files.

    Args:
        path: Folder with the tsv files.
        learn_from: The part that is the training part: "train", or "val" where the release's
            training part is not at hand.
        valid_every: Each so-many-th comment of the training part validates, beside other corpora
            that have a validation part of their own; 0 for none.

    Raises:
        CorpusError: No file is there, or a line does not parse or repeats an id.
    """
    if learn_from not in ("train", "val"):
        raise UsageError(f"learn_from cannot be '{learn_from}'", "Say train or val")
    if valid_every < 0 or valid_every == 1:
        raise UsageError(f"valid_every cannot be {valid_every}", "Say 0, or 10 for a tenth")
    splits = _SPLITS | {learn_from: "train"}
    files = {path / f"{part}.tsv": split for part, split in splits.items()}
    missing = [f.name for f in files if not f.exists()]
    if len(missing) == len(files):
        raise CorpusError(
            f"'{path}' holds none of {', '.join(missing)}", "Put the official tsv files there"
        )
    if missing:
        warn(f"kote: {path} has no {' and no '.join(missing)}")
    seen: dict[str, str] = {}

    def part(split: str, number: int) -> str:
        held_out = valid_every and number % valid_every == 0
        return "valid" if split == "train" and held_out else split

    return tuple(
        _comment(file, number, line, part(split, number), seen)
        for file, split in files.items()
        if file.exists()
        for number, line in lines(file)
        if line
    )


def _comment(file: Path, number: int, line: str, split: str, seen: dict[str, str]) -> Dialogue:
    try:
        key, text, numbers = line.split("\t")
        chosen = [int(n) for n in numbers.split(",")]
    except ValueError:
        chosen = []
    if not chosen or not all(0 <= n < len(KOTE44) for n in chosen):
        raise CorpusError(
            f"{file}:{number} is not 'id TAB text TAB label numbers (0-43)'", "Mend the line"
        )
    if key in seen:
        raise CorpusError(f"{file}:{number} repeats the id '{key}' of {seen[key]}", "Drop one")
    seen[key] = f"{file.name}:{number}"
    gold = tuple(KOTE44.labels[n] for n in chosen)
    comment = Utterance(id=key, index=0, speaker="author", text=text, gold=gold)
    return Dialogue(key, (comment,), "kote", split, "ko", KOTE44)
