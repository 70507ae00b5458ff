"""The faults that a search can put into a run: every kind of the catalogue, at one attempt.

A fault is a text in the grammar of `--fault`: which terminal, which attempt (`nth`), and which
message or operation. Kinds that do not count attempts get a window instead. A new kind of fault is
searched without any change here, with the defaults of its parameters and with its `variants`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from harness.faults.grammar import ALL_RULES, rules_for
from harness.faults.power import OPERATIONS
from harness.faults.rule import Rule
from harness.keyed_random import Draw
from harness.stations import terminal_id
from harness.wire.message import function_of_mti

ATTEMPTS = 3  # a fault acts at one of the first so many attempts of a terminal
WINDOWS = (1.0, 10.0, 60.0)  # seconds, for kinds that do not count attempts
_STEP = 0.1  # windows begin at multiples of this many seconds


def forms_of(rule: type[Rule], message_types: Sequence[str]) -> Iterator[str]:
    """Each way to ask for this kind, but for the terminal and when: 'mti=0210', 'at=sync', ''.
    `message_types` are the MTIs that pass in the run.
    """
    choices = _choices(rule, message_types)
    settings = [[f"{name}={value}" for value in values] for name, values in choices.items()]
    for variant, *chosen in product(rule.variants, *settings):
        yield ",".join(filter(None, (*chosen, variant)))


def _choices(rule: type[Rule], message_types: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The parameters of which each value is tried, with their values."""
    found: dict[str, tuple[str, ...]] = {}
    for name, parameter in rule.parameters.items():
        if parameter.type == "mti":
            only = rule.withstood or rule.speaks
            found[name] = tuple(x for x in message_types if only in ("", function_of_mti(x)))
        elif parameter.type == "operation":
            found[name] = OPERATIONS
        elif parameter.choices:
            found[name] = parameter.choices
    return found


def fault_text(kind: str, form: str, terminal: str, *, nth: int = 0, window: str = "") -> str:
    """The text of a fault of that kind and form. `nth` 0 leaves the attempt out; `window` is
    written as '@1s..2s'.
    """
    parts = [form]
    if "terminal" in ALL_RULES[kind].parameters:
        parts.append(f"terminal={terminal}")
    if nth:
        parts.append(f"nth={nth}")
    body = ",".join(filter(None, parts))
    return f"{kind}:{body}{window}" if body else f"{kind}{window}"


class FaultCandidates:
    """What can be drawn for a run of so many terminals and of that duration in seconds, in which
    messages of those types (MTIs) pass. `control_plane`: can terminals be commanded?
    """

    def __init__(
        self,
        terminals: int,
        duration: float,
        message_types: Sequence[str],
        *,
        control_plane: bool = False,
    ) -> None:
        self.terminals = tuple(terminal_id(index) for index in range(terminals))
        self._duration = duration
        self._forms = {
            kind: tuple(forms_of(rule, message_types))
            for kind, rule in rules_for(control_plane=control_plane).items()
        }
        self.kinds = tuple(self._forms)

    def draw(self, kind: str, draw: Draw) -> str:
        """A fault of this kind, of any form and at any terminal and attempt."""
        forms = self._forms[kind]
        form = forms[draw.below(len(forms))]
        if "nth" in ALL_RULES[kind].parameters:
            return self._text(kind, form, draw, nth=1 + draw.below(ATTEMPTS))
        start = draw.below(int(self._duration / _STEP)) * _STEP
        end = start + WINDOWS[draw.below(len(WINDOWS))]
        return self._text(kind, form, draw, window=f"@{start:.1f}s..{end:.1f}s")

    def aim(self, likely: Mapping[str, Sequence[str]], draw: Draw) -> str:
        """A fault that is likely to act: one of those forms, by kind, at the first attempt of a
        terminal.
        """
        kinds = tuple(likely)
        kind = kinds[draw.below(len(kinds))]
        return self.at_first_attempt(kind, likely[kind][draw.below(len(likely[kind]))], draw)

    def at_first_attempt(self, kind: str, form: str, draw: Draw) -> str:
        """A fault of this kind and form at the first attempt of any terminal."""
        return self._text(kind, form, draw, nth=1)

    def _text(self, kind: str, form: str, draw: Draw, *, nth: int = 0, window: str = "") -> str:
        terminal = self.terminals[draw.below(len(self.terminals))]
        return fault_text(kind, form, terminal, nth=nth, window=window)
