"""T13.repeat T14 T15 from hand-made evidence: what comes after a transaction was over."""

from __future__ import annotations

import pytest
from script import DIALECT, SENT, STATION, Script, failing
from test_terminal_conduct import HOST_ALONE, original, reverses, told

from harness import events as e


@pytest.mark.parametrize("again", [2, 3, 5])
def test_a_reversal_is_not_sent_without_end(again: int) -> None:
    """Two of its answers may have got lost behind a switch, or in a power cut."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    reverses(script)
    for n in range(again):
        reverses(script, at=130 + 60 * n, mti="0421")
    script.end(1000)
    what = "reversal 000101 was sent again, after {} answers that were final"
    assert told(script, "T13.repeat") == [what.format(n) for n in range(3, again + 1)]


def test_an_answer_that_asks_for_another_try_is_not_final() -> None:
    """However often it comes."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    for n in range(9):
        reverses(script, at=66 + 60 * n, mti="0421" if n else "0420", answered="91")
    script.end(1000)
    assert "T13.repeat" not in failing(script.verdict(interrupted=True))


@pytest.mark.parametrize("mti", ["0200", "0201"])
@pytest.mark.parametrize("first", ["request", "reversal"])
def test_what_was_reversed_is_not_asked_for_again(mti: str, first: str) -> None:
    """Whether its reversal is answered or not. A repeat that comes before that is in order."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    again = {**script.requests["000001"], "t": mti}
    reversed_at, again_at = (66, 70) if first == "reversal" else (75, 70)
    script.frame(again_at, "terminal", "host", again)
    reverses(script, at=reversed_at)
    script.end(200)
    what = f"STAN 000001 was asked for again ({mti}) after its reversal"
    assert told(script, "T15") == [what] * (first == "reversal")


@pytest.mark.parametrize(
    ("taken", "broken"), [("000000000000", False), ("000000005000", False), ("000000005001", True)]
)
@pytest.mark.parametrize("approved", [True, False])
def test_cash_of_a_withdrawal_of_long_ago(taken: str, broken: bool, approved: bool) -> None:
    """Little is kept of it, but what was debited."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    if approved:
        script.debit(10.5)
    script.answer(11, code="00" if approved else "51")
    for n in range(2, 25):  # as many as are kept, and a few more
        script.request(200.0 * n, f"{n:06d}")
        script.answer(200.0 * n + 1, f"{n:06d}", "51")
    zeros = f"{0:012d}C{0:08d}C{0:08d}"
    reverses(script, at=5000, de95=f"{taken}{zeros}")
    script.end(5100)
    broken = broken or (not approved and int(taken) > 0)
    said = f"it says that {int(taken) / 100:.2f} were paid (DE 95), approved {50 * approved:.2f}"
    assert told(script, "T14") == [f"reversal 000101 of STAN 000001: {said}"] * broken


@pytest.mark.parametrize("mti", ["0420", "0800", "0500"])
def test_what_is_no_request_is_not_reversed(mti: str) -> None:
    """Whatever else stands in DE 90."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    script.answer(11)
    reverses(script, de90=original("000077", mti=mti), de37=None)
    script.end(200)
    what = (
        f"reversal 000101 of STAN 000077: DE 90 names no request, but a message of class {mti[1]}"
    )
    assert told(script, "T14") == [what]


@pytest.mark.parametrize("by", ["99999", "0"])
@pytest.mark.parametrize("left_out", ["32", ""])
def test_an_acquirer_that_one_of_both_leaves_out_is_no_contradiction(
    by: str, left_out: str
) -> None:
    """The request was reversed, whoever named one."""
    script = Script(sees=HOST_ALONE)
    fields = {k: v for k, v in request_fields().items() if k != left_out}
    script.frame(10, "terminal", "host", fields)
    reverses(script, de90=original(by=by), de32=None)
    script.end(200)
    assert not {"T8.unanswered", "T14"} & set(failing(script.verdict()))


def test_another_acquirer_is_a_contradiction() -> None:
    """Where both name one."""
    script = Script(sees=HOST_ALONE)
    script.frame(10, "terminal", "host", request_fields())
    reverses(script, de90=original(by="1"))
    script.end(200)
    assert {"T8.unanswered", "T14"} <= set(failing(script.verdict()))


def request_fields() -> dict[str, str]:
    """Those of a withdrawal with STAN 000001."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    return dict(script.requests["000001"])


@pytest.mark.parametrize("asked_at", [100, 60])
def test_what_was_lost_with_its_connection_is_not_what_was_asked_for_later(asked_at: int) -> None:
    """The customer has asked once more. What had been approved before may be meant."""
    script = Script(sees=HOST_ALONE)
    later = "1121201200"
    script.network(1, "echo")
    for at in (70, 71) if asked_at < 70 else (50, 51):
        script.add(at, e.LinkClosed("fin") if at % 10 == 0 else e.LinkOpened())
    script.request(asked_at)
    script.answer(asked_at + 1)
    fields = DIALECT.network(STATION, "echo", stan="900777", sent=later)
    script.frame(150, "terminal", "host", fields)
    reverses(script, at=160, de90=original("000009", sent=SENT), de37=None)
    script.end(300)
    asks = "was STAN 000001 of the same card and amount meant?" in str(script.verdict())
    assert asks is (asked_at < 70)
