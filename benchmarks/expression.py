"""Six expressions of posed faces: the expression net as it is, and a head on what it sees.

    python benchmarks/expression.py DATA

DATA holds ckplus48/: a folder a label, ``S<subject>_<sequence>_<frame>.png`` of 48 pixels, three
frames of a sequence. Contempt is left out, and the net's score of "neutral" is divided among the
six; how often a face is told neutral is shown apart. UAR with 95 % intervals over subjects. No
picture is shown or kept, and nothing that is fitted here ships.

"found": the face is looked for and cut out as in a video, as wide as face-api.js does: no number
of the cut comes from these pictures. "as given": the square of 48 pixels, enlarged. The head is a
logistic regression that learns from nine tenths of the subjects and is tested on the last; all are
tested; each seed draws other tenths. Its penalty is not tuned: of .003 to .1, C = .01 was taken,
and all lie within a point or two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from empathia.emotion.face.read import evidence
from empathia.encoders.face import Eyes
from empathia.encoders.face.expression import SIDE, Expressions, square
from empathia.face.points import EXPRESSIONS
from empathia.metrics.bootstrap import Block, interval, resampled
from empathia.metrics.scores import softmax
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

FOLDERS = {
    "happy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "disgust": "disgusted",
    "surprise": "surprised",
}
SIX = tuple(EXPRESSIONS.index(name) for name in FOLDERS.values())
NEUTRAL = EXPRESSIONS.index("neutral")
SEEDS, FOLDS, PENALTY = (1, 11, 42), 10, 0.01
AROUND, ENLARGED = 24, 8  # pixels that go on around the square; times
AIMS = {"net": (0.75, 0.85), "head": (0.88, 0.94)}
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


class Set(NamedTuple):
    """Pictures (n, 48, 48), their label (n,) as an index into ``SIX``, their subject (n,)."""

    pictures: Bytes
    label: Ints
    subject: NDArray[np.str_]


def read(folder: Path) -> Set:
    """The set, in a fixed order."""
    rows = [
        (np.asarray(Image.open(path).convert("L")), label, path.name.split("_")[0])
        for label, name in enumerate(FOLDERS)
        for path in sorted((folder / name).glob("*.png"))
    ]
    if not rows:
        sys.exit(f"there are no pictures in {folder}; expected folders {', '.join(FOLDERS)}")
    pictures, label, subject = zip(*rows, strict=True)
    return Set(np.stack(pictures), np.array(label), np.array(subject))


def enlarged(picture: Bytes, side: int, around: int = 0) -> Bytes:
    """A grey picture as one of three colours, (side, side, 3); its edge may go on around it."""
    wide = Image.fromarray(np.pad(picture, around, mode="edge"))
    return np.repeat(
        np.asarray(wide.resize((side, side), Image.Resampling.BICUBIC))[..., None], 3, 2
    )


def found(pictures: Bytes) -> tuple[Bytes, FloatArray, FloatArray, list[bool]]:
    """Squares as of a video, (n, 112, 112, 3), blendshapes (n, 52), poses (n, 3), and whether a
    face was there.

    Where none is found, the square is the picture as it is given.
    """
    eyes = Eyes(threads=1)
    side = ENLARGED * (pictures.shape[1] + 2 * AROUND)
    squares, shapes, poses, seen = [], [], [], []
    for picture in pictures:
        scene = Picture(0.0, enlarged(picture, side, AROUND))
        faces: list[Face] = eyes.find(scene)
        seen.append(bool(faces))
        squares.append(square(scene, faces[0]) if faces else enlarged(picture, SIDE))
        shapes.append(faces[0].blendshapes if faces else np.zeros(52, np.float32))
        poses.append(faces[0].pose if faces else np.zeros(3, np.float32))
    return np.stack(squares), np.stack(shapes), np.stack(poses), seen


def uar(hits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean recall of (..., 12): right answers of each label, then how many it has."""
    return (hits[..., :6] / np.maximum(hits[..., 6:], 1)).mean(axis=-1)


def figure(data: Set, told: Ints) -> str:
    """UAR, interval over subjects, and each label's recall."""
    names, unit = np.unique(data.subject, return_inverse=True)
    sums = np.zeros((len(names), 12))
    np.add.at(sums, (unit, data.label), told == data.label)
    np.add.at(sums, (unit, 6 + data.label), 1)
    (drawn,) = resampled([Block(np.arange(len(names)), sums)], len(names))
    low, high = interval(uar(drawn)) or (np.nan, np.nan)
    total = sums.sum(axis=0)
    each = " ".join(f"{100 * h / n:3.0f}" for h, n in zip(total[:6], total[6:], strict=True))
    return f"{100 * uar(total):5.1f} ({100 * low:.1f} to {100 * high:.1f})  {each}"


def headed(data: Set, values: FloatArray, seed: int) -> Ints:
    """What a head tells of subjects that it did not learn from, (n,)."""
    names = np.random.default_rng(seed).permutation(np.unique(data.subject))
    fold = {name: i % FOLDS for i, name in enumerate(names)}
    place = np.array([fold[s] for s in data.subject])
    told = np.zeros(len(data.label), np.int64)
    for k in range(FOLDS):
        regression = LogisticRegression(C=PENALTY, max_iter=2000, class_weight="balanced")
        head = make_pipeline(StandardScaler(), regression)
        head.fit(values[place != k], data.label[place != k])
        told[place == k] = head.predict(values[place == k])
    return told


def of_six(logits: FloatArray) -> Ints:
    """The likeliest of the six, (n,)."""
    return np.argmax(logits[:, list(SIX)], axis=1)


def report_net(data: Set, views: dict[str, FloatArray]) -> None:
    """The net as it is, over views of the same faces."""
    reach, stretch = AIMS["net"]
    print(f"\nthe net as it is (reach {100 * reach:.0f}, stretch {100 * stretch:.0f})")
    for name, logits in views.items():
        print(f"  {name:<34}{figure(data, of_six(logits))}")
    first = next(iter(views.values()))
    neutral = first.argmax(axis=1) == NEUTRAL
    each = " ".join(f"{100 * neutral[data.label == k].mean():3.0f}" for k in range(6))
    print(f"  {'told neutral of seven, %':<34}{100 * neutral.mean():5.1f}{'':<16}  {each}")


def report_recogniser(data: Set, rows: FloatArray) -> None:
    """What the recogniser ``face`` makes of single pictures, untrained."""
    said = evidence(rows)
    print("\nthe recogniser 'face', untrained, a picture each")
    print(f"  {'without neutral':<34}{figure(data, of_six(said))}")
    neutral = said.argmax(axis=1) == NEUTRAL
    each = " ".join(f"{100 * neutral[data.label == k].mean():3.0f}" for k in range(6))
    print(f"  {'told neutral of seven, %':<34}{100 * neutral.mean():5.1f}{'':<16}  {each}")


def report_heads(data: Set, inputs: dict[str, FloatArray]) -> None:
    """Heads on what the net sees, each with other tenths of subjects."""
    reach, stretch = AIMS["head"]
    print(f"\na head, leave-subjects-out (reach {100 * reach:.0f}, stretch {100 * stretch:.0f})")
    for name, values in inputs.items():
        for seed in SEEDS:
            print(f"  {name + f', seed {seed}':<34}{figure(data, headed(data, values, seed))}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    data = read(parser.parse_args(arguments).data / "ckplus48")
    net = Expressions(threads=1)
    squares, shapes, poses, seen = found(data.pictures)
    given = np.stack([enlarged(p, SIDE) for p in data.pictures])
    features, logits = net.judge(squares)
    plain_features, plain = net.judge(given)
    print(f"{len(data.label)} pictures of {len(np.unique(data.subject))} subjects; ", end="")
    print(f"a face was found in {sum(seen)}")
    print(f"{'':<36}  UAR{'':<18}{' '.join(n[:3] for n in FOLDERS)}")
    most = np.full_like(data.label, np.bincount(data.label).argmax())
    print(f"  {'floor: always the most frequent':<34}{figure(data, most)}")
    report_net(
        data,
        {
            "found": logits,
            "as given": plain,
            "as given, not mirrored": net.raw(given)[1],
            "as given, mirrored": net.raw(given[:, :, ::-1])[1],
        },
    )
    scores = softmax(logits)
    report_recogniser(data, np.hstack([shapes, poses, scores]).astype(np.float32))
    report_heads(
        data,
        {
            "blendshapes (no net)": shapes,
            "found": features,
            "found + blendshapes": np.hstack([features, shapes]),
            "as given": plain_features,
        },
    )


if __name__ == "__main__":
    main()
