"""Terminals that do not do what an answer of the host says."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines import cells_host
from harness.machines import inputs as i
from harness.machines.inputs import State
from harness.machines.matching import Matcher, Request
from harness.machines.profile import TerminalProfile, rewired
from harness.machines.store_forward import Advice, StoreForward
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.wire.message import AdviceOutcome, Message, Outcome

WAITING = State.WAITING_FOR_HOST


def _capture_referred(t: Terminal, x: i.Declined, now: float) -> None:
    """A code that refers the customer to the issuer is taken for an order to capture."""
    if x.code in t.dialect.message.HOSTS.referrals:
        cells_host.capture_ordered(t, i.CaptureOrdered(x.code), now)
    else:
        cells_host.declined(t, x, now)


def _give_back(t: Terminal, x: i.CaptureOrdered, now: float) -> None:
    """A capture code is taken for a decline."""
    cells_host.declined(t, i.Declined(x.code), now)


def _decline_pin(t: Terminal, x: i.PinWrong, now: float) -> None:
    """A wrong PIN ends the visit."""
    cells_host.declined(t, i.Declined(x.code), now)


def _close_unknown(t: Terminal, x: i.UnknownCode, now: float) -> None:
    """A code that is on no list is taken for a decline, and nothing is reversed."""
    cells_host.declined(t, i.Declined(x.code), now)


def _close_insecure(t: Terminal, x: i.SecurityError, now: float) -> None:
    """A security error is taken for a decline, and nothing is reversed."""
    cells_host.declined(t, i.Declined(x.code), now)


def _pay_on_system_error(t: Terminal, x: i.Declined, now: float) -> None:
    """A system error is taken for a host that will book it later."""
    tx = t.transaction
    if tx is not None and t.dialect.message.OUTCOMES.get(x.code) is Outcome.SYSTEM_ERROR:
        cells_host.approved(t, i.Approved(tx.amount, x.code), now)
    else:
        cells_host.declined(t, x, now)


def _reverse_declined(t: Terminal, x: i.Declined, now: float) -> None:
    """A decline is reversed, to be on the safe side."""
    cells_host.unknown_code(t, i.UnknownCode(x.code), now)


class _OneReason(Terminal):
    """Gives every reversal the reason of a host that did not answer."""

    def advice_message(self, advice: Advice, now: float) -> Message:
        return super().advice_message(advice, now).replaced(reason="4021")


class _WantsCurrency(Matcher):
    """Takes an answer that leaves the currency out for one that names another."""

    def _wrong_echo(self, request: Request, answer: Message) -> tuple[str, ...]:
        wrong = super()._wrong_echo(request, answer)
        return wrong if answer.currency else (*wrong, answer.element("currency"))


class _WantsEveryElement(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.matcher = _WantsCurrency(self.id, partial_approval=settings.partial_approval)


# --- reversals ----------------------------------------------------------------------------------


class _RetryIsFinal(Terminal):
    """Takes every answer to a reversal for its end, also one that asks for another try."""

    def _reversal_answer(self, answer: Message, now: float) -> None:
        if answer.advice_outcome is AdviceOutcome.RETRY:
            answer = answer.replaced(code=self.dialect.codes["approved"])
        super()._reversal_answer(answer, now)


class _ParkedIsFinal(Terminal):
    """Drops a reversal that the host refuses."""

    def _reversal_answer(self, answer: Message, now: float) -> None:
        if answer.advice_outcome is AdviceOutcome.PARK:
            answer = answer.replaced(code=self.dialect.codes["approved"])
        super()._reversal_answer(answer, now)


class _ParkedIsRetried(Terminal):
    """Asks again and again for what the host has refused for good."""

    def _reversal_answer(self, answer: Message, now: float) -> None:
        if answer.advice_outcome is AdviceOutcome.PARK:
            answer = answer.replaced(code=self.dialect.codes["system_error"])
        super()._reversal_answer(answer, now)


class _NoPause(StoreForward):
    """Tries again a second after the host asked for another try."""

    def retry_later(self, now: float) -> None:
        super().retry_later(now)
        self._retry_at = now + 1.0


class _NeverAgain(StoreForward):
    """Leaves what is parked where it is."""

    def signed_on(self) -> None:
        self.link_lost()


class _RetriesAtOnce(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.forward = _NoPause(settings.advice_response)


class _LeavesParked(Terminal):
    def __init__(self, settings: TerminalSettings, context: TerminalContext) -> None:
        super().__init__(settings, context)
        self.forward = _NeverAgain(settings.advice_response)


ANSWER_DEFECTS = (
    Defect(
        profile=TerminalProfile(
            name="captures_referred",
            summary="keeps the card when the host refers the customer to the issuer",
            machine=rewired({(WAITING, i.Declined): _capture_referred}),
        ),
        cost="Whoever is to call the bank has no card any more to call about.",
        must=("T7",),
    ),
    Defect(
        profile=TerminalProfile(
            name="returns_ordered_card",
            summary="gives the card back although the host orders it kept",
            machine=rewired({(WAITING, i.CaptureOrdered): _give_back}),
        ),
        cost="A stolen card goes back to the thief, and on to the next machine.",
        must=("T23",),
        may=("M3",),
    ),
    Defect(
        profile=TerminalProfile(
            name="ends_at_first_wrong_pin",
            summary="gives the card back after the first wrong PIN",
            machine=rewired({(WAITING, i.PinWrong): _decline_pin}),
        ),
        cost="Who has mistyped once has to begin anew, or goes to another bank's machine.",
        must=("T23.pin",),
        may=("T17.again",),
    ),
    Defect(
        profile=TerminalProfile(
            name="closes_unknown_code",
            summary="takes a code that it does not know for a decline, and reverses nothing",
            machine=rewired({(WAITING, i.UnknownCode): _close_unknown}),
        ),
        cost="Where the host has booked, the customer pays for cash that never came.",
        must=("T8",),
        may=("H3", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="closes_security_error",
            summary="takes a security error for a decline, and reverses nothing",
            machine=rewired({(WAITING, i.SecurityError): _close_insecure}),
        ),
        cost="Where the host has booked, the customer pays for cash that never came.",
        must=("T8",),
        may=("H3", "M3", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="pays_on_system_error",
            summary="pays when the host answers that it cannot decide",
            machine=rewired({(WAITING, i.Declined): _pay_on_system_error}),
        ),
        cost="Cash that nobody approved, and that nobody is debited for.",
        must=("T4",),
        may=("T5", "T8", "H3", "T14", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="reverses_declined",
            summary="reverses what the host has declined",
            machine=rewired({(WAITING, i.Declined): _reverse_declined}),
        ),
        cost="The host is asked to give back what it never took, for each customer it turns away.",
        must=("T8",),
        may=("M4",),
    ),
    Defect(
        profile=TerminalProfile(
            name="one_reason_for_all",
            summary="gives each reversal the reason 4021, whatever has happened",
            machine=_OneReason,
        ),
        cost="Nobody can tell a jam from a silent host, or a forgotten card from either.",
        must=("T23.reason",),
        may=("M4",),
    ),
    Defect(
        profile=TerminalProfile(
            name="wants_every_element",
            summary="takes an answer that leaves the currency out (DE 49) for a damaged one",
            machine=_WantsEveryElement,
        ),
        cost="With a host that says less than ours every withdrawal is booked and reversed.",
        must=("T23.reason",),
        may=(
            "T21",
            "T1",
            "T8",
            "F1",
            "T25.echo",
            "T25.advice",
            "M1.original",
            "M3.screen",
            "T23",
            "M3",
            "M4",
        ),
    ),
    Defect(
        profile=TerminalProfile(
            name="retry_is_final",
            summary="takes a code that asks for another try for the end of a reversal",
            machine=_RetryIsFinal,
        ),
        cost="The host was busy for a moment, and the customer pays for cash that never came.",
        must=("H7",),
        may=("H3", "T8", "T10", "T13.order", "T13.repeat", "T24.parked", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="retries_at_once",
            summary="sends a reversal again a second after the host asked for another try",
            machine=_RetriesAtOnce,
        ),
        cost="A host that is overloaded gets sixty reversals a minute from each terminal.",
        must=("T24",),
    ),
    Defect(
        profile=TerminalProfile(
            name="drops_refused_reversal",
            summary="forgets a reversal that the host refuses",
            machine=_ParkedIsFinal,
        ),
        cost="What the host refuses by mistake, nobody ever gives back.",
        must=("T24.parked",),
        may=("H3", "H7", "M4"),
    ),
    Defect(
        profile=TerminalProfile(
            name="retries_parked",
            summary="sends a reversal that the host refuses again and again",
            machine=_ParkedIsRetried,
        ),
        cost="The one that is refused blocks the queue, and all behind it wait for their money.",
        must=("T24.parked",),
        may=("H7",),
    ),
    Defect(
        profile=TerminalProfile(
            name="never_unparks",
            summary="never sends again what the host has refused once",
            machine=_LeavesParked,
        ),
        cost="The host is mended the next day, and the customer never gets the money back.",
        must=("T24.parked",),
        may=("H3",),
    ),
)
