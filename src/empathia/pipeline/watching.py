"""What is seen of those who speak in a video: whose face, what it did, and a picture of it.

The video is watched once, when its turns are known. Of each face the moment that shows each turn
best is remembered; the pictures of those that turn out to be the speakers' are cut out at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia import weights
from empathia.contracts import Progress, silent
from empathia.cues.face import describe_face
from empathia.errors import WeightsError, needs
from empathia.face.normalise import normalised
from empathia.face.points import BLENDSHAPES, EXPRESSIONS
from empathia.pipeline.senses import FACE
from empathia.types import Features, Utterance
from empathia.types.seen import Face, Seen, Sight

if TYPE_CHECKING:
    from empathia.listen.faces import Moment

RATE = 10.0
"""Pictures a second that are looked at."""
_BLINKS = [BLENDSHAPES.index(f"eyeBlink{side}") for side in ("Left", "Right")]
_NEUTRAL = EXPRESSIONS.index("neutral")
_SMALL = 80.0  # pixels of a face that shows all there is to see
_NEAR = 0.5  # s in which the picture of a moment is looked for


def check(path: Path) -> None:
    """Find out whether faces of a video can be read here; the first picture alone is decoded.

    Raises:
        MediaError: There is no moving picture, or it cannot be decoded.
        MissingExtra: The extra ``face`` is not installed.
        WeightsError: Weights are not here.
    """
    from empathia.encoders.face import WEIGHTS
    from empathia.encoders.face.expression import WEIGHT
    from empathia.media.frames import look

    look(path)
    with needs("face", "it"):
        import ai_edge_litert  # noqa: F401
    missing = [name for name in (*WEIGHTS, WEIGHT) if weights.state(name) == "missing"]
    if missing:
        raise WeightsError(
            f"weights are not here ({', '.join(missing)})",
            f"Run: empathia weights pull {' '.join(missing)}",
        )


@dataclass(slots=True)
class _Best:
    """The moment that shows a face best."""

    score: float
    time: float
    face: Face


@dataclass(slots=True)
class _Kept:
    """The best moment of each turn and face, as moments go by.

    Args:
        spans: (start, end) of the turns in s, in order of their starts.
    """

    spans: Sequence[tuple[float, float]]
    best: dict[tuple[int, str], _Best] = field(default_factory=dict)

    def noting(self, moments: Iterable[Moment]) -> Iterator[Moment]:
        """The moments, as they are."""
        for moment in moments:
            now = [i for i, (a, b) in enumerate(self.spans) if a <= moment.time < b]
            for person, face in moment.faces:
                score = showing(face)
                for key in ((i, person) for i in now):
                    if key not in self.best or score > self.best[key].score:
                        self.best[key] = _Best(score, moment.time, face)
            yield moment


def showing(face: Face) -> float:
    """How well a picture shows a face, in [0, 1]: to the front, large, eyes open, expressive."""
    yaw, pitch, _ = np.cos(np.radians(np.clip(face.pose, -90, 90)))
    size = min(1.0, float(np.ptp(face.box[[1, 3]])) / _SMALL)
    lids = 1 - float(face.blendshapes[_BLINKS].max())
    shown = 0.0 if face.expression is None else 1 - float(face.expression[_NEUTRAL])
    return float(yaw * pitch) * size * lids * (1 + shown) / 2


def watched(
    path: Path,
    utterances: Sequence[Utterance],
    progress: Progress = silent,
    *,
    given: Mapping[str, str | Sequence[str]] | None = None,
    pictures: bool = True,
    threads: int | None = None,
) -> Mapping[str, tuple[Seen, Sight | None]]:
    """What was seen of the speaker of each turn.

    Args:
        path: The video.
        utterances: Its turns, with times.
        progress: Called as work goes on.
        given: Whose face is whose, by speaker, where that is known ({"Ann": "face 2"}).
        pictures: Keep a picture of the speaker of each turn.
        threads: Threads of each network; None takes all cores.

    Returns:
        By utterance id, without cues; and the speaker's face in it, None where there is none.

    Raises:
        InputError: A face that was given is not there.
        MediaError, MissingExtra, WeightsError: See :func:`check`.
    """
    from empathia.listen.faces import Tally, sights, speaking, watch

    check(path)

    turns = [(u.start or 0.0, u.end or 0.0, u.speaker) for u in utterances]
    kept = _Kept([(start, end) for start, end, _ in turns])
    tally = Tally()
    moments = watch(path, rate=RATE, progress=progress, threads=threads, tally=tally)
    there = sights(kept.noting(moments), RATE)
    known = {s.person: s for s in there}
    told: dict[str, tuple[Seen, Sight | None]] = {}
    for i, (u, who) in enumerate(zip(utterances, speaking(there, turns, given), strict=True)):
        if who.person is None:
            told[u.id] = Seen(None, absent=tally.absent or who.absent), None
        else:
            sight = known[who.person].cut(*turns[i][:2])
            told[u.id] = _seen(path, sight, kept.best[i, who.person], pictures=pictures), sight
    return told


def _seen(path: Path, sight: Sight, best: _Best, *, pictures: bool) -> Seen:
    points, _ = normalised(best.face.landmarks)
    picture = _picture(path, best) if pictures else b""
    return Seen(sight.person, sight.share, moment=best.time, picture=picture, landmarks=points)


def _picture(path: Path, best: _Best) -> bytes:
    """The face at its best, as a JPEG."""
    from empathia.media.frames import pictures
    from empathia.media.stills import cut_out, jpeg

    there = next(pictures(path, span=(best.time - 1e-3, best.time + _NEAR)), None)
    return b"" if there is None else jpeg(cut_out(there, best.face.box))


class LooksSoFar:
    """Tells in words what faces do, against what each did before."""

    def __init__(self) -> None:
        self._before: dict[str, list[Features]] = {}

    def add(self, seen: Seen | None, face: Mapping[str, Features]) -> Seen | None:
        """What was seen in the next turn, with cues where the face was there.

        Args:
            seen: Without cues; None where there was no picture.
            face: Features of the speaker's face by name.
        """
        if seen is None or seen.person is None or FACE not in face:
            return seen
        before = self._before.setdefault(seen.person, [])
        cues = describe_face(face[FACE], before)
        before.append(face[FACE])
        return replace(seen, cues=cues, face=face[FACE])
