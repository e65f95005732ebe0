"""What stands in the answers of a server: texts without thoughts, log probabilities, complaints."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

import numpy as np

from empathia.files import Plain

_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_UNFINISHED = re.compile(r"<think(?:ing)?>.*\Z", re.DOTALL | re.IGNORECASE)
_BEGUN_TAG = re.compile(r"(?:\s|</?[a-z]*\Z)+\Z", re.IGNORECASE)
_HEADLESS = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)


def logprob(token: Plain) -> float | None:
    """The log probability of a prompt's token: vLLM maps its id to what is known of it."""
    known = next(iter(token.values()), None) if isinstance(token, dict) else None
    value = known.get("logprob") if isinstance(known, dict) else None
    return float(value) if _is_number(value) else None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def first_tokens(choice: Mapping[str, Plain]) -> dict[str, float]:
    """Log probabilities of what an answer may begin with, by its text without blanks."""
    told = choice.get("logprobs")
    content = told.get("content") if isinstance(told, dict) else None
    first = content[0] if isinstance(content, list) and content else None
    tops = first.get("top_logprobs") if isinstance(first, dict) else None
    likely: dict[str, float] = {}
    for top in tops if isinstance(tops, list) else ():
        text, value = (top.get("token"), top.get("logprob")) if isinstance(top, dict) else ("", 0)
        if isinstance(text, str) and text.strip() and _is_number(value):
            likely[text.strip()] = float(np.logaddexp(likely.get(text.strip(), -np.inf), value))
    return likely


def spoken(pieces: Iterable[str]) -> Iterator[str]:
    """Pieces of a text without its thoughts, and without space around it."""
    raw, given = "", 0
    for piece in pieces:
        raw += piece
        visible = _UNFINISHED.sub("", _THOUGHT.sub("", raw)).lstrip()
        # What may be the start of a tag, or the end of the text, is held back.
        visible = _BEGUN_TAG.sub("", visible)
        if len(visible) > given:
            yield visible[given:]
            given = len(visible)
    if rest := _UNFINISHED.sub("", _THOUGHT.sub("", raw)).strip()[given:]:
        yield rest


def text_of(content: object) -> str:
    """Content is a string, or a list of parts of which some are text."""
    if isinstance(content, list):
        parts = [p.get("text") for p in content if isinstance(p, dict)]
        content = "".join(p for p in parts if isinstance(p, str))
    text = content if isinstance(content, str) else ""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of letters


def without_thoughts(text: str) -> str:
    """A whole text without what is marked as thought."""
    # Some chat templates open the thought themselves, so only its end is seen.
    text = _HEADLESS.sub("", _THOUGHT.sub("", text))
    return _UNFINISHED.sub("", text).strip()


def complaint(body: bytes) -> str:
    """What the body of a refusal says."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body[:2000].decode("utf-8", "replace")
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or ""
    return str(error)


def shorten(text: str, most: int = 200) -> str:
    """One printable line without markup."""
    plain = re.sub(r"<[^>]*>", " ", text)
    line = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return line if len(line) <= most else line[: most - 1] + "…"
