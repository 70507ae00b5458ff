"""Our terminals before strangers' hosts that are right in their own way: none of them is blamed."""

from __future__ import annotations

from typing import Any

import pytest
from bank import Bank, Errs
from right_hosts import (
    RIGHT_HOSTS,
    ignores_network_management,
    knows_no_network_management,
)
from virtual_time import virtually

from harness.api import Terminals
from harness.checks.verdict import Verdict

ANSWERS_LOST = ("drop_response:nth=2,mti=0210", "drop_response:nth=1,mti=0430")


async def play(host: Errs, **options: Any) -> Verdict:
    """Two terminals for ten minutes; each loses an answer, and the answer to a reversal."""
    options |= {"terminals": 2, "gap": "30s", "settle": "200s", "faults": ANSWERS_LOST}
    async with Bank(host) as bank, Terminals(bank.address, **options) as atms:
        await atms.serve("10m")
        await atms.settle()
    return atms.verdict


@pytest.mark.parametrize("name", RIGHT_HOSTS)
def test_a_right_host_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its answers leave out, and however long it takes within its time."""
    verdict = virtually(play(RIGHT_HOSTS[name]), monkeypatch)
    assert verdict.passed, verdict
    tried = {row.id for row in verdict.rows if row.tried}
    assert {"T4", "T13", "H9", "H10", "H12", "H13"} <= tried


def test_a_host_that_refuses_echoes_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no sign-on is asked for, a host may know no network management. After an answer was
    lost, its refusal shows that it works, and the reversal leaves.
    """
    verdict = virtually(play(knows_no_network_management, sign_on=False), monkeypatch)
    assert verdict.passed, verdict
    assert next(row.tried for row in verdict.rows if row.id == "T13")


def test_a_host_that_knows_no_echo_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our terminals are told so, they send none, and answers, reversals and customers go on
    as with any other host. Where they are not told, it leaves echoes without an answer.
    """
    options = {"sign_on": False, "echo": False}
    verdict = virtually(play(ignores_network_management, **options), monkeypatch)
    assert verdict.passed, verdict
    tried = {row.id for row in verdict.rows if row.tried}
    assert {"T4", "T8", "T13", "H9", "H10"} <= tried
    assert "H13" not in tried
    asked = virtually(play(ignores_network_management, sign_on=False), monkeypatch)
    assert {failure.invariant for failure in asked.failures} >= {"H13"}
