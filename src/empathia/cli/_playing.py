"""What a page plays: the sound of a recording, or a film of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.errors import EmpathiaError

if TYPE_CHECKING:
    from empathia.pipeline import Options


def played(recording: Path, options: Options) -> tuple[bytes | None, bytes | None]:
    """Sound or film for the page; one of the two.

    Args:
        recording: What was read.
        options: That it was read with.
    """
    from empathia import media
    from empathia.media.film import film

    info = media.probe(recording)
    if info.has_video and options.video and options.pictures:
        try:
            return None, film(recording, options.selection)
        except EmpathiaError as error:
            print(f"empathia: the page plays the sound alone: {error}", file=sys.stderr)
    return media.encode(media.blocks(recording, selection=options.selection)), None
