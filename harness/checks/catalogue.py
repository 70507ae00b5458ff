"""The invariants by id, each with the promise it holds a machine to (section 5)."""

from __future__ import annotations

INVARIANTS: dict[str, str] = {
    "T1": "after an abort the card comes out, or is being captured, at once",
    "T2": "no card is held longer than the whole way out can take",
    "T2.cash": "no cash lies at the slot longer than drawing it in can take",
    "T3": "whatever is in play has a timer, and the network never starts it anew",
    "T4": "cash only on a valid, matching, timely approval, and once",
    "T4.authentic": "cash only on an approval whose MAC is right",
    "T5": "never more cash than was approved",
    "T6": "no cash while the card is inside or at the slot",
    "T7": "a card is captured only for a listed reason",
    "T7.breaker": "no more than a few cards a minute are captured by code",
    "T8": "every withdrawal ends in exactly one way",
    "T8.unanswered": "a withdrawal that had no answer in time is reversed",
    "T9": "after an abort nothing is dispensed",
    "T10": "a power cut loses no reversal",
    "T11": "the cassettes add up, note by note",
    "T13": "one reversal per transaction, and its repeats are equal",
    "T13.order": "reversals leave in their order, one at a time",
    "H1": "at most one debit and one reversal per transaction",
    "H1.authentic": "the books move only for a message whose MAC is right",
    "H2": "never more reversed than debited",
    "H3": "the ledger equals the cash that was taken",
    "H4": "a message heard twice moves no money twice",
    "H5": "the issuer takes every advice, to the amount, and is left none",
    "H6": "an original that was reversed first is never approved",
    "H7": "at the end no reversal is pending but what is parked",
    "H8": "postings belong to the business day they come in, and days add up",
    "F1": "nobody waits for the host longer than its timer",
    "F2": "every card is out or captured in time",
    "F2.accept": "no card is accepted while the link is down",
    "F3": "after the last fault the fleet serves again",
    "F4": "a fleet that comes back does not come all at once",
    "S3": "no secret in anything that is emitted",
}

WHY: dict[str, str] = {
    "T1": (
        "A request that is given up must not keep the card: on the evening this is all about, "
        "every ATM of a bank sat on 'please wait' with the card inside for more than an hour."
    ),
    "T2": (
        "Whatever goes wrong on the way, somebody stands before the machine and waits for the "
        "card. The bound adds up the longest of each step, so that only a machine that lost "
        "its way passes it."
    ),
    "T2.cash": (
        "What nobody took is anybody's: cash that a machine has presented and turned its back on "
        "goes to whoever comes by, and the account of the one who left it is charged."
    ),
    "T3": (
        "A wait without a timer ends only if somebody else is kind; and a timer that the "
        "network can start anew is as long as the noise on the line."
    ),
    "T4": (
        "Cash without an approval is a loss that nobody can collect: on an answer of somebody "
        "else's, on one that came too late, or a second time on the same one."
    ),
    "T4.authentic": (
        "An approval that nobody signed may be a decline with one bit turned over, or an "
        "attack on the line."
    ),
    "T5": (
        "A partial approval that is paid in full, or a stacker that picks too much, gives "
        "away the difference."
    ),
    "T6": (
        "Who has the cash forgets the card. Card before cash is how European machines see to "
        "it that people take both."
    ),
    "T7": (
        "A captured card leaves somebody without money on a Saturday evening, and only a "
        "branch can give it back; a doubt is no reason."
    ),
    "T7.breaker": (
        "A host that has lost its mind, or a wrong list, orders every card kept: by the evening "
        "the machines of a city are full. After a few in a minute a machine gives them back."
    ),
    "T8": (
        "A withdrawal that ends in no way, or in two, is a difference that somebody must find "
        "by hand between the machine's count and the host's books."
    ),
    "T8.unanswered": (
        "The host may have booked what it could not answer. Only a reversal gives the money "
        "back, and without seeing the device the wire shows at least that there is one."
    ),
    "T9": (
        "After the abort the customer has read 'transaction cancelled', and the reversal is "
        "on its way: cash now is cash for nothing."
    ),
    "T10": (
        "The power fails at any moment, between any two operations. What was debited and not "
        "paid must still be given back when the machine is on again."
    ),
    "T11": (
        "The notes are counted by hand when the machine is filled. A note that is nowhere was "
        "given to somebody, or to nobody."
    ),
    "T13": (
        "Hosts recognise a repeat by its STAN and its time. A repeat under another name is a "
        "second reversal, and gives the money back twice."
    ),
    "T13.order": (
        "A host that gets reversals out of their order may take a newer one for a replay of an "
        "older; and with two under way nobody knows which of them an answer settles."
    ),
    "H1": ("A repeat is sent because an answer was lost, not because somebody withdrew twice."),
    "H1.authentic": (
        "Whoever can write to the line could debit any account, or give money back; and one bit "
        "turned over on the way debits a transaction that nobody asked for."
    ),
    "H2": ("A partial reversal that gives back the whole makes a gift of what was paid."),
    "H3": (
        "The sum of it all: every cent that was debited was taken in cash, was given back, or "
        "is known to be owed. This is what an auditor asks for."
    ),
    "H4": (
        "Lines deliver twice, and whole files are sent again. A host that posts by arrival "
        "and not by identity books it twice."
    ),
    "H5": (
        "What was approved in the issuer's stead is in the customer's hand. An issuer that says no "
        "to it afterwards, or never hears of it, has only lost track of the money."
    ),
    "H6": (
        "Frames overtake each other. Where the reversal comes first, an original that is "
        "approved after it is a debit that nobody will ever reverse."
    ),
    "H7": (
        "A reversal that waits for ever is money the customer does not have; what nobody can "
        "settle has to be parked, counted and told."
    ),
    "H8": (
        "Banks settle day by day. A reversal that is booked into a day that is closed changes what "
        "was already paid out, and no sum agrees any more."
    ),
    "F1": (
        "The terminal's own timer is the only thing that ends a wait when the host says nothing."
    ),
    "F2": (
        "The promise to the person: whatever breaks and for how long, your card is out within "
        "minutes."
    ),
    "F2.accept": (
        "A machine that takes a card while it knows that nobody answers has taken it in vain."
    ),
    "F3": (
        "An outage is over when people get their money again, not when the host answers. Machines "
        "that stay out of service until somebody drives there prolong it by days."
    ),
    "F4": (
        "A fleet that has waited for its host and knocks in one instant takes it down again. "
        "Back-off with jitter spreads it over a minute."
    ),
    "S3": (
        "Journals, reports and logs travel by mail and into tickets. A card number in one of "
        "them is a breach that has to be told."
    ),
}
"""Why each of them matters, for those who ask."""
