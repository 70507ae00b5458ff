"""`harness cards`: the cards that the customers of our terminals use, for somebody else's host."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import typer

from harness.cardholders import CUSTOMERS, TERMINALS, Population
from harness.crypto.keys import load_keys


def cards(
    seed: Annotated[int, typer.Option(min=0, help="The seed of the run.")] = 1,
    terminals: Annotated[int, typer.Option(min=1, max=TERMINALS, help="How many ATMs.")] = 1,
    customers: Annotated[
        int, typer.Option(min=1, max=CUSTOMERS - 1, help="How many customers at each.")
    ] = 100,
) -> None:
    """Write the test cards that 'harness terminals' will use, as CSV with their PINs."""
    population = Population(seed, token_key=load_keys().token)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("pan", "expiry", "pin", "track2"))
    for customer in range(1, customers + 1):
        for index in range(terminals):
            card = population.card(index, customer)
            out.writerow((card.pan, card.expiry, card.pin, card.track2))
