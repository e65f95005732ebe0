"""Files of torch.save in both layouts, made byte by byte."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C


def head(value: object) -> bytes:
    return pickle.dumps(value, protocol=2)


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def row(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


ORDERED = name("collections", "OrderedDict") + b")R"


def tensor(key: str, count: int, offset: int, shape, strides, kind: str = "FloatStorage") -> bytes:
    storage = row(text("storage"), name("torch", kind), text(key), text("cpu"), number(count))
    return (
        name("torch._utils", "_rebuild_tensor_v2")
        + row(
            storage + b"Q",
            number(offset),
            row(*map(number, shape)),
            row(*map(number, strides)),
            b"\x89",
            ORDERED,
        )
        + b"R"
    )


def table(items: dict[str, bytes]) -> bytes:
    pairs = b"".join(text(k) + v for k, v in items.items())
    return ORDERED + b"(" + pairs + b"u"


def pickled(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def stream(body: bytes, storages: dict[str, np.ndarray], little: bool = True) -> bytes:
    numbers = b"".join(struct.pack("<q", a.size) + a.tobytes() for a in storages.values())
    system = {"protocol_version": 1001, "little_endian": little, "type_sizes": {}}
    return head(MAGIC) + head(1001) + head(system) + pickled(body) + head(list(storages)) + numbers


def packed(body: bytes, storages: dict[str, np.ndarray], order: bytes = b"little") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        box.writestr("model/data.pkl", pickled(body))
        box.writestr("model/byteorder", order)
        for key, array in storages.items():
            box.writestr(f"model/data/{key}", array.tobytes())
    return buffer.getvalue()


SIX = np.arange(6, dtype="<f4") / 4
