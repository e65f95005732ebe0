"""The multilingual encoder: its file by hand, its graph against torch."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from quarter_file import packed, tensors, write_encoder
from tokenizers import Tokenizer

from empathia.encoders import quarter
from empathia.encoders.multilingual import MultilingualEncoder, pieces, tokenizer
from empathia.errors import WeightsError

WORDS = ("glad", "low", "기뻐", "눈물", "and")
TEXTS = ["glad", "기뻐 and 눈물 and low", "", "low low glad and and glad 눈물"]
VALUE = "encoder.layer.11.attention.self.value"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("e5-small"), WORDS)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> MultilingualEncoder:
    return MultilingualEncoder.load(folder, threads=1)


def test_a_block_by_hand(tmp_path: Path) -> None:
    made = tensors(9)
    halves = bytes([0x80 | 3, *[0x88] * 15])  # the first weight is 3 - 8, all others are 0
    block = struct.pack("<e", 0.5) + halves
    made["l3.fo.w"] = (1, 384 * 1536, block * (384 * 48))
    made["emb.word"] = (1, 9 * 384, (struct.pack("<e", 0.25) + b"\xf8" * 16) * (9 * 12))
    (tmp_path / "e5").write_bytes(packed(made))
    network = quarter.read(tmp_path / "e5")
    weight = network.arrays["encoder.layer.3.output.dense.weight"]
    assert weight.shape == (384, 1536)
    assert weight.dtype == np.float32
    assert weight[0, :32].tolist() == [-2.5, *[0.0] * 31]
    assert np.array_equal(weight, np.tile(weight[:1, :32], (384, 48)))
    embedded = network.embedded(np.array([[4, 8], [1, 1]]))
    kind = network.arrays[quarter.KIND]
    row = np.tile([0.0] * 16 + [1.75] * 16, 12)  # 15 - 8 quarters in the last sixteen
    assert embedded == pytest.approx(
        np.broadcast_to(row + network.positions[:2] + kind, (2, 2, 384)), abs=1e-6
    )


def test_graph_and_torch_agree(folder: Path, encoder: MultilingualEncoder) -> None:
    torch = pytest.importorskip("torch")
    from empathia.encoders.e5_torch import Multilingual

    twin = Multilingual(folder, 12, 0.0).eval()
    for text, vector in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        ids = torch.tensor(pieces(tokenizer(folder), [text], 64))
        mask = torch.ones_like(ids, dtype=torch.bool)
        with torch.no_grad():
            own = twin.upper(twin.lower(ids, mask), mask)[0]
        assert vector == pytest.approx(own.numpy(), abs=1e-4)


def test_a_long_text_is_cut_as_the_tokenizer_would_cut_it(folder: Path) -> None:
    reads, texts = tokenizer(folder), ["glad and low 기뻐 " * 9, "눈물", ""]
    cut = Tokenizer.from_str(reads.to_str())
    cut.enable_truncation(12)
    assert pieces(reads, texts, 12) == [cut.encode(f"query: {t}").ids for t in texts]


def test_texts_are_read_behind_their_mark_and_apart(encoder: MultilingualEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (4, 384)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert encoder.encode([text])[0] == pytest.approx(vector, abs=1e-4)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-2)


@pytest.mark.parametrize("text", ["so \ud83d it goes", "\udc00"])
def test_half_a_pair_is_read_as_the_mark_of_one(encoder: MultilingualEncoder, text: str) -> None:
    marked = "".join("?" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert np.array_equal(encoder.encode([text]), encoder.encode([marked]))


def test_a_difference_is_added(folder: Path, encoder: MultilingualEncoder) -> None:
    change = {f"{VALUE}.bias": np.full(384, 0.5, np.float32)}
    tuned = MultilingualEncoder.load(folder, change, threads=1)
    assert not np.allclose(tuned.encode(TEXTS), encoder.encode(TEXTS), atol=1e-2)
    for name, size in ((f"{VALUE}.bias", 383), ("encoder.layer.12.output.dense.bias", 384)):
        with pytest.raises(WeightsError, match="not in that shape"):
            MultilingualEncoder.load(folder, {name: np.zeros(size, np.float32)})


@pytest.mark.parametrize("kept", [0, 40, 200, 40_000])
def test_a_file_that_is_cut_is_refused(folder: Path, tmp_path: Path, kept: int) -> None:
    whole = (folder / quarter.FILE).read_bytes()
    (tmp_path / quarter.FILE).write_bytes(whole[:kept])
    with pytest.raises(WeightsError, match="cannot be read"):
        quarter.read(tmp_path / quarter.FILE)


def test_other_files_are_refused(folder: Path, tmp_path: Path) -> None:
    whole = (folder / quarter.FILE).read_bytes()
    (tmp_path / quarter.FILE).write_bytes(b"GGUF" + whole[4:])
    with pytest.raises(WeightsError, match="begins with b'GGUF'"):
        quarter.read(tmp_path / quarter.FILE)
    lacks = tensors(9)
    del lacks["emb.pos"]
    (tmp_path / quarter.FILE).write_bytes(packed(lacks))
    with pytest.raises(WeightsError, match=r"emb\.pos"):
        quarter.read(tmp_path / quarter.FILE)
    with pytest.raises(WeightsError, match="weights pull e5-small"):
        quarter.read(tmp_path / "nothing")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(WeightsError, match="tokenizer"):
        tokenizer(tmp_path)
