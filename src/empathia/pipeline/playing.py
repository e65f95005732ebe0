"""What a page plays: the sound of a recording, or a film of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from empathia import media
from empathia.errors import EmpathiaError
from empathia.media.film import film
from empathia.pipeline.options import Options


def played(
    recording: Path, options: Options, note: Callable[[str], object]
) -> tuple[bytes | None, bytes | None]:
    """Sound or film for the page; one of the two.

    Args:
        recording: What was read.
        options: That it was read with.
        note: Told where there should be a film, and is none.
    """
    info = media.probe(recording)
    if info.has_video and options.video and options.pictures:
        try:
            return None, film(recording, options.selection)
        except EmpathiaError as error:
            note(f"the page plays the sound alone: {error}")
    return media.encode(media.blocks(recording, selection=options.selection)), None
