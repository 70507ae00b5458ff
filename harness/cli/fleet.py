"""`harness fleet`: an operator at a shell sees a fleet and commands it, over any broker.

Each command says what it will do and to whom, and then who has carried it out, who has refused, and
who was silent, with names. It exits 1 when some did not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.broker_flags import BrokerFlags
from harness.cli.option_groups import with_groups
from harness.control import payloads as p
from harness.control.operators import Operator as SigningOperator
from harness.control.operators import load_operators
from harness.control.roll_call import Answer, RollCall
from harness.control.topics import Topics, Verb
from harness.did_you_mean import unknown
from harness.errors import ConfigError
from harness.exit_codes import FAILED
from harness.shown import shown
from harness.units import parse_duration

if TYPE_CHECKING:
    from harness.control.gateways import Gateways
    from harness.fleet.desk import Desk, Operator, Whom

app = typer.Typer(help="See a fleet over MQTT, and command it.", no_args_is_help=True)


@dataclass(frozen=True)
class WhomFlags:
    """Which terminals."""

    everybody: Annotated[bool, typer.Option("--all", help="All terminals of the bank.")] = False
    region: Annotated[list[str] | None, typer.Option(help="Those of a region; repeat it.")] = None
    terminal: Annotated[list[str] | None, typer.Option(help="One terminal; repeat it.")] = None

    def whom(self) -> Whom:
        """Raises ConfigError: nobody is named, or all and some."""
        from harness.fleet.desk import Whom

        some = bool(self.region or self.terminal)
        if self.everybody == some:
            raise ConfigError(
                "all terminals, and some of them" if some else "nobody is named",
                place="--all" if some else "harness fleet",
                remedy="--all, or --region NAME, or --terminal NAME",
            )
        return Whom(self.everybody, tuple(self.region or ()), tuple(self.terminal or ()))


@dataclass(frozen=True)
class OperatorFlags:
    """Who gives the command."""

    operator: Annotated[str, typer.Option("--as", help="The operator's name.")] = "operator"
    wait: Annotated[str, typer.Option(help="How long to wait for the last answers.")] = "60s"

    def operator_of(self, broker: BrokerFlags) -> Operator:
        """With the key that the file of operators has for that name.

        Raises:
            ConfigError: there is no such operator in it.
        """
        from harness.fleet.desk import Operator

        found = operator_of(self.operator, broker.operators)
        return Operator(self.operator, found.key if found is not None else b"")


def operator_of(name: str, path: Path | None) -> SigningOperator | None:
    """The operator of that name in a file; None without a file.

    Raises:
        ConfigError: there is no such operator in it, or the file is none.
    """
    if path is None:
        return None
    known = load_operators(path)
    if name not in known:
        unknown("operator", name, known, place=f"--as, in {path}")
    return known[name]


def need_broker(broker: BrokerFlags) -> None:
    """Raises ConfigError: no broker is named."""
    if broker.broker is None:
        raise ConfigError(
            "no broker is named",
            place="--broker",
            remedy="--broker mqtt://127.0.0.1:PORT; 'harness run --live --broker auto' says where",
        )


def _desk(broker: BrokerFlags, operator: Operator | None = None) -> Desk:
    """Raises ConfigError: no broker is named."""
    from harness.fleet.desk import Desk, Operator

    need_broker(broker)
    assert broker.broker is not None
    address = broker.options(broker.broker).address()
    return Desk(address, Topics(broker.bank), operator or Operator())


# --- seeing --------------------------------------------------------------------------------------


@app.command()
@with_groups
def status(broker: BrokerFlags) -> None:
    """How many terminals serve, which do not and why, and where cards are inside."""

    async def look() -> None:
        async with _desk(broker) as desk:
            for line in status_lines(list(desk.states.values()), desk.gateways):
                typer.echo(line)

    asyncio.run(look())


def status_lines(states: list[p.TerminalState], gateways: Gateways) -> list[str]:
    """A fleet in lines: the counts, then one line for each gateway that is lost, and for each
    terminal that does not just serve; for none that is lost with its gateway.
    """
    online = [state for state in states if state.status == "online"]
    serving = sum(state.service == "in_service" for state in online)
    cards = sum(state.card_at != "none" for state in online)
    lines = [
        f"{len(states)} terminals: {serving} in service, {len(online) - serving} out of service, "
        f"{len(states) - len(online)} not connected; cards inside {cards}"
    ]
    reasons = Counter(reason for state in online for reason in state.reasons)
    if reasons:
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        lines.append(f"out of service for: {told}")
    for gateway in gateways.all():
        if gateway.lost:
            words = f"  gateway {gateway.name}: LOST, with {len(gateway.terminals)} terminals"
            lines.append(shown(words))
    worth = [state for state in sorted(states, key=lambda x: x.terminal) if _is_worth_a_line(state)]
    return lines + [_line(state) for state in worth if gateways.standing(state.terminal) != "lost"]


def _is_worth_a_line(state: p.TerminalState) -> bool:
    return state.status == "offline" or bool(state.reasons) or state.card_at == "stuck"


def _line(state: p.TerminalState) -> str:
    if state.status == "offline":
        what = "stopped as planned" if state.planned else "LOST"
        return shown(f"  {state.terminal:<9} {state.region:<9} {what}, last heard {state.at}")
    what = f"out of service: {', '.join(state.reasons)}" if state.reasons else "in service"
    card = f"; card {state.card_at} since {state.card_since}" if state.card_at != "none" else ""
    more = "".join(
        f"; {count} {name}"
        for name, count in (("pending", state.pending), ("parked", state.parked))
        if count
    )
    return shown(f"  {state.terminal:<9} {state.region:<9} {what}{card}{more}")


@app.command()
@with_groups
def watch(broker: BrokerFlags) -> None:
    """Each change of a state and each answer to a command, as they come; Ctrl-C ends it."""

    def tell(name: str, payload: object) -> None:
        if isinstance(payload, p.TerminalState):
            typer.echo(f"{payload.at}{_line(payload)}")
        elif isinstance(payload, p.GatewayState):
            planned = "stopped as planned" if payload.planned else "LOST"
            what = "online" if payload.status == "online" else planned
            typer.echo(shown(f"{payload.at}  gateway {name}: {what}"))
        elif isinstance(payload, p.Response):
            detail = f": {payload.detail}" if payload.detail else ""
            said = f"{payload.terminal} {payload.verb} {payload.status}{detail}"
            typer.echo(shown(f"{payload.at}  {said}"))
        else:
            typer.echo(shown(f"{name}: {payload}"))

    async def look() -> None:
        async with _desk(broker) as desk:
            for line in status_lines(list(desk.states.values()), desk.gateways):
                typer.echo(line)
            desk.watching = tell
            await asyncio.Event().wait()

    asyncio.run(look())


# --- commanding ----------------------------------------------------------------------------------


@app.command()
@with_groups
def stop(whom: WhomFlags, who: OperatorFlags, broker: BrokerFlags) -> None:
    """Out of service: whoever is being served may finish, and nobody else comes in."""
    _command("out_of_service", "go out of service", whom, who, broker)


@app.command()
@with_groups
def start(whom: WhomFlags, who: OperatorFlags, broker: BrokerFlags) -> None:
    """In service again, as far as the operator is concerned."""
    _command("in_service", "go into service", whom, who, broker)


@app.command("return-cards")
@with_groups
def return_cards(whom: WhomFlags, who: OperatorFlags, broker: BrokerFlags) -> None:
    """Out of service at once: every visit ends, and every card comes out."""
    _command("return_card_and_stop", "return their cards and stop", whom, who, broker)


@app.command()
@with_groups
def restart(whom: WhomFlags, who: OperatorFlags, broker: BrokerFlags) -> None:
    """Start again, as soon as nobody is being served."""
    _command("restart", "start again", whom, who, broker)


@app.command()
@with_groups
def message(
    text: Annotated[str, typer.Argument(help="What the screen says, '' for nothing any more.")],
    whom: WhomFlags,
    who: OperatorFlags,
    broker: BrokerFlags,
) -> None:
    """Put a line of text on the screens."""
    _command("show_message", f"show '{text}'", whom, who, broker, text=text)


def _command(
    verb: Verb,
    what: str,
    whom_flags: WhomFlags,
    who: OperatorFlags,
    broker: BrokerFlags,
    *,
    text: str = "",
) -> None:
    whom, wait = whom_flags.whom(), parse_duration(who.wait, place="--wait")
    operator = who.operator_of(broker)

    async def give() -> RollCall:
        async with _desk(broker, operator) as desk:
            names = desk.names(whom)
            typer.echo(shown(f"{len(names)} terminals ({whom}) are to {what}"))
            return await desk.command(verb, whom, text=text, wait=wait)

    call = asyncio.run(give())
    for line in outcome_lines(call):
        typer.echo(line)
    raise typer.Exit(0 if call.asked and len(call.succeeded) == len(call.asked) else FAILED)


def outcome_lines(call: RollCall) -> list[str]:
    """Who has answered what: the counts, then those that have not carried it out."""
    if not call.asked:
        return ["no terminal is known at this broker: nobody was asked"]
    lines = [
        f"{len(call.succeeded)} have done it, {len(call.refused)} refused, "
        f"{len(call.unfinished)} are still at it, {len(call.silent)} are silent"
    ]
    lines += _told("refused", call.refused)
    lines += _told("still at it", call.unfinished)
    return lines + [f"  {shown(name)} is silent" for name in call.silent]


def _told(what: str, answers: list[Answer]) -> list[str]:
    return [
        shown(f"  {name}: {'expired' if status == 'expired' else what}, {detail}".rstrip(", "))
        for name, status, detail in answers
    ]
