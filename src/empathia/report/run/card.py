"""The card of a run in Markdown: data, licence, protocol, figures, limits, how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from empathia import weights
from empathia.bench.results import run_file
from empathia.evaluate import Evaluation
from empathia.features import weights_of
from empathia.report.run.wording import figure, measure_name, protocol, selection
from empathia.report.wording import BROUGHT
from empathia.types import Score


def card(e: Evaluation) -> str:
    """The card as text."""
    run: Mapping[str, Any] = e.run
    settings: Mapping[str, Any] = run.get("settings", {})
    blocks = [
        f"# {run['name']}\n\n{settings.get('about', '')}".rstrip(),
        f"Recogniser `{run.get('recogniser', '?')}`, {len(e.labels)} labels: "
        f"{', '.join(e.labels)}. {_licence(run)}",
        "## Figures\n\n" + _figures(e),
        "## Protocol\n\n" + "\n".join(f"- {line}" for line in [protocol(e), selection(e)]),
        "## Data\n\n" + _data(run),
        "## Limits\n\n" + "\n".join(f"- {n}" for n in [*e.notes, *_ALWAYS]),
        "## To repeat this\n\n" + _repeat(run),
    ]
    return "\n\n".join(blocks) + "\n"


_ALWAYS = (
    "Gold labels are what raters perceived, not what somebody felt.",
    "An interval covers the choice of test dialogues, not another corpus, language or situation.",
)


def _licence(run: Mapping[str, Any]) -> str:
    corpora: Sequence[Mapping[str, Any]] = run.get("corpora", ())
    asked = [c for c in corpora if c.get("noncommercial")]
    brought = [str(c["name"]) for c in asked if c.get("licence") == BROUGHT]
    bound = [str(c["name"]) for c in asked if c.get("licence") != BROUGHT]
    bound += [name for name in _weights(run) if weights.entry(name).noncommercial]
    if bound:
        return f"**Not for commercial use**: it learnt from, or works with, {', '.join(bound)}."
    if brought:
        return f"Its licence is that of the data you brought ({', '.join(brought)})."
    return "The licences of its data allow commercial use." if corpora else ""


def _weights(run: Mapping[str, Any]) -> list[str]:
    """Weights of the manifest that the run's features come from or its options name."""
    modalities: Mapping[str, Sequence[str]] = run.get("modalities", {})
    used = weights_of(*(name for names in modalities.values() for name in names))
    options = run.get("settings", {}).get("model", {}).get("options", {}).values()
    started = [e.name for e in weights.entries() if e.name in options]
    return list(dict.fromkeys([*used, *started]))


def _figures(e: Evaluation) -> str:
    folds = {s.metric: s for s in e.fold_means}
    head = ["measure", "all test utterances", *(["mean over folds"] if folds else []), "each seed"]
    rows = [
        [
            measure_name(m.metric),
            figure(m),
            *([_maybe(folds.get(m.metric))] if folds else []),
            ", ".join(figure(Score(m.metric, v)) for v in e.by_seed.get(m.metric, ())),
        ]
        for m in e.measures
    ]
    rows += [
        [
            f"{measure_name(e.main)} of the floor '{name}'",
            figure(Score(e.main, found[e.main])),
            *([""] if folds else []),
            "",
        ]
        for name, found in e.floors.items()
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _maybe(found: Score | None) -> str:
    return "" if found is None else figure(found)


def _data(run: Mapping[str, Any]) -> str:
    prints: Mapping[str, Any] = run.get("data", {})
    rows = [
        f"| [{c['name']}]({c.get('page', '')}) | {c.get('language', '')} | {c.get('licence', '')} "
        f"| {c.get('citation', '')} | `{str(prints.get(c['name'], ''))[:12]}` |"
        for c in run.get("corpora", ())
    ]
    dropped = ", ".join(f"{n} {label}" for label, n in run.get("dropped", {}).items())
    note = ["", f"Dropped, since the label set does not know them: {dropped}."] if dropped else []
    head = ["| corpus | language | licence | citation | fingerprint |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, *note])


def _repeat(run: Mapping[str, Any]) -> str:
    git: Mapping[str, Any] = run.get("git", {})
    changed = " with local changes" if git.get("changed") else ""
    state = f"commit {git['commit'][:12]}{changed}" if git.get("commit") else "no git checkout"
    versions = ", ".join(f"{k} {v}" for k, v in run.get("versions", {}).items())
    threads = f" --threads {run['threads']}" if "threads" in run else ""
    return (
        f"```\nempathia train {run_file(run)} --data DATA{threads}\n"
        f"empathia evaluate out/{run['name']}\n```\n\n{state}; {versions}"
    )
