"""Failures that have one cause are told as one."""

from __future__ import annotations

from harness.checks.base import Failure
from harness.report.causes import causes_of, telling

ORDER = ["T1", "T2", "T8", "T8.unanswered", "H3", "F1", "F2"]


def failure(
    name: str, at: float, *, actor: str = "ATM1", customer: int = 1, what: str = "x"
) -> Failure:
    return Failure(name, at, actor, what, customer=customer)


def test_what_one_visit_breaks_is_one_cause() -> None:
    """A machine that hangs: the earliest failure first, the invariants in their own order."""
    hung = [failure(name, at) for name, at in (("F2", 9), ("T8", 9), ("F1", 5), ("T2", 7))]
    (cause,) = causes_of([*hung, failure("T1", 3.0), failure("T1", 4.0)], ORDER)
    assert cause.first == failure("T1", 3.0)
    assert cause.invariants == ("T1", "T2", "T8", "F1", "F2")
    assert cause.where == "ATM1 customer 1"


def test_another_customer_or_machine_is_another_cause() -> None:
    """In the order of time."""
    causes = causes_of(
        [failure("T1", 3, customer=2), failure("T1", 2, actor="ATM2"), failure("T1", 1)], ORDER
    )
    assert [cause.where for cause in causes] == [
        "ATM1 customer 1", "ATM2 customer 1", "ATM1 customer 2",
    ]  # fmt: skip


def test_without_a_customer_the_transaction_tells_them_apart() -> None:
    """Seen from the host alone, two withdrawals of one terminal are two causes."""
    causes = causes_of(
        [
            failure("T8.unanswered", 1, customer=0, what="STAN 000003 is not reversed"),
            failure("T8", 2, customer=0, what="STAN 000003 never ended"),
            failure("T8.unanswered", 3, customer=0, what="STAN 000004 is not reversed"),
        ],
        ORDER,
    )
    assert [cause.invariants for cause in causes] == [("T8", "T8.unanswered"), ("T8.unanswered",)]
    assert causes[0].where == "ATM1"


def test_what_the_host_broke_is_one_by_invariant() -> None:
    """Nothing says that two of them belong together."""
    causes = causes_of(
        [failure(name, 1, actor="HOST", customer=0) for name in ("H3", "T8", "H3")], ORDER
    )
    assert [cause.invariants for cause in causes] == [("H3",), ("T8",)]


def test_causes_that_break_nothing_new_are_counted() -> None:
    """Twenty machines with one bug are one story."""
    same = [failure(name, at, actor=f"ATM{at}") for at in range(5) for name in ("T1", "F2")]
    told, others = telling(causes_of([*same, failure("H3", 9.0, actor="ATM9")], ORDER))
    assert [cause.where for cause in told] == ["ATM0 customer 1", "ATM9 customer 1"]
    assert others == 4
