"""A process that goes on where another was killed: with its journal, and with what is left of it.

A copy of the state directory, made while a process works, is what kill -9 would have left then.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from virtual_time import virtually

from harness import events as e
from harness import file_lock
from harness.api import Host, Terminals, judge
from harness.checks.verdict import Verdict
from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import Entry, JournalReader
from harness.live import clock, standalone

FAST: dict[str, Any] = {"speed": 40, "slack": "20s", "host_response": "20s", "settle": "80s"}
LEAVES_CARD = "customer_leaves_card:p=100%"
SILENT = "silent:mti=0200"
HOUR = 3600.0
E = TypeVar("E", bound=e.Event)


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A machine that is busy would let the motors of ours run out of time."""

    @functools.wraps(test)
    def run(virtual: pytest.MonkeyPatch, **given: Any) -> None:
        virtually(test(**given), virtual)

    own = inspect.signature(test).parameters.values()
    virtual = inspect.Parameter("virtual", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = inspect.Signature([*own, virtual])  # type: ignore[attr-defined]
    return run


@pytest.fixture
def virtual() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patches:
        yield patches


def status(verdict: Verdict, invariant: str) -> str:
    return next(row.status for row in verdict.rows if row.id == invariant)


def entries(journal: Path, *names: str) -> list[Entry]:
    """Those of these events, or all."""
    found = JournalReader(journal)
    return [x for x in found if not names or type(x.event).__name__ in names]


def events(journal: Path, kind: type[E]) -> list[E]:
    found: list[e.Event] = [entry.event for entry in entries(journal, kind.__name__)]
    return [event for event in found if isinstance(event, kind)]


def missing(journal: Path) -> list[str]:
    """What the journal says of the evidence that it lacks."""
    return [event.what for event in events(journal, e.EvidenceMissing)]


async def killed_terminals(
    where: Path, kind: type[e.Event], host: Sequence[str] = (), **options: Any
) -> Path:
    """The state directory that terminals leave which are killed right after that event, in front of
    a host with those faults.
    """
    async with (
        Host(faults=host, **FAST) as there,
        Terminals(there.address, state_dir=where / "alive", **FAST, **options) as atms,
    ):
        await atms.wait_for(kind, within=120.0)
        return Path(shutil.copytree(where / "alive", where / "kept"))


async def go_on(kept: Path, **options: Any) -> Verdict:
    """The verdict of terminals that go on there until they have served a customer."""
    async with (
        Host(**FAST) as host,
        Terminals(host.address, state_dir=kept, **FAST, **options) as atms,
    ):
        await atms.wait_for(e.CardInserted, within=120.0)
    return atms.verdict


# --- evidence that is missing --------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a lock that stays where it is."""
    monkeypatch.setattr(file_lock, "_LOOKS_TAKE", 0.0)


INSIDE = [e.CardInserted, e.CardAtSlot, e.NotesPresented]
OWED = [e.TransactionBegun, e.ReversalQueued]


@pytest.mark.parametrize("kind", [*INSIDE, *OWED])
@pytest.mark.parametrize("how", ["another journal", "the journal is gone"])
@in_virtual_time
async def test_what_is_in_the_machine_is_told_to_a_new_journal(
    tmp_path: Path, kind: type[e.Event], how: str
) -> None:
    """A card or cash from before is judged from there on, and blames nobody for what was before."""
    leaves = [LEAVES_CARD] if kind is e.CardAtSlot else []
    kept = await killed_terminals(tmp_path, kind, host=[SILENT] * (kind in OWED), faults=leaves)
    options: dict[str, Any] = {}
    path = kept / "terminals.jsonl"
    if how == "another journal":
        options = {"journal": (path := tmp_path / "new.jsonl")}
    else:
        path.unlink()
    verdict = await go_on(kept, **options)
    assert verdict.passed, verdict
    assert len(missing(path)) == 1
    assert any(missing(path)[0] in note for note in verdict.notes)
    (left,) = events(path, e.DeviceBroughtForward)
    assert bool(left.card) is (kind is not e.NotesPresented)
    assert bool(left.cash) is (kind is e.NotesPresented)
    assert status(verdict, "T11") == "pass"
    answered = events(path, e.ReversalAnswered)
    assert bool(answered) is (kind is not e.CardInserted)  # that one had asked for nothing yet


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_a_line(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3][:9] + b"\xff" + lines[3][10:]
    path.write_bytes(b"\n".join(lines))


def alter_a_digit(path: Path) -> None:
    """Every line of it reads."""
    lines = path.read_bytes().split(b"\n")
    assert lines[3].startswith(b'{"at":')
    digit = lines[3][6:7]
    lines[3] = lines[3].replace(b'{"at":' + digit, b'{"at":' + (b"1" if digit != b"1" else b"2"), 1)
    path.write_bytes(b"\n".join(lines))


def spoil_the_header(path: Path) -> None:
    path.write_bytes(b"?" + path.read_bytes()[1:])


def go_on_without_the_store(path: Path) -> None:
    """As if a process had run on that the store knows nothing of: an older copy of it was put
    back.
    """
    last = json.loads(path.read_bytes().splitlines()[-1])
    event = {"is": "RunEnded", "how": "quiet"}
    ended = {"at": 900.0, "seq": last["seq"] + 1, "actor": "RUN", "event": event}
    more = [json.dumps(entry).encode() for entry in (ended, {**last, "seq": last["seq"] + 2})]
    path.write_bytes(b"\n".join([path.read_bytes().rstrip(b"\n"), *more, b""]))


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (halve, "that the store counts"),
    (spoil_a_line, "line 4 cannot be read"),
    (spoil_the_header, "line 1 cannot be read"),
    (alter_a_digit, "it was altered"),
    (go_on_without_the_store, "it is newer than the store"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
@in_virtual_time
async def test_a_damaged_journal_of_terminals_is_kept_and_told(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    """Nobody is blamed, nothing of it is lost, and the new journal says what it lacks."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    path = kept / "terminals.jsonl"
    damage(path)
    damaged = path.read_bytes()
    verdict = await go_on(kept)
    assert verdict.passed, verdict
    assert (kept / "terminals-1.jsonl").read_bytes() == damaged
    (told,) = missing(path)
    assert said in told
    assert str(kept / "terminals-1.jsonl") in told


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
@in_virtual_time
async def test_a_damaged_journal_of_a_host_is_kept_and_told(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    """What the host still holds is brought forward into the new one."""
    async with (
        Host(state_dir=tmp_path / "alive", **FAST) as host,
        Terminals(host.address, **FAST) as atms,
    ):
        await atms.wait_for(e.NotesTaken, within=120.0)
        kept = Path(shutil.copytree(tmp_path / "alive", tmp_path / "kept"))
    path = kept / "host.jsonl"
    damage(path)
    damaged = path.read_bytes()
    async with (
        Host(state_dir=kept, **FAST) as host,
        Terminals(host.address, seed=2, **FAST) as atms,
    ):
        await atms.wait_for(e.NotesTaken, within=120.0)
    assert host.verdict.passed, host.verdict
    assert (kept / "host-1.jsonl").read_bytes() == damaged
    (told,) = missing(path)
    assert said in told
    assert entries(path, "BroughtForward")
    both = judge_both(host, atms)
    assert both.passed, both


def judge_both(host: Host, atms: Terminals) -> Verdict:
    assert host.path is not None
    return judge(host.path, *([atms.path] if atms.path is not None else []))


@in_virtual_time
async def test_a_journal_that_is_whole_is_gone_on_with(tmp_path: Path) -> None:
    """Also one that was asked for by its name, as who starts a process again does."""
    kept = await killed_terminals(tmp_path, e.CardAtSlot)
    path = kept / "terminals.jsonl"
    verdict = await go_on(kept, journal=path)
    assert verdict.passed, verdict
    assert missing(path) == []
    assert len(entries(path, "CassettesCounted")) == 2
    assert [event.phase for event in events(path, e.PowerLost)] == ["killed"]


@in_virtual_time
async def test_the_lives_of_a_half_in_two_journals(tmp_path: Path) -> None:
    """The second life has a journal of its own; the third says that the first one's lacks it."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    first = (kept / "terminals.jsonl").read_bytes()
    other = tmp_path / "other.jsonl"
    assert (await go_on(kept, journal=other)).passed
    assert (await go_on(kept)).passed
    (told,) = missing(kept / "terminals.jsonl")
    assert told.startswith(f"what came before is in {other}")
    assert (kept / "terminals-1.jsonl").read_bytes().startswith(first[:1000])


# --- a clock that somebody has set ----------------------------------------------------------------


@pytest.mark.parametrize("hours", [-2.0, 24 * 365.0])
@in_virtual_time
async def test_run_time_never_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    """The clock of the machine is set back, or far forward, between two processes."""
    kept = await killed_terminals(tmp_path, e.CardAtSlot, faults=[LEAVES_CARD])
    path = kept / "terminals.jsonl"
    now = clock.unix_time()
    monkeypatch.setattr(standalone, "unix_time", lambda: now + hours * HOUR)
    verdict = await go_on(kept)
    assert verdict.passed, verdict
    times = [entry.at for entry in entries(path)]
    assert times == sorted(times)
    told = [event.seconds for event in events(path, e.ClockSetBack)]
    assert [0.9 < seconds / (40 * 2 * HOUR) <= 1.1 for seconds in told] == [True] * (hours < 0)


@in_virtual_time
async def test_two_journals_are_in_one_order_until_a_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after that proves nothing, and blames nobody."""
    kept, now = tmp_path / "kept", clock.unix_time()
    async with Host(journal=tmp_path / "host.jsonl", **FAST) as host:
        await serve(host, state_dir=kept)
        monkeypatch.setattr(standalone, "unix_time", lambda: now - 2 * HOUR)
        await serve(host, state_dir=kept)
    both = judge(tmp_path / "host.jsonl", kept / "terminals.jsonl")
    assert both.outcome == "invalid", both
    assert "the clock was set back by" in both.reasons[0]
    assert not both.failures


# --- without a host -------------------------------------------------------------------------------


@in_virtual_time
async def test_terminals_that_go_on_need_no_host(tmp_path: Path) -> None:
    """The card comes out although nobody answers; they dial on."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    async with Terminals("127.0.0.1:1", state_dir=kept, **FAST) as atms:
        await atms.wait_for(e.CardTaken, within=120.0)
        failed = await atms.wait_for(e.ConnectFailed, within=120.0)
        assert failed.how == atms.fleet.not_reached == "refused"
    assert not [row.id for row in atms.verdict.rows if row.status == "fail"], atms.verdict


@in_virtual_time
async def test_the_first_process_needs_its_host(tmp_path: Path) -> None:
    """Nobody at the address, and nothing to give back: a mistake in the address, most probably,
    also the second time.
    """
    for _ in range(2):
        atms = Terminals("127.0.0.1:1", state_dir=tmp_path / "kept", **FAST)
        with pytest.raises(EnvironmentTrouble, match="is the host listening there"):
            async with atms:
                await atms.serve("1h")


# --- one process for one state --------------------------------------------------------------------


@in_virtual_time
async def test_a_second_process_on_one_directory_or_journal_is_refused(tmp_path: Path) -> None:
    """Whoever comes second is told who is there. The other half may use the directory too."""
    kept = tmp_path / "kept"
    link = tmp_path / "link"
    link.symlink_to(kept)
    refused = pytest.raises(EnvironmentTrouble, match=r"is in use by process .* since ")
    async with (
        Host(state_dir=kept, **FAST) as host,
        Terminals(host.address, state_dir=kept, **FAST) as atms,
    ):
        seconds: list[Host | Terminals] = [
            Host(state_dir=kept, **FAST),
            Host(state_dir=link, journal=tmp_path / "other.jsonl", **FAST),
            Host(journal=kept / "host.jsonl", **FAST),
            Host(journal=link / "terminals.jsonl", **FAST),
            Terminals(host.address, state_dir=link, **FAST),
            Terminals(host.address, journal=kept / "terminals.jsonl", **FAST),
        ]
        for second in seconds:
            with refused:
                await second.__aenter__()
        await atms.wait_for(e.NotesTaken, within=120.0)
    assert host.verdict.passed, host.verdict
    assert atms.verdict.passed, atms.verdict
    assert not list(kept.glob(".*"))  # no note of who has it is left


# --- files ----------------------------------------------------------------------------------------


@in_virtual_time
async def test_state_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The directory that is made, and each file in it, those of SQLite too."""
    kept = tmp_path / "new" / "kept"
    async with (
        Host(state_dir=kept, **FAST) as host,
        Terminals(host.address, state_dir=kept, **FAST) as atms,
    ):
        await atms.wait_for(e.CardInserted, within=120.0)
        modes = {x.name: x.stat().st_mode & 0o777 for x in kept.iterdir()}
    assert kept.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    for half in ("host", "terminals"):
        assert {f"{half}.sqlite", f"{half}.sqlite-wal", f"{half}.jsonl", f"{half}.lock"} <= set(
            modes
        )


@in_virtual_time
async def test_files_of_an_older_harness_become_their_owners_alone(tmp_path: Path) -> None:
    """The directory stays as its owner made it."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    kept.chmod(0o755)
    for path in kept.iterdir():
        path.chmod(0o644)
    await go_on(kept)
    assert kept.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}


@in_virtual_time
async def test_a_journal_that_has_lost_its_store_is_not_written_over(tmp_path: Path) -> None:
    """Nobody knows what was pending: the user has to say."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    path = kept / "terminals.jsonl"
    before = path.read_bytes()
    for store in kept.glob("terminals.sqlite*"):
        store.unlink()
    for _ in range(2):
        with pytest.raises(ConfigError, match="the store that belongs to it is gone"):
            await Terminals("127.0.0.1:1", state_dir=kept).__aenter__()
    assert path.read_bytes() == before


@pytest.mark.parametrize("half", ["terminals", "host"])
@in_virtual_time
async def test_a_store_that_was_emptied_is_not_gone_on_with(tmp_path: Path, half: str) -> None:
    """The same as one that is gone, however often it is tried."""
    kept = tmp_path / "kept"
    async with Host(state_dir=kept, **FAST) as host:
        await serve(host, state_dir=kept)
    (kept / f"{half}.sqlite").write_bytes(b"")
    before = (kept / f"{half}.jsonl").read_bytes()
    for _ in range(2):
        again = {
            "host": Host(state_dir=kept, **FAST),
            "terminals": Terminals("127.0.0.1:1", state_dir=kept, **FAST),
        }
        with pytest.raises(ConfigError, match="the store that belongs to it is empty"):
            await again[half].__aenter__()
    assert (kept / f"{half}.jsonl").read_bytes() == before
    assert not (kept / f"{half}-1.jsonl").exists()


@pytest.mark.parametrize("damage", ["no database", "a page is overwritten", "a newer harness"])
@in_virtual_time
async def test_a_store_that_cannot_be_read_is_left_alone(tmp_path: Path, damage: str) -> None:
    """It is named, with what to do; store and journal stay as they are."""
    kept = await killed_terminals(tmp_path, e.CardInserted)
    store, path = kept / "terminals.sqlite", kept / "terminals.jsonl"
    change(store, damage)
    before = store.read_bytes(), path.read_bytes()
    with pytest.raises(EnvironmentTrouble) as refused:
        await Terminals("127.0.0.1:1", state_dir=kept).__aenter__()
    assert str(store) in str(refused.value)
    assert "choose another directory" in str(refused.value)
    assert (store.read_bytes(), path.read_bytes()) == before


def change(store: Path, damage: str) -> None:
    with contextlib.closing(sqlite3.connect(store)) as database:
        if damage == "a newer harness":
            database.execute("PRAGMA user_version=99")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
    if damage != "a newer harness":
        size = store.stat().st_size
        start = 0 if damage == "no database" else 4096
        with store.open("r+b") as file:
            file.seek(start)
            file.write(b"?" * (size - start))


# --- two journals with several processes each -----------------------------------------------------


async def serve(host: Host, *, later: str = "", **options: Any) -> Terminals:
    """Terminals that have served a customer with cash, some time after those before them."""
    if later:
        await host.serve(later)
    async with Terminals(host.address, **FAST, **options) as atms:
        await atms.wait_for(e.NotesTaken, within=120.0)
    assert atms.verdict.passed, atms.verdict
    return atms


async def test_a_host_that_served_other_terminals_before_and_after(tmp_path: Path) -> None:
    """Of what it posted for those nobody has seen the cash: that blames nobody, and holds for
    each of the three journals.
    """
    journals = [tmp_path / f"atms{n}.jsonl" for n in range(3)]
    async with Host(journal=tmp_path / "host.jsonl", **FAST) as host:
        for number, journal in enumerate(journals):
            await serve(host, journal=journal, seed=number + 1)
    for journal in journals:
        both = judge(host_journal := tmp_path / "host.jsonl", journal)
        assert both.passed, (journal, both)
        assert status(both, "H3") == "pass"
        assert both.totals.ledger - both.totals.explained == both.totals.cash_taken
    assert host_journal.exists()


@pytest.mark.parametrize("which", [0, 1, 2])
@in_virtual_time
async def test_terminals_that_had_other_hosts_before_and_after(tmp_path: Path, which: int) -> None:
    """Their journal has three processes in it, each in front of a host of its own."""
    for number in range(3):
        async with Host(journal=tmp_path / f"host{number}.jsonl", **FAST) as host:
            await serve(host, state_dir=tmp_path / "kept", later="10m")
    both = judge(tmp_path / f"host{which}.jsonl", tmp_path / "kept" / "terminals.jsonl")
    assert both.passed, both
    assert status(both, "H3") == "pass"


async def test_an_end_that_was_cut_short_is_forgotten_by_the_next(tmp_path: Path) -> None:
    """How the last process of each half ended is how the run ended, and its counts count."""
    kept = tmp_path / "kept"
    stop = asyncio.Event()
    stop.set()
    async with Host(journal=tmp_path / "host.jsonl", faults=[SILENT], **FAST) as host:
        async with Terminals(host.address, state_dir=kept, host_outages=["0s.."], **FAST) as atms:
            await atms.wait_for(e.ReversalQueued, within=120.0)
            await atms.settle(stop)
        assert atms.verdict.outcome == "invalid"
        assert atms.verdict.totals.reversals == 1
        pending = atms.verdict.totals.pending  # 0 if the answer came before the process had ended
        for event in host.machines.faults.lift(host.clock.now()):  # type: ignore[attr-defined]
            host.machines.record("RUN", event)
        async with Terminals(host.address, state_dir=kept, host_outages=["0s.."], **FAST) as atms:
            if pending:
                await atms.wait_for(e.ReversalAnswered, within=120.0)
            await atms.wait_for(e.NotesTaken, within=120.0)
    assert atms.verdict.passed, atms.verdict
    both = judge(tmp_path / "host.jsonl", kept / "terminals.jsonl")
    assert both.passed, both
    assert (both.totals.pending, both.totals.acknowledged) == (0, 1)


@in_virtual_time
async def test_money_that_was_posted_for_nobody_is_still_told(tmp_path: Path) -> None:
    """While both halves are there, a debit without a request breaks H3."""
    journals = await _one_run(tmp_path)
    lines = journals[0].read_bytes().splitlines(keepends=True)
    posted = next(n for n, line in enumerate(lines) if b'"is":"Posted"' in line)
    other = lines[posted].replace(b'"stan":"', b'"stan":"9', 1)
    assert other != lines[posted]
    entries = [*lines[1 : posted + 1], other, *lines[posted + 1 :]]
    journals[0].write_bytes(lines[0] + b"".join(_numbered(entries)))
    assert status(judge(*journals), "H3") == "fail"


def _numbered(entries: list[bytes]) -> Iterator[bytes]:
    """The same entries, numbered anew."""
    for number, line in enumerate(entries, 1):
        yield re.sub(rb'"seq":\d+', b'"seq":%d' % number, line, count=1)


async def _one_run(where: Path) -> list[Path]:
    async with Host(journal=where / "host.jsonl", **FAST) as host:
        await serve(host, journal=where / "atms.jsonl")
    return [where / "host.jsonl", where / "atms.jsonl"]
