"""What ships is found, wherever the package lies."""

from __future__ import annotations

from harness.resources import fixture, names


def test_shipped_files_are_found_by_name() -> None:
    """Names come sorted and without their suffix; folders inside a folder do not count."""
    assert names("specs", ".toml") == [
        "iso87-ascii",
        "iso87-ascii-binary-bitmap",
        "iso87-binary",
        "iso87-jpos",
    ]
    assert "test" in names("keys", ".toml")
    assert fixture("keys", "test.toml").is_file()


def test_a_folder_that_is_not_shipped_has_no_names() -> None:
    """Nothing to list is no error."""
    assert names("nothing", ".toml") == []
