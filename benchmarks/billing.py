"""Bills side by side with SAM in one run, written as a table into docs/performance.md.

The tariffs are drawn as in tests/reference/sam.py: energy by period with blocks, demand flat and by period, 15-minute
readings. SAM's time is that of `execute`: its inputs are set beforehand. Ours is that of `Tariff.bill`, once on a site
whose readings were judged before, as where several tariffs are tried, and once on a new site.
"""

from __future__ import annotations

import platform
import re
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from reference.sam import Case, drawn, sam_model, site  # noqa: E402 - found by the path above

import wattlens as wl  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- bills beside SAM -->", "<!-- end of bills beside SAM -->"
CASES, ROUNDS = 12, 15


def main() -> None:
    """Measures, prints and writes the table."""
    rows = []
    for words, with_sun in (("load alone", False), ("load without and with its generation", True)):
        of_cases = [side_by_side(case, with_sun=with_sun) for case in cases()]
        first, judged, sam = (median(one) for one in zip(*of_cases, strict=True))
        least = [min(theirs / one[at] for *one, theirs in of_cases) for at in (0, 1)]
        rows.append(
            f"| {words} | {sam:.2f} | {judged:.2f} | {sam / judged:.1f} ({least[1]:.1f}) "
            f"| {first:.2f} | {sam / first:.1f} ({least[0]:.1f}) |"
        )
        sys.stdout.write(rows[-1] + "\n")
    head = (
        "| 15-minute year | SAM, ms | wattlens, ms | times (least) | with judging the readings, ms | times (least) |\n"
        "|---|---:|---:|---:|---:|---:|\n"
    )
    how = (
        f"{CASES} tariffs drawn at random, with blocks by period and demand charges; medians of {ROUNDS} rounds in "
        f"turn, one thread, through Python; SAM bills every load without and with generation in one `execute`. Python "
        f"{platform.python_version()}, nrel-pysam {version('nrel-pysam')}."
    )
    page = PAGE.read_text(encoding="utf-8")
    table = head + "\n".join(rows) + f"\n\n{how}\n"
    PAGE.write_text(re.sub(f"(?s){START}.*?{END}", lambda _: f"{START}\n{table}{END}", page), encoding="utf-8")


def cases() -> list[Case]:
    """Cases at 15 minutes with blocks and a demand charge."""
    found = []
    seed = 0
    while len(found) < CASES:
        case = drawn("net_billing", seed)
        charges = [one["charge"] for one in case.components]
        if (
            case.per_hour == 4
            and any("energy_tiers" in one for one in charges)
            and any("demand" in one for one in charges)
        ):
            found.append(case)
        seed += 4
    return found


def side_by_side(case: Case, *, with_sun: bool) -> tuple[float, float, float]:
    """Medians of our time with a site that is new, with one that was billed before, and of SAM's [ms]."""
    tariff, model = case.tariff(), sam_model(case)
    generations = [0.0, case.generation] if with_sun else [0.0]
    sites = [site(4, case.load, generation, two_meters=False) for generation in generations]

    def first() -> None:
        for one in sites:
            tariff.bill(wl.Site(one.readings))

    def judged() -> None:
        for one in sites:
            tariff.bill(one)

    rounds = [[timed(run) for run in (first, judged, lambda: model.execute(0))] for _ in range(ROUNDS + 2)][2:]
    mine, again, theirs = (median(one) for one in zip(*rounds, strict=True))
    return mine, again, theirs


def timed(run: Callable[[], object]) -> float:
    """Time of one run [ms]."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


if __name__ == "__main__":
    main()
