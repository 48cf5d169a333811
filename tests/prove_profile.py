"""A pytest plugin for `tests.prove`: every property is tried with many times its usual number of examples.

Loaded with `-p tests.prove_profile`. ZEROT_PROVE_FACTOR is how many times. Properties that state their own number keep
its proportion; deadlines are off, because a long run shares the machine.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings

PROFILE = "prove"
FACTOR_VARIABLE = "ZEROT_PROVE_FACTOR"


def factor() -> int:
    return int(os.environ.get(FACTOR_VARIABLE, "20"))


def longer(before: settings) -> settings:
    return settings(before, max_examples=before.max_examples * factor(), deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile(PROFILE, longer(settings.get_profile("default")))
    # Properties without settings of their own take the profile; those with were built before it was loaded.
    settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    usual = settings.get_profile(PROFILE).max_examples
    seen: set[int] = set()
    for item in items:
        function: Any = getattr(item, "function", None)
        own = getattr(function, "_hypothesis_internal_use_settings", None)
        if is_hypothesis_test(function) and isinstance(own, settings) and id(function) not in seen:
            seen.add(id(function))
            # A test that states fewer or more than the profile says keeps its own proportion.
            if own.max_examples != usual:
                function._hypothesis_internal_use_settings = longer(own)
        case: Any = getattr(item, "cls", None)
        if isinstance(getattr(case, "settings", None), settings) and id(case) not in seen:
            seen.add(id(case))
            case.settings = longer(case.settings)
