"""Hosts that answer otherwise than ours does, and are right all the same."""

from __future__ import annotations

from collections.abc import Sequence

from bank import HANG_UP, Bank, Errs, Sent
from line import Fields, changed, framed

MONEY = ("0210", "0430")


def without(*elements: str) -> Errs:
    """It leaves these elements out of its answers about money."""

    def answers(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
        if answer["t"] in MONEY:
            answer = {name: text for name, text in answer.items() if name not in elements}
        return [(0.1, answer)]

    return answers


def reversals_with(**elements: str | None) -> Errs:
    """It answers reversals so, each repeat like the first."""

    def answers(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        return [(0.1, changed(answer, **elements) if message["t"][1] == "4" else answer)]

    return answers


def after(seconds: float, mti: str) -> Errs:
    """It takes its time with messages of that type, and not too long."""

    def answers(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
        return [(seconds if message["t"] == mti else 0.1, answer)]

    return answers


def zeros_before_acquirer(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
    """It gives the acquirer (DE 32) in eleven digits."""
    acquirer = answer.get("32")
    return [(0.1, answer if acquirer is None else changed(answer, de32=f"{acquirer:0>11}"))]


def declines_some(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """It declines every second withdrawal, and names no amount then."""
    declines = message["t"] == "0200" and int(message["11"]) % 2
    return [(0.1, changed(answer, de39="51", de38=None, de4=None) if declines else answer)]


def tells_later_first(bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """Its issuer is away at the first sending of a reversal (91), and back at the second."""
    first = message["t"] == "0420"
    return [(0.1, changed(answer, de39="91") if first else answer)]


def asks_for_echoes(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """It sends an echo of its own before each answer about money."""
    if answer["t"] not in MONEY:
        return [(0.1, answer)]
    own = {"t": "0800", "7": message["7"], "11": "900001", "70": "301"}
    return [(0.1, own), (0.3, answer)]


def network_answers_without(*elements: str) -> Errs:
    """It leaves these elements out of its answers of network management."""

    def answers(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
        if answer["t"] == "0810":
            answer = {name: text for name, text in answer.items() if name not in elements}
        return [(0.1, answer)]

    return answers


def repeats_the_card(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """Its answers about money carry the card's number, and elements that nobody asked for."""
    if answer["t"] not in MONEY:
        return [(0.1, answer)]
    return [(0.1, {**answer, "2": message["2"], "15": "0308", "44": "OK", "63": "HOST 7"})]


def hangs_up_when_idle(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
    """It closes a connection once it has answered a request or a reversal."""
    return [(0.1, answer), (0.2, HANG_UP)] if answer["t"] in MONEY else [(0.1, answer)]


def signs_on_too(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """It signs on to a terminal before it answers the terminal's sign-on."""
    if message.get("70") != "001":
        return [(0.1, answer)]
    own = {"t": "0800", "7": message["7"], "11": message["11"], "70": "001"}
    return [(0.1, own), (0.3, answer)]


def fills_up(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """It fills up with blanks what it has nothing for, writes lower case, and masks the card."""
    if message["t"] == "0200" and int(message["11"]) % 2:
        answer = changed(answer, de39="51", de38=" " * 6)
    elif answer["t"] == "0210":
        answer = changed(answer, de38="ab12  ", de44="none ")
    if answer["t"] in MONEY:
        answer = {**answer, "2": f"{message['2'][:6]}******{message['2'][12:]}"}
    return [(0.1, answer)]


def masks_with_letters(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """It masks the card with X, and says in its own language what it decided."""
    if answer["t"] not in MONEY:
        return [(0.1, answer)]
    card = f"{message['2'][:6]}XXXXXX{message['2'][12:]}"
    return [(0.1, {**answer, "2": card, "44": "Genehmigt für Köln"})]


def stalls_in_the_middle(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """The second half of an answer to a request takes seven seconds."""
    if message["t"] != "0200":
        return [(0.1, answer)]
    data = framed(answer)
    return [(0.1, data[:30]), (7.1, data[30:])]


def knows_no_network_management(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """Whatever comes as 0800, it does not serve (40)."""
    return [(0.1, changed(answer, de39="40") if message["t"] == "0800" else answer)]


def ignores_network_management(_bank: Bank, message: Fields, answer: Fields) -> Sequence[Sent]:
    """Whatever comes as 0800 gets no answer."""
    return [] if message["t"] == "0800" else [(0.1, answer)]


RIGHT_HOSTS: dict[str, Errs] = {
    "no approval code": without("38"),
    "only what it must repeat": without("3", "12", "13", "32", "37", "38", "42", "49"),
    "answers to reversals without amount and time": reversals_with(de4=None, de7=None),
    "no original (25) to every reversal": reversals_with(de39="25"),
    "a slow decision": after(40.0, "0200"),
    "a slow reversal": after(50.0, "0420"),
    "a slow echo": after(9.0, "0800"),
    "zeros before the acquirer": zeros_before_acquirer,
    "declines some": declines_some,
    "an issuer that is away": tells_later_first,
    "echoes of its own": asks_for_echoes,
    "network management without terminal, time and function": network_answers_without(
        "7", "41", "70"
    ),
    "the card in its answers, and other elements": repeats_the_card,
    "a sign-on of its own": signs_on_too,
    "a connection for each transaction": hangs_up_when_idle,
    "blanks, lower case and a masked card": fills_up,
    "a card that is masked with letters, and an umlaut": masks_with_letters,
    "a line that stalls": stalls_in_the_middle,
}
"""What each is like, and what leaves in place of the answer of `Bank`."""
