"""The replica-symmetric free energy of a layered spin model as a function of its overlaps.

Averaging Z^n over Gaussian couplings leaves the exponential of
(beta^2/2) sum_k sigma_k^2 N_{k-1} N_k sum_ab q^{k-1}_ab q^k_ab. With q^k_ab = q_k for a != b, n -> 0,
w_k = sigma_k^2 N_{k-1} N_k / N, n_k = N_k / N, R_k = sum over neighbours of sigma_kk'^2 N_k' q_k', and
xi ~ N(0, 1), per spin:

    -beta f = sum_k n_k E log(2 cosh(beta sqrt(R_k) xi)) + (beta^2/2) sum_bonds w (1 - q)(1 - q')
    d(-beta f)/dq_k = (beta^2/2) n_k sum_k' sigma_kk'^2 N_k' (q_k' - F_k'),  F_k = E tanh^2(beta sqrt(R_k) xi)
    e = d(beta f)/d(beta) = -beta sum_bonds w (1 - q q')
    s = beta (e - f) = sum_k n_k E [log(2 cosh x_k) - x_k tanh x_k] - (beta^2/2) sum_bonds w (1 - q)(1 - q')

e and s hold at the saddle q_k = F_k. The last line is beta (e - f) with the terms that cancel removed, so
that the entropy keeps its accuracy as T -> 0. As a function of the q_k this is a saddle, not a minimum: the
second derivatives couple neighbouring layers only, so solve the equations and do not minimise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from theory.arrays import FloatArray
from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.rs.local_field import FieldAverages, field_averages


def rs_free_energy(couplings: LayeredCouplings, temperature: float, overlaps: ArrayLike) -> float:
    """Return the free energy per spin at any overlaps, not only at the saddle point.

    Parameters
    ----------
    couplings : LayeredCouplings
    temperature : float
        T > 0 in units of energy.
    overlaps : array, shape (L + 1,)
        q_k from 0 to 1.

    Returns
    -------
    float
        f = -T log Z / N (disorder average), in units of energy; the module's docstring has the formula.

    Raises
    ------
    ValueError
        For a temperature that is not positive, or overlaps that are not one number from 0 to 1 per layer.
    """
    q = checked_overlaps(couplings, temperature, overlaps)
    averages = field_averages(field_strengths(couplings, temperature, q))
    return free_energy_per_spin(couplings, temperature, q, averages, 1 - q)


def field_strengths(couplings: LayeredCouplings, temperature: float, overlaps: FloatArray) -> FloatArray:
    """Return beta sqrt(R_k), the width of the reduced local field in each layer, shape (L + 1,)."""
    return np.sqrt(couplings.field_variances(overlaps)) / temperature


def free_energy_per_spin(
    couplings: LayeredCouplings,
    temperature: float,
    overlaps: FloatArray,
    averages: FieldAverages,
    complements: FloatArray,
) -> float:
    """Return f; `complements` is 1 - q, given apart from q because near T = 0 rounding would destroy it."""
    # T E log(2 cosh x) = T E [log(2 cosh x) - x tanh x] + sqrt(R) (a E sech^2 x): nothing grows as T -> 0.
    widths_of_fields = np.sqrt(couplings.field_variances(overlaps))
    field = temperature * averages.entropy + widths_of_fields * (widths_of_fields / temperature * averages.sech2)
    reaction = couplings.bond_weights * complements[:-1] * (complements[1:] / temperature)
    return -float(couplings.layer_fractions @ field + reaction.sum() / 2)


def energy_per_spin(couplings: LayeredCouplings, temperature: float, complements: FloatArray) -> float:
    """Return e = -beta sum_bonds w (1 - q q') from 1 - q, shape (L + 1,), at a saddle point."""
    below, above = complements[:-1], complements[1:]
    return -float(couplings.bond_weights @ ((below + above - below * above) / temperature))


def entropy_per_spin(
    couplings: LayeredCouplings,
    temperature: float,
    averages: FieldAverages,
    complements: FloatArray,
) -> float:
    """Return s = beta (e - f) from 1 - q, shape (L + 1,), at a saddle point."""
    scaled = complements / temperature
    reaction = couplings.bond_weights * scaled[:-1] * scaled[1:]
    return float(couplings.layer_fractions @ averages.entropy - reaction.sum() / 2)


def check_temperature(temperature: float) -> None:
    """Raise ValueError unless the temperature is positive and finite."""
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ValueError(f"temperature: got {temperature!r}; give a positive finite number")


def checked_overlaps(couplings: LayeredCouplings, temperature: float, overlaps: ArrayLike) -> FloatArray:
    """Return the overlaps as an array; raise ValueError unless they and the temperature are possible."""
    check_temperature(temperature)
    q = np.asarray(overlaps, dtype=np.float64)
    layers = len(couplings.widths)
    if q.shape != (layers,) or not np.all((q >= 0) & (q <= 1)):
        raise ValueError(f"overlaps: got {overlaps!r}; give {layers} numbers from 0 to 1, one per layer")
    return q
