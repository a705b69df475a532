"""A bar that shows how far a long reading is, where somebody can see it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

__all__ = ["Bar"]

_LARGE = 20_000_000


class Bar:
    """A bar over the bytes of some files.

    Parameters
    ----------
    total
        Bytes of all files.
    shown
        Whether to show it; None shows it for folders and for files above 20 MB, on a terminal or in a notebook.
    of_folder
        Whether there are several files.
    """

    def __init__(self, total: int, *, shown: bool | None, of_folder: bool) -> None:
        if shown is None:
            can_be_seen = "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
            shown = can_be_seen and (of_folder or total > _LARGE)
        self._bar: Any = None
        self._before = 0
        if shown:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit="B", unit_scale=True, desc="reading", leave=False)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def seen(self, size: int) -> None:
        """So many bytes of the present file are read."""
        if self._bar is not None:
            self._bar.n = min(self._before + size, self._bar.total)
            self._bar.refresh()

    def done(self, size: int) -> None:
        """The present file, of this size, is done."""
        self.seen(size)
        self._before += size
