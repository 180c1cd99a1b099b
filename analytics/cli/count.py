"""``uptick count``: incidents by period and region."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from analytics.cli.count_shown import heading, recent_table
from analytics.cli.count_table import shown_months
from analytics.cli.inputs import counting_options, counts_of, gap_warnings, read_any, spells
from analytics.cli.rates import rates_asked, shown_rates
from analytics.cli.show import Read, Shown, Table, account_lines, emit, input_record, plan_output, records
from analytics.counts import Counts
from analytics.counts.count_table import CountTable
from analytics.errors import OptionError
from analytics.results.changeable import VolatilityResult

__all__ = ["counting_record", "run"]


def run(args: Namespace) -> None:
    """Count, and show the latest periods or write all of them."""
    if args.last < 1:
        raise OptionError("--last must be 1 or more", found=str(args.last))
    plan = plan_output(args)
    found = read_any(args)
    if isinstance(found, CountTable) and found.unit == "month":
        if args.volatility:
            raise OptionError(
                "--volatility needs days or weeks", found="a table of months", todo="leave it out"
            )
        emit(shown_months(args, found), plan)
        return
    emit(_shown(args, found, counts_of(args, found)), plan)


def counting_record(args: Namespace, counts: Counts) -> dict[str, Any]:
    """Return the parameters of the count, as used."""
    return {
        **counting_options(args),
        **({} if args.placing is None else {"placing": args.placing}),
        **({"week_start": counts.week_start, "freq": counts.freq} if counts.finest == "week" else {}),
        "start": str(counts.starts[0]),
        "as_of": str(counts.as_of),
    }


def _shown(args: Namespace, incidents: Read, counts: Counts) -> Shown:
    rates = rates_asked(args, incidents, counts)
    spread = _volatility_asked(args, counts)
    long = counts.to_frame("long").rename(columns={counts.freq: "start"})
    record = {
        "command": "count",
        "parameters": counting_record(args, counts),
        **input_record(incidents, counts, spells(args)),
        "notes": [*incidents.notes, *counts.notes],
        "counts": records(long),
        **({} if rates is None else {"rates": records(rates)}),
        **({} if spread is None else {"volatility": records(spread.frame), "method": spread.method}),
    }
    return Shown(
        heading=(*gap_warnings((*incidents.notes, *counts.notes)), heading(counts)),
        tables=(
            recent_table(counts, args.last),
            *(() if rates is None else (shown_rates(args, rates),)),
            *(() if spread is None else (_volatilities(spread),)),
        ),
        below=() if spread is None else (spread.sentence(), spread.method),
        account=account_lines(incidents, counts, spells(args)),
        frame=long,
        record=record,
        simulated=counts.simulated,
    )


def _volatility_asked(args: Namespace, counts: Counts) -> VolatilityResult | None:
    if not args.volatility:
        return None
    from analytics.upticks import volatility  # a plain count loads no test

    return volatility(counts)


def _volatilities(spread: VolatilityResult) -> Table:
    """Return how changeable each region is as a table for readers."""
    title = f"volatility of {spread.parameters['window']}-day windows, {spread.parameters['baseline']}"
    return Table(spread.summary(), title, ("volatility", "95 % interval", "usual", "windows"), ("why",))
