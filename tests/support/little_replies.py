"""A few made replies, judged, and a generator that learns from them in a second."""

from __future__ import annotations

from pathlib import Path

from empathia.config import Options, TrainingPart
from empathia.exemplars.pairs import Pair
from empathia.replies import seq2seq
from empathia.training.problem import ReplyProblem
from empathia.types import Empathy
from empathia.types.felt import ELEMENTS, Element

_LOST = ("keys", "dog", "job", "bike", "phone", "friend")
SAD = "I am so sorry. That must hurt."
GLAD = "How wonderful! What happened then?"
PAIRS = tuple(
    Pair(f"{x}{i}", f"Hello\nHi there\nI {said} my {x}", reply, emotion, f"{x}{i}", "made")
    for x in _LOST
    for i, (said, reply, emotion) in enumerate(
        (("lost", SAD, "sad"), ("found", GLAD, "joyful")),
    )
)
TINY = {
    "vocabulary": 330,
    "width": 16,
    "layers": 1,
    "heads": 2,
    "dropout": 0.0,
    "exemplars": 2,
    "by": "words",
    "judge_width": 8,
    "judge_epochs": 1,
}


def judged(strong: str, tone: float) -> Empathy:
    """A reply that has one element strongly, and no other."""
    scores = {e: (0.1, 0.1, 0.8) if e == strong else (0.8, 0.1, 0.1) for e in ELEMENTS}
    return Empathy({e: Element(s) for e, s in scores.items()}, tone)


def empathy(pairs: tuple[Pair, ...]) -> dict[str, Empathy]:
    """What judges take these replies to be."""
    said = {SAD: judged("reaction", -0.5), GLAD: judged("exploration", 0.8)}
    return {p.id: said[p.reply] for p in pairs}


def problem(
    folder: Path, pairs: tuple[Pair, ...] = PAIRS, epochs: int = 1, batch: int = 5, **options
):
    """The problem of learning from these; the last two validate."""
    return ReplyProblem(
        train=pairs[:-2],
        valid=pairs[-2:],
        options=Options({**seq2seq.LEARNING, **TINY, **options}),
        training=TrainingPart(
            "likelihood", epochs=epochs, batch=batch, lr=0.01, patience=99, threads=1
        ),
        seed=3,
        folder=folder,
        empathy=empathy(pairs),
    )


def tiny_t5(folder: Path) -> Path:
    """A T5 that knows nothing, with a tokenizer of a few pieces, as the hub's lie on disk."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    marks = ["<pad>", "</s>", "<unk>", *(f"<extra_id_{i}>" for i in range(100))]
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=marks, show_progress=False)
    tokenizer.train_from_iterator([p.context + p.reply for p in PAIRS], trainer)
    size = tokenizer.get_vocab_size() + 7  # T5's embeddings have more rows than pieces, too
    config = T5Config(vocab_size=size, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    config.decoder_start_token_id = 0
    T5ForConditionalGeneration(config).save_pretrained(folder, safe_serialization=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
