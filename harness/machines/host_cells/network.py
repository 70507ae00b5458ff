"""Network management: sign-on, echo, and a host that stands still before it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines.host_inputs import HostInput, HostState, Key, Received

if TYPE_CHECKING:
    from harness.machines.host import Host


def classify(_host: Host, x: Received, _now: float) -> Key:
    """The state is the connection's."""
    if x.fault.refusal:
        return x.connection.state, HostInput.SIGN_ON_REFUSED
    if x.message.function == "sign_on":
        return x.connection.state, HostInput.SIGN_ON
    return x.connection.state, HostInput.ECHO


def sign_on(host: Host, x: Received, now: float) -> None:
    """Accept: from now on the connection's messages are looked up."""
    x.connection.state = HostState.SIGNED_ON
    host.events.append(e.SignedOn(x.message.terminal))
    host.reply(x, "approved", now)


def refuse_sign_on(host: Host, x: Received, now: float) -> None:
    """Refuse: the connection stays as it is."""
    host.reply(x, x.fault.refusal, now)


def echo(host: Host, x: Received, now: float) -> None:
    """Answer."""
    host.reply(x, "approved", now)


def put_aside(host: Host, x: Received, _now: float) -> None:
    """Put the message aside until the host goes on; it is read then."""
    host.unread.append(x)
