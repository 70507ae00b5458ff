"""The options of a link: how two ends turn messages into bytes, chosen once for a run.

`LinkOptions` is made from flags (`harness.cli`), from the `[link]` section of a scenario file
(`harness.scenario`) or in Python, is carried in the run's plan and in the header of its journal,
and whoever needs a codec, a framing, a dialect or a MAC looks it up from there.

The contract of a run, by contrast, is what it is judged by. That frames must carry a MAC, and that
a connection counts only once it is signed on, and that terminals send echoes, follows from the
link: `judged_with`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.contract import Contract
from harness.crypto.keys import load_keys
from harness.crypto.mac import NO_MAC, mac_algorithm
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.wire.dialects import DEFAULT, load_dialect
from harness.wire.framing import framing_names
from harness.wire.spec import load_spec


class LinkOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`spec` is a message specification by name, or a JSON file; `dialect` the version of ISO 8583
    that gives fields their meaning, '' for the specification's own; `framing` how a stream is cut
    into frames, by name; `mac` the MAC algorithm by name, 'none' for frames without a MAC; `keys`
    the keys by name, or a TOML file; `sign_on` whether a connection has to be signed on (a network
    management message) before anything else is answered on it; `echo` whether terminals send echoes
    when the host is silent: a host may know none.
    """

    spec: str = "iso87-ascii"
    dialect: str = ""
    framing: str = "2byte"
    mac: str = "cmac"
    keys: str = "test"
    sign_on: bool = True
    echo: bool = True

    @property
    def has_mac(self) -> bool:
        """Do frames carry a MAC?"""
        return self.mac != NO_MAC

    @property
    def dialect_name(self) -> str:
        """The dialect's name: what was asked for, else the specification's own."""
        return self.dialect or DEFAULT

    def changed(
        self,
        *,
        spec: str | None = None,
        dialect: str | None = None,
        framing: str | None = None,
        mac: str | None = None,
        keys: str | None = None,
        sign_on: bool | None = None,
        echo: bool | None = None,
    ) -> LinkOptions:
        """These options with what was asked for over them; None leaves an option as it is.

        Another specification without a dialect takes its own dialect.
        """
        if spec is not None and dialect is None:
            dialect = ""
        asked = {
            "spec": spec,
            "dialect": dialect,
            "framing": framing,
            "mac": mac,
            "keys": keys,
            "sign_on": sign_on,
            "echo": echo,
        }
        return msgspec.structs.replace(
            self, **{name: value for name, value in asked.items() if value is not None}
        )

    def checked(self, place: Callable[[str], str] = str) -> LinkOptions:
        """These options once all that they name exists, with the dialect's name filled in. `place`
        says of an option's name where it stands: a flag, a line of a file, an argument.

        Raises:
            ConfigError: an unknown name, with its place and the nearest right one; a file that
                cannot be read; a key of a length that the MAC algorithm does not have.
        """
        _loaded(self.spec, place("spec"))
        dialect = self.dialect_name
        load_dialect(dialect, place=place("dialect"))
        if self.framing not in framing_names():
            unknown("framing", self.framing, framing_names(), place=place("framing"))
        mac_algorithm(self.mac, load_keys(self.keys).mac, place=place("mac"))
        return msgspec.structs.replace(self, dialect=dialect)

    def judged_with(self, contract: Contract) -> Contract:
        """The contract with what follows from the link: whether a frame must carry a MAC,
        whether a connection counts before it is signed on, and whether a silent host is asked for
        an echo.
        """
        return msgspec.structs.replace(
            contract, mac=self.has_mac, sign_on=self.sign_on, echo=self.echo
        )

    def flags(self, usual: LinkOptions) -> list[str]:
        """The words of a command line that make these options of the `usual` ones."""
        words: list[str] = []
        for flag, chosen, same in (
            ("--spec", self.spec, self.spec == usual.spec),
            ("--dialect", self.dialect_name, self.dialect_name == usual.dialect_name),
            ("--framing", self.framing, self.framing == usual.framing),
            ("--mac", self.mac, self.mac == usual.mac),
            ("--keys", self.keys, self.keys == usual.keys),
        ):
            if not same:
                words += [flag, chosen]
        if self.sign_on != usual.sign_on:
            words.append("--sign-on" if self.sign_on else "--no-sign-on")
        if self.echo != usual.echo:
            words.append("--echo" if self.echo else "--no-echo")
        return words


def _loaded(spec: str, place: str) -> None:
    """Raises ConfigError, at that place, if the specification cannot be had."""
    try:
        load_spec(spec)
    except ConfigError as mistake:
        where = place if mistake.place in ("spec", spec) else f"{place}: {mistake.place}"
        raise ConfigError(mistake.problem, place=where, remedy=mistake.remedy) from None
