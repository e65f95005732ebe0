"""Empathia hears how people feel in a conversation and answers with empathy."""

from __future__ import annotations

__version__ = "0.1.0"
