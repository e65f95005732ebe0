"""The recognisers of a reading: named by the user, grouped by what emotions name as their source.

A name is that of a shipped model, else of a plug-in that needs no training, else a folder
of a kept model. What a recogniser is, is known before its model is loaded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType

from empathia import emotion, features, plugins, weights
from empathia.config import Options
from empathia.contracts import Recogniser
from empathia.errors import UsageError
from empathia.pipeline.options import SHIPPED
from empathia.training import keeping
from empathia.training.model import only
from empathia.types import About, Emotion, Reason, Sample


@dataclasses.dataclass(frozen=True, slots=True)
class Used:
    """What the record of a reading says of a weight or a recogniser; see its manifest or card."""

    name: str
    role: str
    licence: str
    noncommercial: bool


class Named:
    """A recogniser that was named; its model is loaded when a sample needs it.

    Args:
        about: What it is.
        load: Loads its model.
        weights: Weights of the manifest that it works with.
        reads_text: Whether it reads words as such.
        used: What the record says of it; None where the manifest does.
        remark: A note for the user of every reading; "" for none.

    Attributes:
        sound: Features of sound that it reads.
        face: Features of faces that it reads.
        words: Features of words that it reads.
    """

    def __init__(
        self,
        about: About,
        load: Callable[[], Recogniser],
        weights: Iterable[str] = (),
        *,
        reads_text: bool = True,
        used: Used | None = None,
        remark: str = "",
    ) -> None:
        self.about, self.reads_text, self.used, self.remark = about, reads_text, used, remark
        self.weights = tuple(dict.fromkeys(weights))
        self._load = load
        self.words, self.sound, self.face = (
            tuple(n for n in about.features if features.source(n) == source)
            for source in ("words", "sound", "face")
        )

    @property
    def wanted(self) -> tuple[str, ...]:
        """Weights that it cannot read without, are not here, and are pulled on request alone."""
        asked = [name for name in self.weights if weights.entry(name).on_request]
        return tuple(name for name in asked if weights.state(name) == "missing")

    @property
    def reads_words(self) -> bool:
        """Whether it judges by words, too."""
        return bool(self.words) or self.reads_text

    @property
    def only_listens(self) -> bool:
        """Whether it has nothing to judge by where there is no sound."""
        return bool(self.sound) and not self.reads_words

    @property
    def only_watches(self) -> bool:
        """Whether it has nothing to judge by where there is no face."""
        return bool(self.face) and not self.sound and not self.reads_words

    @cached_property
    def model(self) -> Recogniser:
        """The model, loaded once.

        Raises:
            UsageError: It looks at later turns.
            WeightsError: It is missing or damaged.
            MissingExtra: It needs an extra that is not installed.
        """
        loaded = self._load()
        if not loaded.about.causal:
            raise UsageError(
                f"recogniser '{self.about.name}' looks at later turns, and readings give the "
                "past alone",
                "Name another one",
            )
        return loaded

    def recognise(self, samples: Sequence[Sample], at: Sequence[int]) -> list[Emotion]:
        """Emotions of some samples of a dialogue.

        Args:
            samples: The dialogue so far in time order, with all features.
            at: Positions of those that are asked about.
        """
        asked = only(self.model, {samples[i].id for i in at})
        if self.model.about.history:
            (emotions,) = asked.recognise([[self._seen(s) for s in samples]])
            return [emotions[i] for i in at]
        (emotions,) = asked.recognise([[self._seen(samples[i]) for i in at]])
        return list(emotions)

    @property
    def tells_why(self) -> bool:
        """Whether it can tell what its labels hang on; the model is loaded."""
        return getattr(self.model, "reasons", None) is not None

    def reason(self, samples: Sequence[Sample]) -> Reason | None:
        """What the label of the last turn hangs on; None where it cannot tell.

        Args:
            samples: The dialogue up to it, with all features.
        """
        tell = getattr(self.model, "reasons", None)
        if tell is None:
            return None
        shown = samples if self.model.about.history else samples[-1:]
        told: Mapping[str, Reason] = tell([[self._seen(s) for s in shown]], {samples[-1].id})
        return told.get(samples[-1].id)

    def _seen(self, sample: Sample) -> Sample:
        """The sample with the features that it names and no others."""
        known = {n: sample.features[n] for n in self.about.features if n in sample.features}
        return dataclasses.replace(sample, features=known)


def shipped() -> tuple[str, ...]:
    """Names of the recognisers in the manifest of weights."""
    kept = [e for e in weights.entries() if any(f.name == keeping.SETTINGS for f in e.files)]
    return tuple(e.name for e in kept)


def find(name: str | Path, threads: int | None = None) -> Named:
    """The recogniser of a name or folder.

    Args:
        name: Of a shipped model or of a plug-in, or a folder; a ``Path`` is a folder always.
        threads: Threads for its models; None takes all cores.

    Raises:
        UsageError: There is none, it must be trained first, or it needs features that a reading
            cannot compute.
        WeightsError: It is missing or damaged.
        MissingExtra: It needs an extra that is not installed.
    """
    if isinstance(name, str) and name in shipped():
        return _kept(weights.folder(name), threads, name)
    if isinstance(name, str) and name in plugins.names("emotion"):
        return _plugin(name, threads)
    if not Path(name).is_dir():
        raise UsageError(
            f"there is no recogniser '{name}': no folder, none that ships "
            f"({', '.join(shipped())}), no plug-in ({', '.join(plugins.names('emotion'))})",
            "Name one of these, or the folder out/<run>/model that empathia train wrote",
        )
    return _kept(Path(name), threads)


def _kept(folder: Path, threads: int | None, name: str | None = None) -> Named:
    s = keeping.read(folder)
    _check_features(s.about, f"the recogniser in '{folder}'")
    return Named(
        s.about,
        lambda: keeping.load(folder, threads),
        s.weights if name is None else (*s.weights, name),
        reads_text="text" in s.modalities,
        used=Used(s.name, s.role, s.licence, s.noncommercial) if name is None else None,
        remark=_remark(plugins.load("emotion", s.recogniser), Options(s.options)),
    )


def _plugin(name: str, threads: int | None) -> Named:
    plugin = plugins.load("emotion", name, ("load",))
    try:
        loaded: Recogniser = plugin.load(None, threads)
    except (TypeError, AttributeError) as e:
        raise UsageError(
            f"recogniser '{name}' has to be trained before it reads, or its plug-in is at fault "
            f"(load(None) says: {' '.join(str(e).split())})",
            "Give the folder out/<run>/model that empathia train wrote, or mend the plug-in",
        ) from e
    about = loaded.about
    _check_features(about, f"recogniser '{name}'")
    needed = emotion.weights_of(name, Options(getattr(plugin, "OPTIONS", {})))
    watches = {features.source(n) for n in about.features} == {"face"}
    role = f"recogniser plug-in ({name})"
    return Named(
        about,
        lambda: loaded,
        (*needed, *features.weights_of(*about.features)),
        reads_text=not watches,
        used=None
        if name in SHIPPED
        else Used(about.name, role, about.licence, about.noncommercial),
        remark=_remark(plugin, None),
    )


def _remark(plugin: ModuleType, options: Options | None) -> str:
    """What a plug-in has readings say of itself; one that was not trained has no options."""
    return plugins.told(plugin, "remark_of", options) or ""


def _check_features(about: About, what: str) -> None:
    known = features.names()
    strange = [n for n in about.features if n.partition(":")[0] not in known]
    if strange:
        raise UsageError(
            f"{what} reads '{strange[0]}', which came ready-made with its corpus; a reading can "
            f"compute {', '.join(known)}",
            "Train with such features alone, and read with that model",
        )


def at_hand(named: Sequence[Named]) -> tuple[list[Named], list[Named]]:
    """Recognisers that can read here, and those that wait for a weight.

    Of several with one source that know a language, the first that can read does; the others
    stand in for it where it waits.
    """
    waiting = [one for one in named if one.wanted]
    reading: list[Named] = []
    for one in named:
        known = {x for r in reading if r.about.name == one.about.name for x in r.about.languages}
        if one not in waiting and not known & set(one.about.languages):
            reading.append(one)
    return reading, waiting


def bound(named: Named) -> list[str]:
    """Licences that rule out commercial use, or may do so: its own, and those of its weights."""
    entries = [weights.entry(name) for name in named.weights]
    theirs = [f"{e.name}: {e.licence}" for e in entries if e.noncommercial]
    return [named.about.licence, *theirs] if named.about.noncommercial or theirs else []


def by_source(named: Sequence[Named]) -> dict[str, list[Named]]:
    """Recognisers by what emotions name as their source, checked to go together.

    Those with one source are alternatives by language.

    Raises:
        UsageError: They have different labels, or independent scores that cannot be fused, or
            nothing says which of two alternatives reads a language.
    """
    sources: dict[str, list[Named]] = {}
    for one in named:
        for other in sources.setdefault(one.about.name, []):
            _check_alternatives(one.about, other.about)
        sources[one.about.name].append(one)
    for one in named if len(sources) > 1 else ():
        _check_fusion(named[0].about, one.about)
    return sources


def _check_alternatives(one: About, other: About) -> None:
    shared = set(one.languages) & set(other.languages)
    if shared or not one.languages or not other.languages:
        reads = ", ".join(sorted(shared)) or "any language"
        raise UsageError(
            f"two recognisers are called '{one.name}' and read {reads}",
            "Read with one of them, or train one under another name",
        )
    if one.labels != other.labels or one.exclusive != other.exclusive:
        raise UsageError(
            f"two recognisers are called '{one.name}' and have different labels "
            f"('{one.labels.name}', '{other.labels.name}')",
            "Read with one of them",
        )


def _check_fusion(first: About, other: About) -> None:
    if first.labels != other.labels:
        raise UsageError(
            f"'{first.name}' tells apart '{first.labels.name}' and '{other.name}' "
            f"'{other.labels.name}': what they say cannot be fused",
            "Read once with each of them",
        )
    for about in (first, other):
        if not about.exclusive:
            raise UsageError(
                f"'{about.name}' gives labels independent scores, which cannot be fused",
                "Read with it alone",
            )


def recognise(
    alternatives: Sequence[Named], samples: Sequence[Sample], at: Sequence[int]
) -> list[tuple[Named, Emotion]]:
    """Who judges each sample, and what they say.

    Args:
        alternatives: Recognisers with one source; a sample goes to the one that reads its
            language, else to the first.
        samples: The dialogue so far.
        at: Positions of those that are asked about.

    Returns:
        One for each position.
    """
    chosen = [reader(alternatives, samples[i].language) for i in at]
    judged: dict[int, tuple[Named, Emotion]] = {}
    for one in dict.fromkeys(chosen):
        mine = [i for i, who in zip(at, chosen, strict=True) if who is one]
        emotions = one.recognise(samples, mine)
        judged |= {i: (one, e) for i, e in zip(mine, emotions, strict=True)}
    return [judged[i] for i in at]


def reader(alternatives: Sequence[Named], language: str | None) -> Named:
    """The one that reads a language; the first where none does.

    Args:
        alternatives: Recognisers with one source.
        language: ISO 639-1 code, or None.
    """
    reads = [one for one in alternatives if language in one.about.languages]
    return (reads or alternatives)[0]
