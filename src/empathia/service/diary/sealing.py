"""Encryption at rest of one account: AES-256-GCM under a data key that its passphrase wraps.

Sealed are words, summaries, feelings, timelines, audio and the baseline, each bound to its account,
entry and field, so that none can stand in for another. Days, moments, zones, kinds, languages,
bookmarks, types and sizes stay readable. Who has the database and no passphrase reads no more; who
has the memory of the running service while a session is open does.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from empathia.errors import AccessError, DiaryError

_NONCE, _SALT, _KEY = 12, 16, 32  # bytes
_HEAD = struct.Struct(f">BIIB{_SALT}s")  # version, passes, KiB, lanes, salt
_FIRST = b"\x01"


@dataclass(frozen=True, slots=True)
class Seal:
    """What an account's private bytes are written and read with.

    Args:
        account: Its id.
        key: The data key; None leaves everything as it is.
    """

    account: str
    key: bytes | None = field(default=None, repr=False)

    def close(self, place: str, content: bytes) -> bytes:
        """Content as it is kept.

        Args:
            place: Where: the same place opens it.
            content: Plain.
        """
        if self.key is None:
            return content
        nonce = secrets.token_bytes(_NONCE)
        return _FIRST + nonce + AESGCM(self.key).encrypt(nonce, content, self._bound(place))

    def open(self, place: str, content: bytes) -> bytes:
        """What was closed.

        Raises:
            DiaryError: It was changed, moved or cut.
        """
        if self.key is None:
            return content
        nonce, sealed = content[1 : 1 + _NONCE], content[1 + _NONCE :]
        try:
            if content[:1] != _FIRST:
                raise InvalidTag
            return AESGCM(self.key).decrypt(nonce, sealed, self._bound(place))
        except (InvalidTag, ValueError):
            raise DiaryError(
                "something sealed in the diary was changed or cut, expected it as it was written",
                "Restore the database from a backup",
            ) from None

    def _bound(self, place: str) -> bytes:
        return f"{self.account}/{place}".encode()


def new_key() -> bytes:
    """A data key by chance."""
    return secrets.token_bytes(_KEY)


def wrap(key: bytes, passphrase: str, hasher: PasswordHasher) -> bytes:
    """A data key that this passphrase alone opens; the cost of a guess is kept beside it."""
    cost = (hasher.time_cost, hasher.memory_cost, hasher.parallelism)
    head = _HEAD.pack(1, *cost, secrets.token_bytes(_SALT))
    nonce = secrets.token_bytes(_NONCE)
    return head + nonce + AESGCM(_derived(passphrase, head)).encrypt(nonce, key, head)


def unwrap(wrapped: bytes, passphrase: str) -> bytes:
    """The data key.

    Raises:
        AccessError: This passphrase does not open it.
    """
    head, rest = wrapped[: _HEAD.size], wrapped[_HEAD.size :]
    try:
        return AESGCM(_derived(passphrase, head)).decrypt(rest[:_NONCE], rest[_NONCE:], head)
    except InvalidTag:
        raise AccessError(
            "the passphrase does not open this diary's key", "Restore it from a backup"
        ) from None


def _derived(passphrase: str, head: bytes) -> bytes:
    _, passes, memory, lanes, salt = _HEAD.unpack(head)
    return hash_secret_raw(
        passphrase.encode(), salt, passes, memory, lanes, hash_len=_KEY, type=Type.ID
    )
