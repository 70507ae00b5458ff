"""An ATM in one file: signs on, withdraws, reverses what had no answer in time.

    python script_terminal.py --to 127.0.0.1:20000 --withdrawals 5

One JSON line for each withdrawal, and one with the totals at the end. Exit code 0 when nothing is
left open, 1 when a reversal was never answered, 2 when there was no host to talk to.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from datetime import UTC, datetime

from script_wire import FRAMINGS, Fields, Wire

# BIN 999999 is nobody's. The PIN block is what the PIN pad gives for PIN 1234: format 0, under
# the published 3DES test key 0123456789ABCDEF FEDCBA9876543210.
CARDS = [
    ("9999990000000014", "2CF929790037CE52"),
    ("9999990000000022", "67EBE2198DB26624"),
    ("9999990000000030", "BCA8C6BE6DB848D7"),
]
EXPIRY = "3012"
ACQUIRER = "99999"

# These codes end a withdrawal with nothing booked. Whatever is neither 00 nor listed is reversed.
DECLINED = "01 02 03 05 12 13 14 15 39 40 42 44 51 52 53 54 55 56 57 58 59 61 62 64 65 66 75 78 93"
KEEP_THE_CARD = "04 07 33 34 35 36 37 38 41 43 67"
NOT_NOW = "30 68 90 91 92 94 96"
REFUSALS = frozenset(f"{DECLINED} {KEEP_THE_CARD} {NOT_NOW}".split())

TIMED_OUT, INVALID_ANSWER = "4021", "4020"  # why we reverse, in DE 60
ATTEMPTS = 10  # a real ATM stores its reversals and repeats them until they are answered


class Terminal:
    """One ATM with one host."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.stan = 0
        self.wire: Wire | None = None

    # --- the link -----------------------------------------------------------------------------

    def connect(self) -> Wire:
        """A connection, signed on. Raises OSError when there is none to be had."""
        host, _, port = self.options.to.rpartition(":")
        connection = socket.create_connection((host, int(port)), timeout=10.0)
        self.wire = Wire(connection, self.options.framing, mac=self.options.mac == "cmac")
        if not self.options.no_sign_on:
            answer = self.exchange(self.wire, {"t": "0800", **self.stamp(), "70": "001"})
            if answer is None or answer.get("39") != "00":
                raise ConnectionError("sign-on refused" if answer else "sign-on not answered")
        return self.wire

    def hang_up(self) -> None:
        if self.wire is not None:
            self.wire.connection.close()
        self.wire = None

    def exchange(self, wire: Wire, request: Fields) -> Fields | None:
        """Send, and wait for the answer to exactly this. Whatever else comes is too late for what
        it belonged to, so it is read and forgotten: a late approval pays nobody.
        """
        wire.send(request)
        end = time.monotonic() + self.options.timeout
        while (left := end - time.monotonic()) > 0:
            answer = wire.receive(left)
            if answer is not None and is_answer(answer, request):
                return answer
        return None

    def ask(self, request: Fields) -> Fields | None:
        """The answer, None if there was none in time or the line broke."""
        try:
            return self.exchange(self.wire or self.connect(), request)
        except OSError as trouble:
            print(f"script_terminal: {trouble}", file=sys.stderr)
            self.hang_up()
            return None

    # --- messages -----------------------------------------------------------------------------

    def stamp(self) -> Fields:
        """What is new in each message (DE 7 in UTC, DE 11), and who sends it."""
        self.stan = self.stan % 999_999 + 1
        sent = f"{datetime.now(UTC):%m%d%H%M%S}"
        return {"7": sent, "11": f"{self.stan:06d}", "41": self.options.terminal}

    def withdrawal(self, number: int, amount: int) -> Fields:
        """`amount` in cents."""
        pan, pin_block = CARDS[number % len(CARDS)]
        stamp, local = self.stamp(), datetime.now()
        return {
            "t": "0200",
            **stamp,
            "2": pan,
            "3": "010000",
            "4": f"{amount:012d}",
            "12": f"{local:%H%M%S}",
            "13": f"{local:%m%d}",
            "14": EXPIRY,
            "18": "6011",
            "22": "901",
            "25": "00",
            "32": ACQUIRER,
            "35": f"{pan}={EXPIRY}2210000000000",
            "37": f"{stamp['11']:0>12}",
            "42": f"{'SCRIPT BANK':15}",
            "43": f"{'Rue de la Loi 1':23}{'Brussels':13}  BE",
            "49": "978",
            "52": pin_block,
        }

    def reversal(self, request: Fields, code: str, reason: str) -> Fields:
        """0420, a STAN of its own: DE 90 names the original, DE 39 is its answer, if there was."""
        kept = {name: request[name] for name in ("2", "3", "4", "12", "13", "32", "37", "42", "49")}
        original = "0200" + request["11"] + request["7"] + f"{ACQUIRER:0>11}" + "0" * 11
        fields = {"t": "0420", **self.stamp(), **kept, "60": reason, "90": original}
        return {**fields, "39": code} if code else fields

    # --- what a customer sees -------------------------------------------------------------------

    def withdraw(self, number: int, amount: int) -> dict[str, object]:
        request = self.withdrawal(number, amount)
        answer = self.ask(request)
        code = answer.get("39", "") if answer else ""
        if answer and code == "00" and answer.get("4") == request["4"]:
            outcome = "paid"
        elif code in REFUSALS:
            outcome = "declined"
        elif self.options.never_reverse:
            outcome = "forgotten"  # wrong on purpose: the host may have booked it
        else:
            reversal = self.reversal(request, code, INVALID_ANSWER if answer else TIMED_OUT)
            outcome = self.reverse(reversal)
        return {"stan": request["11"], "sent": request["7"], "amount": amount, "outcome": outcome}

    def reverse(self, reversal: Fields) -> str:
        """First 0420, then 0421 with the same fields, until the host says that it knows."""
        for _ in range(ATTEMPTS):
            answer = self.ask(reversal)
            if answer and answer.get("39") in ("00", "25", "94"):
                return "reversed"
            reversal = {**reversal, "t": "0421"}
            if self.options.reversal_new_stan:
                reversal.update(self.stamp())  # wrong on purpose: now it is a second reversal
        return "open"


def is_answer(answer: Fields, request: Fields) -> bool:
    """0200 is answered by 0210, 0420 and 0421 by 0430; DE 7, 11 and 41 come back as they went."""
    mti = request["t"][:2] + str(int(request["t"][2]) + 1) + "0"
    return answer["t"] == mti and all(answer.get(de) == request[de] for de in ("7", "11", "41"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--terminal", default="ATM00001", help="DE 41")
    parser.add_argument("--withdrawals", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=45.0, help="seconds for each answer")
    parser.add_argument("--framing", choices=FRAMINGS, default="2byte")
    parser.add_argument("--mac", choices=("none", "cmac"), default="none")
    parser.add_argument("--no-sign-on", action="store_true")
    parser.add_argument("--never-reverse", action="store_true", help="a defect: forgets")
    parser.add_argument("--reversal-new-stan", action="store_true", help="a defect: T13")
    terminal = Terminal(parser.parse_args())
    try:
        terminal.connect()
    except OSError as trouble:
        print(f"script_terminal: no host at {terminal.options.to}: {trouble}", file=sys.stderr)
        return 2
    outcomes: dict[str, int] = {}
    paid = 0
    for number in range(terminal.options.withdrawals):
        amount = 2000 + 1000 * (number % 5)
        line = terminal.withdraw(number, amount)
        print(json.dumps(line), flush=True)
        outcomes[str(line["outcome"])] = outcomes.get(str(line["outcome"]), 0) + 1
        paid += amount if line["outcome"] == "paid" else 0
    terminal.hang_up()
    print(json.dumps({"terminal": terminal.options.terminal, "paid": paid, "outcomes": outcomes}))
    return 1 if "open" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
