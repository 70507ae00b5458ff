"""A short hand-made journal: one terminal, two customers, one withdrawal that times out."""

from __future__ import annotations

from pathlib import Path

from harness import events as e
from harness.contract import Contract
from harness.journal import Header, JournalWriter
from harness.link_options import LinkOptions

TERMINAL = "ATM00007"
REQUEST = {
    "t": "0200", "2": "9999990000000014", "3": "010000", "4": "000000005000", "7": "1121201031",
    "11": "000012", "35": "9999990000000014=29012010000000000", "37": "000000000012",
    "41": TERMINAL, "52": "2CF929790037CE52", "64": "75A99BA4D84A5802",
}  # fmt: skip
APPROVAL = {"t": "0210", "4": "000000005000", "7": "1121201031", "11": "000012", "39": "00"}
DE_90 = "020000001211212010310000009999900000000000"
REVERSAL = {"t": "0420", "2": "9999990000000014", "4": "000000005000", "7": "1121201117",
            "11": "000013", "41": TERMINAL, "60": "4021", "90": DE_90}  # fmt: skip
SETTLED = {"t": "0430", "7": "1121201117", "11": "000013", "39": "00"}
ECHO = {"t": "0800", "7": "1121201200", "11": "000099", "41": TERMINAL, "70": "301"}

HEADER = Header(
    version="0", scenario="hand_made", seed=1, mode="sim", terminals=7, duration=600.0,
    link=LinkOptions(), terminal_profile="safe", host_profile="safe",
    contract=Contract(),
    sees=("device", "wire.terminal", "wire.host", "wire.mac", "ledger", "store", "terminal"),
)  # fmt: skip


def frame(end: e.End, to: e.End, fields: dict[str, str]) -> e.FrameSeen:
    return e.FrameSeen(end, to, fields, "good", "d" if fields["t"][1] == "4" else "", 200)


ENTRIES: list[tuple[float, str, e.Event]] = [
    (1.0, "ATM00003", e.CustomerArrived(1, "balance", 0)),
    (2.0, TERMINAL, e.CustomerArrived(1, "balance", 0)),
    (3.0, TERMINAL, e.CustomerLeft(1, "served")),
    (31.0, TERMINAL, e.CardInserted("a1b2c3d4e5f6", 2)),
    (31.0, TERMINAL, e.CustomerArrived(2, "withdrawal", 5000)),
    (40.0, TERMINAL, e.ScreenShown("please_wait")),
    (40.0, TERMINAL, e.TransactionBegun(1, "withdrawal", "000012", 5000)),
    (40.0, TERMINAL, e.StateEntered("WAITING_FOR_HOST", "host_response", 85.0)),
    (40.01, TERMINAL, frame("terminal", "host", REQUEST)),
    (40.02, TERMINAL, frame("host", "host", REQUEST)),
    (40.5, "HOST", e.Posted("debit", TERMINAL, "000012", "1121201031", "99999", 5000, "2:x")),
    (40.6, TERMINAL, frame("host", "terminal", APPROVAL)),
    (85.0, TERMINAL, e.Aborted(1, "4021", "host_response")),
    (85.0, TERMINAL, e.EjectBegun()),
    (85.0, TERMINAL, e.ReversalQueued(1, "4021", "000013", "000012", 5000)),
    (86.0, TERMINAL, e.CardAtSlot("a1b2c3d4e5f6")),
    (89.0, TERMINAL, e.CardTaken("a1b2c3d4e5f6")),
    (89.0, TERMINAL, e.CustomerLeft(2, "no_cash")),
    *((100.0 + n, TERMINAL, frame("terminal", "host", ECHO)) for n in range(12)),
    (200.0, TERMINAL, e.CustomerArrived(3, "balance", 0)),
    (201.0, TERMINAL, e.TurnedAway(3, "out_of_service")),
    (300.0, TERMINAL, frame("terminal", "host", REVERSAL)),
    (300.01, TERMINAL, frame("host", "host", REVERSAL)),
    (300.2, "HOST", e.Posted("reversal", TERMINAL, "000012", "1121201031", "99999", 5000, "4:x")),
    (300.3, TERMINAL, frame("host", "terminal", SETTLED)),
    (305.0, TERMINAL, frame("terminal", "terminal", SETTLED)),
    (305.0, TERMINAL, e.ReversalAnswered("000013", "00", flagged=False)),
    (600.0, "RUN", e.RunEnded("quiet")),
]


def write_evening(path: Path) -> Path:
    writer = JournalWriter(path, HEADER)
    for at, actor, event in ENTRIES:
        writer.write(at, actor, event)
    writer.close()
    return path
