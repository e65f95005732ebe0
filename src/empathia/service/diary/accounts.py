"""Whose diary it is: accounts, passphrases and sessions."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta

from argon2.exceptions import VerificationError
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from empathia.config.rules import Rule, one_of
from empathia.errors import AccessError, UsageError
from empathia.service.diary.days import zone_of
from empathia.service.diary.sealing import Seal, new_key, unwrap, wrap
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ACCOUNTS, SESSIONS

STAYS = timedelta(days=30)
"""How long a session lasts."""
_LANGUAGE = one_of("en", "ko")
_NAME = Rule(
    "1 to 64 characters that can be seen",
    lambda v: 0 < len(v) <= 64 and v.isprintable() and v == v.strip(),
)
_PASSPHRASE = Rule("8 to 1,024 characters", lambda v: 8 <= len(v) <= 1024)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who keeps a diary.

    Args:
        id: By chance.
        name: Unique, normalised: case, width and composition do not count.
        zone: IANA's name of the time zone that days follow.
        language: "en" or "ko".
        keeps_audio: Whether recordings are kept.
        is_encrypted: Whether entries are sealed.
        has_baseline: Whether a calm recording was measured.
    """

    id: str
    name: str
    zone: str
    language: str
    keeps_audio: bool
    is_encrypted: bool
    has_baseline: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """An open session; nothing of a diary is read or written without one.

    Args:
        account: Whose it is.
        token: What the client shows.
        seal: Opens what is kept of this account.
    """

    account: Account
    token: str = field(repr=False)
    seal: Seal = field(repr=False)


def register(
    store: Store,
    name: str,
    passphrase: str,
    *,
    zone: str = "UTC",
    language: str = "en",
    keeps_audio: bool = False,
    encrypted: bool = False,
) -> Visit:
    """Make an account, and sign in.

    Args:
        store: The database.
        name: Not taken yet.
        passphrase: Kept as argon2's hash alone. Nobody can restore it: what is encrypted is lost
            with it.
        zone: IANA's name, such as "Asia/Seoul".
        language: "en" or "ko".
        keeps_audio: Whether recordings are to be kept.
        encrypted: Whether entries are sealed; for good.

    Raises:
        UsageError: One of these cannot be, or the name is taken.
    """
    name, secret = known_as(name), _normal(passphrase)
    _NAME.check("name", name)
    _check_passphrase(secret)
    _check(zone, language)
    row = {
        "id": secrets.token_hex(16),
        "name": name,
        **_locked(store, secret, new_key() if encrypted else None),
        "zone": zone,
        "language": language,
        "keeps_audio": keeps_audio,
    }
    try:
        with store.writing() as connection:
            connection.execute(insert(ACCOUNTS).values(row))
    except IntegrityError:
        raise UsageError(f"the name '{name}' is taken", "Choose another") from None
    return sign_in(store, name, passphrase)


def sign_in(store: Store, name: str, passphrase: str) -> Visit:
    """Begin a session. An unknown name costs as much time as a wrong passphrase.

    Raises:
        AccessError: There is no such account, or this is not its passphrase: not told which.
    """
    name, secret = known_as(name), _normal(passphrase)
    if len(secret) > 1024 or not _NAME.holds(name):  # nobody's: databases trip over some of these
        raise _refused()
    with store.reading() as connection:
        row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.name == name)).mappings().first()
    if row is None:
        _locked(store, secret, None)
        raise _refused()
    _verify(store, row, secret)
    return _begin(store, row, secret)


def _begin(store: Store, kept: RowMapping, secret: str) -> Visit:
    account = _account(kept)
    with store.hashing:
        seal = Seal(account.id, unwrap(kept["wrapped"], secret) if account.is_encrypted else None)
    token = secrets.token_urlsafe(32)
    now, digest = store.clock(), _digest(token)
    row = {"digest": digest, "account": account.id, "expires": now + STAYS}
    same = (ACCOUNTS.c.id == account.id, ACCOUNTS.c.passphrase == kept["passphrase"])
    with store.writing() as connection:
        if connection.execute(select(ACCOUNTS.c.id).where(*same).with_for_update()).first() is None:
            raise _refused()  # deleted, or the passphrase changed, since it was read
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= now))
        connection.execute(insert(SESSIONS).values(row))
    if account.is_encrypted:
        _forget(store, None)
        store.unlocked[digest] = seal, now + STAYS
    return Visit(account, token, seal)


def resume(store: Store, token: str) -> Visit:
    """The open session of a token.

    Raises:
        AccessError: It has ended, or it is of an encrypted account and this process, which
            started since, does not have the key.
    """
    digest = _digest(token)
    query = (
        select(ACCOUNTS)
        .join(SESSIONS)
        .where(SESSIONS.c.digest == digest, SESSIONS.c.expires > store.clock())
    )
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        store.unlocked.pop(digest, None)
        raise AccessError("the session has ended", "Sign in again")
    account = _account(row)
    if not account.is_encrypted:
        return Visit(account, token, Seal(account.id))
    kept = store.unlocked.get(digest)  # once: who signs out takes it away meanwhile
    if kept is None:
        raise AccessError("the diary is locked since the service started", "Sign in again")
    return Visit(account, token, kept[0])


def sign_out(store: Store, visit: Visit) -> None:
    """End a session, and forget its key."""
    digest = _digest(visit.token)
    store.unlocked.pop(digest, None)
    with store.writing() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest))


def change(
    store: Store,
    visit: Visit,
    *,
    zone: str | None = None,
    language: str | None = None,
    keeps_audio: bool | None = None,
) -> Visit:
    """Change how an account is kept; None leaves things as they are.

    Entries stay on the days on which they were written, and audio that is kept stays.

    Raises:
        UsageError: One of these cannot be.
    """
    given = {"zone": zone, "language": language, "keeps_audio": keeps_audio}
    values = {name: v for name, v in given.items() if v is not None}
    _check(zone, language)
    if values:
        mine = ACCOUNTS.c.id == visit.account.id
        with store.writing() as connection:
            connection.execute(update(ACCOUNTS).where(mine).values(values))
    return resume(store, visit.token)


def change_passphrase(store: Store, visit: Visit, old: str, new: str) -> Visit:
    """Change the passphrase, end all sessions, and begin one. The old hash is wiped.

    Raises:
        AccessError: The old one is wrong.
        UsageError: The new one cannot be.
    """
    secret = _normal(new)
    _check_passphrase(secret)
    row = _confirmed(store, visit, old)
    values = _locked(store, secret, visit.seal.key)
    with store.writing() as connection:
        # Not over what another session changed it to meanwhile.
        same = (ACCOUNTS.c.id == row["id"], ACCOUNTS.c.passphrase == row["passphrase"])
        if not connection.execute(update(ACCOUNTS).where(*same).values(values)).rowcount:
            raise _refused()
        connection.execute(delete(SESSIONS).where(SESSIONS.c.account == row["id"]))
    _forget(store, visit.account.id)
    store.wipe()
    return sign_in(store, visit.account.name, new)


def close(store: Store, visit: Visit, passphrase: str) -> None:
    """Delete an account with everything that it has, truly.

    Raises:
        AccessError: The passphrase is wrong.
        DiaryError: It is gone, but its bytes are not yet; see :meth:`Store.wipe`.
    """
    _confirmed(store, visit, passphrase)
    with store.writing() as connection:
        connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == visit.account.id))
    _forget(store, visit.account.id)
    store.wipe()


def known_as(name: str) -> str:
    """The name of an account however it was typed.

    Raises:
        UsageError: It is no Unicode.
    """
    return _normal(name).casefold()


def everyone(store: Store) -> frozenset[str]:
    """Ids of all accounts."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(ACCOUNTS.c.id)).scalars())


def _confirmed(store: Store, visit: Visit, passphrase: str) -> RowMapping:
    query = select(ACCOUNTS).where(ACCOUNTS.c.id == visit.account.id)
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise _refused()
    _verify(store, row, _normal(passphrase))
    return row


def _locked(store: Store, secret: str, key: bytes | None) -> dict[str, str | bytes | None]:
    """What is kept of a passphrase, and of the data key that it opens."""
    with store.hashing:
        wrapped = None if key is None else wrap(key, secret, store.hasher)
        return {"passphrase": store.hasher.hash(secret), "wrapped": wrapped}


def _verify(store: Store, row: RowMapping, secret: str) -> None:
    try:
        with store.hashing:
            store.hasher.verify(row["passphrase"], secret)
    except VerificationError:
        raise _refused() from None


def _refused() -> AccessError:
    return AccessError("name and passphrase do not belong together", "Check both, and try again")


def _forget(store: Store, account: str | None) -> None:
    """Let go of the keys of an account, and of those whose sessions have ended."""
    now = store.clock()
    for digest, (seal, until) in list(store.unlocked.items()):
        if seal.account == account or until <= now:
            store.unlocked.pop(digest, None)


def _account(row: RowMapping) -> Account:
    return Account(
        row["id"],
        row["name"],
        row["zone"],
        row["language"],
        row["keeps_audio"],
        is_encrypted=row["wrapped"] is not None,
        has_baseline=row["baseline"] is not None,
    )


def _check(zone: str | None, language: str | None) -> None:
    if zone is not None:
        zone_of(zone)
    if language is not None:
        _LANGUAGE.check("language", language)


def _check_passphrase(secret: str) -> None:
    if not _PASSPHRASE.holds(secret):  # and never shown
        raise UsageError(
            f"a passphrase of {len(secret)} characters, expected {_PASSPHRASE.expected}",
            "Take several words",
        )


def _normal(typed: str) -> str:
    """The same text however it was typed: systems compose Korean differently."""
    try:
        return unicodedata.normalize("NFKC", typed.encode().decode()).strip()
    except UnicodeEncodeError:
        raise UsageError("a text with half a character, expected Unicode", "Mend it") from None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
