"""What the theory says by itself: lines of instability, broken solutions, the limit of infinite depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from theory import activations
from theory.mlp import MlpModel, critical_beta, solve_rs
from theory.mlp.depth import convergence, critical_tilt, stability_scan
from theory.mlp.depth.effect import depth_effect
from theory.mlp.depth.propagation import propagate
from theory.mlp.rsb import solve_frsb
from validation.numbers.arrays import FloatArray
from validation.papers.winer2025.plan import SHAPE

# Shape and tilt at which layer-by-layer solutions are compared with infinite depth: where eight layers are already
# in the regime of 1/L. The larger c and b, the more layers shaped relu takes.
CONVERGING = {"shaped-tanh": (1.0, 4.0), "shaped-relu": (0.5, 0.25)}
# Of the quantities that `convergence` follows.
THERMODYNAMIC = ("free_entropy", "energy", "entropy")


@dataclass(frozen=True, eq=False)
class StabilityLine:
    """Where replica symmetry turns unstable, for one activation and depth."""

    line: float | None  #: the beta; None where it is stable up to `end`
    end: float
    beta: FloatArray  #: below and above it, (n,)
    replicon: FloatArray  #: (n,)


@dataclass(frozen=True, eq=False)
class BrokenSolution:
    """A fully broken solution beside the replica-symmetric one (rs), and its step function q(x) of the input layer.

    Numbers are those of the solver's solutions.
    """

    beta: float
    classification: str
    levels: int
    energy: float
    error: float
    free_entropy: float
    replicon: float
    rs_energy: float
    rs_free_entropy: float
    rs_replicon: float
    x: FloatArray  #: breakpoints, (levels,)
    input_overlaps: FloatArray  #: (levels + 1,)
    input_weights: FloatArray  #: (levels + 1,)


# At several temperatures, of one activation and depth.
BrokenSolutions = tuple[BrokenSolution, ...]


@dataclass(frozen=True)
class LargestReplicon:
    """The largest replicon of a grid, and where it is."""

    replicon: float
    shape: float
    tilt: float


@dataclass(frozen=True, eq=False)
class Profile:
    """Overlaps of the layers of one network over their relative depth l/L."""

    relative_depth: FloatArray
    mean: FloatArray
    self_overlap: FloatArray


@dataclass(frozen=True, eq=False)
class DeepLimit:
    """The limit of infinite depth of one shaped activation; dictionaries are by quantity, `THERMODYNAMIC` or other."""

    depths: tuple[int, ...]
    layered: dict[str, FloatArray]  #: at each depth
    limit: dict[str, float]  #: at infinite depth by the differential equations
    extrapolated: dict[str, float]  #: continued there from the depths
    extrapolation_error: dict[str, float]
    shapes: FloatArray
    tilts: FloatArray
    replicon: FloatArray  #: at infinite depth, (shapes, tilts); nan where it was not solved
    failures: tuple[tuple[float, float, str], ...]  #: shape, tilt and reason of the points behind the nan
    largest: LargestReplicon
    critical_tilt: float | None  #: where the replicon passes 1 at shape 1
    t: FloatArray  #: relative depth, (n,)
    k_d: FloatArray  #: self-overlap there, (n,)
    k0: FloatArray  #: overlap there, (n,)
    last_profile: Profile  #: of the deepest network solved layer by layer


@dataclass(frozen=True, eq=False)
class DepthTrend:
    """What depth does to an unshaped activation at one beta, and order or chaos against the weight variance."""

    beta: float
    depths: tuple[int, ...]
    energy: FloatArray  #: (depths,)
    entropy: FloatArray  #: (depths,)
    replicon: FloatArray  #: (depths,)
    variances: FloatArray  #: (n,)
    #: Factor by which a layer multiplies the squared distance of nearby inputs at infinite temperature, (n,).
    chi: FloatArray


def network(activation: str, depth: int) -> MlpModel:
    """Return a network of equal widths with C_W = 1."""
    return MlpModel(activations.get(activation, depth=depth, shape=SHAPE), (1.0,) * (depth + 1))


def stability_line(activation: str, depth: int, end: float) -> StabilityLine:
    """Locate the beta at which replica symmetry turns unstable, up to `end`."""
    line = critical_beta(network(activation, depth), beta_max=end)
    probed = np.geomspace(0.5, end, 6) if line is None else np.array([0.5 * line, 0.9 * line, 1.1 * line])
    replicons = [solve_rs(network(activation, depth), beta).replicon for beta in probed.tolist()]
    return StabilityLine(line, end, probed, np.array(replicons))


def broken_solutions(activation: str, depth: int, betas: Sequence[float]) -> BrokenSolutions:
    """Solve for full replica symmetry breaking at each beta."""
    model = network(activation, depth)
    return tuple(_broken(model, beta) for beta in betas)


def _broken(model: MlpModel, beta: float) -> BrokenSolution:
    broken, symmetric = solve_frsb(model, beta), solve_rs(model, beta)
    inner = broken.overlaps[0]
    return BrokenSolution(
        beta=beta,
        classification=broken.classification,
        levels=int(broken.breakpoints.size),
        energy=broken.energy,
        error=broken.status.error_estimate,
        free_entropy=broken.free_entropy,
        replicon=broken.replicon,
        rs_energy=symmetric.energy,
        rs_free_entropy=symmetric.free_entropy,
        rs_replicon=symmetric.replicon,
        x=broken.breakpoints,
        input_overlaps=inner.values,
        input_weights=inner.weights,
    )


def deep_limit(activation: str, shapes: Sequence[float], tilts: Sequence[float], depths: Sequence[int]) -> DeepLimit:
    """Return how layer-by-layer solutions approach infinite depth, and where infinite depth is stable."""
    approach = convergence(activation, *CONVERGING[activation], depths)
    scan = stability_scan(activation, shapes, tilts)
    profile, last = approach.solution, approach.solutions[-1]
    return DeepLimit(
        depths=tuple(approach.depths.tolist()),
        layered={name: np.asarray(values) for name, values in approach.layered.items()},
        limit=approach.limit,
        extrapolated=approach.extrapolated,
        extrapolation_error=approach.extrapolation_error,
        shapes=np.array(shapes),
        tilts=np.array(tilts),
        replicon=scan.replicon,
        failures=scan.failures,
        largest=LargestReplicon(*scan.largest()),
        critical_tilt=critical_tilt(activation, SHAPE),
        t=profile.t,
        k_d=profile.k_d,
        k0=profile.k0,
        last_profile=Profile(
            relative_depth=np.arange(len(last.overlaps)) / approach.depths[-1],
            mean=np.array([overlap.mean for overlap in last.overlaps]),
            self_overlap=np.array([overlap.self_overlap for overlap in last.overlaps]),
        ),
    )


def depth_trend(activation: str, depths: Sequence[int], beta: float) -> DepthTrend:
    """Return energy and entropy against depth at one beta, and order or chaos against the weight variance."""
    effect = depth_effect(activation, 1.0, beta, depths)
    variances = np.geomspace(0.5, 4.0, 15)
    phi = activations.get(activation)
    return DepthTrend(
        beta=beta,
        depths=tuple(depths),
        energy=effect.energy,
        entropy=effect.entropy,
        replicon=effect.replicon,
        variances=variances,
        chi=np.array([propagate(phi, c_w).chi for c_w in variances.tolist()]),
    )
