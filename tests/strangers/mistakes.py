"""What a row of the tables is: one mistake that a stranger's machine can make on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Mistake(NamedTuple):
    """`play` of a terminal plays the machine: one that errs, and one that does the same without the
    mistake. `play` of a host says what leaves in place of the right answer (`bank.Errs`).

    `caught` is the invariant that must be broken, or '' where the harness has to refuse the
    message, or to say something, and breaks no invariant. `says` are words that must stand in what
    the harness says of the machine that errs, and must not stand in what it says of the right one.
    `outcome` is the verdict on the machine that errs; the right one always passes. `faults` are
    the harness's own, in both runs. `options` are further arguments of `Host` or `Terminals`.
    """

    name: str
    text: str
    play: Callable[..., Any]
    caught: str = ""
    says: str = ""
    outcome: str = "fail"
    faults: tuple[str, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})


class Table(dict[str, Mistake]):
    """The mistakes of one kind of machine, by name, in the order in which they are written."""

    def row(self, text: str, **rest: Any) -> Callable[[Any], Any]:
        """Enter the function below as the one that plays this mistake. `text` says what the
        machine does wrong; `rest` are the other parts of a `Mistake`.
        """

        def enter(play: Any) -> Any:
            name = play.__name__
            assert name not in self, f"two mistakes are called {name}"
            self[name] = Mistake(name, text, play, **rest)
            return play

        return enter
