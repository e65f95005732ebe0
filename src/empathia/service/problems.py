"""Errors as answers, with what to do about it, and never a traceback.

They are problem details (RFC 9457); OpenAI's clients read a shape of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.responses import Response

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

_TYPE = "application/problem+json"
_ASKED = ("models", "chat/", "audio/", "realtime", "responses", "embeddings")
_OPENAI = tuple(f"/v1/{path}" for path in _ASKED)
"""What begins so is asked for by OpenAI's clients, whether it is there or not."""
_CODES: Mapping[int, str] = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
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


class Unfit(Refused):
    """A field of a request of OpenAI's clients is refused by name.

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


def to_openai(error: EmpathiaError) -> dict[str, Plain]:
    """What OpenAI's clients read: ``{message, type, param, code}``."""
    status = _openai_status(error)
    kind = "rate_limit_error" if status == 429 else "invalid_request_error"
    param, code = (error.param, error.code) if isinstance(error, Unfit) else (None, None)
    return {
        "message": str(error),
        "type": "server_error" if status >= 500 else kind,
        "param": param,
        "code": code or _CODES.get(status),
    }


def _openai_status(error: EmpathiaError) -> int:
    """What cannot be read is a bad request there."""
    status = status_of(error)
    return 400 if status == 422 else status


def answer(error: EmpathiaError, path: str) -> Response:
    """What is answered where a request is not served.

    Args:
        error: Why.
        path: What was asked for.
    """
    headers = error.headers if isinstance(error, Refused) else None
    if path.startswith(_OPENAI):
        body = json.dumps({"error": to_openai(error)})
        return Response(body, _openai_status(error), headers, "application/json")
    # In ASCII: an error may repeat half a character, which no encoding has.
    return Response(json.dumps(told(error)), status_of(error), headers, _TYPE)


def unknown(kind: str) -> EmpathiaError:
    """What is told of an error that is none of ours.

    Args:
        kind: Its type; what it says may hold words, and is told nobody.
    """
    return EmpathiaError(
        f"this should not have happened ({kind})", "Look into the log of the service, and report it"
    )


def unfit(kind: str, where: Sequence[str | int], why: str) -> Refused:
    """What is told of a request whose body or parameters are not as described.

    Args:
        kind: Of the fault, as pydantic names it.
        where: "body" and the like, then the way to the field.
        why: What pydantic says of it; never what was sent, which may be a passphrase.
    """
    name = ".".join(ascii(x).strip("'") for x in where[1:] if x != "[key]") or where[0]
    if kind == "json_invalid":
        return Refused(422, "the body is no JSON", "Check its commas, quotes and brackets")
    if len(where) == 1 and kind != "missing":
        return Refused(422, "the body is no JSON object", "Send content-type: application/json")
    if kind == "missing":
        return Refused(422, f"'{name}' is missing", "Give it; /v1/openapi.json has an example")
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return Refused(
            422, f"there is no field '{name}'", "/v1/openapi.json has those that there are"
        )
    return Refused(422, f"'{name}': {why[:1].lower()}{why[1:]}", "See /v1/openapi.json")


def nowhere(status: int, why: str, asked: tuple[str, str], allowed: str | None) -> Refused:
    """What is told of a request that no route takes.

    Args:
        status: As the framework has it, and ``why``.
        why: What it says.
        asked: How, and for which path.
        allowed: How it can be asked for, where that is known.
    """
    method, path = asked
    if status == 404:
        return Refused(404, f"there is nothing at {path[:100]!a}", "See /v1/openapi.json")
    if status != 405 or not allowed:
        return Refused(status, why, "See /v1/openapi.json")
    error = Refused(405, f"{method[:20]!a} is not served here", f"Ask by {allowed}")
    error.headers = {"Allow": allowed}
    return error
