"""A little multilingual encoder: random weights in the layout of the pulled one, and its words."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from empathia import weights
from empathia.files import sha256
from empathia.weights import manifest

WIDTH, INNER, LAYERS, PLACES = 384, 1536, 12, 64
MARKS = ("<s>", "<pad>", "</s>", "<unk>", "query:")
SHAPES = {
    "q.w": (WIDTH, WIDTH),
    "k.w": (WIDTH, WIDTH),
    "v.w": (WIDTH, WIDTH),
    "ao.w": (WIDTH, WIDTH),
    "fi.w": (INNER, WIDTH),
    "fo.w": (WIDTH, INNER),
}
SIZES = {"q.b": WIDTH, "k.b": WIDTH, "v.b": WIDTH, "ao.b": WIDTH, "fi.b": INNER, "fo.b": WIDTH}


def replace_the_large_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    """A cache with a little encoder, and a manifest that names it in place of the large one."""
    write_little_cache(tmp_path, words)
    use_little_cache(tmp_path, monkeypatch)


def write_little_cache(tmp_path: Path, words: Sequence[str]) -> None:
    """The cache and the manifest."""
    folder = write_encoder(tmp_path / "home" / "weights" / "e5-small", words)
    listing = manifest.MANIFEST.read_text("utf-8")
    for file in weights.entry("e5-small").files:
        path = folder / file.name
        listing = listing.replace(file.sha256, sha256(path))
        listing = listing.replace(f"size = {file.size}\n", f"size = {path.stat().st_size}\n")
    (tmp_path / "weights.toml").write_text(listing, encoding="utf-8")


def use_little_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what :func:`write_little_cache` wrote."""
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "weights.toml")
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))


def write_encoder(folder: Path, words: Sequence[str], seed: int = 0) -> Path:
    """A folder like that of the pulled weight ``e5-small``, which knows some words."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [*MARKS, *words]
    (folder / "e5-small-q4.bin").write_bytes(packed(tensors(len(vocabulary), seed)))
    (folder / "tokenizer.json").write_text(tokenizer(vocabulary), encoding="utf-8")
    return folder


def tensors(words: int, seed: int = 0) -> dict[str, tuple[int, int, bytes]]:
    """Tensors by name: whether in four bits, how many weights, bytes."""
    rng = np.random.default_rng(seed)

    def quarter(*shape: int) -> tuple[int, int, bytes]:
        blocks = np.zeros(int(np.prod(shape)) // 32, [("scale", "<f2"), ("halves", "u1", 16)])
        blocks["scale"] = rng.uniform(0.005, 0.015, len(blocks))
        blocks["halves"] = rng.integers(0, 256, (len(blocks), 16))
        return 1, int(np.prod(shape)), blocks.tobytes()

    def plain(size: int, mean: float = 0.0) -> tuple[int, int, bytes]:
        return 0, size, rng.normal(mean, 0.1, size).astype("<f4").tobytes()

    made = {
        "emb.word": quarter(words, WIDTH),
        "emb.pos": plain(PLACES * WIDTH),
        "emb.type": plain(2 * WIDTH),
        "emb.ln.w": plain(WIDTH, 1.0),
        "emb.ln.b": plain(WIDTH),
    }
    for i in range(LAYERS):
        made |= {f"l{i}.{n}": quarter(*shape) for n, shape in SHAPES.items()}
        made |= {f"l{i}.{n}": plain(size) for n, size in SIZES.items()}
        for norm in ("aln", "oln"):
            made |= {f"l{i}.{norm}.w": plain(WIDTH, 1.0), f"l{i}.{norm}.b": plain(WIDTH)}
    return made


def packed(made: dict[str, tuple[int, int, bytes]]) -> bytes:
    """The file of some tensors, with a tokenizer of two pieces and one rule before them."""
    sizes = struct.pack("<4sI7ifi", b"E5S1", 1, WIDTH, LAYERS, 12, INNER, 9, PLACES, 2, 1e-12, 32)
    head = sizes + struct.pack("<5iQ", 2, 0, 2, 1, 3, 3) + b"\0" * (3 * 4 + 2 * 4) + b"abc"
    head += struct.pack("<iI", 1, 9) + b"\0" * 9
    directory = sum(2 + len(name) + 21 for name in made)
    at = len(head) + 4 + directory
    table = struct.pack("<i", len(made))
    for name, (quarter, count, data) in made.items():
        entry = struct.pack("<BIQQ", quarter, count, at, len(data))
        table += struct.pack("<H", len(name)) + name.encode() + entry
        at += len(data)
    return b"".join([head, table, *(data for *_, data in made.values())])


def tokenizer(vocabulary: Sequence[str]) -> str:
    """A tokenizer that knows whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(vocabulary)}, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return str(made.to_str())
