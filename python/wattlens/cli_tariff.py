"""The commands about tariffs: what is bundled, what one says, and what is wrong with your own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from wattlens.tariff import Tariff

__all__ = ["add_commands", "load"]


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `tariffs` and `tariff` to the command line."""
    tariffs = commands.add_parser("tariffs", help="list the bundled tariffs, or show one as JSON")
    tariffs.add_argument("id", nargs="?", help="the tariff to be shown; a part of ids, e.g. fujian, lists those")
    tariffs.set_defaults(run=_tariffs)

    tariff = commands.add_parser("tariff", help="check or show a tariff, or print the JSON Schema of tariffs")
    actions = tariff.add_subparsers(title="actions", metavar="action", required=True)
    check = actions.add_parser("check", help="say what is wrong with a tariff of your own, or what it says")
    check.add_argument("file", metavar="FILE.json")
    check.set_defaults(run=_check)
    show = actions.add_parser("show", help="say what a tariff says: periods, prices, what it needs")
    show.add_argument("tariff", metavar="ID|FILE.json")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=_show)
    schema = actions.add_parser("schema", help="print the JSON Schema of tariffs, for editors")
    schema.set_defaults(run=_schema)


def load(name: str) -> Tariff:
    """A bundled tariff by its id, or your own where the name ends in `.json`."""
    from wattlens import Tariff

    return Tariff.from_json(Path(name)) if name.endswith(".json") else Tariff.load(name)


def _tariffs(arguments: argparse.Namespace) -> int:
    from wattlens import Tariff, bundled_tariffs

    ids = bundled_tariffs().to_dict()["id"]
    wanted = [one for one in ids if (arguments.id or "") in one]
    if arguments.id in ids or not wanted:
        print(msgspec.json.format(Tariff.load(arguments.id).to_json(), indent=2))
        return 0
    numbers: dict[str, int] = {}
    for tariff in map(Tariff.load, wanted):
        first, until = tariff.in_force.from_, tariff.in_force.until
        dates = f"from {first} until before {until}" if until else f"from {first}"
        print(f"{tariff.id}\n  {tariff.name.en}\n  {tariff.name.zh}")
        # Most notes are those of many tariffs: each is written once, below.
        noted = [f"[{numbers.setdefault(f'{note.en}|{note.zh}', len(numbers) + 1)}]" for note in tariff.notes]
        notes = f"; notes {' '.join(noted)}" if noted else ""
        certainty = "NOT VERIFIED" if tariff.certainty == "unverified" else tariff.certainty
        print(f"  in force {dates}; {tariff.currency}; {certainty}{notes}")
        if tariff.missing_prices:
            print(f"  prices to be given: {', '.join(tariff.missing_prices)}")
    for note, number in numbers.items():
        english, _, chinese = note.partition("|")
        print(f"[{number}] {english}\n    {chinese}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from wattlens import Tariff
    from wattlens.tariff_text import summary

    path = Path(arguments.file)
    problems = Tariff.check(path)
    errors = [one for one in problems if one.is_error]
    if not errors:
        print(summary(Tariff.from_json(path)))
    for one in problems:
        # As compilers write it, so that editors and terminals lead there.
        place = "" if one.line is None else f":{one.line}:{one.column}"
        field = "" if one.field is None else f"{one.field}: "
        print(f"{path}{place}: {'error' if one.is_error else 'warning'}: {field}{one.problem}")
    if errors:
        print(f"wattlens: {path} has {len(errors)} {'error' if len(errors) == 1 else 'errors'}", file=sys.stderr)
        return 1
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from wattlens.tariff_text import summary

    tariff = load(arguments.tariff)
    print(msgspec.json.format(tariff.to_json(), indent=2) if arguments.json else summary(tariff))
    return 0


def _schema(_: argparse.Namespace) -> int:
    from wattlens import Tariff

    print(Tariff.json_schema())
    return 0
