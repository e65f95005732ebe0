"""Write the sizes and sums of the shipped weights into the manifest.

    python scripts/sum_shipped_weights.py [--write]

Prints the [[NAME.files]] tables of the manifest for everything that lies in
src/empathia/weights/shipped/NAME/, cards aside. --write puts them in place of those in the
manifest; without it the exit code is 1 where they differ. Run it after every change of a shipped
weight.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "empathia"
CARD = "card.md"  # documentation: reading does not need it, and its text may change


def model_files(folder: Path) -> list[Path]:
    """What reading needs of a shipped weight, by name."""
    files = [f for f in folder.iterdir() if f.name != CARD and not f.name.startswith(".")]
    return sorted((f for f in files if f.is_file()), key=lambda f: f.name)


def tables(name: str, folder: Path) -> str:
    """The manifest's tables for the files of one shipped weight."""
    return "\n".join(
        f"[[{name}.files]]\n"
        f'name = "{file.name}"\n'
        f"size = {file.stat().st_size}\n"
        f'sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"\n'
        for file in model_files(folder)
    )


def renewed(manifest: str, models: Path) -> str:
    """The manifest's text with the tables of all shipped weights as they are now."""
    shipped = [name for name, table in tomllib.loads(manifest).items() if table.get("shipped")]
    parts = re.split(r"^(?=\[)", manifest, flags=re.MULTILINE)  # a part a table
    kept: list[str] = []
    for part in parts:
        head = part.partition("]")[0].strip("[]")
        if head.endswith(".files") and head.removesuffix(".files") in shipped:
            kept += [x for x in part.splitlines(keepends=True) if x.startswith("#")]
        elif head in shipped:
            kept.append(f"{part.rstrip()}\n\n{tables(head, models / head)}\n")
        else:
            kept.append(part)
    return "".join(kept).rstrip() + "\n"


def main() -> int:
    """Print or write; the exit code is 1 where the manifest is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="update the manifest")
    args = parser.parse_args()
    manifest = PACKAGE / "weights" / "weights.toml"
    old = manifest.read_text(encoding="utf-8")
    new = renewed(old, PACKAGE / "weights" / "shipped")
    if args.write:
        manifest.write_text(new, encoding="utf-8", newline="\n")
        print(f"{manifest}: {'unchanged' if new == old else 'updated'}")
        return 0
    for name, table in tomllib.loads(new).items():
        if table.get("shipped"):
            print(tables(name, PACKAGE / "weights" / "shipped" / name))
    if new != old:
        print(f"{manifest} differs: run it again with --write", file=sys.stderr)
    return int(new != old)


if __name__ == "__main__":
    sys.exit(main())
