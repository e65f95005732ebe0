"""Recordings, streams and transcripts made into dialogues: who speaks when, and in which words.

``empathia.listen(stream)`` is a function, and this package has its name: it can be called as well.
"""

from __future__ import annotations

import sys
from types import ModuleType

from empathia import listen


class _Called(ModuleType):
    __call__ = staticmethod(listen)


sys.modules[__name__].__class__ = _Called
