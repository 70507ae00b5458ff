"""What a search can do: every kind of fault, in every form, as a text that the grammar reads."""

from __future__ import annotations

import pytest

from harness.explore.fault_candidates import FaultCandidates, forms_of
from harness.faults.control import OF_THE_PLANE
from harness.faults.grammar import ALL_RULES, parse_fault
from harness.keyed_random import Draw, key_of
from harness.wire.dialects import load_dialect

MESSAGE_TYPES = load_dialect().message_types()


@pytest.mark.parametrize("kind", ALL_RULES)
def test_each_kind_is_drawn_in_forms_that_read(kind: str) -> None:
    """Whatever is drawn parses, names its kind, and strikes one terminal's attempt or a window."""
    candidates = FaultCandidates(3, 90.0, MESSAGE_TYPES, control_plane=True)
    draw = Draw(key_of("strikes", kind))
    for _ in range(40):
        spec = parse_fault(candidates.draw(kind, draw))
        assert spec.kind == kind
        attempt = spec.parameters.get("nth") is not None
        assert attempt is not (spec.until < float("inf"))
        if "terminal" in ALL_RULES[kind].parameters:
            assert spec.parameters["terminal"] in ("ATM00001", "ATM00002", "ATM00003")


@pytest.mark.parametrize("kind", ALL_RULES)
def test_each_form_is_one_of_its_own(kind: str) -> None:
    """No form twice, and each as it may be written."""
    forms = list(forms_of(ALL_RULES[kind], MESSAGE_TYPES))
    assert len(forms) == len(set(forms)) >= 1
    for form in forms:
        parse_fault(f"{kind}:{form}" if form else kind)


def test_what_needs_a_control_plane_is_drawn_only_where_there_is_one() -> None:
    """Elsewhere it would never act, and a search would find other cases for its seed."""
    without = FaultCandidates(3, 90.0, MESSAGE_TYPES).kinds
    with_plane = FaultCandidates(3, 90.0, MESSAGE_TYPES, control_plane=True).kinds
    assert set(with_plane) - set(without) == OF_THE_PLANE
    assert with_plane[: len(without)] == without
