"""Emotion labels: sets in a fixed order, and explicit projections between them.

Labels are always named. Nothing in Empathia reads an emotion by its position
without the :class:`LabelSet` that gives the position its name. The known sets
are in :mod:`empathia.labels.sets` and reached by name with :func:`label_set`; a
corpus may bring others, and projections of its own (:mod:`empathia.corpora`).
"""

from __future__ import annotations

from empathia.labels.projections import Projection, projection
from empathia.labels.sets import EKMAN7, LABEL_SETS, SHARED4, LabelSet, label_set

__all__ = [
    "EKMAN7",
    "LABEL_SETS",
    "SHARED4",
    "LabelSet",
    "Projection",
    "label_set",
    "projection",
]
