"""The bench that keeps the flags honest; `python benchmarks/anomalies --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import labelled
import quiet
from bases import LEAD, lead, real, simulated
from injected import STEADY, table, tallies

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
    parser.add_argument("parts", nargs="*", help="injected, labelled, peers, quiet; all of them if none is named")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--plants", type=int, default=4)
    parser.add_argument("--print", action="store_true", help="print, do not write into docs/accuracy.md")
    parser.add_argument(
        "--looked-at-only", action="store_true", help="for tuning: the other half of the seeds is not seen"
    )
    given = parser.parse_args()
    folder = Path(
        os.environ.get("WATTLENS_DATA") or sys.exit("WATTLENS_DATA does not name the folder of real readings")
    )
    meters = {meter: lead(folder, meter) for meter in LEAD}

    def injected() -> str:
        seeds = range(0, given.seeds, 2) if given.looked_at_only else range(given.seeds)
        bases = [*real(folder), *simulated(range(given.plants))]
        steady = [base for base in bases if base.day_scatter <= STEADY]
        names = ", ".join(base.name for base in steady)
        found = tallies(bases, seeds)
        every, of_steady = (table(found, [base.name for base in some]) for some in (bases, steady))
        return f"{every}\n\nOf these the steady loads alone ({names}):\n\n{of_steady}"

    def labelled_meters() -> str:
        from peers import ours

        return labelled.table(meters, ours)

    def peers() -> str:
        import peers as others

        bases = {base.name: base for base in simulated(range(2))}
        found = labelled.comparison(meters, {"**wattlens**": others.ours, **others.PEERS})
        return f"{found}\n\n{others.speed(bases['plant 1'], bases['plant 0'])}"

    def quiet_meters() -> str:
        plants = list(simulated(range(50)))
        return f"{quiet.table(real(folder), plants)}\n\n{quiet.edges(plants[1])}"

    parts = {"injected": injected, "labelled": labelled_meters, "peers": peers, "quiet": quiet_meters}
    for name in given.parts or parts:
        text = parts[name]()
        if given.print:
            sys.stdout.write(f"{text}\n\n")
        else:
            write(f"flags: {name}", text)


if __name__ == "__main__":
    main()
