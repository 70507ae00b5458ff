"""The terminal against docs/domain.md, "Terminal states": one real ATM driven by hand."""

from __future__ import annotations

import pytest
from by_hand import Bench
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.machines import inputs as i
from harness.machines.device_fault import DeviceFault
from harness.machines.inputs import State

RAW = RawDialect()


@pytest.fixture
def bench() -> Bench:
    return Bench().in_service()


def reasons(bench: Bench) -> list[str]:
    """DE 60 of the reversals that left."""
    return [fields["60"] for fields in bench.all("0420")]


def test_a_withdrawal_card_before_cash(bench: Bench) -> None:
    """Approved, card out, card taken, then cash: and nothing is reversed."""
    request = bench.ask()
    bench.answer(request, "00")
    assert bench.state == State.EJECTING
    bench.go(1.3)
    assert bench.count(e.StackBegun) == 0
    bench.take_card()
    bench.go(3.0)
    assert bench.state == State.CASH_PRESENTED
    bench.take_cash()
    assert bench.state == State.IDLE
    assert bench.all("0420") == []


def test_no_answer_ejects_at_once_and_reverses(bench: Bench) -> None:
    """The host timer: abort, 4021, and an echo at once; the advice waits for the link."""
    bench.ask()
    bench.go(44.9)
    assert bench.state == State.WAITING_FOR_HOST
    bench.go(0.1)
    assert bench.state == State.EJECTING
    assert reasons(bench) == []
    bench.answer(bench.last("0800"), "00")
    assert reasons(bench) == ["4021"]


def test_a_response_at_the_deadline_is_late(bench: Bench) -> None:
    """A deadline is checked before an input that arrives at the same instant."""
    request = bench.ask()
    asked = bench.now
    bench.now = asked + 45.0
    bench.answer(request, "00")
    assert bench.count(e.LateApproval) == 1
    assert bench.count(e.StackBegun) == 0
    bench.go(10.0)
    assert bench.state == State.CARD_AT_SLOT


def test_the_wait_ends_when_the_link_closes(bench: Bench) -> None:
    """Abort and reverse now (4021), once the link is up again."""
    bench.ask()
    bench.go(5.0)
    bench.close("rst")
    assert bench.state == State.EJECTING
    bench.go(20.0)
    bench.answer(bench.last("0800"), "00")
    assert reasons(bench) == ["4021"]


@pytest.mark.parametrize("code", ["51", "05", "91", "96"])
def test_a_listed_decline_returns_the_card_and_reverses_nothing(bench: Bench, code: str) -> None:
    bench.answer(bench.ask(), code)
    assert bench.state == State.EJECTING
    bench.go(100.0)
    assert bench.all("0420") == []


@pytest.mark.parametrize("code", ["41", "43", "04"])
def test_a_capture_code_keeps_the_card(bench: Bench, code: str) -> None:
    bench.answer(bench.ask(), code)
    assert bench.state == State.CAPTURING
    bench.go(2.0)
    assert bench.count(e.CardCaptured) == 1
    assert bench.state == State.IDLE


@pytest.mark.parametrize("code", ["Z9", "10", "63"])
def test_what_may_have_been_posted_is_reversed(bench: Bench, code: str) -> None:
    """Unknown, partial where none is enabled, security: no cash, card back, 4020."""
    bench.answer(bench.ask(), code)
    assert bench.state == State.EJECTING
    assert reasons(bench) == ["4020"]
    bench.go(2.0)
    bench.take_card()
    bench.go(40.0)
    assert bench.count(e.StackBegun) == 0


def test_a_third_wrong_pin_declines_and_ejects(bench: Bench) -> None:
    """At most three tries, each a new 0200 with a new STAN."""
    bench.answer(bench.ask(), "55")
    for _ in range(2):
        assert bench.state == State.PIN_ENTRY
        bench.type_pin()
        bench.answer(bench.last("0200"), "55")
    assert bench.state == State.EJECTING
    assert len({fields["11"] for fields in bench.all("0200")}) == 3


def test_noise_neither_ends_nor_prolongs_the_wait(bench: Bench) -> None:
    """Other STAN, other terminal, bad MAC, wrong echo: dropped, counted, the timer stands."""
    request = bench.ask()
    bench.go(40.0)
    bench.answer(request, "00", de11="999998")
    bench.answer(request, "00", de41="ATM00099")
    bench.answer(request, "00", de4="000000009900")
    bench.answer(request, "00", mac=False)
    assert bench.state == State.WAITING_FOR_HOST
    assert bench.count(e.StrayMessage) == 2
    assert bench.count(e.DamagedMessage) == 2
    bench.go(5.0)
    assert bench.state == State.EJECTING
    bench.answer(bench.last("0800"), "00")
    assert reasons(bench) == ["4020"]  # a broken one was plainly ours


def test_a_duplicate_approval_pays_once(bench: Bench) -> None:
    request = bench.ask()
    for _ in range(3):
        bench.answer(request, "00")
    bench.go(1.3)
    bench.take_card()
    bench.answer(request, "00")
    bench.go(3.0)
    assert bench.count(e.StackBegun) == 1
    assert bench.count(e.DuplicateAnswer) == 3


def test_a_card_not_taken_is_kept_and_reversed(bench: Bench) -> None:
    """4019: no cash."""
    bench.answer(bench.ask(), "00")
    bench.go(1.2 + 30.0)
    assert bench.state == State.CAPTURING
    assert reasons(bench) == ["4019"]
    bench.go(60.0)
    assert bench.count(e.StackBegun) == 0


def test_a_jam_is_tried_again_then_captured(bench: Bench) -> None:
    """4014, out of service, and only the supervisor clears the hardware."""
    bench.device_faults["eject"] = DeviceFault("jam")
    bench.answer(bench.ask(), "00")
    bench.go(20.0)
    assert bench.count(e.EjectFailed) == 2
    assert reasons(bench) == ["4014"]
    bench.go(5.0)
    assert bench.state == State.OUT_OF_SERVICE
    bench.atm.order(i.SupervisorEntered(), bench.now)
    assert bench.state == State.SUPERVISOR
    bench.atm.order(i.SupervisorLeft(), bench.now)
    assert bench.state == State.IDLE


def test_fewer_notes_are_presented_and_the_rest_reversed(bench: Bench) -> None:
    """4004, queued only once the cash is taken; DE 95 tells what was taken, DE 4 stays."""
    bench.device_faults["stack"] = DeviceFault("short", 1)
    bench.answer(bench.ask(15000), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(3.0)
    assert reasons(bench) == []
    bench.take_cash()
    assert reasons(bench) == ["4004"]
    assert bench.last("0420")["95"].startswith("000000010000")
    assert bench.last("0420")["4"] == "000000015000"


def test_nothing_dispensed_is_reversed_in_full(bench: Bench) -> None:
    """4017."""
    bench.device_faults["stack"] = DeviceFault("short", 99)
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(3.0)
    assert reasons(bench) == ["4017"]
    assert "95" not in bench.last("0420")


def test_a_count_unknown_is_suspense(bench: Bench) -> None:
    """No automatic reversal."""
    bench.device_faults["stack"] = DeviceFault("unknown")
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(60.0)
    assert bench.count(e.SuspenseRecorded) == 1
    assert bench.all("0420") == []


def test_cash_not_taken_is_retracted_and_reversed(bench: Bench) -> None:
    """4018: what is proven retracted."""
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(33.0)
    assert bench.state == State.RETRACTING
    bench.go(2.0)
    assert reasons(bench) == ["4018"]


def test_without_a_store_there_is_no_cash(bench: Bench) -> None:
    """The outcome never became durable: reverse, 4007, and the motor never ran."""
    request = bench.ask()
    bench.holds = True
    bench.answer(request, "00")
    bench.go(1.3)
    bench.take_card()
    assert bench.state == State.STACKING
    bench.go(30.0)
    assert bench.count(e.StackBegun) == 0
    bench.sync()
    assert reasons(bench) == ["4007"]


def test_a_request_waits_for_its_intent_and_an_abort_drops_it(bench: Bench) -> None:
    bench.holds = True
    bench.ask()
    assert bench.all("0200") == []
    bench.go(45.0)
    bench.sync()
    assert bench.all("0200") == []


def test_a_balance_is_shown_and_never_reversed(bench: Bench) -> None:
    bench.ask(kind="balance")
    bench.go(45.0)
    bench.answer(bench.last("0800"), "00")
    assert bench.state == State.EJECTING
    assert bench.all("0420") == []


def test_repeats_are_the_same_message_under_another_mti(bench: Bench) -> None:
    """First 0420, then 0421 for ever, until the answer is final; one STAN and one DE 7."""
    bench.ask()
    bench.go(45.0)
    bench.answer(bench.last("0800"), "00")
    first = bench.last("0420")
    bench.go(60.5)
    repeat = bench.last("0421")
    gone = ("t", "128", "p", "1")
    assert {k: v for k, v in repeat.items() if k not in gone} == {
        k: v for k, v in first.items() if k not in gone
    }
    bench.answer(repeat, "91")  # to be tried again
    bench.answer(bench.last("0800"), "00")  # the echo that had become due
    assert bench.count(e.ReversalAnswered) == 0
    bench.go(60.5)
    bench.answer(bench.last("0421"), "00")
    assert bench.count(e.ReversalAnswered) == 1
    bench.go(200.0)
    assert len(bench.all("0421")) == 2


@pytest.mark.parametrize(
    ("changes", "answer", "why"),
    [
        ({"70": "001"}, ("0810", "40"), "network function 001"),
        ({"70": "002"}, ("0810", "40"), "network function 002"),
        ({"70": "161"}, ("0810", "40"), "network function 161"),
        ({"t": "0801", "70": "999"}, ("0810", "40"), "network function 999"),
        ({"t": "0200", "3": "010000", "4": "000000005000"}, ("0210", "40"), "MTI 0200"),
        ({"t": "0820"}, ("0830", "40"), "MTI 0820"),
        ({"70": "301"}, ("0810", "00"), ""),
        ({"t": "0210", "39": "00"}, None, ""),
        ({"t": "1804"}, None, ""),
    ],
)
def test_what_a_host_may_ask(
    bench: Bench, changes: Fields, answer: tuple[str, str] | None, why: str
) -> None:
    """An echo is answered; for anything else the answer is that it is not supported, which is
    told. An answer, or a message of another version, is never answered.
    """
    before = len(bench.sent)
    asked = {"t": "0800", "7": "1121200500", "11": "900001", "41": "ATM00001", "70": "301"}
    bench.hear(asked | changes)
    answers = [(x["t"], x["39"]) for x in bench.sent[before:]]
    assert answers == ([answer] if answer else [])
    told = [x.why for x in bench.seen if isinstance(x, e.HostRequestRefused)]
    assert told == ([f"{why} is not served here"] if why else [])


def test_an_unlisted_answer_parks_a_reversal_with_an_alarm(bench: Bench) -> None:
    bench.ask()
    bench.go(45.0)
    bench.answer(bench.last("0800"), "00")
    bench.answer(bench.last("0420"), "12")
    assert bench.count(e.ReversalParked) == 1
    assert bench.image.parked() == 1


def test_a_key_not_pressed_gives_the_card_back(bench: Bench) -> None:
    """30 s, per key press."""
    bench.insert()
    bench.go(1.0)
    bench.go(29.0)
    bench.press(i.KeyPressed("1"))
    bench.go(29.9)
    assert bench.state == State.PIN_ENTRY
    bench.go(0.2)
    assert bench.state == State.EJECTING


@pytest.mark.parametrize("moment", ["waiting", "ejecting", "idle"])
def test_a_remote_stop_in_every_state(bench: Bench, moment: str) -> None:
    """Waiting: abort, 4021; approved, dispensing not begun: 4007; then out of service."""
    if moment != "idle":
        request = bench.ask()
        if moment == "ejecting":
            bench.answer(request, "00")
    bench.atm.order(i.StopOrdered(), bench.now)
    bench._drain()
    bench.go(1.5)
    if moment != "idle":
        bench.take_card()
        assert reasons(bench) == ["4021" if moment == "waiting" else "4007"]
    assert bench.state == State.OUT_OF_SERVICE
    assert bench.count(e.StackBegun) == 0


def test_a_doubtful_link_gives_the_card_straight_back(bench: Bench) -> None:
    """An echo unanswered for 10 s; after three the link is closed, 90 s after the last
    message.
    """
    bench.go(60.0 + 10.5)
    bench.insert()
    assert bench.state == State.EJECTING
    bench.go(2.0)
    bench.take_card()
    bench.go(17.0)
    assert bench.connected
    bench.go(1.0)
    assert bench.state == State.OUT_OF_SERVICE
    assert [f["70"] for f in bench.all("0800")][1:4] == ["301"] * 3


def test_nothing_is_sent_into_a_stream_that_has_broken(bench: Bench) -> None:
    """An answer comes with garbage behind it: the next reversal waits for the next connection, and
    goes there as the 0420 that it is.
    """
    for _ in range(2):
        bench.ask()
        bench.close()
        bench.go(2.0)
        bench.take_card()
        bench.answer(bench.last("0800"), "00")
    assert [fields["t"] for fields in bench.sent if fields["t"][1] == "4"] == ["0420", "0421"]
    answer = RAW.answer(bench.last("0421"), "00")
    bench.atm.receive(bench.assembly.frame_builder.reseal(answer) + b"\xff\xff", bench.now)
    bench._drain()
    assert bench.count(e.ReversalAnswered) == bench.count(e.ReversalSent) - 1 == 1
    bench.close("garbage")
    bench.go(20.0)
    bench.answer(bench.last("0800"), "00")
    first, second = bench.all("0420")
    assert first["11"] != second["11"] == bench.sent[-1]["11"]


def test_bytes_that_make_no_message_are_no_sign_of_life(bench: Bench) -> None:
    """A stream that has lost its step swallows every answer, and goes on bringing bytes: the echo
    is not put off by them, and the link is closed as if the host were mute.
    """
    bench.atm.receive(b"\x0f\xff", bench.now)  # a header that swallows the next 4095 bytes
    for _ in range(9):
        bench.go(10.0)
        bench.atm.receive(b"0" * 81, bench.now)
        bench._drain()
    bench.go(1.0)
    assert bench.state == State.OUT_OF_SERVICE
    assert [f["70"] for f in bench.all("0800")][1:4] == ["301"] * 3


def test_power_lost_while_waiting_is_reversed_after_boot(bench: Bench) -> None:
    """Intent without outcome: 4021, whether it was sent or not; the card comes out first."""
    bench.ask()
    bench.atm.lose_power(bench.now, 120.0, "by hand")
    bench._drain()
    bench.now += 120.0
    bench.boot()
    assert bench.state == State.RECOVERING
    bench.go(1.3)
    bench.take_card()
    bench.go(2.0)
    bench.answer(bench.last("0800"), "00")
    assert reasons(bench) == ["4021"]


def test_power_lost_after_the_cash_was_taken_reverses_nothing(bench: Bench) -> None:
    """The dispenser's counters tell: taken = approved."""
    bench.answer(bench.ask(), "00")
    bench.go(1.3)
    bench.take_card()
    bench.go(3.0)
    bench.holds = True
    bench.take_cash()
    bench.atm.lose_power(bench.now, 120.0, "by hand")
    bench._drain()
    bench.holds = False
    bench.now += 120.0
    bench.boot()
    bench.go(2.0)
    bench.answer(bench.last("0800"), "00")
    bench.go(10.0)
    assert bench.all("0420") == []


def test_a_stan_is_never_used_twice_across_power_cuts(bench: Bench) -> None:
    """Numbers are reserved a block ahead."""
    for _ in range(4):
        bench.ask()
        bench.atm.lose_power(bench.now, 1.0, "by hand")
        bench._drain()
        bench.now += 1.0
        bench.boot()
        bench.go(1.3)
        bench.take_card()
        bench.go(1.0)
        bench.answer(bench.last("0800"), "00")
        bench.answer(bench.last("0420"), "00")
        bench.go(1.0)
    stans = [fields["11"] for fields in bench.sent]
    assert len(stans) == len(set(stans))
