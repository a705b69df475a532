"""Colours that people with colour-blindness can tell apart, and small images made of them."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLOURS", "HEAT", "MISSING", "colour", "heat_map", "png"]

# Okabe & Ito, Color Universal Design (2008); black is left to text.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#8C6D31", "#7F7F7F")
MISSING = "#bdbdbd"

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


def png(places: NDArray[np.uint8], colours: bytes) -> bytes:
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
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )
