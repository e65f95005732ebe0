"""English as it is written, made English as it is read aloud: words and punctuation alone.

Numbers, money, times, dates, abbreviations, signs and addresses become words; what marks text up
and what no one says (emoji, smileys) goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from empathia.speech.kokoro.numbers import cardinal, decimal, digits, ordinal, year


def _table(text: str) -> dict[str, str]:
    """Pairs that stand before commas, what is written first."""
    return dict(pair.strip().split(" ", 1) for pair in text.split(","))


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SHORT = _table(
    "Mr mister, Mrs missis, Ms miz, Dr doctor, Prof professor, Jr junior, Sr senior, vs versus, "
    "etc et cetera, e.g for example, i.e that is, approx approximately, dept department, "
    "Jan January, Feb February, Aug August, Sept September, Sep September, Oct October, "
    "Nov November, Dec December"
)
_LETTERS = _table("a.m A M, p.m P M, U.S U S, U.K U K, Ph.D P H D")
_CHAT = _table(
    "idk I don't know, btw by the way, omg oh my god, tbh to be honest, imo in my opinion, "
    "lol L O L, thx thanks, pls please"
)
_UNITS = _table(
    "kg kilograms, km kilometers, cm centimeters, mm millimeters, mg milligrams, lbs pounds, "
    "lb pounds, oz ounces, ft feet, mph miles an hour, hrs hours, hr hours, mins minutes, "
    "min minutes, secs seconds, sec seconds, x times, k thousand"
)
_PARTS = _table("1/2 a half, 1/3 a third, 2/3 two thirds, 1/4 a quarter, 3/4 three quarters")
_SIGNS = (
    {
        c: f" {said} "
        for c, said in _table("& and, + plus, = equals, @ at, % percent, ° degrees").items()
    }
    | dict.fromkeys("/\\_~<>•", " ")
    | {"|": ", "}
)
_COINS = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
_N = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"  # a number
_LONG = 5  # digits without a comma that are no amount, unless they end in 00

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _rule(pattern: str, say: Callable[[re.Match[str]], str], flags: int = 0) -> Rule:
    return re.compile(pattern, flags), say


def _count(number: str, one: str, many: str = "") -> str:
    return f"{decimal(number)} {one if number == '1' else many or one + 's'}"


def _money(m: re.Match[str]) -> str:
    one, coin = _COINS[m["sign"]]
    if m["size"]:
        return f"{decimal(m['n'])} {m['size'].strip().lower()} {one}s"
    whole, _, cents = m["n"].partition(".")
    if len(cents) not in (0, 2):
        return _count(m["n"], one)
    many = "pence" if coin == "penny" else ""
    parts = [_count(whole, one)] if whole.strip("0,") or not int(cents or "0") else []
    parts += [_count(str(int(cents)), coin, many)] if cents and int(cents) else []
    return " and ".join(parts)


def _time(m: re.Match[str]) -> str:
    half = f" {m['half'].upper()[0]} M" if m["half"] else ""
    minute = int(m["min"] or 0)
    said = f"{'oh ' if minute < 10 else ''}{cardinal(minute)}" if minute else ""
    if not said and not half:
        said = "o'clock" if 1 <= int(m["hour"]) <= 12 else "hundred"
    return f"{cardinal(int(m['hour']))} {said}{half}".replace("  ", " ")


def _number(m: re.Match[str]) -> str:
    text = m[0]
    plain = text.isdecimal()
    if plain and (len(text) > 15 or text[0] == "0" != text or _no_amount(text)):
        return f" {digits(text)} "
    if plain and len(text) == 4 and 1100 <= int(text) < 2100 and int(text) % 1000:
        return f" {year(int(text))} "
    return f" {decimal(text)} "


def _no_amount(text: str) -> bool:
    return len(text) >= _LONG and not text.endswith("00")


def _decade(m: re.Match[str]) -> str:
    said = year(int(m[1])) if len(m[1]) == 4 else cardinal(int(m[1]))
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def _address(m: re.Match[str]) -> str:
    return m[1].split("/")[0].replace("@", " at ").replace(".", " dot ").replace("-", " dash ")


def _called(m: re.Match[str]) -> str:
    return m["verb"] + digits(m["n"])


def _day(m: re.Match[str]) -> str:
    month = _MONTHS.split("|")[int(m["month"]) - 1]
    return f"{month} {ordinal(int(m['day']))}, {year(int(m['year']))}"


_RULES: tuple[Rule, ...] = (
    _rule(r"(?:https?://(?:www\.)?|www\.)([^\s)\]]*[^\s)\].,;:!?])", _address),
    _rule(r"\b([\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8})", _address),
    _rule(r"\b([a-z][a-z-]{0,63}\.(?:com|org|net|edu|gov|io))\b", _address),
    _rule(r"(?<!\w)[:;=]['-]?[)(DPpoO3/|](?!\w)|<3", lambda m: " "),
    _rule(r"\b(e\.g|i\.e)\.?(?=\W|$)", lambda m: _SHORT[m[1]]),
    _rule(
        r"\b(a\.m|p\.m|U\.S|U\.K|Ph\.D)\.?(?P<end>\s*$)?",
        lambda m: _LETTERS[m[1]] + ("." if m["end"] is not None else ""),
    ),
    _rule(
        r"\b(Mr|Mrs|Ms|Dr|Prof|Jr|Sr|vs|etc|approx|dept|Jan|Feb|Aug|Sept|Sep|Oct|Nov|Dec)\."
        r"(?P<end>\s*$)?",
        lambda m: _SHORT[m[1]] + ("." if m["end"] is not None else ""),
    ),
    _rule(r"\b(Mr|Mrs|Ms|Dr|vs|etc)\b(?!\.)", lambda m: _SHORT[m[1]]),
    _rule(r"\bSt\.? (?=[A-Z])", lambda m: "saint "),
    _rule(r"\b[Nn]o\. (?=\d)", lambda m: "number "),
    _rule(r"\b(?:idk|btw|omg|tbh|imo|lol|thx|pls)\b", lambda m: _CHAT[m[0].lower()], re.I),
    _rule(r"\b24/7\b", lambda m: "twenty four seven"),
    _rule(r"\b(?:1/2|[12]/3|[13]/4)(?![\d/])", lambda m: _PARTS[m[0]]),
    _rule(
        rf"(?P<sign>[$£€])\s?(?P<n>{_N})(?P<size>\s?(?:thousand|million|billion|trillion)\b)?",
        _money,
        re.I,
    ),
    _rule(
        r"\b(?P<hour>[01]?\d|2[0-4]):(?P<min>[0-5]\d)(?::\d\d)?(?:\s?(?P<half>[ap])\s?m\b)?",
        _time,
        re.I,
    ),
    _rule(r"\b(?P<hour>1?\d)(?P<min>)\s?(?P<half>[ap])\s?m\b", _time, re.I),
    _rule(rf"\b({_MONTHS}) (\d\d?)(?:st|nd|rd|th)?\b", lambda m: f"{m[1]} {ordinal(int(m[2]))}"),
    _rule(r"\b(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)\b", _day),
    _rule(
        r"\b(?P<verb>(?:call|text|dial|ring|phone) )(?P<n>\d{3,6}(?:[ -]\d{3,4})*)\b"
        r"(?![.,]?\d)",
        _called,
        re.I,
    ),
    _rule(r"(?P<verb>)\b(?P<n>\d{3}[ -]\d{3}[ -]\d{4}|\d{3}-\d{4}|\d{3} \d{3})\b", _called),
    _rule(r"(?P<verb>)\b(?P<n>988|911)\b", _called),
    _rule(r"(?:\b|')(\d{4}|\d0)s\b", _decade),
    _rule(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1][:18]))),
    _rule(rf"(?<=\d)\s?({'|'.join(_UNITS)})\b", lambda m: f" {_UNITS[m[1]]}"),
    _rule(r"(?<=\d)\s?[-–]\s?(?=\d)", lambda m: " to "),
    _rule(r"(?:(?<=\s)|^)[-−](?=\d)", lambda m: "minus "),
    _rule(r"#(?=\d)", lambda m: "number "),
    _rule(_N + r"|(?<!\d)\.\d+", _number),
)
_MARKS = str.maketrans(
    {"‘": "'", "’": "'", "ʼ": "'", "`": "'", "„": "“", "«": "“", "»": "”", "⁄": "/"}
)
_QUOTE = re.compile(r'(^|[\s(—])"')
_MARKUP = re.compile(
    r"\*+|^\s*(?:#+|>+|[-•]|\d+[.)])\s+|\[([^\]\n]{0,200})\]\([^)\n]{0,500}\)", re.MULTILINE
)
_MUTE = frozenset({"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn"})
_LOOSE = re.compile(r" ([,.;:!?…])")
_SPACES = re.compile(r"[^\S\n]+")
_DOTS = re.compile(r"\.{2,}|…+")
_PAUSES = (
    (re.compile(r"\s+[-–—]+\s+|[–—]+|-{2,}"), " — "),
    (re.compile(r"([!?])[!?]+"), r"\1"),
    (re.compile(r"\s*\n\s*"), "\n"),
    (re.compile(r"(?<=[^\s.!?…,;:])\n"), ". "),
)
_END = re.compile(r"(?<=[.!?…])[\"”')\]]*\s+")


def aloud(text: str) -> str:
    """Text as it is read aloud, digits and signs in words."""
    text = _DOTS.sub("… ", text)
    text = unicodedata.normalize("NFKC", text.replace("…", "\0")).replace("\0", "…")
    text = _SPACES.sub(" ", text.translate(_MARKS))
    text = _QUOTE.sub(r"\1“", text).replace('"', "”")
    text = _MARKUP.sub(lambda m: m[1] or "", text)
    for pattern, said in _PAUSES:
        text = pattern.sub(said, text)
    text = "".join(c if c == "°" or unicodedata.category(c) not in _MUTE else " " for c in text)
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    text = "".join(_SIGNS.get(c, c) for c in text)
    return _LOOSE.sub(r"\1", " ".join(text.split()))


def sentences(text: str) -> Iterator[str]:
    """What :func:`aloud` gives, sentence by sentence."""
    start = 0
    for end in _END.finditer(text):
        yield text[start : end.end()].strip()
        start = end.end()
    if text[start:].strip():
        yield text[start:].strip()
