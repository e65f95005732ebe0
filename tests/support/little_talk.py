"""Talks that a test can see through: no model, words are the bytes of the sound."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.service.tasks import talking
from empathia.types import Cues, Emotion, Reply, Turn, Utterance
from empathia.types.events import Began, Drafted, event_json
from empathia.types.talk import Call
from empathia.types.wire import turn_json


def open(options):
    return Talking()


def emotion(label):
    if label is None:
        return Emotion("text", EKMAN7, abstained="nothing to judge by")
    scores = tuple(0.7 if x == label else 0.05 for x in EKMAN7)
    return Emotion("text", EKMAN7, scores)


def felt(text):
    return "sadness" if "sad" in text else None if "unsure" in text else "joy"


class Talking:
    def __init__(self):
        self.lanes = talking.Talking.lanes
        self.said = {}
        self.files = {}
        self.ended = {}
        self.drafts = {}
        self.tones = {}
        self.last = {}

    def begin(self, tell, *, talk, file, pcm, language, drafts):
        self.files[talk] = Path(file)
        before = Path(file).read_text().splitlines() if Path(file).exists() else []
        self.said[talk] = before
        self.ended[talk] = []
        self.drafts[talk] = drafts
        if pcm is not None:
            self.tones[talk] = Tone(pcm[0])
        return len(before)

    def _turn(self, talk, text, who="you"):
        said = self.said[talk]
        said.append(text)
        self.last[talk] = who
        self.files[talk].write_text("\n".join(said))
        start = float(len(said))
        u = Utterance(
            f"turn-{len(said):04d}", len(said), who, text, start, start + 0.5, language="en"
        )
        low = Cues({"avg_pitch": "low"}, "low pitch", "may come across as calm", "corpus")
        return Turn(u, emotion=emotion(felt(text)), cues=low if "tone" in text else None)

    def hear(self, tell, *, talk, sound):
        """Each line of the sound is a turn; what does not end is only begun, or drafted.

        Samples are a tone.
        """
        if not is_words(sound):
            sound = self.tones[talk].words(sound)
        *whole, rest = sound.decode().split("\n")
        events = []
        for _ in whole:
            events += [event_json(Began(1.0)), {"event": "ended"}]
        self.ended[talk] += whole
        if rest and self.drafts[talk]:
            return [*events, event_json(Drafted(rest, "en", 2.0, 2.5))]
        return [*events, event_json(Began(2.0))] if rest else events

    def pause(self, tell, *, talk):
        return []

    def turn(self, tell, *, talk):
        return self.say(tell, talk=talk, text=self.ended[talk].pop(0))

    def say(self, tell, *, talk, text):
        if text == "die":
            os._exit(9)
        if text.startswith("wait"):  # until a file is there
            while not Path(text.split()[1]).exists():
                tell("waiting")
        return turn_json(self._turn(talk, text))

    def told(self, tell, *, talk, text, answers):
        return turn_json(self._turn(talk, text, "Empathia"))

    def call(self, tell, *, talk, tools, done):
        """Who asks for the weather gets it from the first tool."""
        if tools[0].name == "broken":
            raise UsageError("tools are called by others", "Take one")
        asked = "weather" in self.said[talk][-1] and not done
        return Call("call-1", tools[0].name, '{"place": "here"}') if asked else None

    def answer(self, tell, *, talk, told=()):
        if self.last[talk] != "you":
            raise UsageError("nothing was said that waits for an answer", "Say something")
        last = self.said[talk][-1]
        if "long" in last:
            while True:
                tell("on and on ")
        u = Utterance("u", 0, "you", last, language="en")
        source = "care" if "danger" in last else "little"
        text, why = f"You said: {last} How was it?{''.join(told)}", "taken for “a pet died” (74%)"
        reply = Reply("u", text, source, why=why)
        return turn_json(Turn(u, emotion=emotion(felt(last)), reply=reply))

    def chat(self, tell, *, turns):
        last = turns[-1][1]
        if last == "fault":
            raise ValueError("secret words")
        reply = Reply("u", f"{len(turns)} turns, you said: {last} How was it?", "little")
        said = Utterance("u", 0, turns[-1][0], last, language="en")
        return turn_json(Turn(said, emotion=emotion(felt(last)), reply=reply))

    def reply(self, tell, **given):
        return given

    react = reply

    def judge(self, tell, *, pairs):
        """A context "wait FILE" takes until that is there."""
        for context, _ in pairs:
            while context.startswith("wait") and not Path(context.split()[1]).exists():
                tell("waiting")
        return {"pairs": pairs}

    def end(self, tell, *, talk):
        del self.said[talk]


def is_words(sound):
    try:
        return "\0" not in sound.decode()
    except UnicodeDecodeError:
        return False


class Tone:
    """Half a second of samples in words, once."""

    def __init__(self, rate):
        self.rate = rate
        self.heard = np.zeros(0)

    def words(self, sound):
        before, enough = len(self.heard), self.rate // 2
        self.heard = np.append(self.heard, np.frombuffer(sound, "<i2"))
        if before >= enough or len(self.heard) < enough:
            return b"" if before else b"a tone"
        spectrum = np.abs(np.fft.rfft(self.heard * np.hanning(len(self.heard))))
        hertz = np.argmax(spectrum) * self.rate / len(self.heard)
        return f"a tone of {round(hertz, -1):.0f} Hz\n".encode()
