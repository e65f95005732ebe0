"""The features of a corpus: ready-made ones joined by id, the others taken once and kept.

Recordings are decoded and watched one after the other, each in a single pass for all features and
all of its utterances, while a few threads take the features. Threads are enough: numpy and
onnxruntime let go of the interpreter's lock while they calculate.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from empathia import features as extractors
from empathia.bench.cache import Store
from empathia.bench.data import LISTENING
from empathia.bench.sights import Sights
from empathia.bench.sounds import Sounds
from empathia.contracts import Extractor, Progress, silent
from empathia.errors import InputError
from empathia.features import FeatureWarning
from empathia.types import Audio, Dialogue, Features, Utterance
from empathia.types.seen import Sight

_HELD = {"words": "text", "sound": "audio", "face": "video"}  # where a source lies
_AHEAD = 4  # utterances a thread that are decoded and wait


def gather(
    dialogues: Sequence[Dialogue],
    names: Sequence[str],
    *,
    ready: Mapping[str, Mapping[str, Features]] | None = None,
    marked: Callable[[Dialogue], str] | None = None,
    listeners: Mapping[str, str] | None = None,
    cache: Path | None = None,
    threads: int = 2,
    progress: Progress | None = None,
) -> dict[str, dict[str, Features]]:
    """Features by name and utterance id.

    Args:
        dialogues: Of one corpus: utterance ids are unique.
        names: As in run files, "extractor" or "extractor:variant"; of faces also with
            :data:`LISTENING` before it: of who listens to the utterance, over the same time.
        ready: Ready-made features by name and utterance id; they come first. A name that only
            stands here needs no extractor.
        marked: Who of a dialogue wears markers, of a corpus whose videos are split screens.
        listeners: By utterance id, who listens.
        cache: Folder of the cache; None takes :func:`empathia.bench.cache.root`.
        threads: How many utterances are worked on at a time.
        progress: Called with (name of the feature, done, in all), in utterances times features,
            and while a video is watched with ("faces", done, in all) in s of it.

    Returns:
        For each name, in the order of ``names``: utterance id to features, in the order of the
        dialogues. An utterance without words, without sound or without its speaker's (or
        listener's) face in sight, or behind the end of its recording, is absent.

    Raises:
        InputError: An utterance id is there twice, or ready-made features have another number
            of columns than the extractor's.
        UsageError: A name is neither ready-made nor an extractor.
        WeightsError: An extractor needs a model that is not there.
        MissingExtra: Videos are to be watched, and the extra ``face`` is not installed.

    Warns:
        FeatureWarning: Ready-made features belong to no utterance; recordings are missing,
            damaged or end too early (counted; what a damaged one gave is not kept); speakers'
            or listeners' faces are not seen (counted).
    """
    utterances = _unique(dialogues)
    ready, listeners = ready or {}, listeners or {}
    meanwhile = {
        u.id: dataclasses.replace(u, id=LISTENING + u.id, speaker=listeners[u.id])
        for u in utterances.values()
        if u.id in listeners
    }
    joined = {name: _joined(name, ready.get(name, {}), utterances) for name in names}
    with ExitStack() as stack:
        works = []
        for name, have in joined.items():
            base = name.removeprefix(LISTENING).partition(":")[0]
            if name in ready and base not in extractors.names():
                continue
            asked = meanwhile if name.startswith(LISTENING) else utterances
            if work := _Work.of(name, have, asked, cache):
                stack.enter_context(work.store)
                works.append(work)
        pool = stack.enter_context(ThreadPoolExecutor(max(1, threads)))
        worn = {u.video: marked(d) for d in dialogues for u in d.utterances if marked and u.video}
        sights = _sights(works, utterances.values(), meanwhile.values(), worn, progress)
        _take(works, sights, pool, _AHEAD * max(1, threads), progress)
    for name, have in joined.items():
        _check_width(name, have.values())
    return {n: {u: have[u] for u in utterances if u in have} for n, have in joined.items()}


@dataclass(slots=True)
class _Work:
    """A feature that is to be taken of some utterances.

    Args:
        name: As in run files, without :data:`LISTENING`.
        source: "sound", "words" or "face".
        extractor: Takes it.
        store: Keeps it.
        wanted: The utterances.
        features: Those there are by utterance id; filled with the others.
    """

    name: str
    source: str
    extractor: Extractor
    store: Store
    wanted: list[Utterance]
    features: dict[str, Features] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        name: str,
        features: dict[str, Features],
        utterances: Mapping[str, Utterance],
        cache: Path | None,
    ) -> _Work | None:
        """The work that is left for a name, or None: then no model need be there either.

        ``utterances`` are by the id under which what is taken of them is put.
        """
        name = name.removeprefix(LISTENING)
        source = extractors.source(name)
        rest = [u for id, u in utterances.items() if id not in features]
        wanted = [u for u in rest if getattr(u, _HELD[source]) is not None]
        if not wanted:
            return None
        extractor = extractors.load(name, threads=1)
        store = Store(name.partition(":")[0], extractor.settings, cache)
        return cls(name, source, extractor, store, wanted, features)

    def add(self, ids: Iterable[str], taken: Features) -> None:
        for asked in ids if taken.values.size or self.source != "face" else ():
            id = asked.removeprefix(LISTENING)
            self.features[id] = dataclasses.replace(taken, utterance=id, extractor=self.name)


@dataclass(frozen=True, slots=True)
class _Task:
    """One extraction: ``ids`` are all utterances with this content."""

    work: _Work
    key: bytes
    ids: tuple[str, ...]
    content: str | Audio | Sight | None
    keep: bool = True

    def run(self) -> Features:
        if self.content is None:  # known to be nothing, so that it is not looked for again
            return Features(self.ids[0], self.work.name, np.zeros((0, 1), np.float32))
        return self.work.extractor([(self.ids[0], self.content)])[0]


def _take(
    works: Sequence[_Work],
    sights: Sights,
    pool: ThreadPoolExecutor,
    ahead: int,
    progress: Progress | None,
) -> None:
    """Fill ``features`` of all works."""
    total = sum(len(work.wanted) for work in works)
    before = sum(len(work.features) for work in works)
    sounds = Sounds()
    heard = [work for work in works if work.source == "sound"]
    read = [work for work in works if work.source == "words"]
    seen = [work for work in works if work.source == "face"]
    tasks = chain(*map(_text_tasks, read), _sound_tasks(heard, sounds), _face_tasks(seen, sights))
    for task, features in _in_order(tasks, pool, ahead):
        if task.keep:
            task.work.store.put(task.key, features)
        task.work.add(task.ids, features)
        if progress is not None:
            done = sum(len(work.features) for work in works) - before
            progress(task.work.name, done, total)
    sounds.warn()
    sights.warn()


def _text_tasks(work: _Work) -> Iterator[_Task]:
    """What was kept is added, the rest is to be done; the same words are read once."""
    same: dict[str, list[str]] = {}
    for u in work.wanted:
        same.setdefault(u.text or "", []).append(u.id)
    for text, ids in same.items():
        key = work.store.key(text)
        if kept := work.store.get(key):
            work.add(ids, kept)
        else:
            yield _Task(work, key, tuple(ids), text)


def _sound_tasks(works: Sequence[_Work], sounds: Sounds) -> Iterator[_Task]:
    """As for texts, file by file; a file of which all was kept is not decoded."""
    files: dict[Path, dict[str, Utterance]] = {}
    for u in (u for work in works for u in work.wanted):
        if u.audio is not None:
            files.setdefault(u.audio, {})[u.id] = u
    wanted = [(work, {u.id for u in work.wanted}) for work in works]
    for file, utterances in files.items():
        left: dict[str, list[tuple[_Work, bytes]]] = {}
        for u, content in sounds.identified(file, utterances.values()):
            for work in (work for work, ids in wanted if u.id in ids):
                key = work.store.key(content)
                if kept := work.store.get(key):
                    work.add([u.id], kept)
                else:
                    left.setdefault(u.id, []).append((work, key))
        for u, audio, whole in sounds.cut(file, [utterances[id] for id in left]):
            for work, key in left[u.id]:
                yield _Task(work, key, (u.id,), audio, keep=whole)


def _face_tasks(works: Sequence[_Work], sights: Sights) -> Iterator[_Task]:
    """As for sounds: a video of which all was kept is not watched."""
    wanted = [(work, {u.id for u in work.wanted}) for work in works]
    for file in sights.files:
        left: dict[str, list[tuple[_Work, bytes]]] = {}
        for u, content in sights.identified(file):
            for work in (work for work, ids in wanted if u.id in ids):
                if content is None:
                    sights.miss(u)
                    continue
                key = work.store.key(content)
                if kept := work.store.get(key):
                    work.add([u.id], kept)
                    if not kept.values.size:
                        sights.miss(u)
                else:
                    left.setdefault(u.id, []).append((work, key))
        for u, sight in sights.cut(file, left) if left else ():
            for work, key in left[u.id]:
                yield _Task(work, key, (u.id,), sight)


def _in_order(
    tasks: Iterable[_Task], pool: ThreadPoolExecutor, ahead: int
) -> Iterator[tuple[_Task, Features]]:
    """Run tasks in the pool, a bounded number at a time, and give their results in order."""
    running: deque[tuple[_Task, Future[Features]]] = deque()
    for task in tasks:
        running.append((task, pool.submit(task.run)))
        if len(running) > ahead:
            first, result = running.popleft()
            yield first, result.result()
    for last, result in running:
        yield last, result.result()


def _sights(
    works: Sequence[_Work],
    utterances: Iterable[Utterance],
    meanwhile: Iterable[Utterance],
    marked: Mapping[Path, str],
    progress: Progress | None,
) -> Sights:
    """What watches the videos that hold what is wanted."""
    files = {u.video for work in works if work.source == "face" for u in work.wanted}
    turns: dict[Path, list[Utterance]] = {}
    others: dict[Path, list[Utterance]] = {}
    for said, by_file in ((utterances, turns), (meanwhile, others)):
        for u in said:
            if u.video is not None and u.video in files:
                by_file.setdefault(u.video, []).append(u)
    landmarks = any(extractors.needs_landmarks(work.name) for work in works)
    return Sights(turns, others, landmarks=landmarks, marked=marked, progress=progress or silent)


def _unique(dialogues: Sequence[Dialogue]) -> dict[str, Utterance]:
    utterances: dict[str, Utterance] = {}
    for dialogue in dialogues:
        for u in dialogue.utterances:
            if u.id in utterances:
                raise InputError(
                    f"utterance id '{u.id}' is there twice (again in dialogue '{dialogue.id}')",
                    "Gather each corpus by itself, or mend the ids",
                )
            utterances[u.id] = u
    return utterances


def _joined(
    name: str, ready: Mapping[str, Features], utterances: Mapping[str, Utterance]
) -> dict[str, Features]:
    """Ready-made features whose utterance there is."""
    lost = [id for id in ready if id not in utterances]
    if lost:
        warnings.warn(
            f"{len(lost)} of {len(ready)} ready-made features '{name}' belong to no utterance "
            f"(first: '{lost[0]}')",
            FeatureWarning,
            stacklevel=3,
        )
    return {id: features for id, features in ready.items() if id in utterances}


def _check_width(name: str, features: Iterable[Features]) -> None:
    first: Features | None = None
    for f in features:
        first = first or f
        if f.values.shape[1] != first.values.shape[1]:
            raise InputError(
                f"'{name}' has {first.values.shape[1]} columns for utterance "
                f"'{first.utterance}' and {f.values.shape[1]} for '{f.utterance}'",
                "Ready-made features must have the columns of the extractor, or another name",
            )
