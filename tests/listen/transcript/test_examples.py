"""Each format's own example is told by what stands in it, and read."""

from __future__ import annotations

import pytest
from transcript_reading import read

from empathia.listen.transcript.catalogue import FORMATS


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name)
def test_an_example_is_read_whatever_its_file_is_called(tmp_path, form):
    for name in (f"a{form.suffixes[0]}", "a", "a.doc"):
        transcript = read(tmp_path, name, form.example)
        assert transcript.format == form.name
        said = [(u.speaker, u.text) for u in transcript.dialogue.utterances]
        assert said == [("Ann", "I passed the exam."), ("Ben", "That is wonderful!")]
