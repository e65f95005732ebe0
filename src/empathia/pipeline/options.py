"""How to read: all that can be chosen, checked before any work is done."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from empathia import media
from empathia.errors import UsageError
from empathia.files import Plain
from empathia.listen.language import CODES
from empathia.listen.transcript import names
from empathia.pipeline import priors
from empathia.replies.rules import care
from empathia.types import Wish

if TYPE_CHECKING:
    from empathia.listen.dictation import ListenOptions

SHIPPED = ("talk", "text-default", "text-multilingual", "text-korean", "voice-default", "face")
"""The recognisers that read where none is named; the first of a kind reads other languages.

One that waits for a weight which is pulled on request leaves its languages to those behind it."""

CHANNELS = ("mix", "separate")
REPLIES = ("none", "last", "every")
_CHOICE = 4  # candidates, where something is asked for
RENAMED = {"recogniser": "recognisers"}


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How to read; the defaults are what ``empathia read`` does.

    Args:
        transcript: Words and times of the recording, so that none are recognised.
        format: What a transcript is written as; None tells it from the file.
        speakers: How many people speak: 3, or (2, 4) for 2 to 4; None estimates it.
        names: Names of the speakers in order of first appearance, or of the channels.
        track: Number of the sound track to read, from 1; "all" reads all; None the main one.
        channels: "mix" them, or listen to each ("separate") as a speaker of its own; with all
            tracks, to each track.
        pause: A longer pause of a speaker ends a turn, and half of it behind a sentence: 0.2 to
            5 s; None takes 1 s (live .5 s). What is shorter than about .3 s is heard as no pause.
        language: ISO 639-1 code of what is spoken; None finds out.
        asr_model: A faster-whisper model name or folder; None takes Whisper base.
        words: Words that may come, such as names, as they are written.
        video: Read the faces of a video, too.
        faces: Whose face is whose, by speaker, as in ``{"Ann": "face 2"}``, or ``("face 2",
            "face 3")`` of one who got two numbers; who is not named is told by the motion of the
            mouth. ``empathia faces`` shows the numbers.
        pictures: Keep a picture of the speaker of each turn (in the page alone).
        levels: How many levels a cue has: 3, 4, 5 or 6.
        bins: Bounds of the cues' levels, as ``scripts/fit_prosody_bins.py`` writes them; None takes
            those that ship.
        adapt: Judge loudness and pitch against the speaker's whole recording, not the past only.
        permissive: Leave out weights trained on non-commercial data.
        reply: "none", "last" (answer the last turn) or "every".
        reply_with: The plug-in that words replies; None takes "select", and "lm" where a language
            model or its adapter is named.
        reply_options: Its options by name, such as ``{"bank": "starter-en"}`` of "retrieve".
        empathy: Element ("reaction", "interpretation", "exploration") to the level, 0 to 2, that
            replies should have.
        sentiment: How good their words should be, from -1 to 1.
        candidates: From how many the best one is chosen; None takes one, and four where levels or
            a sentiment are asked for.
        llm_url: An OpenAI-compatible server for replies; None takes the local model,
            if "lm" words them.
        llm_model: Name of the server's model, or path of a local GGUF file.
        care: What answers words that suggest self-harm, harm to others, abuse or an emergency, in
            place of whoever words replies: "default", a TOML file of texts as
            ``replies/rules/care.toml``, or "off", which the timeline then says.
        threads: Threads for the models; None takes all cores.
        prior: How often each label comes up in what is read: "talk", "comments", "balanced", or a
            JSON file ``{label: share}``. None takes talk for the shipped recognisers and leaves
            others as they learnt.
        risk: Share of the answers that may be wrong, in (0, 1): less sure ones are not given. None
            takes 0.5 for the shipped recognisers and gives all answers of others.
        recognisers: Who hears emotion: names of shipped models, names of plug-ins, or folders of
            models that ``empathia train`` kept. Those that are named take the place of the
            shipped ones.
        why: Measure what labels hang on, by the recognisers that can ("lm"); each turn is then
            asked about up to a dozen times more.
    """

    transcript: Path | None = None
    format: str | None = None
    speakers: int | tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    track: int | Literal["all"] | None = None
    channels: str = "mix"
    pause: float | None = None
    language: str | None = None
    asr_model: str | None = None
    words: tuple[str, ...] = ()
    video: bool = True
    faces: Mapping[str, str | Sequence[str]] = dataclasses.field(default_factory=dict)
    pictures: bool = True
    levels: int = 5
    bins: Path | None = None
    adapt: bool = False
    permissive: bool = False
    reply: str = "none"
    reply_with: str | None = None
    reply_options: Mapping[str, Plain] = dataclasses.field(default_factory=dict)
    empathy: Mapping[str, int] = dataclasses.field(default_factory=dict)
    sentiment: float | None = None
    candidates: int | None = None
    llm_url: str | None = None
    llm_model: str | None = None
    care: str | Path = care.DEFAULT
    threads: int | None = None
    prior: str | Path | None = None
    risk: float | None = None
    recognisers: tuple[str | Path, ...] = SHIPPED
    why: bool = False

    def __post_init__(self) -> None:
        if self.levels not in (3, 4, 5, 6):
            raise UsageError(f"cues have 3, 4, 5 or 6 levels, not {self.levels}", "Choose one")
        if self.reply not in REPLIES:
            raise UsageError(f"reply to 'last' or 'every', not '{self.reply}'", "Choose one")
        if self.llm_url and not self.llm_model:
            raise UsageError("a server was named without a model", "Add --llm-model NAME")
        _ = self.wish  # says what cannot be wished
        most = 4 * (os.cpu_count() or 1)
        if self.threads is not None and not _whole(self.threads, 1, most):
            raise UsageError(f"expected 1 to {most} threads, found {self.threads!r}", "Choose one")
        if self.risk is not None and not (_number(self.risk) and 0 < self.risk < 1):
            raise UsageError(f"expected a risk between 0 and 1, found {self.risk!r}", "Say 0.3")
        if self.prior is not None:
            priors.check(self.prior)
        if str(self.care) != care.OFF:
            care.texts(self.care)
        object.__setattr__(self, "transcript", self.transcript and Path(self.transcript))
        object.__setattr__(self, "bins", self.bins and Path(self.bins))
        if self.bins is not None and not self.bins.is_file():
            raise UsageError(f"there are no bins at '{self.bins}'", "Check the path")
        object.__setattr__(self, "language", language_code(self.language))
        self._check_speakers()
        self._check_recognisers()
        self._check_sound()
        if isinstance(self.words, str):
            raise UsageError(
                f"words are a list of words, not '{self.words}'", "Give ('Ann', 'Bratislava')"
            )

    def _check_sound(self) -> None:
        if self.track not in (None, media.ALL) and not _whole(self.track, 1, 1000):
            raise UsageError(
                f"expected the number of a sound track, from 1, or 'all', found {self.track!r}",
                "Choose one",
            )
        if self.format is not None and self.format not in names():
            raise UsageError(
                f"there is no transcript format '{self.format}'", f"Known are {', '.join(names())}"
            )
        if self.pause is not None and not (_number(self.pause) and 0.2 <= self.pause <= 5):
            raise UsageError(
                f"expected a pause of 0.2 to 5 s, found {self.pause!r}", "Choose one in between"
            )
        if self.channels not in CHANNELS:
            raise UsageError(f"channels are 'mix' or 'separate', not {self.channels!r}", "Choose")
        if self.channels == "separate" and (self.speakers is not None or self.transcript):
            other = "number of speakers" if self.transcript is None else "transcript"
            raise UsageError(
                f"separate channels say who speaks, and a {other} was given too",
                "Leave one of them out",
            )

    @property
    def generator(self) -> str:
        """The plug-in that words replies."""
        named = self.llm_url or self.llm_model or "adapter" in self.reply_options
        return self.reply_with or ("lm" if named else "select")

    @property
    def wish(self) -> Wish:
        """What is wanted of a reply."""
        wanted = bool(self.empathy) or self.sentiment is not None
        number = (_CHOICE if wanted else 1) if self.candidates is None else self.candidates
        return Wish(self.empathy, self.sentiment, number)

    @property
    def selection(self) -> media.Selection:
        """Which sound of a recording is read."""
        return media.Selection(self.track)

    @property
    def people(self) -> int | tuple[int, int] | None:
        """How many people speak, as ``speakers``; who names them has counted them."""
        return self.speakers or len(self.names) or None

    def listening(self) -> ListenOptions:
        """How to listen to a recording or a stream."""
        from empathia.listen.dictation import ListenOptions

        return ListenOptions(
            model=self.asr_model,
            language=self.language,
            speakers=self.people,
            names=self.names,
            hints=", ".join(self.words),
            threads=self.threads,
            selection=self.selection,
            pause=self.pause,
        )

    def _check_speakers(self) -> None:
        object.__setattr__(self, "speakers", _number_of_speakers(self.speakers))
        if isinstance(self.names, str):
            raise UsageError(
                f"names are a list of names, not '{self.names}'", "Give ('Ann', 'Ben')"
            )
        if len(set(self.names)) < len(self.names):
            raise UsageError(
                f"two speakers are called the same ({', '.join(self.names)})",
                "Give each another name",
            )
        most = self.speakers[1] if isinstance(self.speakers, tuple) else self.speakers
        if most is not None and len(self.names) > most:
            raise UsageError(
                f"{len(self.names)} names for {most} speakers",
                "Raise --speakers or leave names out",
            )

    def _check_recognisers(self) -> None:
        given = self.recognisers
        if isinstance(given, str | Path) or not isinstance(given, Sequence):
            raise UsageError(
                f"recognisers are a list of names and folders, not '{given}'",
                f"Give ('{given}',)",
            )
        if not given:
            raise UsageError("there is no recogniser to read with", "Name at least one")
        object.__setattr__(self, "recognisers", tuple(dict.fromkeys(given)))

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """The options with these values, by name.

        Raises:
            UsageError: An option is unknown, called otherwise now, or cannot be.
        """
        known = [f.name for f in dataclasses.fields(cls)]
        for name in given:
            if name in RENAMED:
                raise UsageError(
                    f"the option '{name}' is called '{RENAMED[name]}' now", "Rename it"
                )
            if name not in known:
                raise UsageError(f"there is no option '{name}'", f"Known are {', '.join(known)}")
        return cls(**given)  # type: ignore[arg-type]


def _number_of_speakers(given: object) -> int | tuple[int, int] | None:
    """A number, or the least and the most of a range that leaves a choice."""
    if given is None or (isinstance(given, int) and _whole(given, 1, 20)):
        return given
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:
        least, most = given
        if _whole(least, 1, 20) and _whole(most, least, 20):
            return (least, most) if least < most else least
        given = f"{least}-{most}"
    raise UsageError(f"expected 1 to 20 speakers, found {given}", "Say 3, or 2-4 for 2 to 4")


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def language_code(code: str | None) -> str | None:
    """An ISO 639-1 code out of what people write: EN, en-US, en_GB.

    Raises:
        UsageError: It is none.
    """
    if code is None:
        return None
    short = code.strip().lower().replace("_", "-").split("-")[0]
    if short not in CODES:
        raise UsageError(
            f"'{code}' is no language code",
            "Say en (English), ko (Korean), de (German), fr (French), es (Spanish), ja (Japanese), "
            "zh (Chinese) or another code of ISO 639-1; without one the language is found out",
        )
    return short
