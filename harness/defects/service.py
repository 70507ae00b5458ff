"""Terminals that do not obey their operator, that serve when they must not, or never again; and
those whose timers have another length than the contract says.
"""

from __future__ import annotations

from harness import events as e
from harness.defects.card import ignore
from harness.defects.defect import Defect
from harness.machines import cells_boot, cells_card
from harness.machines import inputs as i
from harness.machines import store as s
from harness.machines.device import Device
from harness.machines.inputs import State
from harness.machines.notes import CASSETTES
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.service import Service
from harness.machines.store_forward import StoreForward
from harness.machines.table import SAFE_TABLE
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings

# --- orders -------------------------------------------------------------------------------------

IGNORES_STOP = rewired(
    {(state, what): ignore for state, what in SAFE_TABLE if what is i.StopOrdered}
)


class _ForgetsWhy(Terminal):
    """What put it out of service is not looked up when the power is back."""

    def boot(self, image: s.StoreImage, sensors: i.Sensors, now: float) -> None:
        image.out_of_service = ()
        super().boot(image, sensors, now)


_LETS_IN = (State.IDLE, State.EJECTING, State.CARD_AT_SLOT, State.CAPTURING)


def _let_in(t: Terminal, _: i.SupervisorEntered, now: float) -> None:
    """Whoever has the key is let in."""
    t.do(i.Show("supervisor"))
    t.enter(State.SUPERVISOR, now)


def _leave_it(t: Terminal, _: i.SupervisorLeft, now: float) -> None:
    """A person has finished, and what was broken counts as broken still."""
    t.enter(State.OUT_OF_SERVICE, now)
    t.do(i.Show("out_of_service"))
    if t.service:
        cells_card.rest(t, now)


class FillsUnseen(Device):
    """Its cassettes are filled without telling how many notes went in."""

    __slots__ = ()

    def fill(self) -> None:
        """The notes go in, and nobody writes them down."""
        self.cassettes = {note: max(CASSETTES[note], had) for note, had in self.cassettes.items()}
        self.events.append(e.CassettesFilled({}))


# --- when it serves -----------------------------------------------------------------------------


class _ServesOn(Terminal):
    """Nothing that breaks puts it out of service."""

    def close_for(self, reason: str) -> int:
        if reason == "hardware":
            return self.log(s.OutOfService(self.service.lasting()))
        return super().close_for(reason)


class _LeavesReaderOpen(Terminal):
    """Says that it is out of service, and does not close its reader."""

    def do(self, effect: i.Effect, *, after: int = 0) -> None:
        closes = type(effect) is i.AcceptCards and not effect.open
        if not closes or self.session is not None:
            super().do(effect, after=after)


class _AsksNoQueue(Service):
    """A link that is up is enough: what is owed may wait."""

    def update(self, judgement: str, pending: int, backlog: int) -> bool:
        self.awaits_first_advice = False
        return super().update(judgement, pending, backlog)


class _WaitsItsPause(StoreForward):
    """A reversal that was under way as the link was lost is repeated after its whole pause."""

    def link_lost(self) -> None:
        self.in_flight = False

    def close_head(self) -> None:
        super().close_head()
        self._retry_at = 0.0


class _ServesFirst(Terminal):
    """Serves as soon as the link is up, and sends what it owes when its pause is over."""

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.service = _AsksNoQueue()
        self.forward = _WaitsItsPause(settings.advice_response)


class _NeverBack(Terminal):
    """Forgets until when it wanted to pause."""

    def tick(self, now: float) -> None:
        self.service.resumes_at = float("inf")
        super().tick(now)


class _StaysOut(Service):
    """Once out of service for its backlog, it never looks at it again."""

    def update(self, judgement: str, pending: int, backlog: int) -> bool:
        return super().update(judgement, backlog + 1 if "backlog" in self._reasons else pending, 5)


def _timer(name: str, seconds: float, summary: str, cost: str, *may: str) -> Defect:
    return Defect(
        profile=TerminalProfile(
            name=f"{name}_timer_of_{seconds:.0f}s",
            summary=summary,
            settings={"timers": {name: seconds}},
        ),
        cost=cost,
        must=("T22",),
        may=may,
    )


class _WithService(Terminal):
    service_class: type[Service] = Service

    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.service = self.service_class()


class _StaysOutForBacklog(_WithService):
    service_class = _StaysOut


SERVICE_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="ignores_stop",
            summary="does nothing when the operator orders it to stop",
            machine=IGNORES_STOP,
        ),
        cost="A machine that pays out forged cards cannot be stopped until somebody gets there.",
        must=("T12",),
    ),
    Defect(
        profile=TerminalProfile(
            name="waits_on_after_stop",
            summary="acknowledges a stop, and goes on waiting for the host",
            machine=rewired({(State.WAITING_FOR_HOST, i.StopOrdered): cells_boot.operator_stop}),
        ),
        cost="The operator believes that it stands, and it pays out a minute later.",
        must=("T12",),
    ),
    Defect(
        profile=TerminalProfile(
            name="pays_after_stop",
            summary="acknowledges a stop before the cash, and pays all the same",
            machine=rewired(
                {
                    (State.EJECTING, i.StopOrdered): cells_boot.operator_stop,
                    (State.CARD_AT_SLOT, i.StopOrdered): cells_boot.operator_stop,
                }
            ),
        ),
        cost="Pays after it has said that it no longer does.",
        must=("T12",),
    ),
    Defect(
        profile=TerminalProfile(
            name="forgets_stop_on_restart",
            summary="serves after a restart although it was stopped, or broken",
            machine=_ForgetsWhy,
        ),
        cost="Whoever pulls its plug puts a stopped machine back in service.",
        must=("T12",),
        may=("T20",),
    ),
    Defect(
        profile=TerminalProfile(
            name="ignores_resume",
            summary="does nothing when the operator orders it to resume",
            machine=rewired({("*", i.ResumeOrdered): ignore}),
        ),
        cost="Somebody has to drive to each machine that was stopped from afar.",
        must=("T21",),
        may=("F3",),
    ),
    Defect(
        profile=TerminalProfile(
            name="lets_anybody_in",
            summary="goes to SUPERVISOR whatever it is doing",
            machine=rewired({(state, i.SupervisorEntered): _let_in for state in _LETS_IN}),
        ),
        cost="A person has a customer's card and cash in the hand, and nobody can say whose.",
        must=("T20.supervisor",),
        may=(
            "T10.over",
            "H3",
            "M3.screen",
            "T1",
            "T2",
            "T3",
            "T8",
            "T12",
            "T21",
            "F1",
            "F2",
            "F3",
            "M4",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="stays_broken",
            summary="stays out of service after a person has repaired it",
            machine=rewired({(State.SUPERVISOR, i.SupervisorLeft): _leave_it}),
        ),
        cost="Was repaired, and serves nobody until somebody drives there once more.",
        must=("T21",),
    ),
    Defect(
        profile=TerminalProfile(
            name="fills_unseen",
            summary="its cassettes are filled, and nobody counts what goes in",
            device=FillsUnseen,
        ),
        cost="From the first filling on no count of the cassettes proves anything.",
        must=("T11",),
    ),
    Defect(
        profile=TerminalProfile(
            name="serves_on_after_jam",
            summary="takes the next card after one has jammed",
            machine=_ServesOn,
        ),
        cost="Swallows card after card until somebody looks into the reader.",
        must=("T20",),
    ),
    Defect(
        profile=TerminalProfile(
            name="leaves_reader_open",
            summary="shows that it is out of service, and draws in the card of whoever tries",
            machine=_LeavesReaderOpen,
        ),
        cost="Whoever does not read the screen loses the card to a machine that serves nobody.",
        must=("F2.accept",),
        may=("T20", "T20.backlog", "T20.queue", "T20.pause", "T12"),
    ),
    Defect(
        profile=TerminalProfile(
            name="takes_cards_with_backlog",
            summary="takes cards however many reversals are pending",
            settings={"backlog": 10**9},
        ),
        cost="Each customer is debited, and no reversal gets through.",
        must=("T20.backlog",),
    ),
    Defect(
        profile=TerminalProfile(
            name="stays_out_for_backlog",
            summary="stays out of service after its reversals have got through",
            machine=_StaysOutForBacklog,
        ),
        cost="Has nothing left to do, and serves nobody.",
        must=("T21",),
        may=("F3",),
    ),
    Defect(
        profile=TerminalProfile(
            name="serves_before_reversals",
            summary="takes cards on a new connection before it has sent what it owes",
            machine=_ServesFirst,
        ),
        cost="Owes more each minute, and whoever was debited waits for the money.",
        must=("T20.queue",),
        may=("T8", "T10", "T13.repeat", "H3", "H7", "F3", "T24.parked"),
    ),
    Defect(
        profile=TerminalProfile(
            name="never_pauses",
            summary="takes card after card although no request is answered",
            settings={"expiries": 10**9},
        ),
        cost="Every customer waits for nothing, and leaves a reversal behind.",
        must=("T20.pause",),
    ),
    Defect(
        profile=TerminalProfile(
            name="pauses_for_ever",
            summary="stays out of service after its pause",
            machine=_NeverBack,
        ),
        cost="One bad quarter of an hour at the host, and the fleet serves nobody all night.",
        must=("T21",),
        may=("F3",),
    ),
    _timer(
        *("dispense", 15.0, "gives the dispenser half of its time"),
        "Draws notes in that were about to come, and a customer leaves without cash.",
        *("M4.alarm", "F3"),
    ),
    _timer(
        *("dispense", 60.0, "gives the dispenser twice its time"),
        "The customer stands before a machine that does nothing for a minute.",
    ),
    _timer(
        *("retract", 5.0, "gives the retract a third of its time"),
        "Gives notes up that were about to be counted: suspense for nothing.",
    ),
    _timer(
        *("retract", 40.0, "gives the retract more than twice its time"),
        "Stands with its slot open, and the next customers wait.",
        *("M3", "F3", "T2.cash"),
    ),
)
