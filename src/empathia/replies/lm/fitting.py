"""Fine-tuning a language model to answer as listeners do: low-rank adapters (Hu et al. 2022).

The chat that is learnt is the one that is asked for later
(:mod:`empathia.replies.lm.compact`). Each time a pair is seen, other parts of what is known of it
are left out. Only the reply is learnt.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from empathia import weights
from empathia.errors import WeightsError
from empathia.exemplars import bank
from empathia.exemplars.pairs import Pair
from empathia.exemplars.places import encoder_for
from empathia.exemplars.ranking import rank
from empathia.exemplars.search import Query
from empathia.files import Plain, write, write_json
from empathia.lm.local.adapter import CONFIG, TENSORS
from empathia.replies.lm.compact import EXEMPLARS, Hints, chat
from empathia.replies.rules.tone import tone_of
from empathia.training.fit import Group, fit
from empathia.training.problem import ReplyProblem
from empathia.types import Empathy, FloatArray

_IGNORED = -100
_POOLED = 16  # batches whose items are sorted by length
_HINTED, _EACH = 0.65, 0.6  # chance that elements are named at all, and of each
_FEELING, _MOOD = 0.5, 0.3
_SHOWN = (0.5, 0.25, 0.25)  # chance of no, one and two exemplars


class Adapted(nn.Module):
    """A linear layer (out, in) that stays, and a product of low rank that is learnt beside it."""

    def __init__(self, base: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.base, self.scale = base, scale
        where = base.weight.device
        self.down = nn.Parameter(torch.empty(rank, base.in_features, device=where))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank, device=where))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) to (..., out); what is learnt is kept in 32 bits, used in those of ``x``."""
        low = functional.linear(x, self.down.to(x.dtype)) * self.scale
        out: torch.Tensor = self.base(x) + functional.linear(low, self.up.to(x.dtype))
        return out


def adapt(model: nn.Module, rank: int, scale: float) -> dict[str, Adapted]:
    """Freeze a model and put adapters on all its linear layers but the last; by their names."""
    for p in model.parameters():
        p.requires_grad_(False)
    linear = [
        (n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear) and "lm_head" not in n
    ]
    made = {}
    for name, layer in linear:
        parent, _, child = name.rpartition(".")
        made[name] = Adapted(layer, rank, scale)
        setattr(model.get_submodule(parent), child, made[name])
    return made


def base_model(name: str) -> tuple[Any, Any]:
    """A chat model and its tokenizer, by name.

    Args:
        name: Of a pulled weight in GGUF, a folder, or what the hub calls it.

    Raises:
        WeightsError: It is not there.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    torch_type = torch.bfloat16
    try:
        if name in {e.name for e in weights.entries()}:
            folder = str(weights.folder(name))
            tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file="model.gguf")
            model = AutoModelForCausalLM.from_pretrained(
                folder,
                gguf_file="model.gguf",
                dtype=torch_type,
                quantization_config=GgufConfig(dequantize=True),
            )
        else:
            tokenizer = AutoTokenizer.from_pretrained(name)
            model = AutoModelForCausalLM.from_pretrained(name, dtype=torch_type)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"cannot load the language model '{name}' ({str(error).splitlines()[0]})",
            "Name a pulled weight, a folder, or a model of the hub that is in reach",
        ) from error
    where: Any = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(where), tokenizer


@dataclass(frozen=True, slots=True)
class Item:
    """A chat as numbers.

    Args:
        ids: (tokens,) of the chat and the reply.
        start: Where the reply starts.
    """

    ids: tuple[int, ...]
    start: int


def encoded(tokenizer: Any, pair: Pair, hints: Hints, longest: int) -> Item:  # noqa: ANN401
    """A pair as it is learnt; of a chat that is too long the first turns go."""
    lines = pair.context.split("\n")
    n = len(lines)
    turns = [((n - 1 - i) % 2 == 0, line) for i, line in enumerate(lines)]
    reply = [*tokenizer.encode(pair.reply, add_special_tokens=False), tokenizer.eos_token_id]
    while True:
        messages = [dataclasses.asdict(m) for m in chat(turns, hints)]
        asked = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=False
        )
        if len(asked) + len(reply) <= longest or len(turns) == 1:
            break
        turns = turns[1:]
    ids = [*asked, *reply][-longest:]
    return Item(tuple(ids), max(1, len(ids) - len(reply)))


def nats(model: Any, batch: Sequence[Item]) -> tuple[torch.Tensor, int]:  # noqa: ANN401
    """Summed loss of the replies' tokens, one number, and how many these are."""
    each, _ = losses(model, batch)
    return each.sum(), len(each)


def losses(model: Any, batch: Sequence[Item]) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401
    """Nats of each token of the replies, one after the other, and how many each reply has.

    Returns:
        (tokens,) and (replies,).
    """
    longest = max(len(x.ids) for x in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, _IGNORED)
    for row, item in enumerate(batch):
        n = len(item.ids)
        ids[row, :n] = torch.tensor(item.ids)
        mask[row, :n] = 1
        labels[row, item.start : n] = ids[row, item.start : n]
    where = model.device
    wanted = labels[:, 1:].to(where)
    states = model.model(input_ids=ids.to(where), attention_mask=mask.to(where)).last_hidden_state
    told = wanted != _IGNORED
    # The vocabulary is the widest layer: it is asked about the replies alone.
    logits = model.lm_head(states[:, :-1][told]).float()
    return functional.cross_entropy(logits, wanted[told], reduction="none"), told.sum(1)


@dataclass
class Task:
    """What :func:`empathia.training.fit.fit` learns."""

    model: Any
    tokenizer: Any
    problem: ReplyProblem
    known: Mapping[str, Hints]
    module: nn.Module  # the adapters alone: nothing else is learnt or kept

    def groups(self) -> list[Group]:
        """The adapters alone."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad]}]

    def batches(self, epoch: int, seed: int) -> Sequence[Sequence[Item]]:
        """A share of the pairs, other ones each epoch, like lengths together."""
        options, size = self.problem.options, self.problem.training.batch
        rng = random.Random(f"{seed}/order")  # noqa: S311 - no secret
        pairs = list(self.problem.train)
        rng.shuffle(pairs)
        share = options.count("pairs") or len(pairs)
        start = epoch * share
        taken = [pairs[i % len(pairs)] for i in range(start, start + share)]
        longest = options.count("longest")
        items = [
            encoded(self.tokenizer, p, self._some(p, f"{seed}/{epoch}/{p.id}"), longest)
            for p in taken
        ]
        made: list[Sequence[Item]] = []
        for i in range(0, len(items), size * _POOLED):
            pool = sorted(items[i : i + size * _POOLED], key=lambda x: len(x.ids))
            made += [pool[j : j + size] for j in range(0, len(pool), size)]
        random.Random(f"{seed}/{epoch}/batches").shuffle(made)  # noqa: S311
        return made

    def _some(self, pair: Pair, key: str) -> Hints:
        """What is told of a pair this time."""
        rng, known = random.Random(key), self.known[pair.id]  # noqa: S311
        hinted = rng.random() < _HINTED
        empathy = {e: n for e, n in known.empathy.items() if rng.random() < _EACH and hinted}
        shown = rng.choices(range(EXEMPLARS + 1), _SHOWN)[0]
        return Hints(
            known.feeling if rng.random() < _FEELING else None,
            empathy,
            known.sentiment if rng.random() < _MOOD else None,
            known.exemplars[:shown],
        )

    def loss(self, batch: Sequence[Item]) -> torch.Tensor:
        """Mean over the tokens of the replies, one number."""
        total, count = nats(self.model, batch)
        return total / count

    def validate(self) -> dict[str, float]:
        """Log likelihood of a reply's token, each with what is told of it at random once."""
        longest, size = self.problem.options.count("longest"), self.problem.training.batch
        items = [
            encoded(self.tokenizer, p, self._some(p, f"valid/{p.id}"), longest)
            for p in self.problem.valid
        ]
        items.sort(key=lambda x: len(x.ids))
        sums = [nats(self.model, items[i : i + size]) for i in range(0, len(items), size)]
        mean = sum(float(s) for s, _ in sums) / max(1, sum(n for _, n in sums))
        return {"likelihood": -mean, "perplexity": math.exp(mean)}


@dataclass(frozen=True)
class Learnt:
    """A tuned model's adapter.

    Args:
        adapters: By the name of their layer.
        rank: Of each.
        scale: What their products are multiplied by.
        base: Name of the model that they belong to.
        layout: What GGUF has to know of it.
        record: What is known of the training.
    """

    adapters: Mapping[str, Adapted] = field(repr=False)
    rank: int
    scale: float
    base: str
    layout: Mapping[str, str]
    record: Mapping[str, Plain]

    def save(self, folder: Path) -> None:
        """Write the adapter as peft and :mod:`empathia.lm.local.adapter` read it."""
        from safetensors.torch import save

        tensors = {}
        for name, layer in self.adapters.items():
            stem = f"base_model.model.{name}"
            tensors[f"{stem}.lora_A.weight"] = layer.down.detach().cpu().half()
            tensors[f"{stem}.lora_B.weight"] = layer.up.detach().cpu().half()
        folder.mkdir(parents=True, exist_ok=True)
        # One key: of several, safetensors draws the order anew each time.
        write(folder / TENSORS, save(tensors, dict(self.layout)))
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base,
            "r": self.rank,
            "lora_alpha": self.scale * self.rank,
            "target_modules": sorted({n.rpartition(".")[2] for n in self.adapters}),
        }
        write_json(folder / CONFIG, config)


def train(problem: ReplyProblem) -> Learnt:
    """Tune the model that the options name.

    Raises:
        WeightsError: The model is not there.
        TrainingError: Training cannot go on.
    """
    options = problem.options
    rank, scale = options.count("rank"), options.number("alpha") / options.count("rank")
    known = _known(problem)
    torch.manual_seed(problem.seed)
    model, tokenizer = base_model(options.text("model"))
    adapters = adapt(model, rank, scale)
    module = nn.ModuleDict({n.replace(".", "/"): a for n, a in adapters.items()})
    task = Task(model, tokenizer, problem, known, module)
    result = fit(
        task,
        problem.training,
        problem.folder,
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    record: dict[str, Plain] = {
        **result.course,
        "parameters": sum(a.down.numel() + a.up.numel() for a in adapters.values()),
    }
    return Learnt(adapters, rank, scale, options.text("model"), _layout(model), record)


def _layout(model: nn.Module) -> dict[str, str]:
    """How long a head is, where GGUF interleaves what is in it."""
    config: Any = model.config
    if config.model_type != "llama":
        return {}
    own = getattr(config, "head_dim", None)
    return {"head": str(own or config.hidden_size // config.num_attention_heads)}


def _known(problem: ReplyProblem) -> dict[str, Hints]:
    """All that can be told of each pair: the exemplars come from the training part."""
    pairs = (*problem.train, *problem.valid)
    exemplars = exemplars_of(problem)
    return {
        p.id: Hints(
            tone_of(p.emotion) if p.emotion else None,
            _levels(problem.empathy.get(p.id)),
            _sentiment(problem.empathy.get(p.id)),
            exemplars.get(p.id, ()),
        )
        for p in pairs
    }


def _levels(empathy: Empathy | None) -> dict[str, int]:
    return {} if empathy is None else {str(e): x.level for e, x in empathy.elements.items()}


def _sentiment(empathy: Empathy | None) -> float | None:
    return None if empathy is None else empathy.sentiment


def exemplars_of(problem: ReplyProblem) -> dict[str, tuple[str, ...]]:
    """Replies of other talks to something alike."""
    folder = problem.folder / "bank"
    threads = problem.training.threads
    if not (folder / bank.INFO).is_file():
        told = problem.progress or (lambda *_: None)
        encoder = encoder_for("en")
        bank.build(folder, problem.train, (), encoder=encoder, threads=threads, progress=told)
    kept = bank.load(folder)
    rows = {} if kept.contexts is None else _rows(kept.pairs, kept.contexts)
    shown = {}
    for p in (*problem.train, *problem.valid):
        query = Query(p.context, dialogue=p.dialogue)
        how = "words" if kept.contexts is None else "dense"
        best = rank(kept, query, EXEMPLARS, how, row=rows.get(p.context), threads=threads)
        shown[p.id] = tuple(kept.pairs[i].reply for i in best.places)
    return shown


def _rows(pairs: Sequence[Pair], contexts: FloatArray) -> dict[str, FloatArray]:
    """Vectors (width,) that are known already, by the text."""
    return {p.context: row for p, row in zip(pairs, contexts, strict=True)}
