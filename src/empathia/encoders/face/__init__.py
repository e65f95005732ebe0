"""Find the faces in a picture, with landmarks, blendshapes and pose of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.encoders.face.detector import Detector, overlap
from empathia.encoders.face.mesh import Mesh, Mesher
from empathia.encoders.face.region import Region, around
from empathia.face.pose import pose
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

WEIGHTS = ("face-detector", "face-landmarks")

_LIKELY = 0.3  # score of what is looked at closer
_MOST = 8  # faces of a picture
_PRESENT = 0.5
_SAME = 0.4  # overlap of boxes of one face
_LOOKS = 3  # at one face, each where the look before saw it
_AGAIN = 0.5  # s after which a newcomer is looked for
_MARGIN = 1.5


class Eyes:
    """Looks at the pictures of one video in their order; not for several threads at a time.

    Args:
        threads: Threads of a network; None takes all cores.

    Raises:
        MissingExtra: The extra ``face`` is not installed.
        WeightsError: A weight is missing or damaged.
    """

    def __init__(self, threads: int | None = None) -> None:
        detector, mesher = map(weights.folder, WEIGHTS)
        self._detector = Detector.load(detector, threads)
        self._mesher = Mesher.load(mesher, threads)
        self._searched = -np.inf  # time of the picture that was last searched as a whole, in s

    def find(self, picture: Picture, near: Sequence[FloatArray] = ()) -> list[Face]:
        """The faces of a picture, from left to right.

        Args:
            picture: Upright.
            near: Boxes (4,) of the picture before, in pixels of the video. Faces are looked for
                there first; the whole picture is searched where one is not found again, and every
                half second.
        """
        boxes = [np.asarray(box, np.float32).reshape(2, 2) * picture.scale for box in near]
        meshes = self._meshes(picture.pixels, [around(box, 0.0, _MARGIN) for box in boxes])
        since = picture.time - self._searched
        if not meshes or len(meshes) < len(boxes) or not 0 <= since < _AGAIN:
            self._searched = picture.time
            seen = self._detector.find(picture.pixels, _LIKELY, _MOST)
            meshes += self._meshes(picture.pixels, [d.region for d in seen])
        faces = [self._face(mesh, picture.scale) for mesh in _distinct(meshes)]
        return sorted(faces, key=lambda face: float(face.box[0]))

    def close(self) -> None:
        """Let go of the networks."""
        del self._detector, self._mesher

    def _meshes(self, pixels: NDArray[np.uint8], regions: Sequence[Region]) -> list[Mesh]:
        """Faces that are in regions."""
        meshes = (self._closer(pixels, region) for region in regions)
        return [mesh for mesh in meshes if mesh.presence >= _PRESENT]

    def _closer(self, pixels: NDArray[np.uint8], region: Region) -> Mesh:
        """The face of a region, looked at again until it is in the middle and upright."""
        for _ in range(_LOOKS):
            mesh = self._mesher.mesh(pixels, region)
            if mesh.presence < _PRESENT or mesh.region.near(region):
                break
            region = mesh.region
        return mesh

    def _face(self, mesh: Mesh, scale: float) -> Face:
        landmarks = mesh.landmarks / np.float32(scale)
        return Face(
            box=_box(landmarks),
            landmarks=landmarks,
            blendshapes=self._mesher.blendshapes(landmarks),
            pose=pose(landmarks, self._mesher.model),
            presence=mesh.presence,
        )


def _box(landmarks: FloatArray) -> FloatArray:
    """What holds landmarks (n, 3): (4,)."""
    return np.concatenate([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)])


def _distinct(meshes: Sequence[Mesh]) -> list[Mesh]:
    """One mesh a face, that which is surest."""
    kept: list[Mesh] = []
    for mesh in sorted(meshes, key=lambda m: -m.presence):
        boxes = [_box(other.landmarks) for other in kept]
        if not boxes or overlap(_box(mesh.landmarks), np.stack(boxes)).max() < _SAME:
            kept.append(mesh)
    return kept
