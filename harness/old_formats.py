"""What earlier versions wrote, read once more: each format is understood one version long.

- Journals of format 2 and cases of format 1 have `spec`, `framing` and `keys` beside each other,
  and say in the contract alone whether there is a MAC and a sign-on. They are a `link` now
  (`harness.link_options`).
- A scenario inside a case calls its customers' behaviour `evening`; it is `customers` now.
"""

from __future__ import annotations

from typing import Any

Raw = dict[str, Any]


def header_from_format_2(header: Raw) -> Raw:
    """The header of a journal as this version writes it, from one of format 2."""
    changed = dict(header)
    changed["link"] = _link(changed, changed.get("contract"))
    return changed


def plan_from_format_1(plan: object) -> object:
    """A plan as this version writes it, from one in a case of format 1. What is no plan stays as it
    is, and is refused where plans are read.
    """
    if not isinstance(plan, dict) or not isinstance(plan.get("scenario"), dict):
        return plan
    changed, scenario = dict(plan), dict(plan["scenario"])
    contract = scenario.get("contract")
    changed["link"] = _link(changed, contract)
    scenario["link"] = _link(scenario, contract)
    if "evening" in scenario:
        scenario["customers"] = scenario.pop("evening")
    changed["scenario"] = scenario
    return changed


def _link(holder: Raw, contract: object) -> Raw:
    """The link's options, taken out of where they stood one by one."""
    link: Raw = {name: holder.pop(name) for name in ("spec", "framing", "keys") if name in holder}
    told: Raw = contract if isinstance(contract, dict) else {}
    mac = "cmac" if told.get("mac", True) else "none"
    return {**link, "dialect": "1987", "mac": mac, "sign_on": told.get("sign_on", True)}
