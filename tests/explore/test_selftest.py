"""The self-test finds each defect, and says so when one survives or a check blames astray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from searches import plan

from harness.checks.catalogue import CHECKS
from harness.cli.main import execute
from harness.defects.catalogue import DEFECTS
from harness.defects.defect import Defect
from harness.explore.random_search import Search
from harness.explore.selftest import WITHIN, MachineUnderTest, SelfTestResult, examine, machine_of

# What breaks by itself or by one fault, in a machine or in a host; the others are long.
SOME = ("hangs_on_timeout", "dispenses_late_approval", "forgets_reversal", "ignores_reversals")


@pytest.mark.parametrize("defect", [
    pytest.param(defect, marks=[] if defect.name in SOME else [pytest.mark.long], id=defect.name)
    for defect in DEFECTS
    if defect in DEFECTS[::3] or defect.name in SOME
])  # fmt: skip
def test_a_defect_is_found_by_what_must_find_it(defect: Defect) -> None:
    """From a seed that nobody chose for it, and nothing breaks that should not. (Every third of
    them: `harness selftest` searches for all, and tests/defects brings each out.)
    """
    examined = examine(machine_of(defect), seed=4)
    assert examined.passed, examined
    assert 0 < examined.runs <= WITHIN
    assert set(defect.must) <= set(examined.breaks)
    assert len(examined.schedule) <= 4


def test_what_should_not_have_caught_it_is_named() -> None:
    """A consequence that nobody expected is a check that may blame astray."""
    late = Search(plan("dispenses_late_approval"), guided=True)
    known = MachineUnderTest("late", late, must=("T9",), may=("T4",))
    narrow = MachineUnderTest("late", late, must=("T9",), may=())
    assert "T4" not in examine(known, seed=4).wrong
    examined = examine(narrow, seed=4)
    assert "T4" in examined.wrong
    assert not examined.passed


@pytest.mark.parametrize(
    "off", ["H2", *(pytest.param(off, marks=pytest.mark.long) for off in ("T2", "T11"))]
)
def test_a_check_that_is_switched_off_is_missed(off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else catches the defect."""
    monkeypatch.setattr("harness.explore.selftest.WITHIN", 300)
    kept = tuple(check for check in CHECKS if check.id != off)
    monkeypatch.setattr("harness.checks.judge.CHECKS", kept)
    defect = next(defect for defect in DEFECTS if off in defect.must)
    examined = examine(machine_of(defect), seed=4)
    assert examined.missing == (off,)
    assert not examined.passed


def short_search(monkeypatch: pytest.MonkeyPatch, within: int) -> None:
    """A self-test of so many runs, in this process, which is the one that knows of it."""

    def examined(
        machines: Sequence[MachineUnderTest], seed: int, jobs: int
    ) -> Iterator[SelfTestResult]:
        yield from (examine(machine, seed) for machine in machines)

    for module in ("cli", "explore", "report"):
        monkeypatch.setattr(f"harness.{module}.selftest.WITHIN", within)
    monkeypatch.setattr("harness.cli.selftest.examine_all", examined)


def test_a_safe_machine_survives_a_short_search(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever does has not passed."""
    short_search(monkeypatch, 100)
    assert execute(["selftest", "--terminal-profile", "safe", "--jobs", "1"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "safe survived 100 runs" in out
    assert "FAIL safe" in out


@pytest.mark.long
def test_a_safe_machine_survives(capsys: pytest.CaptureFixture[str]) -> None:
    """As somebody's own defect: exit 1, for nothing caught it."""
    assert execute(["selftest", "--terminal-profile", "safe", "--jobs", "1"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"safe survived {WITHIN:,} runs" in out
    assert "FAIL safe" in out


def test_somebodys_own_defect_goes_through_the_same_mill(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By module:attribute; anything may catch it."""
    own = "harness.defects.host:HOST_DEFECTS"
    assert execute(["selftest", "--host-profile", own]) == 2
    assert "not a HostProfile" in capsys.readouterr().err
    assert execute(["selftest", "--host-profile", "ignores_reversals", "--jobs", "1"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "caught by ignores_reversals" in out
    assert "PASS found within 2,000 runs" in out
