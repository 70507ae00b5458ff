"""What stands behind the host: an issuer that may be away, a stand-in, business days, a hang."""

from __future__ import annotations

import msgspec
import pytest
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.assembly import Assembly
from harness.machines.business_day import BusinessDays
from harness.machines.host import Host
from harness.machines.standin import FIRST_AFTER, REPEAT_AFTER
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire.calendar import Stamp
from harness.wire.message import Station

RAW = RawDialect()

STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
AMOUNT = 5000
STAMP = Stamp("1121201000", "211000", "1121")


class Counter:
    """A host with one terminal before it, in virtual time."""

    def __init__(self, *faults: str, stand_in: int = 0, cutover: float = 0.0) -> None:
        usual = load_scenario("ordinary_evening")
        contract = msgspec.structs.replace(usual.contract, stand_in=stand_in, cutover=cutover)
        scenario = msgspec.structs.replace(usual, contract=contract)
        self.all = Assembly(plan_of(scenario, terminals=1, faults=faults))
        host = self.all.host()
        assert isinstance(host, Host)
        self.host = host
        cards = (self.all.population.card(0, number) for number in range(1, 99))
        self.card = next(card for card in cards if card.home)
        self.now = 0.0
        self.seen: list[e.Event] = []
        self.answers: list[Fields] = []
        self.host.opened(1)
        self.hear(RAW.network(STATION, "sign_on", stan="900001", sent="1121190000"))

    def hear(self, fields: Fields, seconds: float = 5.0) -> Fields:
        """The host hears a frame, and time passes: the last answer."""
        self.host.receive(1, self.all.frame_builder.reseal(fields), self.now)
        self.passes(seconds)
        return self.answers[-1]

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        self._take()
        while (due := self.host.next_deadline()) <= end:
            self.now = due
            self.host.tick(due)
            self._take()
        self.now = end

    def _take(self) -> None:
        self.seen += self.host.events
        out, self.host.events, self.host.out = self.host.out, [], []
        self.answers += [self.all.codec.decode(data[2:])[0] for _, data in out if data]

    def request(self, stan: str = "000001", amount: int = AMOUNT) -> Fields:
        card = self.card
        return RAW.request(
            STATION, kind="withdrawal", pan=card.pan, expiry=card.expiry, track2=card.track2,
            pin_block=self.all.pin.block(card.pin, card.pan), amount=amount, stan=stan,
            rrn=f"{int(stan):012d}", stamp=STAMP,
        )  # fmt: skip

    def reversal(self, original: str = "000001", taken: int | None = None) -> Fields:
        return RAW.reversal(
            STATION, pan=self.card.pan, amount=AMOUNT, taken=taken, stan=f"1{original[1:]}",
            stamp=Stamp("1121201500", "211500", "1121"), rrn=f"{int(original):012d}", code="",
            reason="4021", original_stan=original, original_sent=STAMP.sent,
        )  # fmt: skip

    def posted(self) -> list[tuple[str, int]]:
        return [(x.kind, x.amount) for x in self.seen if isinstance(x, e.Posted)]

    def advices(self, to: str = "issuer") -> list[Fields]:
        return [x.fields for x in self.seen if isinstance(x, e.AdviceSeen) and x.to == to]


# --- without its issuer ---------------------------------------------------------------------------


def test_without_its_issuer_a_host_declines() -> None:
    """At once, with 91, and nothing is posted."""
    counter = Counter("issuer_down")
    assert counter.hear(counter.request())["39"] == "91"
    assert counter.posted() == []


def test_a_reversal_that_needs_the_issuer_is_to_come_again() -> None:
    """91 is an answer to be retried; when the issuer is back the same reversal is posted, once."""
    counter = Counter("issuer_down@10s..70s")
    counter.hear(counter.request(), seconds=20.0)
    assert counter.hear(counter.reversal(), seconds=60.0)["39"] == "91"
    repeat = RAW.repeat(counter.reversal())
    assert counter.hear(repeat)["39"] == "00"
    assert counter.posted() == [("debit", AMOUNT), ("reversal", AMOUNT)]


def test_a_stand_in_approves_what_is_small() -> None:
    """And posts nothing: the issuer has to hear of it first."""
    counter = Counter("issuer_down", stand_in=AMOUNT)
    assert counter.hear(counter.request())["39"] == "00"
    assert counter.hear(counter.request("000002", AMOUNT + 1))["39"] == "91"
    assert counter.posted() == []
    assert [x.amount for x in counter.seen if isinstance(x, e.StoodIn)] == [AMOUNT]


def test_a_stand_in_does_not_take_any_pin() -> None:
    """What it can know itself it checks."""
    counter = Counter("issuer_down", stand_in=AMOUNT)
    wrong = {**counter.request(), "52": counter.all.pin.block("0000", counter.card.pan)}
    assert counter.hear(wrong)["39"] == "55"


def test_the_issuer_is_told_until_it_answers() -> None:
    """First 0220, then 0221 for ever, all else alike; posted once, when it got there."""
    counter = Counter("issuer_down@..3m", stand_in=AMOUNT)
    counter.hear(counter.request())
    counter.passes(4 * REPEAT_AFTER)
    first, *repeats = counter.advices()
    assert first["t"] == "0220"
    assert [repeat["t"] for repeat in repeats] == ["0221"] * 3
    assert all(repeat | {"t": "0220"} == first for repeat in repeats)
    assert [answer["39"] for answer in counter.advices("host")] == ["00"]
    assert counter.posted() == [("debit", AMOUNT)]
    assert counter.host.ledger.total() == 0


def test_the_first_advice_comes_at_once() -> None:
    """Where the issuer is back by then."""
    counter = Counter("issuer_down:nth=1", stand_in=AMOUNT)
    counter.hear(counter.request(), seconds=FIRST_AFTER + 2.0)
    assert counter.posted() == [("debit", AMOUNT)]


@pytest.mark.parametrize(("taken", "posted"), [(None, []), (2000, [("debit", 2000)])])
def test_what_was_reversed_is_not_advised(taken: int | None, posted: list[tuple[str, int]]) -> None:
    """The issuer hears of what was taken, and of nothing if that is nothing."""
    counter = Counter("issuer_down@..2m", stand_in=AMOUNT)
    counter.hear(counter.request())
    assert counter.hear(counter.reversal(taken=taken))["39"] == "00"
    counter.passes(200.0)
    assert counter.posted() == posted


def test_what_was_advised_is_reversed_like_any_other() -> None:
    """The issuer has posted it, so that it is given back."""
    counter = Counter("issuer_down:nth=1", stand_in=AMOUNT)
    counter.hear(counter.request())
    assert counter.hear(counter.reversal())["39"] == "00"
    assert counter.posted() == [("debit", AMOUNT), ("reversal", AMOUNT)]


def test_advices_outlive_a_crash() -> None:
    """They are as durable as the books."""
    counter = Counter("issuer_down@..2m", "crash_restart:off=30s@30s..", stand_in=AMOUNT)
    counter.hear(counter.request(), seconds=40.0)
    counter.hear(counter.request("000002"), seconds=0.0)
    assert [x for x in counter.seen if isinstance(x, e.HostCrashed)]
    counter.passes(300.0)
    assert counter.posted() == [("debit", AMOUNT)]


# --- business days --------------------------------------------------------------------------------


def test_days_end_at_the_cutover() -> None:
    """A day bears the date on which it ends; the instant itself is the new day's."""
    days = BusinessDays("2026-12-30T22:00:00", 3600.0)
    assert [days.day(at) for at in (0.0, 3599.9, 3600.0, 90000.0)] == [
        *("1230", "1230", "1231", "0101"),
    ]
    assert [days.next_cutover(at) for at in (0.0, 3600.0)] == [3600.0, 90000.0]
    assert BusinessDays("2026-12-30T22:00:00", 0.0).day(5.0) == ""


def test_a_reversal_after_the_cutover_is_the_new_days() -> None:
    """The totals told at the cutover hold the debit, and DE 15 names each posting's own day."""
    counter = Counter(cutover=60.0)
    assert counter.hear(counter.request(), seconds=70.0)["15"] == "1121"
    assert counter.hear(counter.reversal())["15"] == "1122"
    assert [x.day for x in counter.seen if isinstance(x, e.Posted)] == ["1121", "1122"]
    (closed,) = (x for x in counter.seen if isinstance(x, e.DayClosed))
    assert (closed.day, closed.debits, closed.reversals) == ("1121", AMOUNT, 0)
    assert counter.host.ledger.total() == 0


# --- a hang ---------------------------------------------------------------------------------------


def test_a_host_that_thaws_reads_what_waits() -> None:
    """In its order and with the time it is then: the reversal finds its original undecided."""
    counter = Counter("hang_after_n:n=1,hold=60s@1s..2m")
    counter.hear(counter.request(), seconds=10.0)
    counter.hear(counter.reversal(), seconds=10.0)
    assert len(counter.answers) == 1  # to the sign-on
    counter.passes(50.0)
    assert [x.unread for x in counter.seen if isinstance(x, e.HostThawed)] == [2]
    assert [(x["t"], x["39"]) for x in counter.answers[1:]] == [("0430", "00"), ("0210", "94")]
    assert counter.posted() == []


def test_a_crash_while_it_hangs_loses_what_waits() -> None:
    """What was never read has never been."""
    counter = Counter("hang_after_n:n=1,hold=60s@1s..2m")
    counter.hear(counter.request(), seconds=10.0)
    counter.host.restart(counter.now, 5.0, "test")
    counter.passes(100.0)
    assert counter.posted() == []
    assert [x for x in counter.seen if isinstance(x, e.HostThawed)] == []


def test_a_refused_sign_on_signs_nobody_on() -> None:
    """58, and requests are refused as from a stranger."""
    counter = Counter("sign_on_refused")
    assert counter.answers[0]["39"] == "58"
    assert counter.hear(counter.request())["39"] == "58"


# --- in part --------------------------------------------------------------------------------------


def test_a_host_may_approve_half() -> None:
    """Code 10 with the part in DE 4, and that is posted; a duplicate hears the same."""
    counter = Counter("partial_approval")
    answer = counter.hear(counter.request())
    assert (answer["39"], answer["4"]) == ("10", f"{AMOUNT // 2 // 1000 * 1000:012d}")
    assert counter.hear(counter.request()) == answer
    assert counter.posted() == [("debit", 2000)]


def test_what_was_approved_in_part_is_given_back_in_part() -> None:
    """The reversal says nothing of the part; the host knows what it posted."""
    counter = Counter("partial_approval")
    counter.hear(counter.request())
    assert counter.hear(counter.reversal())["39"] == "00"
    assert counter.posted() == [("debit", 2000), ("reversal", 2000)]
    assert counter.host.ledger.total() == 0


@pytest.mark.parametrize("enabled", [False, True])
def test_a_terminal_pays_a_part_only_where_the_contract_has_it(enabled: bool) -> None:
    """Else it is a code that it does not know: the card is returned, and all is reversed."""
    usual = load_scenario("ordinary_evening")
    contract = msgspec.structs.replace(usual.contract, partial_approval=enabled)
    plan = plan_of(
        msgspec.structs.replace(usual, contract=contract),
        terminals=10,
        duration=1800.0,
        faults=("partial_approval:p=50%",),
    )
    verdict = simulate_plan(plan).verdict
    assert verdict.outcome == "pass", verdict
    assert (verdict.totals.reversals > 20) is not enabled
