"""How options are read: from text to numbers and lists, or a complaint that says what was got and what to give."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

EVERY_EPOCH = "all"
LARGEST_BETA = 1e4
_VARIANCES = (1e-6, 1e6)
_MOST_POINTS = 10_000
_MOST_DIGITS = 18  # no option takes more, and reading thousands takes long


def number(text: str) -> float:
    """Return the number, or NaN, which every range check refuses."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def whole_number(text: str) -> int:
    """Return the whole number, or -1, which every range check refuses."""
    return int(text) if text.strip().isdecimal() and len(text) <= _MOST_DIGITS else -1


def positive(text: str) -> float:
    """Read a positive finite number."""
    value = number(text)
    _check(text, value > 0 and math.isfinite(value), "a positive finite number, such as 0.5")
    return value


def number_in(low: float, high: float, example: str = "1", *, wanted: str | None = None) -> Callable[[str], float]:
    """Return a reader of numbers from `low` to `high`; `wanted` says so in other words."""

    def read(text: str) -> float:
        value = number(text)
        _check(text, low <= value <= high, wanted or f"a number from {low:g} to {high:g}, such as {example}")
        return value

    return read


def whole(low: int, high: int, example: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low`, zero or more, to `high`."""

    def read(text: str) -> int:
        value = whole_number(text)
        such_as = "" if example is None else f", such as {example}"
        _check(text, low <= value <= high, f"a whole number from {low} to {high}{such_as}")
        return value

    return read


def numbers_in(low: float, high: float, wanted: str, *, fewest: int = 1) -> Callable[[str], tuple[float, ...]]:
    """Return a reader of at least `fewest` numbers from `low` to `high` with commas."""

    def read(text: str) -> tuple[float, ...]:
        values = tuple(number(part) for part in text.split(","))
        _check(text, len(values) >= fewest and all(low <= value <= high for value in values), wanted)
        return values

    return read


def whole_numbers_in(
    low: int, high: int, wanted: str, *, fewest: int = 1, growing: bool = False
) -> Callable[[str], tuple[int, ...]]:
    """Return a reader of at least `fewest` whole numbers from `low` to `high` with commas."""

    def read(text: str) -> tuple[int, ...]:
        values = tuple(whole_number(part) for part in text.split(","))
        ordered = not growing or all(before < after for before, after in pairwise(values))
        _check(text, len(values) >= fewest and ordered and all(low <= value <= high for value in values), wanted)
        return values

    return read


def range_in(low: float, high: float, example: str) -> Callable[[str], list[float]]:
    """Return a reader of LO:HI:N, N equally spaced numbers from LO to HI, both from `low` to `high`."""
    wanted = f"{low:g} <= LO < HI <= {high:g}"
    return _spaced(lambda first, last: low <= first < last <= high, wanted, _MOST_POINTS, example)


def temperatures(example: str, most: int = _MOST_POINTS) -> Callable[[str], list[float]]:
    """Return a reader of LO:HI:N, N <= `most` equally spaced temperatures."""
    return _spaced(lambda first, last: 0 < first < last < math.inf, "0 < LO < HI", most, example)


def one_of(names: Iterable[str], wanted: str, fault: str = "") -> Callable[[str], str]:
    """Return a reader of one of some names; `fault` says what is wrong with every other."""
    known = tuple(names)

    def read(text: str) -> str:
        _check(text, text in known, wanted, fault)
        return text

    return read


def epochs(text: str) -> str | list[float]:
    """Read epochs with commas, or all."""
    if text == EVERY_EPOCH:
        return text
    values = [number(part) for part in text.split(",")]
    allowed = all(math.isfinite(value) and value >= 0 for value in values)
    _check(text, allowed, "epochs >= 0 with commas, or all, such as 0,3")
    return values


def _spaced(fits: Callable[[float, float], bool], bounds: str, most: int, example: str) -> Callable[[str], list[float]]:
    def read(text: str) -> list[float]:
        parts: Sequence[str] = text.split(":")
        first, last, points = (*parts, "", "", "")[:3]
        ends, count = (number(first), number(last)), whole_number(points)
        complete = len(parts) == 3 and fits(*ends) and 2 <= count <= most
        _check(text, complete, f"LO:HI:N with {bounds} and N from 2 to {most}, such as {example}")
        return [float(value) for value in np.linspace(*ends, count)]

    return read


def _check(text: str, right: bool, wanted: str, fault: str = "") -> None:
    if not right:
        raise argparse.ArgumentTypeError(f"got {text!r}{fault}; give {wanted}")


weight_variance = number_in(*_VARIANCES)
weight_variances = range_in(*_VARIANCES, example="0.5:4:8")
bias_variance = number_in(0.0, _VARIANCES[1])
beta = number_in(0.0, LARGEST_BETA, example="4")
betas = range_in(0.0, LARGEST_BETA, example="0.5:8:16")
