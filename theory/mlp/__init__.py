"""Random MLP as a Hamiltonian over its inputs: replica predictions.

Source: Winer and Hanin, "Deep Neural Nets as Hamiltonians", arXiv 2503.23982. `theory.mlp.model` states the
conventions, `theory.mlp.zipper` and `theory.mlp.free_entropy` the equations, `theory.mlp.stability` the
stability of replica symmetry.
"""

from theory.mlp.depth import DepthSolution, solve_depth_limit
from theory.mlp.free_entropy import free_entropy
from theory.mlp.linear import solve_linear
from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.rs import EntropyCurve, entropy_curve, solve_rs
from theory.mlp.solution import LayerOverlap, RSSolution

__all__ = [
    "DepthSolution",
    "EntropyCurve",
    "LayerOverlap",
    "MlpModel",
    "OrderParameters",
    "RSSolution",
    "entropy_curve",
    "free_entropy",
    "solve_depth_limit",
    "solve_linear",
    "solve_rs",
]
