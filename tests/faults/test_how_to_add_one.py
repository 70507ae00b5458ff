"""The fault that docs/contributing.md adds step by step is one, and does what its test says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from passing import ATM, delivered, frame, message, plan, told

from harness.faults import meaning
from harness.faults.grammar import ALL_RULES, parse_fault

PAGE = Path(__file__).parents[2] / "docs" / "contributing.md"


def test_the_example_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Class and test as they stand on the page."""
    rule, test = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {
        **vars(meaning), "ATM": ATM, "delivered": delivered, "frame": frame,
        "message": message, "plan": plan, "told": told,
    }  # fmt: skip
    exec(rule, names)
    added = names["WrongCurrency"]
    monkeypatch.setitem(ALL_RULES, added.kind, added)
    exec(test, names)
    names["test_an_answer_in_another_currency"]()
    parse_fault.cache_clear()
