"""Chats as apps export them: a day, a time, who, and the message."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.dates import DATE, TIME, Moment, offsets
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name, undirected
from empathia.listen.transcript.speakers import person_like
from empathia.tables import fault, lines_of

_SENT = re.compile(
    rf"\[?(?P<date>{DATE})(?:,|T|\s)\s*(?P<time>{TIME})(?:Z|[+-]\d\d:?\d\d)?\]?\s*"
    r"(?P<gap>[-–,]\s+|:\s+)?(?P<rest>.*)",
    re.DOTALL,
)
_KAKAO = re.compile(rf"\[(?P<name>[^\[\]]+)\] \[(?P<time>{TIME})\] (?P<rest>.*)", re.DOTALL)
_LINE = re.compile(rf"(?P<time>{TIME})\t(?P<name>[^\t]+)\t(?P<rest>.*)", re.DOTALL)
_ZOOM = re.compile(
    r"(?P<time>\d\d:\d\d:\d\d)\s+From\s+(?P<name>.+?)(?:\s+to\s+.+?)?\s*:\s*(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_DAY = re.compile(rf"[-\s]*(?P<date>{DATE})[^:]*$")
_NAME = re.compile(r"[<(]?([^:：\"“„<>]{1,60}?)(?:[>)]|\s?[:：])(?:\s+(.*)|$)", re.DOTALL)
_MEDIA = re.compile(
    r"<[^<>]*(?:\.\w{2,4}|omitted|attached|ausgeschlossen|weggelassen|omis|omess|omitid|제외|생략)[^<>]*>"
    r"|(?:image|video|audio|gif|sticker|document|contact card|voice message)[\w ]* omitted"
    r"|.*\.\w{2,4} \((?:file attached|datei angehängt|파일 첨부됨)\)"
    r"|(?:this message was deleted|you deleted this message|diese nachricht wurde gelöscht"
    r"|삭제된 메시지입니다|missed (?:voice|video) call|null)[.\s]*"
    r"|(?:사진|동영상|이모티콘)(?: \d+장)?|\[(?:photo|sticker|video|사진|스티커|동영상)\]",
    re.IGNORECASE,
)
_EDITED = re.compile(r"<this message was edited>\s*$", re.IGNORECASE)
_SHARE = 0.3  # of the first lines that must be messages
_HEAD = 60  # lines that are looked at


class _Message(NamedTuple):
    line: int
    date: str
    time: str
    name: str | None
    rest: str
    app: str
    more: list[str]


def read(text: str, path: Path) -> Parsed:
    """Rows of a chat: one a message, lines without a time go on with the message before.

    Start and end of a message are both when it was sent, in s after the first one. System lines
    and media are no turns; they are counted in the notes.

    Raises:
        TextError: There is no message, or a day cannot be.
    """
    messages = _messages(lines_of(text))
    counts = Counter(_sender(m)[0] for m in messages)
    rows: list[Row] = []
    sent: list[Moment] = []
    system = media = 0
    for m in messages:
        name, words = _sender(m)
        if name is None or not (m.name or counts[name] > 1 or _person(name)):
            system += 1
        elif not m.more and _MEDIA.fullmatch(words.strip()):
            media += 1
        else:
            said = clean(_EDITED.sub("", " ".join([words, *m.more])))
            rows.append(Row(m.line, clean_name(name), said))
            sent.append(Moment(m.date, m.time))
    if not rows:
        raise fault(path, None, "expected messages of a chat, found none", "Export it again")
    try:
        times = offsets(sent)
    except ValueError as error:
        raise fault(
            path, None, f"expected days and times of messages, found {error}", "Export it again"
        ) from None
    rows = [
        r._replace(start=max(0.0, t), end=max(0.0, t)) for r, t in zip(rows, times, strict=True)
    ]
    first = f"{sent[0].date} {sent[0].time}".strip()
    return Parsed(rows, (_told(messages, system, media), f"times count from {first} on"))


def _told(messages: Sequence[_Message], system: int, media: int) -> str:
    app = Counter(m.app for m in messages).most_common(1)[0][0]
    left = [
        f"{n} {what}{'s' if n != 1 else ''}"
        for n, what in ((system, "system line"), (media, "wordless message"))
        if n
    ]
    return f"read as {app}" + (f", {' and '.join(left)} left out" if left else "")


def _messages(lines: Sequence[str]) -> list[_Message]:
    messages: list[_Message] = []
    day = ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        plain = undirected(line).replace("\u202f", " ").replace("\xa0", " ")
        message = _message(number, plain.strip("\r"), day)
        heading = (
            None if message else _DAY.fullmatch(plain.strip()) if _has_days(messages) else None
        )
        if message is not None:
            messages.append(message)
        elif heading is not None or not messages:
            heading = heading or _DAY.fullmatch(plain.strip())
            day = heading["date"] if heading else day
        else:
            messages[-1].more.append(plain)
    return messages


def _has_days(messages: Sequence[_Message]) -> bool:
    """Whether days stand on lines of their own."""
    return not messages or messages[-1].app in {"a KakaoTalk export", "a LINE export"}


def _message(number: int, line: str, day: str) -> _Message | None:
    sent = _SENT.match(line.strip())
    if sent is not None:
        gap, bracketed = (sent["gap"] or "").strip(), line.strip().startswith("[")
        app = "a chat with days and times"
        if "년" in sent["date"] and gap == ",":
            app = "a KakaoTalk export"
        elif gap == "-" or (bracketed and "," in line.partition("]")[0]):
            app = "a WhatsApp export"
        return _Message(number, sent["date"], sent["time"], None, sent["rest"], app, [])
    for pattern, app in (
        (_KAKAO, "a KakaoTalk export"),
        (_ZOOM, "a Zoom chat"),
        (_LINE, "a LINE export"),
    ):
        match = pattern.match(line)
        if match is not None:
            return _Message(number, day, match["time"], match["name"], match["rest"], app, [])
    return None


def _sender(message: _Message) -> tuple[str | None, str]:
    """Who sent it, or None where the app speaks, and the words."""
    if message.name is not None:
        return message.name.strip(), message.rest
    match = _NAME.match(message.rest.strip())
    if match is None or not match[1].strip():
        return None, message.rest
    return match[1].strip(), match[2] or ""


def _person(name: str) -> bool:
    """Whether somebody who wrote once is a person and no sentence of the app."""
    return person_like(name) or name.lstrip("~ ").startswith("+") or len(name.split()) == 1


def _looks(head: str) -> bool:
    lines = [undirected(x).replace("\u202f", " ") for x in head.splitlines() if x.strip()][:_HEAD]
    sent = [x for x in lines if _message(1, x, "") is not None]
    return bool(sent) and len(sent) >= _SHARE * len(lines)


FORMAT = Format(
    name="chat",
    title="a chat export (WhatsApp, KakaoTalk, LINE, Zoom, days and times in general)",
    suffixes=(),
    told="lines that begin with a day and a time of day, or as these apps begin theirs",
    left="system lines, media, deleted messages; a message has a moment, no length",
    example="31/12/2021, 22:15 - Ann: I passed the exam.\n"
    "31/12/2021, 22:16 - Ben: That is wonderful!\n",
    looks=_looks,
    read=read,
)
