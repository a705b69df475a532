"""Detectors against the simulator's truth: hundreds of plants, written as a table into docs/accuracy.md.

Run by `make proof`; `python benchmarks/accuracy.py --plants 20` for a short look.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

import wattlens as wl

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
START, END = "<!-- simulated plants -->", "<!-- end of simulated plants -->"

# What a fault may be called: an outage that reads zero is a drop for the plant and a run of zeros for the meter.
NAMES = {
    "spike": {"anomaly.spike"},
    "drop": {"anomaly.dip", "anomaly.outage", "anomaly.missed_start_up", "anomaly.early_shutdown"},
    "stuck_value": {"quality.stuck_value", "anomaly.stuck_value"},
    "gap": {"quality.gap"},
    "zero_run": {"quality.zero_run", "anomaly.outage"},
    "unusual_hours": {"anomaly.left_on_overnight", "anomaly.weekend_running"},
    "night_base_rise": {"anomaly.night_base_rise"},
    "work_on_holiday": {"anomaly.work_on_holiday"},
}


def findings_of(simulation: wl.simulate.Simulation, calendar: wl.Calendar) -> list[wl.Finding]:
    """Anomalies and quality findings of a simulated plant; whatever is not judged is no finding."""
    site = wl.Site(simulation.readings, calendar=calendar)
    found = [*wl.find_anomalies(site), *simulation.readings.quality()]
    return [one for one in found if one.code != "anomaly.not_judged"]


def table(plants: int) -> str:
    """The table of clean plants and of planted faults."""
    calendar = wl.Calendar.country("CN")
    clean = sum(len(findings_of(wl.simulate.plant(calendar=calendar, seed=seed), calendar)) for seed in range(plants))
    rows = [
        f"{plants} clean plants, a year each at 15 minutes: **{clean} findings**.",
        "",
        "| planted fault | plants | found, rightly named | kWh found / true, median | 10 % … 90 % | elsewhere |",
        "|---|---|---|---|---|---|",
    ]
    for kind, names in NAMES.items():
        hits, elsewhere, ratios = 0, 0, []
        for seed in range(plants):
            faults = wl.simulate.random_faults(1000 + seed, [kind], calendar=calendar, seed=seed)  # type: ignore[list-item]
            simulation = wl.simulate.plant(calendar=calendar, faults=faults, seed=seed)
            truth = simulation.truth[0]
            inside, outside = [], 0
            for one in findings_of(simulation, calendar):
                span = one.span
                if span is not None and span.start < truth.end and span.end > truth.start:
                    inside.append(one)
                else:
                    outside += 1
            named = [one for one in inside if one.code in names]
            hits += bool(named)
            elsewhere += outside
            kwh = sum(one.kwh for one in named if one.kwh is not None)
            if named and truth.kwh and any(one.kwh is not None for one in named):
                ratios.append(kwh / truth.kwh)
        ratios.sort()
        spread = "–", "–"
        if ratios:
            low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
            spread = f"{median(ratios):.2f}", f"{low:.2f} … {high:.2f}"
        rows.append(f"| {kind.replace('_', ' ')} | {plants} | {hits} | {spread[0]} | {spread[1]} | {elsewhere} |")
    return "\n".join(rows)


def main() -> None:
    """Write the table between its markers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=100)
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    page = f"{before}{START}\n{table(parser.parse_args().plants)}\n{END}{after}"
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
