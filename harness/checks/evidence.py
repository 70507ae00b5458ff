"""The evidence about one terminal, by witness: device, wire and ledger.

Each witness has an object of its own and takes in the events that it reports:

- `device` (device_evidence.py): card, cash and screen,
- `wire` (wire_evidence.py): the link and the messages on it, at both of its ends,
- `ledger` (ledger_evidence.py): the postings,
- `own_account` (own_account.py): what the terminal says of itself, which is no witness and is used
  only against it,
- `commands` (command_evidence.py): what the broker of the run has handed over and taken.

Three things are shared by them, because each witness knows a part of them: `transactions`, the
requests and what became of them; `wait`, the customer's wait for the host's answer; and `time`, in
which the terminal had power and its process ran.

An event that concerns more than one of these is taken in by `TerminalEvidence` itself. So each
event has exactly one function here that takes it in: `EVIDENCE_HANDLERS` names it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from harness import events as e
from harness.checks.command_evidence import CommandEvidence
from harness.checks.connections import Connections
from harness.checks.device_evidence import PROMPTS, DeviceEvidence, Wanted
from harness.checks.host_wait import HostWait
from harness.checks.ledger_evidence import LedgerEvidence
from harness.checks.network_exchanges import FaultsInForce
from harness.checks.observed import EVERYTHING, Observed
from harness.checks.operating_time import OperatingTime
from harness.checks.own_account import OwnAccount
from harness.checks.run_configuration import RunConfiguration
from harness.checks.said_by_terminal import SaidByTerminal
from harness.checks.transactions import TerminalTransactions
from harness.checks.wire_evidence import WireEvidence
from harness.contract import Contract
from harness.wire.dialects.base import Dialect


class TerminalEvidence:
    """One terminal, seen from outside. `ended_open`: the run ended with something open. `stored` is
    what its store held at the end, as somebody else has counted.
    """

    __slots__ = (
        "commands", "configuration", "device", "dialect", "ended_open", "ledger", "name",
        "ordered_at", "own_account", "store_is_behind", "stored", "time", "transactions", "wait",
        "wire",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        contract: Contract,
        dialect: Dialect,
        *,
        ledger: bool,
        device: bool = True,
        faults: FaultsInForce | None = None,
        connections: Connections | None = None,
        observed: Observed = EVERYTHING,
        configuration: RunConfiguration | None = None,
        in_force: FaultsInForce | None = None,
    ) -> None:
        """`ledger`: can postings be seen? `device`: can the device be seen? `faults` and
        `connections` as in `WireEvidence`, `observed` as in `TerminalTransactions`. Without a
        `configuration` nothing that is said is held against it. `in_force` are the faults of the
        run: without it nobody can tell who ended a connection.
        """
        self.name = name
        self.dialect = dialect
        self.ended_open = False
        self.ordered_at = float("-inf")  # when the operator gave the last order
        self.store_is_behind = False  # it holds a reversal back
        self.stored = e.StoreCounted(0, 0, 0)
        self.time = OperatingTime(contract.after_power_cut)
        self.transactions = TerminalTransactions(ledger=ledger, device=device)
        self.transactions.observed = observed
        self.wait = HostWait(contract.host_response, self.time, self.transactions)
        self.device = DeviceEvidence(self.time, self.transactions)
        self.configuration = configuration
        said = None
        if configuration is not None:
            parts = self.time, self.transactions, self.device
            said = SaidByTerminal(name, contract, dialect, configuration, *parts)
        self.wire = WireEvidence(
            *(name, contract, dialect, self.time, self.transactions, self.wait, faults),
            *(connections or Connections(), said),
        )
        self.wire.network.observed = observed
        self.wire.exchanges.in_force = self.wire.network.in_force = in_force
        self.ledger = LedgerEvidence(contract, self.transactions)
        self.own_account = OwnAccount(self.transactions, self.wait)
        self.commands = CommandEvidence(self.time)

    # --- events that concern more than one witness -----------------------------------------------

    def on_CustomerArrived(self, _at: float, event: e.CustomerArrived) -> None:
        """What the customer wants is what the device will be asked for."""
        self.device.wanted = Wanted(event.customer, event.wants, event.amount)

    def on_PinTyped(self, _at: float, event: e.PinTyped) -> None:
        """What was typed is what the request has to hold."""
        self.device.typed = event.right

    def on_CardInserted(self, at: float, event: e.CardInserted) -> None:
        """A visit begins: no wait goes on from the one before."""
        self.device.on_CardInserted(at, event)
        self.wait.end()

    def on_CardAtSlot(self, at: float, event: e.CardAtSlot) -> None:
        """The card's way out answers an abort on the wire."""
        self.device.on_CardAtSlot(at, event)
        self.wait.card_released(at, inside=self.device.inserted is not None)

    def on_CaptureBegun(self, at: float, event: e.CaptureBegun) -> None:
        """As for the slot."""
        self.device.on_CaptureBegun(at, event)
        self.wait.card_released(at, inside=self.device.inserted is not None)

    def on_ScreenShown(self, at: float, event: e.ScreenShown) -> None:
        """'Please wait' begins a wait, and what is paid after it needs a request of its own."""
        before, self.device.screen = self.device.screen, event.screen
        if event.screen in PROMPTS:
            self.device.asks(at, event.screen)
        if event.screen == "please_wait" != before:
            self.wait.begin(at)
            self.wait.aborted_at = None
            self.transactions.current = None

    def on_PowerLost(self, at: float, _event: e.PowerLost) -> None:
        """Power ends the link and the wait, and the open transactions must survive it."""
        self.store_is_behind = False
        self.time.power_lost(at)
        self.wire.power_lost(at)
        self.transactions.power_lost(card_inside=self.device.inserted is not None)
        self.wait.end()
        self.device.screen = "blank"
        self.device.ejects = 0

    def on_PowerRestored(self, at: float, _event: e.PowerRestored) -> None:
        """From now on the terminal can connect."""
        self.time.power_restored(at)
        self.wire.reach.power_restored(at)

    def on_RecordDelayed(self, at: float, event: e.RecordDelayed) -> None:
        """A request waits for its intent, and no reversal is queued before the store holds it."""
        self.store_is_behind |= event.record == "Reversal"
        if event.record == "Intent":
            self.wire.link.conduct.request_is_held(at)

    def on_StoreWentOn(self, _at: float, _event: e.StoreWentOn) -> None:
        """The store holds all that it was given."""
        self.store_is_behind = False

    def on_StoreCounted(self, _at: float, event: e.StoreCounted) -> None:
        """When all is over."""
        self.stored = event

    def on_OrderGiven(self, at: float, _event: e.OrderGiven) -> None:
        """Whatever is ordered may end a visit."""
        self.ordered_at = at

    def on_ProcessPaused(self, at: float, _event: e.ProcessPaused) -> None:
        """What lies in the dispenser then is cash that nobody counts."""
        self.time.paused(at)
        current = self.transactions.current
        if current is not None and self.device.cash_out:
            current.stood_still = True

    def on_ProcessResumed(self, at: float, _event: e.ProcessResumed) -> None:
        """The process reads what came on the wire meanwhile."""
        self.time.resumed(at)
        self.wire.read_on(at)


WITNESSES: tuple[tuple[str, type], ...] = (
    ("", TerminalEvidence),
    ("device", DeviceEvidence),
    ("wire", WireEvidence),
    ("ledger", LedgerEvidence),
    ("own_account", OwnAccount),
    ("commands", CommandEvidence),
)
"""Who takes events in: by the attribute of `TerminalEvidence`, '' for itself, which comes first."""


class EvidenceHandler(NamedTuple):
    """`take_in(owner, at, event)`, where the owner is that attribute of the terminal's evidence,
    or for '' the terminal's evidence itself. If it returns true, the event concerns no check.
    """

    witness: str
    take_in: Callable[[Any, float, Any], bool | None]


def _handlers() -> dict[type[e.Event], EvidenceHandler]:
    found: dict[type[e.Event], EvidenceHandler] = {}
    for witness, owner in WITNESSES:
        for name, kind in e.EVENT_TYPES.items():
            take_in = getattr(owner, f"on_{name}", None)
            if take_in is not None:
                found.setdefault(kind, EvidenceHandler(witness, take_in))
    return found


EVIDENCE_HANDLERS = _handlers()
"""By event, who takes it in: one call for each event of a journal."""
