"""The part of the catalogue that is about what a host tells, what it has booked, and what it does
not serve (H18 to H22).
"""

from __future__ import annotations

from harness.checks import booking, host_refusals
from harness.checks.invariant import Invariant

OF_BOOKING: tuple[Invariant, ...] = (
    Invariant(
        "H18",
        "what a host approves it has booked, to the cent",
        "A host that answers first and books later loses what it had said when it crashes. One "
        "that books a fee, or another amount than it tells, is found out by the customer.",
        booking.BookedAsTold,
    ),
    Invariant(
        "H19",
        "the money moves on the account of the card, and a balance follows from that",
        "The sum of the books is right whichever account is charged. Only the two customers know "
        "better, one of them sooner than the other.",
        booking.AccountOfTheCard,
    ),
    Invariant(
        "H20",
        "what was reversed is declined as a duplicate when it comes again",
        "The customer has gone, without cash and with the card. A late request that is approved, "
        "or that orders the card kept, is about somebody who is not there any more.",
        booking.DuplicateOfReversed,
    ),
    Invariant(
        "H21",
        "a card that has expired is not approved",
        "An expired card was replaced. Whoever still has it may not be its owner, and a bank that "
        "paid on it has nothing to show.",
        booking.ExpiredIsRefused,
    ),
    Invariant(
        "H22",
        "what is not served is refused",
        "Terminals have faults too, and lines are used by others. A host that serves what is "
        "incomplete, in another currency, or at odds with what it knows books what nobody wanted.",
        host_refusals.RefusesWhatIsWrong,
    ),
)
