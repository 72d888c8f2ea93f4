"""Error bars of correlated series by blocking over octaves.

An automatic (Sokal) window stops at the first flat stretch of the autocorrelation function and misses the slow mode of
replica round trips at cold slots. Blocking has no window: block lengths double until too few blocks are left, and the
largest error seen counts.

Source: Flyvbjerg & Petersen, J. Chem. Phys. 91, 461 (1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# With B blocks the error is known to 1 / sqrt(2 (B - 1)): 13 % at 32.
FEWEST_BLOCKS = 32


@dataclass(frozen=True)
class Blocking:
    """The mean of a series and how well it is known.

    Attributes
    ----------
    mean, error : float
        Mean and its standard error with autocorrelation.
    tau : float
        Integrated autocorrelation time in rows, 1/2 for independent rows.
    converged : bool
        Whether the error has stopped rising with the block length; where it has not, `error` is a lower bound.
    """

    mean: float
    error: float
    tau: float
    converged: bool


def octave_errors(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean for block lengths 1, 2, 4, ... rows.

    Parameters
    ----------
    series : float64 (rows,) or (rows, copies)
        Copies are independent chains of the same law; blocks never span two of them.
    """
    blocks = series.reshape(series.shape[0], -1)
    errors: list[float] = []
    while True:
        rows, copies = blocks.shape
        if errors and rows * copies < FEWEST_BLOCKS:
            return np.array(errors)
        count = rows * copies
        errors.append(float(np.sqrt(blocks.var() / max(1, count - 1))))
        if rows < 2:
            return np.array(errors)
        even = rows // 2 * 2
        # An odd row out is dropped at the front, where a series is least equilibrated.
        blocks = 0.5 * (blocks[rows - even :: 2] + blocks[rows - even + 1 :: 2])


def blocking(series: NDArray[np.float64]) -> Blocking:
    """Return mean, error and autocorrelation time of a series (rows,) or (rows, copies).

    Raises
    ------
    ValueError
        For fewer than two numbers, whose error nobody knows.
    """
    if series.size < 2:
        raise ValueError(f"series of {series.size} number(s): an error bar needs at least 2")
    errors = octave_errors(series)
    best = int(np.argmax(errors))
    error = float(errors[best])
    tau = 0.5 * (error / errors[0]) ** 2 if errors[0] > 0 else 0.5
    last_blocks = max(2, series.size // 2 ** (len(errors) - 1))
    noise = 1.0 / np.sqrt(2.0 * (last_blocks - 1))
    rising = len(errors) >= 2 and errors[-1] > errors[-2] * (1.0 + noise)
    return Blocking(float(series.mean()), error, float(tau), converged=bool(len(errors) >= 3 and not rising))
