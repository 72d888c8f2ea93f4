"""The order that Monte Carlo finds, beside a TAP solution and the leading eigenvectors of the couplings.

Nothing here turns states towards a reference: the order is read off the correlations <s_i s_j>, i != j, which vanish
for independent spins and are m_i m_j for a single pair of states +-m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.estimators.jackknife import leave_one_out
from validation.networks.alignment import Alignment, alignment
from validation.networks.sampled_spins import SampledSpins
from validation.numbers.arrays import FloatArray

_BLOCKS = 8


@dataclass(frozen=True)
class SampledOrder:
    """Monte Carlo order at one temperature, beside the magnetisations m of a TAP solution; sums are over i != j."""

    temperature: float  #: of the slot
    #: sum m_i m_j <s_i s_j> / sum m_i^2 m_j^2: 1 if the spins are in the pair of states +-m, 0 without order, below 1
    #: if they are in several states or fluctuate out of it.
    recovered: float
    recovered_error: float
    #: (sum m_i m_j <s_i s_j>)^2 / [sum m_i^2 m_j^2 sum <s_i s_j>^2]: what part of the mean squared overlap between
    #: copies is this pair of states; 1 if all.
    share_of_overlap: float
    share_of_overlap_error: float
    leading_share: float  #: largest eigenvalue of <s_i s_j> over N: 1 for one frozen pair of states
    solution: Alignment  #: of its eigenvector with m
    modes: tuple[Alignment, ...]  #: of its eigenvector with the leading eigenvectors of J


def sampled_order(spins: SampledSpins, pattern: FloatArray, temperature: float, modes: FloatArray) -> SampledOrder:
    """Compare the order in sampled states with a TAP solution.

    Parameters
    ----------
    spins : SampledSpins
    pattern : float64 (N,)
        Magnetisations of the TAP solution.
    temperature : float
        Of the solution; the slot nearest to it is read.
    modes : float64 (N, k)
        Leading eigenvectors of J.
    """
    slot = spins.nearest(temperature)
    blocks = _block_correlations(spins.states[slot])
    recovered = leave_one_out(blocks, lambda correlations: _recovered(correlations, pattern))
    share = leave_one_out(blocks, lambda correlations: _share_of_overlap(correlations, pattern))
    values, vectors = np.linalg.eigh(blocks.mean(axis=0))
    leading = vectors[:, -1]
    return SampledOrder(
        temperature=float(spins.temperatures[slot]),
        recovered=float(recovered.whole),
        recovered_error=float(recovered.error),
        share_of_overlap=float(share.whole),
        share_of_overlap_error=float(share.error),
        leading_share=float(values[-1] / len(leading)),
        solution=alignment(leading, pattern),
        modes=tuple(alignment(leading, v) for v in modes.T),
    )


def _block_correlations(states: np.ndarray) -> FloatArray:
    """Return <s_i s_j> of successive blocks of measurements, shape (blocks, N, N)."""
    rows = len(states) // _BLOCKS
    if not rows:
        raise ValueError(f"{len(states)} measurements: at least {_BLOCKS} are needed")
    # The rows left over are dropped at the front, where a series is least equilibrated.
    parts = states[len(states) - rows * _BLOCKS :].reshape(_BLOCKS, -1, states.shape[-1])
    return np.stack([(s := part.astype(np.float32)).T @ s / len(s) for part in parts]).astype(np.float64)


def _recovered(correlations: FloatArray, pattern: FloatArray) -> float:
    return _along(correlations, pattern) / _own(pattern)


def _share_of_overlap(correlations: FloatArray, pattern: FloatArray) -> float:
    along, everything = _along(correlations, pattern), float((correlations**2).sum()) - len(pattern)
    return float(np.sign(along)) * along**2 / (_own(pattern) * everything)


def _along(correlations: FloatArray, pattern: FloatArray) -> float:
    """Return sum_{i != j} m_i m_j <s_i s_j>; <s_i s_i> = 1."""
    return float(pattern @ correlations @ pattern - (pattern**2).sum())


def _own(pattern: FloatArray) -> float:
    """Return sum_{i != j} m_i^2 m_j^2."""
    squares = pattern**2
    return float(squares.sum() ** 2 - (squares**2).sum())
