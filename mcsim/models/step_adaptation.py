"""Step sizes adapted to an acceptance rate by dual averaging, slot by slot.

Source: Hoffman & Gelman, "The No-U-Turn Sampler", J. Mach. Learn. Res. 15, 1593 (2014), section 3.2 and its constants.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SHRINKAGE = 0.05
_DELAY = 10.0
_FORGETTING = 0.75


class StepAdaptation:
    """The step of each slot while it is being adapted, and the average that is used afterwards.

    Attributes
    ----------
    log_step, averaged : float64 (slots,)
        Logarithms of the step in use and of its average over the updates so far.
    shortfall : float64 (slots,)
        Weighted mean of target minus acceptance.
    centre : float64 (slots,)
        What log_step is drawn to at first.
    updates : int
        Updates since the start or the last restart.
    frozen : bool
        Whether adaptation is over.
    """

    def __init__(self, slots: int, first: float, largest: float, target: float) -> None:
        self._log_largest = float(np.log(largest))
        self._target = target
        self.log_step = np.full(slots, min(float(np.log(first)), self._log_largest))
        self.averaged = self.log_step.copy()
        self.frozen = False
        self.restart()

    def restart(self) -> None:
        """Forget the past but for the average: states that were far from equilibrium asked for other steps."""
        self.centre = self.averaged.copy()
        self.shortfall = np.zeros_like(self.centre)
        self.updates = 0

    def update(self, acceptance: NDArray[np.float64]) -> None:
        """Take the mean acceptance probability of each slot in one sweep."""
        self.updates += 1
        t = self.updates
        weight = 1.0 / (t + _DELAY)
        self.shortfall = (1.0 - weight) * self.shortfall + weight * (self._target - acceptance)
        self.log_step = self.centre - np.sqrt(t) / _SHRINKAGE * self.shortfall
        self.log_step = np.minimum(self.log_step, self._log_largest)
        fading = t**-_FORGETTING
        self.averaged = fading * self.log_step + (1.0 - fading) * self.averaged

    def freeze(self) -> None:
        """Use the average from now on."""
        self.log_step = self.averaged.copy()
        self.frozen = True
