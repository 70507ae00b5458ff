"""The public API as a test suite of a user's own would use it: `from harness import ...`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import Host, Terminals, Verdict, judge, simulate
from harness.checks.verdict import Row
from harness.errors import ConfigError
from harness.events import CardTaken, LinkOpened, NotesTaken, Posted, ReversalAnswered, RunEnded
from harness.journal import Entry, JournalReader

README = Path(__file__).parents[1] / "README.md"
# At 40 times the clock 20 s are half a second of the wall: a test machine has other things to do.
FAST: dict[str, Any] = {"speed": 40, "slack": "20s", "host_response": "20s"}


def row(verdict: Verdict, invariant: str) -> Row:
    """What a verdict says of one invariant."""
    return next(row for row in verdict.rows if row.id == invariant)


def broken(verdict: Verdict) -> set[str]:
    return {row.id for row in verdict.rows if row.status == "fail"}


def of(journal: Path, kind: type[Any]) -> list[Entry]:
    return [entry for entry in JournalReader(journal) if isinstance(entry.event, kind)]


# --- simulate -------------------------------------------------------------------------------


def small(**options: Any) -> Verdict:
    return simulate("ordinary_evening", terminals=5, duration="10m", **options)


def test_a_safe_evening_passes() -> None:
    """And it was tried: cards went in, and money was booked."""
    verdict = small()
    assert verdict.passed, verdict
    assert (verdict.outcome, verdict.exit_code, str(verdict)) == ("pass", 0, "PASS")
    assert row(verdict, "T2").tried > 0
    assert row(verdict, "H3").tried > 0


def test_a_terminal_that_hangs_fails_and_says_where() -> None:
    """The same faults leave the safe one standing, and an assertion shows whose card it was."""
    faults = ["drop_response:p=30%,mti=0210"]
    assert not small(faults=faults).failures
    verdict = small(faults=faults, terminal_profile="hangs_on_timeout")
    assert not verdict.passed
    assert verdict.exit_code == 1
    assert broken(verdict) >= {"T1", "T2", "F1"}
    assert re.search(r"\n  T1 at [0-9.]+ s, ATM0000\d: the card never came out", str(verdict))


def test_a_host_that_ignores_reversals_fails() -> None:
    """Its ledger keeps what nobody took."""
    verdict = small(faults=["drop_response:p=30%,mti=0210"], host_profile="ignores_reversals")
    assert broken(verdict) >= {"H3"}, verdict


def test_a_path_may_be_a_text(tmp_path: Path) -> None:
    """As everywhere in Python."""
    journal = str(tmp_path / "evening.jsonl")
    small(journal=journal)
    assert judge(journal).passed


def test_a_listener_of_a_simulation_gets_what_the_journal_gets(tmp_path: Path) -> None:
    """Each entry, in its order, as it is recorded: times are rounded in the journal alone."""
    path = tmp_path / "evening.jsonl"
    heard: list[tuple[float, str, str]] = []
    verdict = small(
        journal=path,
        listeners=[lambda at, actor, event: heard.append((at, actor, type(event).__name__))],
    )
    assert verdict.passed, verdict
    written = [(x.at, x.actor, type(x.event).__name__) for x in JournalReader(path)]
    assert [(round(at, 6), actor, name) for at, actor, name in heard] == [
        (round(at, 6), actor, name) for at, actor, name in written
    ]


def test_a_seed_gives_the_same_journal_byte_for_byte(tmp_path: Path) -> None:
    """And another seed another one."""
    written = []
    for number, seed in enumerate((3, 3, 4)):
        path = tmp_path / f"{number}.jsonl"
        small(seed=seed, faults=["drop_response:p=30%,mti=0210"], journal=path)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert written[0].splitlines()[1:] != written[2].splitlines()[1:]


def test_the_journal_alone_gives_the_verdict_again(tmp_path: Path) -> None:
    """Nothing is remembered from the run."""
    path = tmp_path / "run.jsonl"
    verdict = small(terminal_profile="cash_before_approval", journal=path)
    again = judge(path)
    assert again.outcome == verdict.outcome == "fail"
    assert broken(again) == broken(verdict)
    assert again.totals == verdict.totals


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: simulate("national_freze"), "national_freeze"),
        (lambda: simulate("ordinary_evening", faults=["silnet"]), "silent"),
        (lambda: simulate("ordinary_evening", terminal_profile="saef"), "safe"),
        (lambda: simulate("ordinary_evening", duration="5 parsecs"), "90m"),
        (lambda: Host(profile="ignores_reversal"), "ignores_reversals"),
        (lambda: Host(settle="soon"), "settle"),
        (lambda: Terminals(to="127.0.0.1"), "127.0.0.1"),
        (lambda: Terminals(to="127.0.0.1:1", gap="often"), "gap"),
        (lambda: judge(README), "README.md"),
    ],
    ids=["scenario", "fault", "profile", "duration", "host", "settle", "address", "gap", "journal"],
)
def test_a_mistake_is_named_with_what_would_be_right(
    mistake: Callable[[], object], said: str
) -> None:
    """A ConfigError, before anything has begun."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        mistake()


# --- the two halves in one loop ---------------------------------------------------------------


class Halves:
    """What is left of a host and terminals that served each other."""

    def __init__(self, where: Path) -> None:
        self.host_journal = where / "host.jsonl"
        self.journal = where / "terminals.jsonl"

    async def serve(
        self, duration: str, *faults: str, terminals: int = 3, profile: str = "safe"
    ) -> None:
        async with (
            Host(faults=faults, journal=self.host_journal, **FAST) as host,
            Terminals(
                host.address, terminals, profile=profile, journal=self.journal, **FAST
            ) as atms,
        ):
            await atms.serve(duration)
        self.host = host.verdict
        self.terminals = atms.verdict
        self.both = judge(self.host_journal, self.journal)


async def test_two_safe_halves_pass_alone_and_together(tmp_path: Path) -> None:
    """Ledger against cash is what neither half can see by itself."""
    halves = Halves(tmp_path)
    await halves.serve("25s")
    for verdict in (halves.host, halves.terminals, halves.both):
        assert verdict.passed, verdict
    assert row(halves.host, "H3").status == "not observable"
    assert row(halves.terminals, "H3").status == "not observable"
    assert row(halves.both, "H3").status == "pass"
    assert row(halves.both, "H3").tried > 0
    assert halves.both.totals.ledger == halves.both.totals.cash_taken > 0
    for journal in (halves.host_journal, halves.journal):
        assert [entry.event for entry in of(journal, RunEnded)] == [RunEnded("quiet")]


@pytest.mark.parametrize("fault", ["silent@20s..80s", "drop_response:nth=2,mti=0210"])
async def test_a_broken_host_is_answered_with_reversals(tmp_path: Path, fault: str) -> None:
    """Each card comes out at the abort, and what the host has booked is put right. The terminals'
    half blames the host, and nothing else; both together know that it is a fault of the harness.
    """
    halves = Halves(tmp_path)
    await halves.serve("120s", fault)
    assert halves.host.passed, halves.host
    assert "H9" in broken(halves.terminals) <= {"H9", "H13"}, halves.terminals
    assert halves.both.passed, halves.both
    assert row(halves.host, "T8.unanswered").tried > 0
    for invariant in ("T1", "T8", "H3", "H7"):
        assert row(halves.both, invariant).tried > 0, invariant
        assert row(halves.both, invariant).status == "pass", invariant
    assert of(halves.journal, ReversalAnswered)
    booked = {getattr(entry.event, "kind", "") for entry in of(halves.host_journal, Posted)}
    # a silent host has booked nothing that it would have to give back
    assert booked == ({"debit"} if "silent" in fault else {"debit", "reversal"})


async def test_a_defective_terminal_fails_by_its_own_evidence(tmp_path: Path) -> None:
    """The cash shows it; a host by itself sees reversals that say more was paid than approved."""
    halves = Halves(tmp_path)
    await halves.serve("30s", profile="cash_before_approval")
    assert broken(halves.host) == {"T14"}, halves.host
    assert broken(halves.terminals) == {"T4", "T6", "T14", "M4"}, halves.terminals
    assert broken(halves.both) == {"T4", "T6", "T14", "M4"}, halves.both
    assert halves.both.exit_code == 1


async def test_a_defective_host_fails_by_the_ledger(tmp_path: Path) -> None:
    """It says 00 to the reversal, so that only both journals together show that it lied."""
    journals = tmp_path / "host.jsonl", tmp_path / "terminals.jsonl"
    faults = ["drop_response:nth=1,mti=0210"]
    async with (
        Host(faults=faults, profile="ignores_reversals", journal=journals[0], **FAST) as host,
        Terminals(host.address, journal=journals[1], **FAST) as atms,
    ):
        await atms.wait_for(ReversalAnswered)
    assert broken(atms.verdict) == {"H9"}, atms.verdict
    verdict = judge(*journals)
    assert broken(verdict) == {"H3", "H14"}, verdict


async def test_journals_that_are_no_two_halves_are_refused(tmp_path: Path) -> None:
    """Twice the same one proves nothing about the other."""
    path = tmp_path / "host.jsonl"
    async with Host(journal=path, **FAST):
        pass
    with pytest.raises(ConfigError, match="not those of one host and its terminals"):
        judge(path, path)


# --- while it goes on -------------------------------------------------------------------------


async def test_serve_counts_run_seconds() -> None:
    """Twenty of them, and not twenty of the wall."""
    loop = asyncio.get_running_loop()
    async with Host(**FAST) as host:
        began, wall = host.clock.now(), loop.time()
        await host.serve("20s")
        assert host.clock.now() - began >= 20.0
        assert loop.time() - wall < 20.0
    assert host.verdict.outcome == "invalid"  # nobody came
    assert "nothing was tried" in str(host.verdict)


async def test_wait_for_takes_the_event_that_was_asked_for() -> None:
    """Of that kind, of that actor, with those values, and so many of them."""
    async with (
        Host(**FAST) as host,
        Terminals(host.address, 3, **FAST) as atms,
    ):
        posted, taken = await asyncio.gather(
            host.wait_for(Posted, terminal="ATM00002"),
            atms.wait_for(NotesTaken, actor="ATM00002"),
        )
        third = await host.wait_for(Posted, actor="HOST", count=3)
        assert sum(value * count for value, count in taken.notes.items()) == posted.amount
        assert posted.terminal == "ATM00002"
        assert third != posted
        with pytest.raises(TimeoutError, match="no CardTaken within"):
            await atms.wait_for(CardTaken, actor="ATM00009", within=0.01)
    assert atms.verdict.passed, atms.verdict


async def test_wait_for_tells_a_debit_from_a_reversal() -> None:
    """Events have a value of that name: `Posted`, `TransactionBegun`, `AlarmRaised`."""
    values: dict[str, Any] = {"kind": "debit"}
    async with Host(**FAST) as host, Terminals(host.address, **FAST):
        assert (await host.wait_for(Posted, **values)).kind == "debit"


async def test_a_listener_gets_what_the_journal_gets(tmp_path: Path) -> None:
    """Each entry, in its order."""
    path = tmp_path / "terminals.jsonl"
    heard: list[tuple[str, str]] = []
    async with (
        Host(**FAST) as host,
        Terminals(
            host.address,
            journal=path,
            listeners=[lambda _at, actor, event: heard.append((actor, type(event).__name__))],
            **FAST,
        ) as atms,
    ):
        await atms.wait_for(LinkOpened)
    assert heard == [(entry.actor, type(entry.event).__name__) for entry in JournalReader(path)]


async def test_a_test_that_fails_inside_leaves_an_interrupted_run(tmp_path: Path) -> None:
    """What it raised comes out at once, and the journal can never pass."""
    path = tmp_path / "host.jsonl"
    with pytest.raises(AssertionError, match="of their own"):
        async with Host(journal=path, **FAST):
            raise AssertionError("of their own")
    verdict = judge(path)
    assert verdict.outcome == "invalid"
    assert "the run was interrupted" in verdict.reasons


# --- what it offers ---------------------------------------------------------------------------


def test_the_package_offers_what_it_says() -> None:
    """And not a name more: a misspelt one is an AttributeError."""
    assert [getattr(harness, name).__name__ for name in harness.__all__] == harness.__all__
    with pytest.raises(AttributeError, match="Terminal'"):
        _ = harness.Terminal


# --- a run that proves nothing ----------------------------------------------------------------


async def test_a_verdict_that_proves_nothing_begins_with_the_reason(tmp_path: Path) -> None:
    """In a suite as on the screen, and in the journal as in the run."""
    journal = tmp_path / "host.jsonl"
    async with Host(journal=journal, **FAST) as host:
        pass
    assert host.verdict.outcome == "invalid"
    assert host.verdict.reasons[0] == "nobody connected"
    assert str(host.verdict).splitlines()[1] == "  nobody connected"
    assert judge(journal).reasons == host.verdict.reasons


async def test_a_peer_that_connects_and_says_nothing_is_told(tmp_path: Path) -> None:
    """Nobody knows whose connection it was, but there was one."""
    async with Host(journal=tmp_path / "host.jsonl", **FAST) as host:
        opened = asyncio.create_task(host.wait_for(LinkOpened))
        await asyncio.sleep(0)  # so that it waits before there is something to wait for
        address, port = host.address.split(":")
        _, writer = await asyncio.open_connection(address, int(port))
        await opened
        writer.close()
        await writer.wait_closed()
    assert host.verdict.reasons[0] == "1 connection was opened, and nothing was sent"
