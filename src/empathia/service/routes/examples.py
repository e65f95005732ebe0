"""What bodies look like: examples of ``/v1/openapi.json``, which can be sent as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Body


def example(what: str, **fields: object) -> Any:  # noqa: ANN401 - what FastAPI takes
    """A JSON body of a route.

    Args:
        what: It is.
        fields: Of it.
    """
    return Body(openapi_examples={what: {"value": fields}})


def content(
    kind: str, schema: Mapping[str, object], what: str, fields: Mapping[str, object]
) -> dict[str, object]:
    """A body that a route reads by itself.

    Args:
        kind: Its media type.
        schema: Of it.
        what: The example is.
        fields: Of the example.
    """
    return {kind: {"schema": dict(schema), "examples": {what: {"value": dict(fields)}}}}
