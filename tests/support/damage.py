"""Files that are damaged in one place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def damaged(path: Path, mask: int = 0x41, every: int = 1) -> Iterator[int]:
    """Turn bits of every so manieth byte of a file, and tell where; at the end it is whole again.

    The mask makes of a member of a zip one that is encrypted, and one of a later version.
    """
    whole = path.read_bytes()
    for at in range(0, len(whole), every):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        yield at
    path.write_bytes(whole)
