"""One real host and its one terminal by hand: every cell of the host's table, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from raw_fields import Fields, RawDialect

from harness.assembly import Assembly
from harness.explore.coverage import Counts, watch
from harness.explore.tables import Cell
from harness.machines.host import Host
from harness.machines.host_inputs import HostInput as I
from harness.machines.host_inputs import HostState as S
from harness.machines.standin import Issuer
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.wire.calendar import Stamp
from harness.wire.message import Message, Station

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


class _DecliningIssuer(Issuer):
    """Declines every advice."""

    def decide(self, _advice: Message) -> str:
        return self._dialect.codes["insufficient_funds"]


class _DeclinesAdvices(Host):
    issuer_type = _DecliningIssuer


class Desk:
    """`say` takes the words of `WORDS`; `codes` are the answers (DE 39) to what it said last."""

    def __init__(
        self,
        counts: Counts,
        faults: tuple[str, ...] = (),
        *,
        stands_in: bool = False,
        machine: type[Host] = Host,
    ) -> None:
        assembly = (STANDING_IN if stands_in else BASE).with_faults(faults)
        assembly.host_profile = msgspec.structs.replace(assembly.host_profile, machine=machine)
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
        self.host.receive(self._line, BASE.frame_builder.reseal(fields), self.now)
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

    def may_remember(self, most: int, terminals: int = 9) -> None:
        self.host.settings = msgspec.structs.replace(
            self.host.settings, most_remembered=most, most_terminals=terminals
        )

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


def reversal(stan: str = "000101", taken: int | None = None, original: str = "000001") -> Fields:
    return RAW.reversal(
        STATION, pan=CARD.pan, amount=AMOUNT, taken=taken, stan=stan, rrn=f"{1:012d}", code="",
        stamp=Stamp("1121201500", "211500", "1121"), reason="4021", original_stan=original,
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
_UNNAMED = {**reversal(), "90": f"0200{0:038d}"}  # no STAN is zero


def _other(**fields: str) -> Callable[[Desk], None]:
    """A request in which some data elements are other ones; '' leaves one out."""
    changed = {name.strip("_"): value for name, value in fields.items()}
    kept = {name: value for name, value in {**request(), **changed}.items() if value}
    return lambda desk: desk.hear(kept)


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
    "unnamed_again": lambda desk: desk.hear(RAW.repeat(_UNNAMED)),
    "empty_again": lambda desk: desk.hear(RAW.repeat(reversal(taken=AMOUNT))),
    "sign_off": lambda desk: desk.hear(network("sign_off")),
    "key_change": lambda desk: desk.hear({**network("echo"), "70": "161"}),
    "no_function": lambda desk: desk.hear(
        {name: text for name, text in network("echo").items() if name != "70"}
    ),
    "full": lambda desk: desk.may_remember(0),
    "crowded": lambda desk: desk.may_remember(9, terminals=0),
    "response": _other(t="0210", _39="00"),
    "purchase": _other(_3="000000"),
    "dollars": _other(_49="840"),
    "nameless": _other(_41=""),
    "larger": _other(_4=f"{2 * AMOUNT:012d}"),
    "too_much": lambda desk: desk.hear({**reversal(), "4": f"{2 * AMOUNT:012d}"}),
    "more_taken": lambda desk: desk.hear(reversal(taken=AMOUNT + 1)),
    "part": lambda desk: desk.hear(reversal(taken=2000)),
    "wait": Desk.wait,
    "second": lambda desk: desk.wait(1.0),  # decided, and not advised yet
    "crash": _crash,
    "back": _back,
}

_REVERSALS = ("reversal", "another", "part", "empty", "unnamed")


AWAY = "issuer_down:nth=1"  # at the commit
OTHER_FAULTS = {
    I.SIGN_ON_REFUSED: "sign_on_refused",
    I.HANG: "hang_after_n:n=1,hold=4s@1s..",
    I.CRASH_AT_READING: f"crash_restart:off={OFF:g}s@1s..",
    I.COMMIT_ISSUER_AWAY: AWAY,
    I.REVERSAL_ISSUER_AWAY: "issuer_down:nth=2",
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
    fault: str = ""

    @property
    def cell(self) -> Cell:
        return Cell(self.state, self.event)

    @property
    def faults(self) -> tuple[str, ...]:
        """Those that lead to the cell: a host crashes over the last message of that kind."""
        if self.fault:
            return (self.fault,)
        away = (AWAY,) if self.stands_in else ()
        if self.event in OTHER_FAULTS:
            return (*away, OTHER_FAULTS[self.event])
        if not self.event.startswith("crash") or self.event == I.CRASH_OVER_ANOTHER:
            return away
        kind = "crash_before_commit" if "before" in self.event else "crash_after_commit"
        reversals = sum(word in _REVERSALS for word in self.words)
        mti, nth = ("0420", reversals) if "reversal" in self.event else ("0200", 1)
        return (*away, f"{kind}:mti={mti},off={OFF:g}s,nth={nth}")

    @property
    def stands_in(self) -> bool:
        return self.state == S.STOOD_IN or self.event.startswith("advice")

    @property
    def words(self) -> list[str]:
        return f"{self.first} {self.last}".split()

    def begin(self, counts: Counts) -> Desk:
        """A desk that has heard all but the last."""
        machine = _DeclinesAdvices if self.event == I.ADVICE_DECLINED else Host
        desk = Desk(counts, self.faults, stands_in=self.stands_in, machine=machine)
        desk.say(self.first)
        return desk


_STOOD = "request second"
_POSTED, _DECLINED, _TOLD = "sign_on request wait", "sign_on refused wait", "sign_on balance wait"
_REVERSED, _TOMBSTONED = f"{_POSTED} reversal wait", "sign_on reversal wait"
_IN_DOUBT = "sign_on request reversal"  # a tombstone where a request still waits for its commit

DRIVES = (
    Drive(S.SIGNED_OFF, I.SIGN_ON, "", "sign_on", "00"),
    Drive(S.SIGNED_OFF, I.ECHO, "", "echo", "00"),
    Drive(S.SIGNED_OFF, I.REQUEST, "", "request wait", "58"),
    Drive(S.SIGNED_OFF, I.REVERSAL, "", "reversal wait", "91"),
    Drive(S.SIGNED_ON, I.SIGN_ON, "sign_on", "sign_on", "00"),
    Drive(
        *(S.SIGNED_ON, I.SIGN_ON_REFUSED, "sign_on", "sign_on request wait", "58 00", AMOUNT),
        fault="sign_on_refused:nth=2",
    ),
    Drive(S.SIGNED_ON, I.ECHO, "sign_on", "echo", "00"),
    Drive(S.UNKNOWN, I.REQUEST, "sign_on", "request", ""),
    Drive(S.UNKNOWN, I.REVERSAL, "sign_on", "reversal wait", "00"),
    Drive(S.UNKNOWN, I.REVERSAL_DISAGREES, "sign_on", "part wait request wait", "25 94"),
    Drive(S.UNKNOWN, I.CRASH_BEFORE_REVERSAL, "sign_on", "reversal wait", ""),
    # a fault orders the code
    Drive(
        *(S.SIGNED_OFF, I.CODE_ORDERED, "", "echo", "91"),
        fault="host_answers:code=91,mti=0800,nth=1",
    ),
    Drive(
        *(S.SIGNED_ON, I.CODE_ORDERED, "sign_on request wait", "reversal wait again wait", "12 00"),
        fault="host_answers:code=12,mti=0420,nth=1",
    ),
    # heard, and not decided yet
    Drive(S.PENDING, I.REQUEST_AGAIN, "sign_on request", "request", ""),
    Drive(S.PENDING, I.COMMIT, "sign_on request request", "wait", "00 00", AMOUNT),
    Drive(S.PENDING, I.CRASH_BEFORE_COMMIT, "sign_on request", "wait", ""),
    Drive(S.PENDING, I.REVERSAL, "sign_on request", "reversal", ""),
    Drive(S.PENDING, I.REVERSAL_DISAGREES, "sign_on request", "part wait", "30 00", AMOUNT),
    Drive(S.PENDING, I.CRASH_BEFORE_REVERSAL, "sign_on request", "reversal wait", ""),
    Drive(S.PENDING, I.CRASH_OVER_ANOTHER, "sign_on request", "crash back wait", ""),
    Drive(S.PENDING, I.COMMIT_ISSUER_AWAY, "sign_on request", "wait", "91"),
    # before it is looked at
    Drive(S.SIGNED_OFF, I.SIGN_ON_REFUSED, "", "sign_on request wait", "58 58"),
    Drive(S.SIGNED_OFF, I.HANG, "wait", "sign_on wait", "00"),
    Drive(S.SIGNED_OFF, I.CRASH_AT_READING, "wait", "sign_on wait", ""),
    Drive(S.SIGNED_ON, I.HANG, "sign_on wait", "request wait wait", "00", AMOUNT),
    Drive(S.SIGNED_ON, I.CRASH_AT_READING, "sign_on wait", "request wait wait", ""),
    # what is refused before it is looked up, and what has another one's identity
    Drive(S.SIGNED_OFF, I.SIGN_OFF, "", "sign_off request wait", "00 58"),
    Drive(S.SIGNED_ON, I.SIGN_OFF, "sign_on", "sign_off request reversal wait", "00 58 91"),
    Drive(S.SIGNED_OFF, I.NOT_SUPPORTED, "", "key_change wait", "40"),
    Drive(S.SIGNED_ON, I.NOT_SUPPORTED, "sign_on", "purchase wait", "40"),
    Drive(S.SIGNED_OFF, I.NOT_FOR_HOST, "", "response wait", ""),
    Drive(S.SIGNED_ON, I.NOT_FOR_HOST, "sign_on", "response wait", ""),
    Drive(S.SIGNED_OFF, I.INCOMPLETE, "", "no_function wait", "30"),
    Drive(S.SIGNED_ON, I.INCOMPLETE, "sign_on", "nameless wait", "30"),
    Drive(S.SIGNED_OFF, I.NO_ROOM, "crowded", "sign_on wait", "96"),
    Drive(S.SIGNED_ON, I.NO_ROOM, "sign_on full", "request wait", "96"),
    Drive(S.SIGNED_ON, I.WRONG_CURRENCY, "sign_on", "dollars wait request wait", "12 00", AMOUNT),
    Drive(S.SIGNED_ON, I.STAN_REUSED, _POSTED, "larger wait", "94", AMOUNT),
    # approved in the issuer's stead
    Drive(S.STOOD_IN, I.REQUEST_AGAIN, f"sign_on {_STOOD}", "request", "00"),
    Drive(S.STOOD_IN, I.CRASH_AFTER_COMMIT, "sign_on request", "second", ""),
    Drive(S.STOOD_IN, I.REVERSAL, f"sign_on {_STOOD}", "reversal wait", "00"),
    Drive(S.STOOD_IN, I.REVERSAL_DISAGREES, f"sign_on {_STOOD}", "too_much wait", "30", AMOUNT),
    Drive(S.STOOD_IN, I.CRASH_BEFORE_REVERSAL, f"sign_on {_STOOD}", "reversal", ""),
    Drive(S.STOOD_IN, I.CRASH_OVER_ANOTHER, f"sign_on {_STOOD}", "crash back wait", "", AMOUNT),
    Drive(S.STOOD_IN, I.ADVICE_ACCEPTED, f"sign_on {_STOOD}", "wait", "", AMOUNT),
    Drive(S.STOOD_IN, I.ADVICE_DECLINED, f"sign_on {_STOOD}", "wait", ""),
    Drive(S.REVERSED, I.ADVICE_ACCEPTED, f"sign_on {_STOOD} part", "wait", "00", 2000),
    Drive(S.REVERSED, I.ADVICE_DECLINED, f"sign_on {_STOOD} part", "wait", "00"),
    # debited
    Drive(S.APPROVED, I.REVERSAL_ISSUER_AWAY, _POSTED, "reversal wait", "91", AMOUNT),
    Drive(S.APPROVED, I.REQUEST_AGAIN, _POSTED, "request wait", "00", AMOUNT),
    Drive(S.APPROVED, I.CRASH_AFTER_COMMIT, "sign_on request", "wait", "", AMOUNT),
    Drive(S.APPROVED, I.REVERSAL, _POSTED, "reversal wait", "00"),
    Drive(S.APPROVED, I.REVERSAL_DISAGREES, _POSTED, "more_taken wait", "30", AMOUNT),
    Drive(S.APPROVED, I.CRASH_BEFORE_REVERSAL, _POSTED, "reversal wait", "", AMOUNT),
    Drive(S.APPROVED, I.CRASH_OVER_ANOTHER, _POSTED, "crash back request wait", "00", AMOUNT),
    # declined
    Drive(S.DECLINED, I.REQUEST_AGAIN, _DECLINED, "refused wait", "55"),
    Drive(S.DECLINED, I.CRASH_AFTER_COMMIT, "sign_on refused", "wait", ""),
    Drive(S.DECLINED, I.REVERSAL, _DECLINED, "reversal wait", "00"),
    Drive(S.DECLINED, I.REVERSAL_DISAGREES, _DECLINED, "part wait", "30"),
    Drive(S.DECLINED, I.REVERSAL_AGAIN, f"{_DECLINED} reversal wait", "again wait", "00"),
    Drive(S.DECLINED, I.CRASH_BEFORE_REVERSAL, _DECLINED, "reversal wait", ""),
    Drive(S.DECLINED, I.CRASH_AFTER_REVERSAL, _DECLINED, "reversal wait", ""),
    Drive(S.DECLINED, I.CRASH_OVER_ANOTHER, _DECLINED, "crash back request wait", "55"),
    # a balance inquiry, answered
    Drive(S.NOT_POSTED, I.REQUEST_AGAIN, _TOLD, "balance wait", "00"),
    Drive(S.NOT_POSTED, I.CRASH_AFTER_COMMIT, "sign_on balance", "wait", ""),
    Drive(S.NOT_POSTED, I.REVERSAL, _TOLD, "reversal wait", "00"),
    Drive(S.NOT_POSTED, I.REVERSAL_DISAGREES, _TOLD, "part wait", "30"),
    Drive(S.NOT_POSTED, I.REVERSAL_AGAIN, f"{_TOLD} reversal wait", "again wait", "00"),
    Drive(S.NOT_POSTED, I.CRASH_BEFORE_REVERSAL, _TOLD, "reversal wait", ""),
    Drive(S.NOT_POSTED, I.CRASH_AFTER_REVERSAL, _TOLD, "reversal wait", ""),
    Drive(S.NOT_POSTED, I.CRASH_OVER_ANOTHER, _TOLD, "crash back balance wait", "00"),
    # debited and given back
    Drive(S.REVERSED, I.REQUEST_AGAIN, _REVERSED, "request wait", "94"),
    Drive(S.REVERSED, I.REVERSAL, f"sign_on {_STOOD} empty", "another wait", "00 94", AMOUNT),
    Drive(S.REVERSED, I.REVERSAL_AGAIN, f"{_POSTED} empty wait", "empty_again wait", "00", AMOUNT),
    Drive(S.REVERSED, I.CRASH_BEFORE_REVERSAL, _REVERSED, "another wait", ""),
    Drive(S.REVERSED, I.CRASH_AFTER_REVERSAL, _POSTED, "reversal wait", ""),
    Drive(S.REVERSED, I.CRASH_OVER_ANOTHER, _REVERSED, "crash back again wait", "00"),
    # reversed before it came, or before it was decided
    Drive(S.TOMBSTONE, I.REQUEST_AGAIN, _TOMBSTONED, "request wait", "94"),
    Drive(S.TOMBSTONE, I.COMMIT, _IN_DOUBT, "wait", "00 94"),
    Drive(S.TOMBSTONE, I.CRASH_BEFORE_COMMIT, _IN_DOUBT, "wait back request wait", "94"),
    Drive(S.TOMBSTONE, I.CRASH_AFTER_COMMIT, _IN_DOUBT, "wait back request wait", "94"),
    Drive(S.TOMBSTONE, I.REVERSAL, _TOMBSTONED, "another wait", "94"),
    Drive(S.TOMBSTONE, I.REVERSAL_AGAIN, _TOMBSTONED, "again wait", "00"),
    Drive(S.TOMBSTONE, I.CRASH_BEFORE_REVERSAL, _TOMBSTONED, "another wait", ""),
    Drive(S.TOMBSTONE, I.CRASH_AFTER_REVERSAL, "sign_on", "reversal back request wait", "94"),
    Drive(S.TOMBSTONE, I.CRASH_OVER_ANOTHER, _TOMBSTONED, "crash back request wait", "94"),
    # DE 90 names nothing
    Drive(S.NO_ORIGINAL, I.REVERSAL, _POSTED, "unnamed wait", "30", AMOUNT),
    Drive(S.NO_ORIGINAL, I.REVERSAL_AGAIN, f"{_POSTED} unnamed wait", "unnamed wait", "30", AMOUNT),
    Drive(S.NO_ORIGINAL, I.CRASH_BEFORE_REVERSAL, _POSTED, "unnamed wait", "", AMOUNT),
    Drive(
        S.NO_ORIGINAL, I.CRASH_AFTER_REVERSAL, _POSTED, "unnamed back unnamed_again", "30", AMOUNT
    ),
)
