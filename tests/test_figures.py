"""The floor plan stays livable: the limits of scripts/figures.py."""

from __future__ import annotations

from pathlib import Path

import figures
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def places() -> dict[str, list[str]]:
    return figures.figures(ROOT)


@pytest.mark.parametrize("name", sorted(figures.LIMITS))
def test_the_limits_are_kept(places: dict[str, list[str]], name: str) -> None:
    assert len(places[name]) <= figures.LIMITS[name], places[name][:20]


def test_every_function_is_typed(places: dict[str, list[str]]) -> None:
    assert places["untyped"] == []


def test_every_public_function_with_arrays_says_their_shape(places: dict[str, list[str]]) -> None:
    assert places["arrays_without_shape"] == []


@pytest.mark.parametrize(
    ("files", "figure", "count"),
    [
        (
            {"a.py": "from empathia import b", "b.py": "def f():\n    import empathia.a"},
            "cycles",
            1,
        ),
        ({"a.py": "from empathia import b", "b.py": ""}, "cycles", 0),
        ({"p/__init__.py": "from empathia.p.q import x", "p/q.py": "x = 1"}, "cycles", 0),
        (
            {"p/__init__.py": "from empathia.p.q import x", "p/q.py": "from empathia.p import y"},
            "cycles",
            1,
        ),
        ({"types.py": "def f():\n    from empathia.cli import main"}, "upward", 1),
        ({"cli.py": "from empathia.types import Turn"}, "upward", 0),
        ({"a.py": "", "a_b.py": ""}, "prefixes", 1),
        ({"x_a.py": "", "x_b.py": "", "x_c.py": ""}, "prefixes", 1),
        ({"x_a.py": "", "x_b.py": ""}, "prefixes", 0),
        ({"a.py": "def f(x: dict[str, Any]) -> int: ..."}, "any", 1),
        ({"a.py": "x = [1]  # fmt: skip\nfound = 'found'"}, "found", 2),
        ({"a.py": "x = [1]  # fmt" + ": skip"}, "fmt_skip", 1),
        ({"a.py": "def f():\n" + "    x = 1\n" * 40}, "long", 1),
        ({"a.py": 'def f():\n    """A.\n\n    B.\n    """\n' + "    x = 1\n" * 39}, "long", 0),
        ({"a.py": "def f(x): ..."}, "untyped", 1),
        ({"a.py": "A, B = 1, 2\nC = 3\ndef d(): ..."}, "dead", 2),
        ({"a.py": "def d(): ...", "b.py": "from empathia.a import d"}, "dead", 0),
    ],
)
def test_each_figure_counts_what_it_says(
    tmp_path: Path, files: dict[str, str], figure: str, count: int
) -> None:
    for name, text in files.items():
        file = tmp_path / "src" / "empathia" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert len(figures.figures(tmp_path)[figure]) == count
