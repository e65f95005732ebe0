"""Errors as answers: problem details (RFC 9457) with what to do about it, and never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from empathia.errors import (
    AbsentError,
    AccessError,
    DiaryError,
    EmpathiaError,
    ExtraError,
    InputError,
    ServerError,
    UsageError,
    WeightsError,
)
from empathia.files import Plain

TYPE = "application/problem+json"
_STATUS: Mapping[type[EmpathiaError], int] = {
    UsageError: 400,
    InputError: 422,
    WeightsError: 503,
    ExtraError: 501,
    ServerError: 502,
    AccessError: 401,
    AbsentError: 404,
    DiaryError: 503,  # whatever else it is: busy, damaged, of a newer version
}


class Refused(EmpathiaError):
    """A request is not served.

    Args:
        status: Of the answer.
        problem: What was expected, and what came.
        remedy: What the client can do.
        retry: Seconds after which it may be served.
    """

    def __init__(self, status: int, problem: str, remedy: str = "", retry: int = 0) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.headers = {"Retry-After": str(retry)} if retry else {}


def status_of(error: EmpathiaError) -> int:
    """The status of an answer that tells an error."""
    if isinstance(error, Refused):
        return error.status
    return next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)


def told(error: EmpathiaError) -> dict[str, Plain]:
    """An error as problem details."""
    status = status_of(error)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.problem,
        "remedy": error.remedy,
    }


def unknown(kind: str) -> EmpathiaError:
    """What is told of an error that is none of ours.

    Args:
        kind: Its type; what it says may hold words, and is told nobody.
    """
    return EmpathiaError(
        f"this should not have happened ({kind})", "Look into the log of the service, and report it"
    )
