"""Finds the files that the package ships: specifications, scenarios and keys.

In an installed wheel they are inside the package (`harness/_fixtures`), in a checkout or an
editable install beside it (`fixtures/`). No other module knows which.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.errors import EnvironmentTrouble


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parent
    for root in (package / "_fixtures", package.parent / "fixtures"):
        if root.is_dir():
            return root
    raise EnvironmentTrouble(f"the installation is incomplete: no fixtures beside {package}")


def fixture(*parts: str) -> Path:
    """The path of a shipped file or folder, whether it exists or not.

    Raises:
        EnvironmentTrouble: the installation has no shipped files at all.
    """
    return _root().joinpath(*parts)


def names(folder: str, suffix: str) -> list[str]:
    """The names, sorted and without `suffix` ('.toml'), of the shipped files of a folder."""
    return sorted(
        path.name.removesuffix(suffix)
        for path in fixture(folder).glob(f"*{suffix}")
        if path.is_file()
    )
