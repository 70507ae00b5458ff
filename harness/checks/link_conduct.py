"""How a terminal keeps its link, as its end of the wire shows it: sign-on, echoes, close.

Rules (docs/domain.md, "Network management"): a sign-on is the first thing on a connection; an echo
goes after `echo_idle` without a message of the host, again each `echo_interval` while it is not
answered, and at once after a request that had no answer in time; the third echo that stays
unanswered closes the connection, and fewer do not. What the host asks by an 0800 is answered,
and the answer is true: see `_untrue`.

What is found is kept as `Found`, for the checks of T25 (link_rules.py): checks are not shown
network management, which is most of the traffic. A terminal whose device is not seen keeps its link
as its own host wants it, and is not judged.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.bounded import keep_latest
from harness.checks.operating_time import Moment, OperatingTime
from harness.checks.transaction_evidence import BY_TIMER
from harness.checks.transactions import TerminalTransactions
from harness.contract import Contract
from harness.machines.timers import NEVER
from harness.wire.message import Message

SIGN_ON, ECHO, CLOSE, ASKED = "sign_on", "echo", "close", "asked"
ECHOES = 3
"""Unanswered echoes that close a connection."""
EARLY = 0.01
"""Seconds that an echo may come before its time: two entries of one instant, in a live run."""
KEEPS = 20
"""What is found wrong, and what the host asks, of each terminal."""


class Found(NamedTuple):
    """Something that a terminal did wrong: by which rule, when, in words; and by how many seconds,
    counted from `since` (run seconds), where a little more or less time would have made it right.
    """

    rule: str
    at: float
    what: str
    over: float | None = None
    since: float = 0.0


class LinkConduct:
    """One terminal. `tried` counts what was judged by each rule. `unanswered_since` is when the
    first of the echoes left that are not answered yet (run seconds), None if none is out, and
    `doubted_at` when an echo last followed one that was not answered.
    """

    __slots__ = (
        "_asked",
        "_blind",
        "_contract",
        "_dazed",
        "_echo_at",
        "_heard",
        "_heard_before",
        "_held_until",
        "_opened",
        "_out",
        "_refused",
        "_signing_on",
        "_stands",
        "_time",
        "_transactions",
        "_unanswered",
        "doubted_at",
        "found",
        "tried",
        "unanswered_since",
    )  # fmt: skip

    def __init__(
        self, contract: Contract, time: OperatingTime, transactions: TerminalTransactions
    ) -> None:
        self._contract = contract
        self._time = time
        self._transactions = transactions
        self._opened: Moment | None = None  # and no sign-on was asked for since
        self._stands = False  # the connection stands, and may carry transactions
        self._out: dict[str, str] = {}  # what the terminal asked and has no answer to, by STAN
        self._blind = not transactions.device_seen
        self._dazed = False
        self._held_until = -NEVER  # by then a request that never left may have been given up
        self._heard = self._heard_before = 0.0
        self._echo_at = 0.0
        self._unanswered = 0
        self._asked: dict[tuple[str, str], tuple[Message, float]] = {}  # by STAN and function
        self.unanswered_since: float | None = None
        self.doubted_at = -NEVER
        self._signing_on: Moment | None = None  # and no answer to the sign-on came since
        self._refused: Moment | None = None  # a sign-on was, and the connection stands
        self.found: list[Found] = []
        self.tried = dict.fromkeys((SIGN_ON, ECHO, CLOSE, ASKED), 0)

    # --- what is seen ----------------------------------------------------------------------------

    def counted_only(self) -> None:
        """Frames were counted and not written: nobody knows any more when the last one came."""
        self._blind = True

    def stood_still(self) -> None:
        """The terminal's process goes on, and reads what came meanwhile as if it came now: nothing
        is judged before the next connection.
        """
        self._dazed = True

    def request_is_held(self, at: float) -> None:
        """A request does not leave, as its intent is not durable. When its timer runs out, the wire
        shows nothing of it.
        """
        self._held_until = at + self._contract.host_response + self._contract.slack

    def opened(self, at: float) -> None:
        """A connection stands."""
        self._dazed = False
        self._opened = self._time.moment(at) if self._contract.sign_on else None
        self._stands = not self._contract.sign_on
        self._heard = self._heard_before = at
        self._settled()
        self._asked.clear()

    def closed(self, at: float, how: str) -> None:
        """The connection is gone: `how` as in `LinkClosed`, 'power' where the mains failed."""
        if how == "local" and self._signing_on is not None:
            self._gives_sign_on_up(at, self._signing_on)
        if how == "local" and self._stands and not self._time.stands_still:
            self._closes(at)
        elif how != "power":
            self.look(at)
        self._opened = self._signing_on = self._refused = None
        self._stands = False
        self._settled()
        self._asked.clear()

    def heard(self, at: float) -> None:
        """A message came from the host that reads."""
        self.look(at)
        self._heard_before, self._heard = self._heard, at

    def asks(self, at: float, message: Message) -> None:
        """A network management request leaves the terminal."""
        if message.function == "echo" and self._stands:
            self._echoes(at)
        else:
            self.look(at)
        self._out[message.stan] = message.function
        keep_latest(self._out, KEEPS)
        if message.function == "sign_on":
            if self._refused is not None and not (self._dazed or self._blind):
                what = "a sign-on was refused, and another one was sent on the same connection"
                self._keep(Found(SIGN_ON, at, what))
                self._refused = None
            self.tried[SIGN_ON] += self._opened is not None
            if self._opened is not None:
                self._signing_on = self._time.moment(at)
            self._opened = None

    def answered(self, at: float, message: Message, *, accepted: bool) -> None:
        """The host has answered something of network management. One echo that is answered settles
        those before it.
        """
        function = self._out.pop(message.stan, "")
        if function == "sign_on":
            since, self._signing_on = self._signing_on, None
            if since is not None and self._time.since(since, at) >= self._may_give_up_after:
                return  # it may serve or hang up: the rest of this connection is not judged
            if not accepted and not self._stands:
                self._refused = self._time.moment(at)
                self.tried[SIGN_ON] += 1
        if not accepted:
            return
        if function == "sign_on":
            self._stands = True
        if function in ("sign_on", "echo"):
            self._settled()

    @property
    def _may_give_up_after(self) -> float:
        return self._contract.sign_on_response - EARLY

    def host_asks(self, at: float, message: Message) -> None:
        """The host asks for something of network management."""
        self._asked[message.stan, message.function] = message, at
        keep_latest(self._asked, KEEPS)

    def answers_host(self, at: float, message: Message) -> None:
        """The terminal answers what the host has asked."""
        asked = self._meant_by(message)
        if asked is None:
            return
        self.tried[ASKED] += 1
        wrong = _untrue(asked, message) if self._stands and not self._blind else ""
        if wrong:
            name = _name_of(asked)
            self._keep(Found(ASKED, at, f"the host's {name} was answered {wrong}"))

    def _meant_by(self, answer: Message) -> Message | None:
        """What an answer answers. A host may have asked for several things under one STAN."""
        alike = [key for key in self._asked if key[0] == answer.stan]
        if not alike:
            return None
        exact = answer.stan, answer.function
        asked, _ = self._asked.pop(exact if exact in alike else alike[0])
        return asked

    # --- what follows from it --------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Judge what should have happened by now."""
        if self._dazed or self._blind or self._time.stands_still or not self._time.powered:
            return
        slack = self._contract.slack
        if self._opened is not None and self._time.since(self._opened, now) > slack:
            since, self._opened = self._opened.at, None
            self._note(SIGN_ON, now, "a connection opened, and no sign-on was sent", slack, since)
        self._sign_on_is_over(now)
        for key, (message, at) in list(self._asked.items()):
            if self._time.between(at, now) > slack:
                del self._asked[key]
                what = f"the host's {_name_of(message)} was not answered"
                self._note(ASKED, now, what, slack, at)
        if self._stands:
            self._echo_is_due(now)

    def _sign_on_is_over(self, now: float) -> None:
        """A sign-on without an answer closes the connection, which is made anew."""
        bound = self._contract.sign_on_response + self._contract.slack
        if self._signing_on is not None and self._time.since(self._signing_on, now) > bound:
            since, self._signing_on = self._signing_on.at, None
            what = "a sign-on was not answered, and the connection was not closed"
            self._note(SIGN_ON, now, what, bound, since)
        slack = self._contract.slack
        if self._refused is not None and self._time.since(self._refused, now) > slack:
            since, self._refused = self._refused.at, None
            what = "a sign-on was refused, and the connection was not closed"
            self._note(SIGN_ON, now, what, slack, since)

    def _gives_sign_on_up(self, at: float, since: Moment) -> None:
        """The terminal hangs up on a host that has not answered its sign-on."""
        early = self._contract.sign_on_response - self._time.since(since, at)
        self.tried[SIGN_ON] += 1
        if early > EARLY and not (self._dazed or self._blind or self._time.stands_still):
            what = f"it hung up {at - since.at:.1f} s after a sign-on that was not answered"
            self._keep(Found(SIGN_ON, at, what, early, since.at))

    def _echo_is_due(self, now: float) -> None:
        contract = self._contract
        since, wait = self._heard, contract.echo_idle
        if self._unanswered:
            since, wait = self._echo_at, contract.echo_interval
        elif self._expired_at() > self._heard:
            since, wait = self._expired_at(), 0.0
        if self._time.between(since, now) <= wait + contract.slack:
            return
        self._stands = False  # told once for each connection
        if self._unanswered >= ECHOES:
            what = f"{self._unanswered} echoes were unanswered, and the connection was not closed"
            self._note(CLOSE, now, what, wait + contract.slack, since)
        else:
            what = f"no echo was sent {now - since:.0f} s after {self._before()}"
            self._note(ECHO, now, what, wait + contract.slack, since)

    def _before(self) -> str:
        if self._unanswered:
            return "an unanswered one"
        expired = self._expired_at() > self._heard
        return "a request had expired" if expired else "the last message of the host"

    def _echoes(self, at: float) -> None:
        """An echo leaves: neither too late nor too early."""
        contract = self._contract
        self.look(at)
        self.tried[ECHO] += 1
        first = not self._unanswered
        self.doubted_at = self.doubted_at if first else at
        since, wait = self._heard, contract.echo_idle
        if not first:
            since, wait = self._echo_at, contract.echo_interval
        elif since - self._heard_before >= wait - EARLY and at - since <= contract.slack:
            since = self._heard_before  # its time had run out: the message crossed the echo
        early = wait - (at - since)
        expires = self._expires_at(at) or at <= self._held_until
        asked_at_once = first and (expires or not contract.sign_on)
        if early > EARLY and not (asked_at_once or self._dazed or self._blind):
            what = f"an echo was sent {at - since:.1f} s after {self._before()}"
            self._keep(Found(ECHO, at, f"{what}, and not {wait:.0f} s", early, since))
        if self._unanswered == ECHOES and not (self._dazed or self._blind):
            self.tried[CLOSE] += 1
            what = f"{ECHOES} echoes were unanswered, and another one was sent"
            self._keep(Found(CLOSE, at, f"{what} instead of hanging up"))
        self._unanswered += 1
        self._echo_at = at
        if self.unanswered_since is None and not self._dazed:
            self.unanswered_since = at

    def _closes(self, at: float) -> None:
        """The terminal hangs up on a connection that may carry transactions."""
        self.look(at)
        contract = self._contract
        self.tried[CLOSE] += 1
        early = contract.echo_interval - (at - self._echo_at)
        if self._dazed or self._blind or (self._unanswered >= ECHOES and early <= EARLY):
            return
        what = f"it hung up after {self._unanswered} unanswered echoes"
        if self._unanswered >= ECHOES:
            self._keep(Found(CLOSE, at, f"{what}, too early", early, self._echo_at))
        else:
            # in a live run our own terminal may have read an answer after its timer, and the tap
            # before: where the harness was that late, nobody knows
            self._keep(Found(CLOSE, at, f"{what}, at {ECHOES} it may", 2 * EARLY, self._heard))

    def _settled(self) -> None:
        self._out.clear()
        self._unanswered = 0
        self.unanswered_since = None

    def _expired_at(self) -> float:
        """When the last request expired without an answer in time; before all time if none did."""
        current = self._transactions.current
        if current is None or not current.requested or current.cut:
            return -NEVER
        if (current.answer is not None or current.aborted) and current.aborted not in BY_TIMER:
            return -NEVER
        return min(current.aborted_at, current.start + self._contract.host_response)

    def _expires_at(self, at: float) -> bool:
        """Does a request expire at this time, or has it within the slack?"""
        since = at - self._expired_at()
        return -EARLY <= since <= self._contract.slack

    def _note(self, rule: str, now: float, what: str, bound: float, since: float) -> None:
        self.tried[rule] += 1
        self._keep(Found(rule, now, what, now - since - bound, since))

    def _keep(self, found: Found) -> None:
        if len(self.found) < KEEPS:
            self.found.append(found)


def _name_of(asked: Message) -> str:
    """What the host has asked, in words."""
    function = asked.function.replace("_", "-") or asked.text("function")
    return f"{asked.mti} ({function}), STAN {asked.stan},"


def _untrue(asked: Message, answer: Message) -> str:
    """How an answer to the host says what is not so, in words; '' where it does not. It names the
    terminal, the function and the time that it answers, where it names any. Who has signed on and
    serves does not answer an echo with a code that asks for another try. Whoever says that new keys
    are in use has to use them, and no machine of ours changes its keys. Other functions may be
    accepted or refused.
    """
    for meaning in ("terminal", "function", "sent"):
        said, meant = answer.text(meaning).strip(), asked.text(meaning).strip()
        if said and meant and said != meant:
            return f"with DE {answer.element(meaning)} {said} instead of {meant}"
    code = f"with DE {answer.element('code')} {answer.code}"
    if asked.function == "echo" and not (answer.network_accepted or answer.network_at_work):
        return f"{code}: it is signed on, and says that it is not at work"
    if answer.network_accepted and asked.text("function") in asked.HOSTS.key_changes:
        return f"{code}, and its keys have not changed"
    return ""
