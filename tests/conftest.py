"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine must not fail a test: what counts is the behaviour, not the time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
