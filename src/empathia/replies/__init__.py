"""Empathic replies: one generator a file or folder, each with ``OPTIONS`` and ``load``."""
