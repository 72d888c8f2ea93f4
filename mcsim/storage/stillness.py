"""Chains that stand still: their energies and overlaps repeat, whatever the acceptance rate says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# What has not happened at a slot where a figure of the dynamics is zero; a model need not have these figures.
_FIGURES = {"squared_jump": "no state moved", "squared_energy_jump": "no energy changed"}


def warning_of_still_slots(temperatures: Sequence[float | None], figures: Mapping[str, Sequence[float]]) -> str | None:
    """Return one line about the slots where nothing ever moved, None where everything did.

    Moves can be accepted and change nothing: where H varies by its own size within the rounding of x, adaptation makes
    steps that are lost in it, and a saturated network has plateaus.

    Parameters
    ----------
    temperatures : sequence of float or None
        Of every slot; infinite or None at beta = 0.
    figures : mapping of sequences of float
        Figures of the dynamics by slot since the thermalisation.
    """
    found = []
    for name, text in _FIGURES.items():
        pairs = zip(temperatures, figures.get(name, [1.0] * len(temperatures)), strict=True)
        still = ["inf" if temperature is None else f"{temperature:.4g}" for temperature, jump in pairs if jump == 0.0]
        if still:
            found.append(f"{text} at T = {', '.join(still)}")
    return f"{'; '.join(found)} after the thermalisation: not sampled there" if found else None
