"""Empathic replies: one generator a file, each with ``generate``."""
