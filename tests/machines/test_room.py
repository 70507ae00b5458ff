"""How much a host, a judge and their caches remember of what a peer thinks up."""

from __future__ import annotations

import msgspec
import pytest
from raw_fields import Fields, said
from test_transaction_log import ASSEMBLY, Desk, request, reversal

from harness import events as e
from harness.checks.judge import Judge
from harness.checks.link_evidence import MOST_ASKED, LinkEvidence
from harness.checks.number_set import MOST_OTHERS, NumberSet
from harness.checks.operating_time import OperatingTime
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract
from harness.machines import authorization
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.shown.masking import _LONGEST_REMEMBERED, _masked_before, masked
from harness.tap import TapDecoder


def desk(**settings: int) -> Desk:
    made = Desk()
    made.host.settings = msgspec.structs.replace(made.host.settings, **settings)
    return made


def of_terminal(message: Fields, number: int) -> Fields:
    return {**message, "41": f"T{number:07d}"}


def codes_of(made: Desk, *messages: Fields) -> list[str]:
    return [made.hear(message)["39"] for message in messages]


def test_a_host_knows_so_many_terminals() -> None:
    """Whoever comes later is refused with a system error and told; the first ones go on."""
    made = desk(most_terminals=4)  # the desk's own is one
    names = [of_terminal(request(), n) for n in range(5)]
    assert codes_of(made, *names) == ["00", "00", "00", "96", "96"]
    told = [x for x in made.seen if isinstance(x, e.MessageRefused)]
    assert [(x.why, x.elements) for x in told] == 2 * [("more than 4 terminals have come", ("41",))]
    assert codes_of(made, of_terminal(request(stan="000002"), 1)) == ["00"]


def test_a_host_remembers_so_many_messages() -> None:
    """Nothing is forgotten: what is new is refused, what is known is served, and what was approved
    can still be reversed.
    """
    made = desk(most_remembered=2)
    first, second, third = (request(stan=f"00000{n}") for n in (1, 2, 3))
    assert codes_of(made, first, second, third) == ["00", "00", "96"]
    assert codes_of(made, first) == ["00"]  # a repeat
    assert codes_of(made, reversal(stan="000101")) == ["00"]
    assert len(made.host.log) == 3


def test_tombstones_and_reversals_are_bounded_too() -> None:
    """A peer may reverse what never was, again and again."""
    made = desk(most_remembered=5)
    answers = codes_of(
        made, *(reversal(stan=f"{n:06d}", original=f"{n + 500:06d}") for n in range(1, 30))
    )
    assert answers.count("00") == 5
    assert set(answers[5:]) == {"96"}
    assert len(made.host.log) == 10


def test_the_count_of_the_log_is_that_of_its_records() -> None:
    """Also after a crash and a restart."""
    made = desk()
    codes_of(made, request(), reversal())
    log = made.host.log
    assert len(log) == sum(len(known) for known in log._series.values()) == 2
    log.remove(log.transactions()[0])
    log.forget_reversals()
    assert len(log) == 0


def test_keys_of_draws_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are a cache, and the same afterwards."""
    monkeypatch.setattr(authorization, "_KEYS", 2)
    authorizer = desk().host.authorizer
    message = said(of_terminal(request(), 1))
    first = authorizer.draw(message).uniform(0, 1)
    for n in range(9):
        authorizer.draw(said(of_terminal(request(), n)))
        assert len(authorizer._draw_keys) <= 2
    assert authorizer.draw(message).uniform(0, 1) == first


# --- the evidence ------------------------------------------------------------------------------


def test_so_many_terminals_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more nothing is kept, and a run in which there were more proves nothing."""
    monkeypatch.setattr(Judge, "MOST_TERMINALS", 3)
    judge = Judge(plan_of(load_scenario("few_withdrawals")).header(("device",), {}))
    for n in range(9):
        judge.see(1.0, f"T{n}", e.LinkOpened())
    judge.see(2.0, "RUN", e.RunEnded("quiet"))
    assert len(judge._terminals) == 3
    told = "more than 3 terminals were named: of the others nothing is judged"
    assert told in judge.verdict().reasons


def test_numbers_that_are_none_are_bounded() -> None:
    """Of a STAN that is no number only the last ones are kept."""
    numbers = NumberSet()
    for n in range(MOST_OTHERS + 9):
        assert not numbers.add((f"S{n}", "1121201000"))
    assert len(numbers._others) == MOST_OTHERS
    assert ("S0", "1121201000") not in numbers


def test_network_requests_without_an_answer_are_bounded() -> None:
    """A peer may leave out whatever it likes, for ever."""
    time = OperatingTime(after_cut=60.0)
    link = LinkEvidence(Contract(), time, TerminalTransactions(ledger=False))
    for n in range(3 * MOST_ASKED):
        message = said({"t": "0800", "11": f"{n:06d}", "70": "301"})
        link.asks(float(n), message)
    assert len(link._asked) == MOST_ASKED


# --- caches ------------------------------------------------------------------------------------


def test_a_tap_remembers_no_long_message() -> None:
    """They may be kilobytes, and come once."""
    tap = ASSEMBLY.tap
    data = b"0800" + b"0" * TapDecoder.LONGEST
    before = len(tap._known)
    assert tap.look(data).problem
    assert len(tap._known) == before
    tap.look(data[:100])
    assert len(tap._known) == before + 1


def test_the_masking_remembers_no_long_text() -> None:
    """They are masked alike."""
    _masked_before.cache_clear()
    text = "card 9999990000000014 " + "x" * _LONGEST_REMEMBERED
    assert "9999990000000014" not in masked(text)
    assert _masked_before.cache_info().currsize == 0
    assert masked(text[:30]) == masked(text)[:30]
    assert _masked_before.cache_info().currsize == 1
