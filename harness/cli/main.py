"""The command `harness`: the commands together, and what becomes of an error.

The exit codes are in exit_codes.py. An error inside the harness is one line and a file with its
traceback, or the traceback itself under HARNESS_DEBUG=1.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from harness import shell
from harness.cli import (
    cards,
    explain,
    explore,
    fleet,
    host,
    judge,
    listing,
    load,
    monitor,
    replay,
    run,
    schema,
    selftest,
    show,
    streams,
    terminals,
)
from harness.cli.conclusion import tell
from harness.cli.held import let_go_of_all
from harness.errors import ConfigError, EnvironmentTrouble, HarnessError, RenamedWarning
from harness.exit_codes import ENVIRONMENT, INTERNAL, INTERRUPTED, MISTAKE, OUTPUT_CLOSED
from harness.file_lock import UnlockedWarning
from harness.plan import harness_version
from harness.profiles import own_exception
from harness.shown import shown, shown_lines

_COMPLETION = "_HARNESS_COMPLETE"
_COMPLETION_FLAGS = ("--install-completion", "--show-completion")
_ENVIRONMENT = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.ECONNREFUSED),
    *(errno.EMFILE, errno.ENFILE, errno.EROFS, errno.EIO),
)


def _print_version(wanted: bool) -> None:  # a callback of the command line
    if wanted:
        print(f"harness {harness_version()}")
        raise typer.Exit


class _Commands(TyperGroup):
    """Typer's own group, which says nothing of a command that is interrupted."""

    def make_context(self, *given: Any, **more: Any) -> Any:
        with _interruption_told():
            return super().make_context(*given, **more)

    def invoke(self, ctx: Any) -> Any:
        with _interruption_told():
            return super().invoke(ctx)


@contextlib.contextmanager
def _interruption_told() -> Generator[None, None, None]:
    try:
        yield
    except KeyboardInterrupt:
        tell("interrupted")
        raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="harness",
    cls=_Commands,
    help="Proves that ATMs give the card back: faults in, verdicts out.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("explore")(explore.explore)
app.command("replay")(replay.replay)
app.command("selftest")(selftest.selftest)
app.command("load")(load.load)
app.command("host")(host.host)
app.command("terminals")(terminals.terminals)
fleet.app.command()(monitor.monitor)
app.add_typer(fleet.app, name="fleet")
app.command("cards")(cards.cards)
app.command("list")(listing.list_things)
app.command("explain")(explain.explain)
app.command("judge")(judge.judge)
app.command("show")(show.show)
app.command("schema")(schema.schema)


@app.callback()
def _whole(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Proves that ATMs give the card back: faults in, verdicts out."""
    del version


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; exits. Who is told to end (SIGTERM, SIGHUP) ends as by Ctrl-C: with what
    there is, and with nothing left behind.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if _COMPLETION in os.environ or any(word in _COMPLETION_FLAGS for word in given[:1]):
        app(list(given), prog_name="harness")  # exits by itself
    sys.exit(as_process(lambda: execute(given)))


def as_process(command: Callable[[], int]) -> int:
    """Run what this process is for, from its standard descriptors to its exit code."""
    shell.open_closed_descriptors()
    streams.guard_output()
    try:
        shell.interrupt_at_signals()
        code = command()
    except KeyboardInterrupt:  # once more, while the first was being told
        code = INTERRUPTED
    shell.ignore_signals()
    code = _delivered(code)
    if code == INTERRUPTED:
        shell.leave(code)
    return code


def _delivered(code: int) -> int:
    """The exit code, once all that was said has left the process. What was to be shown and could
    not be is told where it still can be, and a run that passed without being able to say so is the
    environment's trouble.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _output_closed()
    trouble = streams.output_trouble()
    if not trouble:
        return code
    tell(f"environment: {trouble}")
    return code or ENVIRONMENT


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", RenamedWarning)
        warnings.simplefilter("always", UnlockedWarning)
        warnings.showwarning = _show_warning
        try:
            return guarded(lambda: app(list(arguments), prog_name="harness", standalone_mode=False))
        finally:
            let_go_of_all()


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """An old name is a line on standard error, and so is a file that cannot be locked; other
    warnings look as Python shows them.
    """
    if issubclass(category, RenamedWarning | UnlockedWarning):
        tell(f"hint: {message}")
    else:
        print(
            warnings.formatwarning(message, category, filename, lineno, line),
            file=file or sys.stderr,
            end="",
        )


def guarded(action: Callable[[], object]) -> int:
    """Do it; the exit code it gives (0 for anything but a number), or that of its error."""
    try:
        code = action()
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, typer.Abort):
        tell("interrupted")
        return INTERRUPTED
    except ConfigError as mistake:
        tell(f"mistake: {mistake}")
        return MISTAKE
    except EnvironmentTrouble as trouble:
        tell(f"environment: {trouble}")
        return ENVIRONMENT
    except BrokenPipeError:
        return _output_closed()
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):  # rich's way to tell
            return _output_closed()
        return _internal(done)  # from a machine: no command of the harness ends so
    except Exception as error:
        return MISTAKE if _usage_shown(error) else _internal(error)
    return code if isinstance(code, int) else 0


def _output_closed() -> int:
    """Whoever read the output has seen enough, as `head` has. Nothing more is written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            with contextlib.suppress(OSError):
                stream.flush()
    return OUTPUT_CLOSED


def _usage_shown(error: Exception) -> bool:
    """Whether it was a usage error, which is then shown. Typer's and Click's versions have it
    under different names, so it is known by what it can do.
    """
    show = getattr(error, "show", None)
    if show is None or not hasattr(error, "format_message"):
        return False
    show()
    return True


def _internal(error: Exception | SystemExit) -> int:
    own = own_exception(error)
    if own is not None:
        tell(f"mistake: {own}")
        return MISTAKE
    if isinstance(error, OSError) and error.errno in _ENVIRONMENT:
        tell(f"environment: {error}")
        return ENVIRONMENT
    if isinstance(error, FileNotFoundError) and _directory_is_gone():
        tell("environment: the working directory was deleted: change to one that is there")
        return ENVIRONMENT
    what = "an error" if isinstance(error, HarnessError) else "an unexpected error"
    if os.environ.get("HARNESS_DEBUG") == "1":
        print(_traceback_of(error), file=sys.stderr)
        return INTERNAL
    said = str(error).partition("\n")[0]
    line = f"{what} inside the harness: {type(error).__name__}: {shown(said)}"
    tell(f"{line}\n{_traceback_kept(error)}")
    return INTERNAL


def _directory_is_gone() -> bool:
    """Is there no working directory any more? Then no relative path can be looked up."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _traceback_of(error: BaseException) -> str:
    """The traceback as it may be shown, each line indented: an error's text may quote what a peer
    has sent, newlines included.
    """
    return indent(shown_lines("".join(traceback.format_exception(error))), "  ")


def _traceback_kept(error: BaseException) -> str:
    text = _traceback_of(error)
    try:
        number, name = tempfile.mkstemp(prefix="harness-error-", suffix=".txt")
        os.close(number)
        Path(name).write_text(text, encoding="utf-8")
    except OSError:
        return "set HARNESS_DEBUG=1 to see the traceback"
    return f"the traceback is in {name}; HARNESS_DEBUG=1 prints it"


if __name__ == "__main__":
    main()
