"""The bench that keeps the flags honest; `python benchmarks/anomalies --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bases import real, simulated
from injected import table, tallies

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"


def write(part: str, text: str) -> None:
    """Writes a part of the page between its markers."""
    page = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    before, rest = page.split(start)
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def main() -> None:
    """Runs what is asked for and writes or prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--plants", type=int, default=4)
    parser.add_argument("--print", action="store_true", help="print, do not write into docs/accuracy.md")
    parser.add_argument("--looked-at-only", action="store_true", help="for tuning: the other half of the seeds stays unseen")
    parser.add_argument("--base", default="", help="only bases whose name has this")
    given = parser.parse_args()
    folder = os.environ.get("WATTLENS_DATA")
    if not folder:
        sys.exit("WATTLENS_DATA does not name the folder of real readings")
    bases = [one for one in [*real(Path(folder)), *simulated(range(given.plants))] if given.base in one.name]
    seeds = range(0, given.seeds, 2) if given.looked_at_only else range(given.seeds)
    text = table(tallies(bases, seeds))
    if given.print:
        print(text)
    else:
        write("injected faults", text)


if __name__ == "__main__":
    main()
