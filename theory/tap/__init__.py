"""Thouless-Anderson-Palmer equations of one network: its states one by one, instead of averages over disorder.

m_i = tanh beta(b_i + sum_j J_ij m_j - beta m_i sum_j J_ij^2 (1 - m_j^2)) for the couplings J that a network has,
random or trained (Barney, Winer & Galitski, arXiv 2408.06421).
"""

from theory.tap.census import Census, Found, census
from theory.tap.critical import Instability, instability
from theory.tap.solver import TapSolution, TapStates, describe, random_starts, solve_states, solve_tap

__all__ = [
    "Census",
    "Found",
    "Instability",
    "TapSolution",
    "TapStates",
    "census",
    "describe",
    "instability",
    "random_starts",
    "solve_states",
    "solve_tap",
]
