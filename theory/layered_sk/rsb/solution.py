"""What solving for broken replica symmetry returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.arrays import FloatArray
from theory.parisi import StepFunction
from theory.result import SolverStatus

FEWEST_FOR_DENSITY = 4


@dataclass(frozen=True)
class RSBSolution:
    """A saddle point with K steps of replica symmetry breaking at one temperature.

    Attributes
    ----------
    temperature, critical_temperature : float
        T and T_c, in units of energy.
    free_energy, energy, entropy : float
        Per spin, disorder averaged; s = (e - f)/T in nats.
    breakpoints : float64 array, shape (K,)
        x_1 < .. < x_K, common to all layers. Empty from T_c upwards, where all levels coincide.
    overlaps : float64 array, shape (K + 1, layers)
        q_{i,k}: overlap of layer k for x_i < x < x_{i+1}, x_0 = 0, x_{K+1} = 1.
    plateau_start : float
        x_P, where the plateau of q(x) begins under full breaking (`functional.NetworkState.plateau_start`). With few
        steps, which make a plateau from x_K on, an estimate of it.
    replicons : float64 array, shape (K + 1,)
        Replicon eigenvalue on each level; above 1 unstable, and 1 everywhere if replica symmetry is broken fully. The
        last level, the plateau of q(x), tends to it most slowly when cold: 32 steps leave 1.025 in SK at 0.05 T_c.
    marginality : float
        beta^2 lambda_max(diag(c) A diag(c)), c_k = 1 - int q_k dx, A_kk' = sigma_kk'^2 sqrt(N_k N_k'); tends to 1 as K
        grows. (The lowest overlap is small there, and the saddle equation linearised in it is this matrix.)
    status : SolverStatus
        `error_estimate` is that of f and e: of full breaking for `solve_frsb`, of K steps for `solve_krsb`.
    """

    temperature: float
    critical_temperature: float
    free_energy: float
    energy: float
    entropy: float
    breakpoints: FloatArray
    overlaps: FloatArray
    plateau_start: float
    replicons: FloatArray
    marginality: float
    status: SolverStatus

    @property
    def steps(self) -> int:
        """K; 0 where replica symmetry holds."""
        return len(self.breakpoints)

    @property
    def replicon(self) -> float:
        """The largest of the replicons; above 1 the solution is unstable."""
        return float(self.replicons.max())

    @property
    def off_marginality(self) -> float:
        """Largest |replicon - 1| on the continuous part of q(x), levels 0 to K - 1; 0 where there is none."""
        return float(np.abs(self.replicons[:-1] - 1).max(initial=0.0))

    @property
    def overlap_function(self) -> StepFunction:
        """q(x) of every layer.

        Without a field s -> -s is a symmetry, and a simulation sees each atom of P(q) half at q, half at -q, with all
        layers' overlaps changing sign together.
        """
        return StepFunction(self.breakpoints, self.overlaps, self.plateau_start)

    def overlap_density(self, layer: int, points: int = 200) -> tuple[FloatArray, FloatArray, float]:
        """Return q, the density dx/dq of P(|q|) of one layer there, and the weight of the atom at the largest overlap.

        See `StepFunction.density`; a picture of full breaking, not of few steps.

        Raises
        ------
        ValueError
            With fewer than 4 steps, or for a layer that is not there.
        """
        if self.steps < FEWEST_FOR_DENSITY:
            raise ValueError(
                f"overlap_density: got {self.steps} steps; give a solution with at least {FEWEST_FOR_DENSITY}"
            )
        layers = self.overlaps.shape[1]
        if not 0 <= layer < layers:
            raise ValueError(f"layer: got {layer}; give a layer from 0 to {layers - 1}")
        return self.overlap_function.density(np.eye(layers)[layer], points)
