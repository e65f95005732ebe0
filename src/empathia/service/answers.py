"""Errors as answers, in the shape that clients of a route read."""

from __future__ import annotations

from starlette.responses import JSONResponse

from empathia.errors import EmpathiaError
from empathia.service import problems
from empathia.service.openai import errors
from empathia.service.problems import Refused


def answer(error: EmpathiaError, path: str) -> JSONResponse:
    """What is answered where a request is not served.

    Args:
        error: Why.
        path: What was asked for.
    """
    headers = error.headers if isinstance(error, Refused) else None
    if path.startswith(errors.PATHS):
        return JSONResponse(errors.told(error), errors.status_of(error), headers)
    told = problems.told(error)
    return JSONResponse(told, problems.status_of(error), headers, media_type=problems.TYPE)
