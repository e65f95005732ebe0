"""How words are to be spoken."""

from __future__ import annotations

from dataclasses import dataclass

from empathia.errors import UsageError, near

TONES = ("plain", "gentle", "calm", "bright")
"""For sorrow and fear gentle, for anger calm, for joy bright."""
SLOWEST, FASTEST = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice is to speak; what it cannot do it leaves out.

    Args:
        voice: Name of one of its voices; None for its favourite.
        speed: Times its own speed, from .5 to 2.
        tone: One of :data:`TONES`.

    Raises:
        UsageError: The speed or the tone cannot be.
    """

    voice: str | None = None
    speed: float = 1.0
    tone: str = "plain"

    def __post_init__(self) -> None:
        if not SLOWEST <= self.speed <= FASTEST:
            raise UsageError(
                f"speech cannot have the speed {self.speed}", f"From {SLOWEST:g} to {FASTEST:g}"
            )
        if self.tone not in TONES:
            raise UsageError(
                f"there is no tone '{self.tone}'{near(self.tone, TONES)}",
                f"Name one of {', '.join(TONES)}",
            )


PLAINLY = Manner()
"""As the voice speaks by itself."""
