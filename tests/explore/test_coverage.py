"""Every cell of the machines' tables is exercised, by the search or by hand, or says why not."""

from __future__ import annotations

import pytest
from host_by_hand import DRIVES, Drive

from harness.explore.coverage import Counts
from harness.explore.tables import HOST_TABLE


@pytest.mark.parametrize("drive", DRIVES, ids=lambda drive: f"{drive.state}-{drive.event}")
def test_the_hosts_table_is_what_the_host_does(drive: Drive) -> None:
    """The cell is met once more, and answers and books are what the table says."""
    counts: Counts = {}
    desk = drive.begin(counts)
    before = counts.get(drive.cell, 0)
    desk.say(drive.last)
    assert counts.get(drive.cell, 0) == before + 1
    assert desk.codes == drive.codes.split()
    assert desk.paid() == drive.paid
    assert counts.keys() <= HOST_TABLE.keys()
