"""Labelled meters at one fixed setting: no threshold from the labels, no point adjustment.

A false alarm is a flagged run without any labelled hour, on a month of 30 days; an event is found where one of its
hours is flagged. Missing hours are left out of every figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from bases import Values
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Labelled:
    """Scores of a meter beside its labels."""

    score: Values
    labels: Flags
    present: Flags
    flags: Flags


@dataclass(frozen=True)
class Result:
    """The figures of one meter or of several together."""

    precision: float
    recall: float
    f1: float
    pr_auc: float
    roc_auc: float
    event_recall: float
    false_alarms: float

    def cells(self) -> str:
        """Cells of a table row."""
        shares = (self.precision, self.recall, self.f1, self.pr_auc, self.roc_auc, self.event_recall)
        return " | ".join([*(f"{one:.3f}" for one in shares), f"{self.false_alarms:.2f}"])


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Stretches of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def average_precision(score: Values, labels: Flags) -> float:
    """Area under precision against recall, ties taken together."""
    order = np.argsort(-score, kind="stable")
    sorted_score, hits = score[order], labels[order]
    last = np.append(np.flatnonzero(np.diff(sorted_score)), len(score) - 1)
    true = np.cumsum(hits)[last]
    return float(np.sum(np.diff(np.append(0, true)) / hits.sum() * true / (last + 1)))


def roc_auc(score: Values, labels: Flags) -> float:
    """Share of pairs in which the labelled hour scores higher; ties count half."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    one, zero = int(labels.sum()), int((~labels).sum())
    return float((rank[labels].sum() - one * (one + 1) / 2) / (one * zero))


def result(of: Mapping[int, Labelled]) -> Result:
    """Figures of all meters together, with the raw score."""
    score = np.concatenate([one.score[one.present] for one in of.values()])
    labels = np.concatenate([one.labels[one.present] for one in of.values()])
    flags = np.concatenate([one.flags[one.present] for one in of.values()])
    true = float((flags & labels).sum())
    precision, recall = true / max(1, flags.sum()), true / max(1, labels.sum())
    found = events = false = months = 0.0
    for one in of.values():
        own = runs(one.labels)
        events += len(own)
        found += sum(bool(one.flags[start:end].any()) for start, end in own)
        false += sum(not one.labels[start:end].any() for start, end in runs(one.flags))
        months += len(one.score) / 720
    return Result(
        precision, recall, 2 * precision * recall / max(1e-12, precision + recall), average_precision(score, labels),
        roc_auc(score, labels), found / max(1, events), false / months,
    )  # fmt: skip


Score = Callable[[Values], tuple[Values, float | Flags]]
"""Of a load the scores and the limit above which they are flagged, or the flags themselves."""


def judged(score: Score, kwh: Values, labels: Flags) -> Labelled:
    """One meter's scores."""
    scores, limit = score(kwh)
    present = ~np.isnan(kwh)
    scores = np.where(present, np.nan_to_num(scores, nan=0.0), 0.0)
    flags = np.asarray(scores > limit) if isinstance(limit, float) else limit
    return Labelled(scores, labels, present, flags & present)


HEADS = (
    "precision | recall | F1 | PR-AUC | ROC-AUC | event recall | false alarms a meter-month |\n"
    "|---|---|---|---|---|---|---|---|"
)


def table(meters: Mapping[int, tuple[Values, Flags]], score: Score) -> str:
    """One score, a row a meter and all pooled."""
    of = {meter: judged(score, kwh, labels) for meter, (kwh, labels) in meters.items()}
    rows = [f"| {meter} | {result({meter: one}).cells()} |" for meter, one in of.items()]
    return "\n".join([f"| meter | {HEADS}", *rows, f"| **pooled** | {result(of).cells()} |"])


def comparison(meters: Mapping[int, tuple[Values, Flags]], scores: Mapping[str, Score]) -> str:
    """Several scores, pooled, a row each."""
    rows = []
    for name, score in scores.items():
        of = {meter: judged(score, kwh, labels) for meter, (kwh, labels) in meters.items()}
        rows.append(f"| {name} | {result(of).cells()} |")
    return "\n".join([f"| detector | {HEADS}", *rows])
