"""A diary goes out as a zip file and comes back the same; what is none, or hostile, is refused."""

from __future__ import annotations

import io
import json
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from little_diary import CHEAP, SILENT, person, spoken, written

from empathia.errors import AbsentError, InputError
from empathia.service.diary import entries
from empathia.service.diary.accounts import Visit
from empathia.service.diary.baseline import Baseline, baseline, set_baseline
from empathia.service.diary.exporting import export
from empathia.service.diary.importing import Brought, bring_in
from empathia.service.diary.store import Store

CALM = Baseline({"pitch": 180.5}, {"pitch": 21.0}, 31.5, datetime(2026, 1, 1, 9, tzinfo=UTC))
NASTY = "<script>alert(1)</script>\"'&</p>{{entries}}"


def _filled(store: Store, name: str = "ann", **more: object) -> Visit:
    visit = person(store, name, zone="Asia/Seoul", **more)
    set_baseline(store, visit, CALM)
    entries.add(store, visit, spoken("비가 왔다.", b"\x00RIFF" * 99, language="ko", bookmark=True))
    entries.add(store, visit, spoken("", feeling=SILENT, timeline=None, summary="", audio=None))
    entries.add(store, visit, written(NASTY, summary=NASTY, when=date(2024, 2, 29)))
    return visit


def _exported(store: Store, visit: Visit) -> bytes:
    file = io.BytesIO()
    assert export(store, visit, file) == len(entries.listed(store, visit))
    return file.getvalue()


def _whole(store: Store, visit: Visit) -> list[tuple]:
    """All that an account has."""
    rows: list[tuple] = []
    for entry in entries.listed(store, visit):
        timeline = entries.timeline(store, visit, entry.id) if entry.has_timeline else None
        audio = entries.audio(store, visit, entry.id) if entry.audio else None
        rows.append((entry, timeline, audio))
    return rows


@pytest.mark.parametrize(("out", "into"), [(False, True), (True, False)])
def test_a_diary_comes_back_the_same(store, out, into):
    ann = _filled(store, encrypted=out)
    bob = person(store, "bob", encrypted=into)
    zipped = _exported(store, ann)
    assert bring_in(store, bob, io.BytesIO(zipped)) == Brought(3, 0, 0)
    assert len(_whole(store, ann)) == 3
    assert _whole(store, bob) == _whole(store, ann)
    assert baseline(store, bob) == CALM
    assert bring_in(store, bob, io.BytesIO(zipped)) == Brought(0, 3, 0)
    assert _whole(store, bob) == _whole(store, ann)


def test_what_is_there_stays_as_it_is_and_what_is_gone_returns(store):
    ann = _filled(store)
    zipped = _exported(store, ann)
    kept, gone, _ = (e.id for e in entries.listed(store, ann))
    entries.change(store, ann, kept, words="edited since")
    entries.remove(store, ann, gone)
    set_baseline(store, ann, None)
    assert bring_in(store, ann, io.BytesIO(zipped)) == Brought(1, 2, 0)
    assert entries.get(store, ann, kept).words == "edited since"
    assert entries.get(store, ann, gone)
    assert baseline(store, ann) == CALM


def test_audio_comes_in_only_where_it_is_kept(store):
    zipped = _exported(store, _filled(store))
    bob = person(store, "bob", keeps_audio=False)
    assert bring_in(store, bob, io.BytesIO(zipped)) == Brought(3, 0, 1)
    assert [e.audio for e in entries.listed(store, bob)] == [None, None, None]


@pytest.mark.parametrize("whole", [False, True])
def test_an_entry_goes_out_without_what_goes_meanwhile(store, whole):
    ann = _filled(store)
    kept = next(e.id for e in entries.listed(store, ann) if e.audio)
    act = entries.remove if whole else entries.remove_audio

    class Slow(io.BytesIO):
        def write(self, data):
            if not self.getvalue():  # all entries are listed already
                act(store, ann, kept)
            return super().write(data)

    file = Slow()
    assert export(store, ann, file) == 3 - whole
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("diary.json"))["entries"] == 3 - whole
        members = [name for name in archive.namelist() if kept in name]
        assert members == ([] if whole else [f"entries/{kept}.json"])
        assert whole or json.loads(archive.read(members[0]))["audio"] is None


def test_an_empty_diary_goes_out_and_in(store):
    zipped = _exported(store, person(store))
    bob = person(store, "bob")
    assert bring_in(store, bob, io.BytesIO(zipped)) == Brought(0, 0, 0)
    with pytest.raises(AbsentError):
        baseline(store, bob)


def test_the_file_says_what_the_documentation_says(store):
    ann = _filled(store)
    with zipfile.ZipFile(io.BytesIO(_exported(store, ann))) as archive:
        assert archive.testzip() is None
        times = {i.date_time for i in archive.infolist()}
        assert times == {(2026, 11, 30, 12, 0, 0)}  # by the clocks of Seoul
        first = next(e for e in entries.listed(store, ann) if e.audio)
        assert json.loads(archive.read("diary.json")) == {
            "format": "empathia-diary",
            "version": 1,
            "exported": "2026-11-30T03:00:00+00:00",
            "entries": 3,
            "baseline": {
                "means": {"pitch": 180.5},
                "deviations": {"pitch": 21.0},
                "seconds": 31.5,
                "moment": "2026-01-01T09:00:00+00:00",
            },
        }
        assert json.loads(archive.read(f"entries/{first.id}.json")) == {
            "id": first.id,
            "moment": "2026-11-30T03:00:00+00:00",
            "day": "2026-11-30",
            "zone": "Asia/Seoul",
            "kind": "voice",
            "language": "ko",
            "words": "비가 왔다.",
            "summary": "You told of this: 비가 왔다.",
            "feeling": {"shares": {"joy": 0.75, "sadness": 0.25}, "abstained": None},
            "bookmark": True,
            "timeline": entries.timeline(store, ann, first.id),
            "audio": "audio/wav",
        }
        assert archive.read(f"audio/{first.id}.wav") == b"\x00RIFF" * 99


class Tags(HTMLParser):
    """Which tags, attributes and texts a page has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_runs_nothing_whatever_is_in_the_diary(store):
    ann = _filled(store, language="ko")
    with zipfile.ZipFile(io.BytesIO(_exported(store, ann))) as archive:
        page = Tags(archive.read("diary.html").decode())
        names = archive.namelist()
    assert page.tags.isdisjoint({"script", "iframe", "object", "img", "form", "audio"})
    assert [a for a in page.attributes if a.startswith("on") or a == "style"] == []
    assert len(page.links) == 1
    assert set(page.links) <= set(names)
    assert page.text.count(NASTY) == 2
    for shown in (
        "비가 왔다.",
        "기쁨기쁨 75%",  # what it is called, then the shares
        "감정 없음: nothing was said",
        "2026-11-30 12:00 ★",
        "일기",
    ):
        assert shown in page.text


def _bent(zipped: bytes, changes: Mapping[str, bytes | None], **options: int) -> bytes:
    """The file with members that are other, new or left out (None)."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(zipped)) as old,
        zipfile.ZipFile(file, "w", options.get("method", zipfile.ZIP_DEFLATED)) as new,
    ):
        members = {name: old.read(name) for name in old.namelist()}
        for name, content in {**members, **changes}.items():
            if content is not None:
                new.writestr(name, content)
    return file.getvalue()


def _entry(change: Callable[[dict], object]) -> Callable[[bytes], bytes]:
    """Bends the JSON of the spoken entry."""

    def bend(zipped: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            name = next(n for n in archive.namelist() if n.startswith("audio/"))
            name = f"entries/{name[6:38]}.json"
            data = json.loads(archive.read(name))
        changed = change(data)
        content = changed if isinstance(changed, bytes) else json.dumps(data).encode()
        return _bent(zipped, {name: content})

    return bend


def _head(**change: object) -> Callable[[bytes], bytes]:
    def bend(zipped: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            data = json.loads(archive.read("diary.json"))
        return _bent(zipped, {"diary.json": json.dumps({**data, **change}).encode()})

    return bend


def _twice(zipped: bytes) -> bytes:
    file = io.BytesIO(zipped)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("diary.json", b"{}")
    return file.getvalue()


def _large_index(_: bytes) -> bytes:
    """A list of members of 9 MB."""
    size = 9 << 20
    return bytes(size) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)


def _flipped(zipped: bytes) -> bytes:
    """One bit of the audio, which is not compressed, is another."""
    at = zipped.index(b"\x00RIFF\x00RIFF")
    return zipped[:at] + b"\x01" + zipped[at + 1 :]


def _without_audio(zipped: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return _bent(zipped, {n: None for n in archive.namelist() if n.startswith("audio/")})


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no zip": (lambda _: b"hello", "not a zip"),
    "nothing": (lambda _: b"", "not a zip"),
    "cut": (lambda z: z[: len(z) // 2], "not a zip"),
    "a zip of others": (lambda z: _bent(z, {"diary.json": b"[]"}), "a JSON object"),
    "no head": (lambda z: _bent(z, {"diary.json": None}), "diary.json"),
    "another format": (_head(format="other"), "empathia-diary"),
    "a newer version": (_head(version=2), "version 2, expected 1 or older. Update"),
    "a version of words": (_head(version="1"), "format"),
    "fewer entries": (_head(entries=4), "4 entries, got 3"),
    "a baseline of words": (_head(baseline="calm"), "baseline"),
    "a baseline of nothing": (_head(baseline={"means": {}}), "baseline"),
    "a path up": (lambda z: _bent(z, {"../../etc/passwd": b"x"}), "entries/ID.json"),
    "a path from the root": (lambda z: _bent(z, {"/etc/passwd": b"x"}), "entries/ID.json"),
    "a path of Windows": (lambda z: _bent(z, {"audio\\..\\x.wav": b"x"}), "entries/ID.json"),
    "a folder": (lambda z: _bent(z, {"entries/": b""}), "entries/ID.json"),
    "a program": (lambda z: _bent(z, {"audio/" + "0" * 32 + ".exe": b"x"}), "entries/ID.json"),
    "names twice": (_twice, "names that come twice"),
    "another compression": (lambda z: _bent(z, {}, method=zipfile.ZIP_LZMA), "deflate"),
    "a large list": (_large_index, "at most 8,388,608"),
    "no JSON": (_entry(lambda _: b"{"), "Expecting"),
    "deep JSON": (_entry(lambda _: b"[" * 200_000), "recursion"),
    "a large entry": (_entry(lambda _: b" " * (12 << 20)), "at most 11,534,336"),
    "half a character": (_entry(lambda e: e.update(words="\ud800")), "half a character"),
    "a label of half a character": (
        _entry(lambda e: e["feeling"].update(shares={"\ud800": 1.0})),
        "half a character",
    ),
    "a name of half a character": (
        _entry(lambda e: e["timeline"].update(source="\ud800")),
        "JSON can hold",
    ),
    "long words": (_entry(lambda e: e.update(words="x" * 200_001)), "at most 200,000"),
    "no words": (_entry(lambda e: e.pop("words")), "words as str, got NoneType"),
    "words of numbers": (_entry(lambda e: e.update(words=[1])), "words as str, got list"),
    "a mark of numbers": (_entry(lambda e: e.update(bookmark=1)), "bookmark as bool, got int"),
    "another id": (_entry(lambda e: e.update(id="0" * 32)), "do not fit each other"),
    "another day": (_entry(lambda e: e.update(day="2026-11-01")), "do not fit each other"),
    "no day": (_entry(lambda e: e.update(day="30.11.2026")), "cannot be"),
    "a moment without zone": (_entry(lambda e: e.update(moment="2026-11-30T03:00:00")), "fit"),
    "a moment beyond time": (_entry(lambda e: e.update(moment="0001-01-01T00:00:00+23:00")), "can"),
    "no zone": (_entry(lambda e: e.update(zone="../x")), "time zone"),
    "another kind": (_entry(lambda e: e.update(kind="song")), "kind"),
    "bent shares": (_entry(lambda e: e["feeling"].update(shares={"joy": 7})), "sum to"),
    "shares of words": (_entry(lambda e: e["feeling"].update(shares={"joy": "x"})), "cannot be"),
    "shares in a list": (_entry(lambda e: e["feeling"].update(shares=[1.0])), "cannot be"),
    "a feeling of others": (_entry(lambda e: e["feeling"].update(x=1)), "unexpected keyword"),
    "a bent timeline": (_entry(lambda e: e["timeline"].pop("turns")), "turns"),
    "a large number": (_entry(lambda e: e["timeline"].update(duration=1e999)), "JSON"),
    "a type of others": (_entry(lambda e: e.update(audio="text/html")), "text/html"),
    "no audio": (_without_audio, "no item named"),
    "another bit": (_flipped, "CRC"),
}


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    store = Store(tmp_path_factory.mktemp("exported") / "diary.sqlite", hasher=CHEAP)
    content = _exported(store, _filled(store))
    store.close()
    return content


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_what_is_no_diary_or_hostile_is_refused(store, zipped):
    bob = person(store, "bob")
    for name, (bend, said) in HOSTILE.items():
        with pytest.raises(InputError, match=re.escape(said)) as error:
            bring_in(store, bob, io.BytesIO(bend(zipped)))
        assert "\n" not in str(error.value), name
        assert entries.listed(store, bob) == (), name
    assert bring_in(store, bob, io.BytesIO(zipped)).added == 3


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_bomb_is_refused_before_it_goes_off(store, zipped):
    """What is small in the file and large out of it: by what it says, and by what comes of it."""
    bob = person(store, "bob")
    audio = _bent(zipped, {"audio/" + "0" * 32 + ".wav": bytes(40 << 20)})
    entry = _entry(lambda _: b" " * (40 << 20))(zipped)
    assert len(audio) < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="at most 20,971,520 bytes unpacked"):
            bring_in(store, bob, io.BytesIO(audio), largest=20 << 20)
        with pytest.raises(InputError, match="at most 11,534,336"):
            bring_in(store, bob, io.BytesIO(entry))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20
    assert entries.listed(store, bob) == ()
