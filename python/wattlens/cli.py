"""The command `wattlens`: one subcommand a step."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattlens import _core, cli_tariff
from wattlens.errors import ReadingError, SiteError, TariffError, WattlensError

if TYPE_CHECKING:
    from wattlens.meters import Meters
    from wattlens.readings import Readings
    from wattlens.site import Contract, Site
    from wattlens.tariff import Tariff

__all__ = ["main"]

# How errors name what a caller of the package would write, and how it is written on the command line.
_CHANNELS = ("import_kwh", "export_kwh", "import_kvarh", "export_kvarh")
_FLAGS = (
    "zone", "stamp", "date_order", "encoding", "delimiter", "decimal", "header_line", "time", "date", "clock", "unit",
    "step", "midnight", "fold", "gap", "format", "layout", "meter_column", "multiplier", "registers", "register_digits",
    "spread", "power", "sheet", *_CHANNELS,
)  # fmt: skip
_COMMANDS_FLAGS = (*_FLAGS, "meter")
_SPELLED = (
    (re.compile(rf"\b({'|'.join(_COMMANDS_FLAGS)})=(?=[\w\"'])"), lambda found: f"--{found[1].replace('_', '-')} "),
    (re.compile(rf"\b({'|'.join(_COMMANDS_FLAGS)})="), lambda found: f"--{found[1].replace('_', '-')}"),
    (re.compile(r"\bassume_in_force\b(\(\))?"), lambda _: "--assume-in-force"),
    (re.compile(r"\bTariff\.from_json\([^)]*\)"), lambda _: "--tariff FILE.json"),
    (re.compile(r"\bwith_prices\([^)]*\)"), lambda _: "--price name=value"),
)
_DEMO_TARIFF = "cn-fujian-two-part-1-10kv-2025-08"


def parser() -> argparse.ArgumentParser:
    """The command line; a subcommand sets `run`, which takes the arguments and returns the exit status."""
    top = argparse.ArgumentParser(
        prog="wattlens", description="Meter readings to profile, findings, bills and savings."
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"wattlens {_core.__version__}, time zones {_core.tzdb_version()}",
    )
    commands = top.add_subparsers(title="commands", metavar="command", required=True)

    inspect = commands.add_parser("inspect", help="say what reading a file would do, and what it leaves open")
    _add_reading(inspect)
    inspect.add_argument("--json", action="store_true", help="as JSON")
    inspect.set_defaults(run=_inspect)

    read = commands.add_parser("read", help="read a file or a folder and say what was found in it")
    _add_reading(read)
    read.add_argument("-o", "--output", metavar="FILE", help="write the readings: .csv, .csv.gz, .parquet or .xlsx")
    read.set_defaults(run=_read)

    diagnose = commands.add_parser("diagnose", help="diagnose the site of a file: summary, page, JSON")
    _add_reading(diagnose)
    _add_site(diagnose)
    _add_tariff(diagnose)
    diagnose.add_argument("--language", choices=("en", "zh"), default="en", help="of summary and page")
    diagnose.add_argument("-o", "--output", metavar="PAGE.html", help="write the page")
    diagnose.add_argument("--json", metavar="FILE", help="write everything as JSON")
    diagnose.set_defaults(run=_diagnose)

    bill = commands.add_parser("bill", help="bill the site of a file, and explain one bill as a page")
    _add_reading(bill)
    _add_site(bill)
    _add_tariff(bill)
    bill.add_argument("--explain", metavar="PAGE.html", help="write the page of one bill")
    bill.add_argument("--month", metavar="2025-08", help="which bill is explained; default: the newest")
    bill.add_argument("--language", choices=("en", "zh"), default="en", help="of the page")
    bill.set_defaults(run=_bill)

    cli_tariff.add_commands(commands)

    demo = commands.add_parser("demo", help="diagnose a simulated plant under a Fujian tariff")
    demo.add_argument("-o", "--output", metavar="PAGE.html", default="demo/report.html", help="default: %(default)s")
    demo.set_defaults(run=_demo)
    return top


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help="file of readings, whatever its format")
    group = command.add_argument_group("readings", "what the file does not say, or says differently")
    group.add_argument("--zone", help="IANA name, e.g. Asia/Shanghai; needed where stamps have no offset")
    group.add_argument("--meter", metavar="NAME", help="the one meter wanted, of several")
    group.add_argument("--stamp", choices=("start", "end"), help="which end of the interval a stamp names")
    group.add_argument("--date-order", choices=("ymd", "dmy", "mdy"))
    group.add_argument("--encoding", help="e.g. gb18030")
    group.add_argument("--delimiter", help="e.g. ;")
    group.add_argument("--decimal", choices=(".", ","), help="decimal mark")
    group.add_argument("--header-line", type=int, metavar="N", help="line of the header, from 1; 0 for none")
    group.add_argument("--unit", metavar="wh|kwh|mwh|w|kw|mw", help="of the energy columns; kw is mean power")
    group.add_argument("--step", metavar="15min", help="length of an interval")
    group.add_argument("--midnight", choices=("next_date", "same_date"), help="how end stamps write the end of a day")
    group.add_argument(
        "--fold", choices=("by order", "earlier", "later", "error"), help="local stamps that occur twice"
    )
    group.add_argument("--gap", choices=("error", "skip"), help="local stamps that never occur")
    group.add_argument("--format", metavar="NAME", help="format of the file, e.g. nem12")
    group.add_argument("--layout", metavar="NAME", help="layout of a table, e.g. wide_days")
    group.add_argument("--sheet", metavar="NAME", help="sheet of a workbook")
    group.add_argument("--multiplier", type=float, metavar="N", help="CT × PT")
    group.add_argument("--registers", action="store_true", default=None, help="energy columns are cumulative registers")
    group.add_argument("--register-digits", type=int, metavar="N", help="digits before a register begins again")
    group.add_argument("--spread", action="store_true", default=None, help="spread energy between distant registers")
    group.add_argument("--power", choices=("mean", "sample"), help="what power columns are")
    group.add_argument("--meter-column", metavar="COLUMN", help="column with the meters' names")
    group.add_argument("--time", metavar="COLUMN", help="column of the time")
    group.add_argument("--date", metavar="COLUMN", help="column of the date, beside --clock")
    group.add_argument("--clock", metavar="COLUMN", help="column of the clock, beside --date")
    for channel in _CHANNELS:
        group.add_argument(f"--{channel.replace('_', '-')}", metavar="COLUMN")
    group.add_argument("--column", action="append", default=[], metavar="CHANNEL=COLUMN", help="any other channel")


def _add_site(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("site")
    group.add_argument("--name", help="for the report")
    group.add_argument("--country", metavar="CODE", help="public holidays of a country, e.g. CN")
    group.add_argument("--provisional", action="store_true", help="also years whose make-up workdays are not decreed")
    group.add_argument("--capacity-kva", type=float, metavar="KVA")
    group.add_argument("--demand-billing", choices=("capacity", "actual_demand", "contract_demand"))
    group.add_argument("--contract-demand-kw", type=float, metavar="KW")
    group.add_argument("--power-factor-standard", type=float, metavar="0.90|0.85|0.80")
    group.add_argument("--overrun-rule", choices=("A", "B"), default="A", help="default: %(default)s")


def _add_tariff(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("tariff")
    group.add_argument("--tariff", metavar="ID|FILE.json", help="bundled or your own; see `wattlens tariffs`")
    group.add_argument("--assume-in-force", action="store_true", help="bill dates outside those in force, and say so")
    group.add_argument(
        "--price", action="append", default=[], metavar="NAME=VALUE", help="a price that the tariff leaves open"
    )


def _said(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {name: value for name in _FLAGS if (value := getattr(arguments, name)) is not None}
    if given.get("step", "").isdigit():
        given["step"] = int(given["step"])
    columns = {}
    for text in arguments.column:
        channel, equals, column = text.partition("=")
        if not (channel and equals and column):
            raise ReadingError(f"found --column {text!r}, expected e.g. --column voltage_l1_v=Ua")
        columns[channel] = column
    return given | ({"columns": columns} if columns else {})


def _readings(arguments: argparse.Namespace) -> Readings:
    from wattlens import Meters, read

    found: Readings | Meters = read(arguments.file, meter=arguments.meter, **_said(arguments))
    if isinstance(found, Meters):
        names = ", ".join(list(found)[:10]) + (", …" if len(found) > 10 else "")
        raise ReadingError(f"{arguments.file} holds {len(found)} meters: {names}; choose one with meter=")
    return found


def _contract(arguments: argparse.Namespace) -> Contract:
    from wattlens import Contract

    billing = arguments.demand_billing
    if billing is None and arguments.capacity_kva is not None:
        billing = "capacity"
        print("wattlens: no --demand-billing given; the basic charge is taken to be by capacity", file=sys.stderr)
    return Contract(
        capacity_kva=arguments.capacity_kva,
        demand_billing=billing,
        contract_demand_kw=arguments.contract_demand_kw,
        power_factor_standard=arguments.power_factor_standard,
        overrun_rule=arguments.overrun_rule,
    )


def _tariff(arguments: argparse.Namespace) -> Tariff | None:
    if arguments.tariff is None:
        if arguments.price or arguments.assume_in_force:
            raise TariffError("--price and --assume-in-force need --tariff")
        return None
    tariff = cli_tariff.load(arguments.tariff)
    prices: dict[str, Any] = {}
    for text in arguments.price:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise TariffError(f"found --price {text!r}, expected e.g. --price purchase=0.38")
        prices[name] = value
    tariff = tariff.with_prices(**prices) if prices else tariff
    return tariff.assume_in_force() if arguments.assume_in_force else tariff


def _inspect(arguments: argparse.Namespace) -> int:
    from wattlens import inspect

    found = inspect(arguments.file, meter=arguments.meter, **_said(arguments))
    print(found.to_json() if arguments.json else found)
    return 0


def _read(arguments: argparse.Namespace) -> int:
    from wattlens import Meters, read

    found: Readings | Meters = read(arguments.file, meter=arguments.meter, **_said(arguments))
    print(found)
    if isinstance(found, Meters):
        for name, readings in found.items():
            if len(readings.findings):
                print(f"{name}: {readings.findings}")
    else:
        for question, answer in found.provenance.items():
            print(f"  {question}: {answer.value} ({answer.why})")
        if len(found.findings):
            print(found.findings)
    if arguments.output:
        _write(found, arguments.output)
        print(arguments.output)
    return 0


def _write(found: Readings | Meters, path: str) -> None:
    if path.endswith((".csv", ".csv.gz")):
        found.to_csv(path)
    elif path.endswith(".parquet"):
        found.to_parquet(path)
    elif path.endswith(".xlsx"):
        found.to_excel(path)
    else:
        raise ReadingError(f"found --output {path!r}, expected a name that ends in .csv, .csv.gz, .parquet or .xlsx")


def _site(arguments: argparse.Namespace) -> Site:
    from wattlens import Calendar, Site

    calendar = Calendar.weekends()
    if arguments.country:
        calendar = Calendar.country(arguments.country, provisional=arguments.provisional)
    elif arguments.provisional:
        raise SiteError("--provisional needs --country")
    readings = _readings(arguments)
    name = arguments.name or Path(arguments.file).stem
    return Site(readings, name=name, calendar=calendar, contract=_contract(arguments))


def _bill(arguments: argparse.Namespace) -> int:
    tariff = _tariff(arguments)
    if tariff is None:
        raise TariffError("bill needs --tariff; see `wattlens tariffs`")
    bills = tariff.bill(_site(arguments))
    print(bills)
    if arguments.explain:
        labels = [bill.label for bill in bills]
        if not labels or (arguments.month and arguments.month not in labels):
            found = ", ".join(labels) or "none"
            raise TariffError(f"found no bill {arguments.month or 'at all'} to explain; billed are: {found}")
        chosen = bills[labels.index(arguments.month)] if arguments.month else bills[-1]
        Path(arguments.explain).parent.mkdir(parents=True, exist_ok=True)
        chosen.explain(arguments.language).to_html(arguments.explain)
        print(f"\n{arguments.explain}")
    return 0


def _diagnose(arguments: argparse.Namespace) -> int:
    from wattlens import diagnose

    tariff = _tariff(arguments)
    site = _site(arguments)
    diagnosis = diagnose(site, tariff)
    print(diagnosis.summary(arguments.language))
    if arguments.output:
        Path(arguments.output).parent.mkdir(parents=True, exist_ok=True)
        diagnosis.to_html(arguments.output, language=arguments.language)
        print(f"\n{arguments.output}")
    if arguments.json:
        Path(arguments.json).write_text(diagnosis.to_json(), encoding="utf-8")
        print(arguments.json)
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from wattlens import Tariff, diagnose, simulate

    diagnosis = diagnose(simulate.demo_site(), Tariff.load(_DEMO_TARIFF).assume_in_force())
    page = Path(arguments.output)
    chinese = page.with_suffix(f".zh{page.suffix}")
    page.parent.mkdir(parents=True, exist_ok=True)
    diagnosis.to_html(page)
    diagnosis.to_html(chinese, language="zh")
    print(diagnosis.summary())
    print(f"\n{page}\n{chinese}")
    return 0


def _as_flags(message: str) -> str:
    for pattern, flag in _SPELLED:
        message = pattern.sub(flag, message)
    return message


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; errors of the caller's making go to stderr with status 2."""
    chosen = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        status = run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has had enough, as `head` does; the interpreter must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("wattlens: stopped", file=sys.stderr)
        return 130
    except (WattlensError, OSError) as error:
        print(f"wattlens: {_as_flags(str(error))}", file=sys.stderr)
        return 2
    return status
