"""What replica symmetry breaking says about two overlaps of one sample: spread, self-averaging, Ghirlanda and Guerra.

With [] the average over samples and f a function of an overlap, where the distribution of overlaps is that of any
Parisi solution, whatever its q(x),

    [<f_12 f_13>] = 1/2 [<f^2>] + 1/2 [<f>]^2        [<f_12 f_34>] = 1/3 [<f^2>] + 2/3 [<f>]^2

(Ghirlanda & Guerra, J. Phys. A 31, 9149 (1998); Aizenman & Contucci, J. Stat. Phys. 92, 765 (1998)). In terms of the
correlations below: 1/2 and 1/3. A replica-symmetric glass has f equal to a number but for independent thermal noise,
and a sample like any other: both correlations vanish, as they do above the critical temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcsim.estimators.jackknife import jackknife
from validation.numbers.arrays import FloatArray
from validation.numbers.copies import PairStatistics
from validation.numbers.estimate import Estimate, estimates_of

TOUCHING = 1.0 / 2.0
APART = 1.0 / 3.0


@dataclass(frozen=True)
class Spread:
    """How a function of the overlap varies, over one sample's Gibbs measure and over samples."""

    total: Estimate  #: [<f^2>] - [<f>]^2, the variance of P(f)
    inside: Estimate  #: [<f^2> - <f>^2], the mean variance within a sample
    #: [<f>^2] - [<f>]^2, the variance from sample to sample; the part that self-averaging makes vanish
    between: Estimate
    touching: Estimate  #: [<f_12 f_13>] - [<f>]^2 in units of `total`
    apart: Estimate  #: [<f_12 f_34>] - [<f>]^2 in units of `total`


def spread(statistics: PairStatistics) -> Spread:
    """Return the spread of f over samples from its averages in each, (samples,).

    Raises ValueError for fewer than two samples or four copies.
    """
    rows = np.stack(statistics, axis=-1)
    if np.isnan(rows).any():
        raise ValueError("needs four copies: [<f_12 f_34>] has two pairs that share none")
    return Spread(*estimates_of(*jackknife(rows, _spread_of_averages)))


def _spread_of_averages(averages: FloatArray) -> FloatArray:
    mean, square, touching, apart = averages
    total, between = square - mean**2, apart - mean**2
    # Without any spread there is no correlation to speak of.
    unit = total if total > 0 else np.nan
    return np.array([total, square - apart, between, (touching - mean**2) / unit, between / unit])
