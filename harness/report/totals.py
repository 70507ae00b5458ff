"""The totals of a run in words."""

from __future__ import annotations

from harness.checks.totals import Totals
from harness.units import format_money

ALL = ("device", "ledger")
_HOST = ("host", "ledger")
_MACHINE = ("customers", "cards", "longest", "cash", "ledger", "given up", "reversals", "odd")


def totals_lines(totals: Totals, sees: tuple[str, ...] = ALL) -> list[tuple[str, str]]:
    """(subject, figures), of those subjects that a run with this evidence (`sees`) knows about."""
    lines = [
        ("customers", _customers(totals)),
        ("cards", _cards(totals)),
        ("longest", _longest(totals)),
        ("host", f"{totals.approved:,} approved, {totals.declined:,} declined"),
        ("cash", f"{format_money(totals.cash_taken)} taken by customers"),
        ("ledger", _ledger(totals)),
        ("given up", f"{totals.aborts:,} requests, {totals.late_approvals:,} approved too late"),
        ("reversals", _reversals(totals)),
        ("odd", _odd(totals)),
    ]
    if totals.unread or totals.keep_alives:
        lines.append(("stream", _stream(totals)))
    hidden = _HOST if "ledger" not in sees else _MACHINE if "device" not in sees else ()
    if totals.refused:
        lines.insert(4, ("refused", _refused(totals)))
    shown = [(name, text) for name, text in lines if name not in hidden and text]
    if hidden == _MACHINE:
        shown.append(("ledger", f"{format_money(totals.ledger)} booked"))
    return shown


def _refused(totals: Totals) -> str:
    """The commonest reason first."""
    counts = sorted(totals.refused.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{count:,} x {why}" for why, count in counts)


def _customers(totals: Totals) -> str:
    return (
        f"{totals.customers:,} came to {totals.terminals:,} terminals, "
        f"{totals.turned_away:,} turned away"
    )


def _cards(totals: Totals) -> str:
    why = ", ".join(f"{count:,} {reason}" for reason, count in sorted(totals.captured_why.items()))
    met = f"; {totals.cards_met_fault:,} met a fault" if totals.cards_met_fault else ""
    stuck = f", {totals.stuck:,} stuck in the reader" if totals.stuck else ""
    return (
        f"{totals.inserted:,} inserted, {totals.returned:,} returned, "
        f"{totals.captured:,} captured{f' ({why})' if why else ''}, "
        f"{totals.inside:,} still inside{stuck}{met}"
    )


def _longest(totals: Totals) -> str:
    return f"'please wait' {totals.longest_wait:.1f} s, card held {totals.longest_hold:.1f} s"


def _ledger(totals: Totals) -> str:
    difference = totals.ledger - totals.cash_taken
    if difference == 0:
        return f"{format_money(totals.ledger)} booked, equal to the cash"
    text = f"{format_money(totals.ledger)} booked, {format_money(difference)} from the cash"
    if totals.explained:
        text += f", {format_money(totals.explained)} of it owed or in suspense"
    return text


def _stream(totals: Totals) -> str:
    parts = []
    if totals.unread:
        often = sorted(totals.unread.items(), key=lambda pair: -pair[1])
        reasons = "; ".join(f"{number:,} x {reason}" for reason, number in often)
        parts.append(f"frames that do not read: {reasons}")
    if totals.keep_alives:
        parts.append(f"keep-alives: {totals.keep_alives:,}")
    return "; ".join(parts)


def _odd(totals: Totals) -> str:
    """What came to the terminals and was of no use; '' if nothing did."""
    strays = _counts(totals.strays)
    mismatches = _counts(totals.mismatches)
    parts = [
        f"{sum(totals.strays.values()):,} messages of no request ({strays})" if strays else "",
        f"answers that repeat wrongly: {mismatches}" if mismatches else "",
        f"{totals.damaged:,} damaged" if totals.damaged else "",
    ]
    return "; ".join(part for part in parts if part)


def _counts(found: dict[str, int]) -> str:
    """'DE 4 3 times, DE 49 once'."""
    named = sorted(found.items())
    return ", ".join(f"{name or '?'} {'once' if n == 1 else f'{n:,} times'}" for name, n in named)


def _reversals(totals: Totals) -> str:
    text = (
        f"{totals.reversals:,} recorded, {totals.acknowledged:,} acknowledged, "
        f"{totals.pending:,} pending"
    )
    if totals.parked:
        text += f", {totals.parked:,} parked"
    if totals.suspense:
        text += f"; {totals.suspense:,} in suspense"
    return text
