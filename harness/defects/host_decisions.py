"""Hosts that decide what they must not: without a sign-on, without the right PIN, without money."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines.authorization import Authorizer
from harness.machines.host import Host
from harness.machines.host_cells import requests
from harness.machines.host_inputs import HostInput, HostState
from harness.machines.profile import HostProfile, rewired_host
from harness.wire.message import Message

_LITTLE = 30_00  # minor units on each account, where hosts are looked for that do not look at it
_EVERY = 3  # one request in so many finds its right PIN refused


class _TakesAnyPin(Authorizer):
    def _pin_right(self, request: Message) -> bool:
        del request
        return True


class _RefusesRightPins(Authorizer):
    def _pin_right(self, request: Message) -> bool:
        return super()._pin_right(request) and int(request.stan) % _EVERY > 0


class _LooksAtNoAccount(Authorizer):
    def short(self, message: Message) -> bool:
        del message
        return False


class _TakesAnyPinHost(Host):
    authorizer_type = _TakesAnyPin


class _RefusesRightPinsHost(Host):
    authorizer_type = _RefusesRightPins


class _LooksAtNoAccountHost(Host):
    authorizer_type = _LooksAtNoAccount


HOST_DECISION_DEFECTS = (
    Defect(
        profile=HostProfile(
            name="serves_before_sign_on",
            summary="serves a connection on which nobody has signed on",
            settings={"sign_on": False},
        ),
        cost="Whoever gets on to the line is served, under keys and a day that nobody agreed on.",
        must=("H15",),
        may=("H6.wire", "H3"),
    ),
    Defect(
        profile=HostProfile(
            name="takes_any_pin",
            summary="approves whatever the PIN is",
            machine=_TakesAnyPinHost,
        ),
        cost="Every lost card is money for whoever finds it.",
        must=("H16",),
    ),
    Defect(
        profile=HostProfile(
            name="refuses_right_pins",
            summary="calls one right PIN in three wrong",
            machine=_RefusesRightPinsHost,
        ),
        cost="People who know their PIN are sent away, and their cards are blocked.",
        must=("H16",),
    ),
    Defect(
        profile=HostProfile(
            name="looks_at_no_account",
            summary="approves without a look at what is on the account",
            machine=_LooksAtNoAccountHost,
            settings={"opening": _LITTLE},
        ),
        cost="Pays what nobody has, as often as somebody asks for it.",
        must=("H17",),
    ),
    Defect(
        profile=HostProfile(
            name="approves_what_was_reversed",
            summary="gives its stored approval to a duplicate that comes after the reversal",
            machine=rewired_host(
                {(HostState.REVERSED, HostInput.REQUEST_AGAIN): requests.answer_again}
            ),
        ),
        cost="A terminal that asks again is told to pay what the customer has been given back.",
        must=("H6.wire",),
        may=("H20",),
    ),
)
