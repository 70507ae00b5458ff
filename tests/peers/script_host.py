"""An authorization host in one file: signs terminals on, approves, books, reverses.

    python script_host.py --listen 127.0.0.1:20000 --limit 300

Prints where it listens, then one JSON line for each message, and its books when it is told to end
(SIGTERM or Ctrl-C). Exit code 0; 2 when it cannot listen.
"""

from __future__ import annotations

import argparse
import json
import signal
import socketserver
import sys
import threading
from dataclasses import dataclass

from script_wire import FRAMINGS, Fields, Garbled, Wire

APPROVED, NO_MONEY, REVERSED_BEFORE, FORMAT_ERROR = "00", "51", "94", "30"
ECHOED = ("3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49", "70")

Key = tuple[str, str, str, str]  # DE 41, 11, 7 and 32: what names a transaction


@dataclass
class Account:
    """What is known of one transaction; amounts in cents."""

    debit: int = 0
    given_back: int = 0
    reversed: bool = False
    code: str = ""  # what it was answered with, '' before it came
    approval: str = ""


class Books:
    """Decides and books. One message at a time, whatever connection it came on."""

    def __init__(self, limit: int, silent_after: int | None) -> None:
        """`limit` in cents. After `silent_after` withdrawals the rest is booked and not answered:
        the worst that can happen to a terminal, which has to reverse.
        """
        self.limit = limit
        self.silent_after = silent_after
        self.withdrawals = 0
        self.accounts: dict[Key, Account] = {}
        self._lock = threading.Lock()

    def answer(self, message: Fields) -> Fields | None:
        """The answer to any message, None for silence."""
        with self._lock:
            kind = message["t"][1]
            if kind == "8":
                return answer_to(message, APPROVED)
            if kind == "2":
                return self._request(message)
            if kind == "4":
                return answer_to(message, self._reverse(message))
            return answer_to(message, FORMAT_ERROR)

    def _request(self, message: Fields) -> Fields | None:
        is_withdrawal = message.get("3", "")[:2] == "01"
        account = self.accounts.setdefault(key_of(message), Account())
        if account.reversed:  # its reversal overtook it, so it must not be booked any more
            account.code = REVERSED_BEFORE
        elif not account.code:  # else: heard before, and answered from the books
            self.withdrawals += is_withdrawal
            self._decide(account, int(message["4"]), is_withdrawal=is_withdrawal)
        silent = self.silent_after is not None and self.withdrawals > self.silent_after
        if is_withdrawal and silent:
            return None
        answer = answer_to(message, account.code)
        if account.approval:
            answer["38"] = account.approval
        if account.code == APPROVED and not is_withdrawal:
            answer["54"] = f"1002978C{self.limit:012d}"  # savings, available, EUR, credit
        return answer

    def _decide(self, account: Account, amount: int, *, is_withdrawal: bool) -> None:
        account.code = NO_MONEY if amount > self.limit else APPROVED
        if account.code == APPROVED:
            account.approval = f"{len(self.accounts) % 1_000_000:06d}"
            account.debit = amount if is_withdrawal else 0

    def _reverse(self, message: Fields) -> str:
        """An advice: never declined, and booked once. DE 95 says what was paid all the same."""
        original = message.get("90", "")
        if len(original) != 42:
            return FORMAT_ERROR
        stan, sent, acquirer = original[4:10], original[10:20], original[20:31].lstrip("0")
        account = self.accounts.setdefault((message["41"], stan, sent, acquirer), Account())
        if not account.reversed:
            account.reversed = True
            account.given_back = max(0, account.debit - int(message.get("95", "0")[:12]))
        return APPROVED

    def summary(self) -> dict[str, object]:
        with self._lock:
            lines = [
                {
                    "terminal": terminal,
                    "stan": stan,
                    "sent": sent,
                    "debit": account.debit,
                    "reversed": account.given_back,
                }
                for (terminal, stan, sent, _), account in self.accounts.items()
                if account.debit or account.reversed
            ]
            debits = sum(account.debit for account in self.accounts.values())
            given_back = sum(account.given_back for account in self.accounts.values())
        return {"debits": debits, "reversals": given_back, "ledger": lines}


def key_of(message: Fields) -> Key:
    return message["41"], message["11"], message["7"], message.get("32", "").lstrip("0")


def answer_to(message: Fields, code: str) -> Fields:
    """0210 to 0200 and 0201, 0430 to 0420 and 0421, 0810 to 0800; its keys go back as they came."""
    mti = message["t"][:2] + str(int(message["t"][2]) + 1) + "0"
    return {"t": mti, **{de: message[de] for de in ECHOED if de in message}, "39": code}


class Server(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1000  # a fleet connects at once

    def __init__(self, listen: str, books: Books, framing: str, *, mac: bool) -> None:
        host, _, port = listen.rpartition(":")
        super().__init__((host, int(port)), Session)
        self.books = books
        self.framing = framing
        self.mac = mac
        self._one_speaks = threading.Lock()

    def say(self, line: dict[str, object]) -> None:
        """A whole JSON line, whoever else speaks."""
        with self._one_speaks:
            print(json.dumps(line), flush=True)


class Session(socketserver.BaseRequestHandler):
    """A connected terminal."""

    server: Server

    def handle(self) -> None:
        wire = Wire(self.request, self.server.framing, mac=self.server.mac)
        try:
            while True:
                message = wire.receive()
                if message is not None:
                    self.serve(wire, message)
        except (Garbled, KeyError, ValueError) as trouble:  # no message of a terminal
            print(f"script_host: hanging up: {trouble!r}", file=sys.stderr, flush=True)
        except OSError:
            pass  # the terminal hung up

    def serve(self, wire: Wire, message: Fields) -> None:
        answer = self.server.books.answer(message)
        said = {"heard": message["t"], "terminal": message.get("41"), "stan": message.get("11")}
        self.server.say({**said, "answer": answer["39"] if answer else None})
        if answer is not None:
            wire.send(answer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--limit", type=int, default=300, help="the most for one withdrawal, EUR")
    parser.add_argument("--silent-after", type=int, metavar="N", help="withdrawals, then silence")
    parser.add_argument("--framing", choices=FRAMINGS, default="2byte")
    parser.add_argument("--mac", choices=("none", "cmac"), default="none")
    options = parser.parse_args()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before there are threads to hear them
    books = Books(options.limit * 100, options.silent_after)
    try:
        server = Server(options.listen, books, options.framing, mac=options.mac == "cmac")
    except OSError as trouble:
        print(f"script_host: cannot listen on {options.listen}: {trouble}", file=sys.stderr)
        return 2
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening on {}:{}".format(*server.server_address[:2]), flush=True)
    signal.sigwait(ends)
    server.shutdown()
    server.say(books.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
