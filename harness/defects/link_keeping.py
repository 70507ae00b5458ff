"""Terminals that do not keep their link to the host as they should."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.keyed_random import key_of
from harness.machines import cells_card
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.link_supervisor import LinkSupervisor, LinkTimes
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.machines.timers import NEVER
from harness.wire.message import Kind, Message


def _stay(_t: Terminal, _x: i.Input, _now: float) -> None:
    """The customer goes on as if nothing were in doubt."""


def _take_card(t: Terminal, x: i.CardIn, now: float) -> None:
    """Takes a card whatever is known of the link."""
    cells_card.begin_session(t, x, now)
    t.enter(State.CARD_IN, now, "card_read")


class _NoEchoAtOnce(LinkSupervisor):
    """Goes on asking at its usual pace after a request that had no answer."""

    def unanswered_request(self, now: float) -> None:
        before = self.judgement
        super().unanswered_request(now)
        if before == "up" and self.wants[-1:] == ["echo"]:
            self.wants.pop()
            self._unanswered = 0


class _WaitsForIdle(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        draws = key_of(context.seed, "uplink", self.id)
        self.link_supervisor = _NoEchoAtOnce(settings.link_times, draws)


class _AsksOnce(LinkSupervisor):
    """Waits for the answer to its first echo for ever."""

    def next_deadline(self) -> float:
        waits = self._phase == "standing" and self._unanswered
        return NEVER if waits else super().next_deadline()


class _EchoesOnce(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        draws = key_of(context.seed, "uplink", self.id)
        self.link_supervisor = _AsksOnce(settings.link_times, draws)


class _ReversesAtOnce(Terminal):
    """Sends a reversal as soon as there is one and a connection stands."""

    def _after(self, now: float) -> None:
        super()._after(now)
        link = self.link_supervisor
        if self.forward.queue and link.connected and link.judgement != "up":
            self._send_advice(now)


class _DeafToTheHost(Terminal):
    """Takes everything that a host asks for a stray message."""

    def send(self, message: Message) -> None:
        if message.kind is not Kind.NETWORK_ANSWER:
            super().send(message)


class _AcceptsKeyChange(Terminal):
    """Accepts whatever the host asks for, new keys too, and goes on with the old ones."""

    def send(self, message: Message) -> None:
        if message.kind is Kind.NETWORK_ANSWER:
            message = message.replaced(code=self.dialect.codes["approved"])
        super().send(message)


class _AsksTheSameOne(LinkSupervisor):
    """Signs on again, on the same connection and at once, when it is refused."""

    __slots__ = ()

    def signed_on(self, accepted: bool, now: float) -> None:
        if self._phase == "signing_on" and not accepted:
            self._fails_at = now + self._times.sign_on
            self.wants.append("sign_on")
        else:
            super().signed_on(accepted, now)


class _SignsOnAgain(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        draws = key_of(context.seed, "uplink", self.id)
        self.link_supervisor = _AsksTheSameOne(settings.link_times, draws, echo=settings.echo)


LINK_KEEPING_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="skips_sign_on",
            summary="asks without signing on first",
            settings={"sign_on": False},
        ),
        cost="The host refuses every customer, and the machine takes the next card.",
        must=("T25.sign_on",),
        may=("T16", "F2.accept", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="never_echoes",
            summary="sends no echo, however long nothing comes",
            settings={"link_times": LinkTimes(echo_idle=86_400.0)},
        ),
        cost="A host that is gone is found out by the next customer, with the card inside.",
        must=("T25.echo",),
        may=("F2.accept",),
    ),
    Defect(
        profile=TerminalProfile(
            name="echoes_all_the_time",
            summary="sends an echo after five seconds of silence",
            settings={"link_times": LinkTimes(echo_idle=5.0)},
        ),
        cost="A fleet asks its host ten thousand times a minute whether it is there.",
        must=("T25.echo",),
    ),
    Defect(
        profile=TerminalProfile(
            name="echoes_once",
            summary="waits for the answer to its first echo for ever",
            machine=_EchoesOnce,
        ),
        cost="The connection is dead, nobody closes it, and the machine takes cards on it.",
        must=("T25.echo",),
        may=("T25", "F2.accept", "F3", "H7", "T8", "T10", "T13.repeat", "H3", "T25.advice"),
    ),
    Defect(
        profile=TerminalProfile(
            name="no_echo_after_expiry",
            summary="does not ask at once after a request that had no answer",
            machine=_WaitsForIdle,
        ),
        cost="The host has been back for a minute, and the machine still stands idle.",
        must=("T25.echo",),
        may=("F2.accept", "T25.advice"),
    ),
    Defect(
        profile=TerminalProfile(
            name="never_closes",
            summary="goes on asking on a connection on which nothing is answered",
            settings={"link_times": LinkTimes(echoes=1000)},
        ),
        cost="The old address is a black hole, and the machine never dials the new one.",
        must=("T25.close",),
        may=("F2.accept", "F3", "H7", "T8", "T10", "T16", "H3"),
    ),
    Defect(
        profile=TerminalProfile(
            name="closes_at_first",
            summary="hangs up when one echo is unanswered",
            settings={"link_times": LinkTimes(echoes=1)},
        ),
        cost="One lost message takes with it the answers that were on their way.",
        must=("T25.close",),
    ),
    Defect(
        profile=TerminalProfile(
            name="serves_in_doubt",
            summary="goes on serving while an echo is unanswered",
            machine=rewired(
                {
                    (State.IDLE, i.CardIn): _take_card,
                    **{
                        (state, i.LinkDoubtful): _stay
                        for state in (State.CARD_IN, State.PIN_ENTRY, State.SELECTING)
                    },
                }
            ),
        ),
        cost="The customer types, chooses and waits, for a host that does not answer.",
        must=("T25",),
        may=("F2.accept",),
    ),
    Defect(
        profile=TerminalProfile(
            name="reverses_into_silence",
            summary="sends reversals before the host is heard again",
            machine=_ReversesAtOnce,
        ),
        cost="A host that falls silent gets the reversals of a whole fleet before it can breathe.",
        must=("T25.advice",),
        may=("T24", "T13.order"),
    ),
    Defect(
        profile=TerminalProfile(
            name="deaf_to_the_host",
            summary="leaves unanswered what the host asks",
            machine=_DeafToTheHost,
        ),
        cost="The host's own echo has no answer, and it hangs up on a terminal that works.",
        must=("T25.asked",),
    ),
    Defect(
        profile=TerminalProfile(
            name="accepts_key_change",
            summary="says that it has changed its keys, and has not",
            machine=_AcceptsKeyChange,
        ),
        cost="The host takes the new keys into use, and drops every message from then on.",
        must=("T25.asked",),
    ),
    Defect(
        profile=TerminalProfile(
            name="signs_on_again",
            summary="signs on again at once, on the same connection, when it is refused",
            machine=_SignsOnAgain,
        ),
        cost="A host that refuses for a minute is asked as often as it can answer.",
        must=("T25.sign_on",),
        may=("F3", "F4", "T25.close", "T21"),
    ),
)
