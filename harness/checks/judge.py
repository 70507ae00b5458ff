"""The judge: hands each entry of a journal to the evidence of its terminal and to the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness import events as e
from harness.checks import withdrawal_outcome
from harness.checks.base import Check, Failure
from harness.checks.catalogue import CHECKS
from harness.checks.connections import Connections
from harness.checks.conversation import Conversation
from harness.checks.dispatch import Dispatch
from harness.checks.evidence import TerminalEvidence
from harness.checks.harness_errors import entry_in_words
from harness.checks.host_reach import RECONNECTS, gone_host
from harness.checks.judgement import SECRECY, Judgement
from harness.checks.network_exchanges import FaultsInForce
from harness.checks.observed import EVERYTHING, Observed
from harness.checks.run_configuration import RunConfiguration
from harness.checks.run_facts import RunFacts
from harness.checks.still_open import what_is_open
from harness.checks.struck_exchanges import StruckExchanges
from harness.checks.totals import TotalsCounter
from harness.checks.unread import UnreadCounter
from harness.checks.verdict import Verdict
from harness.contract import MOST_NAMES
from harness.errors import HarnessError
from harness.journal import Header
from harness.journal.listener_errors import origin_of
from harness.wire.dialects import load_dialect
from harness.wire.dialects.base import Dialect

CLOCK_FAULTS = ("clock_skew", "clock_step", "dst_change", "year_rollover")
"""Kinds of faults that set the clock of a terminal."""

OF_A_TERMINAL = (
    e.Posted,
    e.BalanceRead,
    e.BroughtForward,
    e.RequestDecided,
    e.StoodIn,
    e.AdviceSeen,
    e.PostingLost,
)
"""What the host reports about one terminal, which the event names."""

OF_THE_HOST = (e.DayClosed, e.HostStarted, e.HostThawed, e.FailedOver)
OF_THE_RUN = (e.LagMeasured, e.HarnessStoodStill, e.ConnectionsRefused, *OF_THE_HOST)
"""What is about the whole run, whoever records it."""
NO_ROOM = (e.ConnectionsRefused, e.DescriptorsRanOut)
"""By these the harness says that it had no room for the connections of some terminals."""
OF_EVERYBODY = (e.FaultBegan, e.FaultEnded, e.CustomersStopped, e.ConnectionsRefused, *OF_THE_HOST)
KILLED = "killed"  # the phase in which the process of a host ended, when it goes on in another
NETWORK_AT_HOST = "wire.network"
"""What a run sees that reports network management at the host's end too."""
CONVERSATION = "harness.checks.conversation"
NAMELESS = "(no name)"
"""Who sent what names no terminal (DE 41), on a connection on which none was ever named."""


def dialect_of(header: Header) -> Dialect:
    """The dialect in which the frames of that journal are written.

    Raises:
        ConfigError: this harness knows no dialect of that name.
    """
    return load_dialect(header.link.dialect_name, place="the journal's first line")


class Judge:
    """A listener of the journal."""

    MOST_TERMINALS = MOST_NAMES
    """Terminals that are judged, of some 10 kB each: a peer may think up any number of names."""

    def __init__(self, header: Header, observed: Observed = EVERYTHING) -> None:
        """`observed` says whose evidence there is, and may change while the journal is seen."""
        self._header = header
        self._observed = observed
        self._dialect = dialect_of(header)
        self._checks = [check(header.contract) for check in CHECKS if check.applies(header.sees)]
        self._watching = [check for check in self._checks if check.observable(header.sees)]
        self._totals = TotalsCounter(header.contract)
        self._terminals: dict[str, TerminalEvidence] = {}
        self._without_evidence: dict[str, None] = {}  # terminals whose evidence raised
        self._facts = RunFacts(header)
        self._configuration = RunConfiguration(header)
        self._faults = FaultsInForce()
        self._connections = Connections()
        unread = (
            UnreadCounter(header.mode, self._totals.totals)
            if header.mode in ("host", "terminals")
            else None
        )
        self._dispatch = Dispatch(
            self._watching, self._totals, self._facts.counters.values(), unread
        )
        self._conversation: Conversation | None = Conversation(header.mode, self._dialect)
        self._struck = StruckExchanges(self._terminals)
        self._now = 0.0
        self._verdict: Verdict | None = None

    def see(self, at: float, actor: str, event: e.Event) -> None:
        """One entry of the journal."""
        recipients = self._dispatch[type(event)]
        for counter in recipients.counters:
            try:
                counter.see(event)
            except Exception as error:
                self._lost(counter, error, at, actor, event)
        self._now = at
        if self._conversation is not None:
            self._follow(self._conversation, at, actor, event)
        terminal = self._terminals.get(actor)
        try:
            if terminal is None:
                terminal = self._terminal_of(at, actor, event)
                if terminal is None:
                    return
            take_in = recipients.take_in
            if take_in is not None:
                witness = recipients.witness
                if take_in(getattr(terminal, witness) if witness else terminal, at, event):
                    return
        except Exception as error:
            self._lose_terminal(terminal, error, at, actor, event)
            return
        for handler in recipients.handlers:
            try:
                handler(terminal, at, event)
            except Exception as error:
                self._lost(handler.__self__, error, at, actor, event)  # type: ignore[attr-defined]

    def _follow(self, conversation: Conversation, at: float, actor: str, event: e.Event) -> None:
        """The conversation is listened to until it is known to work: that costs no time later. It
        only says what the most probable reason is, so that a verdict can do without it.
        """
        try:
            conversation.see(at, actor, event)
        except Exception as error:
            self._facts.errors.dropped(CONVERSATION, origin_of(error), needed=False)
            self._conversation = None
            return
        if conversation.works:
            self._conversation = None

    # --- what raises -----------------------------------------------------------------------------

    def _lost(
        self, what: object, error: Exception, at: float, actor: str, event: e.Event | None = None
    ) -> None:
        """A check or a counter raised: it is asked no more, and the others go on."""
        name = f"the check {what.id}" if isinstance(what, Check) else f"{type(what).__name__}"
        during = entry_in_words(at, actor, event) if event is not None else f"the end of {actor}"
        self._facts.errors.lost(name, error, during=during)
        if isinstance(what, Check):
            what.raised = True
            self._watching = [check for check in self._watching if check is not what]
            self._dispatch = self._dispatch.without(what)
        else:
            self._dispatch = self._dispatch.without_counter(what)

    def _lose_terminal(
        self,
        terminal: TerminalEvidence | None,
        error: Exception,
        at: float,
        actor: str,
        event: e.Event,
    ) -> None:
        """The evidence of a terminal cannot be relied on any more: nothing more is judged of it."""
        name = actor if terminal is None else terminal.name
        during = entry_in_words(at, actor, event)
        self._facts.errors.lost(f"the evidence of {name}", error, during=during)
        if terminal is not None:
            self._terminals.pop(name, None)
            self._without_evidence[name] = None

    def without(self, what: str, action: Callable[[], object]) -> None:
        """Do it; where it raises, the verdict does without it and says so."""
        try:
            action()
        except (HarnessError, OSError):
            raise
        except Exception as error:
            self._facts.errors.lost(what, error)

    def _terminal_of(self, at: float, actor: str, event: e.Event) -> TerminalEvidence | None:
        """The terminal that an entry concerns, where its actor is no terminal seen before; None if
        it concerns none.
        """
        if actor == e.RUN or isinstance(event, OF_THE_RUN):
            self._see_run(at, actor, event)
            return None
        if actor in e.NOT_TERMINALS:
            if isinstance(event, e.HostCrashed) and event.phase == KILLED:
                for terminal in self._terminals.values():
                    terminal.transactions.host_was_killed()
                    terminal.wire.link.host_was_killed(at)
                self._connections.host_was_killed()
            if isinstance(event, OF_A_TERMINAL):
                actor = event.terminal
            elif isinstance(event, e.FrameSeen):
                actor = self._terminal_named_by(event)
            elif isinstance(event, e.MessageRefused | e.DisagreementHeard):
                self._totals.refused(event)
                return None
            elif isinstance(event, e.ConnectionUsed):
                self._connections.of_nobody = event.number
                return None
            else:
                return None
            if not actor:
                return None
        if actor in self._without_evidence:
            return None
        known = self._terminals.get(actor)
        if known is None and len(self._terminals) >= self.MOST_TERMINALS:
            self._facts.too_many_terminals = self.MOST_TERMINALS
            return None
        return known or self._new_terminal(actor)

    def _terminal_named_by(self, frame: e.FrameSeen) -> str:
        """The terminal of a frame on a connection on which none has been named; '' where it cannot
        be told, as of network management or of what would not decode.
        """
        message = self._dialect.read(frame.fields)
        if message.terminal or frame.problem or not message.mti:
            return message.terminal
        if message.is_network_management and frame.end == "terminal" and frame.mac != "bad":
            connections = self._connections
            connections.passes(connections.of_nobody, message, to_host=frame.to == "host")
        return "" if message.is_network_management else NAMELESS

    def _new_terminal(self, name: str) -> TerminalEvidence:
        header = self._header
        terminal = TerminalEvidence(
            name,
            header.contract,
            self._dialect,
            ledger="ledger" in header.sees,
            device="device" in header.sees,
            faults=None if NETWORK_AT_HOST in header.sees else self._faults,
            connections=self._connections,
            observed=self._observed,
            configuration=self._configuration,
            in_force=self._faults,
        )
        self._terminals[name] = terminal
        return terminal

    def _see_run(self, at: float, actor: str, event: e.Event) -> None:
        self._facts.see(at, actor, event)
        self._faults.see(at, event)
        if isinstance(event, e.FaultActed):
            self._struck.acts(at, event)
            if event.kind in CLOCK_FAULTS:
                self._clock_set_wrong(event.whom)
        elif isinstance(event, e.FaultBegan):
            self._totals.fault_began(self._terminals)
        elif isinstance(event, e.FaultEnded):
            self._totals.fault_ended()
            self._struck.ends(at, event.fault)
        elif isinstance(event, NO_ROOM):
            for terminal in self._terminals.values():
                terminal.wire.reach.no_room(at)
        if isinstance(event, OF_EVERYBODY) or (isinstance(event, e.FaultActed) and event.lasts):
            for check in self._watching:
                try:
                    check.run_event(at, event)
                except Exception as error:
                    self._lost(check, error, at, e.RUN, event)

    def _clock_set_wrong(self, name: str) -> None:
        terminal = self._terminals.get(name)
        if terminal is not None and terminal.wire.said is not None:
            terminal.wire.said.clock_set_wrong()

    def starts(self, header: Header) -> None:
        """The run begins now: a run on the real clock knows its wall clock only from here on."""
        self._configuration.starts(header)

    def secrecy(self, scanned: int, leaks: list[str], unmasked: Sequence[str] = ()) -> None:
        """What the scan for secrets found (S3): bytes read, and where leaks are; `unmasked` says
        where the harness itself has written one, in a message of somebody else's machine.
        """
        self._facts.scanned += scanned
        self._facts.leaks += leaks
        self._facts.unmasked += unmasked

    def open_business(self) -> int:
        """How many withdrawals are undecided, as the wire shows: unanswered and not reversed yet,
        or with a reversal that has had no final answer.
        """
        return sum(
            1
            for terminal in self._terminals.values()
            for transaction in terminal.transactions.open.values()
            if withdrawal_outcome.is_open(transaction)
        )

    def notes(self) -> tuple[str, ...]:
        """Which evidence of earlier processes is missing."""
        return tuple(self._facts.notes)

    # --- the verdict ---------------------------------------------------------------------------

    def verdict(
        self, *, cut: str = "", until: float | None = None, interrupted: bool = False
    ) -> Verdict:
        """Judge what was seen: once, when nothing more is to come; asked again, it says the same.
        `cut` says that and how the journal is cut off, `until` up to when one of several goes:
        nobody can say what is missing after that.
        """
        if until is not None:
            self._now = min(self._now, until)
        if self._verdict is None:
            over = not cut and not interrupted and self._facts.came_to_its_end
            terminals = self._close(over=over)
            totals = self._totals.totals
            self.without("the totals", lambda: self._finish_totals(terminals))
            self._verdict = self._judgement().verdict(
                totals, cut=cut, interrupted=interrupted, trouble=self._trouble()
            )
        return self._verdict

    def _finish_totals(self, terminals: dict[str, TerminalEvidence]) -> None:
        self._totals.finish(terminals, self._now)

    def _trouble(self) -> str:
        """The most probable reason why nothing could be proved; '' where none is known."""
        try:
            trouble = self._conversation.trouble() if self._conversation is not None else None
        except Exception as error:
            self._facts.errors.dropped(CONVERSATION, origin_of(error), needed=False)
            return ""
        return trouble.words if trouble else ""

    def failures(self) -> tuple[Failure, ...]:
        """Those of `verdict`, for whoever runs thousands of judges and wants nothing else of them:
        once, when nothing more is to come.

        Raises what a check has raised, as a search does not read the reasons of a verdict.
        """
        self._close(over=self._facts.came_to_its_end)
        if self._facts.errors.first is not None:
            raise self._facts.errors.first
        return self._judgement().failures()

    def tried(self) -> list[str]:
        """The invariants that had something to judge, S3 among them where it was scanned for."""
        tried = [check.id for check in self._watching if check.tried]
        return [*tried, SECRECY] if self._facts.scanned else tried

    def _close(self, *, over: bool) -> dict[str, TerminalEvidence]:
        """Tell the checks that nothing more comes; the terminals there were."""
        terminals = {
            name: terminal
            for name, terminal in self._terminals.items()
            if name not in e.NOT_TERMINALS
        }
        for terminal in terminals.values():
            terminal.ended_open = self._facts.ended == "open"
        for check in self._watching:
            try:
                for terminal in terminals.values():
                    check.due(terminal, self._now)
                    if over:
                        check.rest(terminal, self._now)
            except Exception as error:
                self._lost(check, error, self._now, terminal.name)
        return terminals

    def _still_open(self) -> list[str]:
        return [
            what
            for name, terminal in self._terminals.items()
            if name not in e.NOT_TERMINALS and self._facts.ended == "open"
            for what in what_is_open(terminal)
        ]

    def _judgement(self) -> Judgement:
        still_open: list[str] = []
        self.without("what is open", lambda: still_open.extend(self._still_open()))
        terminals = tuple(self._terminals)
        deaf = self._header.mode == "terminals" and not self._totals.totals.understood
        return Judgement(
            *(self._header, self._checks, self._facts, self._now, terminals, still_open),
            deaf=deaf,
            gone=self._gone() if self._header.mode == "terminals" else "",
        )

    def _gone(self) -> str:
        """That a host was out of reach as the run ended, by no fault of ours; '' if it was not."""
        terminals = [x for name, x in self._terminals.items() if name not in e.NOT_TERMINALS]
        now = min(self._now, self._observed.until)
        if not self._facts.came_to_its_end or not self._faults.none_since(now - RECONNECTS):
            return ""
        return gone_host(terminals, self._header.contract, now)
