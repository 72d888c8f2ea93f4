"""Replica symmetry breaking of the random MLP: a given number of steps, or full.

    solution = solve_krsb(model, beta, steps=2)     # two breakpoints, extremised
    solution = solve_frsb(model, beta)              # as many as the tolerance takes
    solution.breakpoints, solution.overlaps[0].values   # the overlap function of the input
    solution.overlaps[1].moment(2)                  # moments of P(overlap), per layer
    solution.energy, solution.classification, solution.replicons

`solve_rsb_branch` follows a branch through beta. `free_entropy_at` and `breakpoint_slopes` evaluate Phi and its
derivatives in x at any `ParisiParameters`.
"""

from theory.mlp.rsb.classify import CLASSES, classify
from theory.mlp.rsb.free_entropy import breakpoint_slopes, free_entropy_at
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.parameters import ParisiParameters
from theory.mlp.rsb.solution import OverlapDistribution, RSBSolution
from theory.mlp.rsb.solver import solve_frsb, solve_krsb, solve_rsb_branch

__all__ = [
    "CLASSES",
    "OverlapDistribution",
    "ParisiParameters",
    "RSBSolution",
    "Resolution",
    "breakpoint_slopes",
    "classify",
    "free_entropy_at",
    "solve_frsb",
    "solve_krsb",
    "solve_rsb_branch",
]
