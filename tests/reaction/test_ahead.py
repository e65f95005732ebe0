"""A recogniser that looks ahead learns each stimulus once, whatever else its past shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from little_reactions import overlapping, problem

from empathia.config import Options
from empathia.emotion import tfidf as recogniser
from empathia.reaction import tfidf
from empathia.training.problem import Problem

pytest.importorskip("sklearn", reason="training needs the extra 'train'")


@pytest.mark.parametrize("past", [0, 2])
def test_what_of_earlier_turns_is_hidden_changes_no_emotion(
    past: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[Problem] = []
    learn = recogniser.learn

    def spied(inner: Problem) -> object:
        learnt.append(inner)
        return learn(inner)

    monkeypatch.setattr(recogniser, "learn", spied)
    told = []
    for meanwhile in (None, ("face",)):
        parts = [
            tuple(e for n in names for e in overlapping(n, meanwhile))
            for names in (("one", "other", "third"), ("last", "fifth"))
        ]
        asked = problem(
            "tfidf",
            tmp_path,
            train=parts[0],
            valid=parts[1],
            targets=(),
            modalities={"text": ()},
            options=Options({"past": past}),
        )
        said = tfidf.learn(asked).predict([e.past for e in parts[1]])
        told.append(np.array([row[0].emotion.scores for row in said]))
        for exs, part in zip(parts, (learnt[-1].train, learnt[-1].valid), strict=True):
            stimuli = {e.past[-1].id: e.past[-1] for e in exs}
            assert sorted(s.id for s in part.labelled()) == sorted(stimuli), "each is learnt once"
            assert all(s is stimuli[s.id] for s in part.labelled())
    assert len(learnt[1].train.dialogues) > len(learnt[0].train.dialogues) == 3
    assert told[0] == pytest.approx(told[1], abs=1e-4)
