"""A service that is killed at any moment: is anything lost that was acknowledged, or back?

    python benchmarks/killed.py [--times 100] [--seed 1] [--json FILE]

A service whose work is scripted is killed (SIGKILL) while entries and uploads are written and
deleted, while it starts and takes up what was left, and while a new diary is made. It is started
again each time and has to be there by itself. lost: answered with 201 or 202, and not there.
back: deleted with 204, and there. left: what belongs to nothing. faults: lines of its log.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from killing import Killed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600.0, help="after which it ends")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    began, random, moments = time.monotonic(), Random(args.seed), Counter[str]()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        one = Killed(Path(folder) / "old", random)
        new: list[Killed] = []
        for i in range(args.times):
            if time.monotonic() - began > args.seconds:
                break
            if i % 5 == 3:
                moments["start"] += 1
                one.at_start()
            elif i % 5 == 4:
                moments["a new diary"] += 1
                new.append(Killed(Path(folder) / f"new-{i}", random))
                new[-1].at_start()
                wrong += new[-1].check()
            else:
                moments["work"] += 1
                one.at_work()
            if i % 10 == 9:
                wrong += one.check()
                print(f"{i + 1} times: {len(wrong)} wrong", file=sys.stderr, flush=True)
        wrong += one.check() + one.read()
        faults = [x for k in (one, *new) for x in k.faults()]
    told = {
        "moments": dict(moments),
        "written": len(one.written),
        "deleted": len(one.deleted),
        "in doubt": len(one.doubtful - one.deleted),
        "wrong": wrong,
        "faults": faults,
        "seconds": round(time.monotonic() - began),
    }
    if args.json:
        args.json.write_text(json.dumps(told, indent=1))
    for line in [*wrong, *faults][:40]:
        print(line)
    killed = ", ".join(f"{n} at {what}" for what, n in moments.items())
    print(
        f"killed {moments.total()} times ({killed}) in {told['seconds']} s: {told['written']} "
        f"acknowledged, {told['deleted']} of them deleted, {told['in doubt']} killed while they "
        f"were; {len(wrong)} lost, back or left; {len(faults)} faults in the log"
    )
    sys.exit(bool(wrong or faults))


if __name__ == "__main__":
    main()
