"""The page of the defects is the catalogue's."""

from __future__ import annotations

from pathlib import Path

from harness.defects.catalogue import DEFECTS
from harness.report.defects import page


def test_the_page_is_written_from_the_code() -> None:
    """`python -m harness.report.defects > docs/selftest.md` when it differs."""
    assert (Path(__file__).parents[2] / "docs" / "selftest.md").read_text() == page()


def test_each_defect_has_its_row() -> None:
    """With what it costs, and with what must catch it."""
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(DEFECTS)
    for row, defect in zip(rows, DEFECTS, strict=True):
        assert f"`{defect.name}`" in row
        assert defect.cost in row
        assert f"| {' '.join(defect.must)} |" in row
