"""What a Parisi solution says about overlaps of spins: q(x) of every layer, with x shared by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from theory.layered_sk import LayeredCouplings, solve_rs
from theory.layered_sk.rsb import solve_frsb
from theory.parisi import StepFunction
from validation.numbers.arrays import FloatArray

# Far below any statistical error here.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class OverlapLaw:
    """Distribution of the overlap of two copies, of all layers together, at one temperature."""

    q: StepFunction  #: |q| of every layer
    fractions: FloatArray  #: (layers,), N_k / N
    energy: float  #: e per spin

    @property
    def total(self) -> FloatArray:
        """|q| over all spins at each level."""
        return np.asarray(self.q.values @ self.fractions)

    @property
    def breaks(self) -> bool:
        """Whether there is more than one overlap."""
        return self.q.breakpoints.size > 0

    @property
    def largest(self) -> float:
        """The overlap of two copies in one state, q_EA, over all spins."""
        return float(self.total[-1])


@lru_cache(maxsize=64)
def full_breaking(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return the law of full replica symmetry breaking, or raise as `solve_frsb`."""
    solution = solve_frsb(couplings, temperature, tolerance=TOLERANCE)
    return OverlapLaw(solution.overlap_function, couplings.layer_fractions, solution.energy)


@lru_cache(maxsize=64)
def no_breaking(couplings: LayeredCouplings, temperature: float) -> OverlapLaw:
    """Return the replica-symmetric law, one overlap, or raise as `solve_rs`."""
    solution = solve_rs(couplings, temperature)
    one = StepFunction(np.empty(0), np.array([solution.overlaps]), plateau_start=0.0)
    return OverlapLaw(one, couplings.layer_fractions, solution.energy)
