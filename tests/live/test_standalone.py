"""One half of a run: faults at its own end, how it ends, and what must not get lost in it."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from live_runs import BUSY, entries, how

from harness.api import Host, Terminals, judge
from harness.checks.verdict import Verdict
from harness.errors import ConfigError, EnvironmentTrouble
from harness.events import (
    Booted,
    CardInserted,
    ConnectFailed,
    CustomersStopped,
    Event,
    FaultActed,
    FrameSeen,
    HostStarted,
    LinkClosed,
    LinkOpened,
    NotesTaken,
    Posted,
    ReversalAnswered,
    ReversalQueued,
    RunEnded,
    TransactionEnded,
)
from harness.live.standalone_terminals import StandaloneTerminals
from harness.plan import standalone_plan
from harness.units import parse_address

# At 40 times the clock 20 s are half a second of the wall: a test machine has other things to do.
FAST: dict[str, Any] = {"speed": 40, "slack": "20s", "host_response": "20s", "settle": "80s"}
Standalone = Host | Terminals


def acted(journal: Path) -> dict[str, set[str]]:
    """On whom each fault took effect."""
    found: dict[str, set[str]] = {}
    for entry in entries(journal, "FaultActed", actor="RUN"):
        event: Event = entry.event
        assert isinstance(event, FaultActed)
        found.setdefault(event.fault, set()).add(event.on.partition(":")[0])
    return found


def names(journal: Path, actor: str) -> set[str]:
    return {type(entry.event).__name__ for entry in entries(journal, actor=actor)}


def passed(journal: Path, actor: str, mti: str, *, end: str, to: str) -> int:
    """How many such messages passed an end of that terminal's connections."""
    count = 0
    for entry in entries(journal, "FrameSeen", actor=actor):
        event: Event = entry.event
        assert isinstance(event, FrameSeen)
        count += (event.fields.get("t"), event.end, event.to) == (mti, end, to)
    return count


def tried(verdict: Verdict, invariant: str) -> int:
    return next(row.tried for row in verdict.rows if row.id == invariant)


def status(verdict: Verdict, invariant: str) -> str:
    return next(row.status for row in verdict.rows if row.id == invariant)


class Awaited:
    """What has to be seen at least so often: an event by its name at an end's terminal, or a fault
    that acts.
    """

    def __init__(self, *seen: tuple[str, str, str, int], faults: tuple[str, ...] = ()) -> None:
        """`seen`: at the 'host' or the 'terminals', whose, which event, how often."""
        self._left = {(end, whose, event): count for end, whose, event, count in seen}
        self._left |= {("", "RUN", fault): 1 for fault in faults}

    def missing(self) -> list[tuple[str, str, str]]:
        return [key for key, left in self._left.items() if left > 0]

    def at_host(self, at: float, actor: str, event: Event) -> None:
        self._see("host", actor, event)

    def at_terminals(self, at: float, actor: str, event: Event) -> None:
        self._see("terminals", actor, event)

    def _see(self, end: str, actor: str, event: Event) -> None:
        key = end, actor, type(event).__name__
        if isinstance(event, FaultActed):
            key = "", "RUN", event.fault
        if key in self._left:
            self._left[key] -= 1


class Run:
    """Host and terminals, with faults at either end, each on a terminal of its own."""

    def __init__(self, where: Path) -> None:
        self.host_journal = where / "host.jsonl"
        self.journal = where / "terminals.jsonl"

    async def serve(
        self,
        duration: str,
        terminals: int,
        at_host: tuple[str, ...],
        at_terminals: tuple[str, ...],
        until: Awaited | None = None,
    ) -> None:
        """For so long at least, and until what is awaited was seen: how much of a run fits into a
        second of a busy machine nobody can say.
        """
        until = until or Awaited()
        options: dict[str, Any] = {
            "host_response": 20.0,
            "settle": 80.0,
            "slack": 20.0,
            "speed": 40.0,
        }
        meant = ((0.0, 0.0),) if at_host else ()  # what the host's faults do is no mistake of it
        plan = standalone_plan(
            "terminals",
            terminals=terminals,
            faults=at_terminals,
            host_outages=meant,
            **options,
        )
        evening = msgspec.structs.replace(BUSY, mean_gap=10.0)  # they all want cash
        scenario = msgspec.structs.replace(plan.scenario, customers=evening)
        plan = msgspec.structs.replace(plan, scenario=scenario)
        async with (
            Host(
                faults=at_host, journal=self.host_journal, listeners=[until.at_host], **FAST
            ) as host,
            StandaloneTerminals(
                plan,
                to=parse_address(host.address),
                journal=self.journal,
                listeners=[until.at_terminals],
            ) as atms,
        ):
            await atms.serve(duration)
            for _ in range(1200):  # at most half a minute of the wall
                if not until.missing():
                    break
                await atms.serve("1s")
        self.verdicts = host.verdict, atms.verdict, judge(self.host_journal, self.journal)


# --- faults at the terminals' end -------------------------------------------------------------

MINE = {
    "drop_request:nth=1,mti=0200,terminal=ATM00001": "ATM00001",
    "rst:nth=1,terminal=ATM00002@15s..": "ATM00002",
    "flap:min=4s,max=8s,terminal=ATM00003@15s..95s": "ATM00003",
    "bitflip:nth=1,byte=1,bit=1,terminal=ATM00004": "ATM00004",
    "slice:terminal=ATM00005": "ATM00005",
    "power_cut:at=frame:0200,nth=1,off=5s,terminal=ATM00006": "ATM00006",
    "eject_jam:nth=1,terminal=ATM00007": "ATM00007",
}
THEIRS = {
    "drop_response:nth=1,mti=0210,terminal=ATM00008": "ATM00008",
    "fin_mid_response:nth=1,terminal=ATM00009": "ATM00009",
    "late_response:past=5s,nth=1,mti=0210,terminal=ATM00010": "ATM00010",
    "rst:nth=1,terminal=ATM00011@15s..": "ATM00011",
    "dup_response:nth=1,mti=0210,terminal=ATM00012": "ATM00012",
    "slow:by=5s,terminal=ATM00013": "ATM00013",
}


# What each fault must bring about at its terminal, and what it must not.
SHOWN: dict[str, tuple[set[str], set[str]]] = {
    "ATM00004": ({"DamagedMessage", "Aborted", "ReversalAnswered"}, set()),
    "ATM00005": ({"NotesTaken"}, {"DamagedMessage", "Aborted", "StrayMessage"}),
    "ATM00006": ({"PowerLost", "PowerRestored", "ReversalAnswered"}, set()),
    "ATM00007": ({"EjectFailed", "CardTaken"}, {"Aborted"}),
    "ATM00008": ({"Aborted", "ReversalAnswered"}, {"DamagedMessage"}),
    "ATM00009": ({"LinkClosed", "Aborted", "ReversalAnswered"}, {"LateApproval"}),
    "ATM00010": ({"LateApproval", "ReversalAnswered"}, {"DamagedMessage"}),
    "ATM00012": ({"DuplicateAnswer", "NotesTaken"}, {"Aborted"}),
    "ATM00013": ({"NotesTaken"}, {"Aborted"}),
}
CUT = {"ATM00002": ("rst", "rst"), "ATM00003": ("fin", "fin"), "ATM00011": ("rst", "local")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    found = Run(tmp_path_factory.mktemp("halves"))
    until = Awaited(
        *(("terminals", atm, name, 1) for atm, (seen, _) in SHOWN.items() for name in seen),
        *((end, atm, "LinkOpened", 2) for atm in CUT for end in ("host", "terminals")),
        ("terminals", "ATM00001", "ReversalAnswered", 1),
        faults=(*MINE, *THEIRS),
    )
    asyncio.run(found.serve("60s", 13, tuple(THEIRS), tuple(MINE), until))
    assert not until.missing()
    return found


def test_two_safe_halves_withstand_the_faults_of_both_ends(run: Run) -> None:
    """Each half alone, and both together."""
    for verdict in run.verdicts:
        assert verdict.outcome == "pass", (verdict.failures, verdict.reasons)


def test_each_fault_acts_at_its_own_end_and_on_its_own_terminal(run: Run) -> None:
    """No fault of one half is found in the journal of the other."""
    assert acted(run.journal) == {fault: {name} for fault, name in MINE.items()}
    assert acted(run.host_journal) == {fault: {name} for fault, name in THEIRS.items()}


def test_a_request_dropped_here_never_reaches_the_host(run: Run) -> None:
    """The terminal sent it, the host's end saw one fewer, and met the reversal first."""
    sent = passed(run.journal, "ATM00001", "0200", end="terminal", to="host")
    came = passed(run.host_journal, "ATM00001", "0200", end="host", to="host")
    assert sent - came == 1
    assert names(run.journal, "ATM00001") >= {"Aborted", "ReversalAnswered"}
    laid = [getattr(x.event, "terminal", "") for x in entries(run.host_journal, "TombstoneLaid")]
    assert "ATM00001" in laid


@pytest.mark.parametrize(
    ("terminal", "here", "there"),
    [(terminal, *ends) for terminal, ends in CUT.items()],
    ids=["rst", "flap", "rst at the host"],
)
def test_both_ends_see_how_a_link_was_cut(run: Run, terminal: str, here: str, there: str) -> None:
    """A real RST or FIN, and after it a connection that stands again."""
    assert here in how(entries(run.journal, "LinkClosed", actor=terminal))
    assert there in how(entries(run.host_journal, "LinkClosed", actor=terminal))
    assert len(entries(run.journal, "LinkOpened", actor=terminal)) > 1
    assert len(entries(run.host_journal, "LinkOpened", actor=terminal)) > 1


def test_a_link_that_is_down_refuses(run: Run) -> None:
    """The terminal's own socket says so, and no trouble of the environment ends the run."""
    assert "refused" in how(entries(run.journal, "ConnectFailed", actor="ATM00003"))


@pytest.mark.parametrize("terminal", SHOWN)
def test_its_terminal_shows_the_effect(run: Run, terminal: str) -> None:
    """What must follow from it did, and what must not did not."""
    seen, never = SHOWN[terminal]
    found = names(run.journal, terminal)
    assert found >= seen
    assert not found & never


def test_an_answer_dropped_there_was_sent_and_never_came(run: Run) -> None:
    """The host's own end saw it leave; neither its socket nor the terminal did."""
    left = passed(run.host_journal, "ATM00008", "0210", end="host", to="terminal")
    out = passed(run.host_journal, "ATM00008", "0210", end="terminal", to="terminal")
    came = passed(run.journal, "ATM00008", "0210", end="terminal", to="terminal")
    assert left - out == 1
    assert out == came


def test_the_mains_are_tried_by_the_evidence_of_both(run: Run) -> None:
    """T10 is of the terminals, H3 of both, and T8.unanswered of a host that stands alone."""
    host, terminals, both = run.verdicts
    assert tried(terminals, "T10") > 0
    assert tried(both, "H3") > 0
    assert tried(host, "T8.unanswered") > 0
    assert status(terminals, "H3") == status(host, "H3") == "not observable"


def test_where_the_terminals_journal_ends_nobody_is_blamed_for_what_came_after(
    run: Run, tmp_path: Path
) -> None:
    """The host's goes on for minutes; what lay at a slot then was taken, for all anybody knows."""
    lines = run.journal.read_bytes().splitlines(keepends=True)
    first = min(n for n, line in enumerate(lines) if b'"NotesPresented"' in line)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(lines[: first + 1]))
    alone, both = judge(cut), judge(run.host_journal, cut)
    assert (alone.outcome, both.outcome) == ("invalid", "invalid"), both
    assert any("without its RunEnded line" in reason for reason in both.reasons)


async def test_a_host_that_crashed_listens_again_at_its_address(tmp_path: Path) -> None:
    """What it had booked and not said is reversed when it is back."""
    run = Run(tmp_path)
    async with (
        Host(
            faults=["crash_after_commit:nth=1,mti=0200,off=5s"], journal=run.host_journal, **FAST
        ) as host,
        Terminals(host.address, journal=run.journal, **FAST) as atms,
    ):
        address = host.address
        await host.wait_for(HostStarted)
        assert host.address == address
        await atms.wait_for(ReversalAnswered)
        await atms.wait_for(NotesTaken)
    both = judge(run.host_journal, run.journal)
    assert both.passed, both
    assert tried(both, "H3") > 0
    kinds = [getattr(entry.event, "kind", "") for entry in entries(run.host_journal, "Posted")]
    assert kinds[:2] == ["debit", "reversal"]


# --- faults that this half cannot carry out ---------------------------------------------------


def at_host(fault: str) -> Standalone:
    return Host(faults=[fault])


def at_terminals(fault: str) -> Standalone:
    return Terminals("127.0.0.1:1", faults=[fault])


HOSTS = "faults of: connection, byte, framing, message, meaning, time, host, fleet"
TERMINALS = (
    "faults of: connection, byte, framing, message, meaning, time, device, customer, power, fleet"
)


@pytest.mark.parametrize(
    ("half", "fault", "remedy"),
    [
        (at_host, "eject_jam", HOSTS),
        (at_host, "customer_leaves_card:p=5%", HOSTS),
        (at_host, "power_cut:at=sync@10s..", HOSTS),
        (at_host, "refuse@10s..20s", "rst or flap"),
        (at_terminals, "silent@10s..20s", TERMINALS),
        (at_terminals, "slow", TERMINALS),
        (at_terminals, "crash_after_commit", TERMINALS),
    ],
)
def test_a_fault_of_the_other_half_is_a_mistake(
    half: Callable[[str], Standalone], fault: str, remedy: str
) -> None:
    """Named with its own text, and with what there is instead."""
    with pytest.raises(ConfigError) as caught:
        half(fault)
    assert caught.value.place == f"--fault {fault}"
    assert remedy in caught.value.remedy


async def test_a_fault_that_never_acts_proves_nothing(tmp_path: Path) -> None:
    """Both are INVALID, and each names its own."""
    run = Run(tmp_path)
    here, there = "bitflip:terminal=ATM00001,nth=99999", "drop_response:terminal=atm00001"
    await run.serve("20s", 2, (there,), (here,))
    host, terminals, both = run.verdicts
    why = "no terminal 'atm00001' came (there were: ATM00001, ATM00002)"
    assert host.reasons == (f"the fault {there} never took effect: {why}",)
    assert terminals.reasons == (f"the fault {here} never took effect",)
    assert set(both.reasons) == {*host.reasons, *terminals.reasons}
    assert {verdict.exit_code for verdict in run.verdicts} == {3}


async def test_who_is_away_as_both_halves_end_may_come_back_yet(tmp_path: Path) -> None:
    """Nothing is open and the run is over, within the time that F3 gives a terminal."""
    faults = ("rst@15s..16s", "refuse@15s..")
    run = Run(tmp_path)
    await run.serve("20s", 2, (), faults, Awaited(faults=faults))
    assert status(run.verdicts[-1], "F3") in ("not tried", "pass")


# --- how it ends ------------------------------------------------------------------------------


@pytest.fixture
async def silent_host() -> AsyncIterator[str]:
    """The address of a bare server that accepts, reads, and never answers."""

    serving: list[asyncio.Task[Any] | None] = []

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        while await reader.read(4096):
            pass
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.wait_for(asyncio.gather(*filter(None, serving)), 10.0)
    await server.wait_closed()


async def test_a_host_that_never_answers_does_not_hold_the_end_up(
    tmp_path: Path, silent_host: str
) -> None:
    """After the time for settling the run is open, and says so."""
    journal = tmp_path / "terminals.jsonl"
    options = {**FAST, "settle": "10s", "sign_on": False}
    async with Terminals(silent_host, journal=journal, **options) as atms:
        await atms.wait_for(ReversalQueued)
        began = atms.clock.now()
        assert not await atms.settle()
        assert 10.0 <= atms.clock.now() - began < 60.0
    assert [entry.event for entry in entries(journal, "RunEnded")] == [RunEnded("open")]
    assert status(atms.verdict, "T1") == "pass"  # the card came out all the same
    assert status(atms.verdict, "H7") == "pass", atms.verdict  # its answer may still come
    assert judge(journal).outcome == "invalid"  # it never said anything that could be judged


async def test_a_terminal_that_never_reverses_does_not_hold_the_host_up(tmp_path: Path) -> None:
    """The host waits for the reversal as long as it was told to. Then it is a failure, as its time
    is over: the terminal's timer, and what it may take to connect again.
    """
    journal = tmp_path / "host.jsonl"
    options = {**FAST, "settle": "8s"}
    dropped = ["drop_response:nth=1,mti=0210"]
    async with (
        Host(faults=dropped, journal=journal, **{**FAST, "settle": "90s"}) as host,
        Terminals(host.address, profile="forgets_reversal", **options) as atms,
    ):
        await atms.wait_for(TransactionEnded, outcome="reversed")  # so it says, at its timer's end
        await atms.serve("200s")  # far beyond its bound, so that no delay of ours explains it
        assert not host.quiet()
    assert [entry.event for entry in entries(journal, "RunEnded")] == [RunEnded("open")]
    assert status(host.verdict, "T8.unanswered") == "fail", host.verdict
    assert status(atms.verdict, "T8") == "fail", atms.verdict


async def test_a_host_that_goes_away_later_is_no_trouble_of_the_environment() -> None:
    """Its terminals go out of service and dial on, and nothing is open."""
    async with Host(**FAST) as host:
        atms = Terminals(host.address, **FAST)
        await atms.__aenter__()
        await atms.wait_for(NotesTaken)
        lost = asyncio.create_task(atms.wait_for(LinkClosed))
        refused = asyncio.create_task(atms.wait_for(ConnectFailed, how="refused", count=2))
        await asyncio.sleep(0)
    await lost
    await refused
    await atms.__aexit__(None, None, None)
    assert atms.verdict.passed, atms.verdict


# --- what must not get lost -------------------------------------------------------------------


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """What the loop was told that nobody else took up."""
    return []


async def test_a_refused_connection_is_reported_once_with_its_remedy(
    told: list[dict[str, Any]],
) -> None:
    """However many terminals dialled."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: told.append(context))
    with socket.socket() as closed:  # bound, and not listening
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(EnvironmentTrouble) as caught:
            async with Terminals(address, 5, **FAST) as atms:
                await atms.serve("10m")
    said = f"connection refused at {address}: is the host listening there? start it first"
    assert str(caught.value) == said
    assert told == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


class ListenerError(Exception):
    """Raised by a listener of a user's own."""


def at_first(kind: type[Event]) -> Callable[[float, str, Event], None]:
    """A listener that fails at the first event of that kind, and at no other."""
    met: list[Event] = []

    def listen(_at: float, _actor: str, event: Event) -> None:
        if isinstance(event, kind) and not met:
            met.append(event)
            raise ListenerError(kind.__name__)

    return listen


@pytest.mark.parametrize("kind", [LinkOpened, CardInserted, FrameSeen, RunEnded])
async def test_what_a_listener_raises_comes_out(kind: type[Event]) -> None:
    """In a callback of a socket or a timer too, where asyncio would only log it; and nothing is
    left running.
    """
    async with Host(**FAST) as host:
        before = asyncio.all_tasks()
        with pytest.raises(ListenerError, match=kind.__name__):
            async with Terminals(host.address, listeners=[at_first(kind)], **FAST) as atms:
                await atms.serve("20s")
        assert asyncio.all_tasks() <= before


async def test_a_half_that_fails_as_it_settles_is_shut_all_the_same(silent_host: str) -> None:
    """Its connections are closed and its tasks have ended, as after any other failure."""
    before = asyncio.all_tasks()
    atms = Terminals(silent_host, listeners=[at_first(CustomersStopped)], sign_on=False, **FAST)
    with pytest.raises(ListenerError, match="CustomersStopped"):
        async with atms:
            await atms.serve("4s")  # dialled and connected
    served = {task for task in asyncio.all_tasks() - before if "swallow" not in str(task)}
    for task in served:
        task.cancel()
    await atms.fleet.close()
    assert served == set()


async def test_a_half_that_fails_as_it_opens_leaves_nothing_behind(silent_host: str) -> None:
    """Not a socket that somebody finds unclosed, in a test of somebody else's."""
    atms: list[Terminals] = [Terminals(silent_host, listeners=[at_first(Booted)], **FAST)]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ListenerError, match="Booted"):
            await atms.pop().__aenter__()
        gc.collect()
    assert [str(warning.message) for warning in warned] == []


async def test_what_a_listener_of_the_host_raises_comes_out() -> None:
    """Whoever waits for something else hears of it at once."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(ListenerError, match="FrameSeen"):
        await _served_by(Host(listeners=[at_first(FrameSeen)], **FAST), _greet)
    assert loop.time() - began < 5.0


async def test_what_goes_wrong_in_one_of_two_halves_is_not_taken_by_the_other() -> None:
    """Both in one loop: the one that fails says so, though the other began after it."""
    with pytest.raises(ListenerError, match="Posted"):
        await _served_by(Host(listeners=[at_first(Posted)], **FAST), _visit)


async def _served_by(host: Host, come: Callable[[Host], Coroutine[Any, Any, None]]) -> None:
    async with host:
        await come(host)


async def _greet(host: Host) -> None:
    """Somebody else's terminal sends a frame."""
    _reader, writer = await asyncio.open_connection(*host.address.split(":"))
    writer.write(b"\x00\x04oops")
    try:
        await host.wait_for(HostStarted, within=5.0)
    finally:
        writer.close()
        await writer.wait_closed()


async def _visit(host: Host) -> None:
    """Our own terminals come, in the same loop."""
    async with Terminals(host.address, **FAST):
        await host.wait_for(HostStarted, within=2.0)
