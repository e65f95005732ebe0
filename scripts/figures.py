"""Figures of the floor plan of a checkout: is it still livable?

    python scripts/figures.py [PATH] [--json] [--places NAME]

`--places` lists where a figure comes from. What each one counts:

- typed: share of functions whose every argument and result has a type.
- shapes: public functions that take or give arrays, and how many say a shape "(items, ...)", a
  word for one ("one number a", "vector") or a unit in their docstring or their class's.
- prefixes: files `X_y.py` beside `X.py`, and third files of a folder with one prefix.
- cycles: circles of imports between modules, those inside of functions included. That a part
  needs its package to be there counts only where it imports names of it.
- upward: imports against the order of docs/architecture.md.
- any: signatures with dict[str, Any] or Mapping[str, Any].
- fmt_skip, found: occurrences in source (and tests for the first).
- long: functions of over 40 lines, docstrings left out.
- dead: names of a module that stand nowhere in the checkout but where they are made.
- duplicates: places where six lines in a row stand somewhere else, too.
- lines of source and of tests.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ORDER = (
    ("__main__",),
    ("cli",),
    ("service",),
    ("report",),
    ("evaluate", "audit"),
    ("bench", "pipeline"),
    ("corpora", "listen", "features", "emotion", "judges", "replies", "reaction", "speech"),
    ("training",),
    ("exemplars", "cues"),
    ("encoders", "lm"),
    ("media", "tables", "weights", "scale", "face"),
    ("contracts", "plugins", "config"),
    ("types",),
    ("labels",),
    ("metrics",),
    ("files",),
    ("errors", "version"),
)
"""Which room may import which: those below its own row, and itself."""
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
LIMITS = {
    "fmt_skip": 10,
    "found": 249,
    "any": 29,
    "cycles": 0,
    "upward": 0,
    "prefixes": 0,
    "dead": 0,
    "long": 0,
}
_WINDOW, _LONG = 6, 40
_TEXTS = {".py", ".md", ".toml", ".html", ".js"}
_ARRAYS = re.compile(r"NDArray|FloatArray|\bArray\b|Floats|Tensor")
_SHAPE = re.compile(
    r"\([a-z0-9_ ,.*+|:-]*,[^)]*\)|\(\w[\w ]*,\)|\b(one|each) (number|row|a)\b|vector|"
    r"\bdB\b|\bHz\b|seconds|samples|items|rows|utterances",
    re.IGNORECASE,
)

Places = dict[str, list[str]]
Trees = dict[Path, list[ast.AST]]  # of each file its module, then the statements of it


def figures(root: Path) -> Places:
    """Places by figure.

    Args:
        root: Of the checkout.
    """
    package = root / "src" / "empathia"
    sources = {p: p.read_text(encoding="utf-8") for p in sorted(package.rglob("*.py"))}
    tests = {p: p.read_text(encoding="utf-8") for p in sorted((root / "tests").rglob("*.py"))}
    trees = {p: [*statements(ast.parse(text))] for p, text in sources.items()}
    names = {p: _module(p, package) for p in sources}
    functions = list(_functions(trees))
    arrays = list(_with_arrays(functions))
    return {
        "untyped": [_at(p, root, f) for p, f, _ in functions if not _is_typed(f)],
        "functions": [_at(p, root, f) for p, f, _ in functions],
        "arrays": [_at(p, root, f) for p, f, _ in arrays],
        "arrays_without_shape": [_at(p, root, f) for p, f, doc in arrays if not _SHAPE.search(doc)],
        "prefixes": _prefixes(package),
        "cycles": [" > ".join(c) for c in _cycles(_graph(trees, names))],
        "upward": _upward(trees, names),
        "any": [
            _at(p, root, f)
            for p, f, _ in functions
            if re.search(r"\b(dict|Mapping)\[str, Any\]", _signature(f))
        ],
        "fmt_skip": _matches(sources | tests, root, r"#\s*fmt:\s*skip"),
        "found": _matches(sources, root, r"\bfound\b"),
        "long": [_at(p, root, f) for p, f, _ in functions if _lines(f) > _LONG],
        "dead": _dead(trees, root),
        "duplicates": _duplicates(sources, root),
        "source_lines": [str(p) for p, t in sources.items() for _ in t.splitlines()],
        "test_lines": [str(p) for p, t in tests.items() for _ in t.splitlines()],
    }


Function = ast.FunctionDef | ast.AsyncFunctionDef


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all statements in it, nine in ten nodes of a file being expressions."""
    yield node
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        for child in getattr(node, part, ()):
            yield from statements(child)


def _functions(trees: Trees) -> Iterator[tuple[Path, Function, str]]:
    """Every function with its docstring and that of its class."""
    for path, nodes in trees.items():
        for node in nodes:
            doc = ast.get_docstring(node) or "" if isinstance(node, ast.ClassDef) else ""
            for child in ast.iter_child_nodes(node) if hasattr(node, "body") else ():
                if isinstance(child, Function):
                    yield path, child, f"{doc}\n{ast.get_docstring(child) or ''}"


def _with_arrays(
    functions: list[tuple[Path, Function, str]],
) -> Iterator[tuple[Path, Function, str]]:
    for path, f, doc in functions:
        public = not f.name.startswith("_") and not path.name.startswith("_")
        if public and ast.get_docstring(f) and _ARRAYS.search(_signature(f)):
            yield path, f, doc


def _signature(f: Function) -> str:
    args = [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]
    types = [ast.unparse(a.annotation) for a in args if a.annotation]
    return " ".join([*types, ast.unparse(f.returns) if f.returns else ""])


def _lines(f: Function) -> int:
    """Lines of a function without its docstring."""
    whole = (f.end_lineno or f.lineno) - f.lineno + 1
    if ast.get_docstring(f) is None:
        return whole
    return whole - ((f.body[0].end_lineno or 0) - f.body[0].lineno + 1)


def _is_typed(f: Function) -> bool:
    args = [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]
    args += [a for a in (f.args.vararg, f.args.kwarg) if a]
    return f.returns is not None and all(a.annotation or a.arg in {"self", "cls"} for a in args)


def _at(path: Path, root: Path, f: Function) -> str:
    return f"{path.relative_to(root)}:{f.lineno} {f.name}"


def _matches(texts: dict[Path, str], root: Path, pattern: str) -> list[str]:
    return [
        f"{path.relative_to(root)}:{text[: match.start()].count(chr(10)) + 1}"
        for path, text in texts.items()
        for match in re.finditer(pattern, text)
    ]


def _prefixes(package: Path) -> list[str]:
    places = []
    for folder in [package, *(d for d in package.rglob("*") if d.is_dir())]:
        stems = [p.stem for p in sorted(folder.glob("*.py")) if not p.stem.startswith("__")]
        heads = Counter(s.lstrip("_").split("_")[0] for s in stems if "_" in s.lstrip("_"))
        places += [f"{folder}: {h}_*" for h, n in heads.items() if h in stems or n > 2]
    return places


def _module(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__") or "empathia"


def _imported(nodes: list[ast.AST]) -> Iterator[str]:
    """Modules and names that a file imports from the project, lazily or not."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == "empathia":
                base = node.module.removeprefix("empathia").lstrip(".")
                yield from (f"{base}.{a.name}".lstrip(".") for a in node.names)
        elif isinstance(node, ast.Import):
            yield from (
                a.name.removeprefix("empathia.")
                for a in node.names
                if a.name.startswith("empathia.")
            )


def _graph(trees: Trees, names: dict[Path, str]) -> dict[str, set[str]]:
    known = set(names.values())
    graph: dict[str, set[str]] = defaultdict(set)
    for path, nodes in trees.items():
        for target in _imported(nodes):
            module = target if target in known else target.rpartition(".")[0]
            own = names[path]
            if module in known and module != own:
                graph[own].add(module)
    return graph


def _cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                circles.append(part)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return circles


def _upward(trees: Trees, names: dict[Path, str]) -> list[str]:
    places = []
    for path, nodes in trees.items():
        own = names[path].split(".")[0]
        for target in _imported(nodes):
            other = target.split(".")[0]
            if own in RANK and other in RANK and other != own and RANK[other] <= RANK[own]:
                places.append(f"{names[path]} imports {target}")
    return places


def _dead(trees: Trees, root: Path) -> list[str]:
    folders = ("src", "tests", "scripts", "benchmarks", "examples", "docs", "runs")
    files = [p for folder in folders for p in (root / folder).rglob("*") if p.suffix in _TEXTS]
    files += [p for p in root.glob("*.*") if p.suffix in _TEXTS]
    words = Counter(w for p in files for w in re.findall(r"\w+", p.read_text(encoding="utf-8")))
    made = [
        (path, node.lineno, name)
        for path, (module, *_) in trees.items()
        for node in getattr(module, "body", ())
        for name in _made(node)
        if not name.startswith("__")
    ]
    return [f"{p.relative_to(root)}:{line} {name}" for p, line, name in made if words[name] == 1]


def _made(node: ast.stmt) -> list[str]:
    """Names that a statement of a module makes."""
    if isinstance(node, Function | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return [t.id for t in targets if isinstance(t, ast.Name)]


def _duplicates(texts: dict[Path, str], root: Path) -> list[str]:
    seen: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, text in texts.items():
        lines = [(n, x.strip()) for n, x in enumerate(text.splitlines(), 1) if x.strip()]
        lines = [(n, x) for n, x in lines if not x.startswith(("from ", "import ", "#", '"""'))]
        for i in range(len(lines) - _WINDOW + 1):
            window = tuple(x for _, x in lines[i : i + _WINDOW])
            if sum(map(len, window)) > 15 * _WINDOW:  # brackets alone are no copy
                seen[window].append(f"{path.relative_to(root)}:{lines[i][0]}")
    return [" = ".join(places) for places in seen.values() if len(places) > 1]


def summary(places: Places) -> dict[str, float]:
    """Numbers of a floor plan by name."""
    counts = {name: len(rows) for name, rows in places.items()}
    functions, arrays = counts.pop("functions"), counts.pop("arrays")
    untyped, bare = counts.pop("untyped"), counts.pop("arrays_without_shape")
    return {
        "typed": round(1 - untyped / max(functions, 1), 4),
        "shapes": round(1 - bare / max(arrays, 1), 4),
        **counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path, nargs="?", default=Path(__file__).parents[1])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--places", metavar="NAME", help="list the places of one figure")
    args = parser.parse_args()
    places = figures(args.path)
    if args.places:
        print("\n".join(places[args.places]))
        return
    numbers = summary(places)
    if args.json:
        print(json.dumps(numbers, indent=2))
        return
    for name, value in numbers.items():
        limit = f"  (at most {LIMITS[name]})" if name in LIMITS else ""
        print(f"{name:<14}{value:>10,}{limit}")


if __name__ == "__main__":
    main()
