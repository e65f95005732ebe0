"""Every metric shows its shapes and an example that runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

from empathia import metrics

MODULES = [m.name for m in pkgutil.walk_packages(metrics.__path__, "empathia.metrics.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    ran = doctest.testmod(importlib.import_module(name))
    assert ran.attempted
    assert not ran.failed


@pytest.mark.parametrize("name", MODULES)
def test_every_function_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    functions = inspect.getmembers(module, inspect.isfunction)
    ours = [f for _, f in functions if f.__module__ == name and not f.__name__.startswith("_")]
    assert [f.__name__ for f in ours if ">>>" not in (inspect.getdoc(f) or "")] == []


@pytest.mark.parametrize("name", sorted(metrics.METRICS))
def test_every_registered_metric_says_formula_and_range(name: str) -> None:
    doc = inspect.getdoc(metrics.METRICS[name]) or ""
    assert "in [0, 1]" in doc
    assert "``" in doc
