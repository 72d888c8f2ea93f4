"""What the dynamics of an MLP share: addresses of random numbers, geodesics, acceptance.

Every random number is addressed by (key of the column, stream, sweep); a stream never serves two purposes.
"""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_network import dot
from mcsim.kernels.mlp_state import onto_sphere
from mcsim.kernels.philox import philox4x32, to_unit_interval

# Streams: the normals of a momentum or proposal, the single words of a sweep or of an attempt, and radii.
NORMALS = np.uint32(0)
DECISIONS = np.uint32(1)
RADIUS = np.uint32(2)


@njit(cache=True, inline="always")
def sweep_words(key, number, sweep):
    """Return four words for the decisions of one sweep, or of attempt `number` within it."""
    low, high = np.uint32(sweep & 0xFFFFFFFF), np.uint32(sweep >> 32)
    return philox4x32(np.uint32(number), DECISIONS, low, high, key[0], key[1])


@njit(cache=True)
def follow_geodesic(x, p, time):
    """Move x along the great circle of |x|^2 = N_0 with velocity p, p . x = 0, and carry p along."""
    speed = np.sqrt(dot(p, p))
    if speed == 0.0:
        return
    radius = np.sqrt(np.float64(x.shape[0]))
    angle = time * speed / radius
    cosine = as_element(np.cos(angle), x)
    to_x, to_p = as_element(np.sin(angle) * radius / speed, x), as_element(np.sin(angle) * speed / radius, x)
    for i in range(x.shape[0]):
        moved = cosine * x[i] + to_x * p[i]
        p[i] = cosine * p[i] - to_p * x[i]
        x[i] = moved
    onto_sphere(x)


@njit(cache=True)
def accepts(log_ratio, word, columns, c):
    """Decide a move of column c by Metropolis and count it; what is not a number is rejected."""
    columns.proposed[c] += 1
    if log_ratio >= 0.0:
        columns.chance[c] += 1.0
    elif log_ratio < 0.0:
        columns.chance[c] += np.exp(log_ratio)
    accepted = np.log(to_unit_interval(word)) < log_ratio
    columns.accepted[c] += accepted
    return accepted
