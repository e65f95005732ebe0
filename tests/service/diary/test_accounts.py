"""Who may open a diary, and who may not."""

from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher
from little_diary import SECRET, person, written
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from empathia.errors import AccessError, UsageError
from empathia.service.diary import accounts, entries
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ACCOUNTS


def _all(store: Store, sql: str) -> list[tuple]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_an_account_says_what_it_was_given(store):
    visit = accounts.register(store, "Ann", SECRET, zone="Asia/Seoul", language="ko")
    assert (visit.account.name, visit.account.zone, visit.account.language) == (
        "ann",
        "Asia/Seoul",
        "ko",
    )
    assert visit.account.keeps_audio is False
    assert visit.account.is_encrypted is False
    assert accounts.resume(store, visit.token) == visit


@pytest.mark.parametrize(
    "again", ["ANN", " ann ", "\uff41nn", "민지", "\u1106\u1175\u11ab\u110c\u1175"]
)
def test_a_name_is_one_however_it_is_typed(store, again):
    person(store, "ann")
    person(store, "민지")
    with pytest.raises(UsageError, match="is taken"):
        accounts.register(store, again, SECRET)
    assert accounts.sign_in(store, again, SECRET).account.name in {"ann", "민지"}


def test_a_passphrase_is_one_however_it_is_composed(store):
    accounts.register(store, "ann", "비밀번호 하나 둘")
    decomposed = "".join(__import__("unicodedata").normalize("NFD", c) for c in "비밀번호 하나 둘")
    assert decomposed != "비밀번호 하나 둘"
    assert accounts.sign_in(store, "ann", decomposed).account.name == "ann"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "1 to 64"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\ud800"}, "half a character"),
        ({"passphrase": "short"}, "5 characters, expected 8"),
        ({"passphrase": "x" * 1025}, "1,025|1025"),
        ({"zone": "Mars/Base"}, "time zone"),
        ({"zone": "../../etc/passwd"}, "time zone"),
        ({"zone": "Asia"}, "time zone"),
        ({"zone": ""}, "time zone"),
        ({"language": "fr"}, "'en' or 'ko'"),
    ],
)
def test_what_cannot_be_is_refused(store, change, said):
    given = {"name": "ann", "passphrase": SECRET, **change}
    with pytest.raises(UsageError, match=said) as error:
        accounts.register(store, **given)
    assert given["passphrase"] not in str(error.value)
    assert _all(store, "SELECT count(*) FROM accounts") == [(0,)]


def test_a_wrong_name_and_a_wrong_passphrase_are_told_alike(store):
    person(store)
    messages = set()
    for name, secret in (("bob", SECRET), ("ann", "not this one"), ("bob", "x" * 2000), ("", "")):
        with pytest.raises(AccessError) as error:
            accounts.sign_in(store, name, secret)
        messages.add(str(error.value))
    assert len(messages) == 1


def test_a_wrong_name_and_a_wrong_passphrase_take_the_same_time(store):
    """A hash is made for both: without it one would come 20 times sooner."""
    store.hasher = PasswordHasher(time_cost=2, memory_cost=4096, parallelism=1)
    person(store)

    def least(name: str) -> float:
        spans = []
        for _ in range(4):
            begin = time.process_time()
            with pytest.raises(AccessError):
                accounts.sign_in(store, name, "not this one")
            spans.append(time.process_time() - begin)
        return min(spans)

    assert 0.5 < least("ann") / least("bob") < 2


def test_neither_token_nor_passphrase_is_kept_or_shown(store):
    visit = person(store, encrypted=True)
    kept = str(_all(store, "SELECT * FROM accounts") + _all(store, "SELECT * FROM sessions"))
    assert SECRET not in kept
    assert visit.token not in kept
    assert visit.token not in repr(visit)
    assert repr(visit.seal.key) not in repr(visit)


def test_an_error_of_the_database_shows_nothing_of_what_was_to_be_written(store):
    person(store)
    row = dict.fromkeys(ACCOUNTS.c.keys()) | {"name": "ann", "passphrase": "written"}
    with pytest.raises(IntegrityError) as error, store.writing() as connection:
        connection.execute(insert(ACCOUNTS).values(row))
    assert "INSERT" in str(error.value)
    assert "written" not in str(error.value).partition("[SQL")[2]


def test_a_session_ends(store, clock):
    visit = person(store)
    other = accounts.sign_in(store, "ann", SECRET)
    clock.goes(days=29)
    assert accounts.resume(store, visit.token).account == visit.account
    accounts.sign_out(store, visit)
    for token in (visit.token, "", "nonsense", "\ud800"):
        with pytest.raises(AccessError, match="session has ended"):
            accounts.resume(store, token)
    clock.goes(days=1)
    with pytest.raises(AccessError):
        accounts.resume(store, other.token)
    accounts.sign_in(store, "ann", SECRET)
    assert _all(store, "SELECT count(*) FROM sessions") == [(1,)]


def test_settings_change(store):
    visit = person(store)
    changed = accounts.change(store, visit, zone="Europe/Berlin", language="ko", keeps_audio=False)
    assert accounts.resume(store, visit.token) == changed
    assert (changed.account.zone, changed.account.language) == ("Europe/Berlin", "ko")
    assert changed.account.keeps_audio is False
    assert accounts.change(store, changed) == changed
    with pytest.raises(UsageError):
        accounts.change(store, changed, zone="Berlin")


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_new_passphrase_ends_all_sessions_and_opens_what_was_written(store, encrypted):
    visit = person(store, encrypted=encrypted)
    other = accounts.sign_in(store, "ann", SECRET)
    entry = entries.add(store, visit, written("before"))
    with pytest.raises(AccessError):
        accounts.change_passphrase(store, visit, "not this one", "another secret")
    with pytest.raises(UsageError):
        accounts.change_passphrase(store, visit, SECRET, "short")
    changed = accounts.change_passphrase(store, visit, SECRET, "another secret")
    for old in (visit, other):
        with pytest.raises(AccessError):
            accounts.resume(store, old.token)
    with pytest.raises(AccessError):
        accounts.sign_in(store, "ann", SECRET)
    assert entries.get(store, changed, entry).words == "before"
    again = accounts.sign_in(store, "ann", "another secret")
    assert entries.get(store, again, entry).words == "before"


class Meanwhile(PasswordHasher):
    """Does something once, as soon as a passphrase was found to be right."""

    def __init__(self, act):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.act = act

    def verify(self, *given):
        super().verify(*given)
        act, self.act = self.act, None
        if act is not None:
            act()


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("way", ["changed", "closed"])
def test_no_session_begins_with_a_passphrase_that_is_none_any_more(store, way, encrypted):
    visit = person(store, encrypted=encrypted)
    ways = {
        "changed": lambda: accounts.change_passphrase(store, visit, SECRET, "another secret"),
        "closed": lambda: accounts.close(store, visit, SECRET),
    }
    store.hasher = Meanwhile(ways[way])
    with pytest.raises(AccessError, match="do not belong together"):
        accounts.sign_in(store, "ann", SECRET)
    assert len(store.unlocked) == (encrypted and way == "changed")


def test_an_account_goes_with_all_that_it_has(store):
    ann, bob = person(store, "ann"), person(store, "bob")
    entries.add(store, ann, written())
    kept = entries.add(store, bob, written())
    with pytest.raises(AccessError):
        accounts.close(store, ann, "not this one")
    accounts.close(store, ann, SECRET)
    for table in ("entries", "sessions"):
        assert _all(store, f"SELECT account FROM {table}") == [(bob.account.id,)]
    with pytest.raises(AccessError):
        accounts.resume(store, ann.token)
    with pytest.raises(AccessError):
        accounts.sign_in(store, "ann", SECRET)
    with pytest.raises(AccessError, match="was deleted"):
        entries.add(store, ann, written())
    assert entries.get(store, bob, kept).words
    assert person(store, "ann").account.id != ann.account.id
