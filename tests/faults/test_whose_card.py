"""A fault that names a card or a STAN: which messages it concerns, on the wire and in a host."""

from __future__ import annotations

import pytest
from passing import ATM, OTHER, frame, plan, told

from harness.faults.fate import Passing
from harness.faults.whose import KEPT, CardsSeen

CARD, ANOTHER = "9999990000000014", "9999990000000022"


def request(stan: str, pan: str = CARD, terminal: str = ATM, mti: str = "0200") -> Passing:
    return frame(mti, terminal, stan=stan, more={"2": pan, "4": "000000005000"})


def answer(stan: str, terminal: str = ATM, mti: str = "0210") -> Passing:
    """It names no card, as many hosts' answers do."""
    return frame(mti, terminal, stan=stan)


def dropped(fault: str, *frames: Passing) -> list[str]:
    """The STANs of the frames that the fault drops."""
    faults = plan(fault)
    return [
        passing.message.stan
        for passing in frames
        if passing.message is not None and faults.fate(1.0, passing) == []
    ]


@pytest.mark.parametrize("named", ["...0014", "0014"])
def test_only_requests_of_the_card(named: str) -> None:
    """By the last four digits of its number."""
    frames = request("000001"), request("000002", ANOTHER), request("000003")
    assert dropped(f"drop_request:pan={named}", *frames) == ["000001", "000003"]


def test_an_answer_without_a_card_is_of_the_card_of_its_request() -> None:
    """By terminal and STAN: another terminal's STAN is another transaction."""
    frames = (
        request("000001"), request("000001", ANOTHER, OTHER),
        answer("000001", OTHER), answer("000001"),
    )  # fmt: skip
    faults = plan("drop_response:pan=...0014")
    for passing in frames:
        faults.fate(1.0, passing)
    assert [on for _, on, _ in told(faults)] == [ATM]


def test_a_stan_that_comes_again_is_of_the_card_that_has_it_then() -> None:
    """It wraps around, or a terminal uses it again."""
    frames = request("000001"), answer("000001"), request("000001", ANOTHER), answer("000001")
    assert dropped("drop_response:pan=0014", *frames) == ["000001"]


def test_a_reversal_and_its_answer_are_of_the_card_of_the_original() -> None:
    """A reversal need not carry the number: DE 90 names the request."""
    original = "0200" + "000001" + "1121201000" + "0" * 22
    reversal = frame("0420", stan="000101", more={"90": original})
    other = frame("0420", stan="000102", more={"90": original.replace("000001", "000002")})
    frames = (
        request("000001"), request("000002", ANOTHER), reversal, other,
        answer("000101", mti="0430"), answer("000102", mti="0430"),
    )  # fmt: skip
    assert dropped("drop_request:pan=0014,mti=0420", *frames) == ["000101"]
    assert dropped("reversal_ack_lost:pan=0014", *frames) == ["000101"]


def test_nth_counts_the_messages_of_the_card_alone() -> None:
    """The second request of that card, whatever comes in between."""
    frames = request("000001"), request("000002", ANOTHER), request("000003"), request("000004")
    assert dropped("drop_request:pan=0014,nth=2", *frames) == ["000003"]


@pytest.mark.parametrize("written", ["000002", "2"])
def test_only_messages_with_the_stan(written: str) -> None:
    """With or without the zeros before it; the same STAN of another terminal too, unless named."""
    frames = request("000001"), request("000002"), request("000002", terminal=OTHER)
    assert dropped(f"drop_request:stan={written}", *frames) == ["000002", "000002"]
    assert dropped(f"drop_request:stan={written},terminal={ATM}", *frames) == ["000002"]


def test_a_message_is_changed_only_if_it_is_meant() -> None:
    """Faults of meaning and of damage go by the card too."""
    faults = plan("wrong_amount:mti=0200,pan=0014", "bad_mac:mti=0200,stan=2")
    for passing in (request("000001", ANOTHER), request("000002", ANOTHER), request("000003")):
        faults.fate(1.0, passing)
    assert [what.partition(" ")[0] for what, _, _ in told(faults)] == [
        *("bad_mac:mti=0200,stan=2", "wrong_amount:mti=0200,pan=0014")
    ]


@pytest.mark.parametrize(
    "fault",
    ["silent:pan=0014", "slow:stan=1", "brownout:p=100%,pan=...0014", "echo_only:stan=000001"],
)
def test_a_host_discards_or_delays_only_what_is_meant(fault: str) -> None:
    """Inside the host."""
    faults = plan(fault)
    meant, other = request("000001").message, request("000002", ANOTHER).message
    assert meant is not None
    assert other is not None
    assert faults.hears(1.0, meant).effects
    assert not faults.hears(1.0, other).effects


def test_a_host_crashes_and_loses_its_issuer_only_at_what_is_meant() -> None:
    """The same for the commit, the issuer and a partial approval."""
    faults = plan("crash_before_commit:pan=0014", "issuer_down:stan=2", "partial_approval:stan=1")
    meant, other = request("000001").message, request("000002", ANOTHER).message
    assert meant is not None
    assert other is not None
    assert faults.crash(1.0, other, "before_commit") is None
    assert faults.crash(1.0, meant, "before_commit") == 30.0
    assert [faults.reaches_issuer(1.0, message) for message in (meant, other)] == [True, False]
    assert [faults.part(1.0, message, 5000) for message in (meant, other)] == [2000, 5000]


def test_the_cards_of_a_long_run_take_bounded_memory() -> None:
    """The oldest are forgotten first."""
    cards = CardsSeen()
    for number in range(KEPT + 10):
        message = request(f"{number:06d}").message
        assert message is not None
        cards.of(message)
    first, last = answer("000001").message, answer(f"{KEPT:06d}").message
    assert first is not None
    assert last is not None
    assert (cards.of(first), cards.of(last)) == ("", "0014")
