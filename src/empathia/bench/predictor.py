"""The predictor that a run keeps for use, its card, and the recogniser that it listens to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from empathia import files, reaction
from empathia.bench.keep import Bound, licence_of, with_theirs
from empathia.bench.run import Bench
from empathia.bench.understood import Understood
from empathia.contracts import Predictor
from empathia.features import weights_of
from empathia.reaction import RECOGNISED, RECOGNISER, Settings
from empathia.training.shapes import Shape

MODEL, CARD = "model", "card.md"


def keep(
    made: Bench,
    learnt: Predictor,
    understood: Understood,
    fingerprint: str,
    columns: Mapping[str, Shape],
) -> None:
    """Keep a predictor for use, with the recogniser that it listens to.

    Args:
        made: The run.
        learnt: What is kept.
        understood: Whom it listens to.
        fingerprint: Of settings and data.
        columns: Of the features that it learnt from.
    """
    run = made.run
    own: list[Bound] = [dataclasses.asdict(c) for c in made.about["corpora"]]  # type: ignore[misc]
    kept = reaction.kept_of(run.model.predictor, made.options)
    corpora = with_theirs(own, (*kept, *(understood.kept if understood.read else ())))
    licence = licence_of(corpora, _weights(made, understood))
    settings = Settings(
        run.name,
        run.model.predictor,
        run.features or {"text": ()},
        run.reaction.targets,
        licence.text,
        licence.noncommercial,
        {
            "seed": understood.seed,
            "corpora": corpora,
            "weights": licence.weights,
            "versions": dict(made.about["versions"]),
            "fingerprint": fingerprint,
        },
        run.reaction.when,
        columns,
    )
    with files.new_folder(made.folder / MODEL) as new:
        learnt.save(new)
        if understood.read:
            (new / RECOGNISER).mkdir()
            understood.save(new / RECOGNISER)
        (new / CARD).write_text(card(settings), encoding="utf-8")
        settings.write(new)


def _weights(made: Bench, understood: Understood) -> tuple[str, ...]:
    """Weights of its features, of the predictor, and of the recogniser that it listens to."""
    known = {n for names in (made.run.features or {}).values() for n in names} - {RECOGNISED}
    used = (*weights_of(*known), *reaction.weights_of(made.run.model.predictor, made.options))
    return (*used, *understood.weights) if understood.read else used


def card(settings: Settings) -> str:
    """The card of a kept predictor, in Markdown."""
    binding = (*settings.details["corpora"], *settings.details["weights"])
    bound = [f"- {c['name']}: {c['licence']}" for c in binding]
    told = ", ".join(settings.targets) or "no features"
    barred = "Not for commercial use. " * settings.noncommercial
    blocks = [
        f"# {settings.name}",
        f"Predictor `{settings.predictor}` of how a listener reacts (features: {told}; "
        f"{settings.when} something is said).",
        f"## Licence\n\n{barred}It inherits what its data and weights allow:\n\n"
        + "\n".join(bound),
        "What somebody will do next is uncertain: these are guesses of what people did in its "
        "data, not what anybody feels or ought to do.",
    ]
    return "\n\n".join(blocks) + "\n"
