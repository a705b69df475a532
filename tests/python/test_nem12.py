"""NEM12 and NEM13 value by value against nemreader, a public reader of the format."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from nemreader.nem_objects import Reading
from nemreader.nem_reader import NEMFile

import wattlens as wl
from wattlens import _core

MARKET_TIME = "Etc/GMT-10"
SUBSTITUTED = _core.flag_names().index("substituted")
FIXTURES = Path(__file__).parents[1] / "fixtures" / "nem12"
CHANNELS = {"E": "import_kwh", "B": "export_kwh", "Q": "import_kvarh", "K": "export_kvarh", "V": "voltage_v"}
SCALES = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "varh": 1e-3, "kvarh": 1.0, "mvarh": 1e3, "": 1.0}
REAL = [
    "NEM12_actual_interval",
    "NEM12_different_interval_length",
    "NEM12_month_solar",
    "NEM12_multiple_meters",
    "NEM12_multiple_quality",
    "NEM12_no_scheduled_read",
    "NEM12_partialchannel",
    "NEM12_substituted_interval",
    "NEM12_upper_case_units",
    "WesternPower",
]
# Those of our own files that nemreader takes for valid and reads alike: of a day given twice it gives both.
OWN = [
    "day_absent",
    "days_descending",
    "files_joined",
    "interval_length_changes",
    "megawatt_hours_lower_case",
    "quality_of_part_unknown",
    "two_import_registers",
    "value_no_number",
    "voltage_only_register",
]


def theirs(path: Path) -> dict[str, dict[str, list[Reading]]]:
    """What nemreader reads: NMI → suffix → values. It is given lines, as it leaves files open."""
    readings: dict[str, dict[str, list[Reading]]] = (
        NEMFile(str(path)).parse_nem_file(path.read_text().splitlines()).readings
    )
    return readings


def found(meters: wl.Meters, nmi: str, suffix: str, minutes: int) -> wl.Readings:
    """The meter of a channel, whatever its name says of registers and lengths."""
    names = [f"{name}{length}" for name in (nmi, f"{nmi}-{suffix[1:]}") for length in ("", f" {minutes} min")]
    fits = [
        meters[name]
        for name in names
        if name in meters
        and CHANNELS[suffix[0]] in meters[name].channels
        and meters[name].step.total_seconds() == minutes * 60
    ]
    assert len(fits) == 1, (names, list(meters))
    return fits[0]


def same_values(path: Path) -> int:
    """How many values both readers give; each is the same in value, place and flag."""
    meters = wl.read_meters(path, zone=MARKET_TIME, progress=False)
    counts: dict[tuple[str | None, str], int] = {}
    for nmi, channels in theirs(path).items():
        for suffix, values in channels.items():
            channel = CHANNELS[suffix[0]]
            for minutes in {int((one.t_end - one.t_start).total_seconds() // 60) for one in values}:
                readings = found(meters, nmi, suffix, minutes)
                kwh, flags, begin = readings[channel], readings.flags(channel), readings.start
                for one in values:
                    if (one.t_end - one.t_start).total_seconds() != minutes * 60:
                        continue
                    slot = round((one.t_start.replace(tzinfo=ZoneInfo(MARKET_TIME)) - begin) / readings.step)
                    if one.read_value is None:
                        assert np.isnan(kwh[slot])
                        continue
                    assert abs(kwh[slot] - one.read_value * SCALES[one.uom.lower()]) <= 1e-12 * abs(kwh[slot])
                    is_estimate = str(one.quality_method)[0] in "EFS"
                    assert (flags[slot] == SUBSTITUTED) == is_estimate, (suffix, one.t_start)
                    key = (readings.meter, channel)
                    counts[key] = counts.get(key, 0) + 1
    for name, readings in meters.items():
        for channel in readings.channels:
            assert counts[(readings.meter, channel)] == np.isfinite(readings[channel]).sum(), name
    return sum(counts.values())


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_the_same(real_folder: Path, name: str) -> None:
    assert same_values(real_folder / "nem12" / f"Example_{name}.csv") > 0


@pytest.mark.parametrize("name", OWN)
def test_own_files_are_the_same(name: str) -> None:
    assert same_values(FIXTURES / f"{name}.csv") > 0


@pytest.mark.parametrize("name", ["NEM13_consumption_data", "NEM13_forward_estimate"])
def test_registers_read_by_hand_are_the_same(real_folder: Path, name: str) -> None:
    path = real_folder / "nem12" / f"Example_{name}.csv"
    meters = wl.read_meters(path, zone=MARKET_TIME, progress=False)
    market = ZoneInfo(MARKET_TIME)
    count = 0
    for nmi, channels in theirs(path).items():
        for suffix, values in channels.items():
            readings = meters[nmi] if nmi in meters else meters[f"{nmi}-{suffix}"]
            table = readings.spans.to_table().to_pandas()
            spans = table[table["start"] != table["end"]]
            shown = table[table["start"] == table["end"]]
            registers = dict(zip(shown["start"], shown["value"], strict=True))
            for one, ours in zip(values, spans.itertuples(), strict=True):
                start, end = one.t_start.replace(tzinfo=market), one.t_end.replace(tzinfo=market)
                assert (ours.start, ours.end, ours.value) == (start, end, one.read_value)
                assert (registers[start], registers[end]) == (one.val_start, one.val_end)
                count += 1
    assert count > 0
