"""The invariants by id, each with the promise it holds a machine to (section 5)."""

from __future__ import annotations

INVARIANTS: dict[str, str] = {
    "T1": "after an abort the card comes out, or is being captured, at once",
    "T2": "no card is held longer than the whole way out can take",
    "T3": "whatever is in play has a timer, and the network never starts it anew",
    "T4": "cash only on a valid, matching, timely approval, and once",
    "T4.authentic": "cash only on an approval whose MAC is right",
    "T5": "never more cash than was approved",
    "T6": "no cash while the card is inside or at the slot",
    "T7": "a card is captured only for a listed reason",
    "T8": "every withdrawal ends in exactly one way",
    "T8.unanswered": "a withdrawal that had no answer in time is reversed",
    "T9": "after an abort nothing is dispensed",
    "T10": "a power cut loses no reversal",
    "T11": "the cassettes add up, note by note",
    "T13": "one reversal per transaction, and its repeats are equal",
    "H1": "at most one debit and one reversal per transaction",
    "H2": "never more reversed than debited",
    "H3": "the ledger equals the cash that was taken",
    "H4": "a message heard twice moves no money twice",
    "H6": "an original that was reversed first is never approved",
    "H7": "at the end no reversal is pending but what is parked",
    "F1": "nobody waits for the host longer than its timer",
    "F2": "every card is out or captured in time",
    "F2.accept": "no card is accepted while the link is down",
    "S3": "no secret in anything that is emitted",
}
