"""What a host has to do later is done in its order, and a crash loses it."""

from __future__ import annotations

from raw_fields import said

from harness.assembly import Assembly
from harness.machines.answer_queue import AnswerQueue
from harness.machines.host_inputs import HostConnection, Received
from harness.machines.timers import NEVER
from harness.machines.transaction_log import PENDING, TransactionRecord
from harness.plan import plan_of
from harness.scenario import load_scenario

LINK = Assembly(plan_of(load_scenario("ordinary_evening"), terminals=1)).new_link()


def received(stan: str) -> Received:
    return Received(HostConnection(1, LINK), said({"t": "0200", "11": stan}))


def test_the_earliest_comes_first_and_at_one_time_what_was_put_in_first() -> None:
    """And nothing before it is due."""
    queue = AnswerQueue()
    assert queue.next_deadline() == NEVER
    for due, stan in ((2.0, "3"), (1.0, "1"), (1.0, "2")):
        queue.put(due, received(stan))
    assert queue.next_deadline() == 1.0
    assert queue.pop(0.9) is None
    popped = []
    while (item := queue.pop(2.0)) is not None:
        popped.append(item.received.message.stan)
    assert popped == ["1", "2", "3"]


def test_what_is_to_be_decided_has_no_answer_yet() -> None:
    """An answer that waits is sent as it is."""
    queue, answer = AnswerQueue(), said({"t": "0210", "39": "00"})
    queue.put(1.0, received("1"))
    queue.put(2.0, received("2"), answer)
    assert [item.answer for item in (queue.pop(9.0), queue.pop(9.0)) if item] == [None, answer]


def test_duplicates_wait_for_their_own_request() -> None:
    """They are taken out once, and a crash loses them."""
    queue = AnswerQueue()
    one, other = (TransactionRecord(PENDING, ("2", "ATM00001", "99999"), n) for n in (1, 2))
    first, second = received("1"), received("1")
    queue.wait(one, first)
    queue.wait(one, second)
    assert queue.waiting(other) == []
    assert queue.waiting(one) == [first, second]
    assert queue.waiting(one) == []
    queue.wait(one, first)
    queue.put(1.0, first)
    queue.clear()
    assert queue.waiting(one) == []
    assert queue.next_deadline() == NEVER
