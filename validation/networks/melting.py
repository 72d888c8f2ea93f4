"""Where Monte Carlo sees the hidden order melt, beside the critical temperature of the TAP equations.

A finite network has no sharp transition. Two temperatures stand for it, which agree as N grows:

- where the Binder ratio of the projection on the ordering mode takes the value 0.4058 that every mean-field
  ferromagnet has at its T_c (weight exp(-x^4/12), <x^4>/<x^2>^2 = Gamma(1/4) Gamma(5/4)/Gamma(3/4)^2);
- where the spread N(<x^2> - <|x|>^2) of the projection is largest.

Both approach T_c as n^{-1/2} with the number n of spins that take part, about the participation ratio of the mode.
Random couplings without any transition along the mode show both as well, at one size: read them beside the kind of the
instability ("crossing" or "near-touch") and the depth of the crossing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gamma, gammaln

from validation.networks.moments import binder_of, projection_chains, spread_of
from validation.networks.sampled_spins import SampledSpins
from validation.numbers.arrays import FloatArray, FloatOrNan
from validation.numbers.blocks import block_jackknife

CRITICAL_BINDER = float((3 - gamma(0.25) * gamma(1.25) / gamma(0.75) ** 2) / 2)


@dataclass(frozen=True)
class MeltingTemperature:
    """A temperature that stands for the transition of a finite network; nan where it was not found."""

    value: FloatOrNan
    error: FloatOrNan
    #: Over T_c, in a uniform ferromagnet with as many spins: how far off the size alone puts it.
    expected: float


@dataclass(frozen=True)
class Melting:
    """Where the order of one network melts."""

    critical_temperature: float  #: of the TAP equations
    binder: MeltingTemperature  #: where the Binder ratio of the projection crosses `CRITICAL_BINDER`
    spread: MeltingTemperature  #: where the spread of the projection is largest, if not at an end of the ladder
    participants: float  #: participation ratio 1/sum v_i^4 of the mode


def melting(samples: Sequence[SampledSpins], mode: FloatArray, critical_temperature: float) -> Melting:
    """Return where the order along a mode melts.

    Parameters
    ----------
    samples : sequence of SampledSpins
        Repeats, whose slots should span the melting generously.
    mode : float64 (N,)
        The direction that orders, `stability_mode(bonds, T_c)[1]`.
    critical_temperature : float
        Of the TAP equations of this network.
    """
    temperatures = samples[0].temperatures

    def both(averages: FloatArray) -> FloatArray:
        binder, spread = binder_of(averages)[:, 0], spread_of(averages)[:, 0]
        return np.array([crossing(temperatures, binder, CRITICAL_BINDER), peak(temperatures, spread)])

    melts = block_jackknife(projection_chains(samples, mode), both)
    participants = float(np.sum(mode**2) ** 2 / np.sum(mode**4))
    expected = curie_weiss_melting(max(4, round(participants)))
    binder, spread = map(MeltingTemperature, melts.value.tolist(), melts.error.tolist(), expected)
    return Melting(critical_temperature, binder, spread, participants)


def crossing(temperatures: FloatArray, values: FloatArray, level: float) -> float:
    """Return the highest temperature at which values, linear between temperatures, fall through the level, or nan."""
    above = np.flatnonzero((values[:-1] >= level) & (values[1:] < level))
    if not above.size:
        return math.nan
    i = int(above[-1])
    share = (values[i] - level) / (values[i] - values[i + 1])
    return float(temperatures[i] + share * (temperatures[i + 1] - temperatures[i]))


def peak(temperatures: FloatArray, values: FloatArray, reach: int = 2) -> float:
    """Return the vertex of a parabola in log T through the largest value and its neighbours, or nan at an end."""
    top = int(np.argmax(values))
    if not reach <= top < values.size - reach:
        return math.nan
    near = slice(top - reach, top + reach + 1)
    x = np.log(temperatures[near])
    curvature, slope, _ = np.polyfit(x - x.mean(), values[near], 2)
    if curvature >= 0:
        return math.nan
    return float(np.exp(np.clip(x.mean() - slope / (2 * curvature), x[0], x[-1])))


def curie_weiss(spins: int, temperature: float) -> FloatArray:
    """Return the exact averages of |m|, m^2, m^4 for the magnetisation of N spins with couplings 1/N; T_c = 1."""
    m = np.linspace(-1, 1, spins + 1)
    up = np.arange(spins + 1)
    log_weight = spins * m**2 / (2 * temperature) - gammaln(up + 1) - gammaln(spins - up + 1)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return np.array([weight @ np.abs(m), weight @ m**2, weight @ m**4])


def curie_weiss_melting(spins: int) -> tuple[float, float]:
    """Return where a uniform ferromagnet melts over T_c, by the Binder ratio and by the spread."""

    def excess(t: float) -> float:
        return float(binder_of(curie_weiss(spins, t))) - CRITICAL_BINDER

    widest = minimize_scalar(lambda t: -float(spread_of(curie_weiss(spins, t))), bounds=(0.2, 1.5), method="bounded")
    return float(brentq(excess, 0.2, 3.0, xtol=1e-9)), float(widest.x)
