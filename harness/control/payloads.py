"""The payloads of the control plane: JSON objects, one type for each kind of topic.

Every message has an `id` that no other message has, the `boot_id` of the process that sent it, a
sequence number `seq` that grows by one with each message of that process, and `at`, the sender's
own clock: ISO 8601 in UTC, with milliseconds. A receiver ignores members that it does not know, so
that a later version may add some.

A card is named by its token, and never by its PAN (S3). Amounts are in minor units, durations in
seconds.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from harness.control.topics import Verb
from harness.errors import PayloadError
from harness.shown import shown

MOST_BYTES = 16_384
"""A longer payload is not read: no message of this protocol comes near that size."""

Status = Literal["accepted", "in_progress", "succeeded", "failed", "rejected", "expired"]
FINAL: tuple[Status, ...] = ("succeeded", "failed", "rejected", "expired")
Host = Literal["up", "doubtful", "down"]
CardAt = Literal["none", "inside", "slot", "stuck"]
CashAt = Literal["none", "stacker", "slot", "stuck"]
Kind = Literal[
    "broker_lost",
    "capture_storm",
    "card_held",
    "hardware",
    "host_silent",
    "host_slow",
    "issuer_unavailable",
    "reversal_backlog",
    "supplies",
    "terminals_lost",
]
Cause = Literal["atm", "host", "network", "broker", "issuer", "gateway"]
Severity = Literal["warning", "critical"]
Scope = Literal["bank", "region", "issuer", "gateway", "terminal"]


_ENCODER = msgspec.json.Encoder()
AnyPayload = TypeVar("AnyPayload", bound=msgspec.Struct)


class Payload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every message has."""

    id: str
    boot_id: str
    seq: int
    at: str


class TerminalState(Payload, frozen=True, kw_only=True, gc=False):
    """What a terminal is now: its birth, its last will, and each change between the two. Retained.

    - `status`: 'offline' is said by the last will (then `planned` is false), or by a terminal that
      is about to stop as was planned.
    - `service` and `reasons`: whether it serves customers, and why not: link, backlog, hardware,
      operator, expiries.
    - `card_at`, `card_since`, `cash_at`: where a card and notes are inside the machine, and since
      when the card has been in the machine ('' for none).
    - `host`, `host_since`: the terminal's judgement of its host, and since when.
    - `waiting_since`: since when a request has had no answer, '' for none.
    - `pending`, `parked`, `suspense`: reversals without an answer, reversals that the host refuses,
      and transactions of which nobody can say how much cash left.
    - `message`: what `show_message` has put on the screen.
    - `gateway`, `gateway_boot`: the gateway that carries the terminal, and the number of that
      gateway's process; '' for a terminal that has a connection of its own. `GatewayState` says
      what follows.

    A last will is written when the connection is made, with the sequence number 0: what it says of
    service, card and host is what was so then.
    """

    terminal: str
    region: str
    status: Literal["online", "offline"]
    planned: bool = False
    service: Literal["in_service", "out_of_service"] = "out_of_service"
    reasons: tuple[str, ...] = ()
    screen: str = ""
    message: str = ""
    card_at: CardAt = "none"
    card_since: str = ""
    cash_at: CashAt = "none"
    host: Host = "down"
    host_since: str = ""
    waiting_since: str = ""
    pending: int = 0
    parked: int = 0
    suspense: int = 0
    gateway: str = ""
    gateway_boot: str = ""


class CashTelemetry(Payload, frozen=True, kw_only=True, gc=False):
    """The notes in the cassettes by denomination (minor units, as text), and those that went to
    the reject bin or were retracted since the last count by a person.
    """

    currency: str
    cassettes: dict[str, int]
    rejected: int = 0
    retracted: int = 0


class DevicesTelemetry(Payload, frozen=True, kw_only=True, gc=False):
    """The state of the devices, and how many cards lie in the retain bin since a person emptied it,
    of which `captured_by_code` were kept because the host ordered it.
    """

    reader: Literal["ok", "failed"]
    dispenser: Literal["ok", "failed"]
    safe: Literal["closed", "open"]
    captured: int = 0
    captured_by_code: int = 0


class IssuerCounts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Answers about cards of one issuer, how many of them said that it cannot be reached, and how
    many cards were kept because an answer ordered it.
    """

    answered: int = 0
    unavailable: int = 0
    captured: int = 0


class LinkTelemetry(Payload, frozen=True, kw_only=True, gc=False):
    """What went over the link to the host in the last `period` seconds.

    - `requests`: requests that left; `answered`: that had their answer in time; `expired`: that had
      none when the host timer ended. `longest` and `total`: response times of those answered.
    - `waiting`: for how many seconds the request that has no answer yet has waited, 0 for none.
    - `connects`, `refused`, `lost`: connections that were made, that could not be made, and that
      ended.
    - `issuers`: by issuer, as the terminal's routing table names it.
    """

    period: float
    host: Host
    connected: bool
    requests: int = 0
    answered: int = 0
    expired: int = 0
    waiting: float = 0.0
    total: float = 0.0
    longest: float = 0.0
    connects: int = 0
    refused: int = 0
    lost: int = 0
    issuers: dict[str, IssuerCounts] = {}


class TerminalEvent(Payload, frozen=True, kw_only=True, gc=False):
    """Something happened at the terminal. docs/mqtt.md lists the kinds and what `data` holds."""

    kind: str
    data: dict[str, str | int | float | bool | dict[str, int]] = {}


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An operator's command. It counts until `expires_at`, by the terminal's own clock. `target` is
    the terminal, or 'all', and has to agree with the topic. `auth` proves who the operator is
    (`harness.control.operators`).
    """

    id: str
    verb: Verb
    target: str
    operator: str
    issued_at: str
    expires_at: str
    text: str = ""
    auth: str = ""


class Response(Payload, frozen=True, kw_only=True, gc=False):
    """What became of a command so far: `command` is the command's id. `detail` says in words why a
    command was refused, or what a terminal still does before it has obeyed. `state` comes with
    'succeeded' of `get_state`.
    """

    terminal: str
    command: str
    verb: str
    status: Status
    detail: str = ""
    state: TerminalState | None = None


class GatewayState(Payload, frozen=True, kw_only=True, gc=False):
    """Birth and last will of a gateway, which carries many terminals over one connection. Retained.

    It names none of them, as thousands of names would not fit: each terminal's state names its
    gateway, and the number (`boot_id`) of the gateway's process. A terminal is lost with its
    gateway while that is 'offline' and not `planned`; and it is not there yet where the gateway is
    'online' as another process than the one that the terminal names. A last will of another
    process than the latest one says nothing. `terminals` is how many it carries.
    """

    gateway: str
    status: Literal["online", "offline"]
    planned: bool = False
    terminals: int = 0


class MonitorState(Payload, frozen=True, kw_only=True, gc=False):
    """Birth and last will of the monitor. Retained."""

    status: Literal["online", "offline"]
    planned: bool = False


class Incident(Payload, frozen=True, kw_only=True, gc=False):
    """What the monitor has found to be wrong. Retained while it is open.

    - `number` names it. It stays the same from the opening to the end, and when another monitor
      takes over.
    - `kind` is what was found, `cause` what is broken. `scope` and `where` say how far it
      goes: the bank, a region, the cards of an issuer, the terminals of a gateway, or one
      terminal, by name.
    - `count` terminals are affected now; `terminals` names the first of them.
    - `resolved_at` is '' while it is open. `summary` says it in words.
    """

    number: str
    kind: Kind
    cause: Cause
    severity: Severity
    scope: Scope
    where: str
    status: Literal["open", "resolved"]
    opened_at: str
    changed_at: str
    resolved_at: str = ""
    count: int = 0
    terminals: tuple[str, ...] = ()
    summary: str = ""


def encode(payload: msgspec.Struct) -> bytes:
    """A payload as JSON."""
    return _ENCODER.encode(payload)


def decode(data: bytes, kind: type[AnyPayload]) -> AnyPayload:
    """A payload of that kind.

    Raises:
        PayloadError: it is longer than MOST_BYTES, is no JSON, or does not have the members of its
            kind.
    """
    if len(data) > MOST_BYTES:
        raise PayloadError(f"{kind.__name__}: {len(data)} bytes are more than {MOST_BYTES}")
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise PayloadError(f"{kind.__name__}: {shown(str(trouble))}") from trouble
