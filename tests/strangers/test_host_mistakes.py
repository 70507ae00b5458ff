"""Our terminals before strangers' hosts: each mistake is told, and the right host passes."""

from __future__ import annotations

from typing import Any

import host_content_mistakes  # noqa: F401  # more rows
import host_stream_mistakes  # noqa: F401  # more rows
import pytest
from bank import Bank
from host_mistakes import HOST_MISTAKES
from mistakes import Mistake
from page import PAGE, line_of
from said import Said
from virtual_time import virtually

from harness.api import Terminals

each = pytest.mark.parametrize("name", HOST_MISTAKES)


async def play(row: Mistake, *, errs: bool) -> Said:
    """Two of our terminals for ten minutes in front of a host that errs, or does not."""
    said = Said("terminals")
    options: dict[str, Any] = {"terminals": 2, "gap": "30s", "settle": "200s", **row.options}
    async with (
        Bank(row.play if errs else None) as bank,
        Terminals(bank.address, faults=row.faults, listeners=said.listeners, **options) as atms,
    ):
        await atms.serve("10m")
        await atms.settle()
    return said.of(atms.verdict)


@each
def test_the_mistake_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the invariant that it breaks, or in words where it breaks none."""
    row = HOST_MISTAKES[name]
    said = virtually(play(row, errs=True), monkeypatch)
    said.must_tell(row)
    assert line_of(row, said) in PAGE.read_text(), "draw docs/strangers.md again: page.py"


@each
def test_the_right_host_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the same faults, in the same run but for the mistake."""
    row = HOST_MISTAKES[name]
    virtually(play(row, errs=False), monkeypatch).must_pass(row)
