"""Train the network that hears how many speak at once (`listen/overlap.py`), and judge it.

    python benchmarks/overlap.py DATA WORK [--steps 1800] [--write]

Talks are made as ``conversations.py`` does it, of the tuning half, with far more overlap than
people have, in all places, each clip .85 to 1.15 times as fast. Some speakers of the half are
held out: the figures are of talks among them, as people have them, number of speakers given. What
was made is kept in WORK. --write puts the weight into the package; sum it with
``scripts/sum_shipped_weights.py`` then. Needs torch (extra ``train``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import conversations
import diarisation
import numpy as np
import torch
from conversations import CORPORA, PLACES, Case, Conversation, Said, converse
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor, nn

from empathia.listen import overlap
from empathia.listen.overlap import BANDS, DILATIONS, KERNEL, SPREAD, HeadCount
from empathia.metrics.diarisation import diarisation_errors
from empathia.types import FloatArray

OUT = Path(__file__).parents[1] / "src" / "empathia" / "weights" / "shipped" / "overlap"
HELD = {"ravdess": 4, "emodb": 2, "korean_emotional": 2}  # speakers
PARTS, TALKS = (1, 2), 250  # of talks to learn from
CHANNELS, WIDE = 80, 160
BATCH, FRAMES = 16, 400
SEVERAL = 3.0  # how much more a frame of overlap counts
CELLS = 12  # talks a place to judge by


class Examples(NamedTuple):
    """Log-mel energies (frames, 40) of talks, and how many speak, (frames,), 2 for more."""

    mel: list[FloatArray]
    count: list[NDArray[np.int8]]


def speakers(data: Path, corpus: str, *, held: bool) -> list[str]:
    """Those of the tuning half that are held out, or the others."""
    every = conversations.speakers_of(data, corpus, "tune")
    count = HELD[corpus]
    out = every[1 :: len(every) // count][:count] if count > 2 else every[-2:]
    return [s for s in every if (s in out) == held]


# -- talks to learn from -----------------------------------------------------------------------


def examples(data: Path, work: Path, part: int) -> Examples:
    """A part of the talks, made once."""
    file = work / f"fit_{part}.npz"
    if not file.is_file():
        made = list(_made(data, part))
        np.savez(
            file,
            x=np.concatenate([x for x, _ in made]).astype(np.float16),
            y=np.concatenate([y for _, y in made]),
            n=np.array([len(x) for x, _ in made]),
        )
    with np.load(file) as kept:
        cuts = np.cumsum(kept["n"])[:-1]
        return Examples(np.split(kept["x"], cuts), np.split(kept["y"], cuts))


def _made(data: Path, part: int) -> Iterator[tuple[FloatArray, NDArray[np.int8]]]:
    usual, as_usual = dict(vars(conversations)), conversations._Deck.next
    conversations._Deck.next = _any_speed  # type: ignore[method-assign]
    for i in range(TALKS):
        draw = np.random.default_rng([7, part, i])
        share, gap = draw.uniform(0.1, 0.6), -draw.uniform(0.7, 2.2)
        vars(conversations).update(_OVERLAP=share, _GAP=(gap, 1.5))
        count = int(draw.choice([1, 2, 3, 4], p=[0.1, 0.55, 0.25, 0.1]))
        manner = str(draw.choice(["calm", "acted"]))
        place = str(draw.choice(PLACES, p=[0.2, 0.25, 0.2, 0.2, 0.15]))
        talk = converse(data, Case("tune", manner, count, place, 1000 + part * 100_000 + i))
        mel = overlap.log_mel(talk.sound.samples)
        yield mel, _counted(talk.spans, len(mel))
    vars(conversations).update(usual)
    conversations._Deck.next = as_usual  # type: ignore[method-assign]


def _any_speed(deck: conversations._Deck) -> Said:
    if not deck._left:
        deck._left = [deck._clips[i] for i in deck._draw.permutation(len(deck._clips))]
    return conversations._at_speed(
        conversations.said(deck._left.pop()), deck._draw.uniform(0.85, 1.15)
    )


def _counted(spans: Sequence[conversations.Span], frames: int) -> NDArray[np.int8]:
    """How many speak in each frame, (frames,), at most 2."""
    per_second = overlap.RATE / overlap.HOP
    count = np.zeros(frames, np.int8)
    for who in {s for _, _, s in spans}:
        own = np.zeros(frames, np.int8)
        for start, end, speaker in spans:
            if speaker == who:
                own[round(start * per_second) : round(end * per_second)] = 1
        count += own
    return np.minimum(count, 2)


# -- the network -------------------------------------------------------------------------------


class Layer(nn.Module):
    """Depthwise and dilated, then wide and narrow again, added to what came in."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        reach = KERNEL // 2 * dilation
        self.depth = nn.Conv1d(CHANNELS, CHANNELS, KERNEL, 1, reach, dilation, CHANNELS)
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.wide, self.narrow = nn.Conv1d(CHANNELS, WIDE, 1), nn.Conv1d(WIDE, CHANNELS, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.wide(self.norm(self.depth(x))))
        added: Tensor = x + self.drop(self.narrow(hidden))
        return added


class Net(nn.Module):
    """(batch, 40, frames) to scores of nobody, one and several, (batch, 3, frames)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(BANDS, CHANNELS, KERNEL, padding=KERNEL // 2)
        self.norm = nn.BatchNorm1d(CHANNELS)
        self.layers = nn.Sequential(*(Layer(d) for d in DILATIONS))
        self.last = nn.Conv1d(CHANNELS, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.last(self.layers(torch.relu(self.norm(self.first(x)))))
        return scores


def trained(every: Examples, steps: int) -> Net:
    """Learn from all of the talks, in random stretches of 8 s."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net, draw = Net(), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-2)
    weight = torch.tensor([1.0, 1.0, SEVERAL])
    losses = []
    for step in range(steps):
        for group in optimiser.param_groups:
            slow = 0.5 + 0.5 * np.cos(np.pi * step / steps)
            group["lr"] = 2e-3 * min(1, (step + 1) / 100) * slow + 1e-5
        x, y = _batch(every, draw)
        loss = nn.functional.cross_entropy(net(x), y, weight=weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {np.mean(losses[-100:]):.4f}", flush=True)
    return net.eval()


def _batch(every: Examples, draw: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Stretches with another colour, and some bands left out."""
    x = np.empty((BATCH, BANDS, FRAMES), np.float32)
    y = np.empty((BATCH, FRAMES), np.int64)
    for row, k in enumerate(draw.integers(len(every.mel), size=BATCH)):
        at = draw.integers(0, len(every.mel[k]) - FRAMES)
        mel = every.mel[k][at : at + FRAMES].astype(np.float32).T
        y[row] = every.count[k][at : at + FRAMES]
        colour = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 6), draw.normal(0, 0.35, 6))
        x[row] = (mel - mel.mean()) / SPREAD + colour[:, None]
        for _ in range(2):
            low = draw.integers(0, BANDS - 4)
            x[row, low : low + draw.integers(0, 6)] = 0
    return torch.from_numpy(x), torch.from_numpy(y)


def arrays(net: Net) -> dict[str, FloatArray]:
    """What reading needs, the norms taken into the convolutions before them."""
    kept = {"first": _folded(net.first, net.norm), "last": (net.last.weight, net.last.bias)}
    for k, layer in enumerate(net.layers):
        assert isinstance(layer, Layer)
        kept[f"{k}.depth"] = _folded(layer.depth, layer.norm)
        kept[f"{k}.wide"] = (layer.wide.weight, layer.wide.bias)
        kept[f"{k}.narrow"] = (layer.narrow.weight, layer.narrow.bias)
    out: dict[str, FloatArray] = {}
    for name, (weight, bias) in kept.items():
        assert bias is not None
        turned = weight.detach().numpy().transpose(2, 1, 0)  # (taps, in, out)
        out[name] = np.ascontiguousarray(turned if name == "first" else np.squeeze(turned))
        out[f"{name}.bias"] = np.ascontiguousarray(bias.detach().numpy())
    return out


def _folded(conv: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    assert norm.running_var is not None and norm.running_mean is not None
    assert conv.bias is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * scale[:, None, None], (conv.bias - norm.running_mean) * scale + norm.bias


# -- figures -----------------------------------------------------------------------------------


def judged(heads: HeadCount | None, talks: Sequence[Conversation]) -> str:
    """DER = missed + false + confused over some talks, in %, the number of speakers given."""
    errors = []
    for talk in talks:
        segments, diariser = diarisation.listened(talk.sound, heads)
        people = len({s for _, _, s in talk.spans})
        told = diariser.finish([(s.start, s.end) for s in segments], (people, people))
        errors.append(diarisation_errors(talk.spans, told.spans))
    every = diarisation.total(errors)
    rates = (every.rate, *(e / every.spoken for e in every[:3]))
    return "{:5.1f} = {:4.1f} + {:4.1f} + {:4.1f}".format(*(100 * x for x in rates))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of corpora")
    parser.add_argument("work", type=Path, help="folder for what is made on the way")
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--write", action="store_true", help="put the weight into the package")
    args = parser.parse_args()
    of = {(c, held): speakers(args.data, c, held=held) for c in CORPORA for held in (False, True)}
    vars(conversations).update(speakers_of=lambda _data, corpus, _half: of[corpus, False])
    parts = [examples(args.data, args.work, part) for part in PARTS]
    every = Examples([x for p in parts for x in p.mel], [y for p in parts for y in p.count])
    print(f"{len(every.mel)} talks, {sum(map(len, every.mel)) / 180_000:.1f} h")
    learnt = arrays(trained(every, args.steps))
    folder = OUT if args.write else args.work
    folder.mkdir(parents=True, exist_ok=True)
    save_file(learnt, folder / "model.safetensors")
    vars(conversations).update(speakers_of=lambda _data, corpus, _half: of[corpus, True])
    print(f"{'':6} without: DER = missed + false + confused, with it")
    for place in PLACES:
        talks = [converse(args.data, Case("tune", "calm", 2, place, n)) for n in range(CELLS)]
        without, within = judged(None, talks), judged(HeadCount(learnt), talks)
        print(f"{place:6} {without}   {within}", flush=True)


if __name__ == "__main__":
    main()
