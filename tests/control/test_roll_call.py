"""Who has carried a command out, who has refused, who is at it, and who is silent."""

from __future__ import annotations

from harness.control import payloads as p
from harness.control.roll_call import RollCall


def says(terminal: str, status: p.Status, command: str = "c1", detail: str = "") -> p.Response:
    return p.Response(
        id="x", boot_id="b", seq=1, at="", terminal=terminal, command=command,
        verb="restart", status=status, detail=detail,
    )  # fmt: skip


def test_each_terminal_is_counted_once_by_its_last_answer() -> None:
    call = RollCall("c1", ["A", "B", "C", "D", "A"])
    for response in (
        says("A", "accepted"), says("A", "succeeded"), says("B", "in_progress"),
        says("C", "rejected", detail="not signed"), says("A", "in_progress"),
    ):  # fmt: skip
        call.heard(response)
    assert [x.terminal for x in call.succeeded] == ["A"]
    assert [(x.terminal, x.detail) for x in call.refused] == [("C", "not signed")]
    assert [x.terminal for x in call.unfinished] == ["B"]
    assert call.silent == ["D"]
    assert not call.over


def test_it_is_over_when_all_have_said_the_last_word() -> None:
    call = RollCall("c1", ["A", "B"])
    call.heard(says("A", "expired"))
    assert not call.over
    call.heard(says("B", "failed"))
    assert call.over


def test_answers_of_others_and_to_others_do_not_count() -> None:
    call = RollCall("c1", ["A"])
    call.heard(says("A", "succeeded", command="c2"))
    call.heard(says("Z", "succeeded"))
    assert call.silent == ["A"]
