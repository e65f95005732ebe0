"""An evaluation or a comparison as plain values for JSON; what is not known is null."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from empathia.evaluate import Evaluation
from empathia.evaluate.comparison import Comparison
from empathia.evaluate.confidence import COVERAGES
from empathia.evaluate.judged import SILENCES

FORMAT = 1


def to_json(found: Evaluation | Comparison) -> dict[str, Any]:
    """Plain values; arrays as lists, NaN as None."""
    values = {f.name: getattr(found, f.name) for f in dataclasses.fields(found)}
    plain: dict[str, Any] = {"format": FORMAT, **_plain(values)}
    if isinstance(found, Evaluation):
        plain["confusion"] = {
            "rows": list(found.labels),
            "columns": [*found.labels, *SILENCES],
            "counts": found.confusion.tolist(),
        }
        if found.risk is not None:
            plain["risk"] = {"coverages": _plain(COVERAGES), "seeds": _plain(found.risk)}
    return plain


def dumps(found: Evaluation | Comparison) -> str:
    """As JSON text."""
    return json.dumps(to_json(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of an evaluation
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
