"""Power-factor adjustment of Chinese bills, from the notice 〔83〕水电财字第215号."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def billed(kwh: Decimal, import_kvarh: Decimal, export_kvarh: Decimal) -> Decimal:
    """Power factor as billed: both directions add, two decimals, half up.

    >>> billed(Decimal(263595), Decimal(52110), Decimal(9570))
    Decimal('0.97')
    """
    kvarh = abs(import_kvarh) + abs(export_kvarh)
    return (kwh / (kwh * kwh + kvarh * kvarh).sqrt()).quantize(CENT, ROUND_HALF_UP)


def adjustment_percent(standard: Decimal, power_factor: Decimal) -> Decimal:
    """Percent to be added to the bill, walked hundredth by hundredth from the standard.

    >>> adjustment_percent(Decimal("0.90"), Decimal("0.69"))
    Decimal('11.0')
    >>> adjustment_percent(Decimal("0.85"), Decimal("0.97"))
    Decimal('-1.10')
    """
    percent, at = Decimal(0), standard
    lowest = {Decimal("0.90"): "-0.75", Decimal("0.85"): "-1.10", Decimal("0.80"): "-1.30"}[standard]
    while at < power_factor:
        at += CENT
        percent -= Decimal("0.10") if at <= Decimal("0.90") else Decimal("0.15")
    percent = max(percent, Decimal(lowest))
    while at > power_factor:
        at -= CENT
        if at >= standard - Decimal("0.20"):
            percent += Decimal("0.5")
        elif at >= standard - Decimal("0.25"):
            percent += Decimal(1)
        else:
            percent += Decimal(2)
    return percent
