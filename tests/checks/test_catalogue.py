"""The catalogue of invariants and the checks that judge them."""

from __future__ import annotations

from harness.checks.catalogue import CATALOGUE, CHECKS, INVARIANTS


def test_a_check_judges_under_the_id_of_its_invariant() -> None:
    """A failure is told under the id that the catalogue explains."""
    for invariant in CATALOGUE:
        assert invariant.check is None or invariant.check.id == invariant.id


def test_each_invariant_is_there_once_and_judged_once() -> None:
    """No id twice, and only secrecy has no check of the journal."""
    assert len(INVARIANTS) == len(CATALOGUE)
    assert len(dict.fromkeys(CHECKS)) == len(CHECKS)
    assert [invariant.id for invariant in CATALOGUE if invariant.check is None] == ["S3"]


def test_every_invariant_says_why_it_matters() -> None:
    """In a sentence, for `harness explain`."""
    assert all(invariant.promise and invariant.why.endswith(".") for invariant in CATALOGUE)
