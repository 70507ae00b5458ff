"""What faults of connection, bytes and framing do to one ATM: on the wire, the clock, the device
and in the ledger. `nth=1` strikes its first withdrawal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.faults.grammar import ALL_RULES
from harness.journal import Entry, JournalReader
from harness.link_options import LinkOptions
from harness.machines.behaviour import CustomerBehaviour
from harness.outcome import Outcome
from harness.plan import plan_of
from harness.scenario import Scenario
from harness.sim.run import simulate_plan

FRAMINGS = ("2byte", "2byte-tpdu", "4ascii")
ONE_WAY = 0.020  # seconds that a frame takes
BUSY = CustomerBehaviour(
    mean_gap=30.0, balance_share=0.0, wrong_pin=0.0, cancel=0.0,
    forget_card=0.0, forget_cash=0.0,
)  # fmt: skip


class Run:
    """The journal of a safe pair that withstood the faults."""

    def __init__(
        self,
        where: Path,
        *faults: str,
        framing: str = "2byte",
        terminals: int = 1,
        acts: bool = True,
    ) -> None:
        scenario = Scenario(
            id="B1", name="busy", title="A busy ATM", duration=300.0, customers=BUSY,
            promises=("T4", "H1", "H3"),
        )  # fmt: skip
        plan = plan_of(
            scenario, terminals=terminals, faults=faults, link=LinkOptions(framing=framing)
        )
        path = where / "busy.jsonl"
        self.outcome: Outcome = simulate_plan(plan, journal=path)
        verdict = self.outcome.verdict
        assert verdict.failures == (), verdict.failures
        self.idle = [reason for reason in verdict.reasons if "never took effect" in reason]
        assert self.idle == [] or not acts, self.idle
        self.entries = list(JournalReader(path))

    def all(self, name: str, **values: Any) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if type(entry.event).__name__ == name
            and all(getattr(entry.event, key) == value for key, value in values.items())
        ]

    def at(self, name: str, **values: Any) -> float:
        """When the first such event was."""
        return self.all(name, **values)[0].at

    def frames(self, mti: str, end: str, to: str) -> list[Entry]:
        return [
            entry
            for entry in self.all("FrameSeen", end=end, to=to)
            if entry.event.fields.get("t") == mti  # type: ignore[attr-defined]
        ]

    @property
    def stan(self) -> str:
        """The first request's."""
        event: Any = self.all("TransactionBegun")[0].event
        return str(event.stan)

    def posted(self) -> list[str]:
        """What the ledger holds of the first request: 'debit', 'reversal'."""
        return [str(getattr(x.event, "kind", "")) for x in self.all("Posted", stan=self.stan)]

    def paid(self, transaction: int = 1) -> bool:
        return bool(self.all("TransactionEnded", transaction=transaction, outcome="completed"))


# --- the dial ------------------------------------------------------------------------------------


def test_a_dial_into_a_black_hole_is_ended_by_its_own_timer(tmp_path: Path) -> None:
    """10 s after it was made; the next one stands."""
    run = Run(tmp_path, "syn_blackhole:nth=1")
    failed = run.all("ConnectFailed")
    assert [entry.event.how for entry in failed] == ["timed out"]  # type: ignore[attr-defined]
    assert 10.0 <= failed[0].at <= 11.0
    assert run.at("LinkOpened") > failed[0].at
    assert run.paid()


@pytest.mark.parametrize(("by", "stands"), [("3s", True), ("9s", True), ("10s", False)])
def test_a_slow_accept_is_good_within_the_connect_timer(
    tmp_path: Path, by: str, stands: bool
) -> None:
    """A dial that is answered later than the terminal waits does not stand at all."""
    slow, fast = Run(tmp_path, f"slow_accept:by={by},nth=1"), Run(tmp_path)
    if stands:
        late = slow.at("LinkOpened") - fast.at("LinkOpened")
        assert late == pytest.approx(float(by[:-1]))
        assert slow.all("ConnectFailed") == []
    else:
        assert slow.at("ConnectFailed", how="timed out") < slow.at("LinkOpened")


def test_no_more_connections_stand_than_the_limit(tmp_path: Path) -> None:
    """Of four terminals two; the others come when it is lifted."""
    run = Run(tmp_path, "connection_limit:max=2@..1m", terminals=4)
    assert len({entry.actor for entry in run.all("LinkOpened") if entry.at < 60.0}) == 2
    assert len({entry.actor for entry in run.all("ConnectFailed", how="refused")}) == 2
    assert len({entry.actor for entry in run.all("LinkOpened")}) == 4


# --- what stands ---------------------------------------------------------------------------------


def test_accepted_and_closed_before_a_word(tmp_path: Path) -> None:
    """The host never reads the sign-on; the terminal comes back."""
    run = Run(tmp_path, "accept_then_close:nth=1")
    assert run.at("LinkClosed", how="fin") == run.at("LinkOpened")
    assert run.frames("0810", "terminal", "terminal")[0].at > run.all("LinkOpened")[1].at
    assert run.paid()


def test_accepted_and_never_read(tmp_path: Path) -> None:
    """The sign-on timer, 15 s, closes it."""
    run = Run(tmp_path, "accept_never_read:nth=1")
    assert run.at("LinkClosed", how="local") == pytest.approx(run.at("LinkOpened") + 15.0)
    assert run.paid()


def test_an_idle_connection_is_closed_before_its_echo(tmp_path: Path) -> None:
    """20 s after the last frame left, and never while a frame is younger."""
    run = Run(tmp_path, "fin_idle:after=20s")
    closed = run.all("LinkClosed", how="fin")
    frames = [entry.at for entry in run.all("FrameSeen") if entry.event.end != "host"]  # type: ignore[attr-defined]
    assert closed
    for entry in closed:
        before = max(at for at in frames if at <= entry.at)
        assert entry.at - before == pytest.approx(20.0, abs=2 * ONE_WAY)


def test_half_a_request_posts_nothing(tmp_path: Path) -> None:
    """The host reads no message and sees the connection go; the terminal reverses at once."""
    run = Run(tmp_path, "fin_mid_request:nth=1")
    asked = run.frames("0200", "terminal", "host")[0].at
    assert run.at("LinkClosed", how="fin") - asked < 0.1
    assert run.at("Aborted", reason="4021") - asked < 0.1
    assert run.posted() == []
    assert not run.paid()


def test_a_half_close_posts_and_cannot_answer(tmp_path: Path) -> None:
    """The host reads all of the request and debits; the terminal sees a FIN, and the debit is given
    back by its reversal, which is slow to come lest it come before the debit.
    """
    run = Run(tmp_path, "half_close:nth=1", "slow_accept:by=3s,nth=2")
    asked = run.frames("0200", "terminal", "host")[0].at
    assert run.frames("0200", "host", "host")[0].at == pytest.approx(asked + ONE_WAY)
    assert run.at("LinkClosed", how="fin") - asked < 0.1
    assert run.posted() == ["debit", "reversal"]
    assert not run.paid()


@pytest.mark.parametrize(("to", "books"), [("host", []), ("terminal", ["debit", "reversal"])])
def test_one_way_partition(tmp_path: Path, to: str, books: list[str]) -> None:
    """Requests vanish and nothing is posted; or answers do, and what was posted is given back."""
    run = Run(tmp_path, f"one_way_partition:to={to},nth=1@5s..")
    asked = run.frames("0200", "terminal", "host")[0].at
    assert run.at("Aborted", reason="4021") == pytest.approx(asked + 45.0, abs=1.0)
    assert run.at("LinkClosed", how="local") > asked + 45.0
    assert run.posted() == books


# --- bytes ---------------------------------------------------------------------------------------


def test_a_throttled_line_takes_its_time(tmp_path: Path) -> None:
    """A frame's bytes over the rate, and two more for its header."""
    run = Run(tmp_path, "throttle:rate=100,mti=0200")
    (left, *_), (came, *_) = (run.frames("0200", end, "host") for end in ("terminal", "host"))
    size = left.event.size + 2  # type: ignore[attr-defined]
    assert came.at - left.at == pytest.approx(ONE_WAY + size / 100)
    assert run.paid()


def test_jitter_differs_from_frame_to_frame(tmp_path: Path) -> None:
    """Up to so much, each its own, and all are paid."""
    run = Run(tmp_path, "jitter:by=2s,mti=0200")
    pairs = zip(
        run.frames("0200", "terminal", "host"), run.frames("0200", "host", "host"), strict=True
    )
    took = [came.at - left.at - ONE_WAY for left, came in pairs]
    assert len({round(each, 3) for each in took}) == len(took) >= 3
    assert all(0.0 <= each <= 2.0 for each in took)


def test_coalesced_frames_come_at_one_instant(tmp_path: Path) -> None:
    """The answer that was held, and the frame that took it along; both are read."""
    run = Run(tmp_path, "coalesce:nth=1")
    seen = run.all("FrameSeen", end="terminal", to="terminal")
    first = next(n for n, entry in enumerate(seen) if entry.event.fields["t"] == "0210")  # type: ignore[attr-defined]
    assert seen[first + 1].at == seen[first].at
    assert seen[first + 1].event.problem == ""  # type: ignore[attr-defined]


def test_nothing_comes_between_the_pieces_of_a_frame(tmp_path: Path) -> None:
    """An answer that was held back becomes due in the midst of another frame's pieces, and arrives
    behind the last of them.
    """
    run = Run(tmp_path, "reorder:mti=0210,nth=1,hold=36s", "slice:mti=0810,bytes=10,gap=2s@20s..")
    seen = run.all("FrameSeen", end="terminal", to="terminal")
    mtis = [entry.event.fields.get("t") for entry in seen]  # type: ignore[attr-defined]
    late = mtis.index("0210")
    assert mtis[late - 1] == "0810"
    assert seen[late].at == seen[late - 1].at
    assert run.all("DamagedMessage") == run.all("LinkClosed", how="garbage") == []


def test_a_stalled_line_moves_nothing_and_then_all_of_it(tmp_path: Path) -> None:
    """Longer than the host timer: the request is reversed, and its answer, of which a few bytes had
    come, comes too late.
    """
    run = Run(tmp_path, "stall_after_n:n=430,hold=50s,nth=1")
    stall = run.at("FaultActed")
    arrived = [
        entry.at
        for entry in run.all("FrameSeen")
        if entry.event.end == entry.event.to  # type: ignore[attr-defined]
    ]
    assert not any(stall + 2 * ONE_WAY < at < stall + 50.0 for at in arrived)
    assert any(stall + 50.0 <= at < stall + 51.0 for at in arrived)
    assert run.all("LateApproval")
    assert run.posted() == ["debit", "reversal"]


def test_a_truncated_connection_ends_in_a_frame(tmp_path: Path) -> None:
    """The request of which a part came is none; the next connection is a good one."""
    run = Run(tmp_path, "truncate_after_n:n=200,nth=1")
    assert run.at("LinkClosed", how="fin") - run.at("FaultActed") < 0.1
    assert run.posted() == []
    assert run.all("TransactionEnded", outcome="completed")


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("kind", ["drop_bytes", "insert_bytes"])
def test_bytes_missing_or_added_move_no_cash(tmp_path: Path, kind: str, framing: str) -> None:
    """Whatever the rest of the stream then looks like."""
    run = Run(tmp_path, f"{kind}:nth=1", framing=framing)
    assert run.posted() == ["debit", "reversal"]
    assert not run.paid()


# --- framing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("kind", ["len_zero", "len_max", "wrong_endianness"])
def test_a_length_that_cannot_be_closes_the_link(tmp_path: Path, kind: str, framing: str) -> None:
    """At once, and what was posted is given back; digits have no byte order, so there nothing is
    done, and a run that asks for it does not pass.
    """
    if (kind, framing) == ("wrong_endianness", "4ascii"):
        assert Run(tmp_path, kind, framing=framing, acts=False).idle
        return
    if (kind, framing) == ("len_zero", "4ascii"):
        pytest.skip("a keep-alive, and then the MTI is a length that can be: see the next test")
    run = Run(tmp_path, f"{kind}:nth=1", framing=framing)
    closed = run.at("LinkClosed", how="garbage")
    assert closed - run.at("FaultActed") == pytest.approx(ONE_WAY)
    assert run.at("Aborted", reason="4021") == closed
    assert run.posted() == ["debit", "reversal"]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    "kind", ["inclusive_len", "header_garbage", "partial_frame_hang", "len_zero"]
)
def test_a_frame_that_never_ends_is_given_up(tmp_path: Path, kind: str, framing: str) -> None:
    """By the host timer, or by a close before; no cash, and the debit is given back."""
    run = Run(tmp_path, f"{kind}:nth=1", framing=framing)
    asked = run.frames("0200", "terminal", "host")[0].at
    assert run.at("Aborted", reason="4021") <= asked + 46.0
    assert run.posted() == ["debit", "reversal"]
    assert not run.paid()


def test_a_hanging_connection_is_closed_by_its_echoes(tmp_path: Path) -> None:
    """90 s after the last message that came whole: an echo after 60 s, and none is answered."""
    run = Run(tmp_path, "partial_frame_hang:nth=1")
    closed = run.at("LinkClosed", how="local")
    seen = run.all("FrameSeen", end="terminal", to="terminal")
    assert closed - max(entry.at for entry in seen if entry.at < closed) == pytest.approx(90.0)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_what_trails_a_frame_spoils_the_next(tmp_path: Path, framing: str) -> None:
    """The approval is read and paid; the stream behind it is not to be trusted."""
    run = Run(tmp_path, "trailing_bytes:bytes=4,nth=1", framing=framing)
    assert run.paid()
    closed = run.all("LinkClosed", how="garbage") + run.all("LinkClosed", how="local")
    assert min(entry.at for entry in closed) >= run.at("FaultActed")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_two_frames_in_one_write_pay_once(tmp_path: Path, framing: str) -> None:
    """The second approval is a duplicate, at the instant of the first."""
    run = Run(tmp_path, "two_frames_one_write:nth=1", framing=framing)
    first, second = run.frames("0210", "terminal", "terminal")[:2]
    assert run.at("DuplicateAnswer") == first.at == second.at
    assert run.paid()
    assert run.posted() == ["debit"]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    "kind",
    [kind for kind, rule in ALL_RULES.items() if rule.layer in ("byte", "framing")],
)
def test_a_safe_pair_withstands_it_on_requests_too(tmp_path: Path, kind: str, framing: str) -> None:
    """The host closes what it cannot delimit, and posts nothing that it could not read."""
    if (kind, framing) == ("wrong_endianness", "4ascii"):
        pytest.skip("digits have no byte order")
    mti = ":mti=0200" if "mti" in ALL_RULES[kind].parameters else ""
    run = Run(tmp_path, kind + mti, framing=framing)
    assert run.outcome.verdict.failures == ()
