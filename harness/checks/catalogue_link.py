"""The invariants of what a terminal makes of the host's answers, and of how it keeps its link (T23
to T25).
"""

from __future__ import annotations

from harness.checks import answers_obeyed, link_rules, reversal_retries
from harness.checks.invariant import Invariant

LINK_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "T23",
        "a card that the host orders kept does not come out",
        "A stopped card that goes back to who has it is used at the next machine, and the customer "
        "who lost it pays.",
        answers_obeyed.OrderedCardIsKept,
    ),
    Invariant(
        "T23.pin",
        "after a wrong PIN it is asked for again, while there are tries left",
        "Everybody mistypes. A machine that gives the card back at once sends people away who have "
        "money and a right to it.",
        answers_obeyed.PinIsAskedAgain,
    ),
    Invariant(
        "T23.reason",
        "a reversal gives the reason that it has",
        "By the reason the back office tells a jam from a silent host and a forgotten card. A "
        "reason that is always the same sends the engineer to the wrong machine.",
        answers_obeyed.ReasonFits,
    ),
    Invariant(
        "T24",
        "a reversal is tried again after its pause, and not before",
        "A host that asks for another try is overloaded or half up. Terminals that try again at "
        "once, all of them, keep it down.",
        reversal_retries.RetriedAfterPause,
    ),
    Invariant(
        "T24.parked",
        "a parked reversal is kept, and tried again once after each sign-on",
        "What a host refuses today it may take tomorrow, when somebody has mended it. Who drops it "
        "leaves the customer without the money, and who asks all day long asks in vain.",
        reversal_retries.ParkedUntilSignOn,
    ),
    Invariant(
        "T25",
        "no new transaction while an echo is unanswered",
        "A machine that has asked whether anybody is there, and heard nothing, knows that the next "
        "customer will wait in vain.",
        link_rules.NothingInDoubt,
    ),
    Invariant(
        "T25.advice",
        "no reversal leaves before the link is up again",
        "A reversal that is thrown at a host which has just fallen silent is lost, and a thousand "
        "of them keep it from coming back.",
        link_rules.NoAdviceWhileDown,
    ),
    Invariant(
        "T25.sign_on",
        "the first thing on a new connection is a sign-on",
        "Keys and the business day are agreed on in the sign-on. A terminal that connects and says "
        "nothing holds a line for itself and serves nobody.",
        link_rules.SignsOnFirst,
    ),
    Invariant(
        "T25.echo",
        "an echo is sent in time, and not before its time",
        "TCP does not tell that a host is gone. Without an echo the next customer finds out; with "
        "an echo a second, a fleet is busy with asking.",
        link_rules.EchoesInTime,
    ),
    Invariant(
        "T25.close",
        "three unanswered echoes close a connection, and fewer do not",
        "A dead connection that nobody closes is never made anew, and one that is closed too soon "
        "takes the answers with it that were on their way.",
        link_rules.ClosesAfterThree,
    ),
    Invariant(
        "T25.asked",
        "what the host asks is answered, and truly",
        "Hosts send echoes too. One that has no answer hangs up, on a terminal that works; and one "
        "that is told that its new keys are in use drops every message under the old ones.",
        link_rules.AnswersTheHost,
    ),
)
