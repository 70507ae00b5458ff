"""A link on which no echoes are sent, because the host knows none: it rests on its connection."""

from __future__ import annotations

from harness.machines.link_supervisor import LinkSupervisor, LinkTimes
from harness.machines.timers import NEVER


def standing(*, echo: bool = False) -> LinkSupervisor:
    """A link whose connection has just been opened, and needs no sign-on."""
    link = LinkSupervisor(LinkTimes(), 1, echo=echo)
    link.start(0.0)
    link.tick(link.next_deadline())
    link.opened(1.0)
    link.needs_no_sign_on(1.0)
    link.wants.clear()
    return link


def test_silence_alone_asks_for_nothing() -> None:
    """However long nobody comes."""
    link = standing()
    assert link.up
    assert link.next_deadline() == NEVER
    link.tick(10_000.0)
    assert (link.up, link.wants) == (True, [])
    assert standing(echo=True).next_deadline() == 61.0


def test_what_was_not_answered_three_times_closes_the_connection() -> None:
    """Nothing else would ever find out that the connection is dead."""
    link = standing()
    for moment in (50.0, 110.0):
        link.unanswered_request(moment)
        assert (link.up, link.wants) == (True, [])
    link.unanswered_request(170.0)
    assert link.wants == ["disconnect"]
    assert (link.judgement, link.why) == ("down", "3 messages in a row were not answered")
    assert 170.0 <= link.next_deadline() <= 172.0


def test_a_message_of_the_host_begins_the_count_anew() -> None:
    """Any message shows that the connection works."""
    link = standing()
    link.unanswered_request(50.0)
    link.unanswered_request(110.0)
    link.heard(120.0)
    link.unanswered_request(200.0)
    link.unanswered_request(260.0)
    assert link.up
    link.unanswered_request(320.0)
    assert not link.up


def test_a_new_connection_counts_from_nothing() -> None:
    """It is up at once, although its forerunner was dead."""
    link = standing()
    for moment in (50.0, 110.0, 170.0):
        link.unanswered_request(moment)
    link.tick(link.next_deadline())
    link.opened(180.0)
    link.needs_no_sign_on(180.0)
    assert link.up
    link.unanswered_request(230.0)
    link.unanswered_request(290.0)
    assert link.up
