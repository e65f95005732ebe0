"""Files that are damaged in one place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def damaged(path: Path, mask: int = 0x41) -> Iterator[int]:
    """Turn bits of each byte of a file in turn, and tell where; at the end it is whole again.

    The mask makes of a member of a zip one that is encrypted, and one of a later version.
    """
    whole = path.read_bytes()
    for at, byte in enumerate(whole):
        path.write_bytes(whole[:at] + bytes([byte ^ mask]) + whole[at + 1 :])
        yield at
    path.write_bytes(whole)
