"""The command `wattlens`: one subcommand a step."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from wattlens import _core
from wattlens.errors import WattlensError

__all__ = ["main"]


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
    read = commands.add_parser("read", help="read a file and say what was found in it")
    read.add_argument("file")
    read.add_argument("--zone", help="IANA name, e.g. Asia/Shanghai; needed where stamps have no offset")
    read.set_defaults(run=_read)
    return top


def _read(arguments: argparse.Namespace) -> int:
    from wattlens import read_csv

    readings = read_csv(arguments.file, zone=arguments.zone)
    print(readings)
    for question, answer in readings.provenance.items():
        print(f"  {question}: {answer.value} ({answer.why})")
    if len(readings.findings):
        print(readings.findings)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; errors of the caller's making go to stderr with status 2."""
    chosen = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        return run(chosen)
    except (WattlensError, OSError) as error:
        print(f"wattlens: {error}", file=sys.stderr)
        return 2
