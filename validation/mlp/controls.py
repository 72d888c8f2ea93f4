"""Control variates: what is known exactly about networks of finite width, and moves with what is measured.

Energies differ from network to network by O(N^-1/2), far more than thermal noise does. Much of that difference is
shared with three quantities whose averages over networks are known at every N: the two sides of the identity of
`MeasuredMlp.identity_residuals` differ by zero, and at beta = 0 the mean energy is zero and the mean square energy
N C_W [<K^L_aa>] (`theory.mlp.infinite_temperature`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.mlp.infinite_temperature import prior_self_overlaps
from validation.compare import control_variate
from validation.mlp.family import theory_of
from validation.mlp.measured import MeasuredMlp

FloatArray = NDArray[np.float64]

# A regression on as many samples as controls explains anything.
SAMPLES_PER_CONTROL = 6


@dataclass(frozen=True)
class Controlled:
    """A disorder average with and without control variates.

    Attributes
    ----------
    value, error : float
        With them.
    plain, plain_error : float
        Without them: the mean over samples and its standard error.
    controls : int
        How many were used.
    """

    value: float
    error: float
    plain: float
    plain_error: float
    controls: int

    @property
    def gain(self) -> float:
        """By how much the controls divide the error."""
        return self.plain_error / self.error if self.error > 0 else 1.0


def prior_controls(run: MeasuredMlp) -> FloatArray:
    """Return the controls from the slot at beta = 0, (samples, 2), with their exact means taken off."""
    if not run.reaches_prior:
        return np.zeros((run.samples, 0))
    series = run.energy_series[:, -1]
    square = run.sites * np.square(series).mean(axis=(1, 2))
    model = run.model
    expected = model.weight_variance * float(prior_self_overlaps(theory_of(model), model.widths)[-1])
    # Energies per sqrt(N) are of order 1, like the other control.
    return np.stack([np.sqrt(run.sites) * series.mean(axis=(1, 2)), square - expected], axis=1)


def control(run: MeasuredMlp, values: FloatArray, residuals: FloatArray) -> Controlled:
    """Average one number per sample over networks with all controls that the samples can bear.

    Parameters
    ----------
    run : MeasuredMlp
    values : float64 (samples,)
    residuals : float64 (samples,) or (samples, n)
        Differences of the two sides of the identity, at the slot or integrated up to it; they come first.
    """
    matrix = np.concatenate([residuals.reshape(run.samples, -1), prior_controls(run)], axis=1)
    used = matrix[:, : run.samples // SAMPLES_PER_CONTROL]
    plain, plain_error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(run.samples))
    if used.shape[1] == 0:
        return Controlled(plain, plain_error, plain, plain_error, 0)
    value, error, _ = control_variate(values, used, 0.0)
    return Controlled(value, error, plain, plain_error, used.shape[1])
