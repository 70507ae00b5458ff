"""What a host sends of its own accord: echoes, requests of network management, file updates; and
what comes to a host that has not been asked for a sign-on yet.

A message of the host's own is no answer. It is made with the right key, under a STAN of its own,
behind a message to the terminal, as the connection stands then. A terminal answers what wants an
answer, with an acceptance or a refusal, and goes on with what it was about. An answer that nobody
asked for is the kind `unsolicited`, an old one `replay_old`.
"""

from __future__ import annotations

from typing import ClassVar

from harness.contract import MOST_NAMES
from harness.errors import EncodeError, LocalProtocolError
from harness.faults.fate import Act, Deliver, Passing
from harness.faults.rule import COMMON, WHOSE, Parameter
from harness.faults.wire import TO_HOST, TO_TERMINAL, WireRule
from harness.wire.kinds import ASKING
from harness.wire.message import Message

_AWAY = 700_000  # distance from a STAN in use to one of the host's own


class HostAsks(WireRule):
    """Each message to the terminal is an attempt, of network management too."""

    kind = "host_asks"
    summary = "behind the message the host asks something of its own: an echo, a key change, ..."
    speaks = "response"
    parameters: ClassVar[dict[str, Parameter]] = {
        "what": Parameter(
            "choice",
            "echo",
            "what it asks",
            choices=("echo", "sign_on", "key_change", "cutover", "file_update", "advice"),
        ),
        "after": Parameter("duration", "1s", "so much later"),
        **WHOSE,
        **COMMON,
    }

    def touches(self, message: Message) -> bool:
        return message.is_answer

    def means(self, passing: Passing) -> bool:
        message = passing.message
        return passing.to == TO_TERMINAL and message is not None and self.touches(message)

    def strike(self, _now: float, passing: Passing) -> list[Act] | None:
        message, what = passing.message, self.value("what")
        if message is None or not (message.stan.isascii() and message.stan.isdigit()):
            return None
        digits = len(message.stan)
        stan = f"{(int(message.stan) + _AWAY) % 10**digits:0{digits}d}"
        asked = message.HOSTS.asks(message, what, stan)
        if asked is None:
            return None  # the dialect knows no such message
        effect = self.effect(passing.terminal, f"the host sent {asked.mti} ({what}), STAN {stan}")
        try:
            made = passing.frame_builder.reseal(asked.fields, passing.data)
        except (EncodeError, LocalProtocolError):
            return None  # the specification or the framing cannot carry it
        return [Deliver(0.0, passing.data), Deliver(self.value("after"), made, effects=(effect,))]


class BeforeSignOn(WireRule):
    """Each sign-on of a terminal that has asked for something before is an attempt."""

    kind = "before_sign_on"
    summary = "the terminal's last request or reversal comes again, ahead of the next sign-on"
    speaks = "request"
    to = TO_HOST
    parameters: ClassVar[dict[str, Parameter]] = {**COMMON}

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._last: dict[str, Passing] = {}

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        message = passing.message
        if passing.to == TO_HOST and message is not None and message.kind in ASKING:
            if passing.terminal in self._last or len(self._last) < MOST_NAMES:
                self._last[passing.terminal] = passing
            return None
        return super().fate(now, passing)

    def touches(self, message: Message) -> bool:
        return message.is_network_management and message.function == "sign_on"

    def means(self, passing: Passing) -> bool:
        return passing.terminal in self._last and super().means(passing)

    def strike(self, _now: float, passing: Passing) -> list[Act]:
        old = self._last[passing.terminal]
        self.acted(passing.terminal, f"an old {old.mti} came before the sign-on")
        return [Deliver(0.0, old.data), Deliver(0.0, passing.data)]


UNASKED_RULES: tuple[type[WireRule], ...] = (HostAsks, BeforeSignOn)
