"""A fault names a terminal: one that the run does not have is a mistake at the start."""

from __future__ import annotations

import pytest

from harness.assembly import Assembly
from harness.errors import ConfigError
from harness.plan import RunPlan, plan_of, standalone_plan
from harness.scenario import load_scenario


def evening(*faults: str, terminals: int = 5) -> RunPlan:
    return plan_of(load_scenario("ordinary_evening"), terminals=terminals, faults=faults)


@pytest.mark.parametrize(
    ("name", "terminals", "remedy"),
    [
        ("ATM99999", 5, "this run has ATM00001 to ATM00005"),
        ("ATM00006", 5, "this run has ATM00001 to ATM00005"),
        ("atm00003", 5, "did you mean 'ATM00003'?"),
        ("ATM3", 5, "did you mean 'ATM00003'?"),
        ("ATM000003", 5, "did you mean 'ATM00003'?"),
        ("ATM00000", 5, "this run has ATM00001 to ATM00005"),
        ("MINE", 1, "this run has ATM00001 alone"),
    ],
)
def test_a_terminal_that_the_fleet_does_not_have(name: str, terminals: int, remedy: str) -> None:
    """The place is marked, and the terminals that there are, or the one that is meant, are told."""
    text = f"rst:terminal={name}@10s.."
    with pytest.raises(ConfigError) as caught:
        Assembly(evening(text, terminals=terminals))
    assert f"no terminal '{name}'" in caught.value.problem
    shown, mark, *_ = caught.value.remedy.splitlines()
    assert shown[mark.index("^") : mark.rindex("^") + 1] == f"terminal={name}"
    assert remedy in caught.value.remedy


def test_terminals_alone_know_their_fleet() -> None:
    """As in a run with both ends."""
    with pytest.raises(ConfigError, match="no terminal 'ATM00003'"):
        Assembly(standalone_plan("terminals", terminals=2, faults=("rst:terminal=ATM00003",)))


def test_a_host_alone_takes_any_name_that_has_room_in_a_message() -> None:
    """Nobody knows who will come, but DE 41 has eight characters."""
    Assembly(standalone_plan("host", faults=("rst:terminal=T1",)))
    with pytest.raises(ConfigError, match="DE 41 has 8 characters"):
        Assembly(standalone_plan("host", faults=("rst:terminal=TERMINAL1",)))


def test_an_id_that_is_filled_up_with_spaces_is_meant() -> None:
    """A fixed field is as long as it is, and nobody writes the spaces in a fault."""
    (rule,) = Assembly(standalone_plan("host", faults=("rst:terminal=T1",))).faults._rules.values()
    assert rule.meant("T1      ")
    assert not rule.meant("T12     ")
