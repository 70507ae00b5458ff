"""The files a command was asked to write: found writable before the run, written after it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.checks.verdict import Verdict
from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import Header
from harness.load.meter import Figures
from harness.report.json_report import verdict_json
from harness.report.junit import junit_xml
from harness.report.output_files import STANDARD_OUTPUT, check_writable, write_file
from harness.report.screen import Screen
from harness.shell import OUT, was_closed


class Files(NamedTuple):
    """None where a file was not asked for."""

    journal: Path | None = None
    junit: Path | None = None
    json: Path | None = None

    def screen(self) -> Screen:
        """Where a person reads the report: not where a program reads one of the files ('-')."""
        return Screen(stderr=STANDARD_OUTPUT in self)

    def write(
        self, verdict: Verdict, header: Header, figures: Figures | None = None
    ) -> tuple[str, ...]:
        """Write the reports, in JSON with the figures of the load; the journal writes itself. What
        could not be written, and why: one that fails does not keep the other from being written.
        """
        reports = []
        if self.junit is not None:
            reports.append((self.junit, junit_xml(verdict, header)))
        if self.json is not None:
            reports.append((self.json, verdict_json(verdict, header, figures)))
        troubles = []
        for path, report in reports:
            try:
                write_file(path, report)
            except EnvironmentTrouble as trouble:
                troubles.append(str(trouble))
        return tuple(troubles)


def prepare(files: Files) -> None:
    """Find out now what would otherwise spoil the end of a long run.

    Raises:
        ConfigError: a directory that is missing, or a file that may not be written.
        EnvironmentTrouble: the disk would not, or a report is for a standard output that is closed.
    """
    if files.journal == STANDARD_OUTPUT or files.junit == files.json == STANDARD_OUTPUT:
        raise ConfigError(
            "standard output ('-') takes one report, the JSON or the JUnit one, and no journal",
            place="--journal -" if files.journal == STANDARD_OUTPUT else "--junit - --json -",
            remedy="name a file",
        )
    for flag, path in zip(files._fields, files, strict=True):
        if path == STANDARD_OUTPUT and was_closed(OUT):
            raise EnvironmentTrouble(f"--{flag} -: standard output is closed; name a file")
        if path is not None:
            check_writable(path, place=f"--{flag} {path}")
