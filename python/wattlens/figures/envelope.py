"""What has more points than a picture has pixels, made to fit: lines keep their extremes, areas their means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_means", "envelope"]

Floats = NDArray[np.float64]


def envelope(x: Floats, y: Floats, pixels: int) -> tuple[Floats, Floats]:
    """The line with at most four points a pixel, every peak and every gap kept.

    In each pixel's column stand its first, smallest, largest and last value; a column in which nothing is
    known breaks the line. `x` must ascend. A line that is short already is returned as it is.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = envelope(np.arange(10_000.0), np.sin(np.arange(10_000.0)), 100)
    >>> len(x), bool(y.max() > 0.999)
    (400, True)
    """
    if len(x) <= 4 * pixels:
        return x, y
    column = np.minimum(((x - x[0]) / (x[-1] - x[0]) * pixels).astype(np.int64), pixels - 1)
    first = np.flatnonzero(np.diff(column, prepend=-1))
    last = np.append(first[1:], len(x)) - 1
    known = np.isfinite(y)
    low = np.minimum.reduceat(np.where(known, y, np.inf), first)
    high = np.maximum.reduceat(np.where(known, y, -np.inf), first)
    nothing = low > high
    low[nothing] = high[nothing] = np.nan
    centre = (x[first] + x[last]) / 2
    ends = [np.where(known[at], y[at], low) for at in (first, last)]
    return np.repeat(centre, 4), np.stack([ends[0], low, high, ends[1]], axis=1).ravel()


def block_means(values: Floats, axis: int, most: int) -> Floats:
    """Means of neighbours along an axis, so many together that at most `most` remain; NaN where none is known.

    The last block may have fewer members than the others; its width is then drawn as theirs.

    Examples
    --------
    >>> import numpy as np
    >>> block_means(np.array([1.0, 3.0, np.nan, 5.0, np.nan, np.nan]), 0, 3)
    array([ 2.,  5., nan])
    """
    length = values.shape[axis]
    together = -(-length // most)
    if together <= 1:
        return values
    starts = np.arange(0, length, together)
    known = np.isfinite(values)
    count = np.add.reduceat(known, starts, axis=axis, dtype=np.float64)
    total = np.add.reduceat(np.where(known, values, 0.0), starts, axis=axis)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
