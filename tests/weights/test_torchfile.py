"""Checkpoints are read without torch, and what is no plain checkpoint is refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_files import (
    MAGIC,
    ORDERED,
    SIX,
    head,
    name,
    number,
    packed,
    row,
    stream,
    table,
    tensor,
    text,
)

from empathia.errors import WeightsError
from empathia.weights import torchfile

# A writer of the two layouts, opcode by opcode (protocol 2): the golden files owe nothing to
# the reader, and torch need not be there.

LAYOUTS = pytest.mark.parametrize("layout", [stream, packed])


@pytest.fixture
def load(tmp_path):
    def _load(data: bytes, key: str | None = None):
        path = tmp_path / "model.pt"
        path.write_bytes(data)
        return torchfile.read(path, key)

    return _load


@LAYOUTS
def test_reads_tensors_by_name(layout, load):
    body = table(
        {
            "weight": tensor("0", 6, 0, (2, 3), (3, 1)),
            "turned": tensor("0", 6, 0, (3, 2), (1, 3)),
            "bias": tensor("0", 6, 4, (2,), (1,)),
            "scale": tensor("1", 1, 0, (), ()),
        }
    )
    arrays = load(layout(body, {"0": SIX, "1": np.array([7.0], "<f4")}))
    assert list(arrays) == ["weight", "turned", "bias", "scale"]
    np.testing.assert_array_equal(arrays["weight"], [[0, 0.25, 0.5], [0.75, 1, 1.25]])
    np.testing.assert_array_equal(arrays["turned"], [[0, 0.75], [0.25, 1], [0.5, 1.25]])
    np.testing.assert_array_equal(arrays["bias"], [1, 1.25])
    assert arrays["scale"].shape == ()
    assert arrays["scale"] == 7
    assert all(a.flags.c_contiguous and a.flags.owndata for a in arrays.values())


@LAYOUTS
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("DoubleStorage", np.array([1.5, -2], "<f8")),
        ("HalfStorage", np.array([0.5, 65504], "<f2")),
        ("LongStorage", np.array([2**40, -1], "<i8")),
        ("IntStorage", np.array([2**30, -1], "<i4")),
        ("ShortStorage", np.array([300, -1], "<i2")),
        ("CharStorage", np.array([-128, 127], "i1")),
        ("ByteStorage", np.array([0, 255], "u1")),
        ("BoolStorage", np.array([True, False])),
    ],
)
def test_keeps_number_types(layout, kind, values, load):
    body = table({"x": tensor("k", 2, 0, (2,), (1,), kind)})
    got = load(layout(body, {"k": values}))["x"]
    assert got.dtype == values.dtype
    np.testing.assert_array_equal(got, values)


def test_bfloat16_is_widened(load):
    # 0x3FC0 = 1.5 and 0xC000 = -2 in bfloat16, the upper half of a float32
    body = table({"x": tensor("k", 2, 0, (2,), (1,), "BFloat16Storage")})
    got = load(stream(body, {"k": np.array([0x3FC0, 0xC000], "<u2")}))["x"]
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, [1.5, -2])


@LAYOUTS
def test_takes_one_entry_and_skips_the_storages_of_the_others(layout, load):
    inner = table({"w": tensor("b", 2, 0, (2,), (1,))})
    other = table({"m": tensor("a", 6, 0, (6,), (1,), "DoubleStorage")})
    body = table({"step": number(5), "state": inner, "optimizer": other})
    storages = {"a": np.zeros(6, "<f8"), "b": np.array([3, 4], "<f4")}
    assert load(layout(body, storages), "state")["w"].tolist() == [3, 4]


def test_parameters_and_attributes_of_a_state_dict(load):
    parameter = (
        name("torch._utils", "_rebuild_parameter")
        + row(tensor("0", 6, 0, (6,), (1,)), b"\x88", ORDERED)
        + b"R"
    )
    # torch gives a state dict an attribute `_metadata` with BUILD
    metadata = b"}" + text("_metadata") + ORDERED + b"sb"
    arrays = load(stream(table({"p": parameter}) + metadata, {"0": SIX}))
    np.testing.assert_array_equal(arrays["p"], SIX)


@settings(deadline=None)
@given(
    shape=st.lists(st.integers(0, 4), min_size=0, max_size=4),
    data=st.data(),
)
def test_any_view_is_what_numpy_makes_of_it(tmp_path_factory, shape, data):
    whole = np.arange(int(np.prod(shape)) + 3, dtype="<f4")
    base = whole[3:].reshape(shape)
    axes = data.draw(st.permutations(range(len(shape))))
    view = base.transpose(axes)
    strides = [s // 4 for s in view.strides]
    body = table({"v": tensor("0", whole.size, 3, view.shape, strides)})
    path = tmp_path_factory.getbasetemp() / "view.pt"
    path.write_bytes(stream(body, {"0": whole}))
    np.testing.assert_array_equal(torchfile.read(path)["v"], view)


class Command:
    """Unpickling this would run a command."""

    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_runs_a_command_is_refused(tmp_path, load, protocol):
    mark = tmp_path / "ran"
    evil = pickle.dumps(Command(mark), protocol=protocol)
    # Everywhere that a pickle is read: first in the stream, as the object, as the list of keys.
    start = head(MAGIC) + head(1001)
    files = [evil, head(MAGIC) + evil, start + evil, start + head({"little_endian": True}) + evil]
    good = stream(table({"x": tensor("0", 6, 0, (6,), (1,))}), {})
    files.append(good[: -len(head([]))] + evil)
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("m/data.pkl", evil)
    files.append(box.getvalue())
    for data in files:
        with pytest.raises(WeightsError, match=r"refused: it (asks for (posix|nt)\.system|holds)"):
            load(data)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("module", "attribute"),
    [
        ("builtins", "eval"),
        ("os", "system"),
        ("collections", "OrderedDict.fromkeys"),
        ("collections", "deque"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
        ("torch._utils", "_rebuild_device_tensor_from_numpy"),
        ("torch.storage", "_load_from_bytes"),
        ("numpy", "fromfile"),
        ("empathia.weights.torchfile", "read"),
    ],
)
def test_any_other_name_is_refused(module, attribute, load):
    body = table({"x": name(module, attribute)})
    with pytest.raises(WeightsError, match="refused: it asks for " + module):
        load(stream(body, {}))


def test_a_pickle_cannot_alter_the_functions_that_it_may_call(load):
    change = b"N}" + text("__defaults__") + row(number(1)) + b"s\x86b"
    for target in (
        name("torch._utils", "_rebuild_tensor_v2"),
        name("torch", "FloatStorage"),
        name("collections", "OrderedDict"),
    ):
        with pytest.raises(WeightsError):
            load(
                stream(
                    target + change + b"0" + table({"x": tensor("0", 6, 0, (6,), (1,))}), {"0": SIX}
                )
            )
    body = table({"x": tensor("0", 6, 0, (6,), (1,))})
    np.testing.assert_array_equal(load(stream(body, {"0": SIX}))["x"], SIX)


@LAYOUTS
@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [
        ((7,), (1,), 0),  # longer than the storage
        ((6,), (1,), 1),  # shifted over its end
        ((2, 3), (100, 1), 0),  # strides that leap out
        ((2**30,), (0,), 0),  # one number blown up to gigabytes
        ((-1,), (1,), 0),
        ((2,), (-1,), 1),
        ((2,), (1,), -1),
        ((2, 3), (1,), 0),  # ranks differ
    ],
)
def test_a_tensor_must_lie_in_its_storage(layout, shape, strides, offset, load):
    body = table({"x": tensor("0", 6, offset, shape, strides)})
    with pytest.raises(WeightsError, match="no whole PyTorch checkpoint"):
        load(layout(body, {"0": SIX}))


@LAYOUTS
def test_every_cut_file_is_noticed(layout, load):
    data = layout(table({"x": tensor("0", 6, 0, (6,), (1,))}), {"0": SIX})
    for length in range(len(data)):
        with pytest.raises(WeightsError):
            load(data[:length])


def test_a_wild_memo_index_does_not_eat_the_memory(load):
    resource = pytest.importorskip("resource", reason="needs POSIX")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = table({"x": tensor("0", 6, 0, (6,), (1,))}) + b"r\xff\xff\xff\x0f"
    with pytest.raises(WeightsError, match="wild memo index"):
        load(stream(body, {"0": SIX}))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@LAYOUTS
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_file_never_raises_anything_else(tmp_path_factory, layout, data):
    whole = layout(table({"x": tensor("0", 6, 0, (2, 3), (3, 1))}), {"0": SIX})
    place = data.draw(st.integers(0, len(whole) - 1))
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    noise = data.draw(st.binary(min_size=1, max_size=4))
    path.write_bytes(whole[:place] + noise + whole[place + 1 :])
    try:
        arrays = torchfile.read(path)
    except WeightsError:
        return
    assert all(isinstance(k, str) and isinstance(v, np.ndarray) for k, v in arrays.items())


def test_says_what_is_wrong(tmp_path, load):
    with pytest.raises(WeightsError, match="there is no file"):
        torchfile.read(tmp_path / "absent.pt")
    nested = stream(table({"step": number(1), "state": table({})}), {})
    with pytest.raises(WeightsError, match=r"no dictionary of tensors \(found: step, state\)"):
        load(nested)
    with pytest.raises(WeightsError, match=r"no dictionary 'model' \(found: step, state\)"):
        load(nested, "model")
    with pytest.raises(WeightsError, match="big-endian"):
        load(stream(table({}), {}, little=False))
    with pytest.raises(WeightsError, match="big-endian"):
        load(packed(table({}), {}, order=b"big"))
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("readme.txt", "no checkpoint")
    with pytest.raises(WeightsError, match=r"zip without data\.pkl"):
        load(box.getvalue())
    with pytest.raises(WeightsError, match="no whole PyTorch checkpoint"):
        load(b"RIFF....WAVE")
    with pytest.raises(WeightsError, match="refused: it holds MEMOIZE, which torch does not write"):
        load(pickle.dumps({}, protocol=4))
    longer = stream(table({"x": tensor("0", 7, 0, (6,), (1,))}), {"0": SIX})
    with pytest.raises(WeightsError, match="storage 0 has 6 numbers, expected 7"):
        load(longer)


@pytest.mark.parametrize("new", [False, True])
def test_agrees_with_torch(tmp_path, new):
    torch = pytest.importorskip("torch", reason="torch is not installed (extra 'train')")
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(3, 4, num_layers=2)
    state = lstm.state_dict()
    state["half"] = torch.randn(3, 2).half().T
    state["brain"] = torch.randn(5).bfloat16()
    state["whole"] = torch.arange(12).reshape(3, 4)[1:, ::2]
    path = tmp_path / "lstm.pt"
    torch.save({"model_state": state, "step": 3}, path, _use_new_zipfile_serialization=new)
    arrays = torchfile.read(path, "model_state")
    assert set(arrays) == set(state)
    for key, value in state.items():
        expected = value.float() if value.dtype == torch.bfloat16 else value
        np.testing.assert_array_equal(arrays[key], expected.numpy())
