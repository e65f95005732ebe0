"""Errors as OpenAI's clients read them: ``{"error": {message, type, param, code}}``."""

from __future__ import annotations

from collections.abc import Mapping

from empathia.errors import EmpathiaError
from empathia.files import Plain
from empathia.service import problems
from empathia.service.problems import Refused

PATHS = ("/v1/models", "/v1/chat/", "/v1/audio/", "/v1/realtime", "/v1/responses", "/v1/embeddings")
"""What begins so is asked for by OpenAI's clients, whether it is there or not."""
_CODES: Mapping[int, str] = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


class Unfit(Refused):
    """A field of a request is refused by name.

    Args:
        param: The field; None where it is the whole.
        problem: What was expected, and what came.
        remedy: What the client can do.
        status: Of the answer.
        code: What programs tell it by.
    """

    def __init__(
        self,
        param: str | None,
        problem: str,
        remedy: str = "",
        status: int = 400,
        code: str | None = None,
    ) -> None:
        super().__init__(status, problem, remedy)
        self.param, self.code = param, code


def status_of(error: EmpathiaError) -> int:
    """The status of an answer; what cannot be read is a bad request here."""
    status = problems.status_of(error)
    return 400 if status == 422 else status


def told(error: EmpathiaError) -> dict[str, Plain]:
    """An error as such an object."""
    status = status_of(error)
    kind = "rate_limit_error" if status == 429 else "invalid_request_error"
    field = error.param if isinstance(error, Unfit) else None
    code = error.code if isinstance(error, Unfit) else None
    return {
        "error": {
            "message": str(error),
            "type": "server_error" if status >= 500 else kind,
            "param": field,
            "code": code or _CODES.get(status),
        }
    }
