"""What bodies look like: examples of ``/v1/openapi.json``, which can be sent as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Body
from pydantic import ConfigDict

JSON = "application/json"
STRICT = ConfigDict(extra="forbid")
"""Of a body: what is not known is refused, not passed over."""
FILE, TEXT = {"type": "string", "format": "binary"}, {"type": "string"}
"""Fields of forms."""


def example(what: str, **fields: object) -> Any:  # noqa: ANN401 - what FastAPI takes
    """A JSON body of a route.

    Args:
        what: It is.
        fields: Of it.
    """
    return Body(openapi_examples={what: {"value": fields}})


def takes(*kinds: Mapping[str, object]) -> dict[str, object]:
    """What a route takes that reads bodies by itself, of kinds that :func:`content` describes."""
    content = {name: told for kind in kinds for name, told in kind.items()}
    return {"requestBody": {"required": True, "content": content}}


def content(
    kind: str,
    what: str,
    filled: Mapping[str, object],
    fields: Mapping[str, object] | None = None,
    required: Sequence[str] = (),
) -> dict[str, object]:
    """A body that a route reads by itself.

    Args:
        kind: Its media type.
        what: The example is.
        filled: Fields of the example.
        fields: All that there are; None where those of the example are what must be there.
        required: Of these.
    """
    must = [*filled] if fields is None else [*required]
    schema = {"type": "object", "required": must, "properties": {**(fields or {})}}
    return {kind: {"schema": schema, "examples": {what: {"value": {**filled}}}}}
