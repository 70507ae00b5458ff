"""Faults of meaning: each says one thing wrong, under a right MAC, and nothing else."""

from __future__ import annotations

import pytest
from passing import delivered, fields_of, frame, message, plan, told


@pytest.mark.parametrize(
    ("stan", "other"), [("000123", "000124"), ("999999", "000001"), ("000009", "000010")]
)
def test_another_stan_under_a_right_mac(stan: str, other: str) -> None:
    """The next one, as a terminal counts; all else as it was."""
    sent = frame(stan=stan)
    ((_, data),) = delivered(plan("wrong_stan").fate(0.0, sent))
    fields, verdict = message(data)
    assert verdict == "good"
    right = {**fields_of(sent), "11": other}
    assert {name: value for name, value in fields.items() if name not in ("64", "128")} == {
        name: value for name, value in right.items() if name not in ("64", "128")
    }


@pytest.mark.parametrize(("name", "other"), [("ATM00007", "ATM00000"), ("ATM00010", "ATM00011")])
def test_another_terminal_under_a_right_mac(name: str, other: str) -> None:
    """It is never its own id."""
    faults = plan("wrong_terminal")
    ((_, data),) = delivered(faults.fate(0.0, frame(terminal=name)))
    fields, verdict = message(data)
    assert (fields["41"], verdict) == (other, "good")
    assert told(faults) == [("wrong_terminal", name, f"0210 DE 41 {other} instead of {name}")]


@pytest.mark.parametrize(
    ("kind", "field", "right", "wrong"),
    [
        ("wrong_rrn", "37", "000000000012", "000000000013"),
        ("wrong_amount", "4", "000000005000", "000000006000"),
        ("stale_date", "7", "1121201000", "1118201000"),
        ("stale_date:days=30", "7", "0105201000", "1206201000"),
        ("unknown_code", "39", "00", "ZZ"),
    ],
)
def test_one_field_says_something_else(kind: str, field: str, right: str, wrong: str) -> None:
    """That one and no other, under a right MAC."""
    sent = frame(more={field: right})
    ((_, data),) = delivered(plan(kind).fate(0.0, sent))
    fields, mac = message(data)
    assert (fields.pop(field), mac) == (wrong, "good")
    assert {k: v for k, v in fields.items() if k != "64"} == {
        k: v for k, v in fields_of(sent).items() if k not in ("64", field)
    }


@pytest.mark.parametrize(
    ("code", "number"), [("refused", "12"), ("retry", "91"), ("unlisted", "05")]
)
def test_a_reversal_is_told_no(code: str, number: str) -> None:
    """Answers to reversals only; an answer to a request passes."""
    faults = plan(f"reversal_declined:code={code}")
    assert faults.fate(0.0, frame("0210")) is None
    ((_, data),) = delivered(faults.fate(0.0, frame("0430")))
    assert message(data)[0]["39"] == number


def test_an_acknowledgement_gets_lost() -> None:
    """Of reversals only."""
    faults = plan("reversal_ack_lost")
    assert faults.fate(0.0, frame("0210")) is None
    assert faults.fate(0.0, frame("0430")) == []


def test_twice_in_one_instant() -> None:
    """The request, byte for byte."""
    sent = frame("0200")
    assert delivered(plan("double_post").fate(0.0, sent)) == [(0.0, sent.data), (0.0, sent.data)]


def test_the_approval_comes_when_all_is_settled() -> None:
    """It vanishes, and stands behind the answer to the reversal; an answer to a balance inquiry is
    left alone, as nobody would ever reverse it.
    """
    faults = plan("approve_after_reversal:nth=1")
    assert faults.fate(0.0, frame("0210", more={"3": "310000"})) is None
    answer, settled = frame("0210", more={"3": "010000"}), frame("0430")
    assert faults.fate(0.0, answer) == []
    assert len(told(faults)) == 1
    assert faults.fate(45.0, frame("0420")) is None
    assert delivered(faults.fate(46.0, settled)) == [(0.0, settled.data), (0.0, answer.data)]
    assert len(told(faults)) == 1
