"""The grounds of a search: other settings under which the safe machines have to be safe as well.

A search with one scenario finds what breaks with that scenario's timers, customers and link. Ground
n of a seed is the scenario with other legal settings, drawn from the seed and n alone: timers of
the contract, the speed of the motors and of the customers' hands, how often customers err, the
options of the host, the STAN and the moment at which the run starts, the link, and how many
terminals there are. Each setting is drawn by its name, so that one more leaves the others alone.

A setting that would make a safe pair fail by itself is never drawn: a motor is always faster than
its timer, and a run's time until nothing may be open is long enough for the timers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from harness.contract import Contract
from harness.crypto.mac import NO_MAC, mac_names
from harness.keyed_random import Draw, key_of
from harness.link_options import LinkOptions
from harness.machines.behaviour import CustomerBehaviour
from harness.machines.motors import Motors
from harness.scenario import Scenario
from harness.wire.framing import framing_names
from harness.wire.spec import spec_names

T = TypeVar("T")

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
    "card_read": (5.0, 20.0),
    "key": (15.0, 60.0),
    "session": (90.0, 300.0),
    "echo_idle": (30.0, 120.0),
    "echo_interval": (5.0, 20.0),
    "advice_response": (30.0, 120.0),
    "sign_on_response": (8.0, 30.0),
}
"""The least and the most of each timer of the contract, in seconds."""
_SLOWEST_MOTOR = 0.4  # of its timer
_MOTORS = {
    "read": "card_read",
    "eject": "eject",
    "capture": "capture",
    "stack": "dispense",
    "present": "dispense",
    "retract": "retract",
}
"""By motor, the timer within which it has to finish. Stacking and presenting share one."""
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
_OPTIONS: dict[str, tuple[Any, ...]] = {
    "cash_before_card": (True,),
    "partial_approval": (True,),
    "stand_in": (5000, 60000),
    "standby": (True,),
    "replication": (0.5, 3.0),
    "cutover": (40.0, 70.0),
    "capture_burst": (1, 2),
    "capture_window": (600.0,),
    "pin_tries": (1, 2, 5),
    "backlog": (1, 2, 8),
    "expiries": (1, 2, 5),
    "expiries_pause": (60.0, 200.0),
}
"""Of the contract, what is no timer."""
_FIRST_STANS = (1, 999_990, 999_999)
_DURATIONS = (300.0, 900.0)
_TERMINALS = (2, 3)
_GAPS = (0.0, 5.0, 30.0, 60.0)
_VISITS = (1, 3)  # that end with nobody coming any more
_AMOUNTS = ((1000,), (2000, 50000), (50000,))
QUIESCENCE = 1800.0  # seconds: as long as any terminal may take with the slowest of these timers


class _Drawing:
    """Draws each setting of one ground from its name."""

    def __init__(self, seed: int, number: int) -> None:
        self._seed = seed
        self._number = number

    def one_of(self, name: str, usual: T, others: Sequence[T]) -> T:
        """The usual value, or one of the others with probability OTHER."""
        draw = self._draw(name)
        return others[draw.below(len(others))] if draw.chance(OTHER) else usual

    def between(self, name: str, usual: float, least: float, most: float) -> float:
        """The usual number of seconds, or another one with probability OTHER."""
        draw = self._draw(name)
        return round(draw.uniform(least, most), 2) if draw.chance(OTHER) else usual

    def _draw(self, name: str) -> Draw:
        return Draw(key_of(self._seed, "ground", name), self._number)


def ground(scenario: Scenario, number: int, seed: int) -> Scenario:
    """The scenario on ground `number` of that seed; on ground 0 it is as it was."""
    if not number:
        return scenario
    draw = _Drawing(seed, number)
    link = _link(scenario.link, draw)
    contract = link.judged_with(_contract(scenario.contract, draw))
    return msgspec.structs.replace(
        scenario,
        contract=contract,
        motors=_motors(scenario.motors, contract, draw),
        customers=_customers(scenario.customers, draw),
        epoch=draw.one_of("epoch", scenario.epoch, _EPOCHS),
        first_stan=draw.one_of("first_stan", scenario.first_stan, _FIRST_STANS),
        duration=draw.one_of("duration", scenario.duration, _DURATIONS),
        search_terminals=draw.one_of("terminals", scenario.search_terminals, _TERMINALS),
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


def _contract(usual: Contract, draw: _Drawing) -> Contract:
    timers = {name: draw.between(name, getattr(usual, name), *_TIMERS[name]) for name in _TIMERS}
    options = {
        name: draw.one_of(name, getattr(usual, name), others) for name, others in _OPTIONS.items()
    }
    if options["standby"]:  # such a host does not stand in for the issuer
        options["stand_in"] = 0
    return msgspec.structs.replace(usual, **timers, **options, quiescence=QUIESCENCE)


def _motors(usual: Motors, contract: Contract, draw: _Drawing) -> Motors:
    def drawn(name: str) -> float:
        most: float = getattr(contract, _MOTORS[name]) * _SLOWEST_MOTOR
        return draw.between(f"motor {name}", getattr(usual, name), 0.1, most)

    return msgspec.structs.replace(usual, **{name: drawn(name) for name in _MOTORS})


def _customers(usual: CustomerBehaviour, draw: _Drawing) -> CustomerBehaviour:
    key, take = draw.one_of("pace", (usual.key, usual.take), _PACES)
    shares = {
        name: draw.one_of(name, getattr(usual, name), others) for name, others in _SHARES.items()
    }
    mean_gap = draw.one_of("mean_gap", usual.mean_gap, _GAPS)
    queues = draw.one_of("queues", usual.queues, (True,))
    return msgspec.structs.replace(
        usual,
        key=key,
        take=take,
        mean_gap=mean_gap,
        queues=queues and mean_gap > 0,  # without gaps everybody would come in one instant
        customers=draw.one_of("customers", usual.customers, _VISITS),
        amounts=draw.one_of("amounts", usual.amounts, _AMOUNTS),
        **shares,
    )


def _link(usual: LinkOptions, draw: _Drawing) -> LinkOptions:
    return usual.changed(
        spec=draw.one_of("spec", usual.spec, tuple(spec_names())),
        framing=draw.one_of("framing", usual.framing, tuple(framing_names())),
        mac=draw.one_of("mac", usual.mac, (NO_MAC, *mac_names())),
        sign_on=draw.one_of("sign_on", usual.sign_on, (False,)),
        echo=draw.one_of("echo", usual.echo, (False,)),
    )
