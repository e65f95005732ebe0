"""Extractors are taken by name, whoever wrote them; what reads nothing we hand in is refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from empathia import features, plugins
from empathia.errors import UsageError


@pytest.mark.parametrize(
    ("old", "remedy"),
    [("text", "'words'"), ("audio", "'sound'"), ("smell", "'words', 'sound' or 'face'")],
)
def test_an_extractor_that_reads_something_else_is_told_the_word(
    monkeypatch: pytest.MonkeyPatch, old: str, remedy: str
) -> None:
    monkeypatch.setattr(plugins, "names", lambda _kind: ("theirs",))
    monkeypatch.setattr(plugins, "load", lambda *_: SimpleNamespace(SOURCE=old))
    with pytest.raises(UsageError, match=f"'theirs' has the SOURCE '{old}'") as caught:
        features.source("theirs:large")
    assert caught.value.remedy == f"Write {remedy}"


def test_an_unknown_extractor_is_told_the_names() -> None:
    with pytest.raises(UsageError, match=r"unknown feature 'smell:x' \(extractors: .*prosody"):
        features.load("smell:x")


def test_folder_of_features_holds_plug_ins_alone() -> None:
    assert set(features.names()) >= {"frames", "logmel", "mfcc", "prosody", "speech", "text"}
    assert {features.source(name) for name in features.names()} == {"words", "sound", "face"}
