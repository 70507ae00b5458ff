"""The invariants of a visit: its PIN, its timers, and cards that are not to be served (T17 to T19).
They are a part of the catalogue (catalogue.py).
"""

from __future__ import annotations

from harness.checks import motion_timers, visit, visit_served, waiting
from harness.checks.invariant import Invariant

VISIT_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "T17",
        "a visit has no more tries of the PIN than the contract allows",
        "Who finds a card may guess its PIN. A terminal that goes on asking, or that sends a "
        "try under the STAN of another, lets the finder guess as often as he likes.",
        visit.PinTriesAreFew,
    ),
    Invariant(
        "T17.again",
        "a wrong PIN is asked for again until the last try",
        "Everybody mistypes. A terminal that remembers the tries of the customer before sends "
        "away somebody who has typed one key wrongly.",
        visit.PinIsAskedAgain,
    ),
    Invariant(
        "T18.early",
        "no visit is ended before one of its timers has run out",
        "Old people type slowly, and worn cards read slowly. A timer that is too short takes "
        "the machine away from them.",
        visit.NotCutShort,
    ),
    Invariant(
        "T18.read",
        "a card that is not read in time comes out",
        "A reader that tries for ever holds a card that nobody can get at.",
        visit.ReadInTime,
    ),
    Invariant(
        "T18.key",
        "a customer who touches nothing gets the card back in time",
        "Who has walked away leaves a card in the machine, and a session that the next one in "
        "the queue can go on with.",
        visit.KeyInTime,
    ),
    Invariant(
        "T18.session",
        "no visit goes on beyond its session timer",
        "Every key starts the timer of the keys anew. Only the session timer ends a visit in "
        "which somebody presses one now and then.",
        visit.SessionInTime,
    ),
    Invariant(
        "T18.wait",
        "the wait for the host is not given up before its timer has run out",
        "The answer is on its way, and nobody waits for it: the customer leaves without cash, and "
        "the host books and gives back what nobody had.",
        waiting.WaitsItsTime,
    ),
    Invariant(
        "T18.cancel",
        "whoever presses cancel gets the card at once",
        "Who has changed their mind, or sees somebody behind them, wants the card now. A machine "
        "that goes on waiting for a key looks as if it kept it.",
        visit_served.CancelEndsVisit,
    ),
    Invariant(
        "T18.eject",
        "a card that does not come out is tried again, and given up, in time",
        "A motor that is started again too early breaks the card; one that is started too late "
        "lets the customer go and leave it.",
        motion_timers.EjectIsRetriedInTime,
    ),
    Invariant(
        "T18.slot",
        "no card lies at the slot longer than its timer",
        "A card at the slot is anybody's who comes by.",
        motion_timers.SlotIsWatched,
    ),
    Invariant(
        "T18.capture",
        "a card that does not reach the bin puts the machine out of service in time",
        "A card between slot and bin blocks the reader: the next card goes on top of it, or a "
        "hand pulls it out and nobody knows.",
        motion_timers.CaptureIsGivenUp,
    ),
    Invariant(
        "T18.cash",
        "cash at the slot is drawn in when its timer runs out, and not before",
        "Too early takes the notes out of a hand that reaches for them; too late leaves them to "
        "whoever comes by.",
        motion_timers.CashIsWatched,
    ),
    Invariant(
        "T19",
        "a card on the hotlist is kept, and the host is not asked about it",
        "The bank has stopped the card because it was stolen. Given back it goes on to the next "
        "machine.",
        visit.HotlistedIsKept,
    ),
    Invariant(
        "T19.unread",
        "a card that cannot be read comes back, and nothing is asked for it",
        "Nobody knows whose card it is. What is asked or kept for it concerns somebody else.",
        visit.UnreadComesBack,
    ),
)
