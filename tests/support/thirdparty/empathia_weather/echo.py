"""A reply that gives the words back, and the feeling that was heard in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empathia.config import complete
from empathia.contracts import Tools
from empathia.errors import UsageError
from empathia.files import Plain
from empathia.types import ANY, Reply, Tell, Turn, Wish

OPTIONS: Mapping[str, Plain] = {"ending": "?"}


def load(options: Mapping[str, Plain], tools: Tools) -> Echo:
    return Echo(complete(options, OPTIONS, "the reply generator 'echo'").text("ending"))


class Echo:
    def __init__(self, ending: str) -> None:
        self._ending = ending

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        if not turns:
            raise UsageError("there is no turn to answer", "Give the conversation up to it")
        last = turns[-1]
        feeling = last.emotion.label if last.emotion is not None else None
        said = last.utterance.text or "nothing"
        text = f"You say {said} and feel {feeling or 'I know not what'}{self._ending}"
        return [Reply(last.utterance.id, text, "echo")]
