"""`harness explore` and `harness replay` at the shell: found, kept, told and brought back."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from harness.cardholders import Population
from harness.checks.secrecy import SecrecyScan
from harness.cli.main import execute
from harness.crypto.keys import load_keys
from harness.defects.reversals import FORGETS_REVERSAL
from harness.errors import EnvironmentTrouble
from harness.explore.case import Case, Found, read_case, shrunk, write_case
from harness.explore.random_search import RandomSearch, Search, plan_to_search
from harness.explore.runner import Broken, Runner
from harness.explore.tables import Cell
from harness.explore.unreachable_cells import UNREACHABLE
from harness.machines.cells_card import proceed
from harness.machines.inputs import DispenseExpired, Input, Late, Sensors, State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.reversing import suspend
from harness.machines.store import StoreImage
from harness.machines.terminal import Terminal
from harness.plan import RunPlan
from harness.profiles import terminal_profile
from harness.scenario import load_scenario

SCENARIOS = Path(__file__).parents[2] / "fixtures" / "scenarios"
MANY = "400"  # runs: enough for each of the likely faults to have been drawn
FORGETS = ("--terminal-profile", "forgets_reversal", "--jobs", "1")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test in a directory of its own, on a wide screen that is no terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return " ".join((out + err).split())


class Searched(NamedTuple):
    """What a search has left behind."""

    screen: str
    runs: Path

    def here(self) -> None:
        """As if it had been made in this directory."""
        shutil.copytree(self.runs, "runs")


@pytest.fixture(scope="module")
def every_single_fault(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """`explore --exhaustive 1` of a terminal that forgets its reversals."""
    folder = tmp_path_factory.mktemp("exhaustive")
    screen = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
    ):
        patch.chdir(folder)
        patch.setenv("COLUMNS", "120")
        assert execute(["explore", "--exhaustive", "1", *FORGETS]) == 1
    return Searched(screen.getvalue(), folder / "runs")


def cases() -> list[Path]:
    return sorted(Path("runs").glob("case-*.json"))


def found(invariant: str) -> Path:
    """The case that breaks it."""
    return next(x for x in cases() if json.loads(x.read_text())["broken"]["invariant"] == invariant)


def test_nothing_is_found_in_the_safe_pair(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, the runs that count, and no case."""
    assert execute(["explore", "--runs", "100", "--jobs", "1"]) == 0
    text = said(capsys)
    assert "NOTHING FOUND in 1" in text
    assert "in which none did and that do not count" in text
    assert cases() == []


def test_what_is_found_is_kept_told_and_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1; the story names fault, machine and command; the replay is the same, byte for byte."""
    assert execute(["explore", "--runs", "150", *FORGETS]) == 1
    text = said(capsys)
    assert "every withdrawal ends in exactly one way: broken" in text
    assert "it takes 1 fault of the" in text
    assert "it holds; there the two runs part:" in text
    assert "0200 withdrawal" in text
    case = found("T8")
    assert f"replay it: harness replay {case}" in text
    assert execute(["replay", str(case)]) == 1
    assert "AGAIN it breaks as it did, byte for byte" in said(capsys)


def test_a_replay_writes_the_journal_that_is_asked_for(
    every_single_fault: Searched, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is judged as any run is, and judges again to the same code."""
    every_single_fault.here()
    assert execute(["replay", str(found("T8")), "--journal", "again.jsonl"]) == 1
    said(capsys)
    assert execute(["judge", "again.jsonl"]) == 1
    assert "T8" in said(capsys)


def test_a_case_that_is_mended_is_gone(
    every_single_fault: Searched, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 0 when its machine breaks nothing any more; and it says when the case is stale."""
    every_single_fault.here()
    case = json.loads(found("T8").read_text())
    case["plan"]["terminal_profile"] = "safe"
    case["version"] = "0.0.1"
    Path("mended.json").write_text(json.dumps(case))
    said(capsys)
    assert execute(["replay", "mended.json"]) == 0
    text = said(capsys)
    assert "GONE" in text
    assert "STALE the case is of harness 0.0.1" in text


def test_no_secret_is_in_what_a_search_tells_and_keeps(every_single_fault: Searched) -> None:
    """S3 of the search itself: neither on the screen nor in a case."""
    keys = load_keys("test")
    scan = SecrecyScan(Population(1, token_key=keys.token), keys, terminals=1)
    every_single_fault.here()
    scan.scan(every_single_fault.screen.encode(), "screen", 1)
    for path in cases():
        scan.scan(path.read_bytes(), path.name, 1)
    assert scan.scanned > 5000
    assert scan.leaks == []


def test_coverage_tells_what_was_exercised(capsys: pytest.CaptureFixture[str]) -> None:
    """Both tables, state by state; what a short search leaves out is no failure."""
    assert execute(["explore", "--runs", "60", "--jobs", "1", "--coverage"]) == 0
    out = capsys.readouterr().out
    text = " ".join(out.split())
    assert max(len(line) for line in out.splitlines()[2:]) <= 120
    assert re.search(r"terminal: 131 cells; \d+ reached here, \d+ only in the test suite", text)
    assert re.search(r"host: 90 cells; \d\d reached here, \d\d only in the test suite, 0 un", text)
    assert re.search(r"CARD_IN .*CardRead \d+.* in the suite: .*SessionExpired", text)
    assert re.search(r"IDLE CardIn \d+.* ignored: LinkLost \d+", text)
    assert re.search(r"not reached: .*Late", text)
    assert re.search(r"unreachable: .*Duplicate", text)
    assert "unreachable: 2 as an answer is known by its request" in text
    assert "4 as a terminal of ours always names the original" in text
    assert "reversal again" in text
    assert "NOTHING FOUND" in text


def test_without_it_nothing_of_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """And with it every combination can be searched too."""
    execute(["explore", "--runs", "20", "--jobs", "1"])
    assert "cells" not in said(capsys)
    assert execute(["explore", "--exhaustive", "1", "--jobs", "1", "--coverage"]) == 0
    assert "cells; " in said(capsys)


def test_a_mark_that_a_search_proves_wrong_fails_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 1, and the cell is named."""
    monkeypatch.setitem(UNREACHABLE, Cell("IDLE", "CardIn"), "nobody has a card")
    assert execute(["explore", "--runs", "20", "--jobs", "1", "--coverage"]) == 1
    text = said(capsys)
    assert re.search(
        r"IDLE x CardIn is marked unreachable and was reached \d+ times: it is not so that nobody",
        text,
    )
    assert "FAIL a cell is marked unreachable wrongly" in text
    assert "NOTHING FOUND" not in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["explore", "--runs", "5", "--for", "5s"], "exclude each other"),
        (["explore", "no_such_evening"], "no_such_evening"),
        (["explore", "--terminal-profile", "hangs_on_timeut"], "did you mean 'hangs_on_timeout'?"),
        (["explore", "--for", "5 parsecs"], "--for"),
        (["replay", "nowhere.json"], "cannot be read"),
        (["replay", "small.txt"], "is no case"),
    ],
)
def test_mistakes_are_told_with_a_remedy(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2."""
    Path("small.txt").write_text("not JSON")
    assert execute(arguments) == 2
    assert problem in said(capsys)


# --- green needs evidence ------------------------------------------------------------------------


class Inert(Terminal):
    """Never comes up."""

    def boot(self, image: StoreImage, sensors: Sensors, now: float) -> None:
        """Nothing."""


INERT = TerminalProfile(name="inert", summary="does nothing at all", machine=Inert)


def test_a_machine_that_never_comes_up_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing, and claims to be at rest: nobody saw its screen."""
    monkeypatch.setattr("harness.profiles.terminal_profile", lambda _: INERT)
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: INERT)
    assert execute(["explore", "--runs", "20", "--jobs", "1"]) == 1
    assert re.search(r"FOUND .* breaking .*\bF3\b", said(capsys))


def test_a_search_in_which_nothing_was_tried_proves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 3, with what the scenario promises and no run had anything to judge by."""
    usual = (SCENARIOS / "few_withdrawals.toml").read_text()
    Path("nobody.toml").write_text(usual.replace('mean_gap = "30s"', 'mean_gap = "1000h"'))
    assert execute(["explore", "nobody.toml", "--runs", "20", "--jobs", "1"]) == 3
    text = said(capsys)
    assert "INVALID T2, T2.cash, T3, T4" in text
    assert "had nothing to judge in any run" in text


def test_a_failure_counts_whether_or_not_a_fault_spoke_up() -> None:
    """A run in which none did is no run, unless it broke something."""
    searcher = RandomSearch(Search(plan("pays_before_card_taken")))
    never = "drop_response:mti=0430,terminal=ATM00001,nth=3"
    chunk = searcher.tried(0, [(evening, (never,)) for evening in range(8)])
    assert {found.broken.invariant for found in chunk.found} == {"T6"}
    assert len(chunk.effective) >= 1


def test_a_list_is_scanned_for_secrets_in_each_run() -> None:
    """Every one of its schedules is run once, and never again."""
    searcher = RandomSearch(Search(plan("keeps_pin_block")))
    fault = "drop_response:mti=0210,terminal=ATM00001,nth=1"
    evening = next(n for n in range(64) if searcher.tried(16, [(n, (fault,))]).found)
    assert [x.broken.invariant for x in searcher.tried(1, [(evening, (fault,))]).found] == []
    once = searcher.tried(1, [(evening, (fault,))], once=True).found
    assert [x.broken.invariant for x in once] == ["S3"]


def plan(terminal: str) -> RunPlan:
    return plan_to_search(load_scenario("few_withdrawals"), terminal_profile=terminal)


def kept(tmp_path: Path, **changes: object) -> str:
    """A case of a terminal that forgets its reversals, with something about it changed."""
    fault = "drop_response:mti=0210,terminal=ATM00001,nth=1"
    broken = Broken("T8", "terminal", "rest")
    case = shrunk(Runner(plan("forgets_reversal")), Found(1, 0, 0, (fault,), broken))
    schedule = changes.pop("schedule", case.schedule)
    changed = msgspec.structs.replace(case.plan, **changes)
    path = tmp_path / "case.json"
    write_case(msgspec.structs.replace(case, plan=changed, schedule=schedule), path)
    return str(path)


def test_gone_needs_all_of_its_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mended machine under all of them: exit 0. With one that does not act: exit 3."""
    assert execute(["replay", kept(tmp_path, terminal_profile="safe")]) == 0
    assert "GONE" in said(capsys)
    never = "drop_request:mti=0420,terminal=ATM00001,nth=9"
    fault = "drop_response:mti=0210,terminal=ATM00001,nth=1"
    both = kept(tmp_path, terminal_profile="safe", schedule=(fault, never))
    assert execute(["replay", both]) == 3
    assert f"INVALID {never} took no effect" in said(capsys)


def test_gone_needs_something_to_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody comes: the invariant is not tried, whatever the faults do."""
    case = read_case(Path(kept(tmp_path)))
    evening = msgspec.structs.replace(case.plan.scenario.customers, mean_gap=1e6)
    scenario = msgspec.structs.replace(case.plan.scenario, customers=evening)
    empty = kept(tmp_path, terminal_profile="safe", scenario=scenario, schedule=())
    assert execute(["replay", empty]) == 3
    assert "INVALID T8 had nothing to judge" in said(capsys)


@pytest.mark.parametrize(("profile", "word", "code"), [
    ("forgets_reversal", "AGAIN", 1), ("safe", "GONE", 0),
])  # fmt: skip
def test_with_a_journal_it_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], profile: str, word: str, code: int
) -> None:
    """And leaves the journal."""
    case = kept(tmp_path, terminal_profile=profile)
    assert execute(["replay", case, "--journal", str(tmp_path / "a.jsonl")]) == code
    assert word in said(capsys)
    assert (tmp_path / "a.jsonl").exists()


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf"])
def test_a_speed_that_is_none_is_a_mistake(tmp_path: Path, speed: str) -> None:
    """And so is one without --live."""
    assert execute(["replay", kept(tmp_path), "--live", f"--speed={speed}"]) == 2
    assert execute(["replay", kept(tmp_path), "--speed", "5"]) == 2


def test_what_cannot_be_written_is_told_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the story of each. What was found stands without a file, and so does its exit code."""

    def full(case: Case, path: Path) -> None:
        raise EnvironmentTrouble(f"cannot write the case {path}: no space left")

    monkeypatch.setattr("harness.cli.explore.write_case", full)
    assert execute(["explore", "--runs", "150", *FORGETS]) == 1
    text = said(capsys)
    assert "every withdrawal ends in exactly one way: broken" in text
    assert "no space left" in text


def test_ctrl_c_while_shrinking_keeps_what_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 130, and a case as it was found."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.explore.shrunk", interrupted)
    assert execute(["explore", "--runs", "150", *FORGETS]) == 130
    case = read_case(found("T8"))
    assert case.schedule == case.found.schedule


# --- a machine that raises, or that is not the same twice ----------------------------------------


class Raiser(Terminal):
    """Cannot stand a late answer."""

    def step(self, what: Input, now: float) -> None:
        """As the table says, but for that."""
        if isinstance(what, Late):
            raise ValueError("not now")
        super().step(what, now)


class Flaky(FORGETS_REVERSAL):  # type: ignore[misc, valid-type]
    """Raises once in its life, and forgets its reversals besides."""

    times = 0

    def step(self, what: Input, now: float) -> None:
        """As the table says, but for that."""
        if isinstance(what, Late):
            Flaky.times += 1
            if Flaky.times == 1:
                raise ValueError("once")
        super().step(what, now)


RAISER = TerminalProfile(name="raiser", summary="raises", machine=Raiser)
FLAKY = TerminalProfile(name="flaky", summary="raises once, and forgets", machine=Flaky)


def test_an_error_of_a_machine_is_a_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends its run and not the search; it is shrunk, kept and brought back."""
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: RAISER)
    assert execute(["explore", "--runs", MANY, "--jobs", "1"]) == 1
    text = said(capsys)
    assert int(text.split(" runs in which")[0].split()[-1].replace(",", "")) >= int(MANY)
    assert "FOUND a case, breaking error" in text
    assert "ValueError in test_explore_command.py in step" in text
    assert execute(["replay", str(found("error"))]) == 1
    assert "AGAIN it breaks as it did, byte for byte" in said(capsys)
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: terminal_profile("safe"))
    assert execute(["replay", str(found("error"))]) == 0


def _walks_away(t: Terminal, _: Input, now: float) -> None:
    """Notes that may be in the stacker, behind the shutter, are left there."""
    assert t.transaction is not None
    t.transaction.outcome = "suspense"
    suspend(t, t.transaction.number, t.transaction.approved, "no answer")
    t.service.add("hardware")
    proceed(t, now)


NEVER_AT_REST = TerminalProfile(
    name="never_at_rest",
    summary="leaves notes in the stacker",
    machine=rewired({(State.STACKING, DispenseExpired): _walks_away}),
)


def test_a_run_that_never_comes_to_rest_is_a_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no check fails: it is found, kept and brought back, and a run says so as well."""
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: NEVER_AT_REST)
    pause = "process_pause:at=motor:stack,hold=60s,terminal=ATM00001,nth=1"
    assert execute(["explore", "few_withdrawals", "--runs", MANY, "--jobs", "1"]) == 1
    text = said(capsys)
    assert re.search(r"FOUND .* breaking .*\bopen\b", text)
    assert "something was open to the last, and no check says what" in text
    assert pause.partition(":")[0] in text
    assert execute(["replay", str(found("open"))]) == 1
    assert "AGAIN it breaks as it did, byte for byte" in said(capsys)
    assert execute(["replay", str(found("open")), "--journal", "open.jsonl"]) == 1
    assert "AGAIN it breaks open" in said(capsys)
    arguments = ["run", "few_withdrawals", "--terminals", "1", "--for", "240s", "--no-faults"]
    assert execute([*arguments, "--fault", pause]) == 3
    assert "something was open to the last: " in said(capsys)
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: terminal_profile("safe"))
    assert execute(["replay", str(found("open"))]) == 0


def test_what_does_not_come_again_costs_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and the other failures are cases all the same."""
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: FLAKY)
    assert execute(["explore", "--runs", MANY, "--jobs", "1"]) == 4
    text = said(capsys)
    assert "once and does not again" in text
    assert "FOUND" in text
    assert found("T8").exists()


def test_what_breaks_by_itself_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    """No fault is blamed, and no run without faults is said to hold."""
    arguments = ["explore", "--runs", "20", "--jobs", "1"]
    assert execute([*arguments, "--terminal-profile", "cash_before_approval"]) == 1
    text = said(capsys)
    assert "it takes no faults of the" in text
    assert "it breaks by itself" in text
    assert read_case(found("T4")).passing is None


@pytest.mark.parametrize(("claim", "value", "says"), [
    ("what", "all is well", "what: the case says 'all is well', in the run it is 'STAN"),
    ("at", 1.0, "at: the case says 1.0, in the run it is 100.0"),
    ("actor", "NOBODY", "actor: the case says 'NOBODY', in the run it is 'ATM00001'"),
    ("customer", 77, "customer: the case says 77, in the run it is"),
    ("passing", ("latency:nth=1",), "passing: it has a fault that the schedule does not have"),
])  # fmt: skip
def test_a_case_that_was_changed_is_not_the_same_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], claim: str, value: object, says: str
) -> None:
    """The replay tells what it saw, and not what the file says; what differs is named, and exit
    code 3 says that the case proves nothing.
    """
    path = Path(kept(tmp_path))
    write_case(msgspec.structs.replace(read_case(path), **{claim: value}), path)
    assert execute(["replay", str(path)]) == 3
    text = said(capsys)
    assert says in text
    assert "INVALID the case was changed" in text
    assert "byte for byte" not in text
    assert "00:01:40 ATM00001, at the end of the run: STAN" in text


def test_a_case_of_another_run_breaks_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the entries differ too, the machine may have changed: it still breaks, and the words
    say how it differs.
    """
    path = Path(kept(tmp_path))
    write_case(msgspec.structs.replace(read_case(path), at=1.0, journal="0" * 64), path)
    assert execute(["replay", str(path)]) == 1
    text = said(capsys)
    assert "AGAIN it breaks otherwise than the case says, but not byte for byte" in text
    assert "at: the case says 1.0, in the run it is 100.0" in text


def test_where_nothing_can_be_kept_is_found_out_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 5, and nothing has been searched."""
    Path("runs").write_text("a file is in the way")
    assert execute(["explore", "--runs", "20", "--jobs", "1"]) == 5
    assert "runs in which" not in said(capsys)


class Leaves(Terminal):
    """Ends the whole program, and says that all is well."""

    def boot(self, image: StoreImage, sensors: Sensors, now: float) -> None:
        """Not for long."""
        sys.exit(0)


LEAVES = TerminalProfile(name="leaves", summary="exits", machine=Leaves)


def test_a_machine_that_exits_is_no_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a run, which has no verdict then, nor of a search, which keeps it as a case."""
    monkeypatch.setattr("harness.assembly.terminal_profile", lambda _: LEAVES)
    assert execute(["run", "few_withdrawals", "--terminals", "1"]) == 4
    assert execute(["explore", "--runs", "5", "--jobs", "1"]) == 1
    assert "SystemExit in test_explore_command.py in boot" in said(capsys)
