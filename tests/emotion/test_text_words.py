"""Words beside the encoder of ``text``: their columns, what is learnt of them, what they count."""

from __future__ import annotations

import math
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia import weights
from empathia.config import Options, TrainingPart
from empathia.emotion import text as plugin
from empathia.emotion.text import read
from empathia.emotion.text.columns import columns, packed, rarity, scores
from empathia.errors import ConfigError, WeightsError
from empathia.labels import LabelSet
from empathia.training.keeping import read_arrays, write_arrays
from empathia.training.problem import Part, Problem
from empathia.types import Sample

LABELS = LabelSet("two", ("glad", "sad"))
SAID = {"glad": ("a party", "we won", "a gift"), "sad": ("a funeral", "we lost", "a theft")}


def test_columns_are_words_and_pairs_of_neighbours():
    runs = ["it’s", "over", "!", "it's over", "over !"]
    expected = {zlib.crc32(r.replace("’", "'").encode()) % 2**20 for r in runs}
    assert set(columns("It’s OVER, over!", 20).tolist()) == expected | {
        zlib.crc32(b"over over") % 2**20
    }
    assert len(columns(" ... ", 20)) == 0


@given(st.text(max_size=60), st.integers(4, 16))
def test_columns_are_told_once_in_order_whatever_the_text(text, bits):
    found = columns(text, bits).tolist()
    assert found == sorted(set(found))
    assert all(0 <= c < 2**bits for c in found)


def test_rare_columns_count_for_more():
    rare = rarity(["we won", "we lost", "we", "so"], 12)
    (we,), (won,), (so,) = (columns(w, 12) for w in ("we", "won", "so"))
    assert rare[we] == pytest.approx(1 + math.log(5 / 4))
    assert rare[won] == rare[so] == pytest.approx(1 + math.log(5 / 2))
    assert rare.max() == pytest.approx(1 + math.log(5))  # of those that none has


def test_scores_are_sums_of_weights_of_a_vector_of_length_1():
    weight, rare = np.zeros((2**12, 2), np.int8), np.ones(2**12, np.float16)
    weight[columns("we won", 12)] = (2, -4)  # three columns: two words and a pair
    found = scores(["we won", "", "we"], weight, np.array([0.5, 1], np.float32), rare)
    assert found.shape == (3, 2)
    assert found[0] == pytest.approx([3 * 2 * 0.5 / 3**0.5, 3 * -4 / 3**0.5])
    assert found[1].tolist() == [0, 0]
    assert found[2] == pytest.approx([1, -4])
    rare[columns("we", 12)] = 2  # 2, 1 and 1, of length the root of 6
    (weighed,) = scores(["we won"], weight, np.array([0.5, 1], np.float32), rare)
    assert weighed == pytest.approx([4 * 2 * 0.5 / 6**0.5, 4 * -4 / 6**0.5])


@given(st.lists(st.floats(-9, 9, width=32), min_size=4, max_size=4))
def test_eight_bits_are_off_by_half_a_step_at_most(values):
    given_ = np.array(values, np.float32).reshape(2, 2)
    whole, scale = packed(given_)
    assert whole.dtype == np.int8
    assert (np.abs(whole * scale - given_) <= scale * 0.5001 + 1e-6).all()


def part(name: str, n: int) -> Part:
    """Sentences that tell their label by a word."""
    samples = [
        (Sample(f"{name}{label}{w}{i}", f"it was number {i} and {w}"), label)
        for i in range(n)
        for label, words in SAID.items()
        for w in words
    ]
    return Part(
        dialogues=tuple((s,) for s, _ in samples),
        targets={s.id: tuple(float(x == label) for x in LABELS) for s, label in samples},
        gold={s.id: (label,) for s, label in samples},
    )


def problem(folder: Path, **options) -> Problem:
    told = {**plugin.OPTIONS, "loss": "one", "words": 10, "own_labels_weight": 0.0, "tuned": 1}
    return Problem(
        labels=LABELS,
        exclusive=True,
        train=part("t", 6),
        valid=part("v", 2),
        modalities={"text": ()},
        options=Options({**told, **options}),
        training=TrainingPart("likeliest_is_gold", epochs=1, batch=8, lr=1e-5, threads=1),
        seed=1,
        folder=folder,
        fingerprint="x",
        progress=None,
    )


def test_words_that_tell_are_learnt_and_weighed_on_validation():
    pytest.importorskip("sklearn")
    from empathia.emotion.text import linear

    known, valid = (
        linear.Known([s.text for d in p.dialogues for s in d], np.array(list(p.targets.values())))
        for p in (part("t", 6), part("v", 2))
    )
    kept = linear.learn(known, 10)
    said = scores(["we lost everything", "they gave a gift"], *kept)
    assert said.argmax(1).tolist() == [1, 0]
    # Logits that are always right leave words nothing to add; those that know nothing, a lot.
    right = np.where(valid.target == 1, 30, -30).astype(np.float32)
    _, little, _ = linear.mixed(kept, right, valid)
    _, much, _ = linear.mixed(kept, np.zeros_like(right), valid)
    assert little.max() == 0
    assert (much > 0).all()


@pytest.mark.weights
def test_what_is_kept_reads_as_it_was_calibrated(tmp_path):
    pytest.importorskip("torch")
    if weights.state("minilm") == "missing":
        pytest.skip("weight minilm is not pulled")
    made = problem(tmp_path)
    learnt = plugin.learn(made)
    (tmp_path / "kept").mkdir()
    learnt.save(tmp_path / "kept")
    reader = read.load(tmp_path / "kept", 1)
    texts = ["we lost", "a gift"]
    encoded = read.load(without_words(tmp_path), 1).logits(texts)
    arrays, _ = read_arrays(tmp_path / "kept")
    added = scores(texts, *(arrays[n] for n in read.WORDS))
    assert reader.logits(texts) == pytest.approx(encoded + added, abs=1e-5)
    assert arrays["words"].dtype == np.int8 and np.abs(added).max() > 0
    with pytest.raises(WeightsError, match="'words' has shape"):
        read.load(without_words(tmp_path, cut=True), 1)


def without_words(folder: Path, *, cut: bool = False) -> Path:
    """The kept model with its words left out, or fewer of them."""
    other = folder / ("cut" if cut else "bare")
    shutil.copytree(folder / "kept", other)
    arrays, values = read_arrays(other)
    words = {n: arrays.pop(n) for n in read.WORDS}
    if cut:
        arrays |= {**words, "words": words["words"][:-1]}
    write_arrays(other, arrays, values)
    return other


def test_words_are_learnt_against_each_other_alone(tmp_path):
    pytest.importorskip("torch")
    with pytest.raises(ConfigError, match="against each other alone"):
        plugin.learn(problem(tmp_path, loss="each"))
