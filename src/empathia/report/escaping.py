"""Text that is safe inside a page."""

from __future__ import annotations

import html
import re


def escaped(text: str) -> str:
    """Text for an element or an attribute: no markup, no control characters, no surrogates."""
    safe = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)
    return html.escape(safe)
