"""Talks that a test can see through: no model, words are the bytes of the sound."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.service.tasks import talking
from empathia.types import Cues, Emotion, Reply, Turn, Utterance
from empathia.types.events import Began, Drafted, Quiet, event_json
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
        self.clock = {}
        self.open = {}
        self.late = {}
        self.made = {}

    def begin(self, tell, *, talk, file, pcm, language, drafts):
        self.files[talk] = Path(file)
        before = Path(file).read_text().splitlines() if Path(file).exists() else []
        self.said[talk] = before
        self.ended[talk] = []
        self.drafts[talk] = drafts
        self.clock[talk] = 0.0
        self.made[talk] = set()
        if pcm is not None:
            self.tones[talk] = Tone(pcm[0])
        return len(before)

    def _turn(self, talk, text, who="you", start=None):
        said = self.said[talk]
        said.append(text)
        self.last[talk] = who
        self.files[talk].write_text("\n".join(said))
        start = start or float(len(said))
        u = Utterance(self._last(talk), len(said), who, text, start, start + 0.5, language="en")
        low = Cues({"avg_pitch": "low"}, "low pitch", "may come across as calm", "corpus")
        return Turn(u, emotion=emotion(felt(text)), cues=low if "tone" in text else None)

    def hear(self, tell, *, talk, sound):
        """Each line of the sound is a turn; what does not end is begun, and drafted if wanted.

        A cough is nothing. "slow" is known to be words only when more is heard, and after a "+"
        they speak on. Samples are a tone.
        """
        if not is_words(sound):
            sound = self.tones[talk].words(sound)
        *whole, rest = sound.decode().split("\n")
        events = []
        if talk in self.late:
            events += [
                *self._begun(talk),
                self._over(talk, "slow", self.late.pop(talk), self.open[talk]),
            ]
        for line in whole:
            events += self._begun(talk)
            start = self.open.pop(talk)
            goes_on = start + 0.5 if line.endswith("+") else None
            events.append(self._over(talk, line, start, goes_on))
            if goes_on is not None:
                self.open[talk] = goes_on
        if rest:
            events += self._begun(talk)
        if rest == "slow":
            self.late[talk] = self.open[talk]
        if rest in {"cough", "slow"}:
            return [*events, *self.pause(tell, talk=talk)]
        if rest and self.drafts[talk]:
            events.append(event_json(Drafted(rest, "en", 2.0, 2.5)))
        return events

    def _over(self, talk, line, start, goes_on):
        self.ended[talk].append((line, start))
        return {"event": "ended", "end": start + 0.5, "goes_on": goes_on}

    def _begun(self, talk):
        """Who speaks already does not begin; each turn takes a second of its own."""
        if talk in self.open:
            return []
        self.clock[talk] = max(self.clock[talk], len(self.said[talk])) + 1.0
        self.open[talk] = self.clock[talk]
        return [event_json(Began(self.open[talk]))]

    def pause(self, tell, *, talk):
        """What was begun was nothing."""
        began = self.open.pop(talk, None)
        return [] if began is None else [event_json(Quiet(began + 0.5))]

    def turn(self, tell, *, talk):
        """Who mumbles is not understood."""
        text, start = self.ended[talk].pop(0)
        if text == "mumble":
            u = Utterance("u", 0, "you", None, start, start + 0.5)
            return turn_json(Turn(u))
        return self.say(tell, talk=talk, text=text, start=start)

    def say(self, tell, *, talk, text, start=None):
        if text == "die":
            os._exit(9)
        if text.startswith("wait"):  # until a file is there
            while not Path(text.split()[1]).exists():
                tell("waiting")
        return turn_json(self._turn(talk, text, start=start))

    def told(self, tell, *, talk, text, answers):
        """Of an answer to an earlier turn nothing is kept."""
        if answers is not None and answers not in self.made[talk]:
            raise UsageError(f"no answer was made to '{answers}'", "Name the turn")
        if answers in (None, self._last(talk)):
            return turn_json(self._turn(talk, text, "Empathia"))
        return None

    def _last(self, talk):
        return f"turn-{len(self.said[talk]):04d}"

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
        if last.startswith("think") and not (first := Path(last.split()[1])).exists():
            first.touch()  # and is asked once more
            while True:
                tell("hm ")
        u = Utterance(self._last(talk), 0, "you", last, language="en")
        self.made[talk].add(u.id)
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
    """Half a second of samples in words, once; the first that comes is a draft of any length."""

    def __init__(self, rate):
        self.rate = rate
        self.heard = np.zeros(0)
        self.is_over = False

    def words(self, sound):
        if self.is_over:
            return b""
        begins = not len(self.heard)
        self.heard = np.append(self.heard, np.frombuffer(sound, "<i2"))
        if begins or len(self.heard) < self.rate // 2:
            return b"a tone" if begins else b""
        self.is_over = True
        spectrum = np.abs(np.fft.rfft(self.heard * np.hanning(len(self.heard))))
        hertz = np.argmax(spectrum) * self.rate / len(self.heard)
        return f"a tone of {round(hertz, -1):.0f} Hz\n".encode()
