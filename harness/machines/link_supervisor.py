"""How a terminal keeps its link to the host: connect, sign on, send echoes, wait between attempts,
and judge whether the link is up.

Rules (docs/domain.md, "Network management", and "Store and forward", rule 10):

- An echo is sent after 60 s without a message from the host. Bytes that make no message do not
  count: a stream that has lost its frame boundaries may swallow every answer. An echo that is not
  answered for 10 s makes the link doubtful and is sent again; the third one closes the connection.
- 'Down' is a judgement about the host and not the close of a connection: after a host_response
  expiry the connection stays open, and an echo is sent at once. The link is up again once a sign-on
  or an echo is answered.
- A sign-on that is not answered, or is refused, closes the connection.
- Where no sign-on is asked for, a new connection is up at once, unless a request or an echo had
  been left unanswered before it: a host that hangs may still accept connections. Then an echo is
  sent, and the link is up once it is answered.
- Where no echoes are sent, as the host may know none, the link is up as long as its connection
  stands, and what was left unanswered is all that can show that the connection is dead: the third
  request or reversal in a row without a message from the host closes it.
- The wait before the n-th attempt in a row to connect is uniform in 0 to min(60 s, 1 s * 2^n). Only
  a link that is up resets n.

`wants` collects what the terminal must carry out: 'connect', 'sign_on', 'echo', 'disconnect'.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.contract import Contract
from harness.keyed_random import Draw
from harness.machines.timers import NEVER

Judgement = Literal["up", "doubtful", "down"]
_USUAL = Contract()


class LinkTimes(msgspec.Struct, frozen=True, kw_only=True):
    """All in seconds, but for `echoes`, the number of unanswered echoes that close a connection
    (where no echoes are sent: of unanswered requests and reversals).
    """

    connect: float = 10.0
    sign_on: float = _USUAL.sign_on_response
    echo_idle: float = _USUAL.echo_idle
    echo_interval: float = _USUAL.echo_interval
    echoes: int = 3
    backoff_base: float = 1.0
    backoff_cap: float = 60.0


class LinkSupervisor:
    """One terminal's link to its host, as the terminal judges it."""

    __slots__ = (
        "_asks_by_echo",
        "_attempt",
        "_draw_key",
        "_fails_at",
        "_heard",
        "_phase",
        "_reached",
        "_silent",
        "_times",
        "_unanswered",
        "connects",
        "judgement",
        "wants",
        "why",
    )

    def __init__(self, times: LinkTimes, draw_key: int, *, echo: bool = True) -> None:
        """`draw_key` keys the random waits between attempts to connect; with `echo` a host that is
        silent is asked for an echo.
        """
        self._times = times
        self._asks_by_echo = echo
        self._draw_key = draw_key
        self._phase = "off"
        self._fails_at = NEVER
        self._heard = 0.0
        self._unanswered = 0
        self._attempt = 0
        self._reached = 0  # what the attempts had come to before the last sign-on
        self._silent = False  # was anything left unanswered since the link was last up?
        self.connects = 0
        self.judgement: Judgement = "down"
        self.why = "not connected"
        self.wants: list[str] = []

    @property
    def up(self) -> bool:
        return self.judgement == "up"

    @property
    def connecting(self) -> bool:
        """Does it wait for a connection? Not any more once the attempt is given up."""
        return self._phase == "connecting"

    @property
    def connected(self) -> bool:
        return self._phase in ("signing_on", "standing")

    def start(self, now: float) -> None:
        """The terminal is on. The first attempt to connect comes within a second, at a random
        moment, so that the terminals of a fleet do not all connect at once.
        """
        self._back_off(now)

    def next_deadline(self) -> float:
        if self._phase == "standing" and not self._asks_by_echo:
            return NEVER
        if self._phase == "standing" and not self._unanswered:
            return self._heard + self._times.echo_idle
        return self._fails_at

    def tick(self, now: float) -> None:
        """Fire what is due."""
        if now < self.next_deadline():
            return
        if self._phase == "waiting":
            self._phase = "connecting"
            self._fails_at = now + self._times.connect
            self.connects += 1
            self.wants.append("connect")
        elif self._phase in ("connecting", "signing_on"):
            self._give_up(now, f"{self._phase.replace('_', ' ')} timed out")
        elif self._phase == "standing":
            self._echo_due(now)

    def _echo_due(self, now: float) -> None:
        self._silent = self._silent or self._unanswered > 0
        if self._unanswered >= self._times.echoes:
            self._give_up(now, f"{self._unanswered} echoes unanswered")
            return
        if self._unanswered and self.judgement == "up":
            self._judge("doubtful", "an echo is unanswered")
        self._echo(now)

    def _echo(self, now: float) -> None:
        self._unanswered += 1
        self._fails_at = now + self._times.echo_interval
        self.wants.append("echo")

    def opened(self, now: float) -> None:
        """The connection stands: sign on before anything else."""
        self._phase = "signing_on"
        self._heard = now
        self._fails_at = now + self._times.sign_on
        self.wants.append("sign_on")

    def closed(self, now: float, why: str, *, unanswered: bool = False) -> None:
        """The connection is gone, or could not be made. `unanswered`: a reversal had left on it and
        had no answer. A host that takes every sign-on and hangs up on the reversal would get it
        every second otherwise: such a sign-on does not reset the pause.
        """
        if unanswered and self._phase == "standing":
            self._attempt = self._reached
        if self._phase != "off":
            self._judge("down", why)
            self._back_off(now)

    def heard(self, now: float) -> None:
        """A message came from the host, and could be read."""
        self._heard = now
        if not self._asks_by_echo:
            self._unanswered = 0
        if self._phase == "standing":  # it does more than accept the sign-on
            self._reached = 0

    def signed_on(self, accepted: bool, now: float) -> None:
        if self._phase != "signing_on":
            return
        if not accepted:
            self._give_up(now, "sign-on refused")
            return
        self._phase = "standing"
        self._reached = self._attempt
        self._is_up("signed on")

    def needs_no_sign_on(self, now: float) -> None:
        """The connection stands, and no sign-on is asked for on it."""
        self._phase = "standing"
        if self._silent:
            self._echo(now)
        else:
            self._is_up("connected")

    def echoed(self) -> None:
        """An echo was answered."""
        if self._phase == "standing":
            self._is_up("echo answered")

    def _is_up(self, why: str) -> None:
        self._attempt = 0
        self._unanswered = 0
        self._silent = False
        self._judge("up", why)

    def unanswered_request(self, now: float) -> None:
        """A host_response timer expired, or, where no echoes are sent, a reversal is due to be
        repeated. With echoes: down, but stay connected and ask at once.
        """
        if self._phase != "standing":
            return
        if not self._asks_by_echo:
            self._unanswered += 1
            if self._unanswered >= self._times.echoes:
                self._give_up(now, f"{self._unanswered} messages in a row were not answered")
            return
        self._silent = True
        self._judge("down", "a request was not answered")
        if not self._unanswered:
            self._echo(now)

    def _judge(self, judgement: Judgement, why: str) -> None:
        self.judgement = judgement
        self.why = why

    def _give_up(self, now: float, why: str) -> None:
        self.wants.append("disconnect")
        self._judge("down", why)
        self._back_off(now)

    def _back_off(self, now: float) -> None:
        limit = min(self._times.backoff_cap, self._times.backoff_base * 2.0**self._attempt)
        wait = Draw(self._draw_key, self.connects).uniform(0.0, limit)
        self._attempt = min(self._attempt + 1, 16)
        self._phase = "waiting"
        self._unanswered = 0
        self._fails_at = now + wait
