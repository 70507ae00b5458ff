"""What a load run is required to reach: `rate=300/s`, `0200.p99=50ms`, `errors=0`.

rate=300/s          so many customers a second came, less what chance explains
errors=0            so many errors at most
0200.p99=50ms       p50, p95, p99, p99.9 or max of a message, of 'visit' or of 'queue', at most
"""

from __future__ import annotations

import re

import msgspec

from harness.errors import ConfigError
from harness.load.meter import Figures
from harness.units import parse_duration

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/(s|m))?")
_TIMES = {"p50": "p50", "p95": "p95", "p99": "p99", "p99.9": "p999", "max": "longest"}
_LATENCY = re.compile(r"([0-9]{4}|visit|queue)\.(p50|p95|p99|p99\.9|max)")
_EXAMPLES = "such as rate=300/s, errors=0 or visit.p99=200ms"
_FASTEST = 1e6  # customers a second: no computer serves a tenth of it
_DEVIATIONS = 3.0  # by which a rate may stay below what is required


class Requirement(msgspec.Struct, frozen=True):
    """`limit` is in customers a second, in errors, or in seconds."""

    text: str
    message: str
    measure: str
    limit: float

    def unmet(self, figures: Figures) -> str:
        """What there was instead, in words; '' if the figures are as required."""
        if self.measure == "rate":
            span = max(figures.until - figures.since, 1e-9)
            chance = _DEVIATIONS * (self.limit / span) ** 0.5
            return f"{figures.came:,.1f}/s came" if figures.came < self.limit - chance else ""
        if self.measure == "errors":
            found = sum(figures.errors.values())
            return f"there were {found:,}" if found > self.limit else ""
        row = next((row for row in figures.messages if row.message == self.message), None)
        if row is None:
            return f"no '{self.message}' was measured"
        took = float(getattr(row, _TIMES[self.measure]))
        return f"it was {took * 1000:,.4g} ms" if took > self.limit else ""


def parse_requirement(text: str) -> Requirement:
    """Raises ConfigError if that is no requirement."""
    place = f"--require {text}"
    name, equals, value = text.partition("=")
    latency = _LATENCY.fullmatch(name)
    if equals and name == "rate":
        return Requirement(text, "", name, parse_rate(value, place))
    if equals and name == "errors" and re.fullmatch("[0-9]{1,12}", value):
        return Requirement(text, "", name, float(value))
    if equals and latency is not None:
        message, measure = latency.groups()
        return Requirement(text, message, measure, parse_duration(value, place=place))
    raise ConfigError(f"'{text}' is no requirement", place=place, remedy=_EXAMPLES)


def parse_rate(text: str, place: str = "--rate") -> float:
    """Customers a second: '300/s', '300' or '900/m'.

    Raises:
        ConfigError: it is no rate, or 0.
    """
    found = _RATE.fullmatch(text.strip())
    rate = float(found.group(1)) / (60 if found.group(2) == "m" else 1) if found else 0.0
    if not 0 < rate <= _FASTEST:
        raise ConfigError(
            f"'{text}' is not a rate",
            place=place,
            remedy="write 300/s or 900/m, up to 1,000,000/s",
        )
    return rate
