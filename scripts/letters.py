"""Learn how letters sound from a pronouncing lexicon, for words that are in none.

    python scripts/letters.py [LEXICON] [--out FILE] [--held-out N]

Letters are aligned with phonemes (each says none, one or two), by the likeliest alignment of each
word, five times over. A rule is a letter and some of its neighbours, in the order of SEEN, and what
the letter says there; it stands where it is seen often enough and differs from the rule with one
neighbour less. With --held-out, every N-th word is left out, told apart by the rules, and the share
of words and phonemes that are right is printed; nothing is written then.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from empathia import weights
from empathia.speech.kokoro import letters

_LEAST = 4  # times that a rule is seen
_ROUNDS, _SAMPLE = 5, 8  # of aligning, with each n-th word
_MOST = 2  # phonemes of a letter
_RARE = 12.0  # cost (nats) of what was never seen

Units = tuple[str, ...]
Costs = dict[str, dict[Units, float]]
Word = tuple[str, Units]


def units(phonemes: str) -> Units:
    """Phonemes one by one, a stress with the vowel that bears it."""
    found: list[str] = []
    for symbol in phonemes:
        if found and found[-1] in letters.STRESSES:
            found[-1] += symbol
        else:
            found.append(symbol)
    return tuple(found)


def words(lexicon: Path) -> list[Word]:
    """Words of two letters or more with their phonemes."""
    held: dict[str, str | dict[str, str]] = json.loads(lexicon.read_text(encoding="utf-8"))
    said = {k: v if isinstance(v, str) else v["DEFAULT"] for k, v in held.items()}
    plain = {k.lower(): v for k, v in said.items() if len(k) > 1 and k.isalpha() and k.isascii()}
    return [(word, units(phonemes)) for word, phonemes in sorted(plain.items()) if phonemes]


def first_costs(known: Iterable[Word]) -> Costs:
    """What letters may say by where they stand in a word."""
    counts: dict[str, Counter[Units]] = defaultdict(Counter)
    for word, said in known:
        for i, letter in enumerate(word):
            at = i * len(said) / len(word)
            for j in range(len(said)):
                near = math.exp(-abs(j - at))
                counts[letter][said[j : j + 1]] += near
                counts[letter][said[j : j + 2]] += near / 20
            counts[letter][()] += 0.5
    return costs(counts)


def costs(counts: dict[str, Counter[Units]]) -> Costs:
    """Negative log shares."""
    return {
        letter: {said: -math.log(n / sum(these.values())) for said, n in these.items() if n}
        for letter, these in counts.items()
    }


def aligned(word: str, said: Units, cost: Costs) -> list[Units] | None:
    """What each letter says in the likeliest alignment; None where there are too many phonemes."""
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for letter in word:
        of = cost.get(letter, {})
        row: dict[int, tuple[float, int]] = {}
        for j, (total, _) in best[-1].items():
            for n in range(min(_MOST, len(said) - j) + 1):
                price = total + of.get(said[j : j + n], _RARE * (1 + n))
                if j + n not in row or price < row[j + n][0]:
                    row[j + n] = price, n
        best.append(row)
    if len(said) not in best[-1]:
        return None
    pieces, j = [], len(said)
    for row in reversed(best[1:]):
        n = row[j][1]
        pieces.append(said[j - n : j])
        j -= n
    return pieces[::-1]


def alignments(known: Sequence[Word]) -> list[tuple[str, list[Units]]]:
    """Every word with what each of its letters says."""
    some = known[::_SAMPLE]
    cost = first_costs(some)
    for _ in range(_ROUNDS):
        counts: dict[str, Counter[Units]] = defaultdict(Counter)
        for word, said in some:
            for letter, piece in zip(word, aligned(word, said, cost) or (), strict=False):
                counts[letter][piece] += 1
        cost = costs(counts)
    pairs = ((word, aligned(word, said, cost)) for word, said in known)
    return [(word, pieces) for word, pieces in pairs if pieces is not None]


def rules(known: Iterable[tuple[str, list[Units]]]) -> dict[str, str]:
    """Keys of letters and neighbours, and what is said; each differs from the next shorter one."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for word, pieces in known:
        for i, piece in enumerate(pieces):
            for key in letters.keys(word, i):
                seen[key]["".join(piece)] += 1
    made: dict[str, str] = {}
    for key in sorted(seen, key=len):
        piece, count = seen[key].most_common(1)[0]
        shorter = next((made[key[:n]] for n in range(len(key) - 1, 0, -1) if key[:n] in made), None)
        if count >= _LEAST and piece != shorter and count > seen[key].get(shorter or "", 0):
            made[key] = piece
    return made


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Edits from one to the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def measured(made: dict[str, str], known: Sequence[Word]) -> str:
    """How many of these words and of their phonemes are right, with stresses and without."""
    whole = plain = edits = total = 0
    for word, said in known:
        told = letters.by_rules(word, made)
        true = "".join(said)
        bare, right = (x.translate(letters.UNSTRESSED) for x in (told, true))
        whole += told == true
        plain += bare == right
        edits += distance(bare, right)
        total += len(right)
    n = len(known)
    return (
        f"{len(made)} rules, {n} words held out: {whole / n:.1%} of words right, {plain / n:.1%} "
        f"but for stress, {1 - edits / total:.1%} of phonemes"
    )


def main() -> None:
    """Learn, and write or measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lexicon", type=Path, nargs="?", help="default: the pulled us_gold.json")
    parser.add_argument("--out", type=Path, default=letters.FILE)
    parser.add_argument("--held-out", type=int, metavar="N")
    args = parser.parse_args()
    known = words(args.lexicon or weights.folder("kokoro") / "us_gold.json")
    if args.held_out:
        out = known[:: args.held_out]
        kept = [w for i, w in enumerate(known) if i % args.held_out]
        print(measured(rules(alignments(kept)), out))
        return
    made = rules(alignments(known))
    lines = (f"{key}\t{said}\n" for key, said in sorted(made.items()))
    args.out.write_text("".join(lines), encoding="utf-8")
    print(f"wrote {len(made)} rules to {args.out}")


if __name__ == "__main__":
    main()
