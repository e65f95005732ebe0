"""Invented examples of good replies, by tone, and first words for small models."""

from __future__ import annotations

_EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "sadness": (
        (
            "I didn't get the job. I really thought this time it would work.",
            "That sounds so disappointing after you had hoped for it. How are you feeling now?",
        ),
        (
            "Nobody came to my birthday.",
            "That sounds lonely and painful. What was the evening like for you?",
        ),
    ),
    "joy": (
        (
            "My team won the final last night!",
            "How wonderful, you must be so proud of them! What was the best moment?",
        ),
        (
            "I finally passed my exam.",
            "That sounds like such a relief, congratulations! How did it feel to hear it?",
        ),
    ),
    "anger": (
        (
            "My neighbour plays loud music every night and laughs when I complain.",
            "That sounds really frustrating, and it makes sense to be angry. How long has it been "
            "going on?",
        ),
        (
            "She told everyone my secret.",
            "That sounds like a betrayal when you had trusted her. "
            "What hurt you the most about it?",
        ),
    ),
    "fear": (
        (
            "I have my operation on Monday and I can't sleep.",
            "That sounds frightening, and it is natural to be worried. What is on your mind most?",
        ),
        (
            "Someone followed me home yesterday.",
            "That sounds really scary. How are you feeling now?",
        ),
    ),
    "disgust": (
        (
            "There were cockroaches all over the hotel room.",
            "That sounds horrible, anyone would feel sick. What did you do when you saw them?",
        ),
        (
            "He spits on the table when he talks.",
            "That sounds really unpleasant to sit through. How do you cope with it?",
        ),
    ),
    "surprise": (
        (
            "My sister just turned up at my door from Canada.",
            "That sounds like a big surprise! What went through your mind when you saw her?",
        ),
        ("He quit yesterday without a word.", "That sounds so unexpected. What do you make of it?"),
    ),
    "neutral": (
        (
            "We moved the meeting to Thursday.",
            "It sounds like plans have changed a little. How do you feel about it?",
        ),
        (
            "I think I'll walk to work tomorrow.",
            "It sounds like you have made up your mind. What made you think of it?",
        ),
    ),
}
_OPENINGS: dict[str, tuple[str, ...]] = {
    "sadness": ("That sounds", "I'm sorry, that must", "It sounds like"),
    "joy": ("How wonderful", "That sounds like", "It sounds like"),
    "anger": ("That sounds", "I can hear how", "It must be"),
    "fear": ("That sounds", "It must be", "I can hear how"),
    "disgust": ("That sounds", "Ugh, that must", "It must have been"),
    "surprise": ("That sounds like", "Wow, that must", "It sounds like"),
    "neutral": ("It sounds like", "Thank you for", "I wonder"),
}


def examples(tone: str | None) -> tuple[tuple[str, str], ...]:
    """Pairs of what was said and a good reply."""
    return _EXAMPLES[tone or "neutral"]


def openings(tone: str | None) -> tuple[str, ...]:
    """First words of a reply, in the order in which to try them."""
    return _OPENINGS[tone or "neutral"]
