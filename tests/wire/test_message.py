"""Messages by meaning: what the 1987 dialect makes, reads back, and takes for a repeat."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.wire.calendar import Calendar, Stamp
from harness.wire.codec import Codec
from harness.wire.dialects import DIALECTS, load_dialect
from harness.wire.dialects.iso1987 import Message1987
from harness.wire.identity import TransactionId, number_of
from harness.wire.message import (
    AdviceOutcome,
    Kind,
    Message,
    MessageClass,
    Outcome,
    Station,
    counterpart,
    function_of_mti,
)
from harness.wire.spec import load_spec

DIALECT = load_dialect()
STATION = Station("ATM00001", f"{'HARNESS BANK':<15}", f"{'Rue Neuve 1':<40}")
STAMP = Stamp("1121201000", "211000", "261121")


def withdrawal(amount: int = 5000, stan: str = "000007", kind: str = "withdrawal") -> Message:
    return DIALECT.request(
        STATION,
        kind=kind,
        pan="9999990000000014",
        expiry="2812",
        track2="9999990000000014=28122011123456789",
        pin_block="2CF929790037CE52",
        amount=amount,
        stan=stan,
        rrn="000000000001",
        stamp=STAMP,
    )


def reversal(taken: int | None = None, code: str = "") -> Message:
    return DIALECT.reversal(
        STATION,
        pan="9999990000000014",
        amount=5000,
        taken=taken,
        stan="000008",
        stamp=Stamp("1121201100", "211100", "261121"),
        rrn="000000000001",
        code=code,
        reason="4021",
        original_stan="000007",
        original_sent="1121201000",
    )


def test_a_request_says_what_it_was_made_of() -> None:
    """Every meaning that went in comes out, of a withdrawal and of a balance inquiry."""
    request = withdrawal()
    assert (request.mti, request.kind, request.message_class) == ("0200", Kind.REQUEST, "2")
    assert (request.terminal, request.stan, request.sent) == ("ATM00001", "000007", STAMP.sent)
    assert (request.amount, request.currency, request.rrn) == (5000, "978", "000000000001")
    assert (request.pan, request.expiry) == ("9999990000000014", "2812")
    assert request.is_withdrawal
    assert request.transaction_type == "withdrawal"
    assert request.pin_block == "2CF929790037CE52"
    assert request.fields["13"] == "1121"  # DE 13 of 1987 has no year
    balance = withdrawal(kind="balance", amount=0)
    assert (balance.is_withdrawal, balance.transaction_type) == (False, "balance")


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("spec", ["iso87-ascii", "iso87-binary"])
def test_what_a_dialect_makes_is_read_back_the_same(name: str, spec: str) -> None:
    """Through the codec of each specification, with all that must be there."""
    codec, dialect = Codec(load_spec(spec)), load_dialect(name, load_spec(spec))
    assert dialect.packed_track2 == (spec == "iso87-binary")
    request = dialect.request(
        STATION,
        kind="withdrawal",
        pan="9999990000000014",
        expiry="2812",
        track2="9999990000000014=28122011123456789",
        pin_block="2CF929790037CE52",
        amount=5000,
        stan="000007",
        rrn="000000000001",
        stamp=STAMP,
    )
    network = dialect.network(STATION, "sign_on", stan="000001", sent=STAMP.sent)
    answer = dialect.answer(request, dialect.codes["approved"], approval="000001", day="1121")
    for made in (request, network, answer, dialect.answer(network, dialect.codes["approved"])):
        read = dialect.read(codec.decode(codec.encode(dict(made.fields))))
        assert (read.kind, read.identity, read.amount) == (made.kind, made.identity, made.amount)
        assert read.missing() == made.missing() == ()


def test_each_meaning_stands_where_the_dialect_says() -> None:
    """`element` and `text` agree with the properties, so that a fault strikes what is read."""
    answer = DIALECT.answer(withdrawal(), "00", approval="000001", day="1121")
    for meaning in ("terminal", "stan", "sent", "rrn", "code", "day", "acquirer", "currency"):
        assert answer.text(meaning) == getattr(answer, meaning) != ""
        changed = answer.replaced(**{meaning: "X"})
        assert getattr(changed, meaning) == changed.fields[answer.element(meaning)] == "X"
        assert getattr(answer.replaced(**{meaning: None}), meaning) == ""
    assert answer.code == "00"  # the message itself stays as it was


def test_repeats_have_one_identity_and_nothing_else_has() -> None:
    """A reversal and its repeat are one transaction; another STAN, time, terminal, acquirer or
    class is another one. Leading zeros of the acquirer make no difference.
    """
    first = reversal()
    assert DIALECT.repeat(first).identity == first.identity
    assert DIALECT.repeat(first).kind is Kind.REVERSAL_REPEAT
    for other in (
        first.replaced(stan="000009"),
        first.replaced(sent="1121201101"),
        first.replaced(terminal="ATM00002"),
        first.replaced(acquirer="12345"),
        withdrawal(stan="000008").replaced(sent=first.sent),
    ):
        assert other.identity != first.identity
    assert first.replaced(acquirer="00000099999").identity == first.identity


def test_a_reversal_names_its_original() -> None:
    """The original's identity is that of the request, and so both find the same record."""
    assert reversal().original == withdrawal().identity
    assert reversal().original == TransactionId(
        MessageClass.FINANCIAL, "ATM00001", "99999", "000007", "1121201000"
    )


@pytest.mark.parametrize(
    "text", ["", "0" * 41, "0" * 43, "02000000X71121201000" + "0" * 22, "²" * 42]
)
def test_an_original_that_is_not_whole_names_nothing(text: str) -> None:
    """DE 90 is 42 decimal digits, or it is not read."""
    assert reversal().replaced(original=text).original is None


def test_what_was_taken_stands_in_a_partial_reversal_only() -> None:
    """DE 95; without it the reversal is a full one."""
    assert reversal().amount_taken is None
    assert reversal(taken=2000).amount_taken == 2000
    assert reversal(taken=2000).amount == 5000
    assert reversal(taken=2000).made_full().amount_taken is None


def test_the_answers_amount_may_be_less_than_the_requests() -> None:
    """A partial approval names what was approved."""
    answer = DIALECT.answer(withdrawal(), DIALECT.codes["partial"], amount=2000)
    assert (answer.amount, answer.outcome) == (2000, Outcome.PARTIAL)


def test_elements_that_must_be_there_are_missed() -> None:
    """By the kind of the message; an element that is there and empty counts as missing."""
    assert withdrawal().replaced(stan=None, sent="").missing() == ("7", "11")
    assert reversal().replaced(original=None).missing() == ("90",)
    assert Message1987({"t": "0800", "11": "000001"}).missing() == ("70",)
    assert Message1987({"t": "0999"}).missing() == ()


@pytest.mark.parametrize(
    ("code", "outcome", "advice"),
    [
        ("00", Outcome.APPROVED, AdviceOutcome.ACCEPTED),
        ("10", Outcome.PARTIAL, AdviceOutcome.PARK),
        ("41", Outcome.CAPTURE, AdviceOutcome.PARK),
        ("55", Outcome.PIN_AGAIN, AdviceOutcome.PARK),
        ("51", Outcome.DECLINED, AdviceOutcome.PARK),
        ("91", Outcome.SYSTEM_ERROR, AdviceOutcome.RETRY),
        ("94", Outcome.SYSTEM_ERROR, AdviceOutcome.FLAGGED),
        ("63", Outcome.SECURITY_ERROR, AdviceOutcome.PARK),
        ("ZZ", Outcome.UNKNOWN, AdviceOutcome.PARK),
        ("", Outcome.UNKNOWN, AdviceOutcome.PARK),
    ],
)
def test_what_a_response_code_means(code: str, outcome: Outcome, advice: AdviceOutcome) -> None:
    """For a request and for an advice; a code on no list never captures and is never final."""
    message = Message1987({"t": "0210", "39": code})
    assert (message.outcome, message.advice_outcome) == (outcome, advice)


def test_what_cannot_be_understood_is_of_another_kind() -> None:
    """Reading never fails, whatever the fields are."""
    for fields in ({}, {"t": ""}, {"t": "9"}, {"t": "0200", "4": "²", "11": ""}, {"t": "1200"}):
        message = DIALECT.read(fields)
        assert message.amount == 0
        assert message.identity.stan == ""
        assert message.kind in (Kind.OTHER, Kind.REQUEST)
        repr(message)


def test_a_repr_shows_no_secret() -> None:
    """A message ends up in tracebacks: neither PAN nor PIN block is in its text."""
    shown = repr(withdrawal())
    assert "9999990000000014" not in shown
    assert "2CF929790037CE52" not in shown


def test_what_may_be_told_of_an_advice_holds_no_card() -> None:
    """Amounts, times and codes, but nothing of PAN, track or PIN."""
    told = DIALECT.advice(withdrawal(), 5000).without_card_data()
    assert told.keys() == {"t", "4", "7", "11", "37", "39", "41"}


def test_numbers_tell_the_transactions_of_a_series_apart() -> None:
    """One integer of STAN and time; what is no number stays text and equals no number."""
    assert number_of("000007", "1121201000") == 1121201000000007
    assert number_of("00000:", "1121201000") == ("00000:", "1121201000")
    assert number_of("7", "1121201000") != number_of("000007", "112120100")
    assert withdrawal().identity.number == number_of("000007", STAMP.sent)
    assert withdrawal().identity.series == ("2", "ATM00001", "99999")


def test_the_other_side_of_an_mti() -> None:
    """What a person types is told apart by its function digit."""
    assert [function_of_mti(mti) for mti in ("0200", "0210", "0421", "0430")] == [
        *("request", "response", "request", "response")
    ]
    assert [counterpart(mti) for mti in ("0200", "0210", "0421", "0430")] == [
        *("0210", "0200", "0430", "0420")
    ]


def test_an_unknown_dialect_is_refused_with_the_nearest() -> None:
    """The error names the place and what there is."""
    with pytest.raises(ConfigError, match="1987"):
        load_dialect("1897", place="--dialect")


def test_the_local_date_knows_its_year() -> None:
    """Versions that carry the year take it from there; UTC and local time may differ by a day."""
    stamp = Calendar("2026-12-31T23:30:00").stamp(0.0)
    assert stamp == Stamp("1231233000", "003000", "270101")
    assert DIALECT.sent(stamp) == "1231233000"
