"""Ready-made vectors in files: read as they were written, or refused with the reason."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyarrow import parquet

from empathia.errors import TextError
from empathia.tables.vectors import read

# Names of what holds ids, and of savez's own parameters: an array so called is not written.
NOT_IDS = {"ids", "id", "key", "file", "allow_pickle"}
IDS = st.lists(
    st.text(st.characters(categories=["L", "N"], include_characters="_ -."), min_size=1).filter(
        lambda s: s.lower() not in NOT_IDS and not s.startswith("arr_")
    ),
    min_size=1,
    max_size=6,
    unique_by=str.casefold,
)
FILE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], np.ndarray]:
    ids = draw(IDS)
    kind = draw(st.sampled_from([np.float32, np.float64, np.int16]))
    shape = (len(ids), draw(st.integers(1, 4)))
    numbers = None if kind is np.int16 else st.floats(-1e3, 1e3, width=32)
    return ids, draw(arrays.arrays(kind, shape, elements=numbers))


def save_each(path: Path, ids: list[str], values: np.ndarray) -> None:
    np.savez(path, **dict(zip(ids, values, strict=True)))


def save_matrix(path: Path, ids: list[str], values: np.ndarray) -> None:
    np.savez_compressed(path, ids=np.array(ids), anything=values)


def save_lists(path: Path, ids: list[str], values: np.ndarray) -> None:
    parquet.write_table(pa.table({"name": ids, "v": list(values)}), path)


def save_columns(path: Path, ids: list[str], values: np.ndarray) -> None:
    columns = {f"n{i}": values[:, i] for i in range(values.shape[1])}
    parquet.write_table(pa.table({"utterance": ids, **columns}), path)


@pytest.mark.parametrize("save", [save_each, save_matrix, save_lists, save_columns])
@FILE
@given(table=tables())
def test_every_way_to_write_them_reads_alike(tmp_path: Path, save, table) -> None:
    ids, values = table
    path = tmp_path / "v.npz"  # what is in it tells its kind, not its name
    save(path, ids, values)
    got = read(path, "voice")
    assert list(got.ids) == ids
    assert got.values.dtype == np.float32
    assert np.array_equal(got.values, values.astype(np.float32))


def test_points_of_several_dimensions_are_one_vector(tmp_path: Path) -> None:
    points = np.arange(12.0).reshape(2, 2, 3)
    np.savez(tmp_path / "a.npz", u1=points[0], u2=points[1])
    np.savez(tmp_path / "b.npz", ids=np.array(["u1", "u2"]), points=points)
    for name in "ab":
        got = read(tmp_path / f"{name}.npz", "landmarks")
        assert np.array_equal(got.values, points.reshape(2, 6))


def test_one_file_may_hold_several_features(tmp_path: Path) -> None:
    text, voice = np.ones((2, 3)), np.full((2, 4), 2.0)
    np.savez(tmp_path / "all.npz", ids=np.array(["a", "b"]), text=text, voice=voice)
    table = pa.table({"id": ["a", "b"], "text": list(text), "voice": list(voice)})
    parquet.write_table(table, tmp_path / "all.parquet")
    for file in ("all.npz", "all.parquet"):
        assert np.array_equal(read(tmp_path / file, "voice").values, voice)
        assert np.array_equal(read(tmp_path / file, "text").values, text)
        with pytest.raises(TextError, match="call one of them 'video'"):
            read(tmp_path / file, "video")


def test_an_empty_cell_is_missing_and_no_zero(tmp_path: Path) -> None:
    lists = pa.table({"id": ["a", "b", "c"], "v": [[1.0, 2.0], None, [3.0, None]]})
    parquet.write_table(lists, tmp_path / "l.parquet")
    expected = [[1, 2], [np.nan, np.nan], [3, np.nan]]
    assert np.array_equal(read(tmp_path / "l.parquet", "v").values, expected, equal_nan=True)
    columns = pa.table({"id": [1, 2], "x": [1, None], "y": [0.5, 2.0]})
    parquet.write_table(columns, tmp_path / "c.parquet")
    got = read(tmp_path / "c.parquet", "v")
    assert (got.ids, got.names) == (("1", "2"), ("x", "y"))
    assert np.array_equal(got.values, [[1, 0.5], [np.nan, 2]], equal_nan=True)


class _Trap:
    """Would write a file if it were unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("how", ["pickle", "old pickle", "objects", "torch"])
def test_pickles_are_refused_unread(tmp_path: Path, how: str) -> None:
    mark, path = tmp_path / "unpickled", tmp_path / "v.pkl"
    vectors = {"a": _Trap(mark)}
    if how == "objects":
        path = tmp_path / "v.npz"
        np.savez(path, a=np.array([_Trap(mark)], dtype=object))
    elif how == "torch":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("v/data.pkl", pickle.dumps(vectors))
    else:
        path.write_bytes(pickle.dumps(vectors, protocol=0 if how == "old pickle" else 4))
    with pytest.raises(TextError, match=r"pickle.*numpy\.savez"):
        read(path, "voice")
    assert not mark.exists()


def _npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


WRONG = {
    "of another kind": (b"a,b\n1,2\n", "is neither npz nor Parquet"),
    "empty": (b"", "is neither npz nor Parquet"),
    "cut short": (_npz(a=np.ones(9))[:100], "is damaged"),
    "cut Parquet": (_parquet(id=["a"], x=[1])[:60], "no readable Parquet"),
    "no array": (_npz(), "holds no array"),
    "lengths": (_npz(a=np.ones(3), b=np.ones(4)), r"'a' has shape \(3,\), 'b' \(4,\)"),
    "texts": (_npz(a=np.array(["x"])), "'a' holds what is no number"),
    "ids of another length": (_npz(ids=np.array(["a"]), x=np.ones((2, 3))), "ids of shape"),
    "ids alone": (_npz(ids=np.array(["a"])), "nothing"),
    "lists": (_parquet(id=["a", "b"], v=[[1.0], [1.0, 2.0]]), "'a' has 1 numbers, 'b' 2"),
    "no ids": (_parquet(x=[1.0], y=[2.0]), "no column of ids among x, y"),
    "no numbers": (_parquet(id=["a"], t=["b"]), "has no numbers"),
    "words in lists": (_parquet(id=["a"], v=[["b"]]), "lists of string"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_said(tmp_path: Path, name: str) -> None:
    content, message = WRONG[name]
    path = tmp_path / "v.npz"
    path.write_bytes(content)
    with pytest.raises(TextError, match=message) as error:
        read(path, "voice")
    assert "v.npz" in str(error.value)


def test_vectors_with_a_byte_that_is_wrong_give_no_other_error(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(_npz(a=np.ones(2), b=np.ones(2)))
    told = 0
    for _ in damaged(path):
        try:
            read(path, "voice")
        except TextError as error:
            told += "is damaged" in str(error)
    assert told > 0


def test_an_id_that_is_there_twice_is_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    with zipfile.ZipFile(io.BytesIO(_npz(a=np.ones(2)))) as one:
        content = one.read("a.npy")
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        for _ in range(2):
            archive.writestr("a.npy", content)
    with pytest.raises(TextError, match="holds 'a' twice"):
        read(path, "voice")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot be read"):
        read(tmp_path / "v.npz", "voice")


@FILE
@given(content=st.binary(max_size=60), start=st.sampled_from([b"", b"PK\x03\x04", b"PAR1"]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, start: bytes) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(start + content)
    with pytest.raises(TextError):
        read(path, "voice")


@pytest.mark.parametrize("text", [pa.large_string(), pa.string()])
def test_large_columns_as_polars_writes_them_are_read(tmp_path: Path, text: pa.DataType) -> None:
    lists = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.large_list(pa.float32()))
    parquet.write_table(pa.table({"name": pa.array(["a", "b"], text), "v": lists}), tmp_path / "f")
    got = read(tmp_path / "f", "v")
    assert got.ids == ("a", "b")
    assert got.values.tolist() == [[1, 2], [3, 4]]


def test_ids_that_are_absent_or_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.npz"
    np.savez(file, ids=np.array([b"a", b"\xff"]), v=np.ones((2, 2)))
    with pytest.raises(TextError, match="no UTF-8"):
        read(file, "v")
    file = tmp_path / "f.parquet"
    parquet.write_table(pa.table({"id": ["a", None], "v": [[1.0], [2.0]]}), file)
    with pytest.raises(TextError, match="no id in row 2"):
        read(file, "v")
    parquet.write_table(pa.table({"id": [b"a", b"\xff"], "v": [[1.0], [2.0]]}), file)
    with pytest.raises(TextError, match="no UTF-8"):
        read(file, "v")
    raw = pa.array([b"a", b"\xff"], pa.binary()).view(pa.string())
    parquet.write_table(pa.table({"id": raw, "v": [[1.0], [2.0]]}), file)
    with pytest.raises(TextError, match="no UTF-8"):
        read(file, "v")
