"""What reading a file would do, without doing it: what was found, why, how sure it is, and what to pass."""

from __future__ import annotations

from datetime import datetime
from os import PathLike
from typing import Any, Unpack
from zoneinfo import ZoneInfo

import msgspec

from wattlens import html, wire
from wattlens.errors import ReadingError
from wattlens.findings import Finding, Findings
from wattlens.reading import Options, signed, told
from wattlens.readings import Detected
from wattlens.sources import of_paths
from wattlens.table import Table
from wattlens.words import number

__all__ = ["InspectedChannel", "InspectedMeter", "Inspection", "Open", "inspect"]


class InspectedChannel(msgspec.Struct, frozen=True):
    """One column: what it becomes, its name, unit and multiplier, and how many numbers were seen in it."""

    channel: str
    column: str
    unit: str
    multiplier: float
    known: int | None


class InspectedMeter(msgspec.Struct, frozen=True):
    """One meter: its name, rows seen, channels, ends (UTC seconds), step, and what differs from the first meter."""

    meter: str | None
    rows: int
    channels: tuple[InspectedChannel, ...]
    start: int | None
    end: int | None
    step_s: int | None
    differing: dict[str, Detected]


class Open(msgspec.Struct, frozen=True):
    """A question that the file leaves open: the keyword that answers it, and what was taken to go on."""

    keyword: str | None
    problem: str
    taken: str | None


class Inspection(wire.Result, frozen=True, kw_only=True):
    """What `wattlens.read` would do with a file.

    Attributes
    ----------
    source, looked_at_bytes, is_cut
        The file, how many bytes of it were looked at (unpacked), and whether it goes on after them; rows, meters and
        ends are then those of the beginning.
    found
        What was found out or told: format, encoding, layout, zone, stamp, step and so on, each with the value, the
        reason and how sure it is. Of several meters, the first.
    meters, meters_seen
        The meters, and how many there are where they are too many to be described.
    open
        What cannot be known from the file, and the keyword to pass.
    odd
        What reading would report as findings.
    """

    source: str
    looked_at_bytes: int
    is_cut: bool
    found: dict[str, Detected]
    meters: tuple[InspectedMeter, ...]
    meters_seen: int
    open: tuple[Open, ...]
    odd: tuple[Finding, ...] = msgspec.field(name="findings")

    @property
    def findings(self) -> Findings:
        """What reading would report."""
        return Findings(self.odd, zone=self._zone())

    def _zone(self) -> str:
        zone = self.found.get("zone")
        return zone.value if zone is not None else "UTC"

    def to_table(self) -> Table:
        """One row a question: what was found, the value, how sure it is, and why."""
        return Table(
            {
                "question": list(self.found),
                "value": [one.value for one in self.found.values()],
                "sure": [one.sure for one in self.found.values()],
                "why": [one.why for one in self.found.values()],
            }
        )

    def _head(self) -> str:
        seen = f"{number(self.looked_at_bytes)} bytes" + (", the beginning" if self.is_cut else "")
        meters = f"{number(self.meters_seen)} meter{'s'[: self.meters_seen != 1]}"
        questions = f"{len(self.open)} open question{'s'[: len(self.open) != 1]}" if self.open else "nothing open"
        return f"{self.source} ({seen}): {meters}, {questions}"

    def _questions(self) -> list[str]:
        return [
            (f"pass {one.keyword}=: " if one.keyword else "")
            + one.problem
            + (f" ({one.taken} is taken to go on)" if one.taken else "")
            for one in self.open
        ]

    def _described(self) -> list[list[str]]:
        zone = ZoneInfo(self._zone())

        def stamp(at: int | None) -> str:
            return "–" if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"

        def channel(one: InspectedChannel) -> str:
            times = "" if one.multiplier == 1 else f" × {number(one.multiplier)}"
            return f"{one.channel} ← {one.column!r} [{one.unit}]{times}"

        return [
            [
                one.meter or "–",
                number(one.rows),
                stamp(one.start),
                stamp(one.end),
                "–" if one.step_s is None else f"{number(one.step_s / 60)} min",
                ", ".join(map(channel, one.channels)),
            ]
            for one in self.meters[:20]
        ]

    def __repr__(self) -> str:
        lines = [self._head()]
        lines += [f"  ? {question}" for question in self._questions()]
        width = max(map(len, self.found), default=0)
        lines += [
            f"  {key:<{width}}  {one.value}  ({one.sure}" + (")" if one.sure == "given" else f": {one.why})")
            for key, one in self.found.items()
        ]
        for name, rows, start, end, step, channels in self._described():
            lines.append(f"  meter {name}: {rows} rows, {step}, {start} … {end}; {channels}")
        if self.meters_seen > 20:
            lines.append(f"  … and {self.meters_seen - 20} more meters")
        lines += [f"  ! {one.code}: {one.sentence()}" for one in self.odd[:10]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = f"<b>{html.escape(self._head())}</b>"
        if self.open:
            body += html.table(["open question"], [[question] for question in self._questions()], numeric=[False])
        rows = [[key, one.value, one.sure, one.why] for key, one in self.found.items()]
        body += html.table(["question", "value", "sure", "why"], rows, numeric=[False] * 4)
        heads = ["meter", "rows", "start", "end", "step", "channels"]
        body += html.table(heads, self._described(), numeric=[False, True, False, False, False, False])
        if self.odd:
            body += html.table(
                ["code", "finding"], [[one.code, one.sentence()] for one in self.odd], numeric=[False] * 2
            )
        return html.fragment(body)


@signed
def inspect(path: str | PathLike[str], *, meter: str | None = None, **said: Unpack[Options]) -> Inspection:
    r"""What `read` would do with a file, without doing it; keywords as there.

    No more than the first 2 MiB are read. What cannot be known from the file is in `open`, with the keyword to pass;
    where the zone is not known, UTC is taken to go on. An error of the reader is an open question too, and what was
    found until then is kept.

    Raises
    ------
    FileNotFoundError
        No such file.
    ReadingError
        A folder or several files; a keyword that makes no sense by itself.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import wattlens as wl
    >>> path = pathlib.Path(tempfile.mkdtemp(), "plant.csv")
    >>> rows = "2024-03-01 00:15,5\n2024-03-01 00:30,6\n2024-03-01 00:45,7\n"
    >>> _ = path.write_text("time,kWh\n" + rows, encoding="utf-8")
    >>> found = wl.inspect(path)
    >>> found.open[0].keyword, found.found["stamp"].value, found.found["stamp"].sure
    ('zone', 'end', 'likely')
    """
    sources, is_one = of_paths(path)
    if not is_one:
        raise ReadingError(f"{path} is not one file; inspect one of {len(sources)}, such as {sources[0].path}")
    options = told(said, **({} if meter is None else {"only": meter}))
    text, known = sources[0].inspect(options, said.get("zone"), said.get("sheet"))
    raw: dict[str, Any] = wire.plain(text)
    raw["found"] |= known
    return msgspec.convert(raw, Inspection)
