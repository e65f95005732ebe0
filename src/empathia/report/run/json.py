"""An evaluation or a comparison as plain values for JSON; what is not known is null."""

from __future__ import annotations

import dataclasses
import json
import math

from empathia.bench.record import RunRecord
from empathia.evaluate import Evaluation
from empathia.evaluate.comparison import Comparison
from empathia.evaluate.confidence import COVERAGES
from empathia.evaluate.judged import SILENCES
from empathia.files import Plain

FORMAT = 1
_KEYS = {"baselines": "floors", "predicted": "said"}  # fields whose key in JSON is another word


def to_json(figures: Evaluation | Comparison) -> dict[str, Plain]:
    """Plain values; arrays as lists, NaN as None."""
    plain: dict[str, Plain] = {"format": FORMAT, **_fields(figures)}
    if isinstance(figures, Evaluation):
        plain["confusion"] = {
            "rows": list(figures.labels),
            "columns": [*figures.labels, *SILENCES],
            "counts": figures.confusion.tolist(),
        }
        if figures.risk is not None:
            plain["risk"] = {"coverages": _plain(COVERAGES), "seeds": _plain(figures.risk)}
    return plain


def dumps(figures: Evaluation | Comparison) -> str:
    """As JSON text."""
    return json.dumps(to_json(figures), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fields(value: object) -> dict[str, Plain]:
    names = [f.name for f in dataclasses.fields(value)]  # type: ignore[arg-type]
    return {_KEYS.get(n, n): _plain(getattr(value, n)) for n in names}


def _plain(value: object) -> Plain:
    if isinstance(value, RunRecord):
        return value.plain()
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    unknown = isinstance(value, float) and not math.isfinite(value)
    return None if unknown else value  # type: ignore[return-value]
