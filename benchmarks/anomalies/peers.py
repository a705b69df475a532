"""What else is in use, at settings fixed beforehand, on the same load and in the same run.

Hour of week: median and scaled median absolute deviation of the 168 hours, spread at least 5 % of the median load,
flagged above 3.5. STL (24 h, robust) and MSTL (24 h and 168 h) of statsmodels, with the generalised extreme studentised
deviate test on the residual (at most 10 %, 0.05), scored by the robust residual. Matrix profile of stumpy, 24 h,
flagged above mean plus three standard deviations. Isolation forest of scikit-learn on seventeen features, the top 3 %.
Gaps are filled for them alone: up to six hours by a line, longer ones by the median of the hour of the week.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from bases import Base, Values
from labelled import Flags, Score

import wattlens as wl

WEEK = 168


def filled(kwh: Values) -> Values:
    """Without gaps."""
    x = kwh.copy()
    slot = np.arange(len(x)) % WEEK
    middle = np.array([np.nanmedian(x[slot == one]) for one in range(WEEK)])
    missing = np.isnan(x)
    line = np.interp(np.arange(len(x)), np.flatnonzero(~missing), x[~missing])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        x[start:end] = line[start:end] if end - start <= 6 else middle[slot[start:end]]
    return x


def hour_of_week(kwh: Values) -> tuple[Values, float | Flags]:
    """Median and median absolute deviation of the hour of the week."""
    slot = np.arange(len(kwh)) % WEEK
    z = np.full(len(kwh), np.nan)
    floor = 0.05 * np.nanmedian(np.abs(kwh))
    for one in range(WEEK):
        values = kwh[slot == one]
        middle = np.nanmedian(values)
        spread = max(1.4826 * np.nanmedian(np.abs(values - middle)), floor)
        z[slot == one] = (values - middle) / spread
    return np.abs(z), 3.5


def esd(residual: Values, most: float = 0.10, alpha: float = 0.05) -> tuple[Values, float | Flags]:
    """Scores of a residual by its robust spread, and what the generalised ESD test rejects."""
    from scipy.stats import t

    middle = np.median(residual)
    spread = 1.4826 * np.median(np.abs(residual - middle)) or 1.0
    score = np.abs(residual - middle) / spread
    order = np.argsort(-score)
    n, last = len(residual), 0
    for place in range(1, int(most * n) + 1):
        p = 1 - alpha / (2 * (n - place + 1))
        of = t.ppf(p, n - place - 1)
        limit = (n - place) * of / np.sqrt((n - place - 1 + of**2) * (n - place + 1))
        if score[order[place - 1]] > limit:
            last = place
    flags = np.zeros(n, dtype=bool)
    flags[order[:last]] = True
    return score, flags


def stl(kwh: Values) -> tuple[Values, float | Flags]:
    """STL of a day with ESD."""
    from statsmodels.tsa.seasonal import STL

    return esd(np.asarray(STL(filled(kwh), period=24, robust=True).fit().resid))


def mstl(kwh: Values) -> tuple[Values, float | Flags]:
    """MSTL of a day and a week with ESD."""
    from statsmodels.tsa.seasonal import MSTL

    return esd(np.asarray(MSTL(filled(kwh), periods=(24, WEEK)).fit().resid))


def matrix_profile(kwh: Values, window: int = 24) -> tuple[Values, float | Flags]:
    """Distance of every window to its nearest other; an hour has the largest of its windows."""
    import stumpy

    distance = np.asarray(stumpy.stump(filled(kwh), window)[:, 0], dtype=np.float64)
    score = np.full(len(kwh), -np.inf)
    for offset in range(window):
        score[offset : offset + len(distance)] = np.fmax(score[offset : offset + len(distance)], distance)
    return score, float(distance.mean() + 3 * distance.std())


def isolation_forest(kwh: Values) -> tuple[Values, float | Flags]:
    """Isolation forest on the value, its neighbours, its week, its time and its residual."""
    from sklearn.ensemble import IsolationForest

    x = filled(kwh)
    at = np.arange(len(x))
    around = {width: np.convolve(x, np.ones(width) / width, mode="same") for width in (3, 5, 24, WEEK)}
    squares = {width: np.convolve(x**2, np.ones(width) / width, mode="same") for width in (5, 24)}
    spreads = [np.sqrt(np.maximum(squares[width] - around[width] ** 2, 0)) for width in (5, 24)]
    shifts = [x - np.roll(x, shift) for shift in (1, -1, 2, 24, WEEK)]
    score, _ = hour_of_week(x)
    clock = [np.sin(at / 24 * 2 * np.pi), np.cos(at / 24 * 2 * np.pi), at // 24 % 7 >= 5]
    features = np.column_stack([x, *around.values(), *spreads, *shifts, score, *clock, at // 24 % 7])
    forest = IsolationForest(random_state=0).fit(features)
    values = -np.asarray(forest.score_samples(features))
    return values, float(np.quantile(values, 0.97))


PEERS: dict[str, Score] = {
    "hour of week, median and MAD": hour_of_week,
    "STL with ESD (statsmodels)": stl,
    "MSTL with ESD (statsmodels)": mstl,
    "matrix profile (stumpy)": matrix_profile,
    "isolation forest (scikit-learn)": isolation_forest,
}


def ours(kwh: Values) -> tuple[Values, float | Flags]:
    """Wattlens' score at its one setting; the sets have no calendar but the week."""
    readings = wl.Readings.from_arrays(start="2016-01-01", step="1h", zone="UTC", import_kwh=kwh)
    return wl.Site(readings, calendar=wl.Calendar.weekends()).anomaly_scores(), 4.0


def _seconds(work: Callable[[], object], times: int) -> float:
    work()  # compiled and warm
    best = np.inf
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def speed(hourly: Base, quarterly: Base) -> str:
    """All detectors of wattlens beside the peers, one thread, the fastest of several runs."""
    rows = ["| detector | hourly year | times wattlens | 15-minute year | times wattlens |", "|---|---|---|---|---|"]
    sites = [base.site(base.kwh) for base in (hourly, quarterly)]
    own = [_seconds(lambda site=site: wl.find_anomalies(site), 20) for site in sites]  # type: ignore[misc]
    rows.append(f"| **wattlens, all kinds** | {own[0] * 1e3:.2f} ms | 1 | {own[1] * 1e3:.2f} ms | 1 |")

    def row(name: str, works: list[Callable[[], object]]) -> None:
        took = [_seconds(work, 3) for work in works]
        cells = [f"{one * 1e3:.0f} ms | {one / mine:.0f}" for one, mine in zip(took, own, strict=True)]
        rows.append(f"| {name} | {' | '.join(cells)} |")

    from statsmodels.tsa.seasonal import MSTL

    hours, quarters = filled(hourly.kwh), np.nan_to_num(quarterly.kwh)
    row("MSTL with ESD", [
        lambda: mstl(hourly.kwh),
        lambda: esd(np.asarray(MSTL(quarters, periods=(96, 672)).fit().resid)),
    ])  # fmt: skip
    row("matrix profile, a day", [lambda: matrix_profile(hours, 24), lambda: matrix_profile(quarters, 96)])
    row("isolation forest", [lambda: isolation_forest(hours), lambda: isolation_forest(quarters)])
    return "\n".join(rows)
