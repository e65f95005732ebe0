"""Who is on which side of a split screen, by evidence: markers on a face, mouths that move.

A corpus whose videos show two people side by side says who of them wears markers (``marked``).
On which side that one is, two kinds of evidence tell, and neither is presumed:

- **markers**: on whose face small bright dots are (:mod:`empathia.face.dots`);
- **voices**: whose mouth moves while one of the two alone speaks, by the corpus's times.

Where one kind cannot tell, the other decides; where they contradict each other, or neither can
tell, nobody is placed, and the reason is said. A face at the wrong name is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.contracts import Progress, silent
from empathia.encoders.face import Eyes
from empathia.errors import MediaError
from empathia.face.dots import dots
from empathia.face.points import INNER_LIPS, LEFT_OUTER, RIGHT_OUTER
from empathia.listen.faces.speaking import together
from empathia.media.frames import look, pictures
from empathia.media.panes import Box, Panes, panes
from empathia.types import Dialogue, FloatArray
from empathia.types.seen import Face, Sight

SIDES = ("left", "right")
_SAMPLES = 8  # pictures by which panes are seen
_TURNS, _LONGEST, _SHORTEST = 8, 2.0, 0.8  # looked at of each speaker; s of each
_RATE = 10.0  # Hz, at which a mouth is followed
_FEWEST = 3  # turns of each, without which voices tell nothing
_SURE = 3.0  # standard errors between the turns of one and of the other
_FEW_DOTS, _TIMES = 2.5, 2.5  # on a face with markers at least; times those of the other face
_STILL = 0.01  # of the distance of the eyes: motion of a mouth that is none
_HALF = 0.5  # of the pictures of a turn that must show both faces
_UPPER, _LOWER = INNER_LIPS[15], INNER_LIPS[5]  # middles of the inner lips


class Evidence(NamedTuple):
    """What one kind of evidence tells of the one with markers.

    Args:
        side: "left" or "right", or None where it cannot tell.
        margin: How clearly: times as many dots, or standard errors.
        why: In words.
    """

    side: str | None
    margin: float
    why: str


class Turn(NamedTuple):
    """How much both mouths moved while one of the two alone spoke; in distances of the eyes."""

    marked: bool
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the two of a dialogue are in its pictures.

    Args:
        regions: By speaker: left, top, right and bottom in pixels of the video; empty where
            nobody can be placed.
        reason: Why nobody is, or None.
        evidence: "markers" and "voices".
    """

    regions: Mapping[str, Box] = field(default_factory=dict, hash=False)
    reason: str | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict, hash=False)


def place(dialogue: Dialogue, marked: str, eyes: Eyes) -> Placed:
    """Tell who is on which side of the video of a dialogue.

    Args:
        dialogue: Of two speakers, whose utterances name one video.
        marked: The speaker who wears markers.
        eyes: Eyes faces.

    Raises:
        MediaError: The video cannot be decoded.
        MissingExtra: PyAV is not installed.
    """
    others = {u.speaker for u in dialogue.utterances} - {marked}
    videos = {u.video for u in dialogue.utterances if u.video is not None}
    if len(others) != 1 or len(videos) != 1:
        shown = f"{len(others) + 1} speakers and {len(videos)} videos"
        return Placed(reason=f"a split screen shows two in one video, here are {shown}")
    (video,) = videos
    both = _panes(video)
    if both is None:
        return Placed(reason="the video is black")
    spans = _alone(dialogue)
    counts: dict[str, list[int]] = {side: [] for side in SIDES}
    turns = []
    for speaker, span in spans or [("", s) for s in _anywhere(video)]:
        mouths = _watched(video, span, both, eyes, counts)
        if mouths is not None and speaker:
            turns.append(Turn(speaker == marked, *mouths))
    evidence = {"markers": by_markers(counts), "voices": by_voices(turns)}
    side, reason = agreed(evidence)
    if side is None:
        return Placed(reason=reason, evidence=evidence)
    worn, other = (both.left, both.right) if side == "left" else (both.right, both.left)
    return Placed({marked: worn, others.pop(): other}, None, evidence)


def places(
    dialogues: Sequence[Dialogue],
    marked: Callable[[Dialogue], str],
    *,
    threads: int | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[Dialogue, Placed]]:
    """Place the two of each dialogue that has a video, one after the other.

    Args:
        dialogues: Of a corpus whose videos are split screens.
        marked: Who of a dialogue wears markers.
        threads: Of the networks.
        progress: Called with (id, dialogues done, in all).

    Raises:
        MissingExtra: The extra ``face`` is not installed.
        WeightsError: A weight is missing or damaged.
    """
    shown = [d for d in dialogues if any(u.video is not None for u in d.utterances)]
    eyes = Eyes(threads)
    for n, dialogue in enumerate(shown, start=1):
        try:
            placed = place(dialogue, marked(dialogue), eyes)
        except MediaError as error:
            placed = Placed(reason=error.problem)
        progress(dialogue.id, n, len(shown))
        yield dialogue, placed


def agreed(evidence: Mapping[str, Evidence]) -> tuple[str | None, str | None]:
    """The side that the evidence tells, or None and why not."""
    told = {name: e.side for name, e in evidence.items() if e.side is not None}
    if len(set(told.values())) == 1:
        return next(iter(told.values())), None
    if told:
        said = ", ".join(f"{name}: {side}" for name, side in told.items())
        return None, f"the evidence contradicts itself ({said})"
    return None, "; ".join(f"{name}: {e.why}" for name, e in evidence.items())


def by_markers(counts: Mapping[str, Sequence[int]]) -> Evidence:
    """On which side dots are on the face.

    Args:
        counts: By side, how many dots were on the face in each picture with one.
    """
    if not all(counts[side] for side in SIDES):
        return Evidence(None, 1.0, "no face that is large enough on one side")
    left, right = (float(np.mean(counts[side])) for side in SIDES)
    most, least = max(left, right), min(left, right)
    margin = (1 + most) / (1 + least)
    why = f"{left:.1f} dots on the left face, {right:.1f} on the right"
    clear = most >= _FEW_DOTS and margin >= _TIMES
    return Evidence((SIDES[right > left]) if clear else None, margin, why)


def by_voices(turns: Sequence[Turn]) -> Evidence:
    """On which side the mouth moves when the marked one speaks, and rests when the other does.

    The log ratio of both mouths' motion is compared between the turns of one and of the other:
    that one face is larger, livelier or blurred changes both alike.
    """
    ratios = {
        who: np.log([(t.left + _STILL) / (t.right + _STILL) for t in turns if t.marked == who])
        for who in (True, False)
    }
    if min(map(len, ratios.values())) < _FEWEST:
        return Evidence(None, 0.0, "too few turns in which one alone speaks and both are seen")
    apart = ratios[True].mean() - ratios[False].mean()
    # Turns that happen to be alike are not taken for certainty: a tenth at least.
    error = np.sqrt(sum(max(r.var(ddof=1), 0.01) / len(r) for r in ratios.values()))
    margin = float(abs(apart) / error)
    why = f"mouths move with the voices by {margin:.1f} standard errors"
    return Evidence(SIDES[int(apart < 0)] if margin >= _SURE else None, margin, why)


def _panes(video: Path) -> Panes | None:
    """The panes by some pictures from all over a video, in its pixels."""
    shots = [s for span in _anywhere(video) if (s := next(pictures(video, span=span), None))]
    there = panes([s.pixels for s in shots]) if shots else None
    if there is None:
        return None
    scale = shots[0].scale
    left, right = ((a / scale, b / scale, c / scale, d / scale) for a, b, c, d in there[:2])
    return Panes(left, right, there.seen)


def _anywhere(video: Path) -> list[tuple[float, float]]:
    """Short spans from all over a video (s)."""
    length = look(video).duration or _LONGEST
    starts = np.linspace(0, length, _SAMPLES, endpoint=False)
    return [(float(s), float(s) + 0.3) for s in starts]


def _alone(dialogue: Dialogue) -> list[tuple[str, tuple[float, float]]]:
    """The longest turns of each speaker in which nobody else speaks, cut to their middles (s)."""
    places = [(u.speaker, p) for u in dialogue.utterances if (p := u.place("video")) is not None]
    alone = []
    for speaker, (start, end) in places:
        crossed = any(s != speaker and a < end and b > start for s, (a, b) in places)
        if not crossed and end - start >= _SHORTEST:
            alone.append((speaker, (start, end)))
    alone.sort(key=lambda turn: turn[1][0] - turn[1][1])
    chosen = []
    for who in sorted({s for s, _ in alone}):
        for start, end in [p for s, p in alone if s == who][:_TURNS]:
            spare = max(0.0, end - start - _LONGEST) / 2
            chosen.append((who, (start + spare, end - spare)))
    return sorted(chosen, key=lambda turn: turn[1])


def _watched(
    video: Path,
    span: tuple[float, float],
    both: Panes,
    eyes: Eyes,
    counts: Mapping[str, list[int]],
) -> tuple[float, float] | None:
    """How much the mouths of both panes moved; None where a face was seen too little.

    Dots on the faces of the first picture are counted into ``counts``.
    """
    opened: dict[str, list[float]] = {side: [] for side in SIDES}
    near: list[FloatArray] = []
    total = 0
    for picture in pictures(video, _RATE, span=span):
        faces = _by_side(eyes.find(picture, near), both)
        near = [f.box for f in faces.values()]
        total += 1
        for side, face in faces.items():
            opened[side].append(_opening(face))
            if len(opened[side]) == 1:
                n = dots(picture.pixels, face.landmarks[:, :2] * np.float32(picture.scale))
                counts[side] += [] if n is None else [n]
    if min(map(len, opened.values())) < max(2.0, _HALF * total):
        return None
    left, right = (float(np.std(opened[side])) for side in SIDES)
    return left, right


def _by_side(faces: Sequence[Face], both: Panes) -> dict[str, Face]:
    """The largest face of each pane."""
    sided: dict[str, Face] = {}
    for face in sorted(faces, key=lambda f: float(f.box[2] - f.box[0])):
        for side, box in zip(SIDES, both[:2], strict=True):
            if within(face.box, box):
                sided[side] = face
    return sided


def persons(placed: Placed, sights: Sequence[Sight]) -> dict[str, tuple[str, ...]]:
    """Whose face is whose: each speaker's is the one that was seen most often in their region.

    Others that are mostly in it, but never beside that one, are the same under another number.

    Args:
        placed: Where speakers are.
        sights: Of the whole video; its faces by person.

    Returns:
        Speaker to ``Sight.person``, the most often seen one first; one whose region shows no
        face is absent.
    """
    told: dict[str, tuple[str, ...]] = {}
    for speaker, region in placed.regions.items():
        often = {s.person: sum(within(box, region) for box in s.boxes) for s in sights}
        theirs: list[Sight] = []
        for sight in sorted(sights, key=lambda s: -often[s.person]):
            mostly = often[sight.person] > (len(sight.times) / 2 if theirs else 0)
            if mostly and not any(together(sight, one) for one in theirs):
                theirs.append(sight)
        if theirs:
            told[speaker] = tuple(s.person for s in theirs)
    return told


def within(box: FloatArray, region: Box) -> bool:
    """Whether the middle of a box (4,) lies in a region."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(region[0] <= x < region[2] and region[1] <= y < region[3])


def _opening(face: Face) -> float:
    """How far the lips are apart, in distances of the eyes."""
    points: NDArray[np.float64] = face.landmarks.astype(np.float64)
    eyes = float(np.linalg.norm(points[LEFT_OUTER] - points[RIGHT_OUTER]))
    return float(np.linalg.norm(points[_UPPER] - points[_LOWER])) / max(eyes, 1e-6)
