"""Other people's specifications, between our machines and strangers': the money is right, whichever
elements the specification has and however long they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bank
import pytest
from atm import Atm
from bank import Bank
from line import Fields, Line
from mistakes import Mistake
from said import Said
from specifications import THEIRS, Theirs, shaped, spec_of
from virtual_time import virtually

from harness.api import Host, Terminals

each = pytest.mark.parametrize("name", THEIRS)
_decided = Bank._decided
BANK_ECHOES = bank.ECHOED
ROW = Mistake("right", "none", lambda: None)


class TheirLine(Line):
    """Sends messages in the form of a specification."""

    theirs: Theirs

    def send(self, message: Fields) -> None:
        super().send(shaped(self.theirs, message))


@pytest.fixture
def spec(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file with the specification, which the stranger's machine has too."""
    made = spec_of(THEIRS[name])
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(made))
    made["h"].pop("value", None)
    monkeypatch.setattr("line.SPEC", made)
    monkeypatch.setattr("bank.SPEC", made)
    monkeypatch.setattr("bank.ECHOED", (*BANK_ECHOES, "h"))
    return str(path)


async def _before_our_host(theirs: Theirs, spec: str, options: dict[str, Any]) -> Said:
    said = Said("host")
    async with Host(spec=spec, seed=2, listeners=said.listeners, **options) as host:
        line = await TheirLine.to(host.address)
        assert isinstance(line, TheirLine)
        line.theirs = theirs
        try:
            atm = Atm(line, errs=False)
            signed = await atm.sign_on()
            assert signed is not None
            assert signed["39"] == "00"
            await atm.pays(5000)
            request = await atm.pays(3000, card=1)
            answer = await atm.reverses(atm.reversal(request, code="00"))
            assert answer is not None
            assert answer["39"] == "00"
            if "h" in theirs.shape:
                assert answer["h"] == theirs.shape["h"]("")
        finally:
            await line.close()
    assert host.verdict.totals.ledger == 5000  # cents: the other one was given back
    return said.of(host.verdict)


@each
def test_a_stranger_s_terminal_before_our_host(
    name: str, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered in the form in which it asked; the reversal finds its original."""
    virtually(_before_our_host(THEIRS[name], spec, {"settle": "200s"}), monkeypatch).must_pass(ROW)


async def _before_their_host(spec: str) -> Said:
    said = Said("terminals")
    options: dict[str, Any] = {"terminals": 2, "gap": "30s", "settle": "200s"}
    async with (
        Bank() as theirs,
        Terminals(theirs.address, spec=spec, listeners=said.listeners, **options) as atms,
    ):
        await atms.serve("4m")
        await atms.settle()
    assert {message["t"] for message in theirs.heard} >= {"0800", "0200"}
    return said.of(atms.verdict)


@each
def test_our_terminals_before_a_stranger_s_host(
    name: str, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they send reads by pyiso8583, and what it answers is understood."""
    small = {"DE 54 of 12": "54", "no DE 38": "38"}.get(name, "")

    def decided(self: Bank, message: Fields) -> Fields:
        return {key: text for key, text in _decided(self, message).items() if key != small}

    monkeypatch.setattr("bank.Bank._decided", decided)
    virtually(_before_their_host(spec), monkeypatch).must_pass(ROW)
