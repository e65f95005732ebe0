"""Model cards: what a trained model learnt from, how well it does, what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from empathia.config import Run


class Source(Protocol):
    """What a card tells of a corpus; ``corpora.CorpusInfo`` has it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def noncommercial(self) -> bool: ...  # noqa: D102
    @property
    def citation(self) -> str: ...  # noqa: D102
    @property
    def page(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102


def card(
    run: Run, infos: Sequence[Source], metrics: Mapping[str, Any], notes: Sequence[str]
) -> str:
    """A model card in Markdown.

    Args:
        run: The run that trained the model.
        infos: Every corpus that it learnt from.
        metrics: The content of ``metrics.json``.
        notes: What the recogniser says of itself: its use and its limits.
    """
    blocks = [
        f"# {run.name}\n\n{run.about}".rstrip(),
        f"Recogniser `{run.model.recogniser}`, labels `{run.data.labels}`. {_licence(infos)}",
        "## Use and limits\n\n" + "\n".join(f"- {n}" for n in notes),
        "## Data\n\n" + _data(infos, metrics["data"]),
        "## Figures\n\n" + _figures(metrics),
        "## To repeat this\n\n" + _repeat(run, metrics),
    ]
    return "\n\n".join(blocks) + "\n"


def _licence(infos: Sequence[Source]) -> str:
    bound = [i.name for i in infos if i.noncommercial]
    if bound:
        return f"**Not for commercial use**: it learnt from {', '.join(bound)}."
    return "The licences of its data allow commercial use."


def _data(infos: Sequence[Source], prints: Mapping[str, str]) -> str:
    rows = [
        f"| [{i.name}]({i.page}) | {i.language} | {i.licence} | {i.citation} | "
        f"`{prints[i.name][:12]}` |"
        for i in infos
    ]
    head = ["| corpus | language | licence | citation | fingerprint |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _figures(metrics: Mapping[str, Any]) -> str:
    rows = [
        f"| {part} | {name} | {value:.4f} |"
        for part in ("validation", "test")
        for name, value in sorted(metrics[part].items())
    ]
    note = (
        f"Best epoch {metrics['best_epoch'] + 1} of {len(metrics['history'])}, "
        f"{metrics['steps']} steps; selected by validation "
        f"{metrics['run']['training']['select']} alone."
    )
    return "\n".join(["| part | measure | value |", "|---|---|---|", *rows, "", note])


def _repeat(run: Run, metrics: Mapping[str, Any]) -> str:
    git = metrics["git"]
    state = (
        f"commit {git['commit'][:12]}" + (" with local changes" if git["changed"] else "")
        if git
        else "no git checkout"
    )
    versions = ", ".join(f"{k} {v}" for k, v in metrics["versions"].items())
    return (
        f"`empathia train runs/{run.name}.toml --data DATA --threads {metrics['threads']}` "
        f"(seed {run.seed}; {state}; {versions})"
    )
