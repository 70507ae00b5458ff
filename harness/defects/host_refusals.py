"""Hosts that serve what they have to refuse: what nobody sent, or sent before."""

from __future__ import annotations

from harness.defects.defect import Defect
from harness.machines.host import Host
from harness.machines.host_cells import network, refusals, requests, reversals
from harness.machines.host_inputs import HostInput, HostState, Received, state_of
from harness.machines.host_table import SAFE_HOST_TABLE, HostCell, HostTable
from harness.machines.profile import HostProfile, rewired_host
from harness.wire.message import REQUESTS, REVERSALS

_S, _I = HostState, HostInput


def _wherever(what: str, cell: HostCell) -> HostTable:
    """That cell in each state in which there is one for `what`."""
    return {key: cell for key in SAFE_HOST_TABLE if key[1] == what}


def _take_incomplete(host: Host, x: Received, now: float) -> None:
    """What a request leaves out is not looked at."""
    serve = requests.take if x.message.kind in REQUESTS else refusals.format_error
    serve(host, x, now)


def _thank_for_reversal(host: Host, x: Received, now: float) -> None:
    """A reversal that names nothing is accepted, and nothing is given back."""
    if x.message.kind in REVERSALS:
        reversals.conclude(host, x, "approved", now)
    else:
        refusals.format_error(host, x, now)


def _answer_as_the_first(host: Host, x: Received, now: float) -> None:
    """What has a STAN that is known gets the answer that was given to it."""
    if x.own is None or x.message.kind not in REQUESTS:
        refusals.refuse_reused(host, x, now)
    else:
        host.answer(x, host.stored_answer(x.message, x.own), now)


def _reverse_anyway(host: Host, x: Received, now: float) -> None:
    """The reversal is not held against its original."""
    host.step((state_of(x.record), _I.REVERSAL), x, now)


def _reverse_once_more(host: Host, x: Received, now: float) -> None:
    """Whether the original was reversed before is not looked up."""
    assert x.record is not None, "what was reversed has a record"
    (reversals.give_back if x.record.amount else reversals.nothing_to_give_back)(host, x, now)


def _say_yes(host: Host, x: Received, now: float) -> None:
    """Says that it has done what it does not know."""
    host.reply(x, "approved", now)


_DISAGREEING = {
    (state, _I.REVERSAL_DISAGREES): _reverse_anyway
    for state in (_S.PENDING, _S.APPROVED, _S.STOOD_IN, _S.DECLINED, _S.NOT_POSTED)
}


def _refusing_not(name: str, summary: str, cells: HostTable) -> HostProfile:
    return HostProfile(name=name, summary=summary, machine=rewired_host(cells))


HOST_REFUSAL_DEFECTS = (
    Defect(
        profile=_refusing_not(
            "serves_incomplete",
            "serves a request that lacks what it must have (DE 3)",
            {(_S.SIGNED_ON, _I.INCOMPLETE): _take_incomplete},
        ),
        cost="Nobody knows what was asked for, and it was approved.",
        must=("H22",),
        may=("H3",),
    ),
    Defect(
        profile=_refusing_not(
            "serves_any_currency",
            "serves a request in whatever currency (DE 49)",
            {(_S.SIGNED_ON, _I.WRONG_CURRENCY): requests.take},
        ),
        cost="A hundred yen are debited as a hundred euros.",
        must=("H22",),
        may=("H3",),
    ),
    Defect(
        profile=_refusing_not(
            "serves_used_stan",
            "gives the stored answer to another request under the same STAN (DE 11)",
            {(_S.SIGNED_ON, _I.STAN_REUSED): _answer_as_the_first},
        ),
        cost="Approves any amount, and has booked the amount of the one before.",
        must=("H22",),
        may=("H18", "H20", "H6.wire"),
    ),
    Defect(
        profile=_refusing_not(
            "reverses_what_disagrees",
            "takes a reversal that names another amount than its original (DE 4)",
            _DISAGREEING,
        ),
        cost="Whoever knows a STAN can have the money of a stranger given back, or his own.",
        must=("H22",),
        may=("H2", "H3"),
    ),
    Defect(
        profile=_refusing_not(
            "reverses_once_more",
            "gives back once more for a second reversal under another STAN (DE 11)",
            {(_S.REVERSED, _I.REVERSAL): _reverse_once_more},
        ),
        cost="A terminal that has lost count of its STANs gives the same money back twice.",
        must=("H1", "H2", "H22"),
        may=("H3",),
    ),
    Defect(
        profile=_refusing_not(
            "accepts_reversal_of_nothing",
            "accepts a reversal that names no original (DE 90)",
            {(_S.SIGNED_ON, _I.INCOMPLETE): _thank_for_reversal},
        ),
        cost="The terminal takes it for reversed, and nobody knows what.",
        must=("H22",),
    ),
    Defect(
        profile=_refusing_not(
            "says_yes_to_all",
            "answers a key change, and whatever else it does not know, with success",
            _wherever(_I.NOT_SUPPORTED, _say_yes),
        ),
        cost="The other end goes on with keys that nobody here has.",
        must=("H22",),
        may=("H15",),
    ),
    Defect(
        profile=_refusing_not(
            "serves_after_sign_off",
            "answers a sign-off, and goes on as before",
            _wherever(_I.SIGN_OFF, network.echo),
        ),
        cost="A terminal that was taken out of use can be spoken for by anybody.",
        must=("H15",),
        may=("H3",),
    ),
)
