"""What the solvers with broken replica symmetry return."""

from __future__ import annotations

from dataclasses import dataclass

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.rsb.parameters import ParisiParameters
from theory.parisi import StepFunction
from theory.result import SolverStatus


@dataclass(frozen=True)
class OverlapDistribution:
    """Distribution of the overlap of two independent replicas in one layer, per neuron: P(q) = dx/dk.

    Attributes
    ----------
    self_overlap : float
        K_aa, a replica with itself.
    values, weights : float64 arrays of shape (K + 1,)
        Overlaps k_i, not decreasing, and their probabilities x_{i+1} - x_i.
    """

    self_overlap: float
    values: FloatArray
    weights: FloatArray

    @property
    def mean(self) -> float:
        """The mean overlap, int k dx."""
        return self.moment(1)

    def moment(self, order: int) -> float:
        """Return the mean of the overlap to the power `order`."""
        return float(self.weights @ self.values**order)


@dataclass(frozen=True)
class RSBSolution:
    """A saddle point with broken replica symmetry; with no breakpoints it is the replica-symmetric one.

    Attributes
    ----------
    model : MlpModel
    beta : float
        Inverse temperature.
    free_entropy : float
        Phi = -beta f, zero at beta = 0.
    energy : float
        e = [<H>] / N = -beta C_W (k_d - int k dx) of the last layer.
    entropy : float
        s = Phi + beta e per reference width N, relative to the prior.
    parameters : ParisiParameters
        Breakpoints `x` and k_i, k_d, r_i, r_d of every layer.
    replicons : float64 array of shape (K + 1,)
        Stability of each plateau against splitting, outermost first (`theory.mlp.rsb.stability`); above 1 it breaks
        further.
    classification : str
        See `theory.mlp.rsb.classify`.
    status : SolverStatus
        `residual` is the largest mismatch of the equations: conjugates in units of 1/v of their layer, increments
        relative to themselves, derivatives in the breakpoints relative to sum_l alpha_l Delta k_i Delta r_i / 2.
    """

    model: MlpModel
    beta: float
    free_entropy: float
    energy: float
    entropy: float
    parameters: ParisiParameters
    replicons: FloatArray
    classification: str
    status: SolverStatus

    @property
    def breakpoints(self) -> FloatArray:
        """x_1 < .. < x_K, shape (K,)."""
        return self.parameters.x

    @property
    def overlap_function(self) -> StepFunction:
        """k(x) of the input (layer 0) and of every hidden layer, off the diagonal."""
        x = self.parameters.x
        return StepFunction(x, self.parameters.k.T, float(x[-1]) if x.size else 0.0)

    @property
    def replicon(self) -> float:
        """The largest of the replicons; above 1 the solution is unstable."""
        return float(self.replicons.max())

    @property
    def overlaps(self) -> tuple[OverlapDistribution, ...]:
        """Overlaps of the input (layer 0) and of every hidden layer."""
        p = self.parameters
        return tuple(OverlapDistribution(float(d), k.copy(), p.weights) for d, k in zip(p.k_d, p.k, strict=True))
