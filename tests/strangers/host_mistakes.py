"""The mistakes of a stranger's host in front of our terminals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bank import HANG_UP, Bank, Sent
from line import Fields, changed, framed
from mistakes import Table

HOST_MISTAKES = Table()
mistake = HOST_MISTAKES.row

ANSWER_LOST = ("drop_response:nth=2,mti=0210",)
"""One withdrawal gets no answer, so that there is a reversal."""
REVERSAL_ANSWER_LOST = (*ANSWER_LOST, "drop_response:nth=1,mti=0430")
"""The first reversal gets no answer either, so that it is repeated."""

LATE = 50.0  # seconds: more than a terminal waits


def right(answer: Fields) -> Sequence[Sent]:
    return [(0.1, answer)]


def to_requests(
    text: str, name: str, act: Callable[[Fields], Sequence[Sent]], **rest: object
) -> None:
    """A row for a host that is wrong in every answer to a request for cash."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        return act(answer) if message["t"] == "0200" else right(answer)

    errs.__name__ = name
    mistake(text, **rest)(errs)


def to_reversals(
    text: str, name: str, act: Callable[[Fields], Sequence[Sent]], **rest: object
) -> None:
    """A row for a host that is wrong in every answer to a reversal."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        return act(answer) if message["t"][1] == "4" else right(answer)

    errs.__name__ = name
    mistake(text, faults=ANSWER_LOST, **rest)(errs)


# --- answers to requests ------------------------------------------------------------------------


to_requests("it answers no request", "answers_no_request", lambda _: [], caught="H9")
to_requests("it answers every request too late", "answers_late",
            lambda answer: [(LATE, answer)], caught="H9")  # fmt: skip
to_requests("its answers are half frames", "answers_half",
            lambda answer: [(0.1, framed(answer)[:20])], caught="H9")  # fmt: skip
to_requests("it answers every request twice", "answers_twice",
            lambda answer: [(0.1, answer), (0.2, answer)], caught="H9")  # fmt: skip
to_requests("its answers have another MTI (0230)", "answers_of_another_type",
            lambda answer: right(changed(answer, det="0230")), caught="H9")  # fmt: skip
to_requests("its answers have another STAN (DE 11)", "answers_another_stan",
            lambda answer: right(changed(answer, de11="999999")), caught="H9")  # fmt: skip
to_requests("its answers have no response code (DE 39)", "answers_without_a_code",
            lambda answer: right(changed(answer, de39=None)), caught="H9")  # fmt: skip


to_requests("its answers are bytes that are no message", "answers_no_message",
            lambda _: [(0.1, b"\0\x08ABCDEFGH")], caught="H9", says="no message")  # fmt: skip


@mistake("it approves a withdrawal whose reversal it has acknowledged", caught="H6.wire")
def approves_after_reversal(bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    if message["t"] == "0200":
        return []
    if message["t"][1] != "4":
        return right(answer)
    stan, sent = message["90"][4:10], message["90"][10:20]
    original = bank.answers["2", message["41"], stan, sent]
    return [(0.1, answer), (0.2, original)]


# Nothing is wrong with one answer, and nobody gets cash: such a run proves nothing.
NOTHING_PAID = "no cash was paid"
to_requests("it declines every withdrawal (51)", "declines_everything",
            lambda answer: right(changed(answer, de39="51", de38=None)),
            outcome="invalid", says=NOTHING_PAID)  # fmt: skip
to_requests("it hangs up on every withdrawal", "hangs_up_on_requests",
            lambda _: [(0.1, HANG_UP)], caught="H9", says=NOTHING_PAID)  # fmt: skip
to_requests("it approves half of every withdrawal (10)", "approves_half",
            lambda answer: right(changed(answer, de39="10", de4=f"{int(answer['4']) // 2:012d}")
                                 if answer["3"].startswith("01") else answer),
            outcome="invalid", says="approved in part")  # fmt: skip
to_requests("it answers every withdrawal with a code that is on no list (Z9)", "unlisted_code",
            lambda answer: right(changed(answer, de39="Z9")),
            outcome="invalid", says="DE 39 = Z9")  # fmt: skip


@mistake("it hangs up on some withdrawals", caught="H9", says="hung up on ATM00001's 0200")
def hangs_up_on_some(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    hangs_up = message["t"] == "0200" and int(message["11"]) % 2
    return [(0.1, HANG_UP)] if hangs_up else right(answer)


@mistake("it answers no withdrawal and no reversal", caught="H7")
def answers_nothing_about_money(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [] if message["t"][1] in "24" else right(answer)


def echo(element: str, value: str | None, meaning: str) -> None:
    """A row for an answer that repeats one element wrongly."""
    to_requests(
        f"its answers give {meaning} (DE {element})",
        f"echoes_de_{element}_wrongly" if value else f"leaves_out_de_{element}",
        lambda answer: right(changed(answer, **{f"de{element}": value})),
        caught="H10",
        says=f"DE {element}",
    )


echo("2", "4000000000000002", "another card")
echo("3", "310000", "another processing code")
echo("4", f"{99900:012d}", "another amount")
echo("7", "0101000000", "another time")
echo("32", "00000000001", "another acquirer")
echo("37", "999999999999", "another RRN")
echo("41", "ATM99999", "another terminal")
echo("42", "ANOTHER SHOP 12", "another card acceptor")
echo("49", "840", "another currency")
echo("4", None, "no amount")
echo("7", None, "no time")
echo("41", None, "no terminal")


# --- answers to reversals -------------------------------------------------------------------------


to_reversals("it declines reversals (05)", "declines_reversals",
             lambda answer: right(changed(answer, de39="05")), caught="H12")  # fmt: skip
to_reversals("it never answers a reversal", "answers_no_reversal", lambda _: [],
             caught="H9")  # fmt: skip
to_reversals("it answers every reversal too late", "answers_reversals_late",
             lambda answer: [(70.0, answer)], caught="H9")  # fmt: skip
to_reversals("its answers to reversals have another MTI (0410)", "answers_reversals_as_requests",
             lambda answer: right({**answer, "t": "0410"}), caught="H9",
             says="was answered by 0410")  # fmt: skip
to_reversals("it answers every reversal twice", "answers_reversals_twice",
             lambda answer: [(0.1, answer), (0.2, answer)], caught="H9")  # fmt: skip
to_reversals("its answers to reversals give another amount (DE 4)", "reversal_another_amount",
             lambda answer: right(changed(answer, de4=f"{99900:012d}")),
             caught="H10", says="DE 4")  # fmt: skip
to_reversals("its answers to reversals give another card (DE 2)", "reversal_another_card",
             lambda answer: right(changed(answer, de2="4000000000000002")),
             caught="H10", says="DE 2")  # fmt: skip
to_reversals("its answers to reversals give no terminal (DE 41)", "reversal_without_terminal",
             lambda answer: right(changed(answer, de41=None)),
             caught="H10", says="DE 41 is missing")  # fmt: skip
to_reversals("its answers to reversals have another STAN (DE 11)", "reversal_another_stan",
             lambda answer: right(changed(answer, de11="999999")), caught="H9")  # fmt: skip


@mistake("it answers the repeat of a reversal otherwise than the first (25)", caught="H11",
         faults=REVERSAL_ANSWER_LOST)  # fmt: skip
def answers_repeats_otherwise(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return right(changed(answer, de39="25") if message["t"] == "0421" else answer)


# --- network management ---------------------------------------------------------------------------


@mistake("it answers no echo", caught="H13")
def answers_no_echo(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [] if message.get("70") == "301" else right(answer)


# --- what the host asks of the terminals --------------------------------------------------------


def asks(text: str, name: str, says: str, **elements: str) -> None:
    """A row for a host that asks, after each sign-on, for what our terminals do not carry out."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        if message.get("70") != "001":
            return right(answer)
        asked = {"t": "0800", "7": message["7"], "11": "900001", "41": message["41"]}
        return [*right(answer), (1.0, asked | elements)]

    errs.__name__ = name
    mistake(text, says=says, outcome="pass")(errs)


asks("it asks for a key change (DE 70 161)", "asks_for_a_key_change", "function 161",
     **{"70": "161"})  # fmt: skip
asks("it signs off a terminal (DE 70 002)", "signs_the_terminal_off", "function 002",
     **{"70": "002"})  # fmt: skip
asks("it sends a request for a withdrawal (0200)", "asks_for_a_withdrawal", "MTI 0200",
     **{"t": "0200", "3": "010000", "4": "000000005000"})  # fmt: skip


# --- more of network management -----------------------------------------------------------------


@mistake("it answers every echo too late", caught="H13")
def answers_echoes_late(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [(12.0, answer)] if message.get("70") == "301" else right(answer)


@mistake("it answers every echo twice", caught="H13", says="answered again")
def answers_echoes_twice(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [*right(answer), *right(answer)] if message.get("70") == "301" else right(answer)


@mistake("it answers every sign-on twice", caught="H13", says="answered again")
def answers_sign_ons_twice(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [*right(answer), *right(answer)] if message.get("70") == "001" else right(answer)


@mistake("it answers echoes without a response code (DE 39)", caught="H13", says="DE 39")
def answers_echoes_without_a_code(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return right(changed(answer, de39=None) if message.get("70") == "301" else answer)


@mistake("it answers no sign-on, and so nothing", outcome="invalid", says="the host answered none")
def answers_no_sign_on(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return [] if message.get("70") == "001" else right(answer)


def in_network_answers(text: str, name: str, says: str, **elements: str | None) -> None:
    """A row for a host that is wrong in every answer of network management."""

    def errs(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        return right(changed(answer, **elements) if message["t"] == "0800" else answer)

    errs.__name__ = name
    mistake(text, caught="H13", says=says)(errs)


in_network_answers("it answers sign-ons and echoes for another terminal (DE 41)",
                   "network_another_terminal", "DE 41 ATM99999", de41="ATM99999")  # fmt: skip
in_network_answers("it answers echoes as sign-ons (DE 70 001)", "network_another_function",
                   "DE 70 001 instead of 301", de70="001")  # fmt: skip


@mistake("it refuses every echo (91)", caught="H13", says="ATM00001's echo with DE 39 = 91")
def refuses_echoes(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    return right(changed(answer, de39="91") if message.get("70") == "301" else answer)


@mistake("it sends every message back as it came", caught="H13",
         says="was answered with a MAC that is not right")  # fmt: skip
def sends_back(_bank: Bank, message: Fields, _answer: Fields) -> Sequence[Sent]:
    return right(message)


@mistake("it keeps only the newest connection", outcome="invalid", says="the host hung up, ")
def keeps_the_newest_connection(bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
    for writer in bank.connections[:-1]:
        writer.close()
    return right(answer)
