"""On which line of a TOML file each key stands, for errors: the parser does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SECTION = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*[=.]""")


class TomlKeys:
    """Reads the lines once, as a file may have thousands of keys."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines: dict[tuple[str, str], int] = {}
        section = ""
        for number, line in enumerate(lines, start=1):
            if head := _SECTION.match(line):
                section = head.group(1)
                self._lines.setdefault(("", section), number)
            elif found := _KEY.match(line):
                name = next(text for text in found.groups() if text is not None)
                self._lines.setdefault((section, name), number)

    def line(self, section: str, key: str) -> int:
        """The line, from 1 up, of a key in a section ('' for the top of the file, where sections
        are keys too); 0 if it is not found.
        """
        return self._lines.get((section, key), 0)
