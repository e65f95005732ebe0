"""The faces of utterances: what identifies them, and watching videos for who speaks.

A video is watched once for all of its utterances, also for whoever listens meanwhile; whose face
is whose follows from all turns in it. Videos that cannot be used are counted here and reported
once, at the end.
"""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from empathia.bench.data import LISTENING
from empathia.bench.splitscreen import Placed, persons, place
from empathia.contracts import Progress, silent
from empathia.errors import MediaError
from empathia.features import FeatureWarning
from empathia.files import sha256
from empathia.listen.faces.speaking import Given
from empathia.types import Dialogue, Utterance
from empathia.types.seen import Sight

RATE = 10.0
"""Pictures a second that are looked at (Hz)."""
_NOBODY: Mapping[Path, str] = {}
_VERSION = 2  # of how faces are watched: what was kept of another one is never used


class Sights:
    """Watches videos, finds the speakers' faces, and remembers what went wrong.

    Args:
        turns: Of each video all utterances in it: they tell who speaks when.
        meanwhile: Of each video utterances with another one in the speaker's place, whose face
            over them is asked for as well.
        landmarks: Whether landmarks are to be kept.
        marked: Of each video that is a split screen, who of the two in it wears markers.
        progress: Told how far a video is, in s of it.
    """

    def __init__(
        self,
        turns: Mapping[Path, Sequence[Utterance]],
        meanwhile: Mapping[Path, Sequence[Utterance]],
        *,
        landmarks: bool,
        marked: Mapping[Path, str] = _NOBODY,
        progress: Progress = silent,
    ) -> None:
        self._progress, self._meanwhile = progress, meanwhile
        self._turns, self._landmarks, self._marked = turns, landmarks, marked
        self._lost: dict[str, str] = {}  # path to the reason that nothing of it could be used
        self._faceless: dict[str, None] = {}  # ids in order

    @property
    def files(self) -> tuple[Path, ...]:
        """The videos."""
        return tuple(self._turns)

    def identified(self, file: Path) -> Iterator[tuple[Utterance, str | None]]:
        """Each utterance of a video with a text that stands for its face.

        That is the sum of the file, its span, and all turns, as these tell whose face it is; None
        of one whom no turn lets hear: then nothing tells.
        """
        try:
            total = sha256(file)
        except OSError as error:
            self._lost[str(file)] = error.strerror or str(error)
            return
        names = {u.speaker: i for i, u in enumerate(self._turns[file])}
        spans = [(u.place("video"), names[u.speaker]) for u in self._turns[file]]
        known = f"{total} {json.dumps(spans)} {RATE} {self._landmarks} {_VERSION}"
        known += f" {names.get(self._marked[file])}" if file in self._marked else ""
        for u in chain(self._turns[file], self._meanwhile.get(file, ())):
            who = names.get(u.speaker)
            yield u, None if who is None else f"{known} {u.place('video')} {who}"

    def cut(self, file: Path, wanted: Collection[str]) -> Iterator[tuple[Utterance, Sight | None]]:
        """The face in some utterances of a video, by their ids; None where it is not."""
        from empathia.listen import faces

        said = self._turns[file]
        try:
            placed = self._placed(file)
            if placed is not None and placed.reason is not None:
                self._lost[str(file)] = placed.reason
                return
            seen = faces.sights(
                faces.watch(file, rate=RATE, progress=self._progress),
                RATE,
                landmarks=self._landmarks,
            )
        except MediaError as error:
            self._lost[str(file)] = error.problem
            return
        end = max((s.end for s in seen), default=0.0)
        asked = [*said, *self._meanwhile.get(file, ())]
        spans = [(*(u.place("video") or (0.0, end)), u.speaker) for u in asked]
        # A clip that holds one utterance alone and one face shows who speaks.
        only = len(seen) == len(said) == 1 and said[0].place("video") is None
        given: Given = {said[0].speaker: seen[0].person} if only else {}
        given = given if placed is None else persons(placed, seen)
        whole = {s.person: s for s in seen}
        voices = faces.speakers(seen, spans[: len(said)], given)
        known = {who: voice.persons for who, voice in voices.items()}
        for u, turn in zip(asked, spans, strict=True):
            if u.id not in wanted:
                continue
            (who,) = faces.speaking(seen, [turn], known)
            elsewhere = placed is not None and u.speaker not in given
            lost = who.person is None or elsewhere
            sight = None if lost else whole[str(who.person)].cut(*turn[:2])
            if sight is None or not len(sight.times):
                self.miss(u)
                sight = None
            yield u, sight

    def _placed(self, file: Path) -> Placed | None:
        """Who is on which side; None where the video is no split screen."""
        if file not in self._marked:
            return None
        from empathia.encoders.face import Eyes

        talk = [dataclasses.replace(u, index=i) for i, u in enumerate(self._turns[file])]
        return place(Dialogue(file.stem, tuple(talk)), self._marked[file], Eyes())

    def miss(self, utterance: Utterance) -> None:
        """Count an utterance in which the face that is asked for is not seen."""
        self._faceless[utterance.id] = None

    def warn(self) -> None:
        """Tell in a sentence each, with a count and the first ones, what could not be used."""
        if self._lost:
            first = ", ".join(f"'{f}' ({reason})" for f, reason in list(self._lost.items())[:3])
            warnings.warn(
                f"{len(self._lost)} videos cannot be watched; their utterances have no faces: "
                f"{first}",
                FeatureWarning,
                stacklevel=2,
            )
        listened = [id for id in self._faceless if id.startswith(LISTENING)]
        spoken = [id for id in self._faceless if not id.startswith(LISTENING)]
        for whose, ids in (("speaker", spoken), ("listener", listened)):
            if ids:
                warnings.warn(
                    f"in {len(ids)} utterances the {whose}'s face is not seen: "
                    f"{', '.join(id.removeprefix(LISTENING) for id in ids[:3])}",
                    FeatureWarning,
                    stacklevel=2,
                )
