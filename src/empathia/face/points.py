"""Names of the 478 points of a face, of the measures of its muscles, and of its expressions.

Left and right are the person's own: the left eye is on the right of an upright picture.
Points 468 to 477 are those of the irises.
"""

from __future__ import annotations

from empathia.types.seen import LANDMARKS

COLUMNS = tuple(f"{point}.{axis}" for point in range(LANDMARKS) for axis in "xyz")
"""Landmarks in a row, point by point: x to the right, y down, z away from the camera."""
UNIT = "eyes"
"""Of normalised landmarks: the distance between the outer corners of the eyes."""

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_IRIS, LEFT_IRIS = (469, 470, 471, 472), (474, 475, 476, 477)
RIGHT_PUPIL, LEFT_PUPIL = 468, 473
RIGHT_BROW = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
LEFT_BROW = (276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
OUTER_LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
)
INNER_LIPS = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
NOSE_BRIDGE = (168, 6, 197, 195, 5, 4)
NOSE_BASE = (64, 98, 97, 2, 326, 327, 294)

CONTOURS: dict[str, tuple[int, ...]] = {
    "oval": OVAL,
    "right eye": RIGHT_EYE,
    "left eye": LEFT_EYE,
    "right iris": RIGHT_IRIS,
    "left iris": LEFT_IRIS,
    "right brow": RIGHT_BROW,
    "left brow": LEFT_BROW,
    "outer lips": OUTER_LIPS,
    "inner lips": INNER_LIPS,
    "nose bridge": NOSE_BRIDGE,
    "nose base": NOSE_BASE,
}
"""What a drawn face consists of: points in the order of the line."""

OPEN = frozenset({"nose bridge", "nose base"})
"""Contours that don't close."""

RIGHT_OUTER, LEFT_OUTER = 33, 263
"""Outer corners of the eyes; the inter-ocular distance is that between them."""

PAIRS = ((33, 263), (133, 362), (127, 356), (234, 454), (122, 351), (114, 343))
"""(right, left) points that mirror each other and that no muscle moves much: corners of the eyes,
temples, before the ears, flanks of the nose."""

BLENDSHAPES = (
    *("_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft"),
    *("browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft"),
    *("eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight"),
    *("eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft"),
    *("eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen"),
    *("jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft"),
    *("mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight"),
    *("mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower"),
    *("mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft"),
    *("mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft"),
    *("mouthUpperUpRight", "noseSneerLeft", "noseSneerRight"),
)
"""52 measures of the muscles in the order in which the net gives them (ARKit's names; the first
is a remainder that stays near 0)."""

EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
"""What the expression net tells apart, in its order."""

POSE = ("yaw", "pitch", "roll")
"""How the head is turned, in degrees; see ``types.seen.Face``."""

MEASURES = (*BLENDSHAPES, *POSE, *EXPRESSIONS)
"""All that is measured of what a face does in a picture: the columns of the feature "face"."""
