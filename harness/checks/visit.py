"""Checks of what a visit may ask and how long it may last before a request: the PIN's tries, the
timers of the reader, of the keys and of the session, and cards that are not to be served (T17, T18,
T19).

The keys are seen where a customer hesitates: the journal says since when nothing was touched. A
visit that the link, the power, a pause of the process or an order has disturbed may end at any
time.
"""

from __future__ import annotations

from harness import events as e
from harness.checks.base import Check, late_by
from harness.checks.evidence import TerminalEvidence
from harness.checks.transaction_evidence import TransactionEvidence
from harness.wire.message import Kind, Outcome

AT_KEYS = ("enter_pin", "select")
_TO_TYPE = 0.1  # seconds: nobody types a PIN in less
EXACT = 0.001  # seconds: in a live run events are recorded a little after their timers started


def disturbed(terminal: TerminalEvidence, at: float) -> bool:
    """Could something else than its timers have ended the visit: a link that closed or is in doubt,
    the power, a process that stood still, or an order?
    """
    inserted, link, time = terminal.device.inserted, terminal.wire.link, terminal.time
    if inserted is None or time.cuts != inserted.cuts:
        return True
    closed = inserted.at <= link.closed_at <= at
    stood_still = time.between(inserted.at, at) < at - inserted.at
    ordered = inserted.at <= terminal.ordered_at
    in_doubt = link.lately_in_doubt(at)
    return closed or stood_still or ordered or in_doubt or link.down(at) is not None


def hotlisted(terminal: TerminalEvidence, by_contract: tuple[str, ...]) -> bool:
    """Is the card inside on the hotlist that the terminal holds?"""
    device = terminal.device
    return device.card in device.hotlisted or device.card in by_contract


# --- the PIN ----------------------------------------------------------------------------------


def _refused(request: TransactionEvidence | None) -> bool:
    """Has the host said, in time, that the PIN was wrong?"""
    return request is not None and request.answer is Outcome.PIN_AGAIN and not request.aborted


class PinTriesAreFew(Check):
    """T17. A visit has no more requests than the contract's `pin_tries`; each after the first has
    a STAN of its own and follows a refusal of the PIN; and after the last refusal the PIN is not
    asked for.
    """

    id = "T17"
    needs = ("device", "wire.terminal")

    def on_FrameSeen(self, terminal: TerminalEvidence, at: float, event: e.FrameSeen) -> None:
        transactions = terminal.transactions
        if terminal.wire.kind is not Kind.REQUEST or event.end != "terminal":
            return
        if transactions.visit_requests < 2 or terminal.device.inserted is None:
            return
        self.tried += 1
        current, previous = transactions.current, transactions.previous
        assert current is not None, "a request was seen"
        tries, most = transactions.visit_requests, self.contract.pin_tries
        if previous is current:
            self.fail(terminal, at, f"the STAN {current.stan} was used for another try of the PIN")
        elif previous is None or not _refused(previous):
            self.fail(terminal, at, "asked again, and no PIN had been refused")
        elif not previous.answer_at <= terminal.device.pin_asked_at < at - _TO_TYPE:
            self.fail(terminal, at, "asked again, and nobody could have typed another PIN")
        elif tries > most:
            self.fail(terminal, at, f"the PIN was sent for the {tries}th time, at most {most}")

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        transactions = terminal.transactions
        if event.screen != "enter_pin" or terminal.device.inserted is None:
            return
        if transactions.visit_requests >= self.contract.pin_tries:
            self.tried += 1
            tries = transactions.visit_requests
            self.fail(terminal, at, f"the PIN was asked for again after {tries} tries")


class PinIsAskedAgain(Check):
    """T17.again. A visit does not end with a refusal of the PIN before the last try, unless its
    session timer has run out or something disturbed it.
    """

    id = "T17.again"
    rare = True
    needs = ("device", "wire.terminal")

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        device, transactions = terminal.device, terminal.transactions
        if device.prompt != "please_wait" or not _refused(transactions.current):
            return
        if device.ejects > 1:
            return  # a jam
        tries = transactions.visit_requests
        if tries < 1 or device.inserted is None or disturbed(terminal, at):
            return
        self.tried += 1
        left = device.inserted.at + self.contract.session - at
        if tries < self.contract.pin_tries and left > EXACT:
            what = f"the card came out after {tries} wrong PIN of {self.contract.pin_tries}"
            self.fail(terminal, at, what)


# --- the timers -------------------------------------------------------------------------------


class NotCutShort(Check):
    """T18.early. A visit whose card comes out before anything was asked of the host has lasted as
    long as one of its timers, unless something disturbed it or the customer ended it. While the
    card is being read that is `card_read`; while a customer hesitates, `key` or `session`.
    """

    measures = True
    id = "T18.early"
    needs = ("device", "wire.terminal")
    timed = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._untouched: dict[str, float] = {}  # since when, by terminal

    def on_CardInserted(
        self, terminal: TerminalEvidence, _at: float, _event: e.CardInserted
    ) -> None:
        """What the customer before has left undone is over."""
        self._untouched.pop(terminal.name, None)

    def on_CustomerHesitated(
        self, terminal: TerminalEvidence, at: float, event: e.CustomerHesitated
    ) -> None:
        self._untouched[terminal.name] = at - event.idle

    def on_CustomerWentOn(
        self, terminal: TerminalEvidence, _at: float, _event: e.CustomerWentOn
    ) -> None:
        self._untouched.pop(terminal.name, None)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        device, contract = terminal.device, self.contract
        untouched = self._untouched.pop(terminal.name, None)
        inserted = device.inserted
        if inserted is None or device.unread_at is not None or device.ejects > 1:
            return
        if untouched is not None and at - untouched <= EXACT:
            return  # a hand met the timer
        if hotlisted(terminal, contract.hotlist):
            return  # T19 says what is to become of it
        if not device.prompt:
            since, what = inserted.at, "while it was being read"
            due = inserted.at + contract.card_read
        elif device.prompt in AT_KEYS and untouched is not None:
            since, what = max(untouched, device.prompt_at), "while the customer hesitated"
            due = min(since + contract.key, inserted.at + contract.session)
        else:
            return
        if disturbed(terminal, at):
            return
        self.tried += 1
        early = due - at
        if early > EXACT:
            what = f"the card came out {what}, {early:.1f} s before any timer had run out"
            self.fail(terminal, at, what, late=late_by(early, since, at))


class ReadInTime(Check):
    """T18.read. A card that was not read within `card_read` comes out."""

    measures = True
    id = "T18.read"
    needs = ("device",)
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._judged: dict[str, float] = {}  # by terminal, the insertion of the last visit judged

    @property
    def bound(self) -> float:
        return self.contract.card_read + self.contract.slack

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._judge(terminal, at)

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._judge(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.device.card_at == "transport":
            self._judge(terminal, now, over=False)

    def _judge(self, terminal: TerminalEvidence, at: float, *, over: bool = True) -> None:
        """Judge the visit; if it is not `over`, only what is too late already."""
        device, time = terminal.device, terminal.time
        inserted = device.inserted
        if inserted is None or time.cuts != inserted.cuts or device.prompt == "unknown":
            return
        if self._judged.get(terminal.name) == inserted.at:
            return  # it was on its way out already
        until = at if device.asked_at is None else min(at, device.asked_at)
        waited = time.since(inserted, until)
        if over or waited > self.bound:
            self._judged[terminal.name] = inserted.at
            self.tried += 1
            what = "the card was read, or came out, too late"
            self.hold(terminal, until, waited, self.bound, what, since=inserted.at)


class KeyInTime(Check):
    """T18.key. Where nothing was touched for `key` seconds, the card comes out."""

    measures = True
    id = "T18.key"
    rare = True
    needs = ("device",)
    timed = True
    unit = "s"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._untouched: dict[str, float] = {}  # since when, by terminal

    @property
    def bound(self) -> float:
        return self.contract.key + self.contract.slack

    def on_CustomerHesitated(
        self, terminal: TerminalEvidence, at: float, event: e.CustomerHesitated
    ) -> None:
        if not terminal.device.ejects:  # else nothing is asked any more
            self._untouched[terminal.name] = at - event.idle

    def on_CustomerWentOn(
        self, terminal: TerminalEvidence, at: float, _event: e.CustomerWentOn
    ) -> None:
        self._judge(terminal, at)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._judge(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self._judge(terminal, now)

    def _judge(self, terminal: TerminalEvidence, at: float) -> None:
        since = self._untouched.pop(terminal.name, None)
        device, inserted = terminal.device, terminal.device.inserted
        if since is None or inserted is None or device.prompt not in AT_KEYS:
            return
        since = max(since, device.prompt_at)
        idle = terminal.time.between(since, at)
        if idle >= self.contract.key - EXACT and terminal.time.cuts == inserted.cuts:
            self.tried += 1
            what = "nothing was touched, and the card stayed inside"
            self.hold(terminal, at, idle, self.bound, what, since=since)


class SessionInTime(Check):
    """T18.session. `session` seconds after the card went in nothing more is asked of the customer,
    and a customer at the keys gets the card. Only a wait for the host may go on.
    """

    measures = True
    id = "T18.session"
    rare = True
    needs = ("device",)
    timed = True
    unit = "s"

    @property
    def bound(self) -> float:
        return self.contract.session + self.contract.slack

    def on_ScreenShown(self, terminal: TerminalEvidence, at: float, event: e.ScreenShown) -> None:
        inserted = terminal.device.inserted
        if inserted is None or at - inserted.at <= self.bound:
            return
        if event.screen == terminal.device.prompt:
            self._judge(terminal, at)

    def on_CustomerWentOn(
        self, terminal: TerminalEvidence, at: float, _event: e.CustomerWentOn
    ) -> None:
        """A key that is pressed in vain, while the card is on its way out, is nobody's service."""
        if not terminal.device.ejects:
            self._judge(terminal, at)

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        if terminal.device.prompt in AT_KEYS and terminal.device.ejects == 1:
            self._judge(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        device = terminal.device
        if device.prompt in AT_KEYS and device.card_at == "transport" and not device.ejects:
            self._judge(terminal, now)

    def _judge(self, terminal: TerminalEvidence, at: float) -> None:
        inserted, time = terminal.device.inserted, terminal.time
        if inserted is None or time.cuts != inserted.cuts:
            return
        lasted = time.since(inserted, at)
        if lasted >= self.contract.session - EXACT:
            self.tried += 1
            what = "the customer was still served"
            self.hold(terminal, at, lasted, self.bound, what, since=inserted.at)


# --- cards that are not to be served ----------------------------------------------------------


class HotlistedIsKept(Check):
    """T19. A card on the terminal's hotlist is captured, and nothing is asked of the host for it. A
    card that could not be read is not known, and comes out.
    """

    id = "T19"
    rare = True
    needs = ("device", "wire.terminal")

    def on_CaptureBegun(
        self, terminal: TerminalEvidence, at: float, _event: e.CaptureBegun
    ) -> None:
        self._judge(terminal, at, "")

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        if terminal.device.ejects == 1:
            self._judge(terminal, at, "a card on the hotlist was given back")

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        self._judge(terminal, now, "")

    def _judge(self, terminal: TerminalEvidence, at: float, wrong: str) -> None:
        device = terminal.device
        if device.inserted is None or not hotlisted(terminal, self.contract.hotlist):
            return
        if terminal.transactions.visit_requests:
            wrong = "the host was asked about a card on the hotlist"
        elif not device.prompt and (
            device.unread_at is not None
            or at >= device.inserted.at + self.contract.card_read - EXACT
            or disturbed(terminal, at)
        ):
            return  # nobody knows whose card it is
        if device.prompt == "unknown" or terminal.time.cuts != device.inserted.cuts:
            return
        self.tried += 1
        if wrong:
            self.fail(terminal, at, wrong)


class UnreadComesBack(Check):
    """T19.unread. A card that the reader could not read comes out at once, and nothing is asked of
    the customer or of the host for it.
    """

    id = "T19.unread"
    rare = True
    needs = ("device", "wire.terminal")
    timed = True
    unit = "s"

    @property
    def bound(self) -> float:
        return self.contract.slack

    def on_EjectBegun(self, terminal: TerminalEvidence, at: float, _event: e.EjectBegun) -> None:
        self._judge(terminal, at)

    def due(self, terminal: TerminalEvidence, now: float) -> None:
        if terminal.device.card_at == "transport":
            self._judge(terminal, now)

    def _judge(self, terminal: TerminalEvidence, at: float) -> None:
        device, unread = terminal.device, terminal.device.unread_at
        if unread is None or device.inserted is None or device.ejects > 1:
            return
        if device.card_at != "transport":
            return  # it was on its way out already
        if terminal.time.cuts != device.inserted.cuts:
            return
        self.tried += 1
        if device.prompt or terminal.transactions.visit_requests:
            self.fail(terminal, at, "a card that could not be read was served")
            return
        waited, what = terminal.time.between(unread, at), "a card that could not be read stayed"
        self.hold(terminal, at, waited, self.bound, what, since=unread)
