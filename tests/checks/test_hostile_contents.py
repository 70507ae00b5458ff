"""Messages of the right shape with anything in their elements: host, checks and journal take them.

No exception may come out of any of them. What does not read is refused, told and judged.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_fields import Fields, RawDialect

from harness import events as e
from harness.assembly import Assembly
from harness.checks.judge import Judge
from harness.journal import Entry, Journal, encode_entry
from harness.link_options import LinkOptions
from harness.machines.host import Host
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.wire.calendar import Stamp
from harness.wire.identity import (
    TransactionId,
    identity_of,
    read_cause,
    series_as_text,
    series_from_text,
)
from harness.wire.identity import number_as_text as text_of
from harness.wire.identity import number_from_text as number_of_text
from harness.wire.message import Station

RAW = RawDialect()
STATION = Station("ATM00001", f"{'TEST BANK':<15}", f"{'TEST STREET 1':<40}")
NOW = Stamp("1121201000", "211000", "251121")
SCENARIO = load_scenario("ordinary_evening")


def assembly(mode: str) -> Assembly:
    plan = plan_of(SCENARIO, terminals=1, link=LinkOptions(mac="none"))
    return Assembly(msgspec.structs.replace(plan, mode=mode))


HOST, TERMINALS = assembly("host"), assembly("terminals")


def request(stan: str = "000001", amount: int = 5000) -> Fields:
    return dict(
        RAW.request(
            STATION, kind="withdrawal", pan="9999990000000014", expiry="2912",
            track2="9999990000000014=29122010000000000000", pin_block="0123456789ABCDEF",
            amount=amount, stan=stan, rrn=f"{int(stan):012d}", stamp=NOW,
        )
    )  # fmt: skip


def reversal(stan: str = "000002") -> Fields:
    return dict(
        RAW.reversal(
            STATION, pan="9999990000000014", amount=5000, taken=2000, stan=stan, stamp=NOW,
            rrn="000000000001", code="00", reason="4004", original_stan="000001",
            original_sent=NOW.sent,
        )
    )  # fmt: skip


SIGN_ON = dict(RAW.network(STATION, "sign_on", stan="900001", sent=NOW.sent))
ASKED = (request(), reversal(), {**reversal(), "t": "0421"}, SIGN_ON, {**request(), "t": "0220"})
ANSWERS = (
    *(dict(RAW.answer(message, "00")) for message in (request(), reversal(), SIGN_ON)),
    {**dict(RAW.answer(request(), "00")), "38": "123456", "15": "1121"},
)
HOSTILE = st.sampled_from(":;,/|=%[]{}\"'\\ \t\n\r\x00\x1b\x7f+-._*#09AZazDC")
DIGITS = st.sampled_from("0123456789")


@st.composite
def spoiled(draw: st.DrawFn, among: tuple[Fields, ...]) -> Fields:
    """One of the messages, with other contents of the same length in some elements."""
    fields = dict(draw(st.sampled_from(among)))
    names = [name for name in fields if name not in ("t", "p", "1", "52")]
    for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=True)):
        length = len(fields[name])
        chars = draw(st.sampled_from((HOSTILE, DIGITS)))
        fields[name] = draw(st.text(chars, min_size=length, max_size=length))
    return fields


class Watched:
    """What passes is seen by the taps of one run, judged, and written to a journal."""

    def __init__(self, run: Assembly) -> None:
        self.run = run
        self.judge = Judge(run.header())
        self.journal = Journal()
        self.journal.subscribe(self.judge.see, needed=True)
        self.journal.subscribe(self.write, needed=True)
        self.now = 0.0
        self.seq = 0
        self.record(e.LinkOpened())

    def write(self, at: float, actor: str, event: e.Event) -> None:
        self.seq += 1
        line = encode_entry(at, self.seq, actor, event)
        again = msgspec.json.decode(line, type=Entry)
        assert type(again.event) is type(event)

    def record(self, event: e.Event, actor: str = "ATM00001") -> None:
        self.now += 0.01
        self.journal.record(self.now, actor, event)

    def passes(self, data: bytes, to: e.End) -> None:
        """A frame is seen at both ends."""
        look = self.run.tap.look(data)
        name = self.run.dialect.read(look.fields).terminal or "ATM00001"
        ends: tuple[e.End, e.End] = ("terminal", "host") if to == "host" else ("host", "terminal")
        for end in ends:
            wrong = look.wrong or msgspec.UNSET
            self.record(
                e.FrameSeen(
                    end, to, look.fields, "none", look.digest, len(data), look.problem, wrong
                ),
                name,
            )

    def ends(self) -> None:
        """Raises what a check or a listener has raised."""
        self.record(e.RunEnded("open"), "RUN")
        self.judge.failures()
        verdict = self.judge.verdict()
        assert verdict.exit_code != 4, verdict
        assert str(verdict)


thorough = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


@thorough
@given(st.lists(spoiled(ASKED), min_size=1, max_size=6))
def test_a_host_and_its_checks_take_any_contents(messages: list[Fields]) -> None:
    """Each message that wants an answer gets one, and what does not read moves no money."""
    host, watched = HOST.host(), Watched(HOST)
    assert isinstance(host, Host)
    host.opened(1)
    for fields in (SIGN_ON, *messages):
        data = HOST.codec.encode({key: text for key, text in fields.items() if key not in "p1"})
        wrong = HOST.tap.look(data).wrong
        watched.passes(data, "host")
        host.receive(1, HOST.framing.wrap(data), watched.now)
        before = len(host.events)
        while host.next_deadline() < watched.now + 10:
            watched.now = max(watched.now, host.next_deadline())
            host.tick(watched.now)
        if wrong and fields["t"] != "0220":
            assert any(isinstance(x, e.MessageRefused) for x in host.events)
        assert not (wrong and any(isinstance(x, e.Posted) for x in host.events[before:]))
        for event in host.events:
            watched.record(event, "HOST")
        for _, frame in host.out:
            (answer,) = HOST.framing.deframer().feed(frame)
            watched.passes(answer.payload, "terminal")
        assert host.out
        host.events, host.out = [], []
    watched.ends()


@thorough
@given(st.lists(spoiled(ANSWERS), min_size=1, max_size=6))
def test_the_checks_of_a_host_take_any_answer(answers: list[Fields]) -> None:
    """In front of our terminals."""
    watched = Watched(TERMINALS)
    for asked in (SIGN_ON, request(), reversal()):
        watched.passes(TERMINALS.codec.encode(dict(asked)), "host")
    for answer in answers:
        watched.passes(TERMINALS.codec.encode(dict(answer)), "terminal")
    watched.ends()


ANY = st.text(st.sampled_from('0123456789:/[]"\\,% A'), max_size=18)


@given(ANY, ANY, ANY, ANY, st.sampled_from(("2", "4")))
def test_names_made_of_parts_read_back(
    terminal: str, acquirer: str, stan: str, sent: str, message_class: str
) -> None:
    """Whatever the parts are, in the store and in the journal."""
    one = TransactionId(message_class, terminal, acquirer, stan, sent)
    series, number = series_as_text(one.series), text_of(one.number)
    assert identity_of(series_from_text(series), number_of_text(number)) == one
    assert read_cause(one.cause) == (message_class, one.number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("12", "3"), ("2", "31")),
        (("000001", "0101000000"), ("000001", "101000000")),
        (("1:2", "3"), ("1", "2:3")),
    ],
)
def test_two_transactions_have_two_names(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Joined they would be the same."""
    ids = [TransactionId("2", "T", "1", *parts) for parts in (one, other)]
    assert ids[0].number != ids[1].number
    assert ids[0].cause != ids[1].cause
    assert text_of(ids[0].number) != text_of(ids[1].number)
