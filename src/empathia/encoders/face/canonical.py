"""The face that looks straight ahead, out of the geometry that the task file carries.

It is a protocol buffer: a mesh (field 1: among others vertices, field 3, of five numbers each) and
the weights of the landmarks that the pose is told from (field 2: landmark, weight).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from empathia.errors import WeightsError
from empathia.face.pose import Model

_MESH, _BASIS, _VERTICES = 1, 2, 3
_VERTEX = 5  # x to the right, y up, z to the camera, and two of a texture


def canonical(content: bytes) -> Model:
    """Read it.

    Raises:
        WeightsError: It is something else.
    """
    try:
        fields = list(_fields(content))
        mesh = next(v for k, v in fields if k == _MESH and isinstance(v, bytes))
        values = [v for k, v in _fields(mesh) if k == _VERTICES and isinstance(v, float)]
        points = np.array(values, np.float32).reshape(-1, _VERTEX)[:, :3]
        points[:, 1:] *= -1
        weights = np.zeros(len(points), np.float32)
        for held in (dict(_fields(v)) for k, v in fields if k == _BASIS and isinstance(v, bytes)):
            weights[int(held[1])] = held[2]
    except (StopIteration, ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise WeightsError(
            "the geometry of 'face_landmarker.task' does not parse",
            "Run: empathia weights pull face-landmarks",
        ) from error
    return Model(points, weights)


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Numbers and values of a message's fields; of the kinds that the file has."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value
        elif kind == 2:
            size, at = _varint(data, at)
            yield tag >> 3, data[at : at + size]
            at += size
        elif kind == 5:
            yield tag >> 3, float(struct.unpack_from("<f", data, at)[0])
            at += 4
        else:
            raise ValueError(f"a field of kind {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
