"""A host that answers by order: which codes are drawn, for which messages, and what is left."""

from __future__ import annotations

import pytest
from passing import ATM, plan, told
from raw_fields import said

from harness.errors import ConfigError
from harness.faults.grammar import parse_fault
from harness.faults.host_answers import GROUPS
from harness.wire.dialects.iso1987 import Message1987
from harness.wire.message import AdviceOutcome, Outcome

REQUEST = said({"t": "0200", "41": ATM, "11": "000001"})
REVERSAL = said({"t": "0420", "41": ATM, "11": "000002"})
ECHO = said({"t": "0800", "41": ATM, "11": "000003"})
OF_REQUESTS = {
    "decline": Outcome.DECLINED,
    "capture": Outcome.CAPTURE,
    "pin_again": Outcome.PIN_AGAIN,
    "system_error": Outcome.SYSTEM_ERROR,
    "security_error": Outcome.SECURITY_ERROR,
    "unlisted": Outcome.UNKNOWN,
}


def drawn(fault: str, message: object, times: int = 60) -> set[str]:
    """The codes that so many messages get."""
    faults = plan(fault)
    return {faults.ordered_code(0.0, message, "00") for _ in range(times)}  # type: ignore[arg-type]


def test_a_code_that_is_written_is_the_answer() -> None:
    """And the effect says so; what the host had decided already is no effect."""
    faults = plan("host_answers:code=41")
    assert faults.ordered_code(0.0, REQUEST, "00") == "41"
    assert told(faults) == [("host_answers:code=41", ATM, "0200 answered 41")]
    assert faults.ordered_code(0.0, REQUEST, "41") == ""
    assert told(faults) == []


@pytest.mark.parametrize(("row", "outcome"), OF_REQUESTS.items())
def test_a_row_of_the_table_gives_its_codes_to_requests(row: str, outcome: Outcome) -> None:
    """Each of them and no other."""
    codes = drawn(f"host_answers:code={row}", REQUEST)
    assert {Message1987.OUTCOMES.get(code, Outcome.UNKNOWN) for code in codes} == {outcome}


def test_a_referral_is_a_decline_of_two_codes() -> None:
    """01 and 02."""
    assert drawn("host_answers:code=referral", REQUEST) == {"01", "02"}


@pytest.mark.parametrize(
    ("row", "outcome"), [("retry", AdviceOutcome.RETRY), ("park", AdviceOutcome.PARK)]
)
def test_a_row_of_the_table_gives_its_codes_to_reversals(row: str, outcome: AdviceOutcome) -> None:
    """They are listed."""
    codes = drawn(f"host_answers:code={row}", REVERSAL)
    assert {Message1987.ADVICE_OUTCOMES.get(x, AdviceOutcome.PARK) for x in codes} == {outcome}
    assert codes <= Message1987.OUTCOMES.keys() | Message1987.ADVICE_OUTCOMES.keys()


@pytest.mark.parametrize("code", ["00", "10", "411"])
def test_what_approves_and_what_does_not_fit_is_never_ordered(code: str) -> None:
    """A request keeps its answer, and the fault says that it did nothing."""
    faults = plan(f"host_answers:code={code}")
    assert faults.ordered_code(0.0, REQUEST, "51") == ""
    assert told(faults) == []


@pytest.mark.parametrize("code", ["00", "25", "94"])
def test_what_settles_a_reversal_is_never_ordered(code: str) -> None:
    """It would say of a posting what is not so."""
    assert plan(f"host_answers:code={code}").ordered_code(0.0, REVERSAL, "30") == ""


def test_network_management_only_where_it_is_named() -> None:
    """As with other faults of the host."""
    assert plan("host_answers").ordered_code(0.0, ECHO, "00") == ""
    assert plan("host_answers:mti=0800").ordered_code(0.0, ECHO, "00") != ""


def test_a_row_that_is_unknown_is_a_mistake() -> None:
    """With the rows there are."""
    with pytest.raises(ConfigError) as wrong:
        parse_fault("host_answers:code=perhaps")
    assert all(row in wrong.value.remedy for row in GROUPS)
