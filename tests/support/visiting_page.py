"""The service's page, open in a browser, and all that it complained about."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

LASTED = re.compile(r"^0:0[1-9]$")
"""A clock that has gone for a second at least: who looks may come late."""


def watching(selector: str) -> str:
    """A script that keeps in ``shown`` each text that was there, for however short a time."""
    return f"""window.shown = [];
    new MutationObserver(() => {{
      for (const x of document.querySelectorAll("{selector}")) shown.push(x.textContent);
    }}).observe(document, {{
      childList: true, attributes: true, characterData: true, subtree: true,
    }});"""


class Visit:
    """The page, open, agreed to, and all that it complained about."""

    def __init__(
        self,
        browser: Any,
        place: str,
        part: str = "",
        *,
        agreed: bool = True,
        scripts: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.context = browser.new_context(base_url=place, locale="en-GB", **options)
        for script in scripts:  # run before those of the page
            self.context.add_init_script(script)
        if agreed:
            here = "if (self === top) localStorage.setItem('empathia-agreed', '1')"
            self.context.add_init_script(here)  # a timeline's frame has no storage
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.place = place
        self.page.goto(f"/#{part}")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            ours = (self.place, "data:", "blob:" + self.place)
            assert self.complaints == []
            assert [r for r in self.requests if not r.startswith(ours)] == []


@contextlib.contextmanager
def held(page: Any, path: str) -> Iterator[None]:
    """What is asked for there waits for its answer until the end; it fails if nothing is."""
    waiting: list[Any] = []
    over = False

    def hold(route: Any) -> None:
        if over:  # it came while others were let go
            route.continue_()
        else:
            waiting.append(route)

    page.route(path, hold)
    with page.expect_request(path, timeout=300_000):  # of all that is done meanwhile
        yield
    over = True
    for route in waiting:
        route.continue_()
    page.unroute(path)
