"""A host with a standby answers what both hold, and what only one held was never answered."""

from __future__ import annotations

import msgspec
import pytest
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.assembly import Assembly
from harness.errors import ConfigError
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan
from harness.wire.calendar import Stamp
from harness.wire.message import Station

RAW = RawDialect()

STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")


class Pair:
    """A host pair with one connection, in virtual time."""

    def __init__(self, *faults: str, profile: str = "safe") -> None:
        scenario = load_scenario("ordinary_evening")
        contract = msgspec.structs.replace(scenario.contract, standby=True)
        plan = plan_of(
            msgspec.structs.replace(scenario, contract=contract),
            terminals=1,
            faults=faults,
            host_profile=profile,
        )
        self.all = Assembly(plan)
        self.host = self.all.host()
        cards = (self.all.population.card(0, number) for number in range(1, 99))
        self.card = next(card for card in cards if card.home)
        self.now = 0.0
        self.seen: list[e.Event] = []
        self.said: list[tuple[float, int, Fields]] = []
        self.hung_up: list[int] = []

    def dial(self, number: int) -> None:
        self.host.opened(number)
        sign_on = RAW.network(STATION, "sign_on", stan="900001", sent="1121190000")
        self.hear(number, sign_on, 1.0)

    def hear(self, number: int, fields: Fields, seconds: float) -> None:
        self.host.receive(number, self.all.frame_builder.reseal(fields), self.now)
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        end = self.now + seconds
        self._take()
        while (due := self.host.next_deadline()) <= end:
            self.now = max(due, self.now)
            self.host.tick(self.now)
            self._take()
        self.now = end

    def _take(self) -> None:
        self.seen += self.host.events
        out, self.host.events, self.host.out = self.host.out, [], []
        for number, data in out:
            if data:
                self.said.append((self.now, number, self.all.codec.decode(data[2:])[0]))
            else:
                self.hung_up.append(number)

    def request(self, stan: str = "000001") -> Fields:
        card = self.card
        return RAW.request(
            STATION, kind="withdrawal", pan=card.pan, expiry=card.expiry, track2=card.track2,
            pin_block=self.all.pin.block(card.pin, card.pan), amount=5000, stan=stan,
            rrn=f"{int(stan):012d}", stamp=Stamp("1121201000", "211000", "1121"),
        )  # fmt: skip

    def answers(self, mti: str) -> list[str]:
        return [fields["39"] for _, _, fields in self.said if fields["t"] == mti]

    def posted(self) -> list[str]:
        return [x.kind for x in self.seen if isinstance(x, e.Posted)]


def commit_of(pair: Pair) -> float:
    """When the request is committed: the answer follows as soon as the standby holds it."""
    pair.dial(1)
    pair.hear(1, pair.request(), 5.0)
    return pair.said[-1][0] - 0.010


def test_the_answer_waits_for_the_standby() -> None:
    """The posting is told together with it, and not before."""
    commit = commit_of(Pair())
    pair = Pair()
    pair.dial(1)
    pair.hear(1, pair.request(), commit + 0.009 - pair.now)
    assert pair.posted() == pair.answers("0210") == []
    pair.passes(0.002)
    assert (pair.posted(), pair.answers("0210")) == (["debit"], ["00"])


def test_what_the_standby_holds_outlives_the_primary() -> None:
    """After the failover a repeat gets the stored answer, and nothing is posted again."""
    pair = Pair("failover:takeover=5s@10s..")
    pair.dial(1)
    pair.hear(1, pair.request(), 10.0)
    assert (pair.hung_up, pair.host.listening) == ([1], False)
    pair.passes(6.0)
    assert pair.host.listening
    pair.dial(2)
    pair.hear(2, pair.request(), 5.0)
    assert (pair.posted(), pair.answers("0210")) == (["debit"], ["00", "00"])


def test_what_the_standby_lacks_was_never_answered() -> None:
    """Between commit and replication the primary dies: no answer, no posting, and the repeat is
    news.
    """
    commit = commit_of(Pair())
    pair = Pair(f"failover:takeover=1s@{commit + 0.005:.4f}s..")
    pair.dial(1)
    pair.hear(1, pair.request(), 5.0)
    assert pair.posted() == pair.answers("0210") == []
    assert [x.count for x in pair.seen if isinstance(x, e.CommitsLost)] == [1]
    pair.dial(2)
    pair.hear(2, pair.request(), 5.0)
    assert (pair.posted(), pair.answers("0210")) == (["debit"], ["00"])


def test_a_pair_that_answers_first_loses_what_it_answered() -> None:
    """The defect: the answer is out, and the books do not hold it."""
    pair = Pair("failover:takeover=1s@4s..", profile="acks_before_replication")
    pair.dial(1)
    pair.hear(1, pair.request(), 5.0)
    assert pair.answers("0210") == ["00"]
    assert [x.kind for x in pair.seen if isinstance(x, e.PostingLost)] == ["debit"]


def test_in_a_split_brain_only_one_answers() -> None:
    """Each gets every second connection; the old primary is silent and steps down at the end."""
    pair = Pair("split_brain@2s..60s")
    pair.passes(3.0)
    pair.dial(1)
    pair.dial(2)
    pair.hear(1, pair.request("000001"), 5.0)
    pair.hear(2, pair.request("000003"), 5.0)
    assert [(number, x["11"]) for _, number, x in pair.said if x["t"] == "0210"] == [(2, "000003")]
    pair.passes(60.0)
    assert pair.hung_up == [1]
    assert pair.posted() == ["debit"]


def test_no_fault_of_the_host_strikes_the_one_that_was_left_behind() -> None:
    """Whatever it would do there nobody would notice, and it would still claim an effect."""
    pair = Pair("split_brain@2s..60s", "crash_restart@4s..", "slow:by=1s@4s..")
    pair.passes(3.0)
    pair.dial(1)
    told: list[e.FaultActed] = []
    pair.all.faults.tell = told.append
    pair.hear(1, pair.request("000001"), 5.0)
    assert told == []
    pair.dial(2)
    assert [effect.fault for effect in told] == ["crash_restart@4s.."]


def test_a_pair_does_not_stand_in() -> None:
    """Its advices would be nobody's after a failover."""
    scenario = load_scenario("ordinary_evening")
    contract = msgspec.structs.replace(scenario.contract, standby=True, stand_in=5000)
    plan = plan_of(msgspec.structs.replace(scenario, contract=contract), terminals=1)
    with pytest.raises(ConfigError, match="does not stand in"):
        Assembly(plan).host()


def test_a_safe_pair_lives_through_an_evening() -> None:
    """With a failover in the middle; one that answers first breaks the ledger."""
    scenario = load_scenario("ordinary_evening")
    contract = msgspec.structs.replace(scenario.contract, standby=True)
    for profile, outcome in (("safe", "pass"), ("acks_before_replication", "fail")):
        plan = plan_of(
            msgspec.structs.replace(scenario, contract=contract),
            terminals=20,
            duration=1800.0,
            faults=("failover@15m..",),
            host_profile=profile,
        )
        assert simulate_plan(plan).verdict.outcome == outcome
