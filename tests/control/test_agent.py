"""A terminal's end of the control plane, in front of a real ATM: every command is obeyed once, in
every state, or refused with the reason.
"""

from __future__ import annotations

import msgspec
import pytest
from commanded import TERMINAL, TOPICS, CommandedBench, to_all

from harness import events as e
from harness.control import payloads as p
from harness.control.agent import PATIENCE, RESTART_TAKES, Received
from harness.control.operators import Operator, Operators, signed
from harness.machines.inputs import State

KEY = bytes(range(32))


def kinds(bench: CommandedBench) -> list[str]:
    return [x.order for x in bench.seen if isinstance(x, e.OrderGiven)]


def test_a_stop_is_accepted_at_once_and_succeeds_when_it_is_durable() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.holds = True
    assert bench.order("return_card_and_stop") == ["accepted", "in_progress"]
    bench.sync()
    assert bench.statuses() == ["accepted", "in_progress", "succeeded"]
    assert bench.state == State.OUT_OF_SERVICE


def test_a_stop_gives_back_the_card_of_a_customer_whom_the_host_leaves_waiting() -> None:
    """What nobody could do on the evening of the incident."""
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    assert bench.state == State.WAITING_FOR_HOST
    assert bench.order("return_card_and_stop") == ["accepted", "in_progress"]
    bench.go(3.0)
    bench.take_card()
    assert bench.statuses() == ["accepted", "in_progress", "succeeded"]
    assert bench.state == State.OUT_OF_SERVICE


def test_out_of_service_lets_the_customer_finish() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    assert bench.order("out_of_service") == ["accepted", "in_progress"]
    assert kinds(bench) == []
    bench.answer(bench.last("0200"), "00")
    bench.go(3.0)
    bench.take_card()
    bench.go(8.0)
    bench.take_cash()
    assert kinds(bench) == ["stop"]
    assert bench.statuses()[-1] == "succeeded"
    assert bench.state == State.OUT_OF_SERVICE


def test_out_of_service_does_not_wait_for_ever() -> None:
    """A machine that holds on to its customer is stopped after the patience has run out."""
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    began = bench.now
    bench.send(bench.command("out_of_service"))
    bench.terminal.timers.clear()  # a defect: nothing ends the visit by itself
    while bench.now < began + PATIENCE - 1.0:
        bench.go(1.0)
        if bench.sent[-1]["t"] == "0800":
            bench.answer(bench.sent[-1], "00")
            bench.sent.append({"t": "answered"})
    assert kinds(bench) == []
    bench.go(1.5)
    assert kinds(bench) == ["stop"]


def test_in_service_says_what_still_keeps_it_out() -> None:
    bench = CommandedBench()
    bench.boot()
    bench.order("return_card_and_stop", "c1")
    bench.order("in_service", "c2")
    assert bench.statuses("c2") == ["accepted", "succeeded"]
    assert bench.responses()[-1].detail == "still out of service: link"


def test_a_duplicate_gets_the_stored_answer_and_nothing_is_done_twice() -> None:
    bench = CommandedBench()
    bench.in_service()
    command = bench.command("return_card_and_stop")
    bench.send(command)
    bench.send(bench.command("in_service", "c2"))
    bench.send(command)
    assert bench.statuses()[-2:] == ["succeeded", "succeeded"]
    assert kinds(bench) == ["stop", "resume"]
    assert bench.state == State.IDLE


def test_a_duplicate_after_a_restart_gets_the_stored_answer_too() -> None:
    bench = CommandedBench()
    bench.in_service()
    command = bench.command("return_card_and_stop")
    bench.send(command)
    bench.send(bench.command("in_service", "c2"))
    bench.cut_power()
    bench.boot()
    bench.send(command)
    assert bench.statuses()[-1] == "succeeded"
    assert kinds(bench) == ["stop", "resume"]


def test_a_stop_that_the_power_cut_short_is_carried_out_after_it() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.holds = True
    bench.send(bench.command("return_card_and_stop"))
    bench.holds = False
    bench.cut_power()
    bench.boot()
    bench.go(1.0)
    assert bench.statuses()[-1] == "succeeded"
    assert "operator" in bench.terminal.service.reasons()


def test_a_restart_is_said_to_be_planned_and_comes_back_into_service() -> None:
    bench = CommandedBench()
    bench.in_service()
    assert bench.order("restart")[:2] == ["accepted", "in_progress"]
    assert (bench.states()[-1].status, bench.states()[-1].planned) == ("offline", True)
    assert bench.atm.terminal is None
    bench.now += RESTART_TAKES
    bench.boot()
    bench.go(0.1)
    assert bench.statuses()[-1] == "succeeded"
    assert "operator" not in bench.terminal.service.reasons()
    assert bench.states()[-1].boot_id == "boot2"


def test_a_terminal_that_was_stopped_stays_so_after_a_restart() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.send(bench.command("return_card_and_stop"))
    bench.send(bench.command("restart", "c2"))
    bench.now += RESTART_TAKES
    bench.boot()
    assert bench.statuses("c2")[-1] == "succeeded"
    assert "operator" in bench.terminal.service.reasons()


def test_an_expired_command_is_refused_and_says_what_time_it_is_here() -> None:
    bench = CommandedBench()
    bench.in_service()
    late = bench.command("return_card_and_stop")
    bench.go(60.0)
    bench.send(late)
    assert bench.statuses() == ["expired"]
    assert kinds(bench) == []
    assert bench.calendar.iso(bench.now) in bench.responses()[-1].detail


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"target": "ATM00002"}, "it is meant for ATM00002"),
        ({"expires_at": "tomorrow"}, "expires_at is not like"),
        ({"id": ""}, "a command needs an id"),
        ({"verb": "restart"}, "the topic says return_card_and_stop"),
        ({"verb": "show_message", "text": "card 9999990000000014"}, "the topic says"),
    ],
)
def test_what_is_not_meant_like_that_is_rejected(changes: dict[str, str], why: str) -> None:
    bench = CommandedBench()
    bench.in_service()
    command = msgspec.structs.replace(bench.command("return_card_and_stop"), **changes)
    bench.send(command, topic=TOPICS.command(TERMINAL, "return_card_and_stop"))
    assert [x.status for x in bench.answers] == ["rejected"]
    assert bench.responses()[-1].detail.startswith(why)
    assert kinds(bench) == []


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b'{"id":1}', b"\xff" * 10, b"[" * 9000])
def test_what_cannot_be_read_is_rejected_and_harms_nothing(payload: bytes) -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.deliver(Received(TOPICS.command(TERMINAL, "restart"), payload))
    assert [x.status for x in bench.answers] == ["rejected"]
    assert bench.state == State.IDLE


def test_a_message_for_the_screen_holds_no_card_number() -> None:
    bench = CommandedBench()
    bench.in_service()
    assert bench.order("show_message", text="9999 9900 0000 0014 was kept") == ["rejected"]
    assert bench.order("show_message", "c2", text="Back at 21:30") == ["accepted", "succeeded"]
    bench.go(2.0)
    assert bench.states()[-1].message == "Back at 21:30"


def test_get_state_answers_with_the_state() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.send(bench.command("get_state"))
    state = bench.responses()[-1].state
    assert state is not None
    assert (state.service, state.host) == ("in_service", "up")


def test_an_answer_goes_to_the_inbox_too_with_the_correlation_data() -> None:
    bench = CommandedBench()
    bench.in_service()
    inbox = TOPICS.inbox("night")
    bench.send(bench.command("get_state"), response_topic=inbox, correlation=b"42")
    own = TOPICS.response(TERMINAL, "get_state")
    assert [x.topic for x in bench.published if x.correlation == b"42"] == [own, inbox] * 2


def test_an_answer_goes_nowhere_else() -> None:
    """Else a command could have a terminal publish wherever it likes."""
    bench = CommandedBench()
    bench.in_service()
    bench.send(bench.command("get_state"), response_topic=TOPICS.state("ATM00002"))
    topics = {x.topic for x in bench.published if isinstance(x.payload, p.Response)}
    assert topics == {TOPICS.response(TERMINAL, "get_state")}


def test_what_is_said_to_all_is_obeyed() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.send(to_all(bench, "return_card_and_stop"))
    assert bench.statuses()[-1] == "succeeded"


# --- who may ---------------------------------------------------------------------------------


def with_operators() -> CommandedBench:
    known = {"night": Operator(KEY, ("return_card_and_stop",))}
    bench = CommandedBench(Operators(known))
    bench.in_service()
    return bench


def test_a_command_that_its_operator_has_signed_is_obeyed() -> None:
    bench = with_operators()
    bench.send(signed(bench.command("return_card_and_stop"), KEY))
    assert bench.statuses()[-1] == "succeeded"


def test_nobody_else_is_obeyed() -> None:
    bench = with_operators()
    bench.send(bench.command("return_card_and_stop", "c1"))
    bench.send(signed(bench.command("return_card_and_stop", "c2"), bytes(32)))
    bench.send(signed(bench.command("return_card_and_stop", "c3", operator="day"), KEY))
    bench.send(signed(bench.command("restart", "c4"), KEY))
    meant = signed(bench.command("return_card_and_stop", "c5", target="all"), KEY)
    bench.send(msgspec.structs.replace(meant, target=TERMINAL))
    assert [x.status for x in bench.answers] == ["rejected"] * 5
    assert kinds(bench) == []


def test_an_operator_shows_no_key() -> None:
    assert KEY.hex() not in repr(Operator(KEY))
    assert str(KEY) not in repr(Operator(KEY))


# --- what it says of itself ------------------------------------------------------------------


def test_a_will_of_before_does_not_stand() -> None:
    """The broker publishes the last will of the old connection after the birth of the new one."""
    bench = CommandedBench()
    bench.in_service()
    will = bench.agent.reporter.will()
    assert will.payload is not None
    bench.cut_power()
    bench.boot()
    before = len(bench.states())
    bench.deliver(Received(will.topic, p.encode(will.payload)))
    assert len(bench.states()) == before + 1
    assert bench.states()[-1].status == "online"
    own = bench.states()[-1]
    bench.deliver(Received(will.topic, p.encode(own)))
    assert len(bench.states()) == before + 1, "it answers itself without end"


def test_a_state_says_since_when_a_card_is_inside_and_whom_it_waits_for() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.go(10.0)
    inserted = bench.calendar.iso(bench.now)
    bench.ask()
    bench.go(2.0)
    state = bench.states()[-1]
    assert (state.card_at, state.card_since) == ("inside", inserted)
    assert state.waiting_since != ""


def test_no_payload_names_a_card() -> None:
    bench = CommandedBench(visits=True)
    bench.in_service()
    bench.ask()
    bench.answer(bench.last("0200"), "00")
    bench.go(3.0)
    bench.take_card()
    bench.go(8.0)
    bench.take_cash()
    bench.go(120.0)
    said = b"".join(p.encode(x.payload) for x in bench.published if x.payload is not None)
    assert b"card_at_slot" in said
    assert bench.last("0200")["2"].encode() not in said


def test_numbers_of_messages_grow_by_one() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    bench.order("get_state")
    bench.go(300.0)
    seqs = [x.payload.seq for x in bench.published if isinstance(x.payload, p.Payload)]
    distinct = list(dict.fromkeys(seqs))
    assert distinct == list(range(1, len(distinct) + 1))


def test_a_later_in_service_ends_a_stop_that_is_not_done_yet() -> None:
    """The operator's last word counts, and every command has a last answer."""
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    bench.send(bench.command("return_card_and_stop", "c1"))
    bench.send(bench.command("in_service", "c2"))
    bench.go(3.0)
    bench.take_card()
    assert bench.statuses("c1") == ["accepted", "in_progress", "failed"]
    assert bench.statuses("c2")[-1] == "succeeded"
    assert not bench.terminal.service.reasons()


def test_a_later_in_service_ends_an_out_of_service_that_still_waits() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.ask()
    bench.send(bench.command("out_of_service", "c1"))
    bench.send(bench.command("in_service", "c2"))
    bench.answer(bench.last("0200"), "00")
    bench.go(3.0)
    bench.take_card()
    bench.go(8.0)
    bench.take_cash()
    assert bench.statuses("c1")[-1] == "failed"
    assert kinds(bench) == ["resume"]


def test_a_later_stop_ends_an_in_service_that_is_not_done_yet() -> None:
    bench = CommandedBench()
    bench.in_service()
    bench.holds = True
    bench.send(bench.command("in_service", "c1"))
    bench.send(bench.command("return_card_and_stop", "c2"))
    bench.holds = False
    bench.sync()
    bench.go(1.0)
    assert bench.statuses("c1")[-1] == "failed"
    assert bench.statuses("c2")[-1] == "succeeded"
