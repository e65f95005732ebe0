"""A corpus that the project makes: one speaks, the other's face follows by a known rule.

``make(folder)`` writes ``dyads.csv`` (a table) and ``dyads.npz`` (ready-made features); ``load``,
``ready`` and ``listening`` read them. The same arguments give the same bytes. Each talk is of a
woman who tells and a man who reacts, turn by turn. At 10 Hz, every turn has a face (4 columns) and
a voice (2), which wander smoothly, and words, also as a row ("words", 3); of her turns there is
his face, too, while he listens. The cue lies in one modality of her turn alone, and his face
follows it later and smaller, with noise that nobody can foretell:

    face[t] = scale * mix(cue)[t - delay] + noise * normal

Her "face" or "voice" is followed while she speaks, on the clock; in his own turn his face wanders.
Her "words" are followed in all of his next turn; while she speaks his face wanders. Her mood (low,
even, high) is her label and lifts the cue; nine in ten of his labels tell it.
The noise is the floor of the error: RMSE ``noise``. With ``shuffled``, what he does, as a listener
and in his turn, is dealt out again among all turns of a part, so that there is nothing to learn.

With the option ``landmarks`` of the loader a face is shown as well: as "landmarks", 478 points of a
face of ours that smiles, raises its brows, opens its mouth and turns by the four columns.
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.corpora import CorpusInfo, table
from empathia.corpora._made import check_made, check_number
from empathia.corpora.table.write import Record
from empathia.corpora.table.write import write as write_table
from empathia.errors import CorpusError
from empathia.face.motion import posed
from empathia.face.normalise import normalised
from empathia.face.points import BLENDSHAPES, COLUMNS, UNIT
from empathia.files import unpacking, write
from empathia.labels import LabelSet
from empathia.types import Dialogue, Features, FloatArray

INFO = CorpusInfo(
    name="dyads",
    licence="Apache-2.0",
    noncommercial=False,
    citation="made by Empathia itself",
    page="empathia corpus make dyads FOLDER",
    language="en",
)
CUES = ("face", "voice", "words")
MOODS = LabelSet("moods", ("low", "even", "high"))
RATE = 10.0
"""Frames a second."""
_TURNS, _SECONDS, _ROOM = 8, (3.0, 5.0), 0.5
_COLUMNS = {"face": 4, "voice": 2, "words": 3}
_LISTENING = "listening"
_MOVED = (
    ("mouthSmileLeft", "mouthSmileRight"),
    ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    ("jawOpen",),
)
_TURNED = np.array([4.0, 2.0, 0.0], np.float32)  # degrees of yaw, pitch and roll a step
_WORDS = ("rain again today", "we went there", "what a lovely sun")
Array = NDArray[np.float64]


def make(
    folder: Path,
    *,
    seed: int = 1,
    dialogues: int = 60,
    cue: str = "face",
    noise: float = 0.3,
    delay: float = 0.5,
    scale: float = 0.8,
    shuffled: bool = False,
) -> None:
    """Write the corpus.

    Args:
        folder: Where to; made where it is absent, and it may not hold a corpus yet.
        seed: Decides everything that is drawn by lot.
        dialogues: How many talks, at least 5; three fifths train, a fifth each valid and test.
        cue: What of her turn moves his face: "face" or "voice" meanwhile, "words" afterwards.
        noise: Standard deviation of what nobody can foretell.
        delay: How much later his face moves, in s; less than a turn lasts.
        scale: How much smaller.
        shuffled: Deal his turns out again.

    Raises:
        CorpusError: An option cannot be, or the folder is in use.
    """
    shortest = _SECONDS[0]
    check_made("dyads", seed, dialogues)
    if cue not in CUES:
        raise CorpusError(f"dyads: unknown cue '{cue}'", f"Cues are {', '.join(CUES)}")
    check_number("dyads", "noise", noise, "0 or more", (0.0, math.inf))
    check_number("dyads", "scale", scale, "any", (-math.inf, math.inf))
    most = f"at least 0 and less than {shortest:g}, which the shortest turn lasts (s)"
    check_number("dyads", "delay", delay, most, (0.0, shortest))
    if (folder / "dyads.csv").exists():
        raise CorpusError(f"dyads: '{folder}' holds a corpus already", "Name another folder")
    chance = np.random.default_rng(seed)
    rule = _Rule(chance, cue, noise, round(delay * RATE), scale)
    turns = [t for n in range(dialogues) for t in _talk(chance, rule, n, _part(n, dialogues))]
    if shuffled:
        turns = _dealt(chance, turns)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "dyads.npz", _packed(turns))
    write_table(folder / "dyads.csv", [t.row() for t in turns])


def load(path: Path, *, landmarks: bool = False) -> tuple[Dialogue, ...]:
    """Read what :func:`make` wrote.

    Args:
        path: The folder.
        landmarks: For :func:`ready` and :func:`listening`.

    Raises:
        CorpusError: There is no such corpus, or it was damaged.
    """
    if not (path / "dyads.csv").is_file():
        raise CorpusError(
            f"dyads: '{path}' holds no dyads.csv", f"Run: empathia corpus make dyads {path}"
        )
    return table.load(path / "dyads.csv", labels=MOODS, language="en", name="dyads")


def ready(path: Path, *, landmarks: bool = False) -> dict[str, dict[str, Features]]:
    """The features "face", "voice" and "words", and "landmarks" if asked for, by utterance id.

    Raises:
        CorpusError: They are missing or damaged.
    """
    return _shown({name: _read(path, name, name) for name in _COLUMNS}, landmarks)


def listening(path: Path, *, landmarks: bool = False) -> dict[str, dict[str, Features]]:
    """His "face", and "landmarks", while she speaks, by the id of her utterance; on its clock.

    Raises:
        CorpusError: It is missing or damaged.
    """
    return _shown({"face": _read(path, _LISTENING, "face")}, landmarks)


def _shown(
    known: dict[str, dict[str, Features]], landmarks: bool
) -> dict[str, dict[str, Features]]:
    """With what a face of ours shows of each "face"."""
    if not landmarks:
        return known
    made = {}
    for i, face in known["face"].items():
        points = _landmarks(face.values)
        made[i] = Features(i, "landmarks", points, COLUMNS, (UNIT,) * len(COLUMNS), face.rate)
    return known | {"landmarks": made}


def _landmarks(face: FloatArray) -> FloatArray:
    """What a face of ours shows, (frames, 1434) as of the feature "landmarks".

    Args:
        face: (frames, 4) of a "face": how much it smiles, raises its brows and opens its mouth,
            each from not at all at -3 to wholly at 3, and how far it turns aside and up.
    """
    shapes = np.zeros((len(face), len(BLENDSHAPES)), np.float32)
    for column, names in zip(face.T, _MOVED, strict=False):
        for name in names:
            shapes[:, BLENDSHAPES.index(name)] = np.clip(0.5 + column / 6, 0, 1)
    points, _ = normalised(posed(shapes, face[:, 3:] * _TURNED))
    return points.reshape(len(face), len(COLUMNS))


def _read(path: Path, stored_as: str, name: str) -> dict[str, Features]:
    rate = None if name == "words" else RATE

    def damaged(e: Exception) -> CorpusError:
        return CorpusError(
            f"dyads: '{path / 'dyads.npz'}' is missing or damaged, or of an earlier version ({e})",
            f"Delete the folder, then run: empathia corpus make dyads {path}",
        )

    with (
        unpacking(damaged),
        (path / "dyads.npz").open("rb") as raw,
        np.load(raw, allow_pickle=False) as stored,
    ):
        ids = json.loads(str(stored[f"{stored_as}.ids"]))
        parts = np.split(stored[stored_as], np.cumsum(stored[f"{stored_as}.frames"])[:-1])
        return {i: Features(i, name, p, rate=rate) for i, p in zip(ids, parts, strict=True)}


class _Rule:
    """How his face follows from her turn."""

    def __init__(
        self, chance: np.random.Generator, cue: str, noise: float, delay: int, scale: float
    ) -> None:
        self.cue, self.noise, self.delay, self.scale = cue, noise, delay, scale
        mix = chance.normal(size=(_COLUMNS[cue], _COLUMNS["face"]))
        self.mix = mix / np.linalg.norm(mix, axis=0)

    def __call__(self, chance: np.random.Generator, turn: dict[str, Array], frames: int) -> Array:
        cue = turn[self.cue]
        cue = np.repeat(cue, frames, 0) if len(cue) == 1 else cue
        late = np.concatenate([np.zeros((self.delay, cue.shape[1])), cue])[:frames]
        noise = chance.normal(0, self.noise, (frames, _COLUMNS["face"]))
        return np.asarray(self.scale * late @ self.mix + noise)


@dataclass(frozen=True)
class _Turn:
    """One utterance before it is written; times in s, ``listening`` (frames, 4) who listens."""

    dialogue: str
    index: int
    start: float
    length: float
    said: int
    label: str
    part: str
    features: dict[str, Array]
    listening: Array | None = None

    @property
    def key(self) -> str:
        return f"{self.dialogue}_{self.index}"

    def row(self) -> Record:
        gender = "FM"[self.index % 2]
        return {
            "utterance": self.key,
            "dialogue": self.dialogue,
            "speaker": f"{gender}-{self.dialogue}",
            "gender": gender,
            "text": _WORDS[self.said],
            "start": round(self.start, 3),
            "end": round(self.start + self.length, 3),
            "label": [self.label],
            "split": self.part,
        }


def _part(number: int, of: int) -> str:
    return "train" if number < 0.6 * of else "valid" if number < 0.8 * of else "test"


def _talk(chance: np.random.Generator, rule: _Rule, number: int, part: str) -> list[_Turn]:
    """One talk: she tells, he reacts, in turn."""
    clock, turns = 0.0, []
    for index in range(0, _TURNS, 2):
        mood, hers_said, his_said = chance.integers(3, size=3).tolist()
        hers_said = mood if rule.cue == "words" else hers_said
        frames = round(chance.uniform(*_SECONDS) * RATE)
        hers, his = _features(chance, frames, hers_said), _features(chance, frames, his_said)
        hers[rule.cue] = hers[rule.cue] + (mood - 1) * (rule.cue != "words")
        follows, wanders = rule(chance, hers, frames), his["face"]
        late = rule.cue == "words"
        meanwhile, his["face"] = (wanders, follows) if late else (follows, wanders)
        told = mood if chance.random() < 0.9 else int(chance.integers(3))
        name, length = f"dyad{number:03d}", frames / RATE
        told_of = (hers_said, mood, hers, meanwhile), (his_said, told, his, None)
        for i, (said, label, features, listens) in enumerate(told_of, index):
            label_of = MOODS.labels[label]
            turns.append(_Turn(name, i, clock, length, said, label_of, part, features, listens))
            clock += length + _ROOM
    return turns


def _features(chance: np.random.Generator, frames: int, said: int) -> dict[str, Array]:
    """Face and voice that wander, and words."""
    made = {n: _wander(chance, frames, _COLUMNS[n]) for n in ("face", "voice")}
    return made | {"words": 2.0 * np.eye(3)[[said]]}


def _wander(chance: np.random.Generator, frames: int, columns: int) -> Array:
    """Smooth curves of unit size, (frames, columns)."""
    steps = chance.normal(size=(frames + 20, columns))
    window = np.hanning(9)
    smooth = np.stack([np.convolve(c, window, "same") for c in steps.T], 1)
    return np.asarray(smooth[10:-10] / np.linalg.norm(window))


def _dealt(chance: np.random.Generator, turns: list[_Turn]) -> list[_Turn]:
    """Give every one of his turns another one's face and label, inside of a part.

    What he did before it, while she spoke, goes with them: cut, or there and back, to her turn.
    """
    dealt = list(turns)
    for part in ("train", "valid", "test"):
        his = [i for i, t in enumerate(turns) if t.part == part and t.index % 2]
        for i, j in zip(his, chance.permutation(his).tolist(), strict=True):
            dealt[i] = replace(turns[i], features=turns[j].features, label=turns[j].label)
            hers, face = turns[i - 1], turns[j - 1].listening
            frames = round(hers.length * RATE)
            face = np.pad(face, ((0, max(0, frames - len(face))), (0, 0)), "symmetric")[:frames]
            dealt[i - 1] = replace(hers, listening=face)
    return dealt


def _packed(turns: list[_Turn]) -> bytes:
    every = {name: {t.key: t.features[name] for t in turns} for name in _COLUMNS}
    every[_LISTENING] = {t.key: t.listening for t in turns if t.listening is not None}
    arrays = {}
    for name, each in every.items():
        arrays[f"{name}.ids"] = np.array(json.dumps(list(each)))
        arrays[name] = np.concatenate(list(each.values())).astype(np.float32)
        arrays[f"{name}.frames"] = np.array([len(x) for x in each.values()])
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
