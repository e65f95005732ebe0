"""``empathia prompt``: what a language model is asked about utterances of a corpus."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._options import (
    add_corpus,
    add_vectors,
    read_corpus,
    ready_features,
)
from empathia.cli._screen import bar, print_json, table
from empathia.errors import ExtraError, UsageError, WeightsError

if TYPE_CHECKING:
    from types import ModuleType

    from empathia.emotion.lm.prompt import Prompt, Told
    from empathia.labels import LabelSet
    from empathia.lm.local.tokens import Tokens
    from empathia.types import Dialogue, Features, Reason, Sample

_MODEL = "smollm2"
_ROOM = 60  # tokens of an answer
_DECIDED = {  # by a kept recogniser, else these
    "mode": "text",
    "window": 12,
    "stride": 1,
    "context_cues": 0,
    "twice": False,
    "levels": 5,
    "labels": None,
}
_EPILOG = r"""
examples:
  empathia prompt meld corpora/meld --utterance test/dia4_utt2
  empathia prompt meld corpora/meld --utterance test/dia4_utt2 --mode description --levels 3
  empathia prompt meld corpora/meld --utterance test/dia4_utt2 --template mine.toml --raw
  empathia prompt meld corpora/meld --stats --window 4 --picture lengths.png
  empathia prompt meld corpora/meld --utterance test/dia4_utt2 \
      --recogniser lm-talk --ask --why

Without --utterance and --stats it shows the prompt of the first utterance.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "prompt",
        help="show what a language model is asked about how somebody feels",
        description="Shows, role by role, what a language model sees of utterances of a corpus.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_corpus(parser)
    add_vectors(parser)
    say = parser.add_argument
    say("--utterance", action="append", default=[], metavar="ID", help="again for more")
    say("--template", metavar="T", help="name, or a TOML file (default: plain)")
    say(
        "--recogniser",
        metavar="R",
        help="a kept recogniser 'lm', by folder or name (lm-talk): what it is asked, by its own "
        "options; --template asks something else",
    )
    say("--ask", action="store_true", help="and what it writes")
    say("--why", action="store_true", help="and what its label, or --label, hangs on")
    say(
        "--mode",
        help="text, description, impression or audio: words alone, with cues of voice and face, "
        "or these cues alone",
    )
    say("--window", type=int, metavar="N", help="turns before (default: 12)")
    say("--stride", type=int, metavar="N", help="by which it moves (default: 1)")
    say("--context-cues", type=int, metavar="N", help="how many of these have cues, too")
    say("--twice", action="store_true", default=None, help="ask twice")
    say("--levels", type=int, metavar="N", help="of cues: 3 to 6 (default: 5)")
    say("--labels", metavar="SET", help="chosen from (default: the corpus' own)")
    say("--label", metavar="LABEL", help="of templates that ask about one (default: the first)")
    say("--raw", action="store_true", help=f"as the chat template of {_MODEL} renders it")
    say("--stats", action="store_true", help="how long the prompts of all utterances are")
    say("--picture", type=Path, metavar="FILE", help="with --stats: draw it, too (png or svg)")
    say("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Show prompts, or how long they are."""
    from empathia.emotion.lm.prompt import Shape, prompts
    from empathia.emotion.lm.template import DEFAULT, read
    from empathia.report.drawing import kind_of

    if args.picture is not None:
        kind_of(args.picture)
        if not args.stats:
            raise UsageError("--picture draws lengths", "Add --stats")
    _decide(args)
    if args.recogniser is not None:
        return _kept(args)
    for name in (n for n in ("ask", "why") if getattr(args, n)):
        raise UsageError(f"--{name} asks a kept recogniser", "Name it: --recogniser R")
    template = read(args.template or DEFAULT)
    shape = Shape(args.mode, args.window, args.context_cues, args.twice, args.stride)
    plugin, dialogues, _ = read_corpus(args)
    labels = _labels(args, dialogues)
    label = args.label or labels.labels[0]
    labels.index(label)
    samples = _samples(args, plugin, dialogues, cues=shape.mode != "text" and bool(template.cues))
    how = (template, shape, labels)
    make = partial(prompts, told=_told(args, dialogues, samples), label=label)
    if args.stats:
        _stats(args, [p for d in samples for p in make(d, {s.id for s in d}, *how).values()])
        return 0
    ids = [s.id for d in samples for s in d]
    asked = args.utterance or ids[:1]
    _check_ids(ids, asked)
    shown = {id: p for d in samples for id, p in make(d, asked, *how).items()}
    for id in (id for id in asked if id not in shown):
        raise UsageError(
            f"there is nothing to show of '{id}' as {shape.mode}", "Try another --mode"
        )
    _show(args, {id: shown[id] for id in asked})
    return 0


def _decide(args: argparse.Namespace) -> None:
    """Defaults of what a kept recogniser decides where there is one."""
    given = [n for n in _DECIDED if getattr(args, n) is not None]
    if args.recogniser is not None and given:
        named = ", ".join(f"--{n.replace('_', '-')}" for n in given)
        raise UsageError(f"the kept recogniser decides {named}", "Leave that out")
    for name in _DECIDED.keys() - set(given):
        setattr(args, name, _DECIDED[name])


def _kept(args: argparse.Namespace) -> int:
    """What a kept recogniser is asked, and what it writes where it is to be asked."""
    from empathia.bench.data import Material
    from empathia.bench.gather import gather
    from empathia.emotion.lm import kept_reader
    from empathia.emotion.lm.template import read
    from empathia.training.keeping import load, place

    if args.stats:
        raise UsageError("--stats is of prompts without a recogniser", "Leave out one of the two")
    folder = place(args.recogniser)
    reader, kept = kept_reader(folder), load(folder)
    s = kept.settings
    if args.template is not None and args.why:
        raise UsageError("--why is of the recogniser's own question", "Leave --template out")
    if args.template is not None:
        reader = dataclasses.replace(reader, template=read(args.template))
    plugin, dialogues, _ = read_corpus(args)
    ids = [u.id for d in dialogues for u in d.utterances]
    asked = args.utterance or ids[:1]
    _check_ids(ids, asked)
    those = [d for d in dialogues if {u.id for u in d.utterances} & set(asked)]
    ready = _of(those, ready_features(args, plugin, those))
    with bar("steps", label=lambda _: "measuring", plain=args.json) as progress:
        names = tuple(s.computed.values())
        features = gather(those, names, ready=ready, progress=progress)
    modalities = {"text": (), "features": names}
    material = Material(tuple(those), s.labels, s.exclusive, {}, {}, modalities, features)
    seen = kept.seen([material.samples(d, modalities) for d in those])
    label = args.label or s.labels.labels[0]
    s.labels.index(label)
    made = {k: p for d in seen for k, p in reader.prompts(d, asked, label).items()}
    for id in (id for id in asked if id not in made):
        raise UsageError(f"there is nothing to show of '{id}'", "Name another utterance")
    shown = {id: made[id] for id in asked}
    said = None
    if args.ask:
        chats, soft = [p.messages() for p in shown.values()], [p.features for p in shown.values()]
        said = dict(zip(shown, reader.asking.texts(chats, (), _ROOM, soft), strict=True))
    _show(args, shown, said, reader.reasons(seen, asked, args.label) if args.why else {})
    return 0


def _of(
    dialogues: Iterable[Dialogue], ready: Mapping[str, Mapping[str, Features]]
) -> dict[str, Mapping[str, Features]]:
    """Features of some dialogues' utterances alone."""
    theirs = {u.id for d in dialogues for u in d.utterances}
    return {n: {id: f for id, f in each.items() if id in theirs} for n, each in ready.items()}


def _samples(
    args: argparse.Namespace, plugin: ModuleType, dialogues: Sequence[Dialogue], *, cues: bool
) -> list[tuple[Sample, ...]]:
    """The samples of each dialogue; with what cues are made of, where these are wanted."""
    from empathia.bench.data import Material
    from empathia.bench.gather import gather
    from empathia.labels.sets import EKMAN7

    features: Mapping[str, Mapping[str, Features]] = {}
    if cues:
        ready = ready_features(args, plugin, dialogues)
        wanted = ["prosody", *(n for n in ["face"] if n in ready)]
        with bar("steps", label=lambda _: "measuring", plain=args.json) as progress:
            features = gather(dialogues, wanted, ready=ready, progress=progress)
    modalities = {"text": (), "cues": tuple(features)}
    material = Material(tuple(dialogues), EKMAN7, True, {}, {}, modalities, features)
    return [material.samples(d, modalities) for d in dialogues]


def _told(
    args: argparse.Namespace, dialogues: Sequence[Dialogue], samples: Sequence[Sequence[Sample]]
) -> Told:
    """Cues of all utterances, by bins of the corpus' training part."""
    from empathia.cues import Bins
    from empathia.emotion.lm.describing import Describer

    train = [s for d, s in zip(dialogues, samples, strict=True) if d.split == "train"]
    measured = any(s.features for d in samples for s in d)
    if measured and not train:
        sys.stderr.write("note: the corpus has no training part: cues by the bins that ship\n")
        describer = Describer(Bins.load(), args.levels)
    else:
        describer = Describer.fit(train, args.levels)
    if args.mode != "text" and not measured:
        sys.stderr.write("note: nobody's voice or face is measured: there are no cues\n")
    return {id: cues for d in samples for id, cues in describer.describe(d).items()}


def _labels(args: argparse.Namespace, dialogues: Iterable[Dialogue]) -> LabelSet:
    from empathia.labels import label_set
    from empathia.labels.sets import LABEL_SETS

    if args.labels is not None:
        return label_set(args.labels)
    own = {d.labels.labels: d.labels for d in dialogues if d.labels is not None}
    if len(own) != 1:
        known = ", ".join(LABEL_SETS)
        raise UsageError(
            f"the corpus has {len(own)} sets of labels", f"Name one with --labels ({known})"
        )
    return next(iter(own.values()))


def _check_ids(known: Sequence[str], asked: Sequence[str]) -> None:
    for id in (id for id in asked if id not in known):
        near = difflib.get_close_matches(id, known, 3, 0.5)
        told = f"near: {', '.join(near)}" if near else f"the first: {', '.join(known[:3])}"
        raise UsageError(f"no utterance has the id '{id}' ({told})", "Name one of the corpus")


def _tokens() -> Tokens | None:
    """The embedded model's; None, with a note, where it is not there."""
    from empathia.lm.local import tokens

    try:
        return tokens.of(_MODEL)
    except WeightsError as error:
        sys.stderr.write(f"note: no tokens of {_MODEL}: {error}\n")
        return None


def _show(
    args: argparse.Namespace,
    prompts: Mapping[str, Prompt],
    said: Mapping[str, str] | None = None,
    whys: Mapping[str, Reason] | None = None,
) -> None:
    """Prompts by id, and what was answered to some and why."""
    from empathia.types.wire import reason_json

    tokens = _tokens() if args.raw else None
    rows = []
    for id, prompt in prompts.items():
        chat = [{"role": m.role, "content": m.content} for m in prompt.messages()]
        row: dict[str, object] = {"utterance": id, "messages": chat}
        if tokens is not None:
            row["raw"] = tokens.render(prompt.messages())
        if said:
            row["answer"] = said[id]
        if whys:
            row["why"] = {k: v for k, v in reason_json(whys[id]).items() if k != "prompt"}
        rows.append(row)
        if args.json:
            continue
        text = "\n".join(f"[{m.role}]\n{m.content}" for m in prompt.messages())
        told = f"[answer]\n{_harmless(said[id])}\n" if said else ""
        told += _because(whys[id]) if whys else ""
        sys.stdout.write(f"--- {id}\n{row.get('raw', text)}\n{told}")
    if args.json:
        print_json(rows)


def _harmless(answer: str) -> str:
    """What a model wrote, without what would move a terminal's pen."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in answer)


def _because(reason: Reason) -> str:
    """The sentence, and the label without each part."""
    from empathia.report.wording import because, part, percent

    lines = [
        f"{round(-p.change, 2) + 0.0:+.2f} nats, {percent(p.without)} without {part(p)}"
        for p in reason.parts
    ]
    return "\n".join(("[why]", because(reason), *lines, ""))


def _stats(args: argparse.Namespace, prompts: Sequence[Prompt]) -> None:
    from empathia.report.prompts import Lengths, draw

    if not prompts:
        raise UsageError("the corpus has nothing to show in this mode", "Try another --mode")
    lengths = Lengths(*_counted(prompts), args.name)
    if args.json:
        print_json({"unit": lengths.unit, **lengths.figures()})
    else:
        table((lengths.unit, "prompts", ""), lengths.rows(), tabs=True)
        figures = [(k, f"{v:g}") for k, v in lengths.figures().items()]
        table((f"{lengths.unit} of a prompt", "value"), figures, tabs=True)
    if args.picture is not None:
        draw(lengths, args.picture)


def _counted(prompts: Sequence[Prompt]) -> tuple[list[int], str]:
    """Lengths as a model sees them, and in what."""
    tokens = _tokens()
    try:
        if tokens is not None:
            return tokens.count([tokens.render(p.messages()) for p in prompts]), "tokens"
    except ExtraError as error:
        sys.stderr.write(f"note: {error}\n")
    return [len(f"{p.head}\n{p.text}".split()) for p in prompts], "words"
