"""Network management: sign-on, sign-off, echo, and a host that stands still before it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import events as e
from harness.machines.host_cells import refusals
from harness.machines.host_inputs import HostInput, HostState, Key, Received

if TYPE_CHECKING:
    from harness.machines.host import Host

_FUNCTIONS = {
    "sign_on": HostInput.SIGN_ON,
    "sign_off": HostInput.SIGN_OFF,
    "echo": HostInput.ECHO,
}


def classify(host: Host, x: Received, now: float) -> Key:
    """The state is the connection's."""
    if x.fault.refusal:
        return x.connection.state, HostInput.SIGN_ON_REFUSED
    if refusals.does_not_read(x):
        return x.connection.state, HostInput.INCOMPLETE
    x.elements = x.message.missing()
    if x.elements:
        x.why = "incomplete"
        return x.connection.state, HostInput.INCOMPLETE
    function = _FUNCTIONS.get(x.message.function)
    if function is None:
        x.why = f"network function {x.message.text('function')} is not served here"
        x.elements = (x.message.element("function"),)
        return x.connection.state, HostInput.NOT_SUPPORTED
    x.code = host.ordered_code(x.message, host.codes["approved"], now)
    if x.code:
        sign_on = function == HostInput.SIGN_ON
        return x.connection.state, HostInput.SIGN_ON_REFUSED if sign_on else HostInput.CODE_ORDERED
    return x.connection.state, function


def sign_on(host: Host, x: Received, now: float) -> None:
    """Accept: from now on the connection's messages are looked up."""
    x.connection.state = HostState.SIGNED_ON
    if len(x.connection.signed_on) < host.settings.most_terminals:
        x.connection.signed_on.add(x.message.terminal)
    host.events.append(e.SignedOn(x.message.terminal))
    host.reply(x, "approved", now)


def refuse_sign_on(host: Host, x: Received, now: float) -> None:
    """Refuse: the connection stays as it is."""
    code = x.code or host.codes[x.fault.refusal]
    host.answer(x, host.dialect.answer(x.message, code), now)


def sign_off(host: Host, x: Received, now: float) -> None:
    """Accept: until it signs on again, the connection carries no transactions. Where other
    terminals have signed on there too, it goes on for them.
    """
    signed_on = x.connection.signed_on
    others = signed_on - {x.message.terminal}
    if others == signed_on or not others:
        x.connection.state, others = HostState.SIGNED_OFF, set()
    x.connection.signed_on = others
    host.events.append(e.SignedOff(x.message.terminal))
    host.reply(x, "approved", now)


def echo(host: Host, x: Received, now: float) -> None:
    """Answer."""
    host.reply(x, "approved", now)


def put_aside(host: Host, x: Received, _now: float) -> None:
    """Put the message aside until the host goes on; it is read then."""
    host.unread.append(x)
