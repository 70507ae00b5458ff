"""The dialects of ISO 8583 that the harness speaks, by name.

A dialect is one module: a `Message` that says where each meaning stands, and a `Dialect` that makes
messages. A new version of the standard, or a network's own use of one, is a module like
`iso1987.py` and a row in `DIALECTS`. Nothing outside `wire/` knows a data element or an MTI.
"""

from __future__ import annotations

from harness.did_you_mean import unknown
from harness.wire.dialects.base import Dialect
from harness.wire.dialects.iso1987 import Dialect1987
from harness.wire.element_classes import ElementClasses
from harness.wire.spec import SpecMap, packs_track2

DIALECTS: dict[str, type[Dialect]] = {Dialect1987.name: Dialect1987}
DEFAULT = Dialect1987.name


def load_dialect(
    name: str = DEFAULT, spec: SpecMap | None = None, *, place: str = "dialect"
) -> Dialect:
    """The dialect of that name, for messages of that specification.

    Without a specification it can read any message, and make those whose track 2 is text.

    Raises:
        ConfigError: no dialect is called that.
    """
    found = DIALECTS.get(name)
    if found is None:
        unknown("dialect", name, tuple(DIALECTS), place=place)
    dialect = found(packed_track2=spec is not None and packs_track2(spec))
    if spec is not None:
        dialect.widths = {
            element: field["max_len"] for element, field in spec.items() if not field["len_type"]
        }
        dialect.classes = ElementClasses(spec, dialect.message, dialect.TABLE)
    return dialect
