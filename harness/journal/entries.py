"""The lines of a journal, and the order in which they are handed to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

import msgspec

from harness import events as e
from harness.contract import Contract
from harness.events import AdviceSeen, AnyEvent, Event, FrameSeen, ListenerDropped
from harness.journal.listener_errors import listener_dropped
from harness.link_options import LinkOptions
from harness.shown import escaped_json
from harness.wire.describe import mask_fields

FORMAT = 3


Listener = Callable[[float, str, Event], None]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`at` seconds since the run's start, `seq` the order among equals, `actor` a terminal's
    id (DE 41), 'HOST' or 'RUN'.
    """

    at: float
    seq: int
    actor: str
    event: Union[AnyEvent]  # type: ignore[valid-type]  # noqa: UP007


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know to judge the run without having been there.

    `promises` are the invariants the scenario stands for, `expects` the events that
    must have occurred with the least number of times, `forbids` those with a greatest, both for
    a run of this size, `sees` what this run can observe
    (device; wire.terminal and wire.host, the ends of the link; wire.mac, ledger, store,
    terminal). `population` regenerates the cards of the run, so that a scan for secrets can be
    repeated. `epoch` is the wall clock at run second 0, ISO 8601 in UTC, where the scenario
    names one. `origin` is the Unix time of run second 0 of a standalone host or of standalone
    terminals, so that the journals of both can be judged together.
    """

    format: int = FORMAT
    version: str
    scenario: str
    seed: int
    mode: str  # sim, live, host, terminals
    speed: float = 1.0
    terminals: int
    duration: float
    link: LinkOptions
    terminal_profile: str
    host_profile: str
    faults: tuple[str, ...] = ()
    contract: Contract
    promises: tuple[str, ...] = ()
    expects: dict[str, int] = {}
    forbids: dict[str, int] = {}
    sees: tuple[str, ...] = ()
    population: dict[str, Any] = {}
    epoch: str = ""
    origin: float = 0.0
    command: str = ""


class Journal:
    """Orders what the actors report and hands it to its listeners, which never feed back.

    A listener of the harness that raises is left out from there on, which is recorded, and the run
    goes on to its verdict. What is raised on purpose (a full disk, a closed pipe) ends the run, and
    so does what a user's own listener raises.

    `record` is the hot path of a simulation: one sequence number and a call per listener.
    """

    __slots__ = ("_listeners", "_needed", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self._listeners: list[Listener] = []
        self._needed: list[Listener] = []

    def subscribe(self, listener: Listener, *, needed: bool = False) -> None:
        """`needed`: a verdict without it would prove less than it says."""
        self._listeners.append(listener)
        if needed:
            self._needed.append(listener)

    def record(self, at: float, actor: str, event: Event) -> None:
        self.seq += 1
        raised: list[ListenerDropped] = []
        for listener in self._listeners:
            try:
                listener(at, actor, event)
            except Exception as error:
                raised.append(self._dropped(listener, error))
        for dropped in raised:
            self.record(at, e.RUN, dropped)

    def _dropped(self, listener: Listener, error: Exception) -> ListenerDropped:
        told = listener_dropped(listener, error, needed=listener in self._needed)
        self._listeners = [other for other in self._listeners if other != listener]
        return told


_encoder = msgspec.json.Encoder()


def encode_entry(at: float, seq: int, actor: str, event: Event) -> bytes:
    """One line without its newline. Of what came over the wire the secrets are masked; what our own
    machines say stands as they said it, for the scan for secrets (S3) to judge.
    """
    if type(event) is FrameSeen or type(event) is AdviceSeen:
        event = msgspec.structs.replace(event, fields=mask_fields(event.fields))
    return escaped_json(_encoder.encode(Entry(at, seq, actor, event)))


def encode_header(header: Header) -> bytes:
    """The first line without its newline."""
    return escaped_json(_encoder.encode(header))
