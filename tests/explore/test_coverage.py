"""Every cell of the machines' tables is exercised, by the search or by hand, or says why not."""

from __future__ import annotations

import host_by_hand
import pytest
import terminal_by_hand
from searches import plan

from harness.explore.case import Recorder
from harness.explore.coverage import Counts, add
from harness.explore.random_search import CHUNK, RandomSearch, Search, plan_to_search
from harness.explore.runner import Runner, Schedule
from harness.explore.tables import Cell, cells_of, host_cells_of
from harness.explore.unreachable_cells import BY_HAND, UNREACHABLE, disproved
from harness.machines.host import Host
from harness.machines.host_inputs import HOST_STATES, RECORD_STATES, HostInput, HostState
from harness.machines.host_table import SAFE_HOST_TABLE
from harness.machines.inputs import STATES, State
from harness.machines.table import SAFE_TABLE
from harness.machines.terminal import Terminal
from harness.scenario import load_scenario

TERMINAL = cells_of(SAFE_TABLE)
HOST = host_cells_of(SAFE_HOST_TABLE)
SEARCHES = {
    "strange_messages": 128,
    **{"few_withdrawals": 512, "lost_answers": 192, "late_requests": 256, "noisy_line": 192},
    "every_code": 64,
}
FEW = {"few_withdrawals": 192, "strange_messages": 32}
CELLS = (*TERMINAL, *HOST)
TERMINAL_DRIVES = (*terminal_by_hand.SINGLE, *terminal_by_hand.ANYWHERE)


def ids(drive: terminal_by_hand.Drive | host_by_hand.Drive) -> str:
    return f"{drive.state}-{drive.event}"


@pytest.mark.parametrize("drive", TERMINAL_DRIVES, ids=ids)
def test_a_terminals_cell_leads_where_it_should(drive: terminal_by_hand.Drive) -> None:
    """The cell is met once, and the state is left or kept."""
    counts: Counts = {}
    bench = drive.begin(counts)
    assert bench.state == drive.state
    before = counts.get(drive.cell, 0)
    bench.say(drive.last)
    assert counts.get(drive.cell, 0) == before + 1
    assert bench.state == drive.to


@pytest.mark.parametrize("drive", terminal_by_hand.RACES, ids=ids)
def test_a_hand_that_meets_a_timer_is_believed(drive: terminal_by_hand.Drive) -> None:
    """What was taken is neither retracted nor captured."""
    counts: Counts = {}
    bench = drive.begin(counts)
    assert bench.state != drive.state
    bench.say(f"oversleep {drive.last}")
    assert counts[drive.cell] == 1
    assert bench.state == drive.to


@pytest.mark.parametrize("drive", host_by_hand.DRIVES, ids=ids)
def test_the_hosts_table_is_what_the_host_does(drive: host_by_hand.Drive) -> None:
    """The cell is met once more, and answers and books are what the table says."""
    counts: Counts = {}
    desk = drive.begin(counts)
    before = counts.get(drive.cell, 0)
    desk.say(drive.last)
    assert counts.get(drive.cell, 0) == before + 1
    assert desk.codes == drive.codes.split()
    assert desk.paid() == drive.paid
    assert counts.keys() <= SAFE_HOST_TABLE.keys()


# --- by the search, where chance would take long ------------------------------------------------

T = "terminal=ATM00001"
STEERED: dict[Cell, tuple[int, Schedule]] = {
    Cell(State.RECOVERING, "CashGone"): (16, (f"power_cut:at=write:CashMoved,off=1s,{T},nth=2",)),
    Cell(State.RECOVERING, "EjectExpired"): (
        0,
        (f"power_cut:at=frame:0200,off=1s,{T},nth=1", f"eject_jam:{T},nth=1"),
    ),
    Cell(State.RECOVERING, "RecoveryExpired"): (
        0,
        (
            f"power_cut:at=frame:0200,off=10s,{T},nth=1",
            f"process_pause:at=write:Marks,hold=60s,{T},nth=2",
        ),
    ),
    Cell(State.RETRACTING, "Duplicate"): (
        0,
        (f"customer_leaves_cash:{T},nth=1", f"dup_response:times=200,every=300ms,{T},nth=1"),
    ),
    Cell(State.CAPTURING, "Late"): (
        0,
        (f"customer_leaves_card:{T},nth=1", f"late_response:mti=0210,past=32s,{T},nth=1"),
    ),
    Cell(HostState.TOMBSTONE, HostInput.CRASH_BEFORE_COMMIT): (
        0,
        (f"slow:by=50s,books=late,mti=0200,{T},nth=1", f"crash_before_commit:mti=0200,{T},nth=1"),
    ),
    Cell(HostState.PENDING, HostInput.CRASH_BEFORE_REVERSAL): (
        0,
        (f"slow:by=50s,books=late,mti=0200,{T},nth=1", f"crash_before_commit:mti=0420,{T},nth=1"),
    ),
}


@pytest.mark.parametrize("cell", STEERED, ids=lambda cell: f"{cell.state}-{cell.event}")
def test_what_is_rare_can_be_steered_to(cell: Cell) -> None:
    """On that evening these faults lead there, every one of them acts, and nothing breaks."""
    counts: Counts = {}
    evening, schedule = STEERED[cell]
    trial = Runner(plan(), counts).run(schedule, evening=evening)
    assert cell in counts
    assert (trial.acted, trial.failures) == (schedule, ())


# --- all together -----------------------------------------------------------------------------


def by_hand() -> Counts:
    """What the tests above exercise."""
    counts: Counts = {}
    for drive in TERMINAL_DRIVES:
        drive.begin(counts).say(drive.last)
    for drive in terminal_by_hand.RACES:
        drive.begin(counts).say(f"oversleep {drive.last}")
    for host_drive in host_by_hand.DRIVES:
        host_drive.begin(counts).say(host_drive.last)
    return counts


def searched(scenario: str, runs: int) -> Counts:
    """What so many runs of a search exercise; it finds nothing."""
    searcher = RandomSearch(Search(plan_to_search(load_scenario(scenario)), seed=3, coverage=True))
    counts: Counts = {}
    for first in range(0, runs, CHUNK):
        chunk = searcher.drawn(first)
        assert chunk.found == ()
        add(counts, chunk.met)
    return counts


def test_every_cell_is_exercised_or_marked() -> None:
    """A new cell takes a drive, or a mark with its reason; and no mark is wrong."""
    hand = by_hand()
    assert [cell for cell in CELLS if cell not in hand and cell not in UNREACHABLE] == []
    assert disproved(CELLS, hand) == []


@pytest.mark.parametrize(
    ("searches", "share"),
    [(FEW, 0.4), pytest.param(SEARCHES, 0.6, marks=pytest.mark.long)],
    ids=["some", "all"],
)
def test_the_search_reaches_what_it_should(searches: dict[str, int], share: float) -> None:
    """Three fifths of what is not marked, two fifths by a few runs of two scenarios; and nothing
    which is said to be the suite's alone.
    """
    search: Counts = {}
    for scenario, runs in searches.items():
        add(search, searched(scenario, runs))
    open_to_it = [cell for cell in CELLS if cell not in UNREACHABLE and cell not in BY_HAND]
    assert sum(cell in search for cell in open_to_it) > share * len(open_to_it)
    assert disproved(CELLS, search) == []
    assert [cell for cell in BY_HAND if cell in search] == [], "take the mark away"


@pytest.mark.parametrize("cells", [TERMINAL, HOST], ids=["terminal", "host"])
def test_few_are_unreachable(cells: tuple[Cell, ...]) -> None:
    """At most one in ten of each table."""
    assert len(cells) > 50
    assert 10 * sum(cell in UNREACHABLE for cell in cells) <= len(cells)


def test_marks_are_of_cells() -> None:
    """Each names a cell that there is, and none has two."""
    assert [cell for cell in (*UNREACHABLE, *BY_HAND) if cell not in CELLS] == []
    assert [cell for cell in UNREACHABLE if cell in BY_HAND] == []


def test_a_cell_for_any_state_is_one_in_each() -> None:
    """'*' is spread out, and gives way where a state has a cell of its own."""
    assert sum(cell.event == "Stray" for cell in TERMINAL) == len(STATES)
    assert len(TERMINAL) == len(set(TERMINAL))
    own = {Cell(state, what.__name__) for state, what in SAFE_TABLE if state != "*"}
    assert own <= set(TERMINAL)
    assert {cell.event for cell in set(TERMINAL) - own} == set(terminal_by_hand.ANYWHERE_WORDS)


def test_the_hosts_cells_are_its_tables() -> None:
    """Each of the table's, once, by state; and no state is without one."""
    assert sorted(HOST) == sorted(SAFE_HOST_TABLE)
    assert list(dict.fromkeys(cell.state for cell in HOST)) == list(HOST_STATES)


@pytest.mark.parametrize("state", RECORD_STATES)
def test_whatever_a_host_knows_it_has_a_cell_for_what_may_come(state: str) -> None:
    """A duplicate, a reversal and a crash may meet any transaction; a reversal's repeat any but one
    that the reversal has made another of: a tombstone, or what is reversed.
    """
    moved_on = (HostState.PENDING, HostState.APPROVED, HostState.STOOD_IN)
    for what in (
        *(HostInput.REQUEST_AGAIN, HostInput.REVERSAL, HostInput.REVERSAL_AGAIN),
        *(HostInput.CRASH_BEFORE_REVERSAL, HostInput.CRASH_OVER_ANOTHER),
    ):
        if what == HostInput.REVERSAL_AGAIN and state in moved_on:
            continue
        assert (state, what) in SAFE_HOST_TABLE


# --- counting --------------------------------------------------------------------------------


@pytest.mark.parametrize("machines", [(None, None), ("hangs_on_timeout", "ignores_reversals")])
def test_who_is_counted_does_the_same(machines: tuple[str | None, str | None]) -> None:
    """Byte for byte, a defect too."""
    plain, counted, counts = Recorder(), Recorder(), Counts()
    schedule = ("crash_after_commit:nth=1",)
    Runner(plan(*machines)).run(schedule, listeners=[plain.see])
    Runner(plan(*machines), counts).run(schedule, listeners=[counted.see])
    assert plain.digest() == counted.digest()
    assert counts[Cell("WAITING_FOR_HOST", "LinkLost")] > 0
    assert counts[Cell(HostState.APPROVED, HostInput.CRASH_AFTER_COMMIT)] == 1


def test_who_is_not_asked_counts_nothing() -> None:
    """The machines are the profile's own."""
    bench = Runner(plan())
    bench.run(())
    assembly = bench._evening(0)
    assert type(assembly.host()) is Host
    assert type(assembly._builder(0)()) is Terminal
    assert RandomSearch(Search(plan())).drawn(0).met == {}


def test_what_a_defect_forgets_is_still_found() -> None:
    """The host takes a repeat for news; what is counted is that it had the answer."""
    counts: Counts = {}
    bench = Runner(plan(host="double_posts_repeats"), counts)
    bench.run(("drop_response:mti=0210,nth=1", "drop_response:mti=0430,nth=1"))
    assert counts[Cell(HostState.REVERSED, HostInput.REVERSAL_AGAIN)] == 1


def test_a_supervisor_who_leaves_a_sound_machine_leaves_it_in_service() -> None:
    """The last reason to be out of service went away while he was there."""
    bench = terminal_by_hand.Watched({})
    bench.say("close enter 10s alive leave")
    assert bench.state == State.IDLE
