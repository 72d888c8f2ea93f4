"""Control variates: what is known exactly about networks of finite width, and moves with what is measured.

Energies differ from network to network by O(N^-1/2), far more than thermal noise does. Much of that difference is
shared with quantities whose averages over networks are known at every N: the two sides of the identity of
`MeasuredMlp.identity_residuals` differ by zero, and at beta = 0 the mean energy is zero, the mean square energy
N C_W [<K^L_aa>], and the self-overlaps [<K^l_aa>] a sum (`theory.mlp.exact.infinite_temperature`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.numbers.compare import control_variate
from validation.runs.mlps import MeasuredMlp

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


def control(run: MeasuredMlp, values: FloatArray, residuals: FloatArray) -> Controlled:
    """Average one number per sample over networks with all controls that the samples can bear.

    Parameters
    ----------
    run : MeasuredMlp
    values : float64 (samples,)
    residuals : float64 (samples,) or (samples, n)
        Differences of the two sides of the identity, at the slot or integrated up to it; they come first.
    """
    matrix = np.concatenate([residuals.reshape(run.samples, -1), run.prior_controls], axis=1)
    used = matrix[:, : run.samples // SAMPLES_PER_CONTROL]
    plain, plain_error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(run.samples))
    if used.shape[1] == 0:
        return Controlled(plain, plain_error, plain, plain_error, 0)
    value, error, _ = control_variate(values, used, 0.0)
    return Controlled(value, error, plain, plain_error, used.shape[1])
