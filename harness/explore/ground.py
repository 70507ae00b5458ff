"""The grounds of a search: other settings under which the safe machines have to be safe as well.

A search with one scenario finds what breaks with that scenario's timers, customers and link. Ground
n of a seed is the scenario with other legal settings, drawn from the seed and n alone: timers of
the contract, the speed of the motors and of the customers' hands, how often customers err, the
options of the host, the STAN and the moment at which the run starts, and the link.

A setting that would make a safe pair fail by itself is never drawn: a motor is always faster than
its timer, and a run's time until nothing may be open is long enough for the timers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from harness.contract import Contract
from harness.crypto.mac import NO_MAC
from harness.keyed_random import Draw, key_of
from harness.link_options import LinkOptions
from harness.machines.customer import CustomerBehaviour
from harness.machines.motors import Motors
from harness.scenario import Scenario
from harness.wire.framing import framing_names
from harness.wire.spec import spec_names

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

OTHER = 0.3  # the probability with which a setting differs from the scenario's
_TIMERS = {
    "host_response": (25.0, 60.0),  # docs/domain.md, "Timers": 25 to 60 s
    "eject": (6.0, 20.0),
    "card_take": (10.0, 60.0),
    "capture": (6.0, 20.0),
    "dispense": (15.0, 60.0),
    "cash_take": (10.0, 60.0),
    "retract": (8.0, 30.0),
    "recovery": (30.0, 120.0),
    "session": (90.0, 300.0),
    "echo_idle": (30.0, 120.0),
    "echo_interval": (5.0, 20.0),
    "advice_response": (30.0, 120.0),
    "sign_on_response": (8.0, 30.0),
}
"""The least and the most of each timer of the contract, in seconds."""
_SLOWEST_MOTOR = 0.4  # of its timer
_MOTORS = {
    "read": "eject",
    "eject": "eject",
    "capture": "capture",
    "stack": "dispense",
    "present": "dispense",
    "retract": "retract",
}
"""By motor, the timer within which it has to finish. Stacking and presenting share one, and reading
has one of 10 s, which is in no contract.
"""
_PACES = (
    ((0.05, 0.1), (0.05, 0.1)),  # hurried
    ((1.0, 3.0), (2.0, 5.0)),
    ((5.0, 28.0), (2.0, 5.0)),  # slow at the keys
    ((1.0, 3.0), (25.0, 40.0)),  # slow at the slot, and often too late
    ((5.0, 40.0), (25.0, 40.0)),
)
"""Pairs of the customers' `key` and `take` times, in seconds."""
_SHARES: dict[str, tuple[float, ...]] = {
    "balance_share": (0.0, 0.1, 0.5),
    "wrong_pin": (0.0, 0.3, 0.7),
    "cancel": (0.0, 0.05, 0.3),
    "forget_card": (0.0, 0.05, 0.3),
    "forget_cash": (0.0, 0.05, 0.3),
}
_EPOCHS = (
    "2026-11-21T20:10:00",
    "2026-12-31T23:59:30",  # the end of a year
    "2028-02-28T23:58:50",  # before 29 February
    "2026-03-29T00:59:40",  # the clocks of Belgium go forward
    "2026-10-25T00:59:40",  # and back
)
_CUTOVERS = (0.0, 40.0, 70.0)
_STAND_INS = (0, 5000, 60000)
_FIRST_STANS = (1, 999_990, 999_999)
_DURATIONS = (300.0, 900.0)
QUIESCENCE = 1800.0  # seconds: as long as any terminal may take with the slowest of these timers
_GAPS = (0.0, 5.0, 30.0, 60.0)


def ground(scenario: Scenario, number: int, seed: int) -> Scenario:
    """The scenario on ground `number` of that seed; on ground 0 it is as it was."""
    if not number:
        return scenario
    draw = Draw(key_of(seed, "ground"), number)
    link = _link(scenario.link, draw)
    contract = link.judged_with(_contract(scenario, draw))
    return msgspec.structs.replace(
        scenario,
        contract=contract,
        motors=_motors(scenario.motors, contract, draw),
        customers=_customers(scenario.customers, draw),
        epoch=_one_of(draw, scenario.epoch, _EPOCHS),
        first_stan=_one_of(draw, scenario.first_stan, _FIRST_STANS),
        duration=_one_of(draw, scenario.duration, _DURATIONS),
        link=link,
    )


def differences(usual: Scenario, other: Scenario) -> list[str]:
    """What is otherwise on that ground, as it would stand in a scenario's file."""
    found = []
    for name in usual.__struct_fields__:
        before, after = getattr(usual, name), getattr(other, name)
        if isinstance(before, msgspec.Struct):
            found += [
                f"{name}.{field} = {_told(getattr(after, field))}"
                for field in before.__struct_fields__
                if getattr(before, field) != getattr(after, field)
            ]
        elif before != after:
            found.append(f"{name} = {_told(after)}")
    return found


def _told(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _one_of(draw: Draw, usual: T, others: Sequence[T]) -> T:
    """The usual value, or one of the others with probability OTHER. It draws two numbers in any
    case, so that one setting does not depend on another.
    """
    other = others[draw.below(len(others))]
    return other if draw.chance(OTHER) else usual


def _changed(struct: S, names: Iterable[str], other: Callable[[str], Any], draw: Draw) -> S:
    """The struct, in which each of those fields has another value with probability OTHER."""
    return msgspec.structs.replace(
        struct, **{name: _one_of(draw, getattr(struct, name), (other(name),)) for name in names}
    )


def _contract(scenario: Scenario, draw: Draw) -> Contract:
    usual = scenario.contract
    timed = _changed(usual, _TIMERS, lambda name: round(draw.uniform(*_TIMERS[name]), 2), draw)
    return msgspec.structs.replace(
        timed,
        cash_before_card=_one_of(draw, usual.cash_before_card, (True,)),
        partial_approval=_one_of(draw, usual.partial_approval, (True,)),
        stand_in=_one_of(draw, usual.stand_in, _STAND_INS),
        standby=_one_of(draw, usual.standby, (True,)),
        cutover=_one_of(draw, usual.cutover, _CUTOVERS),
        quiescence=QUIESCENCE,
    )


def _motors(usual: Motors, contract: Contract, draw: Draw) -> Motors:
    def other(name: str) -> float:
        most: float = getattr(contract, _MOTORS[name]) * _SLOWEST_MOTOR
        return round(draw.uniform(0.1, most), 2)

    return _changed(usual, _MOTORS, other, draw)


def _customers(usual: CustomerBehaviour, draw: Draw) -> CustomerBehaviour:
    key, take = _one_of(draw, (usual.key, usual.take), _PACES)
    paced = msgspec.structs.replace(
        usual, key=key, take=take, mean_gap=_one_of(draw, usual.mean_gap, _GAPS)
    )
    return _changed(paced, _SHARES, lambda name: _SHARES[name][draw.below(3)], draw)


def _link(usual: LinkOptions, draw: Draw) -> LinkOptions:
    return usual.changed(
        spec=_one_of(draw, usual.spec, tuple(spec_names())),
        framing=_one_of(draw, usual.framing, tuple(framing_names())),
        mac=_one_of(draw, usual.mac, (NO_MAC,)),
        sign_on=_one_of(draw, usual.sign_on, (False,)),
    )
