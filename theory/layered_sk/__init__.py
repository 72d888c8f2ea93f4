"""Layered Ising spins with random Gaussian couplings: a multi-layer Sherrington-Kirkpatrick model.

The model is a neural network before training, read as a spin system (Barney, Winer & Galitski, arXiv
2408.06421): layers k = 0..L of N_k spins, H(s) = - sum_k sum_ij J^k_ij s^{k-1}_i s^k_j with Var J^k_ij =
sigma_k^2.
"""

from theory.layered_sk.couplings import LayeredCouplings
from theory.layered_sk.critical import critical_temperature
from theory.layered_sk.rs.functional import rs_free_energy
from theory.layered_sk.rs.saddle import RSSolution, solve_rs
from theory.layered_sk.rs.stability import replicon
from theory.layered_sk.rsb import RSBSolution, solve_frsb, solve_krsb

__all__ = [
    "LayeredCouplings",
    "RSBSolution",
    "RSSolution",
    "critical_temperature",
    "replicon",
    "rs_free_energy",
    "solve_frsb",
    "solve_krsb",
    "solve_rs",
]
