"""The words of the cues: names of levels, phrases for measures, hedged impressions.

Only tables, so that they can be read, argued about and translated. What the tables
say about impressions follows the reviews of how feeling sounds (K. R. Scherer 2003,
Speech Communication 40; P. N. Juslin and P. Laukka 2003, Psychological Bulletin 129):
strong activation raises loudness, pitch, their variation and the rate, weak activation
lowers them. How somebody sounds is not how somebody feels, so every impression is
hedged and none names an emotion as a fact.
"""

from __future__ import annotations

from collections.abc import Mapping

# Levels from lowest to highest, by how many there are.
LEVELS: Mapping[int, tuple[str, ...]] = {
    3: ("low", "medium", "high"),
    4: ("low", "rather low", "rather high", "high"),
    5: ("very low", "low", "medium", "high", "very high"),
    6: ("very low", "low", "rather low", "rather high", "high", "very high"),
}

# How a level is said of a measure that isn't simply low or high.
SIZE: Mapping[str, str] = {
    "very low": "very little",
    "low": "little",
    "rather low": "rather little",
    "medium": "moderate",
    "rather high": "rather large",
    "high": "large",
    "very high": "very large",
}
WIDTH: Mapping[str, str] = {
    "very low": "very narrow",
    "low": "narrow",
    "rather low": "rather narrow",
    "medium": "moderate",
    "rather high": "rather wide",
    "high": "wide",
    "very high": "very wide",
}
PACE: Mapping[str, str] = {
    "very low": "very slow",
    "low": "slow",
    "rather low": "rather slow",
    "medium": "at a moderate pace",
    "rather high": "rather fast",
    "high": "fast",
    "very high": "very fast",
}
# Harmonicity depends on the voice but also on room and microphone; only the ends are said.
TIMBRE: Mapping[str, str] = {"very low": "a noisy or breathy voice", "very high": "a clear voice"}

# The measures that words are made of.
LOUD, SWING, PITCH, MELODY, RATE, TONE = (
    "avg_intensity",
    "intensity_variation",
    "avg_pitch",
    "pitch_std",
    "articulation_rate",
    "mean_hnr",
)

# Read from the top; the first line whose measures all lie on the named side decides.
# "+" and "-": in the upper or lower levels; "++" and "--": in the outermost one.
IMPRESSIONS: tuple[tuple[Mapping[str, str], str], ...] = (
    ({LOUD: "+", PITCH: "+", MELODY: "+", RATE: "+"}, "excited or agitated, and pressing on"),
    ({LOUD: "+", PITCH: "+", MELODY: "+"}, "excited or agitated"),
    ({LOUD: "+", PITCH: "+", MELODY: "-"}, "tense or under strain"),
    ({LOUD: "+", PITCH: "-"}, "firm or forceful"),
    ({LOUD: "+", RATE: "+"}, "worked up or in a hurry"),
    ({LOUD: "+", RATE: "-"}, "emphatic, weighing each word"),
    ({LOUD: "+", PITCH: "+"}, "insistent or alert"),
    ({LOUD: "+", SWING: "+"}, "vehement or full of energy"),
    ({LOUD: "-", PITCH: "-", MELODY: "-"}, "flat, tired or withdrawn"),
    ({LOUD: "-", PITCH: "+", RATE: "+"}, "nervous or rushed"),
    ({LOUD: "-", RATE: "-"}, "tired or withdrawn"),
    ({LOUD: "-", PITCH: "+"}, "timid or unsure"),
    ({LOUD: "-", MELODY: "-"}, "reserved or low in energy"),
    ({LOUD: "-", MELODY: "+"}, "gentle but involved"),
    ({LOUD: "-", PITCH: "-"}, "subdued or relaxed"),
    ({PITCH: "+", MELODY: "+", RATE: "+"}, "lively or stirred"),
    ({PITCH: "+", MELODY: "+"}, "animated or surprised"),
    ({MELODY: "-", RATE: "-"}, "weary or uninvolved"),
    ({PITCH: "-", RATE: "-"}, "calm or heavy-hearted"),
    ({LOUD: "++"}, "assertive or worked up"),
    ({LOUD: "--"}, "quiet or holding back"),
    ({PITCH: "++"}, "tense or eager"),
    ({PITCH: "--"}, "relaxed or subdued"),
    ({MELODY: "++"}, "expressive"),
    ({MELODY: "--"}, "matter-of-fact or uninvolved"),
    ({RATE: "++"}, "hurried or eager"),
    ({RATE: "--"}, "thoughtful or hesitant"),
)

HEDGE = "may come across as {}"
RELATIVE = "{} for this speaker"
