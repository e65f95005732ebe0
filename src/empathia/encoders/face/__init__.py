"""Find the faces in a picture, with landmarks, blendshapes and pose of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.encoders.face.detector import Detector, shared
from empathia.encoders.face.mesh import Mesh, Mesher
from empathia.encoders.face.region import Region, around
from empathia.face.pose import Model, pose
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

WEIGHTS = ("face-detector", "face-landmarks")

_POSSIBLE, _LIKELY = 0.2, 0.3  # scores of what is looked at, and searched around, closer
_MOST = 16  # faces of a picture
_PRESENT = 0.5
_SAME = 0.3  # of the smaller of two boxes of one face
_LOOKS = 6  # at one face, each where the look before saw it
# Change of the region that ends it. The net's points depend a little on where the face is in it:
# a newcomer's are told to a half percent of the distance of the eyes, one's who moves to one.
_SETTLED, _FOLLOWED = 0.02, 0.06
_AGAIN = 0.5  # s after which a newcomer is looked for
_MARGIN = 1.5
_REACH = 3.0  # sides of a region
_ALIKE = 0.25  # change from a region that was made out to that of a face in it, at most
_LEAST = 16  # pixels of a side of a picture that may hold a face


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
        self._regions: dict[bytes, Region] = {}  # of the last picture's faces, by box
        self._searched = -np.inf  # time of the picture that was last searched as a whole, in s

    def find(self, picture: Picture, near: Sequence[FloatArray] = ()) -> list[Face]:
        """The faces of a picture, from left to right.

        Args:
            picture: Upright.
            near: Boxes (4,) of the picture before, in pixels of the video. Faces are looked for
                there first; the whole picture is searched where one is not found again, and every
                half second.
        """
        if min(picture.pixels.shape[:2]) < _LEAST:
            return []
        regions = [self._region(box, picture.scale) for box in near]
        looked = (self._closer(picture.pixels, region, _FOLLOWED) for region in regions)
        meshes = [mesh for mesh in looked if mesh.presence >= _PRESENT]
        since = picture.time - self._searched
        if not meshes or len(meshes) < len(near) or not 0 <= since < _AGAIN:
            self._searched = picture.time
            meshes = self._searched_for(picture.pixels, meshes) + meshes
        kept = _distinct(meshes)
        faces = [self._face(mesh, picture.scale) for mesh in kept]
        self._regions = {f.box.tobytes(): m.region for f, m in zip(faces, kept, strict=True)}
        return sorted(faces, key=lambda face: float(face.box[0]))

    @property
    def model(self) -> Model:
        """The face that looks straight ahead, which poses are told from."""
        return self._mesher.model

    def close(self) -> None:
        """Let go of the networks."""
        del self._detector, self._mesher

    def _region(self, box: FloatArray, scale: float) -> Region:
        """Where to look for the face of a box (4,): tilt and all, where that is known."""
        corners = np.asarray(box, np.float32)
        known = self._regions.get(corners.tobytes())
        return known or around(corners.reshape(2, 2) * scale, 0.0, _MARGIN)

    def _searched_for(self, pixels: NDArray[np.uint8], held: Sequence[Mesh]) -> list[Mesh]:
        """Faces that the detector makes out and that are not held already."""
        meshes: list[Mesh] = []
        for seen in self._detector.find(pixels, _POSSIBLE, _MOST):
            if any(mesh.region.change(seen.region) < _ALIKE for mesh in held):
                continue
            mesh = self._closer(pixels, seen.region, _SETTLED)
            if mesh.presence < _PRESENT and seen.score >= _LIKELY:
                # A small face is made out where it is, but not quite: search around it.
                left, top, part = _around(pixels, seen.region)
                for again in self._detector.find(part, _LIKELY, 1) if part.size else ():
                    region = again.region
                    moved = Region(region.x + left, region.y + top, region.side, region.angle)
                    mesh = self._closer(pixels, moved, _SETTLED)
            # What is hardly made out and touches another face is mostly hair of its.
            doubtful = seen.score < _LIKELY and _lies_on(mesh, [*meshes, *held], 0.0)
            if mesh.presence >= _PRESENT and not doubtful:
                meshes.append(mesh)
        return meshes

    def _closer(self, pixels: NDArray[np.uint8], region: Region, still: float) -> Mesh:
        """The face of a region, looked at again until its own changes no more than a little."""
        for _ in range(_LOOKS):
            mesh = self._mesher.mesh(pixels, region)
            if mesh.presence < _PRESENT or mesh.region.change(region) < still:
                break
            region = mesh.region
        return mesh

    def _face(self, mesh: Mesh, scale: float) -> Face:
        landmarks = mesh.landmarks / np.float32(scale)
        return Face(
            box=_box(landmarks),
            landmarks=landmarks,
            blendshapes=self._mesher.blendshapes(landmarks),
            pose=pose(landmarks, self.model),
            presence=mesh.presence,
        )


def _around(pixels: NDArray[np.uint8], region: Region) -> tuple[int, int, NDArray[np.uint8]]:
    """Left and upper edge of what lies around a region, and its pixels (h, w, 3)."""
    reach = _REACH * region.side / 2
    left, top = max(0, int(region.x - reach)), max(0, int(region.y - reach))
    return left, top, pixels[top : int(region.y + reach) + 1, left : int(region.x + reach) + 1]


def _box(landmarks: FloatArray) -> FloatArray:
    """What holds landmarks (n, 3): (4,)."""
    return np.concatenate([landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)])


def _distinct(meshes: Sequence[Mesh]) -> list[Mesh]:
    """One mesh a face: the first of those that lie upon each other."""
    kept: list[Mesh] = []
    for mesh in meshes:
        if not _lies_on(mesh, kept, _SAME):
            kept.append(mesh)
    return kept


def _lies_on(mesh: Mesh, others: Sequence[Mesh], share: float) -> bool:
    """Whether a face shares more than that of the smaller of both with any other."""
    boxes = [_box(other.landmarks) for other in others]
    return bool(boxes) and float(shared(_box(mesh.landmarks), np.stack(boxes)).max()) > share
