"""The verdict as JUnit's XML, as continuous integration reads it.

Each invariant is a test case. One that failed is a failure; one that was not tried or could not be
observed is skipped, with the reason. An expected event that never came, and whatever else makes a
run INVALID, is an error on a test case of its own, so that a run which proves nothing never looks
green.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.checks.judgement import SECRECY
from harness.checks.verdict import Row, Verdict
from harness.journal import Header
from harness.shown import escaped_lines

_LATE = ("the harness was too slow to tell", "lag")


def junit_xml(verdict: Verdict, header: Header) -> bytes:
    """One test suite, with a test case for each invariant and one for the run as a whole. Their
    times, as continuous integration adds them up, are how long customers came, in seconds of the
    clock (of the simulation's own, where it is one): the run as a whole takes it, the invariants
    none.
    """
    name = f"harness.{header.scenario}"
    seconds = f"{header.duration / header.speed:.3f}"
    cases = [_case(row, verdict, name) for row in verdict.rows]
    whole = ET.Element("testcase", classname=name, name="the run proves something")
    for reason in verdict.reasons if verdict.outcome == "invalid" else []:
        ET.SubElement(whole, "error", message=_clean(reason), type="invalid")
    cases.append(whole)
    for case in cases:
        case.set("time", seconds if case is whole else "0.000")
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=seconds,
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
    """The properties of the suite. One more is a row here, from a field of the header."""
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
        why = ("the harness did not mask a secret", "secret") if row.id == SECRECY else _LATE
        ET.SubElement(case, "error", message=why[0], type=why[1])
    elif row.status != "pass":
        ET.SubElement(case, "skipped", message=row.status)
    return case


def _clean(text: str) -> str:
    """XML 1.0 allows few control characters, and a reader of the report should see none."""
    return escaped_lines(text)
