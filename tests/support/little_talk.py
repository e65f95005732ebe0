"""Talks that a test can see through: no model, words are the bytes of the sound."""

from __future__ import annotations

from pathlib import Path

from empathia.labels import EKMAN7
from empathia.types import Emotion, Reply, Turn, Utterance
from empathia.types.events import Began, TurnEnded, event_json
from empathia.types.wire import turn_json


def open(options):
    return Talking()


def emotion(label):
    scores = tuple(0.7 if x == label else 0.05 for x in EKMAN7)
    return Emotion("text", EKMAN7, scores)


class Talking:
    def __init__(self):
        self.lanes = {"answer": "answers"}
        self.said = {}
        self.files = {}

    def begin(self, tell, *, talk, file, pcm, language):
        self.files[talk] = Path(file)
        before = Path(file).read_text().splitlines() if Path(file).exists() else []
        self.said[talk] = before
        return len(before)

    def _turn(self, talk, text, who="you"):
        said = self.said[talk]
        said.append(text)
        self.files[talk].write_text("\n".join(said))
        start = float(len(said))
        u = Utterance(
            f"turn-{len(said):04d}", len(said), who, text, start, start + 0.5, language="en"
        )
        felt = "sadness" if "sad" in text else "joy"
        return Turn(u, emotion=emotion(felt))

    def hear(self, tell, *, talk, sound):
        """Each line of the sound is a turn; what does not end is only begun."""
        *whole, rest = sound.decode().split("\n")
        events = []
        for line in whole:
            events += [Began(1.0), TurnEnded(self._turn(talk, line))]
        if rest:
            events.append(Began(2.0))
        return [event_json(e) for e in events]

    def pause(self, tell, *, talk):
        return []

    def say(self, tell, *, talk, text):
        return turn_json(self._turn(talk, text))

    def told(self, tell, *, talk, text):
        return turn_json(self._turn(talk, text, "Empathia"))

    def answer(self, tell, *, talk):
        last = self.said[talk][-1]
        if "long" in last:
            while True:
                tell("on and on ")
        turn = self._turn(talk, f"You said: {last}")
        reply = Reply(turn.utterance.id, f"You said: {last} How was it?", "little")
        return turn_json(Turn(turn.utterance, emotion=turn.emotion, reply=reply))

    def chat(self, tell, *, turns):
        last = turns[-1][1]
        if last == "fault":
            raise ValueError("secret words")
        felt = emotion("sadness" if "sad" in last else "joy")
        reply = Reply("u", f"{len(turns)} turns, you said: {last} How was it?", "little")
        said = Utterance("u", 0, turns[-1][0], last, language="en")
        return turn_json(Turn(said, emotion=felt, reply=reply))

    def reply(self, tell, **given):
        return given

    judge = react = reply

    def end(self, tell, *, talk):
        del self.said[talk]
