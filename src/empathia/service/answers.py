"""Errors as answers, in the shape that clients of a route read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from empathia.errors import EmpathiaError
from empathia.files import Plain
from empathia.service import problems
from empathia.service.openai import errors
from empathia.service.problems import Refused


def answer(error: EmpathiaError, path: str) -> Response:
    """What is answered where a request is not served.

    Args:
        error: Why.
        path: What was asked for.
    """
    headers = error.headers if isinstance(error, Refused) else None
    if path.startswith(errors.PATHS):
        return _json(errors.told(error), errors.status_of(error), headers, "application/json")
    return _json(problems.told(error), problems.status_of(error), headers, problems.TYPE)


def _json(told: Plain, status: int, headers: Mapping[str, str] | None, kind: str) -> Response:
    """In ASCII: an error may repeat half a character, which no encoding has."""
    return Response(json.dumps(told), status, headers, kind)
