"""A kind of fault is found by its layer: its module has the layer's name, or begins with it."""

from __future__ import annotations

import pytest

from harness.faults.grammar import ALL_RULES


@pytest.mark.parametrize("kind", ALL_RULES)
def test_each_kind_is_in_a_module_of_its_layer(kind: str) -> None:
    """Layer 'time' has time_clock.py and time_timers.py; layer 'host' has host.py alone."""
    rule = ALL_RULES[kind]
    module = rule.__module__.rsplit(".", 1)[-1]
    assert module == rule.layer or module.startswith(f"{rule.layer}_")
