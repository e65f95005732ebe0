"""The documents hold together: links lead somewhere, nothing was left to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from empathia import plugins
from empathia.labels import LABEL_SETS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_left_to_be_filled_in(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    left = re.findall(r"^[A-Z]{4,}$", text, flags=re.MULTILINE)
    assert left == []
    assert "TODO" not in text


def test_the_readme_shows_the_two_commands_and_real_verbs() -> None:
    from empathia.cli import VERBS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
    assert set(re.findall(r"^empathia (\w+)", text, flags=re.MULTILINE)) <= set(VERBS)


@pytest.mark.parametrize("name", plugins.names("corpora"))
def test_the_corpora_page_says_what_the_plugins_say(name: str) -> None:
    info = plugins.load("corpora", name).INFO
    (row,) = [
        x
        for x in (DOCS / "corpora.md").read_text().splitlines()
        if f"`{name}`" in x[:60] and x.startswith("|")
    ]
    assert info.licence in row
    assert f"| {info.language} |" in row
    assert ("**nc**" in row) is info.noncommercial
    assert info.page in row or not info.page.startswith("http")


def test_the_corpora_page_lists_every_label_set() -> None:
    text = (DOCS / "corpora.md").read_text()
    assert [x for x in LABEL_SETS if f"`{x}`" not in text] == []


def test_the_way_through_the_code_names_places_that_are_there() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    source = ROOT / "src" / "empathia"
    named = re.findall(r"`([a-z_]+(?:/[a-z_]*)*(?:/|\.py|\.toml|\.json))`", text)
    there = [source, *source.rglob("*"), ROOT / "tests", *(ROOT / "tests").glob("*")]
    ends = [f"/{p}/" if p.is_dir() else f"/{p}" for p in there]
    assert [x for x in named if not any(e.endswith(f"/{x}") for e in ends)] == []
    rooms = {f"{p.name}/" for p in source.iterdir() if (p / "__init__.py").exists()}
    assert [x for x in sorted(rooms) if f"| `{x}`" not in text] == []
