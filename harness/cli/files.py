"""The files a command was asked to write: found writable before the run, written after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.checks.verdict import Verdict
from harness.cli.held import until_the_end
from harness.errors import ConfigError, EnvironmentTrouble
from harness.file_lock import FileLock
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


def prepare(files: Files, **inputs: Path | None) -> None:
    """Find out now what would otherwise spoil the end of a long run. `inputs` are the files that
    the command reads, by what they are. The reports are this command's alone until it ends, and
    are empty until it writes them.

    Raises:
        ConfigError: a directory that is missing, a file that may not be written, or one file for
            two purposes.
        EnvironmentTrouble: the disk would not, another process is about to write the file, or a
            report is for a standard output that is closed.
    """
    if files.journal == STANDARD_OUTPUT or files.junit == files.json == STANDARD_OUTPUT:
        raise ConfigError(
            "standard output ('-') takes one report, the JSON or the JUnit one, and no journal",
            place="--journal -" if files.journal == STANDARD_OUTPUT else "--junit - --json -",
            remedy="name a file",
        )
    _check_apart(files, inputs)
    for flag, path in zip(files._fields, files, strict=True):
        if path is None:
            continue
        if path == STANDARD_OUTPUT and was_closed(OUT):
            raise EnvironmentTrouble(f"--{flag} -: standard output is closed; name a file")
        check_writable(path, place=f"--{flag} {path}")
        if flag != "journal" and path != STANDARD_OUTPUT:  # a journal has its own lock
            remedy = f"wait until that has ended, or name another file with --{flag}"
            try:
                lock = FileLock(path, what=f"the report {path}", remedy=remedy)
            except OSError as trouble:
                raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble
            until_the_end(lock.release)
            _empty(path)


def _empty(path: Path) -> None:
    """No report of an earlier run stays there, which somebody might take for this run's if this
    process is killed. No reader of JSON or XML takes an empty file for a report.
    """
    if not path.is_file():  # a device or a pipe
        return
    try:
        os.truncate(path, 0)
    except OSError as trouble:
        raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble


def _check_apart(files: Files, inputs: Mapping[str, Path | None]) -> None:
    """Raises ConfigError for a file that would be written twice, or that is an input as well."""
    used = [
        (f"is the {what.replace('_', ' ')}", path)
        for what, path in inputs.items()
        if path is not None and path.is_file()
    ]
    for flag, path in zip(files._fields, files, strict=True):
        if path is None or path == STANDARD_OUTPUT or (path.exists() and not path.is_file()):
            continue
        for what, other in used:
            if _is_same(path, other):
                place, remedy = f"--{flag} {path}", "name another file"
                raise ConfigError(f"this file {what}", place=place, remedy=remedy)
        used.append((f"is written by --{flag} too", path))


def _is_same(path: Path, other: Path) -> bool:
    """Is it one file, under whatever names?"""
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()
