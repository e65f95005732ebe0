"""Numbers in English words."""

from __future__ import annotations

_ONES, _TENS = (
    words.split()
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen",
        "_ _ twenty thirty forty fifty sixty seventy eighty ninety",
    )
)
_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "nine": "ninth"}
_ORDINALS |= {"eight": "eighth", "twelve": "twelfth"}


def cardinal(number: int) -> str:
    """A whole number from 0; digit by digit from 10^15 on.

    >>> cardinal(342), cardinal(12_005)
    ('three hundred forty two', 'twelve thousand five')
    """
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _joined(_TENS[number // 10], number % 10)
    if number < 1000:
        return _joined(f"{_ONES[number // 100]} hundred", number % 100)
    if number >= 10**15:
        return digits(str(number))
    size, name = next((s, n) for s, n in _LARGE if number >= s)
    return _joined(f"{cardinal(number // size)} {name}", number % size)


def ordinal(number: int) -> str:
    """A place in a row.

    >>> ordinal(1), ordinal(20), ordinal(42)
    ('first', 'twentieth', 'forty second')
    """
    head, space, last = cardinal(number).rpartition(" ")
    if last.endswith("y"):
        last = f"{last[:-1]}ieth"
    return head + space + _ORDINALS.get(last, last if last.endswith("th") else f"{last}th")


def year(number: int) -> str:
    """A year from 1000 to 2999.

    >>> year(1999), year(2005), year(1900), year(2024), year(1907)
    ('nineteen ninety nine', 'two thousand five', 'nineteen hundred', 'twenty twenty four', \
'nineteen oh seven')
    """
    century, rest = divmod(number, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(number)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def decimal(text: str) -> str:
    """A number as it is written: "1,200" or "2.50".

    >>> decimal("1,200"), decimal("2.50"), decimal(".5")
    ('one thousand two hundred', 'two point five zero', 'zero point five')
    """
    whole, point, after = text.replace(",", "").partition(".")
    said = cardinal(int(whole or "0")) if len(whole) <= 15 else digits(whole)
    return f"{said} point {digits(after)}" if point and after else said


def digits(text: str) -> str:
    """Digit by digit; what is none is a short pause."""
    said = " ".join(_ONES[int(c)] if c.isdecimal() and c.isascii() else "," for c in text)
    return said.replace(" ,", ",")


def _joined(head: str, rest: int) -> str:
    return f"{head} {cardinal(rest)}" if rest else head
