"""The drawn states are the code's."""

from __future__ import annotations

from pathlib import Path

from harness.machines.diagram import draw, targets
from harness.machines.inputs import STATES

DRAWN = Path(__file__).parents[2] / "docs" / "states.md"


def test_the_docs_show_the_table_as_it_is() -> None:
    """Draw it again after changing a cell: python -m harness.machines.diagram > docs/states.md."""
    assert DRAWN.read_text(encoding="utf-8") == draw()


def test_the_wait_leads_to_a_card_that_moves() -> None:
    """Each way out of the wait ends at a motor or at the PIN pad, and none in the wait."""
    leads = targets()
    assert leads["harness.machines.cells_host.host_timer_expired"] == ("EJECTING",)
    assert leads["harness.machines.cells_host.link_closed"] == ("EJECTING",)


def test_every_state_is_reached() -> None:
    """A state that no cell enters would be dead."""
    reached = {state for states in targets().values() for state in states}
    assert reached == set(STATES)
