"""An encrypted account: what the database shows of it, and what opens it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from little_diary import CHEAP, SECRET, person, spoken
from sqlalchemy import text

from empathia.errors import AccessError, DiaryError
from empathia.service.diary import accounts, entries, sealing
from empathia.service.diary.baseline import Baseline, set_baseline
from empathia.service.diary.records import Feeling


def test_a_seal_opens_what_it_closed_at_its_place_alone():
    seal = sealing.Seal("a" * 32, sealing.new_key())
    closed = seal.close("e/words", b"private")
    assert b"private" not in closed
    assert seal.open("e/words", closed) == b"private"
    assert seal.close("e/words", b"private") != closed  # a nonce of its own
    other = sealing.Seal("b" * 32, seal.key)
    wrong = sealing.Seal("a" * 32, sealing.new_key())
    for who, place, content in (
        (seal, "f/words", closed),
        (seal, "e/summary", closed),
        (other, "e/words", closed),
        (wrong, "e/words", closed),
        (seal, "e/words", closed[:-1]),
        (seal, "e/words", b"\x02" + closed[1:]),
        (seal, "e/words", closed[:20] + bytes([closed[20] ^ 1]) + closed[21:]),
        (seal, "e/words", b""),
    ):
        with pytest.raises(DiaryError, match="changed or cut"):
            who.open(place, content)


def test_a_key_is_wrapped_by_its_passphrase():
    key = sealing.new_key()
    wrapped = sealing.wrap(key, SECRET, CHEAP)
    assert key not in wrapped
    assert sealing.unwrap(wrapped, SECRET) == key
    assert sealing.wrap(key, SECRET, CHEAP) != wrapped
    with pytest.raises(AccessError):
        sealing.unwrap(wrapped, "not this one")
    with pytest.raises(AccessError):
        sealing.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), SECRET)


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_what_is_private_stands_in_no_file(place, store, encrypted):
    marker = secrets.token_hex(12)
    visit = person(store, encrypted=encrypted)
    calm = Baseline({marker: 1.0}, {marker: 1.0}, 9.0, datetime(2026, 1, 1, tzinfo=UTC))
    set_baseline(store, visit, calm)
    felt = Feeling({marker: 1.0})
    name = entries.add(store, visit, spoken(marker, marker.encode(), feeling=felt))
    everything = b"".join(p.read_bytes() for p in Path(place).parent.iterdir())
    assert (marker.encode() in everything) is not encrypted
    assert b"RIFF" not in everything
    with store.reading() as connection:
        row = connection.execute(text("SELECT day, moment, kind, zone FROM entries")).one()
    assert (str(row.day), str(row.moment)[:16]) == ("2026-11-30", "2026-11-30 03:00")
    assert (row.kind, row.zone) == ("voice", "UTC")
    assert entries.get(store, visit, name).feeling == felt


def test_another_process_has_no_key_until_somebody_signs_in(place, store, new_store):
    visit = person(store, encrypted=True)
    plain = person(store, "bob")
    name = entries.add(store, visit, spoken("secret"))
    other = new_store(place)
    assert accounts.resume(other, plain.token).account == plain.account
    with pytest.raises(AccessError, match="locked"):
        accounts.resume(other, visit.token)
    again = accounts.sign_in(other, "ann", SECRET)
    assert entries.get(other, again, name).words == "secret"
    assert accounts.resume(store, visit.token) == visit


def test_a_key_is_forgotten_with_its_session(store, clock):
    visits = [person(store, encrypted=True), accounts.sign_in(store, "ann", SECRET)]
    assert len(store.unlocked) == 2
    accounts.sign_out(store, visits[0])
    assert len(store.unlocked) == 1
    clock.goes(days=31)
    with pytest.raises(AccessError):
        accounts.resume(store, visits[1].token)
    assert store.unlocked == {}
    again = accounts.sign_in(store, "ann", SECRET)
    accounts.close(store, again, SECRET)
    assert store.unlocked == {}


def test_a_key_is_forgotten_when_its_time_is_over_even_if_nobody_comes_back(store, clock):
    old = person(store, encrypted=True)
    clock.goes(days=30)
    person(store, "bob", encrypted=True)
    assert [seal.account for seal, _ in store.unlocked.values()] != [old.account.id]
    assert len(store.unlocked) == 1


def test_what_was_changed_in_the_database_is_told(store):
    visit = person(store, encrypted=True)
    first, second = (entries.add(store, visit, spoken(words)) for words in ("one", "two"))
    with store.writing() as connection:
        moved = "(SELECT words FROM entries WHERE id = :a)"
        connection.execute(
            text(f"UPDATE entries SET words = {moved} WHERE id = :b"), {"a": first, "b": second}
        )
    assert entries.get(store, visit, first).words == "one"
    with pytest.raises(DiaryError, match="changed or cut"):
        entries.get(store, visit, second)
