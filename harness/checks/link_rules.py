"""How a terminal keeps its link to the host, and what it does not send while that is in doubt
(T25).

Most of it is seen in network management, which `link_conduct.py` reads.
"""

from __future__ import annotations

from typing import ClassVar

from harness import events as e
from harness.checks import link_conduct
from harness.checks.base import NOBODY, Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import BY_TIMER, TransactionEvidence
from harness.wire.message import REVERSALS, Kind

SEEN = ("wire.terminal", "wire.link", "device")
"""'wire.link': all network management is reported at the terminal's end, at its time."""


class _ByEchoes(Check):
    """A rule for terminals that send echoes: where there are none (`contract.echo`), it cannot be
    seen whether it holds.
    """

    measures = True
    needs = SEEN

    def observable(self, sees: tuple[str, ...]) -> bool:
        return self.contract.echo and super().observable(sees)


class NothingInDoubt(_ByEchoes):
    """T25. Once an echo has been unanswered for `contract.echo_interval`, no new transaction
    starts: the card is given back. It starts as the screen says 'please wait', and its request
    leaves a little later where the store is slow.
    """

    id = "T25"

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind is not Kind.REQUEST:
            return
        self.tried += 1
        since = terminal.wire.link.conduct.unanswered_since
        subject = terminal.wire.subject
        if since is None or subject is None or terminal.time.stands_still:
            return
        waited = terminal.time.between(since, max(since, subject.start))
        over = waited - self.contract.echo_interval - self.contract.slack
        if over > 0.0:
            what = f"{terminal.wire.message.mti} of STAN {terminal.wire.message.stan} left"
            what += f" while an echo had been unanswered for {waited:.1f} s"
            self.fail(terminal, at, what, late=late_by(over, since, at))


class NoAdviceWhileDown(_ByEchoes):
    """T25.advice. After a request had no answer in time, and while an echo is unanswered for
    `contract.echo_interval`, no reversal leaves before an echo or a sign-on is answered.
    """

    id = "T25.advice"

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        if event.end != "terminal" or terminal.wire.kind not in REVERSALS:
            return
        x, link = terminal.wire.subject, terminal.wire.link
        if terminal.time.stands_still or not link.connected:
            return
        self.tried += 1
        message = terminal.wire.message
        if x is not None and x.requested and x.began is not None and self._expired(x, at):
            if terminal.time.between(x.start, at) < at - x.start:
                return  # it stood still meanwhile, and judged by what it then read
            expired = min(x.aborted_at, x.start + self.contract.host_response)
            if link.network_ok < expired and terminal.time.cuts == x.began.cuts:
                what = f"{message.mti} of STAN {message.stan} left after a request had expired"
                self.fail(terminal, at, f"{what}, before an echo was answered", of=x)
                return
        since = link.conduct.unanswered_since
        over = 0.0
        if since is not None:
            waited = terminal.time.between(since, at)
            over = waited - self.contract.echo_interval - self.contract.slack
        if since is not None and over > 0.0:
            what = f"{message.mti} of STAN {message.stan} left while an echo was unanswered"
            self.fail(terminal, at, what, of=x, late=late_by(over, since, at))

    def _expired(self, x: TransactionEvidence, at: float) -> bool:
        """Had that request no answer in time?"""
        if x.answer is not None or x.aborted:
            return x.aborted in BY_TIMER
        return at >= x.start + self.contract.host_response


class _Kept(Check):
    """A rule of network management: what `LinkConduct` found of it."""

    measures = True
    needs = SEEN
    rule: ClassVar[str] = ""

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        conduct = terminal.wire.link.conduct
        conduct.look(now)
        self.tried += conduct.tried[self.rule]
        for found in conduct.found:
            if found.rule == self.rule:
                over = found.over
                late = None if over is None else late_by(over, found.since, found.at)
                self.fail(terminal, found.at, found.what, of=NOBODY, late=late)


class SignsOnFirst(_Kept):
    """T25.sign_on. On a new connection a sign-on is sent at once, and the connection is closed when
    `contract.sign_on_response` has run out without an answer, and not before. After a refusal it is
    closed at once, and no other sign-on is sent on it.
    """

    id = "T25.sign_on"
    rule = link_conduct.SIGN_ON


class EchoesInTime(_ByEchoes, _Kept):
    """T25.echo. An echo is sent `contract.echo_idle` after the last message of the host that reads,
    again each `contract.echo_interval` while none is answered, and at once after a request that had
    no answer in time; neither later nor earlier.
    """

    id = "T25.echo"
    rare = True
    rule = link_conduct.ECHO


class ClosesAfterThree(_ByEchoes, _Kept):
    """T25.close. Three unanswered echoes close the connection, `contract.echo_interval` after the
    third; nothing else makes a terminal hang up on a host that it has signed on to.
    """

    id = "T25.close"
    rare = True
    rule = link_conduct.CLOSE


class AnswersTheHost(_Kept):
    """T25.asked. What the host asks by an 0800 is answered: accepted, or refused. The answer
    repeats what was asked. An echo on a link that is signed on is not answered with a code that
    asks for another try, and a change of keys is not accepted.
    """

    id = "T25.asked"
    rare = True
    rule = link_conduct.ASKED
