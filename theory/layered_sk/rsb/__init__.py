"""Replica symmetry breaking in the layered spin model: K steps, and full."""

from theory.layered_sk.rsb.functional import NetworkState, evaluate
from theory.layered_sk.rsb.solution import RSBSolution
from theory.layered_sk.rsb.solve import solve_frsb, solve_krsb

__all__ = ["NetworkState", "RSBSolution", "evaluate", "solve_frsb", "solve_krsb"]
