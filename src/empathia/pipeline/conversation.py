"""A conversation, turn by turn: add what was said, get back how it was felt.

A turn is judged by itself and by what came before it; nothing can be added in between or
taken back, so that no turn depends on a later one. Reading a file adds all of its turns at once,
and says in which language the whole is.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Self

from empathia import features
from empathia.contracts import Progress
from empathia.cues import CuesSoFar
from empathia.errors import InputError, UsageError
from empathia.files import Plain
from empathia.listen.language import LanguageSoFar
from empathia.pipeline.fusion import fuse
from empathia.pipeline.models import Models
from empathia.pipeline.options import Options, language_code
from empathia.pipeline.priors import Prior
from empathia.pipeline.recognisers import Named, reader, recognise
from empathia.pipeline.record import Record
from empathia.pipeline.senses import FACE, PROSODY
from empathia.pipeline.watching import LooksSoFar
from empathia.replies.rules import care
from empathia.types import (
    About,
    Audio,
    Cues,
    Emotion,
    Features,
    Reason,
    Sample,
    Seen,
    Sight,
    Tell,
    Turn,
    Utterance,
    Word,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Spoken:
    """A turn as it comes, before it is judged.

    Args:
        utterance: Who, when, what.
        words: Words with times; () where they are not known.
        language: ISO 639-1 code of the words; None where the utterance says it, or nobody.
        sound: What :meth:`Conversation.hear` measured: {} where the recording has no sound of
            it; None where there is no recording.
        seen: What was seen of the speaker, without cues; None where there is no picture.
        face: What :meth:`Conversation.see` measured: {} where the face was not there.
    """

    utterance: Utterance
    words: tuple[Word, ...] = ()
    language: str | None = None
    sound: Mapping[str, Features] | None = None
    seen: Seen | None = None
    face: Mapping[str, Features] = dataclasses.field(default_factory=dict)


class Conversation:
    """Turns so far, and what is needed to judge the next one.

    Args:
        options: How to judge. ``reply``, unless "none", answers every turn that is added.
        past: Turns of a conversation that goes on. Features of their words are computed
            again; of their sound the prosody alone is known.
        models: Those of another conversation or of a reader, which are then shared.

    Raises:
        UsageError: An option needs the whole recording, or a recogniser cannot be used.
        WeightsError: A recogniser that was named is missing or damaged.

    Example:
        >>> with Conversation() as talk:  # doctest: +SKIP
        ...     turn = talk.add("I lost my keys again!", speaker="Ann")
        ...     turn.emotion.label
        'anger'
    """

    def __init__(
        self,
        options: Options | None = None,
        past: Sequence[Turn] = (),
        models: Models | None = None,
    ) -> None:
        self.options = options or Options()
        if self.options.adapt:
            raise UsageError(
                "cues that are adapted to the whole recording need all of it", "Leave adapt out"
            )
        self._owns = models is None
        self.models = models or Models(self.options)
        self.record = Record()
        if str(self.models.options.care) == care.OFF:  # those who answer have their own options
            self.record.note(care.NOTE_OFF)
        self._sources = self.models.sources()
        self._check_why()
        self._prior = Prior(self.options.prior)
        self._wanted = self._prior_of_all()
        if self.options.reply != "none":  # a wrong server or model is told before the work
            self.record.use(*self.models.replies.weights)
        self._turns: list[Turn] = []
        self._samples: list[Sample] = []
        self._language = LanguageSoFar()
        self._looks = LooksSoFar()
        self._resume(past)

    def _resume(self, past: Sequence[Turn]) -> None:
        spoken = [
            Spoken(t.utterance, sound=None if t.prosody is None else {PROSODY: t.prosody})
            for t in past
        ]
        cues = _cues(spoken, self._cues_for(spoken))
        samples = self._measured(spoken, self._language)
        told = zip(samples, cues, (t.seen for t in past), strict=True)
        self._samples = [_told(*one) for one in told]
        self._turns = list(past)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owns:
            self.models.close()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns so far."""
        return tuple(self._turns)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for the user."""
        return self.record.notes

    @property
    def provenance(self) -> Mapping[str, Plain]:
        """Versions, options and weights that were used so far."""
        return self.record.provenance(self.options)

    def add(
        self,
        text: str | None = None,
        sound: Audio | None = None,
        *,
        speaker: str = "user",
        start: float | None = None,
        end: float | None = None,
        words: Sequence[Word] = (),
        language: str | None = None,
    ) -> Turn:
        """Judge one more turn. If that fails or is interrupted, the turn was never added.

        A reply that fails leaves the turn in, without one: :meth:`answer` tries again.

        Args:
            text: The words, or None where they are not known.
            sound: Mono sound of it at 16 kHz, or None.
            speaker: Who speaks.
            start: When it starts in s, or None.
            end: When it ends in s, or None.
            words: Words with times.
            language: ISO 639-1 code; None takes that of the options, or finds out.

        Raises:
            UsageError: There are neither words nor sound, or the language is no code.
            InputError: The sound has another rate, the times are impossible, or it starts before
                a turn that is in already.
            WeightsError: A weight that is needed is missing or damaged.
        """
        if text is None and sound is None:
            raise UsageError("a turn without words and without sound", "Give one of them")
        self._check_start(start)
        index = len(self._turns)
        code = language_code(language)
        u = Utterance(self._free_id(index), index, speaker, text, start, end, language=code)
        heard = None if sound is None else self.hear(sound, u.id)
        (turn,) = self.extend([Spoken(u, tuple(words), self.options.language, heard)])
        return turn if self.options.reply == "none" else self.answer()

    def answer(self, tell: Tell = None) -> Turn:
        """The last turn with a reply to it.

        Args:
            tell: Hears the reply as it is written, where that can be; the turn may have another
                one in the end.

        Raises:
            UsageError: There is no turn.
        """
        answered = self.proposed(tell)
        self.settle(answered)
        return answered

    def proposed(
        self, tell: Tell = None, told: Sequence[str] = (), turns: Sequence[Turn] | None = None
    ) -> Turn:
        """The same, but the conversation does not have the reply: see :meth:`settle`.

        Args:
            tell: As above.
            told: What tools told for it.
            turns: The last of these is answered; None takes all.
        """
        turns = self.turns if turns is None else turns
        if not turns:
            raise UsageError("there is no turn to answer", "Add one")
        wish = dataclasses.replace(self.options.wish, told=tuple(told))
        reply = self.models.replies.answer(turns, self.record, tell, wish)
        return dataclasses.replace(turns[-1], reply=reply)

    def settle(self, answered: Turn) -> None:
        """Give a turn its reply; others may have been added meanwhile."""
        ids = [t.utterance.id for t in self._turns]
        self._turns[ids.index(answered.utterance.id)] = answered

    def why(self, id: str) -> dict[str, Reason]:
        """What the labels of one turn hang on, by source; who cannot tell is absent.

        Args:
            id: Of an utterance that was added.

        Raises:
            UsageError: There is none.
        """
        for place, sample in enumerate(self._samples, 1):
            if sample.id == id:
                return self._why(self._samples[:place])
        raise UsageError(f"no turn has the id '{id}'", "Name one that was added")

    def _why(self, samples: Sequence[Sample]) -> dict[str, Reason]:
        """Of the last of these turns."""
        asked = {
            source: reader(several, samples[-1].language).reason(samples)
            for source, several in self._sources.items()
        }
        return {source: told for source, told in asked.items() if told is not None}

    def _whys(
        self, samples: Sequence[Sample], progress: Progress | None
    ) -> list[dict[str, Reason] | None]:
        """What the labels of new turns hang on, where that is asked for."""
        if not self.options.why:
            return [None] * len(samples)
        dialogue, told = [*self._samples, *samples], list[dict[str, Reason] | None]()
        for done in range(1, len(samples) + 1):
            told.append(self._why(dialogue[: len(self._samples) + done]))
            if progress is not None:
                progress("reasons", done, len(samples))
        return told

    def _check_why(self) -> None:
        if self.options.why and not any(named.tells_why for named in self._named):
            names = ", ".join(dict.fromkeys(f"'{named.about.name}'" for named in self._named))
            raise UsageError(
                f"none of the recognisers can tell why ({names})",
                "Name one that can: --recogniser lm-talk, or leave --why out",
            )

    def hear(self, sound: Audio, utterance: str) -> dict[str, Features]:
        """What has to be measured of the sound of one utterance.

        Args:
            sound: Mono, at 16 kHz.
            utterance: Its id.
        """
        for named in self._listening:
            self.record.use_recogniser(named)
        self.models.note_unheard(self.record)
        names = [PROSODY, *(n for named in self._listening for n in named.sound)]
        return self.models.senses.hear(sound, utterance, names)

    def see(self, sight: Sight, utterance: str) -> dict[str, Features]:
        """What has to be measured of the speaker's face in one utterance.

        Args:
            sight: Of the speaker, cut to the utterance.
            utterance: Its id.
        """
        self.record.use(*features.weights_of(FACE))
        names = [FACE, *(n for named in self._named for n in named.face)]
        return self.models.senses.see(sight, utterance, names)

    def note_unheard(self) -> None:
        """Remark on recognisers of the user that listen, where there is nothing to hear."""
        for named in self._listening:
            if named.used is not None:
                listens = ", ".join(named.sound)
                self.record.note(
                    f"'{named.about.name}' also listens ({listens}): there is no sound"
                )

    def _prior_of_all(self) -> tuple[float, ...] | None:
        """What share each label is taken to have by all sources."""
        shipped = all(n.used is None for n in self._named)
        return self._prior.shares(self._named[0].about.labels, shipped=shipped)

    @property
    def _named(self) -> list[Named]:
        return [named for several in self._sources.values() for named in several]

    @cached_property
    def _listening(self) -> list[Named]:
        return [named for named in self._named if named.sound]

    def extend(
        self,
        spoken: Sequence[Spoken],
        progress: Progress | None = None,
        language: str | None = None,
    ) -> list[Turn]:
        """Judge more turns at once: the same as one by one, but faster.

        Args:
            spoken: In time order, after the turns so far; utterance ids are unique.
            progress: Called as work goes on.
            language: What the whole conversation is in, where that is known: it stands for turns
                whose own words do not clearly say otherwise.
        """
        self._check_ids(spoken)
        state = self._language, self._looks, self._cues_for(spoken)
        so_far, looks, teller = copy.deepcopy(state)
        cues, seen = _cues(spoken, teller), [looks.add(s.seen, s.face) for s in spoken]
        measured = self._measured(spoken, so_far, language)
        samples = [_told(*one) for one in zip(measured, cues, seen, strict=True)]
        judged = self._judged(spoken, samples, progress)
        emotions = [{name: said for name, (_, said) in j.items()} for j in judged]
        fused = [self._fused(e, j) for e, j in zip(emotions, judged, strict=True)]
        whys = self._whys(samples, progress)
        # From here on nothing can fail: a turn is in, or was never added.
        prosodies = [(s.sound or {}).get(PROSODY) for s in spoken]
        told = zip(spoken, samples, cues, emotions, fused, strict=True)
        turns = [
            Turn(_in_its_language(s, x), s.words, p, c, e, f, seen=look, why=w)
            for p, look, w, (s, x, c, e, f) in zip(prosodies, seen, whys, told, strict=True)
        ]
        self._language, self._looks = so_far, looks
        if teller is not None:
            self._teller = teller
        self._samples += samples
        self._turns += turns
        return turns

    def _check_start(self, start: float | None) -> None:
        last = max((t.utterance.start or 0.0 for t in self._turns), default=0.0)
        if start is not None and start < last:
            raise InputError(
                f"the turn starts at {start} s, before one that is in already ({last} s)",
                "Add turns in the order of their starts, or leave the times out",
            )

    def _free_id(self, index: int) -> str:
        taken = {s.id for s in self._samples}
        return next(i for n in count(index) if (i := f"turn-{n:04d}") not in taken)

    def _check_ids(self, spoken: Sequence[Spoken]) -> None:
        ids = {s.id for s in self._samples}
        for s in spoken:
            if s.utterance.id in ids:
                raise UsageError(f"two turns have the id '{s.utterance.id}'", "Number them")
            ids.add(s.utterance.id)

    def _measured(
        self, spoken: Sequence[Spoken], so_far: LanguageSoFar, whole: str | None = None
    ) -> list[Sample]:
        """Samples with all features; ``so_far`` learns of their words."""
        readers = [named for named in self._named if named.words]
        for named in readers if spoken else ():
            self.record.use_recogniser(named)
        names = [n for named in readers for n in named.words]
        samples = [_sample(s, so_far.add(s.utterance.text, whole)) for s in spoken]
        self.models.note_words(samples, self.record)
        return self.models.senses.read(samples, names)

    def _fused(
        self, emotions: Mapping[str, Emotion], judged: Mapping[str, tuple[About, Emotion]]
    ) -> Emotion:
        """What all sources say of a turn together."""
        risks = {name: about.risks for name, (about, _) in judged.items()}
        return fuse(emotions, prior=self._wanted, risk=self.options.risk, risks=risks)

    def _judged(
        self, spoken: Sequence[Spoken], samples: Sequence[Sample], progress: Progress | None
    ) -> list[dict[str, tuple[About, Emotion]]]:
        """What each source says of each new turn, and what it is."""
        first, dialogue = len(self._samples), [*self._samples, *samples]
        heard: list[dict[str, tuple[About, Emotion]]] = [{} for _ in spoken]
        for number, (name, several) in enumerate(self._sources.items(), 1):
            at = [first + i for i, s in enumerate(spoken) if self._judges(several, s)]
            judged = recognise(several, dialogue, at)
            for i, (who, emotion) in zip(at, judged, strict=True):
                said = self._prior.applied(emotion, who.about, shipped=who.used is None)
                heard[i - first][name] = who.about, said
            for who in dict.fromkeys(who for who, _ in judged):
                self.record.use_recogniser(who)
                if self.options.prior is not None and not who.about.prior:
                    self.record.note(
                        f"'{who.about.name}' does not say what share of each label it assumes: "
                        "--prior leaves its scores as they are"
                    )
            if progress is not None:
                progress("emotion", number, len(self._sources))
        return heard

    def _judges(self, several: Collection[Named], spoken: Spoken) -> bool:
        """Whether a source judges a turn.

        One that only listens stays out where words come alone, one that only watches where no
        face was seen. Where nobody else is there they say so themselves.
        """

        def idle(named: Named) -> bool:
            unheard = named.only_listens and spoken.sound is None
            return unheard or (named.only_watches and not spoken.face)

        return not all(map(idle, several)) or all(map(idle, self._named))

    def _cues_for(self, spoken: Sequence[Spoken]) -> CuesSoFar | None:
        """What tells cues, where there is a sound to tell them of."""
        return self._teller if any(s.sound for s in spoken) else None

    @cached_property
    def _teller(self) -> CuesSoFar | None:
        bins = self.models.bins(self.record)
        return None if bins is None else CuesSoFar(bins, self.options.levels)


def _cues(spoken: Sequence[Spoken], so_far: CuesSoFar | None) -> list[Cues | None]:
    if so_far is None:
        return [None] * len(spoken)
    return [so_far.add((s.sound or {}).get(PROSODY), s.utterance.speaker) for s in spoken]


def _told(sample: Sample, voice: Cues | None, seen: Seen | None) -> Sample:
    """The sample with what the reading tells of voice and face."""
    cues = {"voice": voice, "face": None if seen is None else seen.cues}
    told = {kind: c for kind, c in cues.items() if c is not None and c.description}
    return dataclasses.replace(sample, cues=told)


def _sample(spoken: Spoken, language: str | None) -> Sample:
    u = spoken.utterance
    return Sample(
        u.id,
        u.text,
        u.language or spoken.language or language,
        {**(spoken.sound or {}), **spoken.face},
        speaker=u.speaker,
        gender=u.gender,
        index=u.index,
    )


def _in_its_language(spoken: Spoken, sample: Sample) -> Utterance:
    """The utterance, which says the language of its words."""
    u = spoken.utterance
    return dataclasses.replace(u, language=sample.language) if u.text else u
