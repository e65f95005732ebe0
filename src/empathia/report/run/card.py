"""The card of a run in Markdown: data, licence, protocol, figures, limits, how to repeat it."""

from __future__ import annotations

from empathia import weights
from empathia.bench.record import RunRecord
from empathia.evaluate import Evaluation
from empathia.features import weights_of
from empathia.report.run.wording import figure, measure_name, protocol, selection
from empathia.report.wording import BROUGHT
from empathia.types import Score


def card(e: Evaluation) -> str:
    """The card as text."""
    run = e.run
    blocks = [
        f"# {run.name}\n\n{run.settings.get('about', '')}".rstrip(),
        f"Recogniser `{run.recogniser or '?'}`, {len(e.labels)} labels: "
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


def _licence(run: RunRecord) -> str:
    restricted = [c for c in run.corpora if c.noncommercial]
    brought = [c.name for c in restricted if c.licence == BROUGHT]
    bound = [c.name for c in restricted if c.licence != BROUGHT]
    bound += [name for name in _weights(run) if weights.entry(name).noncommercial]
    if bound:
        return f"**Not for commercial use**: it learnt from, or works with, {', '.join(bound)}."
    if brought:
        return f"Its licence is that of the data you brought ({', '.join(brought)})."
    return "The licences of its data allow commercial use." if run.corpora else ""


def _weights(run: RunRecord) -> list[str]:
    """Weights of the manifest that the run's features come from or its options name."""
    used = weights_of(*(name for names in run.modalities.values() for name in names))
    options = run.settings.get("model", {}).get("options", {}).values()
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
            figure(Score(e.main, figures[e.main])),
            *([""] if folds else []),
            "",
        ]
        for name, figures in e.baselines.items()
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _maybe(score: Score | None) -> str:
    return "" if score is None else figure(score)


def _data(run: RunRecord) -> str:
    rows = [
        f"| [{c.name}]({c.page}) | {c.language} | {c.licence} "
        f"| {c.citation} | `{run.data.get(c.name, '')[:12]}` |"
        for c in run.corpora
    ]
    dropped = ", ".join(f"{n} {label}" for label, n in run.dropped.items())
    note = ["", f"Dropped, since the label set does not know them: {dropped}."] if dropped else []
    head = ["| corpus | language | licence | citation | fingerprint |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, *note])


def _repeat(run: RunRecord) -> str:
    changed = " with local changes" if run.git.get("changed") else ""
    commit = str(run.git.get("commit") or "")[:12]
    state = f"commit {commit}{changed}" if commit else "no git checkout"
    versions = ", ".join(f"{k} {v}" for k, v in run.versions.items())
    threads = "" if run.threads is None else f" --threads {run.threads}"
    return (
        f"```\n{run.command}{threads}\nempathia evaluate out/{run.name}\n```\n\n{state}; {versions}"
    )
