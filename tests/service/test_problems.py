"""What errors are as answers."""

from __future__ import annotations

import pytest

from empathia.errors import (
    AbsentError,
    AccessError,
    ConfigError,
    DiaryError,
    EmpathiaError,
    MediaError,
)
from empathia.service.problems import told


@pytest.mark.parametrize(
    ("kind", "status", "title"),
    [
        (ConfigError, 400, "Bad Request"),
        (MediaError, 422, None),
        (AccessError, 401, "Unauthorized"),
        (AbsentError, 404, "Not Found"),
        (DiaryError, 503, "Service Unavailable"),
        (EmpathiaError, 500, "Internal Server Error"),
    ],
)
def test_an_error_has_its_status_and_remedy(kind, status, title):
    answer = told(kind("it is so", "Mend it"))
    assert (answer["status"], answer["detail"], answer["remedy"]) == (status, "it is so", "Mend it")
    assert title in {None, answer["title"]}
