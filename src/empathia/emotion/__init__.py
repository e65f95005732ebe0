"""Recognisers: what emotion an utterance expresses, one file each.

A plug-in defines ``NEEDS`` (names of the feature plug-ins that it reads) and
``load(folder=None, **options)``, which returns an object with ``name``, ``labels``,
``causal``, ``licence``, ``noncommercial`` and ``recognise(samples) -> list[Emotion]``.
A trainable one also defines ``OPTIONS`` and ``task`` (see ``empathia.bench``).
"""
