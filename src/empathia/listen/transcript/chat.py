"""Chats as apps export them: a day, a time, who, and the message."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript import naming
from empathia.listen.transcript.dates import DATE, TIME, Moment, offsets, two_orders
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name, undirected
from empathia.tables import fault, lines_of

_SENT = re.compile(
    rf"\[?(?P<date>{DATE})(?:[,،]|T|\s)\s*(?:(?:à|at|um|a las|alle)\s+)?"
    rf"(?P<time>{TIME})(?:Z|[+-]\d\d:?\d\d)?\]?\s*"
    r"(?P<gap>[-–,]\s+|:\s+)?"
)
_FROM = r"(?:From|Von|De|Da)\s+(?P<name>.{1,60}?)(?:\s+(?:to|an|à|a|para)\s+.{1,60}?)?\s?:\s*"
# What begins a message of an app that writes no day into it, or not there.
_APPS = (
    (re.compile(rf"\[(?P<name>[^\[\]]+)\] \[(?P<time>{TIME})\] "), "a KakaoTalk export"),
    (re.compile(rf"(?:(?P<date>{DATE})\s)?(?P<time>\d\d:\d\d:\d\d)\s+{_FROM}"), "a Zoom chat"),
    (re.compile(rf"(?P<time>{TIME})\t(?P<name>[^\t]+)\t"), "a LINE export"),
    (re.compile(rf"\[?(?P<time>{TIME})\]?\s+<(?P<name>[^<>\s]+)>\s+"), "an IRC log"),
    (
        re.compile(r"\[(?P<time>\d{1,2}:\d\d(?::\d\d)?\s?[AP]M)\]\s*(?P<name>[^:\n]{1,60}?):\s+"),
        "a chat with times of day",
    ),
)
_DAYS_APART = ("a KakaoTalk export", "a LINE export")  # days stand on lines of their own
_DAY = re.compile(rf"[-\s]*(?P<date>{DATE})[^:]*$")
_EVENT = re.compile(rf"{TIME}\t[^\t]+")  # LINE: "22:19	Ben unsent a message."
_NAME = re.compile(r"[<(]?([^:：\"“„<>]{1,60}?)(?:[>)]|\s?[:：])(?:\s+(.*)|$)", re.DOTALL)
_DOES = re.compile(
    r"\b(?:changed|created|added|left|removed|joined|invited|pinned|missed|hat|haben|a ajouté"
    r"|a créé|añadió|creó|cambió)\b|님",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"[<‹][^<>‹›]{3,60}[>›]|\S+\.\w{2,4} \([^()]{3,40}\)"
    r"|(?:[\w-]+ ){1,3}(?:omitted|weggelassen|ausgeschlossen|omitid[ao]|omise?|omess[ao])"
    r"|(?:this message was deleted|you deleted this message|(?:diese|du hast diese) nachricht"
    r"(?: wurde)? gelöscht|ce message a été supprimé|(?:eliminaste|se eliminó) este mensaje"
    r"|(?:esta )?mensagem (?:foi )?apagada|삭제된 메시지입니다|missed (?:voice|video) call|null)"
    r"[.\s]*"
    r"|(?:사진|동영상|이모티콘)(?: \d+장)?|\[(?:photo|sticker|video|사진|스티커|동영상)\]",
    re.IGNORECASE,
)
_EDITED = re.compile(r"[<‹][^<>‹›]{3,40}(?:edited|bearbeitet|modifié|editad.)\.?[>›]\s?$")
_NOTICE = re.compile("[:：] \u200e")  # so WhatsApp for iOS marks what nobody wrote
_SHARE = 0.3  # of the first lines that must be messages, where there are fewer than three
_HEAD = 60  # lines that are looked at


class _Message(NamedTuple):
    line: int
    date: str
    time: str
    name: str | None
    rest: str
    app: str
    style: tuple[bool, str]  # in brackets or not, and what follows the time
    more: list[str]
    notice: bool = False


def read(text: str, path: Path) -> Parsed:
    """Rows of a chat: one a message, lines without a time go on with the message before.

    Start and end of a message are both when it was sent, in s after the first one. System lines
    and media are no turns; they are counted in the notes.

    Raises:
        TextError: There is no message, or a day cannot be.
    """
    messages = _in_one_style(_messages(lines_of(text)))
    counts = Counter(_sender(m)[0] for m in messages)
    rows: list[Row] = []
    sent: list[Moment] = []
    system = media = 0
    for m in messages:
        name, words = _sender(m)
        if name is None or not (m.name or counts[name] > 1 or _DOES.search(name) is None):
            system += 1
        elif m.notice or (not m.more and _MEDIA.fullmatch(words.strip())):
            media += 1
        else:
            said = clean(_EDITED.sub("", " ".join([words, *m.more])))
            rows.append(Row(m.line, clean_name(name.lstrip("~").strip()), said))
            sent.append(Moment(m.date, m.time))
    if not rows:
        raise fault(
            path,
            None,
            "expected messages of a chat, found none",
            "Export it again, or say what it is with --format",
        )
    try:
        times = [max(0.0, t) for t in offsets(sent)]
    except ValueError as error:
        raise fault(
            path, None, f"expected days and times of messages, found {error}", "Export it again"
        ) from None
    rows = [r._replace(start=t, end=t) for r, t in zip(rows, times, strict=True)]
    return Parsed(rows, (_told(messages, system, media), *_when(sent)))


def _when(sent: Sequence[Moment]) -> tuple[str, ...]:
    first = f"times count from {sent[0].date} {sent[0].time}".replace("  ", " ") + " on"
    if not two_orders(sent):
        return (first,)
    return first, "nothing tells whether days or months come first: days are taken to"


def _told(messages: Sequence[_Message], system: int, media: int) -> str:
    app = Counter(m.app for m in messages).most_common(1)[0][0]
    left = [
        f"{n} {what}{'s' if n != 1 else ''}"
        for n, what in ((system, "system line"), (media, "wordless message"))
        if n
    ]
    return f"read as {app}" + (f", {' and '.join(left)} left out" if left else "")


def _plain(line: str) -> str:
    """A line without invisible marks, its blanks and digits as ASCII has them; as long as it is."""
    line = undirected(line).replace("\u202f", " ").replace("\xa0", " ")
    if line.isascii():
        return line
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in line)


def _messages(lines: Sequence[str]) -> list[_Message]:
    messages: list[_Message] = []
    day = ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        message = _message(number, line, day)
        apart = not messages or messages[-1].app in _DAYS_APART
        heading = _DAY.fullmatch(_plain(line).strip()) if message is None and apart else None
        if message is not None:
            messages.append(message)
        elif heading is not None:
            day = heading["date"]
        elif messages and not (apart and _EVENT.fullmatch(line.strip())):
            messages[-1].more.append(undirected(line))
    return messages


def _message(number: int, line: str, day: str) -> _Message | None:
    line = line.strip()
    plain, said = _plain(line).strip(), undirected(line).strip()
    notice = _NOTICE.search(line) is not None
    for pattern, app in _APPS:
        match = pattern.match(plain)
        if match is not None:
            date = match.groupdict().get("date") or day
            rest = said[match.end() :]
            return _Message(number, date, match["time"], match["name"], rest, app, (False, ""), [])
    sent = _SENT.match(plain)
    if sent is None:
        return None
    gap, bracketed = (sent["gap"] or "").strip(), plain.startswith("[")
    app = "a chat with days and times"
    if "년" in sent["date"] and gap == ",":
        app = "a KakaoTalk export"
    elif gap in {"-", "–"} or (bracketed and "," in plain.partition("]")[0]):
        app = "a WhatsApp export"
    rest, style = said[sent.end() :], (bracketed, gap)
    return _Message(number, sent["date"], sent["time"], None, rest, app, style, [], notice)


def _in_one_style(messages: Sequence[_Message]) -> list[_Message]:
    """Messages; a day within one ("01/01, 10:00: breakfast") is set otherwise than theirs."""
    style = Counter(m.style for m in messages).most_common(1)[0][0] if messages else (False, "")
    kept: list[_Message] = []
    for m in messages:
        if kept and m.style != style and m.name is None and _sender(m)[0] is None:
            kept[-1].more.extend([f"{m.date}, {m.time}: {m.rest}", *m.more])
        else:
            kept.append(m)
    return kept


def _sender(message: _Message) -> tuple[str | None, str]:
    """Who sent it, or None where the app speaks, and the words."""
    if message.name is not None:
        return message.name.strip(), message.rest
    rest = message.rest.strip()
    match = _NAME.match(rest)
    if match is not None and match[1].strip():
        return match[1].strip(), match[2] or ""
    if message.more and _alone(rest):
        return rest, ""
    return None, message.rest


def _alone(rest: str) -> bool:
    """Whether what follows a time is a name alone, the words below it."""
    return naming.person_like(rest) or re.fullmatch(r"[^\W\d]\S*, [^\W\d]\S*", rest) is not None


def _looks(head: str) -> bool:
    lines = [x for x in head.splitlines() if x.strip()][:_HEAD]
    sent = [(i, m) for i, x in enumerate(lines) if (m := _message(1, x, "")) is not None]
    named = [m for _, m in sent if _sender(m)[0] is not None or _alone(m.rest.strip())]
    if not named or 2 * len(named) < len(sent):
        return False
    return len(sent) >= _SHARE * len(lines) or (len(sent) > 2 and sent[0][0] < 3)


FORMAT = Format(
    name="chat",
    title="a chat export (WhatsApp, KakaoTalk, LINE, Zoom, IRC, days and times in general)",
    suffixes=(),
    told="lines that begin with a day and a time of day, or as these apps begin theirs",
    left="system lines, media, deleted messages; a message has a moment, no length",
    example="31/12/2021, 22:15 - Ann: I passed the exam.\n"
    "31/12/2021, 22:16 - Ben: That is wonderful!\n",
    looks=_looks,
    read=read,
)
