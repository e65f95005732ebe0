"""Banks on disk: whole or not at all, and honest about what they hold."""

from __future__ import annotations

import json

import little_bank
import numpy as np
import pytest
from damage import damaged
from little_bank import PAIRS

from empathia.errors import InputError, UsageError
from empathia.exemplars import bank, encoding
from empathia.exemplars.bank import Source
from empathia.exemplars.pairs import Pair

MORE = Pair("e", "Rain all week", "How dull", "bored", "d4", "made")


def source(pairs) -> Source:
    return Source.of("more", pairs, licence="CC-BY-NC-4.0", noncommercial=True)


def test_a_bank_says_what_it_holds(tmp_path):
    made = little_bank.build(tmp_path / "b")
    assert made.pairs == PAIRS
    assert made.info.emotions == {"joyful": 1, "sad": 2}
    assert made.info.dialogues == 4  # d2 of another corpus is another talk
    assert made.info.licences == ("CC0-1.0",)
    assert not made.info.noncommercial
    assert made.contexts is None


def test_more_is_added_once(tmp_path):
    little_bank.build(tmp_path / "b")
    assert bank.add(tmp_path / "b", [PAIRS[0], MORE], [source([MORE])]) == 1
    assert bank.add(tmp_path / "b", [MORE], [source([MORE])]) == 0
    grown = bank.load(tmp_path / "b")
    assert grown.pairs == (*PAIRS, MORE)
    assert grown.info.noncommercial
    assert grown.index.scores("rain").argmax() == 4


def test_what_differs_has_another_fingerprint():
    assert source(PAIRS).fingerprint != source(PAIRS[:3]).fingerprint


@pytest.mark.parametrize(
    ("pairs", "told"), [((), "no exemplar"), ((PAIRS[0], PAIRS[0]), "the same id")]
)
def test_what_cannot_be_a_bank_is_refused(tmp_path, pairs, told):
    with pytest.raises(UsageError, match=told):
        little_bank.build(tmp_path / "b", pairs)
    assert not (tmp_path / "b").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="no bank"):
        little_bank.build(tmp_path / "b")
    assert (tmp_path / "b" / "letter.txt").read_text() == "dear"


def test_no_bank_is_told(tmp_path):
    with pytest.raises(InputError, match="no bank of exemplars"):
        bank.load(tmp_path)


@pytest.mark.parametrize("file", ["pairs.jsonl", "words.npz", "bank.json"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_bank_is_told(tmp_path, file, content):
    little_bank.build(tmp_path / "b")
    if content is None:
        (tmp_path / "b" / file).unlink()
    else:
        (tmp_path / "b" / file).write_bytes(content)
    with pytest.raises(InputError, match=r"Build it again|exemplars build"):
        bank.load(tmp_path / "b")


def test_an_index_with_a_byte_that_is_wrong_gives_no_other_error(tmp_path):
    little_bank.build(tmp_path / "b")
    told = 0
    for _ in damaged(tmp_path / "b" / "words.npz", every=3):
        try:
            bank.load(tmp_path / "b")
        except InputError as error:
            told += "is damaged" in str(error)
    assert told > 0


def test_a_bank_that_lost_a_line_is_told(tmp_path):
    little_bank.build(tmp_path / "b")
    file = tmp_path / "b" / "pairs.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match="damaged"):
        bank.load(tmp_path / "b")


def test_another_version_is_told(tmp_path):
    little_bank.build(tmp_path / "b")
    info = json.loads((tmp_path / "b" / "bank.json").read_text())
    (tmp_path / "b" / "bank.json").write_text(json.dumps(info | {"version": 99}))
    with pytest.raises(InputError, match="version 99"):
        bank.load(tmp_path / "b")


@pytest.mark.weights
def test_vectors_are_the_encoders_and_grow(tmp_path):
    made = little_bank.build(tmp_path / "b", encoder="minilm", threads=1)
    encode = encoding.load("minilm", 1)
    np.testing.assert_allclose(made.replies, encode([p.reply for p in PAIRS]), atol=1e-5)
    assert not made.contexts.flags.writeable  # a map of the file
    bank.add(tmp_path / "b", [MORE], [source([MORE])], threads=1)
    grown = bank.load(tmp_path / "b")
    np.testing.assert_array_equal(grown.contexts[:4], made.contexts)
    np.testing.assert_allclose(grown.contexts[4], encode([MORE.context])[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(grown.replies, axis=1), 1, atol=1e-5)


@pytest.mark.weights
def test_a_build_that_was_stopped_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "_PIECE", 32)  # for the sake of time
    many = tuple(Pair(str(i), f"said {i}", f"answered {i}") for i in range(20))

    class StoppedError(Exception):
        pass

    def stop(*_):
        raise StoppedError

    with pytest.raises(StoppedError):
        little_bank.build(tmp_path / "b", many, encoder="minilm", threads=1, progress=stop)
    assert not (tmp_path / "b").exists()
    (piece,) = (tmp_path / ".b.vectors").iterdir()
    whole = piece.read_bytes()
    piece.write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"\.npy' is damaged .* Delete it and build again"):
        little_bank.build(tmp_path / "b", many, encoder="minilm", threads=1)
    piece.write_bytes(whole)
    written = piece.stat().st_mtime_ns
    seen = []

    def watch(_what, done, total):
        seen.append((done, total, piece.stat().st_mtime_ns))

    little_bank.build(tmp_path / "b", many, encoder="minilm", threads=1, progress=watch)
    assert seen == [(32, 40, written), (40, 40, written)]
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


@pytest.mark.weights
def test_another_encoders_vectors_are_not_searched(tmp_path):
    little_bank.build(tmp_path / "b", encoder="minilm", threads=1)
    info = json.loads((tmp_path / "b" / "bank.json").read_text())
    (tmp_path / "b" / "bank.json").write_text(json.dumps(info | {"encoder_sum": "0"}))
    with pytest.raises(UsageError, match="another encoder"):
        bank.check_encoder(bank.load(tmp_path / "b"))
    with pytest.raises(UsageError, match="another encoder"):
        bank.add(tmp_path / "b", [MORE], [source([MORE])])
