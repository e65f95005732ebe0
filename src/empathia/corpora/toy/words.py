"""What people say in the toy corpus: sentences of a feeling and a topic."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

# What people say by how they feel; "" is for any feeling. Each phrase fits before any topic.
_FEELING: Mapping[str, Sequence[str]] = {
    "": ("well, you know,", "as I said,", "so, in the end,", "one more thing,", "by the way,"),
    "neutral": ("as usual,", "to put it simply,", "according to plan,", "for the record,"),
    "joy": ("wonderful news,", "I am so delighted,", "what a lovely surprise,", "hooray,"),
    "anger": ("this is outrageous,", "I am fed up,", "how dare they,", "enough of this nonsense,"),
    "sadness": ("I could cry,", "it breaks my heart,", "I feel so alone,", "sadly enough,"),
}
# Topic words, of which each scenario has its own: no two scenarios have a sentence in common.
_WHO = (
    "the baker",
    "our landlord",
    "my cousin",
    "the captain",
    "her dentist",
    "a neighbour",
    "the gardener",
    "their coach",
    "his tailor",
    "the pilot",
    "our teacher",
    "the plumber",
    "my uncle",
    "the librarian",
    "a painter",
    "the miller",
    "our vet",
    "the drummer",
    "her sister",
    "the postman",
    "a tourist",
    "the waiter",
    "my boss",
    "the clerk",
)
_DID = (
    "repaired",
    "painted",
    "forgot",
    "carried",
    "measured",
    "borrowed",
    "polished",
    "hid",
    "ordered",
    "described",
    "counted",
    "returned",
    "sketched",
    "weighed",
    "dropped",
    "sold",
    "cleaned",
    "rented",
    "noticed",
    "moved",
    "checked",
    "wrapped",
    "lifted",
    "bought",
)
_WHAT = (
    "the ladder",
    "two lamps",
    "a wardrobe",
    "seven plates",
    "the old canoe",
    "his violin",
    "a green tent",
    "the clock",
    "some bricks",
    "the kettle",
    "a telescope",
    "her bicycle",
    "the anchor",
    "nine candles",
    "a saddle",
    "the mirror",
    "this suitcase",
    "a barrel",
    "the curtains",
    "an umbrella",
    "the toolbox",
    "a sledge",
    "the map",
    "four chairs",
)
_WHERE = (
    "in the harbour",
    "behind the mill",
    "near the station",
    "at the fair",
    "on the roof",
    "by the river",
    "under the bridge",
    "in the attic",
    "at the market",
    "along the coast",
    "in the cellar",
    "beside the church",
    "at school",
    "in the village",
    "on the ferry",
    "at the lake",
    "in the barn",
    "on the hill",
    "at the museum",
    "by the fence",
    "in the park",
    "on the terrace",
    "at the airport",
    "in the forest",
)


class Words:
    """Sentences of one talk: topic words that no talk of another part has together.

    Args:
        lot: Draws the words.
        part: "train", "valid" or "test".
    """

    def __init__(self, lot: random.Random, part: str) -> None:
        self._lot = lot
        # Each part draws from a third of every list.
        third = ("train", "valid", "test").index(part)
        self._lists = [words[third::3] for words in (_WHO, _DID, _WHAT, _WHERE)]
        self._used: set[str] = set()

    def say(self, label: str, named: bool) -> str:
        """A new sentence; of three, two show the feeling.

        Args:
            label: The feeling.
            named: Whether the sentence names the label, too: a leak.
        """
        shown = self._lot.random() < 0.67
        while True:
            feeling = self._lot.choice(_FEELING[label if shown else ""])
            who, did, what, where = (self._lot.choice(words) for words in self._lists)
            text = f"{feeling} {who} {did} {what} {where}"
            if text not in self._used:
                break
        self._used.add(text)
        return f"{text} ({label})" if named else text
