"""What hostile clients of the service send: texts, forms, frames, files. The same for a seed."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from functools import cache
from random import Random

SCRIPTS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "';alert(1);//",
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "<!--",
    "]]>",
    "\u2028alert(1)\u2029",
)
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\u202e\u200b\ufeff",
    "\U0010ffff",
    "e" + "\u0301" * 3000,
    "ﷺ" * 300,
    "İ" * 300,
    "x" * 5001,
    "../../etc/passwd",
    "%s%n%x",
    "' OR 1=1 --",
    "\r\nX-Injected: 1",
    *SCRIPTS,
)
# JSON texts in the place of a value
VALUES = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-0.0",
    b"9" * 400,
    b"9" * 5000,
    b"1e-400",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[]]",
    b'""',
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"\\u0000"',
    b'"\xff\xfe"',
    b'{"__proto__":{"x":1}}',
    b'{"\\ud800":1}',
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 850 + b"1" + b"}" * 850,
    b"[" * 940 + b"]" * 940,
    b"[" * 50_000,
    b'"' + b"x" * 300_000 + b'"',
)


def texts(base: dict[str, object], random: Random) -> tuple[str, bytes, dict[str, str]]:
    """A body like a JSON object, but for what is wrong with it: how, bytes, headers."""
    whole = json.dumps(base).encode()
    way = random.randrange(10)
    if way < 4:
        name, value = random.choice([*base]), random.choice(VALUES)
        return f"{name} is {value[:20]!r}", _with(base, name, value), {}
    if way == 4:
        name, text = random.choice([*base]), random.choice(TEXTS)
        return f"{name} is {text[:20]!r}", _with(base, name, json.dumps(text).encode()), {}
    if way == 5:
        name = random.choice([*base])
        twice = whole[:-1] + b"," + json.dumps(name).encode() + b":" + random.choice(VALUES) + b"}"
        return f"{name} twice", twice, {}
    if way == 6:
        name = random.choice(["x", "__class__", "\0", "id", "account", *base]) + "_"
        return f"also {name!r}", whole[:-1] + b"," + json.dumps({name: 1}).encode()[1:], {}
    if way == 7:
        value = random.choice(VALUES)
        return f"all is {value[:20]!r}", value, {}
    if way == 8:
        at = random.randrange(len(whole))
        return f"cut at {at}", whole[:at], {}
    return _encoded(whole, random)


def _with(base: dict[str, object], name: str, value: bytes) -> bytes:
    rest = {n: v for n, v in base.items() if n != name}
    head = json.dumps(rest).encode()[:-1]
    return head + (b"," if rest else b"") + json.dumps(name).encode() + b":" + value + b"}"


def _encoded(whole: bytes, random: Random) -> tuple[str, bytes, dict[str, str]]:
    ways: list[tuple[str, bytes, dict[str, str]]] = [
        ("gzip", gzip.compress(whole), {"content-encoding": "gzip"}),
        ("a bomb", _bomb(), {"content-encoding": "gzip"}),
        ("deflate", b"\x78\x9c", {"content-encoding": "deflate"}),
        ("UTF-16", whole.decode().encode("utf-16"), {}),
        ("UTF-32", whole.decode().encode("utf-32"), {}),
        ("a mark of order", b"\xef\xbb\xbf" + whole, {}),
        ("no type", whole, {"content-type": ""}),
        ("a strange type", whole, {"content-type": "application/json; charset=utf-7"}),
        ("a form", whole, {"content-type": "application/x-www-form-urlencoded"}),
        ("a form of parts", whole, {"content-type": "multipart/form-data"}),
        ("XML", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", {}),
        ("large", b" " * 1_000_001, {}),
    ]
    return random.choice(ways)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 10_000_000)


CHARSETS = (
    *[
        r"unicode_escape",
        r"raw_unicode_escape",
        r"utf-7",
        r"utf-16",
        r"punycode",
        r"idna",
        r"undefined",
        r"zip",
        r"rot13",
        r'"',
        r"utf-8",
    ],
    "x" * 200,
)
_TYPES = (
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="',
    "multipart/form-data; boundary=" + "x" * 400,
    "multipart/form-data; boundary=other",
    "multipart/form-data; boundary=b; boundary=c",
    "multipart/form-data; boundary*=utf-7''b",
    "multipart/form-data;;;=",
    "multipart/mixed; boundary=b",
    "application/x-www-form-urlencoded",
)


def forms(
    file: str, content: bytes, fields: dict[str, str], random: Random
) -> tuple[str, bytes, dict[str, str]]:
    """A form with a file, but for what is wrong with it: how, bytes, headers."""
    name = random.choice(
        ["x.wav", "x.txt", "../../x.wav", "\\..\\x", "x\0.wav", "", ".", "x.wav\r\nX: 1", *SCRIPTS]
    )
    head = f'--b\r\nContent-Disposition: form-data; name="{file}"; filename="{name}"\r\n'
    parts = [head.encode("utf-8", "replace") + b"\r\n" + content + b"\r\n"]
    parts += [_field(n, v.encode()) for n, v in fields.items()]
    kind = {"content-type": "multipart/form-data; boundary=b"}
    way = random.randrange(9)
    if way == 0:
        charset = random.choice(CHARSETS)
        parts += [_field(n, b"\\ud800 +2AA-") for n in fields]
        return (
            f"charset {charset[:20]}",
            _form(parts),
            {"content-type": f"multipart/form-data; boundary=b; charset={charset}"},
        )
    if way == 1:
        given = random.choice(_TYPES)
        return f"type {given[:40]}", _form(parts), {"content-type": given}
    if way == 2:
        text = random.choice(TEXTS).encode("utf-8", "replace")
        return (
            f"fields are {text[:20]!r}",
            _form([parts[0], *(_field(n, text) for n in fields)]),
            kind,
        )
    if way == 3:
        strange = random.choice(["", "folder", "__class__", file, "x" * 2000, "a[b][c]", "\u202e"])
        return f"also {strange[:20]!r}", _form([*parts, _field(strange, b"x")]), kind
    if way == 4:
        whole = _form(parts)
        at = random.randrange(len(whole))
        return f"cut at {at}", whole[:at], kind
    if way == 5:
        return "two files", _form([parts[0], parts[0], *parts[1:]]), kind
    if way == 6:
        return "many fields", _form([*parts, *[_field("x", b"y")] * 100]), kind
    if way == 7:
        bad = random.choice(
            [
                b"--b\r\n: \r\n\r\nx\r\n",
                b"--b\r\n\r\nx\r\n",
                b"junk",
                b"--b\r\n" + b"a: b\r\n" * 9999,
            ]
        )
        return f"parts {bad[:12]!r}", _form([bad, *parts]), kind
    return "no file", _form(parts[1:]), kind


def _field(name: str, value: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode("utf-8", "replace") + value + b"\r\n"


def _form(parts: list[bytes]) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


def sounds(random: Random) -> tuple[str, bytes]:
    """A recording that lies: how, bytes."""
    rate = random.choice([0, 1, 8000, 16_000, 2**32 - 1])
    hours = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        2**32 - 1,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        2 * rate % 2**32,
        2,
        16,
        b"data",
        2**32 - 1,
    )
    flac = b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6)
    flac += (16_000 << 44 | 15 << 36 | (2**36 - 1)).to_bytes(8, "big") + bytes(16)
    ways = [
        (f"claims hours at {rate} Hz", hours + bytes(3200)),
        ("a head alone", hours),
        ("no channels", hours[:22] + bytes(2) + hours[24:] + bytes(3200)),
        ("65,535 channels", hours[:22] + b"\xff\xff" + hours[24:] + bytes(3200)),
        ("flac of weeks", flac + random.randbytes(2000)),
        ("ogg of chance", b"OggS" + random.randbytes(3000)),
        ("webm of chance", b"\x1a\x45\xdf\xa3\x93webm" + random.randbytes(3000)),
        ("webm without end", b"\x1a\x45\xdf\xa3" + b"\xff" * 3000),
        ("mp3 of chance", b"ID3\x04\0\0" + b"\x7f" * 4 + random.randbytes(3000)),
        ("mp4 that counts wrong", b"\0\0\0\x18ftypM4A \xff\xff\xff\xff" + random.randbytes(2000)),
        ("a playlist", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("a concatenation", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + random.randbytes(500)),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("nothing but noise", random.randbytes(4000)),
    ]
    return random.choice(ways)


def zips(random: Random) -> tuple[str, bytes]:
    """A diary that was bent: how, bytes."""
    id = f"{random.getrandbits(128):032x}"
    head = {"format": "empathia-diary", "version": 1, "entries": 1, "baseline": None}
    entry: dict[str, object] = {
        "id": id,
        "moment": "2026-01-01T00:00:00+00:00",
        "day": "2026-01-01",
        "zone": "UTC",
        "kind": "text",
        "words": "<script>alert(1)</script>",
        "summary": "",
        "language": None,
        "audio": None,
        "feeling": {"shares": {"joy": 1.0}, "abstained": None},
        "bookmark": False,
        "timeline": None,
    }
    members = {"diary.json": json.dumps(head).encode()}
    member = f"entries/{id}.json"
    how, value = "whole", json.dumps(entry).encode()
    way = random.randrange(8)
    if way == 0:
        name = random.choice([*entry])
        changed = random.choice(VALUES)
        how, value = f"{name} is {changed[:20]!r}", _with(entry, name, changed)
    elif way == 1:
        name = random.choice(["../../x", "/etc/passwd", "entries/", "entries/x.json", "a\0b"])
        how, members[name] = f"also {name!r}", b"x"
    elif way == 2:
        how, value = "a bomb", bytes(12_000_000)
    elif way == 3:
        how, value = "a bomb of brackets", b"[" * 500_000
    elif way == 4:
        how, members["diary.json"] = (
            "head",
            _with(head, random.choice([*head]), random.choice(VALUES)),
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, member: value}.items():
            archive.writestr(name, content)
    content = out.getvalue()
    if way == 5:
        at = random.randrange(len(content))
        return f"a byte at {at}", content[:at] + random.randbytes(1) + content[at + 1 :]
    if way == 6:
        return "cut", content[: random.randrange(len(content))]
    return how, content


def evi(random: Random) -> tuple[str, str | bytes]:
    """A message to ``/v0/evi/chat``: how, what."""
    kinds = [
        "audio_input",
        "user_input",
        "assistant_input",
        "session_settings",
        "x",
        "pause_assistant_message",
        "resume_assistant_message",
        "tool_response",
    ]
    base: dict[str, object] = {
        "type": random.choice(kinds),
        "text": "I am here.",
        "data": _sound(random),
    }
    if base["type"] == "session_settings":
        base = {
            "type": "session_settings",
            "audio": {"encoding": "linear16", "sample_rate": 16_000, "channels": 1},
        }
        base["audio"] = random.choice(
            [
                base["audio"],
                {**base["audio"], "sample_rate": 10**12},
                {**base["audio"], "channels": -1},
                1,
                "x",
                [],
            ]  # type: ignore[dict-item]
        )
    return _message(base, random)


def realtime(random: Random) -> tuple[str, str | bytes]:
    """A message to ``/v1/realtime``: how, what."""
    text = random.choice(["I am here.", *TEXTS])
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    turns = random.choice([None, {"type": "server_vad"}, {"type": "semantic_vad"}, 1, []])
    session = {"type": "realtime", "audio": {"input": {"turn_detection": turns}}}
    base: dict[str, object] = random.choice(
        [
            {"type": "input_audio_buffer.append", "audio": _sound(random)},
            {"type": "input_audio_buffer.commit"},
            {"type": "input_audio_buffer.clear"},
            {"type": "conversation.item.create", "item": item},
            {"type": "response.create", "response": random.choice([{}, None, 1, {"n": [[[]]]}])},
            {"type": "response.cancel"},
            {"type": "session.update", "session": session},
            {"type": "conversation.item.delete", "item_id": "x"},
        ]
    )
    return _message({**base, "event_id": "e"}, random)


def _message(base: dict[str, object], random: Random) -> tuple[str, str | bytes]:
    way = random.randrange(6)
    if way == 0:
        return "binary", random.randbytes(random.choice([0, 1, 4000]))
    if way == 1:
        return "large", json.dumps({**base, "text": "x" * 4_100_000})
    if way in (2, 3):
        how, content, _ = texts(base, random)
        return how, content.decode("utf-8", "replace")
    return f"{base['type']}", json.dumps(base)


def _sound(random: Random) -> str:
    choices = [
        base64.b64encode(random.randbytes(3200)).decode(),
        base64.b64encode(random.randbytes(3201)).decode(),
        base64.b64encode(b"\x1a\x45\xdf\xa3\x93webm" + random.randbytes(500)).decode(),
        "no base64!",
        "QUJ",
        "é",
        "",
    ]
    return random.choice(choices)


PATHS = (
    *[
        r"/..",
        r"/../../etc/passwd",
        r"/%2e%2e/%2e%2e/etc/passwd",
        r"/..%2f..%2fetc%2fpasswd",
        r"//etc/passwd",
        r"/page/../v1/jobs",
        r"/page/..%2fv1%2fjobs",
        r"/page/%2e%2e/v1/jobs",
        r"/page//etc/passwd",
        r"/page/..%5c..%5cx",
        r"/page/%00",
        r"/health/../v1/jobs",
        r"/health%2f..%2fv1/jobs",
        r"/ready/v1/jobs",
        r"/v1/jobs/",
        r"/v1/jobs/%00",
        r"/v1/jobs/..%2f..",
        r"/v1/jobs/.gone-x",
        r"/v1/jobs/%ff%fe",
        r"/v1/jobs/x/timeline.",
        r"/v1/jobs/x/timeline.%00",
        r"/v1/jobs/x/timeline.../..",
        r"/v1/jobs/x/page/",
        r"/v1/diary/entries/%0a",
        r"/v1/models/%00",
        r"/v1/models/..",
        r"/V1/JOBS",
        r"/v1;/jobs",
        r"/v1/jobs;x",
        r"/v1/jobs?%00=%ff",
        r"/.git/config",
        r"/.env",
        r"/*",
        r"*",
        r"http://evil.example/v1/jobs",
        r"/v1/diary/entries?day=%ff",
        r"/\\x\y",
        r"/v1/diary/curve?month=%D9%A2%D9%A0%D9%A2%D9%A6-%D9%A0%D9%A1",
        r"/v1/diary/search?q=%00",
        r"/v1/diary/search?q=%ED%A0%80",
        r"/v1/diary/search?q[]=1",
    ],
    "/v1/diary/entries/" + "a" * 8000,
    "/?" + "a=b&" * 3000,
    "/v1/diary/curve?year=" + "9" * 400,
)
ORIGINS = (
    *[
        r"http://evil.example",
        r"null",
        r"http://[",
        r"http://[::1",
        r"http://[v1.x]:9",
        r"http://127.0.0.1:1",
        r"https://127.0.0.1",
        r"http://localhost@evil.example",
        r"file://",
        r"javascript:alert(1)",
        r"http://127.0.0.1.evil.example",
        r"http://127.0.0.1:99999999",
    ],
    "x" * 3000,
    "\xff",
    "http://ｌocalhost".encode().decode("latin-1"),
)
HOSTS = (
    *[
        r"evil.example",
        r"127.0.0.1.evil.example",
        r"[",
        r"[::1",
        r"localhost.",
        r"LOCALHOST:x",
        r"127.1",
        r"0",
        r"2130706433",
        r"localhost:80:80",
        r"127.0.0.1:-1",
        r"a@127.0.0.1",
    ],
    "",
    "x" * 4000,
    "\xff",
)


_FORMS = ("/v1/jobs", "/v1/diary/entries", "/v1/audio/transcriptions", "/v1/session", "/v1/reply")


def _half(path: str, host: str) -> str:
    kind = "multipart/form-data; boundary=b"
    head = f"POST {path} HTTP/1.1\r\n{host}Content-Type: {kind}\r\nContent-Length: 90000\r\n\r\n"
    return head + '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx'


def heads(path: str, host: str, random: Random) -> tuple[str, bytes]:
    """A head of HTTP that is bent: how, bytes."""
    line, name = f"GET {path} HTTP/1.1\r\n", f"Host: {host}\r\n"
    end = "Connection: close\r\n\r\n"
    post = f"POST /v1/session HTTP/1.1\r\n{name}Content-Type: application/json\r\n"
    chunks = f"{post}Transfer-Encoding: chunked\r\n"
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    ways = [
        ("huge header", f"{line}{name}X: {'x' * 30_000}\r\n{end}"),
        ("many headers", f"{line}{name}{'X: y' + chr(13) + chr(10)}" * 500 + end),
        ("huge target", f"GET /{'x' * 30_000} HTTP/1.1\r\n{name}{end}"),
        ("two hosts", f"{line}{name}Host: evil.example\r\n{end}"),
        ("no host", f"{line}{end}"),
        ("HTTP/1.0", f"GET {path} HTTP/1.0\r\n{end}"),
        ("HTTP/9.9", f"GET {path} HTTP/9.9\r\n{name}{end}"),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00"),
        ("a folded header", f"{line}{name}X: a\r\n b\r\n{end}"),
        ("a space before the colon", f"{line}{name}X : a\r\n{end}"),
        ("a null", f"{line}{name}X: \0\r\n{end}"),
        ("both lengths", f"{chunks}Content-Length: 2\r\n{end}0\r\n\r\n"),
        ("two lengths", f"{post}Content-Length: 2\r\nContent-Length: 3\r\n{end}{{}}"),
        ("a long length", f"{post}Content-Length: {'9' * 5000}\r\n{end}"),
        *[(f"half a form to {p}", f"{_half(p, name)}") for p in _FORMS],
        ("a length of -1", f"{post}Content-Length: -1\r\n{end}"),
        ("a length of ²", f"{post}Content-Length: ²\r\n{end}"),
        ("a chunk of FFFFFFFFFFFF", f"{chunks}{end}FFFFFFFFFFFF\r\n"),
        ("a chunk of words", f"{chunks}{end}zz\r\n"),
        ("gzip, chunked", f"{post}Transfer-Encoding: gzip, chunked\r\n{end}0\r\n\r\n"),
        ("a method of its own", f"{'X' * 500} {path} HTTP/1.1\r\n{name}{end}"),
        ("CONNECT", f"CONNECT 127.0.0.1:80 HTTP/1.1\r\n{name}{end}"),
        ("h2c", f"{line}{name}Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
        ("no key", f"GET /v0/evi/chat HTTP/1.1\r\n{name}{upgrade}"),
        ("continue", f"{post}Expect: 100-continue\r\nContent-Length: 2\r\n{end}{{}}"),
        ("a hundred at once", f"{line}{name}\r\n" * 100 + f"{line}{name}{end}"),
    ]
    how, text = random.choice(ways)
    return how, text.encode("latin-1", "replace")


def frames(random: Random) -> Iterator[tuple[str, bytes]]:
    """Bytes after the handshake of a WebSocket that are no good frames: how, bytes."""
    mask = b"\1\2\3\4"
    yield "not masked", b"\x81\x02{}"
    yield "a strange opcode", b"\x83\x80" + mask
    yield "reserved bits", b"\xf1\x80" + mask
    yield "a huge length", b"\x81\xff" + b"\x7f" + b"\xff" * 7 + mask
    yield "a length over the bound", b"\x81\xff" + struct.pack(">Q", 5_000_000) + mask
    yield "no UTF-8", b"\x81\x82" + b"\0\0\0\0" + b"\xff\xfe"
    yield "a long ping", b"\x89\xfe\x01\x00" + mask + bytes(256)
    yield "a close of one byte", b"\x88\x81" + b"\0\0\0\0" + b"x"
    yield "a close of code 1", b"\x88\x82" + b"\0\0\0\0" + b"\0\1"
    yield "a continuation of nothing", b"\x80\x80" + mask
    yield "half a frame", b"\x81\xfe\x10"
    yield "a flood of pings", (b"\x89\x80" + mask) * 5000
    yield "a flood of nothing", (b"\x81\x80" + mask) * 2000
    yield "fragments", (b"\x01\x80" + mask) + (b"\x00\x80" + mask) * 5000
    yield "chance", random.randbytes(500)
