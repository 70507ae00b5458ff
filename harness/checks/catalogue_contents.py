"""The part of the catalogue that is about what stands in messages (M1, M2)."""

from __future__ import annotations

from harness.checks import contents, host_contents
from harness.checks.invariant import Invariant

OF_TERMINALS: tuple[Invariant, ...] = (
    Invariant(
        "M1",
        "a message has the elements that belong there, and no others",
        "What is left out somebody has to guess, and what is said besides may be what nobody "
        "should know: a PIN block in a reversal lies in files that were never made for one.",
        contents.SaysWhatBelongsThere,
    ),
    Invariant(
        "M1.card",
        "a request names the card that is in the reader, in all its elements",
        "The account of whoever owns the card that is named is charged. A digit that got lost, or "
        "the track of the customer before, charges somebody else.",
        contents.NamesTheCard,
    ),
    Invariant(
        "M1.amount",
        "a request says what the customer wants, and a partial reversal what was taken",
        "Cents for euros, or another currency, and the customer is asked for a hundred times as "
        "much. A partial reversal is believed: nobody counts the notes in the customer's hand.",
        contents.NamesTheAmount,
    ),
    Invariant(
        "M1.clock",
        "a message tells the right time, in UTC and where the terminal stands",
        "Hosts name a transaction by its time, refuse what is too old, and settle by the day. "
        "Local time for UTC goes well until an hour comes twice, or a day ends too early.",
        contents.TellsTheTime,
    ),
    Invariant(
        "M1.terminal",
        "a terminal tells who it is, where it stands and for which bank",
        "What stands on the customer's statement is what the terminal has said of itself. A place "
        "that is empty is a withdrawal that nobody recognises, and a complaint.",
        contents.NamesItself,
    ),
    Invariant(
        "M1.original",
        "a reversal repeats what was said and answered before, and nothing else",
        "A person who looks into a reversal goes by its reference number and its response code. "
        "A code that no host has given says that a request was answered which was not.",
        contents.RepeatsTheAnswer,
    ),
    Invariant(
        "M2",
        "no STAN, reference number or transaction number is used twice",
        "Each is looked up by somebody: by the host, by whoever settles a complaint, by the "
        "dispenser's counters. A number that begins anew after a restart finds the wrong one.",
        contents.NumbersOnce,
    ),
)

OF_HOSTS: tuple[Invariant, ...] = (
    Invariant(
        "M1.answer",
        "an answer has what belongs there: an approval code, a balance that is true",
        "A balance with the wrong sign is on the screen at once, and an approval without a code "
        "cannot be claimed by anybody who has to prove it.",
        host_contents.AnswerSaysTrue,
    ),
    Invariant(
        "M2.approval",
        "an approval code is that of one transaction",
        "The code is what proves an approval. Where two transactions have the same one, it proves "
        "neither.",
        host_contents.ApprovalCodeOnce,
    ),
)
