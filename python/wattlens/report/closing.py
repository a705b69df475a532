"""What is read last: what could not be done and what it needs, the settings, the versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wattlens import html
from wattlens.report.pen import ABSENT, Pen

if TYPE_CHECKING:
    from wattlens.diagnosis import Diagnosis

__all__ = ["not_done", "settings"]


def not_done(diagnosis: Diagnosis, pen: Pen) -> str:
    """What could not be done with what it needs, and the parts of the profile that are absent."""
    told = [one.sentence(pen.language) for one in diagnosis.not_done]
    told += [
        pen.say("report.absent", field=pen.word(one.field, "field"), reason=pen.word(one.reason))
        for one in diagnosis.profile.absent
    ]
    said = pen.items(list(dict.fromkeys(told))) if told else pen.paragraph("report.all_done")
    return pen.heading("report.not_done") + said


def settings(diagnosis: Diagnosis, pen: Pen) -> str:
    """Contract, calendar, settings of the calculation, versions."""
    record = diagnosis.record
    site, contract = record.site, record.site.contract
    rule = contract.overrun_rule if contract.demand_billing == "contract_demand" else ABSENT
    rows = [
        (pen.say("label.version"), record.wattlens),
        (pen.say("label.tzdb"), record.tzdb),
        (pen.say("label.schema"), str(record.schema)),
        (pen.say("label.zone"), site.zone),
        (pen.say("label.calendar"), site.calendar),
        (pen.say("label.tariff"), ABSENT if diagnosis.tariff is None else diagnosis.tariff.id),
        (pen.say("label.capacity_kva"), pen.number(contract.capacity_kva, None, "kVA")),
        (pen.say("label.demand_billing"), pen.word(contract.demand_billing)),
        (pen.say("label.contract_demand_kw"), pen.number(contract.contract_demand_kw, None, "kW")),
        (pen.say("label.power_factor_standard"), pen.number(contract.power_factor_standard, 2)),
        (pen.say("label.overrun_rule"), rule),
        *((pen.word(name, "setting"), value) for name, value in _flat(record.settings)),
    ]
    heads = pen.heads("setting", "value")
    return pen.heading("report.settings") + html.table(heads, rows, numeric=[False, False])


def _flat(settings: Mapping[str, Any], family: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{family}{name}.")
        else:
            yield f"{family}{name}", str(value)
