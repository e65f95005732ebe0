"""The judge of emotion reads what is answered, once, and nothing where there is nothing."""

from __future__ import annotations

import pytest

from empathia import weights
from empathia.judges.emotion import EmotionJudge, load
from empathia.labels.sets import ED32
from empathia.types import Emotion, Empathy

needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)
SAD = Emotion("s", ED32, tuple(float(x == "sad") for x in ED32))


class Reader:
    """Takes everything for sad, and remembers what it read."""

    def __init__(self):
        self.read = []

    def recognise(self, dialogues):
        self.read += [s.text for d in dialogues for s in d]
        return [[SAD for _ in d] for d in dialogues]


def test_contexts_are_read_once_and_replies_never():
    reader = Reader()
    pairs = [("He left.", "Oh no."), ("He left.", "Great!"), (" ", "Hm."), ("She left.", "")]
    said = EmotionJudge(reader).judge(pairs)
    assert reader.read == ["He left.", "She left."]
    assert said == [Empathy(emotion=SAD), Empathy(emotion=SAD), Empathy(), Empathy(emotion=SAD)]
    assert EmotionJudge(reader).judge([]) == []


@pytest.mark.weights
@needs_minilm
def test_what_ships_tells_plain_situations_apart():
    told = {
        "grateful": "My neighbour shovelled my drive all winter and I am so thankful to him.",
        "afraid": "I heard footsteps downstairs in the middle of the night and was terrified.",
        "proud": "My daughter graduated at the top of her class. I am so proud of her.",
        "disgusted": "I found maggots in the bin. It was so gross, I nearly threw up.",
    }
    said = load(threads=1).judge([(context, "") for context in told.values()])
    assert [e.emotion.label for e in said] == list(told)
    (korean,) = load(threads=1).judge([("너무 무서웠어요", "")])
    assert korean.emotion.abstained
