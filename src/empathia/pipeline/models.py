"""The models that reading needs, by name: loaded on first use, once, and listed for the record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import weights
from empathia.contracts import LanguageModel, Tools
from empathia.errors import UsageError
from empathia.listen.language import UNKNOWN
from empathia.lm import local
from empathia.lm.server import ServerModel
from empathia.pipeline.options import SHIPPED, Options
from empathia.pipeline.recognisers import Named, at_hand, bound, by_source, find
from empathia.pipeline.record import Record
from empathia.pipeline.replying import Replies
from empathia.pipeline.senses import Senses
from empathia.types import Sample

if TYPE_CHECKING:
    from empathia.cues import Bins
    from empathia.encoders.speaker import SpeakerEncoder
    from empathia.listen.overlap import HeadCount
    from empathia.listen.speakers import Diariser
    from empathia.listen.words import Transcriber


class Models:
    """Loads each model when it is first asked for; readings and conversations share them.

    Args:
        options: How to read.

    Attributes:
        senses: Extractors of features.
        wanted: Weights that would have read more of what was read so far.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.senses = Senses(options.threads)
        self.wanted: tuple[str, ...] = ()
        self._transcribers: dict[str | None, Transcriber] = {}
        self._opened: list[local.LocalModel] = []

    def sources(self) -> dict[str, list[Named]]:
        """Recognisers by source.

        Those that the user named are loaded: one that cannot be used is told before the work.

        Raises:
            UsageError: One is not there, may not be used, or does not go with another.
            WeightsError: One is missing or damaged.
            MissingExtra: One needs an extra that is not installed.
        """
        return by_source(self._recognisers)

    def note_unheard(self, record: Record) -> None:
        """Remark on recognisers that may not listen."""
        for named in self._bound:
            if named.only_listens:
                record.note(_left_out(f"the {named.about.name} recogniser"))

    def note_words(self, samples: Sequence[Sample], record: Record) -> None:
        """Remark on who does not read words in the languages that are met, and why."""
        met = list(dict.fromkeys(s.language for s in samples if s.text and s.language))
        self._note_left_out(met, record)
        self._note_waiting(met, record)
        self._note_unread(met, record)

    def _note_left_out(self, met: Sequence[str], record: Record) -> None:
        for named in self._bound:
            codes = set(met) & set(named.about.languages)
            if codes and named.reads_words:
                others = (set(n.about.languages) for n in self._at_hand[0])
                stands_in = "; a permissive one reads" if any(map(codes.issubset, others)) else ""
                record.note(_left_out(f"the {named.about.name} recogniser") + stands_in)

    def _note_waiting(self, met: Sequence[str], record: Record) -> None:
        for named in self._at_hand[1]:
            codes = [code for code in met if code in named.about.languages]
            if not codes:
                continue
            self.wanted = tuple(dict.fromkeys((*self.wanted, *named.wanted)))
            record.note(
                f"the recogniser that knows words in {', '.join(codes)} waits for a weight "
                f"({', '.join(map(_offer, named.wanted))}); run: empathia weights pull "
                f"{' '.join(named.wanted)}"
            )

    def _note_unread(self, met: Sequence[str], record: Record) -> None:
        readers = [n for several in self._at_hand for n in several if n.reads_words]
        known = {code for n in readers for code in n.about.languages}
        unread = [code for code in met if code not in known]
        if unread and readers and all(n.about.languages for n in readers):
            record.note(
                f"{_words_in(unread)} are not judged: no recogniser here reads them (known are "
                f"{', '.join(sorted(known))}); train one, or name another (--recogniser)"
            )

    def look_again(self) -> None:
        """Find the recognisers anew: a weight was pulled."""
        self.wanted = ()
        for name in ("_named", "_bound", "_at_hand", "_recognisers"):
            self.__dict__.pop(name, None)

    @cached_property
    def _bound(self) -> list[Named]:
        """Those that ship and may not be used."""
        shipped = self.options.permissive and self.options.recognisers == SHIPPED
        return [n for n in self._named if bound(n)] if shipped else []

    @cached_property
    def _recognisers(self) -> list[Named]:
        o, (reading, _) = self.options, self._at_hand
        by_source(reading)
        if o.recognisers == SHIPPED:
            return reading
        for name, named in zip(o.recognisers, self._named, strict=True):
            if named not in reading:
                continue
            licences = bound(named)
            if o.permissive and licences:
                raise UsageError(
                    f"the recogniser '{name}' learnt from data, or works with weights, that are "
                    f"not for commercial use or whose licence is not known ({'; '.join(licences)})",
                    "Leave --permissive or --recogniser out",
                )
            self.senses.load((*named.sound, *named.words))
            _ = named.model
        return reading

    @cached_property
    def _named(self) -> list[Named]:
        return [find(name, self.options.threads) for name in self.options.recognisers]

    @cached_property
    def _at_hand(self) -> tuple[list[Named], list[Named]]:
        """Those that read, and those that wait: none does that was chosen out of the shipped."""
        everybody = set(SHIPPED) <= set(self.options.recognisers)
        usable = [n for n in self._named if n not in self._bound]
        return at_hand(usable) if everybody else (usable, [])

    def bins(self, record: Record) -> Bins | None:
        """The prosody bins, or None where they may not be used."""
        if self.options.bins is not None:
            return self._bins
        if self.options.permissive and weights.entry("prosody-bins").noncommercial:
            record.note(_left_out("cues in words"))
            return None
        record.use("prosody-bins")
        return self._bins

    @cached_property
    def _bins(self) -> Bins:
        from empathia.cues import Bins

        return Bins.load(self.options.bins or weights.folder("prosody-bins") / "bins.json")

    def diariser(self, record: Record) -> Diariser:
        """A fresh diariser for one recording."""
        from empathia.listen.speakers import Diariser

        record.use("campplus")
        if self.options.permissive and weights.entry("overlap").noncommercial:
            record.note(_left_out("where two speak at once"))
            return Diariser(self._speaker_encoder)
        record.use("overlap")
        record.use("segmentation")
        return Diariser(self._speaker_encoder, self._head_count)

    @cached_property
    def _head_count(self) -> HeadCount:
        from empathia.encoders.segmentation import Segmentation
        from empathia.listen.overlap import HeadCount

        folder = weights.folder("segmentation")
        segmentation = Segmentation.load(folder, self.options.threads)
        return HeadCount.load(weights.folder("overlap"), segmentation)

    @cached_property
    def _speaker_encoder(self) -> SpeakerEncoder:
        from empathia.encoders.speaker import SpeakerEncoder

        return SpeakerEncoder.load(weights.folder("campplus"), self.options.threads)

    def transcriber(self, record: Record) -> Transcriber:
        """The speech-to-text model."""
        from empathia.listen.models import weight_of
        from empathia.listen.words import Transcriber

        model = self.options.asr_model
        if (weight := weight_of(model)) is not None:
            record.use(weight)
        if model not in self._transcribers:
            self._transcribers[model] = Transcriber.load(model, self.options.threads)
        return self._transcribers[model]

    @cached_property
    def replies(self) -> Replies:
        """What answers: the plug-in that was chosen, or the rules where its model is not here.

        Whoever it is, ours or another package's, does not get to answer what calls for care.

        Raises:
            UsageError: There is no such plug-in, or the language model cannot be.
        """
        used: list[str] = []
        notes: list[str] = []
        o = self.options
        tools = Tools(lambda: self._language_model(used, notes), o.threads, o.permissive)
        return Replies(o, tools, used, notes)

    @property
    def named(self) -> LanguageModel | None:
        """The language model that the options name; None where they name none.

        Raises:
            UsageError: It cannot be.
        """
        named = self.options.llm_url is not None or self.options.llm_model is not None
        return self._language if named else None

    def _language_model(self, used: list[str], notes: list[str]) -> LanguageModel:
        """The language model; what it means for the record is added to the lists."""
        o, model = self.options, self._language
        if o.llm_url is None and o.llm_model is None:
            used.append("smollm2")
        elif isinstance(model, ServerModel) and not model.is_local:
            notes.append(f"words were sent to {model.host} for replies")
        return model

    @cached_property
    def _language(self) -> LanguageModel:
        o = self.options
        if o.llm_url is not None:
            return ServerModel(o.llm_url, o.llm_model or "")
        if o.llm_model is None:
            model = local.load("smollm2", threads=o.threads)
        elif (path := Path(o.llm_model)).is_file():
            model = local.LocalModel(path, name=path.stem, threads=o.threads)
        else:
            raise UsageError(f"there is no GGUF file '{o.llm_model}'", "Check --llm-model")
        self._opened.append(model)
        return model

    def close(self) -> None:
        """Let go of models that hold more than memory."""
        while self._opened:
            self._opened.pop().close()
        for name in ("replies", "_language"):
            self.__dict__.pop(name, None)


def _offer(name: str) -> str:
    """A weight with what it costs."""
    entry = weights.entry(name)
    return f"{name}, {entry.download / 1e6:.0f} MB, {entry.licence}"


def _words_in(codes: Sequence[str]) -> str:
    """``words in fr, nl``."""
    return f"words in {', '.join('another language' if c == UNKNOWN else c for c in codes)}"


def _left_out(what: str) -> str:
    return f"{what}: left out, its weights are non-commercial (--permissive)"
