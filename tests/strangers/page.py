"""The page docs/strangers.md, drawn from what the harness says in the tests of the tables.

python tests/strangers/page.py        # draws it again
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from mistakes import Mistake, Table
from said import Said

PAGE = Path(__file__).parents[2] / "docs" / "strangers.md"

HEAD = """\
# Mistakes of other people's machines, and what the harness says

Each row is a mistake that a terminal or a host can make on the wire. A script of sockets and
pyiso8583 plays it in the test suite (`tests/strangers/`), in front of our host or of our terminals,
and the harness has to say what stands here. The same script without the mistake has to pass in the
same run. The page is drawn from these tests.

- **FAIL** (exit code 1): an invariant is broken. `harness explain T14` says what an invariant is.
- **INVALID** (exit code 3): the run proves nothing, and says why.
- **PASS** (exit code 0): the message was refused or not understood, and that is told while the run
  goes on. No card and no money was at stake.

Faults in brackets are the harness's own: without them the mistake would not show.
"""

TERMINALS = """
## Terminals, in front of `harness host`

| the terminal | verdict | what the harness says |
|---|---|---|
"""

HOSTS = """
## Hosts, in front of `harness terminals`

| the host | verdict | what the harness says |
|---|---|---|
"""


def line_of(row: Mistake, said: Said) -> str:
    """The row of the page, with what was said in this run."""
    faults = f" [{', '.join(f'`{fault}`' for fault in row.faults)}]" if row.faults else ""
    return f"| {row.text}{faults} | {row.outcome.upper()} | {said.answer_to(row)} |"


def lines(table: Table, run: Callable[[Mistake], Said]) -> Iterator[str]:
    """The rows of one table; `run` plays the machine that errs."""
    for row in table.values():
        yield line_of(row, run(row)) + "\n"


def main() -> None:
    """Draw the page."""
    import pytest
    import test_host_mistakes as hosts
    import test_terminal_mistakes as terminals
    from host_mistakes import HOST_MISTAKES
    from terminal_mistakes import TERMINAL_MISTAKES
    from virtual_time import virtually

    def run(play: Callable[..., Coroutine[Any, Any, Said]]) -> Callable[[Mistake], Said]:
        def once(row: Mistake) -> Said:
            with pytest.MonkeyPatch.context() as monkeypatch:
                return virtually(play(row, errs=True), monkeypatch)

        return once

    PAGE.write_text(
        "".join(
            [
                HEAD,
                TERMINALS,
                *lines(TERMINAL_MISTAKES, run(terminals.play)),
                HOSTS,
                *lines(HOST_MISTAKES, run(hosts.play)),
            ]
        )
    )


if __name__ == "__main__":
    main()
