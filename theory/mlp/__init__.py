"""Random MLP as a Hamiltonian over its inputs: replica predictions.

Source: Winer and Hanin, "Deep Neural Nets as Hamiltonians", arXiv 2503.23982. `theory.mlp.model` states the
conventions, `theory.mlp.rs.zipper` and `theory.mlp.rs.free_entropy` the equations, `theory.mlp.rs.stability` the
stability of replica symmetry.

A prediction takes a model and an inverse temperature::

    from theory import activations
    from theory.mlp import MlpModel, critical_beta, solve_branch, solve_rs

    model = MlpModel(activations.get("tanh"), width_ratios=(1.0, 1.0, 1.0), weight_variance=1.0)  # depth 2
    solution = solve_rs(model, 4.0)
    solution.free_entropy, solution.energy, solution.entropy    # per reference width N, k_B = 1
    solution.overlaps[0].self_overlap, solution.overlaps[0].mean  # input layer; hidden layers follow
    solution.replicon                                           # above 1: replica symmetry is unstable

    solutions = solve_branch(model, [0.5, 1.0, 2.0, 4.0])       # a list of them, warm-started: the curve s(e)
    solve_frsb(model, 8.0), solve_krsb(model, 8.0, 2)   # replica symmetry broken: `theory.mlp.rsb`
    critical_beta(model, beta_max=16.0)                         # smallest beta with replicon = 1, or None

Every solver raises `theory.result.NotConvergedError` where it misses its tolerance. The others:
`free_entropy` (at any order parameters), `phase_map` (replicon over beta and C_W), `solve_linear` (exact,
phi(z) = z), `solve_depth_limit` (shaped activations, infinite depth; more in
`theory.mlp.depth`), `product_density` and `product_moments` (spectrum of products of weights),
`propagate` (order and chaos), `depth_effect` (energy, entropy and critical beta against depth).
"""

from theory.mlp.depth import (
    DepthConvergence,
    DepthSolution,
    StabilityScan,
    convergence,
    critical_tilt,
    solve_depth_limit,
    stability_scan,
)
from theory.mlp.depth.effect import DepthEffect, depth_effect
from theory.mlp.depth.propagation import Propagation, correlation_profile, edge_of_chaos, propagate
from theory.mlp.exact.free_product import product_density, product_moments
from theory.mlp.exact.linear import solve_linear
from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.phases.phase_map import PhaseMap, phase_map
from theory.mlp.rs.branch import critical_beta, solve_branch
from theory.mlp.rs.free_entropy import free_entropy
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rs.solution import LayerOverlap, RSSolution
from theory.mlp.rsb import OverlapDistribution, ParisiParameters, RSBSolution, solve_frsb, solve_krsb, solve_rsb_branch

__all__ = [
    "DepthConvergence",
    "DepthEffect",
    "DepthSolution",
    "LayerOverlap",
    "MlpModel",
    "OrderParameters",
    "OverlapDistribution",
    "ParisiParameters",
    "PhaseMap",
    "Propagation",
    "RSBSolution",
    "RSSolution",
    "StabilityScan",
    "convergence",
    "correlation_profile",
    "critical_beta",
    "critical_tilt",
    "depth_effect",
    "edge_of_chaos",
    "free_entropy",
    "phase_map",
    "product_density",
    "product_moments",
    "propagate",
    "solve_branch",
    "solve_depth_limit",
    "solve_frsb",
    "solve_krsb",
    "solve_linear",
    "solve_rs",
    "solve_rsb_branch",
    "stability_scan",
]
