"""Terminals whose timers are not the contract's, that ask too often or not often enough, and that
keep or give back the wrong cards.
"""

from __future__ import annotations

from harness.defects.card import ignore
from harness.defects.defect import Defect
from harness.machines import cells_card, cells_host
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.reversing import reverse
from harness.machines.session import Session
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings

SHORT, LONG = 0.5, 1.5  # times what the contract says


# --- timers ---------------------------------------------------------------------------------------


def with_timer(timer: str, factor: float) -> type[Terminal]:
    """A terminal one of whose timers is so many times as long as the contract says."""

    class OtherTimer(Terminal):
        def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
            super().__init__(settings, context)
            self.timers.seconds[timer] *= factor

    return OtherTimer


def _timer(
    timer: str, factor: float, cost: str, must: tuple[str, ...], may: tuple[str, ...] = ()
) -> Defect:
    how, share = ("short", "half") if factor < 1 else ("long", "one and a half times")
    return Defect(
        profile=TerminalProfile(
            name=f"{timer}_too_{how}",
            summary=f"its timer {timer} is {share} as long as the contract says",
            machine=with_timer(timer, factor),
        ),
        cost=cost,
        must=must,
        may=may,
    )


TIMER_DEFECTS = (
    _timer("card_read", SHORT, "Worn cards come out again, everywhere.", ("T18.early",)),
    _timer("card_read", LONG, "A card that does not read lies in the machine.", ("T18.read",)),
    _timer("key", SHORT, "Whoever types slowly gets no money.", ("T18.early",)),
    _timer("key", LONG, "Who walks off leaves a session to the next one.", ("T18.key",)),
    _timer("session", SHORT, "Who needs two tries of the PIN gets no money.", ("T18.early",)),
    _timer("session", LONG, "The queue waits for one who cannot decide.", ("T18.session",)),
    _timer("eject", SHORT, "The motor runs against a card that is moving.", ("T18.eject",)),
    _timer("eject", LONG, "The customer goes before the card comes.", ("T18.eject",), ("T1",)),
    _timer("card_take", SHORT, "Who looks for the purse loses the card.", ("T7",)),
    _timer("card_take", LONG, "A forgotten card lies there for anybody.", ("T18.slot",), ("T1",)),
    _timer("capture", SHORT, "A card on its way counts as stuck.", ("T18.capture",)),
    _timer(
        "capture", LONG, "A card that is stuck is noticed too late.", ("T18.capture",), ("T20",)
    ),
    _timer("cash_take", SHORT, "Notes go back under the customer's hand.", ("T18.cash",)),
    _timer("cash_take", LONG, "Forgotten notes lie there for anybody.", ("T18.cash",)),
)


def _rearm_all(t: Terminal, x: i.KeyPressed, now: float) -> None:
    """Each key starts the timer of the session too."""
    t.timers.arm("session", now)
    cells_card.key_pressed(t, x, now)


def _rearm_nothing(t: Terminal, x: i.KeyPressed, now: float) -> None:
    """A digit does not start the timer of the keys: it is one for the whole PIN."""
    if x.key in ("enter", "cancel"):
        cells_card.key_pressed(t, x, now)
    else:
        cells_card.session_of(t).pin += x.key


# --- the PIN --------------------------------------------------------------------------------------


class _KeepsTries(Terminal):
    """The tries are counted in the terminal, and nobody sets the count back."""

    _tries = 0

    def step(self, what: i.Input, now: float) -> None:
        """Count in the terminal what belongs to the session."""
        if type(what) is i.PinWrong and self.session is not None:
            self._tries += 1
            self.session.tries = self._tries
        elif type(what) is i.Approved:
            self._tries = 0
        super().step(what, now)


def _capture_third(t: Terminal, x: i.PinWrong, now: float) -> None:
    """The last wrong PIN is taken for an order to capture."""
    if cells_card.session_of(t).tries >= t.settings.pin_tries:
        cells_host.capture_ordered(t, i.CaptureOrdered(x.code), now)
    else:
        cells_host.pin_wrong(t, x, now)


def _try_at_once(t: Terminal, x: i.PinWrong, now: float) -> None:
    """The request is sent once more at once, with the PIN that was wrong."""
    cells_host.pin_wrong(t, x, now)
    session = t.session
    if t.state == State.PIN_ENTRY and session is not None and session.choice is not None:
        session.pin = "0000"
        cells_card.begin_request(t, session.choice, now)


# --- cards ----------------------------------------------------------------------------------------


def _serve_all(t: Terminal, x: i.CardRead, now: float) -> None:
    """Nobody looks at the hotlist."""
    session: Session = cells_card.session_of(t)
    session.pan, session.expiry, session.track2 = x.pan, x.expiry, x.track2
    cells_card.ask_pin(t, now)


def _give_back_hotlisted(t: Terminal, x: i.CardRead, now: float) -> None:
    """A card on the hotlist is refused, and not kept."""
    if cells_card.session_of(t).token in t.hotlist:
        cells_card.cancel(t, "hotlist", now)
    else:
        cells_card.card_read(t, x, now)


def _capture_unread(t: Terminal, _: i.CardUnreadable, now: float) -> None:
    cells_card.capture(t, "unreadable", now)


def _capture_expired(t: Terminal, x: i.Declined, now: float) -> None:
    """A card that has expired is kept, as if the host had ordered it."""
    if x.code == t.dialect.codes["expired_card"]:
        cells_host.capture_ordered(t, i.CaptureOrdered(x.code), now)
    else:
        cells_host.declined(t, x, now)


# --- cash -----------------------------------------------------------------------------------------


def _reverse_in_full(t: Terminal, _: i.Retracted, now: float) -> None:
    """Whatever came back, the whole withdrawal is reversed."""
    tx = t.transaction
    assert tx is not None, "cash came back without a transaction"
    reverse(t, "4018", now)
    cells_card.proceed(t, now)


def _defect(
    profile: TerminalProfile, cost: str, must: tuple[str, ...], may: tuple[str, ...] = ()
) -> Defect:
    return Defect(profile=profile, cost=cost, must=must, may=may)


class _NeverAsksWhat(Terminal):
    """Waits for a choice, and leaves the question for the PIN on its screen."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        if type(effect) is not i.Show or effect.screen != "select":
            super().do(effect, after=after)


VISIT_DEFECTS = (
    *TIMER_DEFECTS,
    _defect(
        TerminalProfile(
            name="never_asks_pin",
            summary="reads the card, and asks nothing",
            machine=rewired({(State.CARD_IN, i.CardRead): ignore}),
        ),
        cost="Gives everybody the card back after a while, and nobody gets any money.",
        must=("T21.visit",),
        may=("T19",),
    ),
    _defect(
        TerminalProfile(
            name="never_asks_what",
            summary="waits for a choice for which its screen does not ask",
            machine=_NeverAsksWhat,
        ),
        cost="Whoever waits for the next question waits until the card comes back.",
        must=("T21.visit",),
        may=("T18.key",),
    ),
    _defect(
        TerminalProfile(
            name="ignores_cancel",
            summary="goes on waiting for a choice after cancel was pressed",
            machine=rewired({(State.SELECTING, i.KeyPressed): ignore}),
        ),
        cost="Whoever wants to go has to wait half a minute for the card.",
        must=("T18.cancel",),
        may=("T18.key",),
    ),
    _defect(
        TerminalProfile(
            name="session_rearmed_by_keys",
            summary="each key starts the timer of the session anew",
            machine=rewired({(State.PIN_ENTRY, i.KeyPressed): _rearm_all}),
        ),
        cost="Somebody who presses a key now and then holds the machine for as long as he likes.",
        must=("T18.session",),
        may=("F2", "T2"),
    ),
    _defect(
        TerminalProfile(
            name="keys_rearm_nothing",
            summary="the timer of the keys is one for the whole PIN",
            machine=rewired({(State.PIN_ENTRY, i.KeyPressed): _rearm_nothing}),
        ),
        cost="Whoever needs eight seconds for a key gets no money.",
        must=("T18.early",),
    ),
    _defect(
        TerminalProfile(
            name="keys_not_watched",
            summary="waits for the next key until the session is over",
            machine=rewired({(State.PIN_ENTRY, i.KeyExpired): ignore}),
        ),
        cost="A card whose owner has walked off lies in the machine for minutes.",
        must=("T18.key",),
    ),
    _defect(
        TerminalProfile(
            name="stuck_card_not_noticed",
            summary="waits without end for a card that does not reach the bin",
            machine=rewired({(State.CAPTURING, i.CaptureExpired): ignore}),
        ),
        cost="The screen says that the card is kept, and a hand pulls it out.",
        must=("T18.capture",),
        may=("T2", "F2", "F3", "T20", "M3"),
    ),
    _defect(
        TerminalProfile(
            name="unlimited_pin_tries",
            summary="asks for the PIN as often as it is wrong",
            settings={"pin_tries": 10**6},
        ),
        cost="Who has found a card may try until the PIN is right.",
        must=("T17",),
    ),
    _defect(
        TerminalProfile(
            name="two_pin_tries",
            summary="asks for the PIN twice only",
            settings={"pin_tries": 2},
        ),
        cost="Who has mistyped twice is sent away.",
        must=("T17.again",),
        may=("T23.pin",),
    ),
    _defect(
        TerminalProfile(
            name="keeps_pin_tries",
            summary="counts the wrong PINs of one customer for the next",
            machine=_KeepsTries,
        ),
        cost="The next one in the queue mistypes once and is sent away.",
        must=("T17.again",),
        may=("T23.pin",),
    ),
    _defect(
        TerminalProfile(
            name="repeats_wrong_pin",
            summary="asks the host again at once when the PIN was wrong, and not the customer",
            machine=rewired({(State.WAITING_FOR_HOST, i.PinWrong): _try_at_once}),
        ),
        cost="One mistyped PIN uses up all tries, and the card is blocked.",
        must=("T17",),
    ),
    _defect(
        TerminalProfile(
            name="captures_third_wrong_pin",
            summary="keeps the card after the last wrong PIN, which the host has not ordered",
            machine=rewired({(State.WAITING_FOR_HOST, i.PinWrong): _capture_third}),
        ),
        cost="Who has forgotten the PIN loses the card, and may only have mixed up two.",
        must=("T7",),
    ),
    _defect(
        TerminalProfile(
            name="ignores_hotlist",
            summary="serves every card, without a look at its hotlist",
            machine=rewired({(State.CARD_IN, i.CardRead): _serve_all}),
        ),
        cost="A stolen card is asked for while the issuer is down, and paid by the stand-in.",
        must=("T19",),
    ),
    _defect(
        TerminalProfile(
            name="returns_hotlisted",
            summary="refuses a card on its hotlist, and gives it back",
            machine=rewired({(State.CARD_IN, i.CardRead): _give_back_hotlisted}),
        ),
        cost="The stolen card goes on to the next machine.",
        must=("T19",),
    ),
    _defect(
        TerminalProfile(
            name="captures_unreadable",
            summary="keeps a card that it cannot read",
            machine=rewired({(State.CARD_IN, i.CardUnreadable): _capture_unread}),
        ),
        cost="A dirty stripe, and the card is gone.",
        must=("T7",),
    ),
    _defect(
        TerminalProfile(
            name="unreadable_waits",
            summary="does nothing about a card that it cannot read until its timer has run out",
            machine=rewired({(State.CARD_IN, i.CardUnreadable): ignore}),
        ),
        cost="The customer stands before a dead screen, and goes.",
        must=("T19.unread",),
    ),
    _defect(
        TerminalProfile(
            name="captures_expired",
            summary="keeps a card that has expired",
            machine=rewired({(State.WAITING_FOR_HOST, i.Declined): _capture_expired}),
        ),
        cost="A card that its owner meant to replace tomorrow is gone today.",
        must=("T7",),
        may=("T7.breaker",),
    ),
    _defect(
        TerminalProfile(
            name="retracted_in_full",
            summary="reverses the whole withdrawal, although a part of the notes was taken",
            machine=rewired({(State.RETRACTING, i.Retracted): _reverse_in_full}),
        ),
        cost="Half of the notes taken, and all of the money given back.",
        must=("H3",),
        may=("T8", "H2", "T14", "M4"),
    ),
)
