"""The invariants of when a terminal serves, of its motors, and of what it tells (T20 to T22, M3,
M4): a part of the catalogue.
"""

from __future__ import annotations

from harness.checks import (
    account,
    dispenser_timers,
    must_serve,
    screen_told,
    service,
    told,
    visit_served,
)
from harness.checks.invariant import Invariant

SERVICE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "T20",
        "no card is taken in after a jam until a person has been there",
        "A reader that has jammed once jams again: it swallows card after card until somebody "
        "looks into it. Switching it off and on mends nothing.",
        service.NoCardWhileBroken,
    ),
    Invariant(
        "T20.backlog",
        "no card is taken in while many reversals are pending",
        "Each pending reversal is a customer who has paid for nothing. A machine that cannot get "
        "rid of them must not make more.",
        service.NoCardWithBacklog,
    ),
    Invariant(
        "T20.queue",
        "after a reconnect the first reversal leaves before a card is taken in",
        "What is owed comes first: who serves first and reverses later owes more each minute.",
        service.NoCardBeforeFirstReversal,
    ),
    Invariant(
        "T20.pause",
        "no card is taken in for a while after three unanswered requests in a row",
        "A host that answers echoes and no request makes every customer wait for nothing. After "
        "three of them a machine spares the next ones.",
        service.NoCardWhilePaused,
    ),
    Invariant(
        "T20.supervisor",
        "a person is let in only while the machine is out of service and empty",
        "Whoever opens a machine in which a customer's card or cash is on its way has them in the "
        "hand, and nobody can say afterwards whose they were.",
        service.SupervisorOnlyWhenFree,
    ),
    Invariant(
        "T21",
        "nobody is turned away without a reason",
        "A machine that stays out of service when its reason has gone looks as well as any other "
        "from afar, and serves nobody until somebody drives there.",
        must_serve.ServesWithoutReason,
    ),
    Invariant(
        "T21.visit",
        "who does what the machine asks is served, or there is a reason",
        "A machine that waits for a key that it never asked for gives everybody the card back "
        "after a while. Each of its timers is right, and nobody gets any money.",
        visit_served.ServedOrWhy,
    ),
    Invariant(
        "T22",
        "the timers around the dispenser have the contract's length",
        "A timer that is too short gives notes up that were about to come; one that is too long "
        "keeps the customer waiting before a motor that stands still.",
        dispenser_timers.TimersHaveTheirLength,
    ),
    Invariant(
        "M3",
        "what must be told is told: an alarm for each thing that a person must see to",
        "A card in the bin, cash that nobody can count, a message that somebody forged: if nobody "
        "is told, nobody comes, and the customer finds out first.",
        told.AlarmsAreRaised,
    ),
    Invariant(
        "M3.screen",
        "the screen says what is true",
        "People do what the screen says. Who reads 'please wait' does not take the card, and who "
        "is not told that the transaction was cancelled waits for cash that never comes.",
        screen_told.ScreenTellsTruth,
    ),
    Invariant(
        "M4",
        "what a machine says of itself agrees with its device",
        "Complaints are settled by the machine's journal. One that says 'captured' or 'paid' where "
        "it was not makes a liar of the customer.",
        told.AccountIsTrue,
    ),
    Invariant(
        "M4.message",
        "what a machine says of its messages is what it sends and gets",
        "A reversal is looked for under the number and the reason that the machine's journal has. "
        "Where the wire had others it is never found.",
        account.MessagesAsTold,
    ),
    Invariant(
        "M4.state",
        "a machine is in the state that it says",
        "Who watches a thousand machines sees what they say. One that says that it serves, and "
        "takes no card, is missed by nobody but its customers.",
        account.StatesAsSeen,
    ),
    Invariant(
        "M4.alarm",
        "each alarm has a cause",
        "Where alarms come for nothing nobody looks at them, and somebody drives out for a jam "
        "that there is not.",
        account.AlarmsHaveCauses,
    ),
)
