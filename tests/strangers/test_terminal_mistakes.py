"""Our host before strangers' terminals: each mistake is told, and the right terminal passes."""

from __future__ import annotations

from typing import Any

import pytest
import terminal_content_mistakes  # noqa: F401  # more rows
import terminal_history_mistakes  # noqa: F401  # and more
import terminal_stream_mistakes  # noqa: F401  # and more
import terminal_truth_mistakes  # noqa: F401  # and more
from atm import Atm
from line import Line
from mistakes import Mistake
from page import PAGE, line_of
from said import Said
from terminal_mistakes import TERMINAL_MISTAKES
from virtual_time import virtually

from harness.api import Host

each = pytest.mark.parametrize("name", TERMINAL_MISTAKES)


async def play(row: Mistake, *, errs: bool) -> Said:
    """One terminal that errs, or does not, in front of our host; and what the harness says."""
    said = Said("host")
    options: dict[str, Any] = {"seed": 2, "settle": "200s", **row.options}
    async with Host(faults=row.faults, listeners=said.listeners, **options) as host:
        line = await Line.to(host.address)
        try:
            atm = Atm(line, errs=errs)
            await atm.sign_on()
            await row.play(atm)
        finally:
            await line.close()
    return said.of(host.verdict)


@each
def test_the_mistake_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the invariant that it breaks, or in words where it breaks none."""
    row = TERMINAL_MISTAKES[name]
    said = virtually(play(row, errs=True), monkeypatch)
    said.must_tell(row)
    assert not [name for name in said.broken if name.startswith("H")], said  # not the host's fault
    assert line_of(row, said) in PAGE.read_text(), "draw docs/strangers.md again: page.py"


@each
def test_the_right_terminal_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the same faults, in the same run but for the mistake."""
    row = TERMINAL_MISTAKES[name]
    said = virtually(play(row, errs=False), monkeypatch)
    said.must_pass(row)
