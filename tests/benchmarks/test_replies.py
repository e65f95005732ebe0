"""Dumps of reply systems become tables, whatever the reply is called."""

from __future__ import annotations

import pytest

import replies

DUMP = """\
emotion:sad
Context:['my dog died', 'oh no', 'he was : old']
Pred:i am sorry : really
Ref:what was his name ?

Emotion:proud
Context:["i've passed"]
Concept:[('passed', ['won'])]
Greedy:great
Ref:well done
"""


def test_blocks_become_rows():
    first, second = (replies.row(b) for b in replies.blocks(DUMP))
    assert first == (
        "my dog died",
        "sad",
        "my dog died\noh no\nhe was : old",
        "i am sorry : really",
        "what was his name ?",
    )
    assert second == ("i've passed", "proud", "i've passed", "great", "well done")


def test_what_is_no_dump_is_told():
    with pytest.raises(ValueError, match="expected NAME:VALUE, found 'nothing'"):
        list(replies.blocks("emotion:sad\nnothing\n"))
