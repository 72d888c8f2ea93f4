"""What solving for broken replica symmetry returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.layered_sk.rsb.start import breakpoint_curve, overlap_curve
from theory.result import SolverStatus

Array = NDArray[np.float64]

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
    replicon : float64 array, shape (K + 1,)
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
    breakpoints: Array
    overlaps: Array
    replicon: Array
    marginality: float
    status: SolverStatus

    @property
    def steps(self) -> int:
        """K; 0 where replica symmetry holds."""
        return len(self.breakpoints)

    @property
    def off_marginality(self) -> float:
        """Largest |replicon - 1| on the continuous part of q(x), levels 0 to K - 1; 0 where there is none."""
        return float(np.abs(self.replicon[:-1] - 1).max(initial=0.0))

    @property
    def weights(self) -> Array:
        """x_{i+1} - x_i, shape (K + 1,): P(q) of layer k has an atom of this weight at each overlaps[i, k].

        Without a field s -> -s is a symmetry, and a simulation sees each atom half at q, half at -q, with all layers'
        overlaps changing sign together.
        """
        return np.diff(self.breakpoints, prepend=0.0, append=1.0)

    def moments(self, power: int) -> Array:
        """Return int q_k(x)^power dx in each layer, shape (layers,): the moments of P(|q|)."""
        return np.asarray(self.weights @ self.overlaps**power)

    def overlaps_at(self, x: ArrayLike) -> Array:
        """Return the step functions q_k(x) for 0 <= x <= 1, shape (len(x), layers)."""
        return self.overlaps[np.searchsorted(self.breakpoints, np.atleast_1d(x), side="right")]

    def overlap_density(self, layer: int, points: int = 200) -> tuple[Array, Array, float]:
        """Return q, the density dx/dq of P(|q|) there, and the weight of the atom at the largest overlap.

        x and q are made smooth functions of the number of the level (`start`), so this is a picture of full breaking,
        not of few steps. Density and atom together have weight 1.

        Raises
        ------
        ValueError
            With fewer than 4 steps, or for a layer that is not there.
        """
        if self.steps < FEWEST_FOR_DENSITY:
            raise ValueError(
                f"overlap_density: got {self.steps} steps; give a solution with at least {FEWEST_FOR_DENSITY}"
            )
        if not 0 <= layer < self.overlaps.shape[1]:
            raise ValueError(f"layer: got {layer}; give a layer from 0 to {self.overlaps.shape[1] - 1}")
        s = np.linspace(0.0, 1.0, points)
        q, x = overlap_curve(self.overlaps[:, layer : layer + 1])(s)[:, 0], breakpoint_curve(self.breakpoints)(s)
        return q, np.gradient(x, q), float(1 - x[-1])
