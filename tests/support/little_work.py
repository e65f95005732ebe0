"""Work of a process that a test can see through: no model, and it dies where it is told to."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from types import MappingProxyType

from little_talk import emotion

from empathia.errors import AbsentError, InputError, UsageError
from empathia.pipeline import Options
from empathia.service.diary.summing import summary
from empathia.service.tasks.reading import PAGES, TIMELINE, Reading, own
from empathia.types import Message, Part, Reason, Timeline, Turn, Utterance, Word, wire
from empathia.types.wire import reason_json, turn_json

WEBM = b"\x1a\x45\xdf\xa3"  # what a browser's recording begins with


def open(options):
    if options.language == "la":
        raise UsageError("no model knows Latin", "Take another")
    return Work()


class Work:
    lanes = MappingProxyType({**Reading.lanes, "wait": "wait {talk}"})

    def wait(self, tell, *, talk, file):
        while not Path(file).exists():
            tell("waiting")
        return talk

    def echo(self, tell, **given):
        for i in range(3):
            tell(i)
        return given

    def fail(self, tell):
        raise UsageError("that cannot be", "Do otherwise")

    def fault(self, tell):
        raise ValueError("secret words")

    def die(self, tell, marker=None):
        if marker is None or not Path(marker).exists():
            if marker is not None:
                Path(marker).touch()
            os._exit(9)
        return "alive"

    def endless(self, tell):
        while True:
            tell("on")

    def pid(self, tell):
        return os.getpid()

    def transcribe(self, tell, *, file, given, longest):
        """Lines "who|words", half a second a word; or "echo", which says how it is to be read."""
        text = Path(file).read_text("utf-8", "replace")
        self._stop(tell, text)
        if text == "lost":
            raise InputError(f"'{file}' cannot be read", "Give another")
        if text == "echo":
            text = f"Ann|{json.dumps(given)}"
        turns, now = [], 0.0
        for i, line in enumerate(text.splitlines()):
            who, _, said = line.partition("|")
            words = said.split()
            spoken = tuple(
                Word(w, now + k / 2, now + (k + 1) / 2, 0.9) for k, w in enumerate(words)
            )
            end = now + len(words) / 2
            u = Utterance(f"turn-{i:04d}", i, who, " ".join(words), now, end, language="en")
            felt = emotion("sadness" if "sad" in said else "joy")
            turns.append(Turn(u, spoken, emotion=felt))
            now = end
        names = tuple(dict.fromkeys(t.utterance.speaker for t in turns))
        return wire.to_json(
            Timeline("x", tuple(turns), names, duration=now, language="en", has_audio=True)
        )

    def _stop(self, tell, text):
        if text.startswith("wait"):  # until a file is there, or somebody gives up
            _, go, *began = text.split()
            for file in began:
                Path(file).touch()
            while not Path(go).exists():
                tell(("waiting", 0, None))
        if text.startswith("die"):
            os._exit(9)
        if text.startswith("fail"):
            raise UsageError("that cannot be read", "Give another")

    def read(self, tell, *, file, name, folder, given, longest):
        """Each line is a turn; what is no text is one of its length."""
        own(Options(), given)
        data = b""
        with contextlib.suppress(FileNotFoundError):  # it is deleted while it is read
            data = Path(file).read_bytes()
        text = f"{len(data)} bytes of sound" if b"\0" in data else data.decode("utf-8", "replace")
        self._stop(tell, text)
        if text.startswith("broken"):
            raise InputError(f"'{file}' is broken", f"Mend '{file}'")
        tell(("reading", 1, 2))
        said = [
            Turn(Utterance(f"turn-{i:04d}", i, "Ann", line, float(i), i + 1.0))
            for i, line in enumerate(text.splitlines())
        ]
        made = Timeline(name, tuple(said), ("Ann",), duration=float(len(said)), has_audio=True)
        with contextlib.suppress(FileNotFoundError):  # it was deleted meanwhile
            (Path(folder) / TIMELINE).write_text(wire.dumps(made))
            for language, page in PAGES.items():
                head = f'<!doctype html><html lang="{language}">'
                (Path(folder) / page).write_text(f"{head}{name} {json.dumps(given)}")
        about = {"turns": len(said), "speakers": 1, "duration": 1.0, "language": None}
        return {**about, "notes": []}

    def ask(self, tell, *, file, utterance):
        """A turn that says "mute" cannot be asked about; each word of others counts as one part."""
        tell(("loading", 0, None))
        turns = {
            t.utterance.id: t for t in wire.from_json(json.loads(Path(file).read_text())).turns
        }
        if utterance not in turns:
            raise AbsentError("there is no such turn", "Name another")
        text = turns[utterance].utterance.text
        if text == "mute":
            raise InputError("it cannot be asked: no words", "Choose a turn with words")
        said = turn_json(Turn(turns[utterance].utterance, emotions={"lm": emotion("sadness")}))
        parts = tuple(Part("words", w, 1.5 - i, 0.2 + i / 10) for i, w in enumerate(text.split()))
        others = (Part("voice", "low volume", -0.1, 0.72), Part("past", "", -0.2, 0.75))
        asked = (Message("system", "Which label?"), Message("user", f"Ann: {text}"))
        why = Reason("sadness", 0.7, asked, {"voice": "low volume"}, (*parts, *others))
        return {"utterance": utterance, "emotion": said["emotions"]["lm"], "why": reason_json(why)}

    def hear(self, tell, *, file, longest, language, calm):
        """What is said stands behind the head of the recording; a browser's is a glad one."""
        if not Path(file).exists():  # a killed service's, which the next one has cleared away
            raise InputError("no such file", "Send it again")
        content = Path(file).read_bytes()
        words = (
            "A glad day." if content.startswith(WEBM) else content[12:].decode("utf-8", "replace")
        )
        if words.rstrip() == "where":
            words = file
        self._stop(tell, words)
        if words == "calm?":
            words = json.dumps(calm)
        tell(("words", 1.0, 2.0))
        turns = (Turn(Utterance("turn-0000", 0, "you", words, 0.0, 1.0)),) if words else ()
        made = Timeline("entry", turns, ("you",), duration=1.0, has_audio=True)
        return self.write(tell, text=words, language=language) | {"timeline": wire.to_json(made)}

    def write(self, tell, *, text, language):
        felt = "joy" if "glad" in text else "sadness" if "sad" in text else None
        shares = {"neutral": 0.5, "joy": 0.3, "fear": 0.2} if felt is None else {felt: 1.0}
        code = language or ("ko" if any("가" <= c <= "힣" for c in text) else "en")
        silent = not text.strip()
        return {
            "words": text,
            "language": None if silent else code,
            "timeline": None,
            "shares": {} if silent else shares,
            "abstained": "nothing was heard" if silent else None,
        }

    def sum_up(self, tell, *, words, feeling, language):
        return summary(words, feeling, language)

    def calm(self, tell, *, file, longest):
        return {"pitch": 180.0}, {"pitch": 20.0}, 30.0
