import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import wattlens as wl
from wattlens import words

FUJIAN = "cn-fujian-two-part-1-10kv-2025-08"
KWH = {"sharp": 32719, "peak": 86671, "flat": 101769, "valley": 42436}
CAPACITY: dict[str, Any] = {"capacity_kva": 1130, "demand_billing": "capacity", "power_factor_standard": 0.90}


def bill_of(tariff: wl.Tariff | None = None, kwh: Mapping[str, float] | None = None, **contract: Any) -> wl.Bill:
    quantities = wl.BillingQuantities.month("2025-08", kwh=kwh or KWH, import_kvarh=52110, export_kvarh=9570)
    return (tariff or wl.Tariff.load(FUJIAN)).bill(quantities, wl.Contract(**(CAPACITY | contract)))


def test_two_july_bills_solve_to_their_two_prices_and_august_to_the_published_ones(real_folder: Path) -> None:
    goldens = json.loads((real_folder / "tariff" / "china_goldens.json").read_text(encoding="utf-8"))
    tariff = wl.Tariff.load(FUJIAN).assume_in_force()
    # The published rest holds the government funds, which stand apart in the tariff.
    funds = Decimal("0.02766875")
    kva = {"A": 1130, "B": 1260}

    def given(month: str, one: dict[str, Any], total: float) -> tuple[wl.BillingQuantities, wl.Contract, float]:
        forward, reverse = one["kvarh"]
        quantities = wl.BillingQuantities.month(month, kwh=one["kwh"], import_kvarh=forward, export_kvarh=reverse)
        return quantities, wl.Contract(**(CAPACITY | {"capacity_kva": kva[one["site"]]})), total

    july = [given("2025-07", one, one["total"]) for one in goldens["other_real_totals"] if one["month"] == "2025-07"]
    august = [given("2025-08", one, one["billed_total"]) for one in goldens["bills"]]
    for bills, purchase, rest in [(july, "0.404900", "0.201968"), (august, "0.373900", "0.2102688")]:
        solved = wl.solve_prices(tariff, bills, ["purchase", "network_and_system"])
        assert abs(solved["purchase"] - Decimal(purchase)) < Decimal("1e-6")
        assert abs(solved["network_and_system"] + funds - Decimal(rest)) < Decimal("1e-6")
        priced = tariff.with_prices(**{one.name: one.price for one in solved.prices})
        for quantities, contract, total in bills:
            assert abs(priced.bill(quantities, contract).total - Decimal(str(total))) <= solved.left <= Decimal("0.02")
    with pytest.raises(wl.TariffError, match="do not tell"):
        wl.solve_prices(tariff, [july[0], july[0]], ["purchase", "network_and_system"])
    with pytest.raises(wl.TariffError, match="as many bills"):
        wl.solve_prices(tariff, july, ["purchase"])
    with pytest.raises(KeyError, match="purchase"):
        solved["nothing"]


@pytest.mark.parametrize(
    ("contract", "code", "fact", "value"),
    [
        ({"power_factor_standard": 0.85}, "power_factor_standard", "standard", "0.85"),
        ({"power_factor_standard": None}, "power_factor_standard", "standard", None),
        ({"capacity_kva": 1250}, "capacity_kva", "implied", "1250"),
    ],
)
def test_another_contract_is_found_and_said(contract: dict[str, Any], code: str, fact: str, value: str | None) -> None:
    found = wl.reconcile(bill_of(), wl.PaperBill(bill_of(**contract).total))
    first = found.hypotheses[0]
    assert (first.code, first.facts[fact]) == (code, value)
    assert found.outcome == ("only_solved" if code == "capacity_kva" else "one")
    for language in words.LANGUAGES:
        said = found.sentences(language)
        assert len(said) == len(found.hypotheses)
        assert "".join(found.statement(language).split()) in "".join(found.text(language).split())
    # One total is known: whatever else meets it stands behind, and the statement does not call it proved.
    assert {"price", "period_kwh"} <= {one.code for one in found.hypotheses[1:]}
    assert ("not that it is so" if code == "capacity_kva" else "not a proof") in found.statement()
    assert "One figure cannot tell them apart" in found.statement()


def test_lines_narrow_it_down() -> None:
    dearer = bill_of(wl.Tariff.load(FUJIAN).with_prices(purchase="0.391234"))
    ours = bill_of()
    by_total = wl.reconcile(ours, wl.PaperBill(dearer.total))
    assert by_total.outcome == "only_solved"
    assert len(by_total.hypotheses) > 5
    lines: dict[Any, Decimal] = {("purchase", line.period): line.amount for line in dearer.lines if line.period}
    lines["basic_charge"] = Decimal(28250)
    found = wl.reconcile(ours, wl.PaperBill(dearer.total, lines=lines))
    (only,) = found.hypotheses
    assert (only.code, only.facts["component"], only.facts["implied"]) == ("price", "purchase", "0.391234")
    differing = {(one.component, one.period) for one in found.compared if one.agrees is False}
    assert differing == {(None, None), *(("purchase", period) for period in KWH)}
    assert found.difference == dearer.total - ours.total


def test_energies_are_written_without_the_dust_of_their_sums() -> None:
    ours = bill_of(kwh=KWH | {"peak": 26500.08999999999, "flat": 29256.640000000003})
    found = wl.reconcile(ours, wl.PaperBill(bill_of(kwh=KWH | {"peak": 25000}).total, kwh={"flat": 29256.65}))
    for language in words.LANGUAGES:
        text = " ".join(found.text(language).split())
        assert "26 500.09 kWh" in text
        assert "29 256.64 29 256.65 0.01" in text
        assert "999" not in text
        assert ", price," not in text
        assert "（price）" not in text


def test_a_multiplier_a_period_and_nothing_at_all() -> None:
    ours = bill_of()
    dropped = wl.reconcile(ours, wl.PaperBill(bill_of(kwh=KWH | {"peak": 0}).total))
    absent = next(one for one in dropped.hypotheses if one.code == "period_absent")
    assert (absent.facts["period"], absent.evidence) == ("peak", "exact")
    assert "峰段" in dropped.text("zh")
    assert wl.reconcile(ours, wl.PaperBill(ours.total)).agrees
    two_wrong = wl.PaperBill(lines={"basic_charge": 30000, "government_funds": 1000, "purchase": 117144.62})
    nothing = wl.reconcile(ours, two_wrong)
    assert (nothing.outcome, nothing.hypotheses) == ("unexplained", ())
    assert "two or more things differ" in nothing.statement()


def test_inputs_and_refusals() -> None:
    ours = bill_of()
    paper = wl.PaperBill(total="199369.02")
    quantities, contract, tariff = ours.quantities, ours.contract, wl.Tariff.load(FUJIAN)
    by_inputs = wl.reconcile(quantities, paper, tariff=tariff, contract=contract)
    assert by_inputs.to_json() == wl.reconcile(ours, paper).to_json()
    with pytest.raises(wl.TariffError, match="tariff="):
        wl.reconcile(quantities, paper)
    with pytest.raises(wl.TariffError, match="at least one figure"):
        wl.reconcile(ours, wl.PaperBill())
    with pytest.raises(wl.TariffError, match="more than zero"):
        wl.reconcile(ours, wl.PaperBill(1, tolerance=0))
    with pytest.raises(wl.TariffError, match="many"):
        wl.PaperBill(total="many")
    with pytest.raises(wl.TariffError, match="nan"):
        wl.PaperBill(lines={"purchase": float("nan")})
    with pytest.raises(TypeError, match="PaperBill"):
        wl.reconcile(ours, 199369.02)  # type: ignore[arg-type]
    near = wl.reconcile(ours, wl.PaperBill(ours.total, lines={"purchas": 1}))
    assert near.record.not_in_tariff == {"purchas": ("purchase",)}
    assert "near names" in near.text()


def test_every_hypothesis_has_words_in_both_languages() -> None:
    source = (Path(__file__).parents[2] / "src/tariff/reconcile/search.rs").read_text(encoding="utf-8")
    codes = [
        one.strip(' ",') for one in source.split("PLAUSIBLE: &[&str] = &[")[1].split("];")[0].split("\n") if '"' in one
    ]
    assert len(codes) >= 20
    for language in words.LANGUAGES:
        known = words.catalogue(language)
        assert [code for code in codes if f"reconcile.{code}" not in known] == []
        for family, names in {
            "outcome": ("agrees", "one", "several", "only_solved", "unexplained"),
            "evidence": ("exact", "listed", "round", "solved"),
        }.items():
            assert [name for name in names if f"reconcile.{family}.{name}" not in known] == []


def test_the_page_is_written_without_script(tmp_path: Path) -> None:
    found = wl.reconcile(bill_of(), wl.PaperBill(bill_of(power_factor_standard=0.85).total, kwh=KWH))
    page = tmp_path / "reconciled.html"
    found.to_html(page, "zh")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "功率因数标准：0.85" in text
    assert "reconcile." not in text
    assert "wattlens" in found._repr_html_()
