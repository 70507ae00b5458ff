"""What a host does is its table, and which cell a message meets is its kind's to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from raw_fields import Fields, RawDialect, said

from harness import events as e
from harness.assembly import Assembly
from harness.machines.host import Host
from harness.machines.host_cells import requests, reversals
from harness.machines.host_inputs import (
    HostConnection,
    HostInput,
    HostState,
    Received,
    state_of,
)
from harness.machines.host_table import CLASSIFIERS, SAFE_HOST_TABLE, Classifier
from harness.machines.profile import rewired_host
from harness.machines.transaction_log import DONE, STOOD_IN, TransactionRecord
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.wire.calendar import Stamp
from harness.wire.message import Kind, Station

RAW = RawDialect()
STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
ASSEMBLY = Assembly(plan_of(load_scenario("ordinary_evening"), terminals=1))
CARD = next(c for c in (ASSEMBLY.population.card(0, n) for n in range(1, 99)) if c.home)
AMOUNT = 5000

REQUEST = RAW.request(
    STATION, kind="withdrawal", pan=CARD.pan, expiry=CARD.expiry, track2=CARD.track2,
    pin_block=ASSEMBLY.pin.block(CARD.pin, CARD.pan), amount=AMOUNT, stan="000001",
    rrn=f"{1:012d}", stamp=Stamp("1121201000", "211000", "1121"),
)  # fmt: skip
REVERSAL = RAW.reversal(
    STATION, pan=CARD.pan, amount=AMOUNT, taken=None, stan="000101", rrn=f"{1:012d}", code="",
    stamp=Stamp("1121201500", "211500", "1121"), reason="4021", original_stan="000001",
    original_sent="1121201000",
)  # fmt: skip
ADVICE = {**REQUEST, "t": "0220"}


class Desk:
    """A host of that class before which one terminal has signed on."""

    def __init__(self, machine: type[Host] = Host) -> None:
        assembly = ASSEMBLY.with_faults(())
        assembly.host_profile = msgspec.structs.replace(
            assembly.host_profile, machine=machine, settings={"short_of_funds": 0.0}
        )
        host = assembly.host()
        assert isinstance(host, Host)
        self.host = host
        self.now = 0.0
        self.host.opened(1)
        self.hear(RAW.network(STATION, "sign_on", stan="900001", sent="1121190000"))
        self.host.events.clear()

    def hear(self, fields: Fields) -> list[str]:
        """The host receives a message, and time passes: the codes that it answers with."""
        self.host.receive(1, ASSEMBLY.frame_builder.reseal(fields), self.now)
        self.now += 5.0
        while (due := self.host.next_deadline()) <= self.now:
            self.host.tick(due)
        out, self.host.out = self.host.out, []
        return [ASSEMBLY.codec.decode(data[2:])[0]["39"] for _, data in out]


def test_a_kind_without_a_row_is_not_for_a_host() -> None:
    """It is answered that this is not supported, and the journal is told."""
    desk = Desk()
    assert desk.hear(ADVICE) == ["40"]
    told = e.MessageRefused("ATM00001", "0220", "000001", "40", "MTI 0220 is not served here")
    assert desk.host.events == [told]


def test_a_kind_that_is_new_is_a_row() -> None:
    """Here a host that takes the advices of a terminal as it takes its requests."""

    class TakesAdvices(Host):
        classifiers: ClassVar[Mapping[Kind, Classifier]] = {
            **CLASSIFIERS,
            Kind.ADVICE: requests.classify,
        }

    assert Desk(TakesAdvices).hear(ADVICE) == ["00"]


def test_a_defect_has_other_cells_and_shares_the_rest() -> None:
    """This one refuses to give anything back, and does all else as the safe host does."""
    key = (HostState.APPROVED, HostInput.REVERSAL)
    stubborn = rewired_host({key: reversals.refuse_second})
    assert {**stubborn.table, key: SAFE_HOST_TABLE[key]} == SAFE_HOST_TABLE
    assert Host.table is SAFE_HOST_TABLE
    for machine, code in ((Host, "00"), (stubborn, "94")):
        desk = Desk(machine)
        assert desk.hear(REQUEST) == ["00"]
        assert desk.hear(REVERSAL) == [code]


def test_a_pair_without_a_cell_does_nothing() -> None:
    """No answer, no record and no event."""
    host = Desk().host
    received = Received(HostConnection(1, ASSEMBLY.new_link()), said(REQUEST))
    host.step((HostState.UNKNOWN, HostInput.COMMIT), received, 0.0)
    assert host.out == []
    assert host.events == []
    assert host.log.transactions() == []


def test_states_of_a_transaction() -> None:
    """An approval has a number; what was given back, in full or in part, is reversed."""
    record = TransactionRecord(DONE, ("2", "ATM00001", "99999"), 1)
    assert state_of(None) == HostState.UNKNOWN
    assert state_of(record) == HostState.DECLINED
    record.approval = 1
    assert state_of(record) == HostState.NOT_POSTED
    record.amount = AMOUNT
    assert state_of(record) == HostState.APPROVED
    record.state = STOOD_IN
    assert state_of(record) == HostState.STOOD_IN
    record.reversed = 1
    assert state_of(record) == HostState.REVERSED
