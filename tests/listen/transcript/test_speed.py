"""Files that are made to take long: no reader spends more than their length."""

from __future__ import annotations

import contextlib
import time

import pytest
from transcript_reading import read

from empathia.errors import TranscriptError

PARTS = ("0", " ", "a ", "-", "{", "{ ", "[", '"', '""', "<!---->", "<?xml ", "a\t", "1.0\t", "\\")


@pytest.mark.parametrize("form", ["textgrid", "elan", "json", "timeline", "nist", "audacity"])
@pytest.mark.parametrize("head", ["", "<", '{"a": "'])
def test_a_line_takes_no_longer_than_its_length(tmp_path, form, head):
    for part in PARTS:
        content = head + part * (20_000 // len(part)) + "."
        before = time.process_time()
        with contextlib.suppress(TranscriptError):
            read(tmp_path, "a.txt", content, form)
        assert time.process_time() - before < 1, part  # quadratic work takes more
