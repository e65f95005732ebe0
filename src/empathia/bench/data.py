"""Corpora become what a recogniser may see: samples without gold, targets apart from them."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from empathia.config import Run
from empathia.errors import ConfigError
from empathia.labels import LABEL_SETS, LabelSet, Projection, label_set, projection
from empathia.training.problem import Part
from empathia.types import Dialogue, Features, Sample, Utterance

Project = Callable[[str], str | None]

LISTENING = "listening/"
"""Before the name of a feature: of the one who listens to an utterance, not of its speaker."""
_SHARE = 1 / 3  # of the raters that must give a label for it to count in "multi"


@dataclass(frozen=True, slots=True)
class Material:
    """All that a run is about.

    Args:
        dialogues: Of all corpora; ids are unique over them.
        labels: What is to be told apart.
        exclusive: One label an utterance.
        gold: Utterance id to its single gold label, where it has exactly one.
        soft: Utterance id to its target for training; also utterances without a gold label.
        modalities: Modality to names of features.
        features: Feature to utterance id to values.
        listening: Likewise, what the one who answers next did over the utterance; on its clock.
        dropped: How many utterances have no target, by reason.
    """

    dialogues: tuple[Dialogue, ...]
    labels: LabelSet
    exclusive: bool
    gold: Mapping[str, str]
    soft: Mapping[str, tuple[float, ...]]
    modalities: Mapping[str, tuple[str, ...]]
    features: Mapping[str, Mapping[str, Features]]
    dropped: Mapping[str, int] = field(default_factory=dict)
    listening: Mapping[str, Mapping[str, Features]] = field(default_factory=dict)

    def samples(self, dialogue: Dialogue, modalities: Iterable[str]) -> tuple[Sample, ...]:
        """A dialogue as a recogniser sees it: the given modalities and no gold."""
        chosen = set(modalities)
        names = [n for m in self.modalities if m in chosen for n in self.modalities[m]]
        return tuple(
            Sample(
                id=u.id,
                text=u.text if "text" in chosen else None,
                language=dialogue.language,
                features={n: self.features[n][u.id] for n in names if u.id in self.features[n]},
                speaker=u.speaker,
                gender=u.gender,
                index=u.index,
                groups={**u.groups, "corpus": dialogue.corpus},
            )
            for u in dialogue.utterances
        )

    def part(
        self, dialogues: Sequence[Dialogue], modalities: Iterable[str], asked: Collection[str]
    ) -> Part:
        """Samples of some dialogues, and targets of the utterances that are asked about."""
        chosen = tuple(modalities)
        labelled = [u for d in dialogues for u in d.utterances if u.id in asked]
        return Part(
            tuple(self.samples(d, chosen) for d in dialogues),
            {u.id: self.soft[u.id] for u in labelled},
            {u.id: u.gold for u in labelled},
            {d.corpus: d.labels for d in dialogues if d.labels is not None},
            {u.id: u.vad for u in labelled if u.vad is not None},
        )

    def digest(self) -> str:
        """A sum over labels, targets, groupings and features: what the corpora's own leaves out."""
        total = hashlib.sha256(repr((self.labels, self.exclusive)).encode())
        for d in self.dialogues:
            for u in d.utterances:
                about = (d.corpus, d.id, d.split, u.id, u.speaker, u.gender)
                told = (sorted(u.groups.items()), self.gold.get(u.id), self.soft.get(u.id))
                total.update(repr((about, told)).encode())
        listened = {LISTENING + name: values for name, values in self.listening.items()}
        for name, values in (*sorted(self.features.items()), *sorted(listened.items())):
            for key, feature in sorted(values.items()):
                total.update(repr((name, key, feature.values.shape)).encode())
                total.update(np.ascontiguousarray(feature.values).tobytes())
        return total.hexdigest()

    def target(self, key: str) -> tuple[float, ...]:
        """What an utterance is evaluated against: where its target is partial, its gold label."""
        row = self.soft[key]
        if any(map(math.isnan, row)):
            return tuple(float(x == self.gold[key]) for x in self.labels)
        return row

    def judged(self) -> set[str]:
        """Ids of utterances that validation and test ask about."""
        if self.exclusive:
            return set(self.gold) & set(self.soft)
        return set(self.soft)


def unique(corpora: Mapping[str, Sequence[Dialogue]]) -> tuple[Dialogue, ...]:
    """All dialogues; where corpora are several, ids and speakers carry their corpus's name."""
    if len(corpora) == 1:
        name, dialogues = next(iter(corpora.items()))
        return tuple(dataclasses.replace(d, corpus=d.corpus or name) for d in dialogues)
    return tuple(
        dataclasses.replace(
            d,
            id=f"{name}/{d.id}",
            corpus=name,
            utterances=tuple(
                dataclasses.replace(u, id=f"{name}/{u.id}", speaker=f"{name}/{u.speaker}")
                for u in d.utterances
            ),
        )
        for name, dialogues in corpora.items()
        for d in dialogues
    )


def target_labels(
    run: Run, dialogues: Sequence[Dialogue], projections: Sequence[Projection] = ()
) -> LabelSet:
    """The set that a run predicts; "corpus" takes the corpus's own.

    Args:
        run: Names it.
        dialogues: Their labels' sets may be named, too.
        projections: That the corpora bring; so may these ones' sets.

    Raises:
        ConfigError: The corpora have no labels, or differ where their own are asked for.
        LabelError: The set is unknown.
    """
    if run.own_labels:
        _check_own(run, dialogues)
        return LabelSet(run.data.labels, tuple(run.own_labels))
    if run.data.labels != "corpus":
        brought = {s.name: s for p in projections for s in (p.source, p.target)}
        brought |= {d.labels.name: d.labels for d in dialogues if d.labels is not None}
        return {**brought, **LABEL_SETS}.get(run.data.labels) or label_set(run.data.labels)
    sets = {d.labels.labels: d.labels for d in dialogues if d.labels is not None}
    if len(sets) != 1:
        raise ConfigError(
            f'{run.file}: data.labels = "corpus" needs one label set, found {len(sets)}',
            "Name a label set, or list one in [labels]",
        )
    return next(iter(sets.values()))


def _check_own(run: Run, dialogues: Sequence[Dialogue]) -> None:
    """An own set must name what the corpora know, each of their labels once."""
    known = {x for d in dialogues for x in d.labels or ()}
    known |= {x for d in dialogues for u in d.utterances for vote in u.votes for x in vote}
    said = [x for sources in run.own_labels.values() for x in sources]
    strange = [x for x in said if x not in known]
    if strange:
        raise ConfigError(
            f"{run.file}: [labels] names '{strange[0]}', which no corpus has "
            f"(they have: {', '.join(sorted(known))})",
            "Mend the name",
        )
    doubled = sorted({x for x in said if said.count(x) > 1})
    if doubled:
        raise ConfigError(
            f"{run.file}: [labels] gives '{doubled[0]}' to several labels", "Give it to one"
        )
    names = label_set(run.data.labels).labels if run.data.labels in LABEL_SETS else None
    if run.data.labels == "corpus" or (names and set(names) != set(run.own_labels)):
        raise ConfigError(
            f"{run.file}: data.labels is '{run.data.labels}', a set of its own, and [labels] lists "
            f"another one ({', '.join(run.own_labels)})",
            "Drop [labels] or give data.labels another name",
        )


def targets(
    run: Run,
    dialogues: Sequence[Dialogue],
    labels: LabelSet,
    projections: Sequence[Projection] = (),
) -> tuple[dict[str, str], dict[str, tuple[float, ...]], dict[str, int]]:
    """Gold labels, training targets, and how many utterances have none, by reason.

    Raises:
        ConfigError: A corpus's labels do not fit the set, or no utterance has a target.
    """
    gold: dict[str, str] = {}
    soft: dict[str, tuple[float, ...]] = {}
    dropped: Counter[str] = Counter()
    makers = {"single": _single, "multi": _multi, "votes": _votes, "partial": _partial}
    for d in dialogues:
        project = _projector(run, d.labels, labels, projections)
        for u in d.utterances:
            kept = {t for t in map(project, u.gold) if t is not None}
            if len(kept) == 1:
                gold[u.id] = next(iter(kept))
            row = makers[run.data.targets](u, kept, project, labels)
            if row is None:
                dropped[_reason(u, kept)] += 1
            else:
                soft[u.id] = row
    if not soft:
        raise ConfigError(
            f"{run.file}: no utterance has a target in '{labels.name}' "
            f"({', '.join(f'{n} {why}' for why, n in dropped.items())})",
            "Check data.labels, data.targets and [labels]",
        )
    return gold, soft, dict(dropped)


def _reason(u: Utterance, kept: set[str]) -> str:
    if not u.gold:
        return "without a gold label"
    return "with several labels of the set" if len(kept) > 1 else "with a label outside of the set"


def _projector(
    run: Run, source: LabelSet | None, labels: LabelSet, projections: Sequence[Projection]
) -> Project:
    if run.own_labels:
        table = {s: t for t, sources in run.own_labels.items() for s in sources}
        return table.get
    if source is None:
        return lambda label: None
    if set(source) <= set(labels):
        return Projection(source, labels, {x: x for x in source})
    return projection(source, labels, projections)


def _single(
    u: Utterance, kept: set[str], project: Project, labels: LabelSet
) -> tuple[float, ...] | None:
    return tuple(float(x in kept) for x in labels) if len(kept) == 1 else None


def _multi(
    u: Utterance, kept: set[str], project: Project, labels: LabelSet
) -> tuple[float, ...] | None:
    if len(u.votes) > 1:
        shares = _shares(u, project, labels)
        kept = kept | {x for x, s in shares.items() if s >= _SHARE}
    return tuple(float(x in kept) for x in labels) if kept else None


def _partial(
    u: Utterance, kept: set[str], project: Project, labels: LabelSet
) -> tuple[float, ...] | None:
    """1 for what it is labelled with; the rest is 0, or NaN where a label of it is dropped.

    A label that the set does not have may overlap with any of ours, so its utterance tells for
    sure only what it is, not what it isn't.
    """
    if not u.gold:
        return None
    rest = math.nan if any(project(g) is None for g in u.gold) else 0.0
    return tuple(1.0 if x in kept else rest for x in labels)


def _votes(
    u: Utterance, kept: set[str], project: Project, labels: LabelSet
) -> tuple[float, ...] | None:
    shares = _shares(u, project, labels)
    total = sum(shares.values())
    if total:
        return tuple(shares[x] / total for x in labels)
    return _single(u, kept, project, labels)


def _shares(u: Utterance, project: Project, labels: LabelSet) -> dict[str, float]:
    """What share of the raters gave each label; a rater of two labels gives half to each."""
    shares = dict.fromkeys(labels, 0.0)
    for vote in u.votes:
        for label in vote:
            to = project(label)
            if to is not None:
                shares[to] += 1 / len(vote) / len(u.votes)
    return shares
