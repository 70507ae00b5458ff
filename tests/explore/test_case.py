"""A failure that was found: made small, written down, and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from searches import case_of, first_found, plan

from harness.errors import ConfigError, LocalProtocolError
from harness.explore.case import Case, as_found, read_case, shrunk, write_case
from harness.explore.random_search import Search
from harness.explore.replay import replay
from harness.explore.runner import Broken, Runner

UNANSWERED = "drop_response:mti=0210,terminal=ATM00001,nth=1"
HARMLESS = (
    "latency:terminal=ATM00001,nth=1",
    "dup_response:mti=0210,terminal=ATM00001,nth=2",
    "slice:mti=0210,terminal=ATM00001,nth=2",
)


@pytest.fixture(scope="module")
def case() -> Case:
    breaks = Broken("T8", "terminal", "rest")
    schedule = (*HARMLESS[:2], UNANSWERED, *HARMLESS[2:])
    return case_of(*schedule, breaks=breaks, terminal="forgets_reversal")


def test_only_what_it_needs_is_left(case: Case) -> None:
    """And the nearest run that passes is one fault away."""
    assert case.schedule == (UNANSWERED,)
    assert case.passing == ()
    assert case.actor == "ATM00001"
    assert case.tries <= 20


def test_a_case_is_written_and_read(case: Case, tmp_path: Path) -> None:
    """Readable JSON, with everything that brings it back."""
    write_case(case, tmp_path / "deep" / "case.json")
    assert read_case(tmp_path / "deep" / "case.json") == case
    written = json.loads((tmp_path / "deep" / "case.json").read_text())
    assert written["schedule"] == [UNANSWERED]
    assert written["plan"]["terminal_profile"] == "forgets_reversal"
    assert len(written["journal"]) == 64


def test_it_comes_back_byte_for_byte(case: Case) -> None:
    """The same failure, and the same journal."""
    replayed = replay(case)
    assert replayed.again
    assert replayed.same
    assert replayed.stale == ""


def test_it_is_gone_when_the_machine_is_mended(case: Case) -> None:
    """The safe terminal under the same schedule."""
    mended = msgspec.structs.replace(
        case, plan=msgspec.structs.replace(case.plan, terminal_profile="safe")
    )
    replayed = replay(mended)
    assert not replayed.again
    assert not replayed.same
    assert replayed.trial.failures == ()
    assert replayed.trial.acted == (UNANSWERED,)


def test_a_case_of_another_version_says_so(case: Case) -> None:
    """Which one it was made with."""
    assert replay(msgspec.structs.replace(case, version="0.0.1")).stale == "0.0.1"


def test_what_a_search_found_shrinks_to_the_same_failure() -> None:
    """From drawn schedules: still the same invariant, role and phase, and nothing to spare."""
    search = Search(plan("dispenses_late_approval"), seed=2)
    found = first_found(search, "T4")
    runner = Runner(search.plan)
    case = shrunk(runner, found)
    assert case.broken == found.broken
    assert set(case.schedule) <= set(found.schedule)
    for at in range(len(case.schedule)):
        less = case.schedule[:at] + case.schedule[at + 1 :]
        assert case.broken not in runner.run(less, evening=found.evening).broken


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read"), ("no json", "is no case"), ('{"format": 1}', "is no case")],
)
def test_what_is_no_case_is_a_mistake(tmp_path: Path, content: str | None, problem: str) -> None:
    """With the file and the remedy."""
    path = tmp_path / "case.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=problem):
        read_case(path)


@pytest.mark.parametrize(
    ("where", "key", "value", "problem"),
    [
        ("", "format", 3, "format 3"),
        ("", "shedule", [], "unknown field `shedule`"),
        ("plan", "mode", "host", "mode host"),
        ("plan", "terminals", -1, "terminals: -1 is not"),
        ("plan", "fautls", [], "unknown field `fautls`"),
    ],
)
def test_a_case_that_was_spoilt_is_a_mistake(
    case: Case, tmp_path: Path, where: str, key: str, value: object, problem: str
) -> None:
    """It would bring back something else, and say that all is well."""
    path = tmp_path / "case.json"
    write_case(case, path)
    spoilt = json.loads(path.read_text())
    (spoilt[where] if where else spoilt)[key] = value
    path.write_text(json.dumps(spoilt))
    with pytest.raises(ConfigError, match=problem):
        read_case(path)


def test_bytes_that_are_no_text_are_no_case(tmp_path: Path) -> None:
    """As after a copy that went wrong."""
    path = tmp_path / "case.json"
    path.write_bytes(b'{"version": "\xff\xfe"}')
    with pytest.raises(ConfigError, match="is no case"):
        read_case(path)


def test_what_does_not_break_again_is_told(case: Case) -> None:
    """A machine that draws from something else than its seed has no case."""
    runner = Runner(plan("forgets_reversal"))
    with pytest.raises(LocalProtocolError, match="does not again"):
        as_found(runner, msgspec.structs.replace(case.found, schedule=HARMLESS))
