"""How figures are written: one number of decimals a row, a real minus sign, no figure where there is none."""

import math
from collections.abc import Iterable

from harness.records import Interval

MISSING = "–"


def decimals(values: Iterable[float | None]) -> int:
    """Decimals that suit the largest of ``values``: 3 for rates (up to 1.000 as written), 2 below ten, else 1."""
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    return 3 if largest < 1.0005 else 2 if largest < 10 else 1


def number(value: float | None, places: int = 3) -> str:
    """A figure: ``0.912``."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:.{places}f}".replace("-", "−").replace("inf", "∞")


def signed(value: float | None, places: int = 3) -> str:
    """A difference: ``+0.021``, ``−0.104``; zero has no sign."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:+.{places}f}".replace("-", "−").replace("inf", "∞")
    return text[1:] if not text.strip("+−0.") else text


def bounds(interval: Interval | None, places: int = 3, *, sign: bool = False) -> str:
    """An interval: ``[0.871, 0.944]``."""
    if interval is None:
        return ""
    write = signed if sign else number
    return f"[{write(interval.low, places)}, {write(interval.high, places)}]"


def p_value(value: float | None) -> str:
    """A p-value with three decimals; smaller ones as ``<.001``."""
    if value is None or math.isnan(value):
        return MISSING
    return "<.001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def compact(text: str) -> str:
    """A written figure without its leading zeros and commas, for narrow terminals: ``[+.461 +.583]``."""
    for before in ("[", " ", "+", "−"):
        text = text.replace(f"{before}0.", f"{before}.")
    return text.removeprefix("0").replace(",", "") if text.startswith("0.") else text.replace(",", "")
