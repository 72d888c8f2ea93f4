"""Control variates: what is known exactly about networks of finite width, and moves with what is measured.

Energies differ from network to network by O(N^-1/2), far more than thermal noise does. Much of that difference is
shared with quantities whose averages over networks are known at every N: the two sides of the identity of
`MeasuredMlp.identity_residuals` differ by zero, and at beta = 0 the mean energy is zero, the mean square energy
N C_W [<K^L_aa>], and the self-overlaps [<K^l_aa>] a sum (`theory.mlp.exact.infinite_temperature`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from validation.numbers.arrays import FloatArray
from validation.numbers.estimate import Estimate, control_variate, mean_of
from validation.runs.mlps import MeasuredMlp

# A regression on as many samples as controls explains anything.
SAMPLES_PER_CONTROL = 6


def controlled(run: MeasuredMlp, values: FloatArray, residuals: FloatArray, systematic: float = 0.0) -> Estimate:
    """Average values (samples,) over networks with all controls that the samples can bear.

    Residuals (samples,) or (samples, n), differences of the two sides of the identity at the slot or integrated up to
    it, come first.
    """
    matrix = np.concatenate([residuals.reshape(run.samples, -1), run.prior_controls], axis=1)
    used = matrix[:, : run.samples // SAMPLES_PER_CONTROL]
    average = control_variate(values, used, 0.0) if used.shape[1] else mean_of(values)
    return replace(average, systematic=systematic)
