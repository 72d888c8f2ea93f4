"""Whether energies still moved while they were measured."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mcsim.estimators.blocking import blocking
from validation.numbers.arrays import FloatArray

# Energies per site that differ by less, in units of the coupling scale, are equal: a frozen chain's mean has no spread.
ROUNDING = 1e-10


def p_value_of_shift(energies: FloatArray, *, over_disorder: bool) -> float:
    """Return the chance of so large a shift of any slot's energy, second quarter to second half, if it is noise.

    Shared among the slots (Bonferroni).

    Parameters
    ----------
    energies : float64 (samples, slots, rows, copies)
        Energies per site.
    over_disorder : bool
        Average the shift over samples and compare it with its spread among them; otherwise each sample's shift is
        compared with the errors of its series (blocking), as for the few repeats of one stored network.
    """
    rows = energies.shape[2]
    early, late = energies[:, :, rows // 4 : rows // 2], energies[:, :, rows // 2 :]
    shift = late.mean(axis=(2, 3)) - early.mean(axis=(2, 3))
    samples = energies.shape[0]
    if over_disorder:
        error = shift.std(axis=0, ddof=1) / np.sqrt(samples)
        z, law = _in_errors(shift.mean(axis=0), error), stats.t(samples - 1)
    else:
        error = np.array([[np.hypot(blocking(a).error, blocking(b).error) for a, b in zip(es, ls, strict=True)]
                          for es, ls in zip(early, late, strict=True)])  # fmt: skip
        z, law = _in_errors(shift, error), stats.norm
    p = 2.0 * law.sf(np.abs(z))
    return float(min(1.0, np.min(p) * p.size))


def _in_errors(shift: FloatArray, error: FloatArray) -> FloatArray:
    """Return shifts in units of their errors; 0 for one of rounding alone, as of spins frozen in their ground state."""
    frozen = (error <= ROUNDING) & (np.abs(shift) <= ROUNDING)
    return np.asarray(np.where(frozen, 0.0, shift) / np.where(error > 0, error, ROUNDING), dtype=np.float64)
