"""Who may be learnt from and who is tested: the field's protocols as folds of dialogues.

| protocol | test parts | validation |
|---|---|---|
| standard | the corpus's own test part | its own, else carved from the training part |
| k-fold | ``folds`` parts of all dialogues | carved |
| leave-G-out | each value of the grouping G, or ``folds`` parts of its values | carved, by G |
| listed | as files list them (EmoBox's layout) | carved |

G is "speaker", "corpus", or any name in ``Utterance.groups`` ("session",
"scenario"). A dialogue is never torn apart: one that holds a tested utterance
is not learnt from, since its other turns are the context of that utterance.
Test parts are the same for every seed, so that seeds and runs can be compared
utterance by utterance; what is carved for validation differs from seed to seed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.errors import ConfigError, CorpusError, EmpathiaWarning
from empathia.types import Dialogue, Utterance

Listed = Mapping[str, tuple[frozenset[str], frozenset[str]]]
_Key = Callable[[Dialogue, Utterance], str | None]
_Unit = Callable[[Dialogue, Utterance], str]
_LONGEST = 60  # characters of a fold's name that lists what it leaves out


@dataclass(frozen=True, slots=True)
class Fold:
    """One training and its test.

    Args:
        name: "standard", the value that is left out, or the number of the fold.
        train: Learnt from.
        valid: Selected on.
        test: Tested on.
        train_ids, valid_ids, test_ids: Ids of the utterances that count there; None counts all.
            The rest of their dialogues is context.
    """

    name: str
    train: tuple[Dialogue, ...]
    valid: tuple[Dialogue, ...]
    test: tuple[Dialogue, ...]
    train_ids: frozenset[str] | None = None
    valid_ids: frozenset[str] | None = None
    test_ids: frozenset[str] | None = None


def folder_name(fold: str) -> str:
    """A fold's name as the name of a folder: short, harmless, its own for every fold."""
    plain = "".join(c if c.isalnum() or c in "-_+" else "_" for c in fold)[:60]
    if plain == fold:
        return plain
    return f"{plain}-{hashlib.sha256(fold.encode()).hexdigest()[:8]}"


def folds(
    dialogues: Sequence[Dialogue],
    protocol: str,
    *,
    seed: int,
    count: int | None = None,
    valid: float = 0.1,
    fraction: float = 1.0,
    listed: Listed | None = None,
) -> tuple[Fold, ...]:
    """The folds of a protocol.

    Args:
        dialogues: All that there are; ids of utterances are unique.
        protocol: See above.
        seed: Chooses what is carved for validation and which fraction is learnt from.
        count: How many folds.
        valid: Share of the training part that validates, where none is given.
        fraction: Share of the training dialogues that is kept; validation and test stay whole.
        listed: For "listed": name of the fold to the ids that train and those that test.

    Raises:
        ConfigError: The protocol is unknown or does not fit the corpus.
    """
    makers: dict[str, Callable[[], list[Fold]]] = {
        "standard": lambda: _standard(dialogues),
        "k-fold": lambda: _k_fold(dialogues, count or 5),
        "listed": lambda: _listed(dialogues, listed or {}),
    }
    group = _group(protocol)
    if protocol not in makers and group is None:
        raise ConfigError(
            f"unknown protocol '{protocol}' (known: {', '.join(makers)}, leave-<group>-out)",
            "Name one of these as data.protocol",
        )
    made = makers[protocol]() if group is None else _leave_out(dialogues, group, count)
    made = [f if f.valid else _with_validation(f, seed, valid, _unit(f, group)) for f in made]
    return tuple(_fewer(f, fraction, seed) for f in made)


def everything(
    dialogues: Sequence[Dialogue], protocol: str, *, seed: int, valid: float, like: Fold
) -> Fold:
    """All dialogues as one training that is never tested, for a model that is to be used.

    Args:
        dialogues: All that there are.
        protocol: Validation holds out what its tests hold out.
        seed: Chooses what is carved for validation.
        valid: Share that validates.
        like: A fold of that protocol: what is carved here holds out what is carved there.

    Raises:
        ConfigError: There are too few dialogues.
    """
    whole = Fold("everything", tuple(dialogues), (), ())
    return _with_validation(whole, seed, valid, _unit(like, _group(protocol)))


def grouping(protocol: str) -> Callable[[Dialogue], str]:
    """What of the training part hangs together: the group that is left out, else a dialogue."""
    group = _group(protocol)
    if group is None:
        return lambda d: d.id
    key = _key_of(group)
    return lambda d: str(key(d, d.utterances[0]))


def _group(protocol: str) -> str | None:
    if protocol.startswith("leave-") and protocol.endswith("-out") and len(protocol) > 10:
        return protocol[len("leave-") : -len("-out")]
    return None


def _standard(dialogues: Sequence[Dialogue]) -> list[Fold]:
    parts = {p: tuple(d for d in dialogues if d.split == p) for p in ("train", "valid", "test")}
    for part in ("train", "test"):
        if not parts[part]:
            raise ConfigError(
                f"protocol 'standard' needs a {part} part, the corpus has none",
                "Give the corpus a split or choose another data.protocol, such as k-fold",
            )
    rest = len(dialogues) - sum(map(len, parts.values()))
    if rest:
        _warn(
            f"protocol 'standard': {rest} of {len(dialogues)} dialogues are in no part and not used"
        )
    return [Fold("standard", parts["train"], parts["valid"], parts["test"])]


def _warn(what: str) -> None:
    warnings.warn(what, EmpathiaWarning, stacklevel=3)


def _k_fold(dialogues: Sequence[Dialogue], count: int) -> list[Fold]:
    if len(dialogues) < count:
        raise ConfigError(
            f"{count} folds need as many dialogues, found {len(dialogues)}", "Lower data.folds"
        )
    order = list(dialogues)
    random.Random(0).shuffle(order)  # noqa: S311 - no secret
    which = {d.id: i % count for i, d in enumerate(order)}
    return [
        Fold(
            str(k + 1),
            tuple(d for d in dialogues if which[d.id] != k),
            (),
            tuple(d for d in dialogues if which[d.id] == k),
        )
        for k in range(count)
    ]


def _key_of(group: str) -> _Key:
    """How a grouping reads its value off an utterance; None where it has none."""
    if group == "speaker":
        return lambda d, u: u.speaker
    if group == "corpus":
        return lambda d, u: d.corpus
    return lambda d, u: u.groups.get(group)


def _leave_out(dialogues: Sequence[Dialogue], group: str, count: int | None) -> list[Fold]:
    key = _key_of(group)
    sizes: Counter[str] = Counter()
    for d in dialogues:
        for u in d.utterances:
            value = key(d, u)
            if value is None:
                known = ", ".join(sorted(u.groups)) or "none"
                raise ConfigError(
                    f"protocol 'leave-{group}-out': utterance '{u.id}' has no {group} "
                    f"(its groups: {known}; speaker and corpus are always known)",
                    "Name a grouping that the corpus has",
                )
            sizes[value] += 1
    bins = _bins(sizes, count)
    if len(bins) < 2:
        raise ConfigError(
            f"protocol 'leave-{group}-out' needs at least 2 values, found {list(sizes)}",
            "Choose another data.protocol",
        )
    return [_left_out(dialogues, key, name, values) for name, values in bins.items()]


def _bins(sizes: Counter[str], count: int | None) -> dict[str, frozenset[str]]:
    """Values to folds: each its own, or spread so that folds are of like size."""
    if count is None or count >= len(sizes):
        return {v: frozenset([v]) for v in sorted(sizes)}
    bins: list[list[str]] = [[] for _ in range(count)]
    for value, _ in sorted(sizes.items(), key=lambda x: (-x[1], x[0])):
        min(bins, key=lambda b: sum(sizes[v] for v in b)).append(value)
    named = ("+".join(sorted(b)) for b in bins)
    return {
        n if len(n) <= _LONGEST else f"{i}_of_{count}": frozenset(b)
        for i, (n, b) in enumerate(zip(named, bins, strict=True), start=1)
    }


def _left_out(dialogues: Sequence[Dialogue], key: _Key, name: str, values: Collection[str]) -> Fold:
    test = tuple(d for d in dialogues if any(key(d, u) in values for u in d.utterances))
    touched = {d.id for d in test}
    tested = frozenset(u.id for d in test for u in d.utterances if key(d, u) in values)
    train = tuple(d for d in dialogues if d.id not in touched)
    if not train:
        raise ConfigError(
            f"nothing is left to learn from when '{name}' is left out",
            "Choose another data.protocol",
        )
    whole = len(tested) == sum(len(d.utterances) for d in test)
    return Fold(name, train, (), test, test_ids=None if whole else tested)


def _listed(dialogues: Sequence[Dialogue], listed: Listed) -> list[Fold]:
    if not listed:
        raise ConfigError("protocol 'listed' has no folds", "Name their folder as data.listed")
    made = []
    ids = {u.id for d in dialogues for u in d.utterances}
    for name, (train_ids, test_ids) in listed.items():
        if strange := len((train_ids | test_ids) - ids):
            _warn(f"fold '{name}' lists {strange} utterances that the corpus has not")
        test = tuple(d for d in dialogues if any(u.id in test_ids for u in d.utterances))
        touched = {d.id for d in test}
        train = tuple(
            d
            for d in dialogues
            if d.id not in touched and any(u.id in train_ids for u in d.utterances)
        )
        if not train or not test:
            raise CorpusError(
                f"fold '{name}' lists {len(train)} training and {len(test)} test dialogues of "
                "this corpus",
                "Check that the files in data.listed belong to the corpus",
            )
        made.append(Fold(name, train, (), test, train_ids=train_ids & ids, test_ids=test_ids & ids))
    return made


def _with_validation(fold: Fold, seed: int, share: float, unit: _Unit) -> Fold:
    """The fold with a validation part of its own: some units, and nothing else, are selected on.

    A dialogue that holds a turn of a chosen unit is not learnt from; its other turns are context.
    """
    units_of = {d.id: {unit(d, u) for u in d.utterances} for d in fold.train}
    sizes = Counter(unit(d, u) for d in fold.train for u in d.utterances)
    units = sorted(sizes)
    random.Random(seed).shuffle(units)  # noqa: S311 - no secret
    wanted = share * sizes.total()
    chosen: set[str] = set()
    taken = 0
    for value in units[:-1]:  # something must be left to learn from
        if taken >= wanted:
            break
        chosen.add(value)
        taken += sizes[value]
    valid = tuple(d for d in fold.train if units_of[d.id] & chosen)
    train = tuple(d for d in fold.train if not units_of[d.id] & chosen)
    if not train or not valid:
        raise ConfigError(
            f"fold '{fold.name}' has {len(fold.train)} dialogues to learn from: too few to carve "
            "a validation part from",
            "Give the corpus a validation part or more dialogues",
        )
    validated = frozenset(u.id for d in valid for u in d.utterances if unit(d, u) in chosen)
    if fold.train_ids is not None:
        validated &= fold.train_ids
    return dataclasses.replace(fold, train=train, valid=valid, valid_ids=validated)


def _unit(fold: Fold, group: str | None) -> _Unit:
    """What validation holds out: the like of what the test holds out.

    Where the test's speakers are new, those of the validation are, too; else it would be
    selected by an easier question than the one that is asked.
    """
    if group is not None and group != "corpus":
        key = _key_of(group)
        if len({key(d, u) for d in fold.train for u in d.utterances}) > 1:
            return lambda d, u: str(key(d, u))
    mine = {u.speaker for d in fold.train for u in d.utterances}
    theirs = {u.speaker for d in fold.test for u in d.utterances}
    if not mine & theirs and _groups_apart(fold.train) >= 3:
        return lambda d, u: u.speaker
    return lambda d, u: d.id


def _groups_apart(dialogues: Sequence[Dialogue]) -> int:
    """How many sets of dialogues there are that share no speaker."""
    above: dict[str, str] = {}

    def top(speaker: str) -> str:
        while (parent := above.setdefault(speaker, speaker)) != speaker:
            above[speaker] = above[parent]
            speaker = parent
        return speaker

    for d in dialogues:
        for u in d.utterances[1:]:
            above[top(u.speaker)] = top(d.utterances[0].speaker)
    return len({top(u.speaker) for d in dialogues for u in d.utterances})


def _fewer(fold: Fold, fraction: float, seed: int) -> Fold:
    if fraction >= 1:
        return fold
    order = list(fold.train)
    random.Random(seed).shuffle(order)  # noqa: S311 - no secret
    kept = {d.id for d in order[: max(1, round(fraction * len(order)))]}
    train = tuple(d for d in fold.train if d.id in kept)
    return dataclasses.replace(fold, train=train)


def read_listed(folder: Path) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Folds as EmoBox publishes them (Ma et al., INTERSPEECH 2024).

    ``<corpus>_train_fold_<k>.jsonl`` and ``<corpus>_test_fold_<k>.jsonl``: one object a line,
    whose "key" is the utterance id, with "<corpus>-" before it or without.

    Raises:
        CorpusError: There are no such files, one lacks its counterpart, or a line has no key.
    """
    published = {}
    for test in sorted(folder.glob("*_test_fold_*.jsonl")):
        corpus, _, number = test.stem.partition("_test_fold_")
        train = folder / f"{corpus}_train_fold_{number}.jsonl"
        published[number] = (_keys(train, corpus), _keys(test, corpus))
    if not published:
        raise CorpusError(
            f"'{folder}' holds no file named *_test_fold_*.jsonl",
            "Give the folder with the published folds",
        )
    return published


def _keys(file: Path, corpus: str) -> frozenset[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise CorpusError(f"'{file}' cannot be read ({e})", "Get the published folds again") from e
    keys = []
    for number, line in enumerate(lines, start=1):
        try:
            keys.append(str(json.loads(line)["key"]).removeprefix(f"{corpus}-"))
        except (ValueError, KeyError, TypeError):
            raise CorpusError(
                f"{file}:{number} is no JSON object with a 'key'", "Get the published folds again"
            ) from None
    return frozenset(keys)
