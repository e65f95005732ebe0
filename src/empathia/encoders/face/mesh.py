"""The 478 landmarks and 52 blendshapes of a face (MediaPipe's Face Mesh v2 and Blendshape v2)."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.encoders.face.canonical import canonical
from empathia.encoders.face.region import Region, around, crop
from empathia.encoders.face.runtime import Net
from empathia.errors import WeightsError
from empathia.face.points import LEFT_OUTER, RIGHT_OUTER
from empathia.face.pose import Model
from empathia.files import unpacking
from empathia.types import FloatArray
from empathia.types.seen import BLENDSHAPES, LANDMARKS

_SIZE = 256
_MARGIN = 1.5
# What the blendshapes are told from: a fact of MediaPipe's graph, which the file does not state.
_TELLING = (
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65),
    *(66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136),
    *(144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168),
    *(172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276),
    *(282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318),
    *(321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380),
    *(381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466),
    *range(468, 478),
)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A face as the net sees it.

    Args:
        landmarks: (478, 3) in pixels of the picture.
        presence: That it is a face, in [0, 1].
    """

    landmarks: FloatArray
    presence: float

    @property
    def region(self) -> Region:
        """Where the face is, for looking again."""
        right, left = self.landmarks[RIGHT_OUTER], self.landmarks[LEFT_OUTER]
        angle = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
        return around(self.landmarks, angle, _MARGIN)


class Mesher:
    """Makes the mesh of a face in a region. Make it with :meth:`load`."""

    def __init__(self, landmarks: Net, blendshapes: Net, model: Model) -> None:
        self._landmarks, self._blendshapes = landmarks, blendshapes
        self.model = model

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Mesher:
        """The nets out of the folder of the weight ``face-landmarks``.

        Raises:
            WeightsError: They are not in it.
        """

        def damaged(error: Exception) -> WeightsError:
            return WeightsError(
                f"'face_landmarker.task' is not what was expected ({error})",
                "Run: empathia weights pull face-landmarks",
            )

        with unpacking(damaged), zipfile.ZipFile(folder / "face_landmarker.task") as task:
            points, shapes, geometry = (
                task.read(name)
                for name in (
                    "face_landmarks_detector.tflite",
                    "face_blendshapes.tflite",
                    "geometry_pipeline_metadata_landmarks.binarypb",
                )
            )
        outputs = ((1, 1, 1, 3 * LANDMARKS), (1, 1, 1, 1), (1, 1))
        return cls(
            Net(points, "face_landmarks_detector.tflite", outputs, threads),
            Net(shapes, "face_blendshapes.tflite", ((BLENDSHAPES,),), threads),
            canonical(geometry),
        )

    def mesh(self, pixels: NDArray[np.uint8], region: Region) -> Mesh:
        """The face in a region of a picture (h, w, 3), or what would be one if there were any."""
        shown = crop(pixels, region, _SIZE)
        points, presence, _ = self._landmarks(shown[None])
        placed = region.placed(points.reshape(LANDMARKS, 3) / np.float32(_SIZE))
        return Mesh(placed, float(1 / (1 + np.exp(-np.clip(presence.item(), -80, 80)))))

    def blendshapes(self, landmarks: FloatArray) -> FloatArray:
        """Measures of the muscles, (52,) in [0, 1], of landmarks (478, 3) in pixels."""
        shapes: FloatArray = self._blendshapes(landmarks[None, list(_TELLING), :2])[0]
        return np.clip(shapes, 0.0, 1.0)
