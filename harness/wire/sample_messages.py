"""One of each message that our machines send, with the longest values that they put there.

What a specification has room for is tried on them before a run begins (`wire.fitting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.wire.calendar import Stamp
from harness.wire.dialects.base import Dialect
from harness.wire.message import Message, Station

_STATION = Station(
    "ATM99999", f"{'HARNESS BANK':<15}", f"{'Rue d-Or, St. 1':<23}{'Brussel':<13}BRBE"
)
_STAMP = Stamp("1231235959", "235959", "991231")
_RRN = "000000999999"
_MOST = 99_999_900  # minor units
_PAN = "9999990000000014"


def request_of(
    dialect: Dialect,
    *,
    kind: str = "withdrawal",
    pan: str = _PAN,
    expiry: str = "2812",
    track2: str = f"{_PAN}=28122010000000000000",
) -> Message:
    """A request with that card."""
    return dialect.request(
        _STATION,
        kind=kind,
        pan=pan,
        expiry=expiry,
        track2=track2,
        pin_block="0123456789ABCDEF",
        amount=_MOST,
        stan="999999",
        rrn=_RRN,
        stamp=_STAMP,
    )


def sent_by_terminals(dialect: Dialect) -> list[Message]:
    """Requests, reversals and their repeats, and network management."""
    requests = [request_of(dialect, kind=kind) for kind in ("withdrawal", "balance")]
    reversals = [
        dialect.reversal(
            _STATION,
            pan=_PAN,
            amount=_MOST,
            taken=taken,
            stan="999999",
            stamp=_STAMP,
            rrn=_RRN,
            code=code,
            reason="4021",
            original_stan="999998",
            original_sent=dialect.sent(_STAMP),
        )
        for taken, code in ((None, ""), (_MOST - 1, dialect.codes["approved"]))
    ]
    network = [
        dialect.network(_STATION, function, stan="999999", sent=_STAMP.sent)
        for function in ("sign_on", "sign_off", "echo")
    ]
    return [*requests, *reversals, *(dialect.repeat(each) for each in reversals), *network]


def answers_of_the_host(
    dialect: Dialect, requests: Sequence[Message], codes: Sequence[str] = ()
) -> Iterator[tuple[Message, Message]]:
    """Each request with each answer that our host may give it; `codes` are further codes."""
    for request in requests:
        for code in (*dialect.codes.values(), *codes):
            yield request, dialect.answer(request, code)
        if request.is_network_management:
            continue  # such an answer tells no amount and no business day
        whole = dialect.answer(
            request,
            dialect.codes["approved"],
            amount=_MOST,
            approval="999999",
            balance=-10 * _MOST,
            day=_STAMP.date[-4:],
        )
        yield request, whole
