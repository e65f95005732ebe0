"""Pages that run nothing: one file without network, script or folder, and one head for all."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

_ASSETS = Path(__file__).with_name("assets")


def page(name: str, style: str, filling: Mapping[str, str], *, tab: str = "") -> str:
    """A page out of ``assets/<name>.html``, which lets nothing in but its own style and pictures.

    Args:
        name: Of the body among the assets.
        style: Of the style sheet that is its own.
        filling: By the names in double braces, as HTML; "title" among them.
        tab: What the browser's tab says, as HTML; else the title.
    """
    styles = f"\n{_asset('page.css')}\n{_asset(style)}\n"
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode("ascii")
    head = {
        "policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "style": styles,
        "tab": tab or filling["title"],
        "language": filling.get("language", "en"),
    }
    # One pass, so that braces in a name are not filled in turn.
    both, whole = {**filling, **head}, f"{_asset('head.html')}\n{_asset(f'{name}.html')}\n"
    return re.sub(r"\{\{(\w+)\}\}", lambda match: both[match[1]], whole)


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8").strip()
