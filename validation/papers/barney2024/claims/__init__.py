"""The paper's claims, one for each statement of its abstract."""

from __future__ import annotations

from collections.abc import Callable

from validation.claims.base import Claim, Finding
from validation.papers.barney2024.claims import energy, growth, initial, solutions, trained

ABSTRACT = "Barney, Winer & Galitski, arXiv 2408.06421, abstract"


def _claim(name: str, evaluate: Callable[..., Finding], statement: str, needs: str, source: str = "") -> Claim:
    return Claim(f"barney2024.{name}", statement, f"{ABSTRACT}{source}", needs, evaluate)


CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        _claim("initial-glass", initial.glass,
               "A network with independent random weights maps to a layered Sherrington-Kirkpatrick spin glass with "
               "replica symmetry breaking; its T_c, T_c² = λ_max(A), is where one network's I - M nearly touches zero.",
               "random networks of the trained ones' shape at several sizes", "; Fig. 3."),
        _claim("critical-temperature", initial.critical_temperature,
               "The spin-glass-to-paramagnet temperature is calculated: T_c = √(2 C cos(π/(L+2))) for identical "
               "layers.", "random networks of identical layers at several sizes", " and summary."),
        _claim("glass-destroyed", solutions.glass_destroyed,
               "Training quickly destroys the spin glass: many TAP solutions become a single pair.",
               "censuses of TAP solutions before and after training"),
        _claim("hidden-order", solutions.hidden_order,
               "A phase with a hidden order appears: just below T_c a trained network has one pair of TAP solutions.",
               "complete censuses of seven trained networks"),
        _claim("power-law", growth.power_law,
               "The melting temperature T_c of the hidden order grows as a power law in training time.",
               "T_c at five stages after the first crossing, at two seeds", "; the summary says roughly."),
        _claim("two-kinds", growth.two_kinds,
               "Networks with continuous and with binarised activations give similar results.",
               "T_c(t) of both kinds at one learning rate",
               f"; similar is taken to mean exponents of T_c(t) within {100 * growth.SIMILAR:.0f} % of each other."),
        _claim("spectrum", trained.spectrum,
               "The spectrum of the bond matrix develops tails with training, more in rich than in lazy learning.",
               "spectra of trained networks, and of rich and lazy ones", " and summary."),
        _claim("task-order", trained.task_order,
               "Training selects and strengthens a symmetry-broken state associated with the training task.",
               "ordered states of trained networks, and of networks trained on shuffled labels"),
        _claim("tap-energy", energy.tap_energy,
               "The TAP equations describe single networks: Monte Carlo has their energies above T_c and in the "
               "ordered phase.", "Monte Carlo on the couplings of networks before and after training",
               ": the technique used; the derivative of the TAP free energy is the energy."),
    )
}  # fmt: skip
