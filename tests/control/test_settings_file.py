"""The thresholds of a monitor from a file: what it names counts, and what would make the monitor
blame wrongly is refused with its place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.control.monitor_settings import MonitorSettings
from harness.control.settings_file import load_settings
from harness.errors import ConfigError


def written(path: Path, text: str) -> Path:
    file = path / "settings.toml"
    file.write_text(text)
    return file


def test_what_a_file_names_counts_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    """A duration, a share and a count, each as people write them."""
    path = written(tmp_path, 'waiting = "5s"\ndown = 20\nbank_share = "30%"\nleast_bank = 4\n')
    assert load_settings(path) == MonitorSettings(
        waiting=5.0, down=20.0, bank_share=0.3, least_bank=4
    )


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "")) == MonitorSettings()


def test_each_setting_can_be_written_as_it_is_shown(tmp_path: Path) -> None:
    """So that no field of the settings is out of reach of a file."""
    usual = MonitorSettings()
    lines = [f"{name} = {getattr(usual, name)}\n" for name in usual.__struct_fields__]
    assert load_settings(written(tmp_path, "".join(lines))) == usual


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("waitng = 5", "did you mean 'waiting'"),
        ("waiting = '5 apples'", "waiting"),
        ("waiting = -1", "duration"),
        ("waiting = nan", "duration"),
        ("waiting = true", "no number"),
        ("waiting = [5]", "no number"),
        ("bank_share = 2", "outside"),
        ("bank_share = 0", "more than 0"),
        ("issuer_window = 0", "more than 0"),
        ("answer_counts = 0", "more than 0"),
        ("least_bank = 0", "from 1"),
        ("least_bank = 2.5", "whole number"),
        ("least_bank = '3'", "whole number"),
        ("most_terminals = 100000000", "whole number"),
        ("silent_after = 60", "each would be lost"),
        ("waiting.least = 5", "no number"),
        ("waiting = ", "not TOML"),
        (f"least_bank = {'9' * 5000}", ""),
    ],
)
def test_a_mistake_is_told_with_its_place(line: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, line)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert said in str(caught.value) + str(caught.value.remedy)
    assert "settings.toml" in str(caught.value)


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "# thresholds\nwaiting = 5\nleast_bank = 0\n")
    with pytest.raises(ConfigError, match=r"settings\.toml:3: least_bank"):
        load_settings(path)


def test_a_file_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")
