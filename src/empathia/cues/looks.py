"""The words of a face's cues: bounds, phrases, impressions.

Only tables, as those of the voice (:mod:`empathia.cues.words`). Which muscles come with which
feeling follows P. Ekman and W. V. Friesen, EMFACS (1983), and nothing is said as a fact. Bounds
were set on photographs that ship in packages and on copies of them that were turned in space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LEVELS = ("none", "slight", "clear", "strong")


class Look(NamedTuple):
    """A measure that words are made of.

    Args:
        bounds: From where it is slight, clear, strong, above the person's rest.
        rest: What a face at rest may have of it.
        phrases: What is said of it at each of these levels.
    """

    bounds: tuple[float, float, float]
    rest: float
    phrases: tuple[str, str, str]


# In the order in which they are said.
LOOKS: Mapping[str, Look] = {
    "brows raised": Look(
        (0.25, 0.45, 0.65), 0.1, ("brows slightly raised", "brows raised", "brows raised high")
    ),
    "brows lowered": Look(
        (0.2, 0.4, 0.6),
        0.1,
        ("brows slightly drawn together", "brows drawn together", "brows drawn tightly together"),
    ),
    "eyes wide": Look(
        (0.12, 0.22, 0.35), 0.03, ("eyes slightly widened", "eyes wide", "eyes very wide")
    ),
    "nose wrinkled": Look(
        (0.06, 0.15, 0.3), 0.01, ("nose slightly wrinkled", "nose wrinkled", "nose wrinkled")
    ),
    "smile": Look((0.25, 0.45, 0.7), 0.1, ("slight smile", "smile", "broad smile")),
    "mouth corners down": Look(
        (0.08, 0.18, 0.35),
        0.02,
        ("mouth corners slightly down", "mouth corners down", "mouth corners far down"),
    ),
    "lips pressed": Look(
        (0.3, 0.45, 0.65), 0.1, ("lips slightly pressed", "lips pressed", "lips pressed hard")
    ),
    "mouth open": Look(
        (0.22, 0.38, 0.55), 0.02, ("mouth slightly open", "mouth open", "mouth wide open")
    ),
    "looking down": Look(
        (0.35, 0.5, 0.7), 0.1, ("looking slightly down", "looking down", "looking far down")
    ),
    "looking up": Look((0.25, 0.4, 0.6), 0.05, ("looking slightly up", "looking up", "looking up")),
    "looking aside": Look(
        (0.3, 0.45, 0.65), 0.05, ("looking slightly aside", "looking aside", "looking far aside")
    ),
    "head bowed": Look(
        (9.0, 14.0, 22.0), 0.0, ("head slightly bowed", "head bowed", "head far down")
    ),
    "head raised": Look(
        (9.0, 14.0, 22.0), 0.0, ("head slightly raised", "head raised", "head thrown back")
    ),
    "head turned": Look(
        (14.0, 22.0, 35.0), 0.0, ("head slightly turned", "head turned aside", "head turned away")
    ),
    "head tilted": Look(
        (9.0, 14.0, 22.0), 0.0, ("head slightly tilted", "head tilted", "head strongly tilted")
    ),
    "nods": Look((2.0, 3.0, 5.0), 0.0, ("head nods", "head nods", "head nods a lot")),
    "shakes": Look((2.0, 3.0, 5.0), 0.0, ("head shakes", "head shakes", "head shakes a lot")),
    "eyes closed": Look(
        (0.4, 0.6, 0.85), 0.0, ("eyes closed at times", "eyes mostly closed", "eyes closed")
    ),
    "blinks": Look((30.0, 45.0, 60.0), 15.0, ("blinks often", "blinks often", "blinks very often")),
}

# Read from the top; the first line whose measures all are at least at the level named decides.
IMPRESSIONS: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"brows raised": "clear", "eyes wide": "slight", "mouth open": "slight"}, "surprised"),
    ({"brows raised": "clear", "mouth open": "clear"}, "surprised or amazed"),
    ({"smile": "strong"}, "glad or amused"),
    ({"smile": "clear", "nods": "slight"}, "friendly and agreeing"),
    ({"smile": "clear"}, "friendly or glad"),
    ({"brows lowered": "clear", "lips pressed": "slight"}, "tense or displeased"),
    ({"brows lowered": "slight", "nose wrinkled": "slight"}, "put off or annoyed"),
    ({"nose wrinkled": "clear"}, "put off or doubtful"),
    ({"mouth corners down": "slight", "brows raised": "slight"}, "sad or worried"),
    ({"mouth corners down": "slight", "looking down": "slight"}, "downcast or tired"),
    ({"eyes wide": "clear"}, "startled or very attentive"),
    ({"brows lowered": "clear"}, "concentrated or displeased"),
    ({"mouth corners down": "clear"}, "unhappy or doubtful"),
    ({"eyes closed": "clear"}, "tired or turned inward"),
    ({"head bowed": "clear", "looking down": "slight"}, "withdrawn or in thought"),
    ({"shakes": "slight"}, "disagreeing or doubtful"),
    ({"nods": "slight"}, "agreeing or attentive"),
    ({"lips pressed": "clear"}, "tense or holding back"),
    ({"blinks": "clear"}, "tense or tired"),
    ({"brows raised": "clear"}, "attentive or questioning"),
    ({"smile": "slight"}, "friendly"),
)

CALM, USUAL = "a calm face", "a face as mostly so far"
"""What is said where nothing stands out: of any face; of one that is held against itself."""
EVERYBODY = "any face"
"""What levels are relative to before a person is known."""
