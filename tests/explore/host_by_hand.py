"""One real host and its one terminal by hand: every cell of the host's table, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from raw_fields import Fields, RawDialect

from harness.assembly import Assembly
from harness.explore import tables as x
from harness.explore.coverage import Counts, watch
from harness.explore.tables import Cell
from harness.machines.host import Host
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.wire.calendar import Stamp
from harness.wire.message import Station

RAW = RawDialect()


def _assembly(stand_in: int = 0) -> Assembly:
    scenario = load_scenario("ordinary_evening")
    contract = msgspec.structs.replace(scenario.contract, stand_in=stand_in)
    plan = plan_of(msgspec.structs.replace(scenario, contract=contract), terminals=1)
    assembly = Assembly(plan)
    assembly.host_profile = msgspec.structs.replace(
        assembly.host_profile, settings={"short_of_funds": 0.0}
    )
    return assembly


BASE = _assembly()
STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
CARD = BASE.population.card(0, 1)
AMOUNT = 5000
STANDING_IN = _assembly(stand_in=AMOUNT)
WAIT = 5.0  # seconds: longer than the host takes to decide
OFF = 1.0


class Desk:
    """`say` takes the words of `WORDS`; `codes` are the answers (DE 39) to what it said last."""

    def __init__(
        self, counts: Counts, faults: tuple[str, ...] = (), *, stands_in: bool = False
    ) -> None:
        assembly = (STANDING_IN if stands_in else BASE).with_faults(faults)
        watch(assembly, counts)
        host = assembly.host()
        assert isinstance(host, Host)
        self.host = host
        self.now = 0.0
        self.codes: list[str] = []
        self._line = 0
        self.connect()

    def connect(self) -> None:
        """A connection that has not signed on."""
        self._line += 1
        self.host.opened(self._line)

    def say(self, words: str) -> None:
        self.codes = []
        for word in words.split():
            WORDS[word](self)

    def hear(self, fields: Fields) -> None:
        self.host.receive(self._line, BASE.press.reseal(fields), self.now)
        self._take()

    def wait(self, seconds: float = WAIT) -> None:
        end = self.now + seconds
        while (due := self.host.next_deadline()) <= end:
            self.now = due
            self.host.tick(due)
            self._take()
        self.now = end

    def _take(self) -> None:
        out, self.host.out = self.host.out, []
        answers = [BASE.codec.decode(data[2:])[0] for _, data in out if data]
        self.codes += [answer["39"] for answer in answers]

    def paid(self) -> int:
        """What was debited and not given back, in minor units."""
        return self.host.ledger.balance("cash ATM00001")


def network(function: str) -> Fields:
    return RAW.network(STATION, function, stan="900001", sent="1121190000")


def request(kind: str = "withdrawal", pin: str = CARD.pin) -> Fields:
    return RAW.request(
        STATION, kind=kind, pan=CARD.pan, expiry=CARD.expiry, track2=CARD.track2,
        pin_block=BASE.pin.block(pin, CARD.pan), amount=AMOUNT, stan="000001", rrn=f"{1:012d}",
        stamp=Stamp("1121201000", "211000", "1121"),
    )  # fmt: skip


def reversal(stan: str = "000101", taken: int | None = None) -> Fields:
    return RAW.reversal(
        STATION, pan=CARD.pan, amount=AMOUNT, taken=taken, stan=stan, rrn=f"{1:012d}", code="",
        stamp=Stamp("1121201500", "211500", "1121"), reason="4021", original_stan="000001",
        original_sent="1121201000",
    )  # fmt: skip


def _crash(desk: Desk) -> None:
    desk.host.restart(desk.now, OFF, "before_commit")


def _back(desk: Desk) -> None:
    desk.wait(OFF)
    desk.connect()
    desk.hear(network("sign_on"))
    desk.codes = []


_WRONG = f"{(int(CARD.pin) + 1) % 10000:04d}"
_UNNAMED = {name: value for name, value in reversal().items() if name != "90"}

WORDS: dict[str, Callable[[Desk], None]] = {
    "sign_on": lambda desk: desk.hear(network("sign_on")),
    "echo": lambda desk: desk.hear(network("echo")),
    "request": lambda desk: desk.hear(request()),
    "refused": lambda desk: desk.hear(request(pin=_WRONG)),
    "balance": lambda desk: desk.hear(request("balance")),
    "reversal": lambda desk: desk.hear(reversal()),
    "again": lambda desk: desk.hear(RAW.repeat(reversal())),
    "another": lambda desk: desk.hear(reversal("000102")),
    "empty": lambda desk: desk.hear(reversal(taken=AMOUNT)),
    "unnamed": lambda desk: desk.hear(_UNNAMED),
    "part": lambda desk: desk.hear(reversal(taken=2000)),
    "part_again": lambda desk: desk.hear(RAW.repeat(reversal(taken=2000))),
    "wait": Desk.wait,
    "second": lambda desk: desk.wait(1.0),  # decided, and not advised yet
    "crash": _crash,
    "back": _back,
}

_REVERSALS = ("reversal", "another", "part", "empty", "unnamed")


AWAY = "issuer_down:nth=1"  # at the commit
OTHER_FAULTS = {
    x.SIGN_ON_REFUSED: "sign_on_refused",
    x.HANGS: "hang_after_n:n=1,hold=4s@1s..",
    x.DIES_READING: f"crash_restart:off={OFF:g}s@1s..",
    x.COMMIT_ALONE: AWAY,
    x.REVERSAL_ALONE: "issuer_down:nth=2",
    x.ADVISED: AWAY,
}


class Drive(NamedTuple):
    """`last` is said after `first` and meets the cell; then the answers are `codes`, and the
    customer is debited `paid` in all.
    """

    state: str
    event: str
    first: str
    last: str
    codes: str
    paid: int = 0

    @property
    def cell(self) -> Cell:
        return Cell(self.state, self.event)

    @property
    def faults(self) -> tuple[str, ...]:
        """The host dies over the last message of that kind."""
        away = (AWAY,) if self.state == x.STOOD else ()
        if self.event in OTHER_FAULTS:
            return (*away, OTHER_FAULTS[self.event])
        if not self.event.startswith("dies") or self.event == x.DIES:
            return away
        kind = "crash_before_commit" if "before" in self.event else "crash_after_commit"
        reversals = sum(word in _REVERSALS for word in self.words)
        mti, nth = ("0420", reversals) if "reversal" in self.event else ("0200", 1)
        return (*away, f"{kind}:mti={mti},off={OFF:g}s,nth={nth}")

    @property
    def words(self) -> list[str]:
        return f"{self.first} {self.last}".split()

    def begin(self, counts: Counts) -> Desk:
        """A desk that has heard all but the last."""
        desk = Desk(counts, self.faults, stands_in=self.state == x.STOOD)
        desk.say(self.first)
        return desk


_STOOD = "request second"
_POSTED, _DECLINED, _TOLD = "sign_on request wait", "sign_on refused wait", "sign_on balance wait"
_REVERSED, _TOMBSTONED = f"{_POSTED} reversal wait", "sign_on reversal wait"
_IN_DOUBT = "sign_on request reversal"  # a tombstone where a request still waits for its commit

DRIVES = (
    Drive(x.SIGNED_OFF, x.SIGN_ON, "", "sign_on", "00"),
    Drive(x.SIGNED_OFF, x.ECHO, "", "echo", "00"),
    Drive(x.SIGNED_OFF, x.REQUEST, "", "request wait", "58"),
    Drive(x.SIGNED_OFF, x.REVERSAL, "", "reversal wait", "91"),
    Drive(x.SIGNED_ON, x.SIGN_ON, "sign_on", "sign_on", "00"),
    Drive(x.SIGNED_ON, x.ECHO, "sign_on", "echo", "00"),
    Drive(x.UNKNOWN, x.REQUEST, "sign_on", "request", ""),
    Drive(x.UNKNOWN, x.REVERSAL, "sign_on", "reversal wait", "00"),
    Drive(x.UNKNOWN, x.DIES_BEFORE_REVERSAL, "sign_on", "reversal wait", ""),
    # heard, and not decided yet
    Drive(x.UNDECIDED, x.REQUEST_AGAIN, "sign_on request", "request", ""),
    Drive(x.UNDECIDED, x.COMMIT, "sign_on request request", "wait", "00 00", AMOUNT),
    Drive(x.UNDECIDED, x.DIES_BEFORE_COMMIT, "sign_on request", "wait", ""),
    Drive(x.UNDECIDED, x.REVERSAL, "sign_on request", "reversal", ""),
    Drive(x.UNDECIDED, x.DIES_BEFORE_REVERSAL, "sign_on request", "reversal wait", ""),
    Drive(x.UNDECIDED, x.DIES, "sign_on request", "crash back wait", ""),
    Drive(x.UNDECIDED, x.COMMIT_ALONE, "sign_on request", "wait", "91"),
    # before it is looked at
    Drive(x.SIGNED_OFF, x.SIGN_ON_REFUSED, "", "sign_on request wait", "58 58"),
    Drive(x.SIGNED_OFF, x.HANGS, "wait", "sign_on wait", "00"),
    Drive(x.SIGNED_OFF, x.DIES_READING, "wait", "sign_on wait", ""),
    Drive(x.SIGNED_ON, x.HANGS, "sign_on wait", "request wait wait", "00", AMOUNT),
    Drive(x.SIGNED_ON, x.DIES_READING, "sign_on wait", "request wait wait", ""),
    # approved in the issuer's stead
    Drive(x.STOOD, x.REQUEST_AGAIN, f"sign_on {_STOOD}", "request", "00"),
    Drive(x.STOOD, x.DIES_AFTER_COMMIT, "sign_on request", "second", ""),
    Drive(x.STOOD, x.REVERSAL, f"sign_on {_STOOD}", "reversal wait", "00"),
    Drive(x.STOOD, x.REVERSAL_AGAIN, f"sign_on {_STOOD} part", "part_again", "00"),
    Drive(x.STOOD, x.DIES_BEFORE_REVERSAL, f"sign_on {_STOOD}", "reversal", ""),
    Drive(x.STOOD, x.DIES_AFTER_REVERSAL, f"sign_on {_STOOD}", "part", ""),
    Drive(x.STOOD, x.DIES, f"sign_on {_STOOD}", "crash back wait", "", AMOUNT),
    Drive(x.STOOD, x.ADVISED, f"sign_on {_STOOD}", "wait", "", AMOUNT),
    # debited
    Drive(x.POSTED, x.REVERSAL_ALONE, _POSTED, "reversal wait", "91", AMOUNT),
    Drive(x.POSTED, x.REQUEST_AGAIN, _POSTED, "request wait", "00", AMOUNT),
    Drive(x.POSTED, x.DIES_AFTER_COMMIT, "sign_on request", "wait", "", AMOUNT),
    Drive(x.POSTED, x.REVERSAL, _POSTED, "reversal wait", "00"),
    Drive(x.POSTED, x.REVERSAL_AGAIN, f"{_POSTED} empty wait", "again wait", "00", AMOUNT),
    Drive(x.POSTED, x.DIES_BEFORE_REVERSAL, _POSTED, "reversal wait", "", AMOUNT),
    Drive(x.POSTED, x.DIES_AFTER_REVERSAL, _POSTED, "empty wait", "", AMOUNT),
    Drive(x.POSTED, x.DIES, _POSTED, "crash back request wait", "00", AMOUNT),
    # declined
    Drive(x.DECLINED, x.REQUEST_AGAIN, _DECLINED, "refused wait", "55"),
    Drive(x.DECLINED, x.DIES_AFTER_COMMIT, "sign_on refused", "wait", ""),
    Drive(x.DECLINED, x.REVERSAL, _DECLINED, "reversal wait", "00"),
    Drive(x.DECLINED, x.REVERSAL_AGAIN, f"{_DECLINED} reversal wait", "again wait", "00"),
    Drive(x.DECLINED, x.DIES_BEFORE_REVERSAL, _DECLINED, "reversal wait", ""),
    Drive(x.DECLINED, x.DIES_AFTER_REVERSAL, _DECLINED, "reversal wait", ""),
    Drive(x.DECLINED, x.DIES, _DECLINED, "crash back request wait", "55"),
    # a balance inquiry, answered
    Drive(x.TOLD, x.REQUEST_AGAIN, _TOLD, "balance wait", "00"),
    Drive(x.TOLD, x.DIES_AFTER_COMMIT, "sign_on balance", "wait", ""),
    Drive(x.TOLD, x.REVERSAL, _TOLD, "reversal wait", "00"),
    Drive(x.TOLD, x.REVERSAL_AGAIN, f"{_TOLD} reversal wait", "again wait", "00"),
    Drive(x.TOLD, x.DIES_BEFORE_REVERSAL, _TOLD, "reversal wait", ""),
    Drive(x.TOLD, x.DIES_AFTER_REVERSAL, _TOLD, "reversal wait", ""),
    Drive(x.TOLD, x.DIES, _TOLD, "crash back balance wait", "00"),
    # debited and given back
    Drive(x.REVERSED, x.REQUEST_AGAIN, _REVERSED, "request wait", "00"),
    Drive(x.REVERSED, x.REVERSAL, _REVERSED, "another wait", "94"),
    Drive(x.REVERSED, x.REVERSAL_AGAIN, _REVERSED, "again wait", "00"),
    Drive(x.REVERSED, x.DIES_BEFORE_REVERSAL, _REVERSED, "another wait", ""),
    Drive(x.REVERSED, x.DIES_AFTER_REVERSAL, _POSTED, "reversal wait", ""),
    Drive(x.REVERSED, x.DIES, _REVERSED, "crash back again wait", "00"),
    # reversed before it came, or before it was decided
    Drive(x.TOMBSTONED, x.REQUEST_AGAIN, _TOMBSTONED, "request wait", "94"),
    Drive(x.TOMBSTONED, x.COMMIT, _IN_DOUBT, "wait", "00 94"),
    Drive(x.TOMBSTONED, x.DIES_BEFORE_COMMIT, _IN_DOUBT, "wait back request wait", "94"),
    Drive(x.TOMBSTONED, x.DIES_AFTER_COMMIT, _IN_DOUBT, "wait back request wait", "94"),
    Drive(x.TOMBSTONED, x.REVERSAL, _TOMBSTONED, "another wait", "94"),
    Drive(x.TOMBSTONED, x.REVERSAL_AGAIN, _TOMBSTONED, "again wait", "00"),
    Drive(x.TOMBSTONED, x.DIES_BEFORE_REVERSAL, _TOMBSTONED, "another wait", ""),
    Drive(x.TOMBSTONED, x.DIES_AFTER_REVERSAL, "sign_on", "reversal back request wait", "94"),
    Drive(x.TOMBSTONED, x.DIES, _TOMBSTONED, "crash back request wait", "94"),
    # DE 90 names nothing
    Drive(x.UNNAMED, x.REVERSAL, _POSTED, "unnamed wait", "30", AMOUNT),
    Drive(x.UNNAMED, x.REVERSAL_AGAIN, f"{_POSTED} unnamed wait", "unnamed wait", "30", AMOUNT),
    Drive(x.UNNAMED, x.DIES_BEFORE_REVERSAL, _POSTED, "unnamed wait", "", AMOUNT),
    Drive(x.UNNAMED, x.DIES_AFTER_REVERSAL, _POSTED, "unnamed back again wait", "30", AMOUNT),
)
