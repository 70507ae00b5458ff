"""The invariants: each with the promise that it holds a machine to, why that matters, and the check
that judges it. An invariant that is new is an entry here, or in the catalogue of its subject, and a
check in the module of its subject.
"""

from __future__ import annotations

from harness.checks import (
    card,
    cash,
    durable,
    fleet,
    host_conduct,
    host_decisions,
    ledger,
    paid,
    reversals,
    settlement,
    stop_order,
    terminal_conduct,
    withdrawal_outcome,
)
from harness.checks.base import Check
from harness.checks.catalogue_booking import OF_BOOKING
from harness.checks.catalogue_commands import OF_COMMANDS
from harness.checks.catalogue_contents import OF_HOSTS, OF_TERMINALS
from harness.checks.catalogue_link import LINK_INVARIANTS
from harness.checks.catalogue_service import SERVICE_INVARIANTS
from harness.checks.catalogue_visits import VISIT_INVARIANTS
from harness.checks.invariant import Invariant

CATALOGUE: tuple[Invariant, ...] = (
    Invariant(
        "T1",
        "after an abort the card comes out, or is being captured, at once",
        "A request that is given up must not keep the card: on the evening this is all about, "
        "every ATM of a bank sat on 'please wait' with the card inside for more than an hour.",
        card.AbortReleasesCard,
    ),
    Invariant(
        "T2",
        "no card is held longer than the whole way out can take",
        "Whatever goes wrong on the way, somebody stands before the machine and waits for the "
        "card. The bound adds up the longest of each step, so that only a machine that lost "
        "its way passes it.",
        card.HoldIsBounded,
    ),
    Invariant(
        "T2.cash",
        "no cash lies at the slot longer than drawing it in can take",
        "What nobody took is anybody's: cash that a machine has presented and turned its back "
        "on goes to whoever comes by, and the account of the one who left it is charged.",
        cash.CashIsDrawnIn,
    ),
    Invariant(
        "T3",
        "whatever is in play has a timer, and the network never starts it anew",
        "A wait without a timer ends only if somebody else is kind; and a timer that the "
        "network can start anew is as long as the noise on the line.",
        withdrawal_outcome.TimersStand,
    ),
    Invariant(
        "T4",
        "cash only on a valid, matching, timely approval, and once",
        "Cash without an approval is a loss that nobody can collect: on an answer of somebody "
        "else's, on one that came too late, or a second time on the same one.",
        cash.CashNeedsApproval,
    ),
    Invariant(
        "T4.authentic",
        "cash only on an approval whose MAC is right",
        "An approval that nobody signed may be a decline with one bit turned over, or an "
        "attack on the line.",
        cash.ApprovalIsAuthentic,
    ),
    Invariant(
        "T5",
        "never more cash than was approved",
        "A partial approval that is paid in full, or a stacker that picks too much, gives "
        "away the difference.",
        cash.NeverMoreThanApproved,
    ),
    Invariant(
        "T6",
        "no cash while the card is inside or at the slot",
        "Who has the cash forgets the card. Card before cash is how European machines see to "
        "it that people take both.",
        cash.CardBeforeCash,
    ),
    Invariant(
        "T7",
        "a card is captured only for a listed reason",
        "A captured card leaves somebody without money on a Saturday evening, and only a "
        "branch can give it back; a doubt is no reason.",
        card.CaptureHasReason,
    ),
    Invariant(
        "T7.breaker",
        "no more than a few cards a minute are captured by code",
        "A host that has lost its mind, or a wrong list, orders every card kept: by the "
        "evening the machines of a city are full. After a few in a minute a machine gives "
        "them back.",
        card.CapturesAreFew,
    ),
    Invariant(
        "T8",
        "every withdrawal ends in exactly one way",
        "A withdrawal that ends in no way, or in two, is a difference that somebody must find "
        "by hand between the machine's count and the host's books.",
        withdrawal_outcome.EndsExactlyOnce,
    ),
    Invariant(
        "T8.unanswered",
        "a withdrawal that had no answer in time is reversed",
        "The host may have booked what it could not answer. Only a reversal gives the money "
        "back, and without seeing the device the wire shows at least that there is one.",
        withdrawal_outcome.UnansweredIsReversed,
    ),
    Invariant(
        "T9",
        "after an abort nothing is dispensed",
        "After the abort the customer has read 'transaction cancelled', and the reversal is "
        "on its way: cash now is cash for nothing.",
        cash.NothingAfterAbort,
    ),
    Invariant(
        "T10",
        "a power cut loses no reversal",
        "The power fails at any moment, between any two operations. What was debited and not "
        "paid must still be given back when the machine is on again.",
        withdrawal_outcome.PowerCutLosesNothing,
    ),
    Invariant(
        "T10.over",
        "the store forgets what is over",
        "What a terminal finds in its store as it starts it takes for open. A withdrawal that was "
        "declined, and is still there, is reversed after the next power cut; and in a year the "
        "store is full.",
        withdrawal_outcome.StoreForgetsWhatIsOver,
    ),
    Invariant(
        "T11",
        "the cassettes add up, note by note",
        "The notes are counted by hand when the machine is filled. A note that is nowhere was "
        "given to somebody, or to nobody.",
        cash.CassettesAddUp,
    ),
    Invariant(
        "T12",
        "an operator's stop is acknowledged at once, and ends all service",
        "A fleet must be taken out of service from afar, whatever each machine is doing just then. "
        "A machine that says yes and goes on pays on while everybody believes that it stands.",
        stop_order.StopIsObeyed,
    ),
    Invariant(
        "T13",
        "one reversal per transaction, and its repeats are equal",
        "Hosts recognise a repeat by its STAN and its time. A repeat under another name is a "
        "second reversal, and gives the money back twice.",
        reversals.OneReversal,
    ),
    Invariant(
        "T13.order",
        "reversals leave in their order, one at a time",
        "A host that gets reversals out of their order may take a newer one for a replay of "
        "an older; and with two under way nobody knows which of them an answer settles.",
        reversals.ReversalsInOrder,
    ),
    Invariant(
        "T13.repeat",
        "a reversal without an answer is sent again in time",
        "A reversal that is sent once and forgotten gives the money back only if nothing went "
        "wrong on that one way. Who does not repeat it leaves the customer to complain.",
        reversals.RepeatedInTime,
    ),
    Invariant(
        "T14",
        "a reversal names a transaction of its terminal, and agrees with it",
        "A reversal that names another transaction gives nothing back, and the host may even "
        "say that all is well; one that names another amount or card gives back what nobody paid.",
        terminal_conduct.ReversesItsOwn,
    ),
    Invariant(
        "T15",
        "one STAN names one transaction",
        "Hosts tell a repeat from a new request by its STAN and its time. A second customer under "
        "the first one's number gets the first one's answer, and nobody books the money.",
        terminal_conduct.OneStanOneTransaction,
    ),
    Invariant(
        "T16",
        "a message carries what its kind must carry, and leaves only while signed on",
        "What is missing somebody has to guess, and what cannot be named cannot be reversed. "
        "A terminal that asks without a sign-on asks with keys and a day that nobody agreed on.",
        terminal_conduct.SaysWhatItMust,
    ),
    *LINK_INVARIANTS,
    Invariant(
        "T26",
        "what was approved is paid, once the card is out",
        "The account is charged by then. A machine that reverses what it could have paid sends "
        "everybody away, and each check of what it did pay finds nothing wrong.",
        paid.ApprovalIsPaid,
    ),
    Invariant(
        "T27",
        "nothing happens before the record on which it rests is durable",
        "A power cut takes what is not on the disk. Cash that was paid before its decision was "
        "written is reversed when the power is back.",
        durable.RestsOnRecords,
    ),
    *VISIT_INVARIANTS,
    *OF_TERMINALS,
    *SERVICE_INVARIANTS,
    Invariant(
        "H1",
        "at most one debit and one reversal per transaction",
        "A repeat is sent because an answer was lost, not because somebody withdrew twice.",
        ledger.PostedOnce,
    ),
    Invariant(
        "H1.authentic",
        "the books move only for a message whose MAC is right",
        "Whoever can write to the line could debit any account, or give money back; and one "
        "bit turned over on the way debits a transaction that nobody asked for.",
        ledger.PostingIsAuthentic,
    ),
    Invariant(
        "H2",
        "never more reversed than debited",
        "A partial reversal that gives back the whole makes a gift of what was paid.",
        ledger.NeverMoreBack,
    ),
    Invariant(
        "H3",
        "the ledger equals the cash that was taken",
        "The sum of it all: every cent that was debited was taken in cash, was given back, or "
        "is known to be owed. This is what an auditor asks for.",
        ledger.LedgerEqualsCash,
    ),
    Invariant(
        "H4",
        "a message heard twice moves no money twice",
        "Lines deliver twice, and whole files are sent again. A host that posts by arrival "
        "and not by identity books it twice.",
        ledger.ReplayMovesNothing,
    ),
    Invariant(
        "H5",
        "the issuer takes every advice, to the amount, and is left none",
        "What was approved in the issuer's stead is in the customer's hand. An issuer that "
        "says no to it afterwards, or never hears of it, has only lost track of the money.",
        settlement.AdvicesAccepted,
    ),
    Invariant(
        "H6",
        "an original that was reversed first is never approved",
        "Frames overtake each other. Where the reversal comes first, an original that is "
        "approved after it is a debit that nobody will ever reverse.",
        ledger.TombstoneHolds,
    ),
    Invariant(
        "H6.wire",
        "no original is approved once its reversal was acknowledged",
        "The terminal was told that the reversal is taken, and forgets it. What is approved after "
        "that is debited, and nobody reverses it again.",
        host_conduct.NoApprovalAfterReversal,
    ),
    Invariant(
        "H7",
        "at the end no reversal is pending but what is parked",
        "A reversal that waits for ever is money the customer does not have; what nobody can "
        "settle has to be parked, counted and told.",
        ledger.NothingPending,
    ),
    Invariant(
        "H8",
        "postings belong to the business day they come in, and days add up",
        "Banks settle day by day. A reversal that is booked into a day that is closed changes "
        "what was already paid out, and no sum agrees any more.",
        settlement.DaysAddUp,
    ),
    Invariant(
        "H9",
        "every request and every reversal is answered once and in time",
        "A terminal that has no answer in time gives up and reverses. A host that answers late, "
        "wrongly or not at all serves nobody, although each machine for itself is safe.",
        host_conduct.AnsweredOnce,
    ),
    Invariant(
        "H10",
        "an answer repeats what the request said",
        "An approval of another amount, currency or account is no approval of this request: "
        "who pays on it pays on something that nobody asked for.",
        host_conduct.EchoesRequest,
    ),
    Invariant(
        "H11",
        "a repeat gets the answer of the first",
        "A repeat is sent because the answer was lost. If the second answer says otherwise, the "
        "terminal acts on the one, and the books hold the other.",
        host_conduct.SameAnswerToRepeat,
    ),
    Invariant(
        "H12",
        "a reversal is accepted",
        "A reversal tells what has happened already. A host that refuses it keeps a debit for "
        "cash that nobody has.",
        host_conduct.ReversalAccepted,
    ),
    Invariant(
        "H13",
        "sign-on and echo are answered",
        "The echo is how a terminal learns that its host is there. Without an answer it goes out "
        "of service, or takes cards for a host that is gone.",
        host_conduct.NetworkAnswered,
    ),
    Invariant(
        "H14",
        "a reversal that is answered as settled has been given back",
        "By its answer the terminal forgets the reversal. Said of what the host has booked and "
        "kept, it keeps the customer's money without a word.",
        host_conduct.SettledIsGivenBack,
    ),
    Invariant(
        "H15",
        "what comes before a sign-on is refused",
        "By the sign-on a host learns who is at the other end, with which keys and on which day. "
        "Whoever gets served without one may be anybody.",
        host_decisions.RefusedBeforeSignOn,
    ),
    Invariant(
        "H16",
        "a wrong PIN approves nothing, and a right one is not called wrong",
        "The PIN is all that stands between a stolen card and the money. And whoever is told three "
        "times that the right one is wrong has a card that is blocked.",
        host_decisions.PinIsVerified,
    ),
    Invariant(
        "H17",
        "nothing is approved that is not on the account",
        "What is paid beyond it the bank has lent without asking, and to whoever found that out "
        "it lends again at the next machine.",
        host_decisions.NothingOverdrawn,
    ),
    *OF_BOOKING,
    *OF_HOSTS,
    Invariant(
        "F1",
        "nobody waits for the host longer than its timer",
        "The terminal's own timer is the only thing that ends a wait when the host says nothing.",
        card.WaitIsBounded,
    ),
    Invariant(
        "F2",
        "every card is out or captured in time",
        "The promise to the person: whatever breaks and for how long, your card is out within "
        "minutes.",
        card.EveryCardOut,
    ),
    Invariant(
        "F2.accept",
        "no card is accepted while the link is down",
        "A machine that takes a card while it knows that nobody answers has taken it in vain.",
        card.NoCardWhileDown,
    ),
    Invariant(
        "F3",
        "after the last fault the fleet serves again",
        "An outage is over when people get their money again, not when the host answers. "
        "Machines that stay out of service until somebody drives there prolong it by days.",
        fleet.BackInService,
    ),
    Invariant(
        "F4",
        "a fleet that comes back does not come all at once",
        "A fleet that has waited for its host and knocks in one instant takes it down again. "
        "Back-off with jitter spreads it over a minute.",
        fleet.NoStampede,
    ),
    *OF_COMMANDS,
    Invariant(
        "S3",
        "no secret in anything that is emitted",
        "Journals, reports and logs travel by mail and into tickets. A card number in one of "
        "them is a breach that has to be told.",
        None,
    ),
)

INVARIANTS: dict[str, str] = {invariant.id: invariant.promise for invariant in CATALOGUE}
"""The promise of each invariant, by its id."""

WHY: dict[str, str] = {invariant.id: invariant.why for invariant in CATALOGUE}
"""Why each invariant matters, by its id."""

CHECKS: tuple[type[Check], ...] = tuple(
    invariant.check for invariant in CATALOGUE if invariant.check is not None
)
"""The checks, in the order of their invariants."""
