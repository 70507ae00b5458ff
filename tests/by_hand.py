"""One real ATM driven by hand: the test is the network, the disk, the customer and the clock."""

from __future__ import annotations

from raw_fields import Fields, RawDialect

from harness import events as e
from harness.assembly import Assembly
from harness.cardholders import Card
from harness.machines import inputs as i
from harness.machines.atm import Atm
from harness.machines.device import Device
from harness.machines.device_fault import DeviceFault
from harness.machines.effects import Connect, Disconnect, LosePower, Transmit, Write
from harness.machines.motors import Motors
from harness.machines.store import StoreImage
from harness.machines.terminal import Terminal
from harness.plan import plan_of
from harness.scenario import load_scenario

RAW = RawDialect()


class Bench:
    """`now` is run seconds. Records are durable at once unless `holds` is set."""

    def __init__(self, **settings: object) -> None:
        self.assembly = Assembly(plan_of(load_scenario("ordinary_evening"), terminals=1))
        self.now = 0.0
        self.holds = False
        self.image = StoreImage()
        self.sent: list[Fields] = []
        self.seen: list[e.Event] = []
        self.unsynced: list[Write] = []
        self.device_faults: dict[str, DeviceFault] = {}
        self.device = Device(Motors(), lambda _, command: self.device_faults.get(command))
        builder = self.assembly._builder(0)
        self._settings = settings
        self.atm = Atm("ATM00001", lambda: self._with_settings(builder()), self.device, None)
        self.connected = False

    def _with_settings(self, terminal: Terminal) -> Terminal:
        for name, value in self._settings.items():
            terminal.settings = type(terminal.settings)(
                **{
                    field: getattr(terminal.settings, field)
                    for field in terminal.settings.__struct_fields__
                }
                | {name: value}
            )
        return terminal

    # --- the world ---------------------------------------------------------------------------

    def _drain(self) -> None:
        self.seen += self.atm.journal
        self.atm.journal = []
        while self.atm.out:
            effects, self.atm.out = self.atm.out, []
            for effect in effects:
                if isinstance(effect, Transmit):
                    fields, mac = self.assembly.codec.decode(effect.data[2:])
                    assert mac == "good"
                    self.sent.append(fields)
                elif isinstance(effect, Write):
                    self.unsynced.append(effect)
                elif isinstance(effect, Connect):
                    self.connected = True
                    self.atm.opened(self.now)
                elif isinstance(effect, Disconnect):
                    self.connected = False
                elif isinstance(effect, LosePower):
                    self.unsynced.clear()
                    self.connected = False
            if not self.holds:
                self.sync()
        self.seen += self.atm.journal
        self.atm.journal = []

    def sync(self) -> None:
        """Everything written becomes durable."""
        if self.unsynced:
            for write in self.unsynced:
                self.image.apply(write.record)
            number = self.unsynced[-1].number
            self.unsynced.clear()
            self.atm.synced(number, self.now)
            self._drain()

    def go(self, seconds: float) -> None:
        """Let time pass, deadline by deadline."""
        end = self.now + seconds
        while (due := self.atm.next_deadline()) <= end:
            self.now = max(self.now, due)
            self.atm.tick(self.now)
            self._drain()
        self.now = end

    def boot(self) -> None:
        self.atm.boot(self.image, self.now)
        self._drain()

    def in_service(self) -> Bench:
        """Booted, connected, signed on."""
        self.boot()
        self.go(1.0)
        self.answer(self.last("0800"), "00")
        assert self.state == i.State.IDLE
        return self

    # --- the host ------------------------------------------------------------------------------

    def last(self, mti: str) -> Fields:
        return next(fields for fields in reversed(self.sent) if fields["t"] == mti)

    def all(self, mti: str) -> list[Fields]:
        return [fields for fields in self.sent if fields["t"] == mti]

    def answer(self, request: Fields, code: str, *, mac: bool = True, **changes: str) -> None:
        """The host's answer; `changes` are other fields, as de11='000009'."""
        fields = RAW.answer(request, code)
        fields |= {name[2:]: value for name, value in changes.items()}
        data = self.assembly.frame_builder.reseal(fields)
        if not mac:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.atm.receive(data, self.now)
        self._drain()

    def hear(self, fields: Fields) -> None:
        """Any message from the host."""
        self.atm.receive(self.assembly.frame_builder.reseal(fields), self.now)
        self._drain()

    def close(self, how: str = "fin") -> None:
        self.connected = False
        self.atm.closed(how, self.now)
        self._drain()

    # --- the customer ----------------------------------------------------------------------------

    def card(self) -> Card:
        return self.assembly.population.card(0, 1)

    def insert(self) -> None:
        assert self.device.insert(self.card(), 1, self.now)
        self.atm.tick(self.now)
        self._drain()

    def press(self, what: i.Input) -> None:
        assert self.atm.terminal is not None
        self.atm.terminal.sense(what, self.now, cause="customer")
        self.atm.tick(self.now)
        self._drain()

    def type_pin(self) -> None:
        for key in "1234":
            self.press(i.KeyPressed(key))
        self.press(i.KeyPressed("enter"))

    def ask(self, amount: int = 5000, kind: str = "withdrawal") -> Fields:
        """Card in, PIN, choice: the request that leaves."""
        self.insert()
        self.go(1.0)
        self.type_pin()
        self.press(i.Chosen(kind, amount))
        return self.last("0200") if not self.holds else {}

    def take_card(self) -> None:
        assert self.device.take_card()
        self.atm.tick(self.now)
        self._drain()

    def take_cash(self) -> None:
        assert self.device.take_cash()
        self.atm.tick(self.now)
        self._drain()

    # --- looking ---------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        assert self.atm.terminal is not None
        return self.atm.terminal.state

    def count(self, kind: type[e.Event]) -> int:
        return sum(isinstance(event, kind) for event in self.seen)
