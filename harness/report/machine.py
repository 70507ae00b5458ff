"""The verdict for machines: JSON, and JUnit's XML as continuous integration reads it.

In JUnit each invariant is a test case: one that failed is a failure, and one that was not
tried or not observable is skipped with the reason. An expected event that never came, and
whatever else makes a run INVALID, is an error on a case of its own, so that a run which
proves nothing never looks green.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec

from harness.checks.verdict import Row, Verdict
from harness.errors import ConfigError, EnvironmentTrouble
from harness.journal import Header


def verdict_json(verdict: Verdict, header: Header) -> bytes:
    """The run's header and its verdict, indented, ending in a newline."""
    body = msgspec.json.encode({"run": header, "verdict": verdict}, order="deterministic")
    return msgspec.json.format(body, indent=2) + b"\n"


def junit_xml(verdict: Verdict, header: Header) -> bytes:
    """One suite with a case per invariant and one for the run as a whole."""
    name = f"harness.{header.scenario}"
    cases = [_case(row, verdict, name) for row in verdict.rows]
    whole = ET.Element("testcase", classname=name, name="the run proves something")
    for reason in verdict.reasons if verdict.outcome == "invalid" else []:
        ET.SubElement(whole, "error", message=_clean(reason), type="invalid")
    cases.append(whole)
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(header).items():
        ET.SubElement(properties, "property", name=key, value=_clean(value))
    suite.extend(cases)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _properties(header: Header) -> dict[str, str]:
    return {
        "scenario": header.scenario,
        "seed": str(header.seed),
        "mode": header.mode,
        "terminals": str(header.terminals),
        "duration": f"{header.duration:g}",
        "terminal_profile": header.terminal_profile,
        "host_profile": header.host_profile,
        "faults": " ".join(header.faults),
        "version": header.version,
        "command": header.command,
    }


def _case(row: Row, verdict: Verdict, name: str) -> ET.Element:
    case = ET.Element("testcase", classname=name, name=f"{row.id} {_clean(row.title)}")
    if row.status == "fail":
        mine = [failure for failure in verdict.failures if failure.invariant == row.id]
        lines = [f"{x.at:.3f} {x.actor} {x.what}" for x in mine]
        message = f"failed {row.failures} times in {row.tried} tries"
        failure = ET.SubElement(case, "failure", message=message, type=row.id)
        failure.text = _clean("\n".join(lines))
    elif row.status == "invalid":
        ET.SubElement(case, "error", message="the harness was too slow to tell", type="lag")
    elif row.status != "pass":
        ET.SubElement(case, "skipped", message=row.status)
    return case


def _clean(text: str) -> str:
    """XML 1.0 has no control characters but tab, newline and return."""
    return "".join(char if char >= " " or char in "\t\n\r" else "?" for char in text)


def check_writable(path: Path, *, place: str) -> None:
    """Find out before the run whether the file can be written; leaves an empty one behind.

    Raises:
        ConfigError: no such directory, a directory itself, or not permitted.
        EnvironmentTrouble: the disk is full or broken.
    """
    try:
        path.open("ab").close()
    except (FileNotFoundError, NotADirectoryError) as trouble:
        raise ConfigError(
            f"there is no directory {path.parent}", place=place, remedy=f"mkdir -p {path.parent}"
        ) from trouble
    except (IsADirectoryError, PermissionError) as trouble:
        reason = trouble.strerror or "refused"
        raise ConfigError(f"{path} cannot be written ({reason})", place=place) from trouble
    except OSError as trouble:
        raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble


def write_file(path: Path, data: bytes) -> None:
    """Write a report.

    Raises:
        EnvironmentTrouble: the disk would not.
    """
    try:
        path.write_bytes(data)
    except OSError as trouble:
        raise EnvironmentTrouble(f"{path} cannot be written: {trouble}") from trouble
