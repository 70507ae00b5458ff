"""Imports a user's own module. Whatever its code does then is the user's mistake, told with its
place in that code: it may raise anything, end the program, or be no Python at all.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from harness.errors import ConfigError
from harness.shell import signals_heard
from harness.shown import shown

_REMEDY = "give a module that Python finds from here, as module:attribute"


def imported(module: str, attribute: str, place: str) -> object:
    """That attribute of that module, looked for beside the user too, as `python -m` does.

    Raises:
        ConfigError: there is none, or the module's own code did not let itself be imported.
        KeyboardInterrupt: a person has interrupted.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    with _interrupts() as interrupted:
        try:
            return getattr(import_module(module), attribute)
        except ModuleNotFoundError as trouble:
            if interrupted():
                raise KeyboardInterrupt from trouble
            raise ConfigError(
                f"cannot import '{module}' ({trouble})", place=place, remedy=_REMEDY
            ) from trouble
        except BaseException as trouble:
            if interrupted():
                raise KeyboardInterrupt from trouble
            if type(trouble) is AttributeError and not _own_code(trouble):
                problem = f"module '{module}' has no '{attribute}'"
                raise ConfigError(problem, place=place, remedy=_REMEDY) from trouble
            raise ConfigError(
                f"importing '{module}' ended in {type(trouble).__name__}: {_first_line(trouble)}",
                place=place,
                remedy=f"it was raised in {_where(trouble)}: mend the module",
            ) from trouble


def _first_line(trouble: BaseException) -> str:
    return shown(str(trouble).partition("\n")[0]) or "without a word"


def _own_code(trouble: BaseException) -> list[traceback.FrameSummary]:
    """The steps to the error that are neither ours nor the import machinery's."""
    return [
        step
        for step in traceback.extract_tb(trouble.__traceback__)
        if step.filename != __file__ and "importlib" not in step.filename
    ]


def _where(trouble: BaseException) -> str:
    if isinstance(trouble, SyntaxError) and trouble.filename:
        return f"{trouble.filename}, line {trouble.lineno}"
    steps = _own_code(trouble)
    return f"{steps[-1].filename}, line {steps[-1].lineno}" if steps else "the import itself"


@contextmanager
def _interrupts() -> Generator[Callable[[], bool], None, None]:
    """Whether a person has interrupted meanwhile. A module may raise KeyboardInterrupt by itself,
    and that is no interrupt.
    """
    seen: list[bool] = []

    def heard() -> None:
        seen.append(True)
        raise KeyboardInterrupt

    with signals_heard(heard):
        yield lambda: bool(seen)
