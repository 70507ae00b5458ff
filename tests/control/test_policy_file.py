"""A policy of the monitor: by name, or from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.control.monitor_policy import PROTECTIVE
from harness.control.policy_file import load_policy
from harness.errors import ConfigError


def test_policies_have_names() -> None:
    """'restoring' starts again whom 'protective' leaves stopped."""
    assert load_policy("none").on == {}
    assert load_policy("protective") is PROTECTIVE
    assert not PROTECTIVE.resume
    assert load_policy("restoring").resume
    assert load_policy("restoring").on == PROTECTIVE.on


def test_a_file_says_what_to_do_for_each_kind(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(
        'text = "Please use another machine"\n[on]\nhost_silent = ["show_message"]\n'
        "terminals_lost = []\n"
    )
    policy = load_policy(str(path))
    assert policy.on == {"host_silent": ("show_message",), "terminals_lost": ()}
    assert policy.text == "Please use another machine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on = 5", "no policy"),
        ("[on]\nhost_silent = 'out_of_service'", "no policy"),
        ("[on]\nhost_silnt = []", "host_silent"),
        ("[on]\nhost_silent = ['restart']", "verb"),
        ("[on]\nhost_silent = ['show_message']", "text"),
        ("resum = true", "resume"),
        ("on = [", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        load_policy(str(path))
    assert "policy.toml" in str(caught.value)


def test_a_name_that_there_is_not_is_no_file_either() -> None:
    with pytest.raises(ConfigError, match="protectiv"):
        load_policy("protectiv")
