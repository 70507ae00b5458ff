"""The terminal's module by itself."""

from __future__ import annotations

import subprocess
import sys


def test_a_terminal_has_its_table_as_soon_as_it_is_imported() -> None:
    """Whatever else was imported: nobody has to know of a second module that fills the table."""
    program = (
        "from harness.machines.terminal import Terminal; print(len(Terminal.table) > 50);"
        "from harness.machines.table import SAFE_TABLE; print(Terminal.table is SAFE_TABLE)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_table_can_be_imported_first() -> None:
    """There is no cycle between the table and the terminal."""
    program = (
        "from harness.machines.table import SAFE_TABLE;"
        "import sys; print('harness.machines.terminal' in sys.modules, len(SAFE_TABLE) > 50)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"], done.stderr
