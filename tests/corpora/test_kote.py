"""KOTE: which part is learnt from, and what of it validates."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from empathia.corpora.kote import load
from empathia.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("train", "val", "test"):
        rows = [f"{part}{i}\t말 {i}\t{i % 44}" for i in range(12)]
        (tmp_path / f"{part}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def splits(folder: Path, **options: object) -> Counter[str | None]:
    return Counter(d.split for d in load(folder, **options))  # type: ignore[arg-type]


def test_parts_of_the_release(folder: Path) -> None:
    assert splits(folder) == {"train": 12, "valid": 12, "test": 12}


def test_some_of_what_is_learnt_from_validates(folder: Path) -> None:
    (folder / "train.tsv").unlink()
    with pytest.warns(UserWarning, match=r"no train\.tsv"):
        read = load(folder, learn_from="val", valid_every=5)
    validated = [d.id for d in read if d.split == "valid"]
    assert validated == ["val4", "val9"]
    assert Counter(d.split for d in read) == {"train": 10, "valid": 2, "test": 12}


@pytest.mark.parametrize("every", [-1, 1])
def test_something_must_be_left_to_learn_from(folder: Path, every: int) -> None:
    with pytest.raises(UsageError, match="valid_every"):
        load(folder, valid_every=every)
