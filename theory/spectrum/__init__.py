"""Eigenvalues of a network's bond matrix: their density before training, and what training adds to it.

Barney, Winer & Galitski, arXiv 2408.06421: random couplings have a bounded spectrum; trained ones outliers and tails.
"""

from theory.spectrum.dyson import RandomSpectrum, planted_eigenvalue
from theory.spectrum.observed import Outliers, eigenvalues, kolmogorov_distance, outliers, spectral_distance
from theory.spectrum.tail import TailFit, fit_tail

__all__ = [
    "Outliers",
    "RandomSpectrum",
    "TailFit",
    "eigenvalues",
    "fit_tail",
    "kolmogorov_distance",
    "outliers",
    "planted_eigenvalue",
    "spectral_distance",
]
