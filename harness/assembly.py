"""Putting a run's machines together from its plan, the same way for `sim` and `live`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from copy import copy
from functools import partial
from pathlib import Path

import msgspec

from harness.cardholders import CUSTOMERS, Card, Population
from harness.cards import CardFile
from harness.crypto.keys import Keys, load_keys, token
from harness.crypto.mac import mac_algorithm
from harness.crypto.pin import PinCrypto
from harness.errors import ConfigError
from harness.faults.fault_set import FaultSet
from harness.faults.grammar import parse_fault
from harness.faults.of_one_terminal import FaultsOfAtm, FaultsOfClock
from harness.faults.rule import FaultSpec
from harness.faults.whose import check_terminal
from harness.journal import Header
from harness.keyed_random import key_of
from harness.machines.atm import Atm
from harness.machines.authorization import CodeRule
from harness.machines.customer import Customers
from harness.machines.host import Host, HostSettings
from harness.machines.host_pair import HostInterface, HostPair
from harness.machines.link import Link
from harness.machines.link_supervisor import LinkTimes
from harness.machines.profile import SAFE_HOST, SAFE_TERMINAL
from harness.machines.terminal import Terminal, TerminalContext, TerminalSettings
from harness.plan import RunPlan
from harness.profiles import host_profile, terminal_profile
from harness.stations import station_of, terminal_id
from harness.tap import TapDecoder
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.calendar import Calendar, WrongCalendar
from harness.wire.codec import Codec
from harness.wire.dialects import DEFAULT, load_dialect
from harness.wire.fitting import Fitting
from harness.wire.format_detector import FormatDetector
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import Framing, framing
from harness.wire.message import Station
from harness.wire.spec import is_shipped, load_spec
from harness.wire.spec_trial import check_cards, check_codes, fitted

SEES = (
    *("device", "wire.terminal", "wire.host", "wire.link", "wire.mac"),
    *("ledger", "store", "terminal"),
)
SEES_BY_MODE = {
    "host": ("wire.terminal", "wire.host", "wire.mac", "ledger"),
    "terminals": (
        *("device", "wire.terminal", "wire.host", "wire.network", "wire.link", "wire.mac"),
        *("store", "terminal"),
    ),
    "sim": (*SEES, "wire.sign_on"),  # live, a message of an older connection may come late
}
_UNTIL_SET = "1970-01-01T00:00:00"  # whoever drives a run on the real clock sets its calendar


class Assembly:
    """Builds terminals, host and taps for one plan. Faults are shared by all it builds.

    Raises:
        ConfigError: a profile, specification, framing or fault that does not exist.
    """

    def __init__(self, plan: RunPlan) -> None:
        scenario, link = plan.scenario, plan.link
        self.plan = plan
        self.contract = plan.contract
        self.keys: Keys = load_keys(link.keys)
        self.framing: Framing = framing(link.framing)
        self.dialect = load_dialect(link.dialect_name, load_spec(link.spec))
        self.fitting = self._fitting()
        self.codec = self._new_codec()
        self.frame_builder = FrameBuilder(self.codec, self.framing)
        self.calendar = Calendar(scenario.epoch or _UNTIL_SET)
        self.pin = PinCrypto(self.keys.pin)
        self.population = self._cards()
        self._check_cards()
        self.terminal_profile = (
            SAFE_TERMINAL if plan.mode == "host" else terminal_profile(plan.terminal_profile)
        )
        self.host_profile = (
            SAFE_HOST if plan.mode == "terminals" else host_profile(plan.host_profile)
        )
        self.faults = self._faults()
        alone = plan.mode in ("host", "terminals")
        guess = FormatDetector(link.framing, link.spec) if alone else None
        # the tap opens frames with a codec and keys of its own
        opener = None if plan.mode == "host" else PinCrypto(self.keys.pin)
        apart = self._new_codec(), self.dialect, self.framing, self.keys.token, guess
        self.tap = TapDecoder(*apart, pin=opener, pin_of=self._pin_of())
        self._settings = self.terminal_profile.settings_over(self._usual_terminal())
        self._motors = scenario.motors

    def _new_codec(self) -> AuthenticatedCodec:
        """A codec of the link with its MAC, a new one at each call."""
        link = self.plan.link
        codec = Codec(load_spec(link.spec))
        return AuthenticatedCodec(codec, mac_algorithm(link.mac, self.keys.mac), self.fitting)

    def _fitting(self) -> Fitting:
        """How the messages of what is ours fit the specification."""
        plan, link = self.plan, self.plan.link
        if is_shipped(link.spec) and link.dialect_name == DEFAULT:
            return Fitting()  # made for each other, as a test holds
        ours = plan.mode != "terminals"  # the host is
        made = fitted(
            load_spec(link.spec),
            self.dialect,
            place=link.spec,
            host=ours,
            terminals=plan.mode != "host",
            sign_on=link.sign_on,
            echo=link.echo,
        )
        day = self.dialect.message.ELEMENTS.get("day", "")
        if plan.contract.cutover and ours and day in made.left_out:
            raise ConfigError(
                "an answer cannot name its business day, and the run has a cutover",
                place=f"{link.spec}: field {day}",
                remedy="give the specification this field, or choose a scenario without a cutover",
            )
        return made

    def with_faults(self, faults: tuple[str, ...]) -> Assembly:
        """The same run with these faults instead; it shares everything that no run changes."""
        other = copy(self)
        other.plan = msgspec.structs.replace(self.plan, faults=faults)
        other.faults = other._faults()
        return other

    def _faults(self) -> FaultSet:
        return FaultSet(
            [self.fault(text) for text in self.plan.faults],
            seed=self.plan.seed,
            host_response=self.contract.host_response,
            framing=self.plan.link.framing,
            sign_on=self.plan.link.sign_on,
        )

    def fault(self, text: str) -> FaultSpec:
        """A fault of this run from its text.

        Raises:
            ConfigError: it is none, or it names a terminal that the run does not have.
        """
        spec = parse_fault(text)
        if "terminal" in spec.parameters:
            known = range(0 if self.plan.mode == "host" else self.plan.terminals)
            fleet = [terminal_id(index) for index in known]
            check_terminal(spec, fleet, width=self._terminal_width())
        return spec

    def _terminal_width(self) -> int:
        """How many characters a terminal's id has on the wire (DE 41)."""
        element = self.dialect.read({}).element("terminal")
        return int(self.codec.codec.spec[element]["max_len"])

    def header(self) -> Header:
        """The journal's first line; of cards that nobody knows there is no secret to look for."""
        plan = self.plan
        cards = self.population.describe() if plan.mode != "host" or plan.cards else {}
        sees = SEES_BY_MODE.get(plan.mode, SEES)
        if plan.mode == "sim" and plan.control_plane:
            sees = (*sees, "control")
        return plan.header(sees, cards)

    def _cards(self) -> Population:
        plan = self.plan
        if not plan.cards:
            return Population(plan.seed, token_key=self.keys.token)
        return CardFile(
            Path(plan.cards), plan.seed, token_key=self.keys.token, terminals=plan.terminals
        )

    def _check_cards(self) -> None:
        """Every card of a file must fit the messages of the terminals that use it."""
        population, link = self.population, self.plan.link
        if isinstance(population, CardFile) and self.plan.mode != "host":
            listed = (line.card for line in population.listed.values())
            cards = ((card.pan, card.expiry, card.track2) for card in listed)
            spec = load_spec(link.spec)
            check_cards(spec, self.dialect, self.fitting, cards, place=f"--cards {population.path}")

    def _usual_terminal(self) -> TerminalSettings:
        """A safe terminal keeps the contract's times."""
        contract = self.contract
        return TerminalSettings(
            timers={
                "host_response": contract.host_response,
                "eject": contract.eject,
                "card_take": contract.card_take,
                "capture": contract.capture,
                "dispense": contract.dispense,
                "cash_take": contract.cash_take,
                "retract": contract.retract,
                "recovery": contract.recovery,
                "session": contract.session,
                "card_read": contract.card_read,
                "key": contract.key,
            },
            link_times=LinkTimes(
                sign_on=contract.sign_on_response,
                echo_idle=contract.echo_idle,
                echo_interval=contract.echo_interval,
            ),
            advice_response=contract.advice_response,
            cash_before_card=contract.cash_before_card,
            partial_approval=contract.partial_approval,
            pin_tries=contract.pin_tries,
            hotlist=contract.hotlist,
            capture_burst=contract.capture_burst,
            capture_window=contract.capture_window,
            backlog=contract.backlog,
            expiries=contract.expiries,
            expiries_pause=contract.expiries_pause,
            mac=contract.mac,
            sign_on=contract.sign_on,
            echo=contract.echo,
            first_stan=self.plan.scenario.first_stan,
        )

    def new_link(self) -> Link:
        return Link(self.codec, self.framing, self.dialect)

    # --- the machines ----------------------------------------------------------------------

    def atm(self, index: int) -> Atm:
        """The ATM of an index, not booted yet."""
        name = terminal_id(index)
        faults = self.faults
        of_atm = FaultsOfAtm(faults, name)
        device = self.terminal_profile.device(self._motors, of_atm.device_fault)
        customers = Customers(
            self.plan.scenario.customers,
            device,
            lambda customer: self._card(index, customer),
            key_of(self.plan.seed, "street", name),
            of_atm,
        )
        return Atm(name, self._builder(index, customers.hotlist), device, customers, of_atm)

    def _card(self, index: int, customer: int) -> Card:
        return self.population.card(index, customer % CUSTOMERS)  # after weeks, cards come again

    def _builder(
        self, index: int, hotlist: AbstractSet[str] = frozenset()
    ) -> Callable[[], Terminal]:
        """Builds the terminal of an index; `hotlist` are the tokens that the bank adds to its
        hotlist while it runs.
        """
        name = terminal_id(index)
        context = TerminalContext(
            self._station(index),
            self.dialect,
            self.clock_of(name),
            self.new_link(),
            self.pin,
            self.plan.seed,
            hotlist,
        )
        machine, settings = self.terminal_profile.machine, self._settings
        return lambda: machine(settings, context)

    def clock_of(self, terminal: str) -> Calendar:
        """The clock of a terminal, which may be wrong."""
        return WrongCalendar(self.calendar, FaultsOfClock(self.faults, terminal))

    def _station(self, index: int) -> Station:
        """Without an acquirer where no message has room for one: a reversal names none either."""
        station = station_of(self.population.seed, index)
        if self.dialect.message.ELEMENTS["acquirer"] in self.fitting.left_out:
            return msgspec.structs.replace(station, acquirer="")
        return station

    def host(self) -> HostInterface:
        """The host, or a pair where the contract has a standby.

        Raises:
            ConfigError: it has a stand-in as well, whose advices are not replicated.
        """
        if not self.contract.standby:
            return self._host()
        if self.contract.stand_in:
            raise ConfigError(
                "a host with a standby does not stand in for its issuer",
                place="contract",
                remedy="leave standby or stand_in out",
            )
        return HostPair(self._host, self.faults)

    def _host(self) -> Host:
        profile, population = self.host_profile, self.population
        usual = HostSettings(
            mac=self.contract.mac,
            sign_on=self.contract.sign_on,
            rules=self._card_codes(),
            stand_in=self.contract.stand_in,
            cutover=self.contract.cutover,
            replication=self.contract.replication,
        )
        if self.plan.mode == "host":  # a test of somebody's terminal wants no refusals at random
            usual = msgspec.structs.replace(usual, short_of_funds=0.0)
        settings = profile.settings_over(usual)
        codes = [self.dialect.codes.get(rule.code, rule.code) for rule in settings.rules]
        if codes:
            spec, place = load_spec(self.plan.link.spec), f"the rules of {profile.name}"
            check_codes(spec, self.dialect, self.fitting, codes, place=place)
        return profile.machine(
            settings,
            dialect=self.dialect,
            calendar=self.calendar,
            new_link=self.new_link,
            pin=self.pin,
            pin_of=self._pin_of(),
            seed=self.plan.seed,
            faults=self.faults,
            card_token=partial(token, self.keys.token),
            known=population.listed.__contains__ if isinstance(population, CardFile) else None,
        )

    def _pin_of(self) -> Callable[[str], str | None]:
        """What tells the PIN of a card. With somebody else's terminals and without a file of cards
        no PIN is known.
        """
        population = self.population
        if isinstance(population, CardFile):
            return lambda pan: population.pin_of(pan) or None
        return (lambda _pan: None) if self.plan.mode == "host" else population.pin_of

    def _card_codes(self) -> tuple[CodeRule, ...]:
        """What a file of cards says that our host answers."""
        if not isinstance(self.population, CardFile):
            return ()
        listed = self.population.listed.items()
        return tuple(CodeRule(pan=pan, code=line.code) for pan, line in listed if line.code)
