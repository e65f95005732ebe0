"""Ready-made vectors find their utterances, and never become zeros or another's."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.bench import bench
from empathia.bench.vectors import join, ready
from empathia.config import read_run
from empathia.corpora import CorpusNote, CorpusWarning
from empathia.errors import ConfigError, CorpusError
from empathia.types import Dialogue, Features, Utterance

IDS = ("Ses01F_a_F000", "Ses01F_a_M000", "Ses01F_a_F001", "Ses01F_a_M001")


def talk(*ids: str) -> tuple[Dialogue, ...]:
    return (Dialogue("d", tuple(Utterance(id, i, "s") for i, id in enumerate(ids))),)


def saved(path: Path, ids: list[str], values: np.ndarray) -> Path:
    np.savez(path, ids=np.array(ids), values=values)
    return path


@given(
    order=st.permutations(IDS),
    there=st.integers(1, len(IDS)),
    strangers=st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
)
def test_each_gets_its_own_whatever_the_order(tmp_path_factory, order, there, strangers) -> None:
    ids = [*strangers, *order[:there]]
    values = np.array([[len(i), 1 + IDS.index(i) if i in IDS else -1] for i in ids], np.float32)
    path = saved(tmp_path_factory.mktemp("v") / "v.npz", ids, values)
    joined = join("voice", path, talk(*IDS))
    assert {k: f.values[0, 1] for k, f in joined.features.items()} == {
        i: 1 + IDS.index(i) for i in order[:there]
    }
    assert all(f.extractor == "voice" and f.utterance == k for k, f in joined.features.items())
    assert sorted(joined.unknown) == sorted(strangers)
    assert joined.without == tuple(i for i in IDS if i not in order[:there])


def test_ids_may_differ_in_case_and_blanks_and_that_is_said(tmp_path: Path) -> None:
    ids = [" ses01f_A_f000", "Ses01F_a_M000"]
    path = saved(tmp_path / "v.npz", ids, np.ones((2, 3)))
    joined = join("voice", path, talk(*IDS))
    assert list(joined.features) == list(IDS[:2])
    assert joined.respelt == (ids[0],)
    with pytest.warns(CorpusWarning) as told:
        joined.tell(path)
    (remark,) = (w for w in told if issubclass(w.category, CorpusNote))
    assert "1 ids are utterances but for case" in str(remark.message)


def test_near_names_are_no_choice(tmp_path: Path) -> None:
    path = saved(tmp_path / "v.npz", ["A", "b"], np.ones((2, 3)))
    assert list(join("v", path, talk("a", "A", "b")).features) == ["A", "b"]
    path = saved(tmp_path / "w.npz", ["a ", "b"], np.ones((2, 3)))
    assert join("v", path, talk("a", "A", "b")).unknown == ("a ",)  # of whom, nobody knows
    path = saved(tmp_path / "x.npz", ["a", "A"], np.ones((2, 3)))
    with pytest.raises(CorpusError, match=r"two vectors of 'a' \(as 'a' and 'A'\)"):
        join("v", path, talk("a"))
    path = saved(tmp_path / "y.npz", ["a", "a"], np.ones((2, 3)))
    with pytest.raises(CorpusError, match="two vectors of 'a'"):
        join("v", path, talk("a"))


def test_what_is_no_vector_is_absent_and_counted(tmp_path: Path) -> None:
    values = np.array([[1, np.nan], [0, 0], [np.inf, 1], [0, 5]])
    path = saved(tmp_path / "v.npz", list(IDS), values)
    joined = join("voice", path, talk(*IDS))
    assert list(joined.features) == [IDS[3]]
    assert (joined.broken, joined.zero) == ((IDS[0], IDS[2]), (IDS[1],))
    assert joined.without == IDS[:3]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        joined.tell(path)
    told = " ".join(str(w.message) for w in caught)
    assert "numbers that are missing, left out: 2" in told
    assert "nothing but zeros, taken as absent: 1" in told
    assert "without a vector: 3" in told


def test_a_single_number_may_be_zero(tmp_path: Path) -> None:
    path = saved(tmp_path / "v.npz", ["a"], np.zeros((1, 1)))
    assert join("v", path, talk("a")).features["a"].values.tolist() == [[0.0]]


def test_vectors_of_another_corpus_are_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path / "v.npz", ["dia0_utt0"], np.ones((1, 2)))
    with pytest.raises(CorpusError, match="it has 'dia0_utt0', the corpus 'Ses01F_a_F000'"):
        join("v", path, talk(*IDS))
    (tmp_path / "w.npz").write_bytes(b"?")
    with pytest.raises(CorpusError, match="neither npz nor Parquet"):
        join("v", tmp_path / "w.npz", talk(*IDS))


def test_they_stand_beside_the_corpus_s_own_and_never_over_them(tmp_path: Path) -> None:
    plugin = ModuleType("own")
    own = Features("a", "mine", np.ones((1, 1), np.float32))
    plugin.ready = lambda path: {"mine": {"a": own}}
    path = saved(tmp_path / "v.npz", ["a"], np.ones((1, 2)))
    features = ready(plugin, tmp_path, {}, talk("a"), {"theirs": path})
    assert features["mine"]["a"] is own
    assert features["theirs"]["a"].values.shape == (1, 2)
    with pytest.raises(ConfigError, match="'mine' would take the place"):
        ready(plugin, tmp_path, {}, talk("a"), {"mine": path})


RUN = """
name = "v"
seed = 1
[data]
corpora = ["table"]
labels = "corpus"
[data.options.table]
folder = "t.csv"
{vectors}
[features]
voice = ["voice342"]
[model]
recogniser = "majority"
[training]
select = "macro_f1"
"""


def run(tmp_path: Path, vectors: str) -> Path:
    rows = [f"u{i},d{i},{'ab'[i % 2]},{p}" for i, p in enumerate(["train", "valid", "test"] * 2)]
    (tmp_path / "t.csv").write_text("\n".join(["utterance,dialogue,label,split", *rows]))
    saved(tmp_path / "v.npz", ["u0", "u1", "u2", "strange"], np.ones((4, 5)))
    (tmp_path / "run.toml").write_text(RUN.format(vectors=vectors))
    return tmp_path / "run.toml"


def test_a_run_file_names_them(tmp_path: Path) -> None:
    file = run(tmp_path, 'vectors = { voice342 = "v.npz" }')
    with pytest.warns(CorpusWarning) as told:
        material = bench(read_run(file), tmp_path, tmp_path / "out").material
    assert list(material.features["voice342"]) == ["u0", "u1", "u2"]
    texts = " ".join(str(w.message) for w in told)
    assert "no utterance: 1 (strange)" in texts
    assert "utterances without a vector: 3 (u3, u4, u5)" in texts
    sample = material.samples(material.dialogues[-1], ["voice"])[0]
    assert "voice342" not in sample.features  # absent, no zeros


def test_a_run_file_that_names_them_wrongly(tmp_path: Path) -> None:
    file = run(tmp_path, 'vectors = "v.npz"')
    with pytest.raises(ConfigError, match=r"data\.options\.table\.vectors is 'v\.npz'"):
        bench(read_run(file), tmp_path, tmp_path / "out")
