"""Answers on disk: what was written comes back, or it is told that it is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from damage import damaged

from empathia.bench import reacted
from empathia.bench.reacted import ReactionRecord
from empathia.errors import InputError
from empathia.labels import LabelSet
from empathia.types import Emotion, Features, Reaction

MOODS = LabelSet("moods", ("glad", "sad"))


def face(id: str, frames: int) -> Features:
    values = np.arange(2 * frames, dtype=np.float32).reshape(frames, 2)
    return Features(id, "face", values, ("smile", "brow"), rate=10.0)


def reaction(to: str, frames: int) -> Reaction:
    return Reaction(to, "new", Emotion("new", MOODS, (0.75, 0.25)), {"face": face(to, frames)})


def plain(x: object) -> object:
    """What is held, to be compared."""
    if isinstance(x, Features):
        return x.utterance, x.extractor, x.values.tolist(), x.names, x.units, x.rate
    if isinstance(x, reacted.Tested):
        about = (x.corpus, x.dialogue, x.stimulus, x.reaction, x.gold, dict(x.groups))
        return about, *({n: plain(f) for n, f in d.items()} for d in (x.truth, x.stimulated))
    if isinstance(x, Reaction):
        return x.to, x.source, x.emotion, x.note, {n: plain(f) for n, f in x.features.items()}
    return [plain(each) for each in x]


def test_a_byte_that_is_wrong_is_told_or_changes_nothing(tmp_path: Path) -> None:
    pairs = [reacted.Tested("c", "d", "s", "r", "glad", {"face": face("r", 3)}, {}, {"scene": "1"})]
    said = [(reaction("s", 2), reaction("s", 4))]
    reacted.write_pairs(tmp_path, pairs, ["face"])
    reacted.write_said(tmp_path, "new", said)
    for file, read, whole in (
        ("pairs.npz", lambda: reacted.read_pairs(tmp_path), pairs),
        ("said-new.npz", lambda: reacted.read_said(tmp_path, "new"), said),
    ):
        told = 0
        assert plain(read()) == plain(whole)
        for at in damaged(tmp_path / file, every=3):
            try:
                assert plain(read()) == plain(whole), at
            except InputError as error:
                assert f"{file}' is missing or damaged" in str(error)
                told += 1
        assert told > 0


def test_a_record_that_is_damaged_is_told(tmp_path: Path) -> None:
    record = ReactionRecord("r", "new", (), (), (), (), "standard")
    reacted.write_record(tmp_path, record)
    assert reacted.read(tmp_path) == record
    for _ in damaged(tmp_path / reacted.RECORD):
        try:
            reacted.read(tmp_path)
        except InputError as error:
            assert "Train once more" in str(error)
    for other in ("[]", "3", "null", '{"format": 1}'):
        (tmp_path / reacted.RECORD).write_text(other)
        with pytest.raises(InputError, match="missing or damaged"):
            reacted.read(tmp_path)


@pytest.mark.parametrize("draws", [0, -1, None, "x"])
def test_what_has_no_draws_is_damaged(tmp_path: Path, draws: object) -> None:
    reacted.write_said(tmp_path, "new", [(reaction("s", 2),)])
    with np.load(tmp_path / "said-new.npz") as stored:
        arrays = dict(stored)
    about = json.loads(str(arrays["about"])) | {"draws": draws}
    np.savez(tmp_path / "said-new.npz", **arrays | {"about": np.array(json.dumps(about))})
    with pytest.raises(InputError, match=r"said-new\.npz' is missing or damaged"):
        reacted.read_said(tmp_path, "new")
