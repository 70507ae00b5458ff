"""Faults of meaning: each says one thing wrong, under a right MAC, and nothing else."""

from __future__ import annotations

import pytest
from passing import delivered, frame, message, plan


@pytest.mark.parametrize(
    ("stan", "other"), [("000123", "000124"), ("999999", "000001"), ("000009", "000010")]
)
def test_another_stan_under_a_right_mac(stan: str, other: str) -> None:
    """The next one, as a terminal counts; all else as it was."""
    sent = frame(stan=stan)
    ((_, data),) = delivered(plan("wrong_stan").fate(0.0, sent))
    fields, verdict = message(data)
    assert verdict == "good"
    right = {**(sent.fields or {}), "11": other}
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
    assert faults.drain() == [("wrong_terminal", name, f"0210 DE 41 {other} instead of {name}")]
