"""Colours that people with colour-blindness can tell apart, and small images made of them."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLOURS", "FLAGS", "HEAT", "MISSING", "SEVERITIES", "colour", "heat_map", "png", "state_map"]

# Okabe & Ito, Color Universal Design (2008); black is left to text.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#8C6D31", "#7F7F7F")
MISSING = "#bdbdbd"

# What a gap map shows: what was measured is pale, what is missing stands out, estimates are blues and greens of
# different lightness, one a method.
FLAGS = {
    "measured": "#d9e2e8",
    "sampled": "#b9c9d6",
    "missing": "#c8102e",
    "incomplete": "#e08a8a",
    "ambiguous": "#f0e442",
    "flagged": "#e69f00",
    "substituted": "#003f6b",
    "linear": "#56b4e9",
    "like_day": "#0072b2",
    "scaled": "#00a39b",
    "balance": "#8fdad3",
    "spread": "#8e9bff",
}
SEVERITIES = {"critical": "#7f1d1d", "high": "#b3261e", "medium": "#b45309", "low": "#4d6a8a", "info": "#6b7280"}

# Eleven anchors of viridis (S. van der Walt and N. Smith, CC0).
_ANCHORS = (
    "440154", "482475", "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70", "7ad151", "bddf26", "fde725",
)  # fmt: skip


def _heat() -> NDArray[np.uint8]:
    anchors = np.array([[int(text[at : at + 2], 16) for at in (0, 2, 4)] for text in _ANCHORS])
    places = np.linspace(0, 1, len(anchors))
    wanted = np.linspace(0, 1, 255)
    shades = np.stack([np.interp(wanted, places, anchors[:, part]) for part in range(3)], axis=1)
    return np.asarray(np.rint(shades), dtype=np.uint8)


HEAT = _heat()


def colour(place: int) -> str:
    """A colour of the palette; it begins again after the last."""
    return COLOURS[place % len(COLOURS)]


def heat_map(values: NDArray[np.float64], low: float, high: float) -> str:
    """A matrix as a PNG in a data URI, row 0 lowest: `low` to `high` are viridis, NaN is grey."""
    known = np.isfinite(values)
    scale = 254.0 / (high - low) if high > low else 0.0
    shades = np.clip(np.rint((np.where(known, values, low) - low) * scale), 0, 254).astype(np.uint8) + 1
    grey = bytes.fromhex(MISSING[1:])
    image = png(np.flipud(np.where(known, shades, 0)), grey + HEAT.tobytes())
    return "data:image/png;base64," + base64.b64encode(image).decode()


def state_map(places: NDArray[np.uint8], colours: Sequence[str]) -> str:
    """A matrix of states as a PNG in a data URI, row 0 lowest: 0 is transparent, n the n-th colour (`#rrggbb`)."""
    palette = bytes(3) + b"".join(bytes.fromhex(shade[1:]) for shade in colours)
    return "data:image/png;base64," + base64.b64encode(png(np.flipud(places), palette, is_first_clear=True)).decode()


def png(places: NDArray[np.uint8], colours: bytes, *, is_first_clear: bool = False) -> bytes:
    """A PNG of places in a palette of RGB triples, compressed without loss (ISO/IEC 15948)."""
    height, width = places.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), places.astype(np.uint8)], axis=1)

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"PLTE", colours)
        + (chunk(b"tRNS", b"\0") if is_first_clear else b"")
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )
