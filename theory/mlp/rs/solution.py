"""What the solvers of the random MLP return."""

from __future__ import annotations

from dataclasses import dataclass

from theory.mlp.model import MlpModel, OrderParameters
from theory.result import SolverStatus


@dataclass(frozen=True)
class LayerOverlap:
    """Overlaps of one layer, per neuron of that layer.

    Attributes
    ----------
    self_overlap : float
        K_aa, a replica with itself.
    mean : float
        K_ab, two independent replicas in the same network.
    """

    self_overlap: float
    mean: float


@dataclass(frozen=True)
class RSSolution:
    """A replica-symmetric saddle point.

    Attributes
    ----------
    model : MlpModel
    beta : float
        Inverse temperature.
    free_entropy : float
        Phi = -beta f = lim (1/N) [log E_prior exp(-beta H)], [] the average over networks; zero at beta = 0.
    energy : float
        e = [<H>] / N = -beta C_W v^L.
    entropy : float
        s = Phi + beta e per reference width N, relative to the prior: zero at beta = 0, negative beyond.
    order_parameters : OrderParameters
    replicon : float
        Spectral radius of the map of `theory.mlp.rs.stability`; above 1 replica symmetry is unstable.
    status : SolverStatus
    """

    model: MlpModel
    beta: float
    free_entropy: float
    energy: float
    entropy: float
    order_parameters: OrderParameters
    replicon: float
    status: SolverStatus

    @property
    def overlaps(self) -> tuple[LayerOverlap, ...]:
        """Overlaps of the input (layer 0) and of every hidden layer."""
        x = self.order_parameters
        return tuple(LayerOverlap(float(d), float(m)) for d, m in zip(x.k_d, x.k0, strict=True))


def rs_solution(
    model: MlpModel, beta: float, free_entropy: float, x: OrderParameters, replicon: float, status: SolverStatus
) -> RSSolution:
    """Return the solution with energy and entropy filled in from the order parameters."""
    energy = 0.0 - beta * model.weight_variance * float(x.v[-1])
    return RSSolution(model, beta, free_entropy, energy, free_entropy + beta * energy, x, replicon, status)
