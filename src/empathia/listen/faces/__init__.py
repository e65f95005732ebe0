"""Faces over a recording: who is in the picture when, and whose face speaks.

:func:`watch` gives moment by moment who is seen, :func:`sights` gathers that by person, and
:func:`speaking` says whose face a turn's speaker has.
"""

from empathia.listen.faces.speaking import Speaker, speakers, speaking
from empathia.listen.faces.tracking import Moment
from empathia.listen.faces.watching import Tally, sights, watch

__all__ = ["Moment", "Speaker", "Tally", "sights", "speakers", "speaking", "watch"]
