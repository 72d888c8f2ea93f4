"""Standard normal numbers from Philox words, in float32 arithmetic that vectorises."""

import numpy as np
from numba import njit

from mcsim.kernels.elementary import log_of_unit, sine_of_quadrant
from mcsim.kernels.philox import fill_words

_WORD = np.float32(2.3283064365386963e-10)
_HALF = np.float32(0.5)
_MINUS_TWO = np.float32(-2.0)
_OCTANT = np.int32(0x20000000)
# pi/2 per 2^30 units of angle.
_ANGLE_UNIT = np.float32(1.4629180792671596e-09)


def words_for_normals(n: int) -> int:
    """Return how many words `fill_normals` needs for n numbers: a multiple of 4, at least n."""
    return 4 * ((n + 3) // 4)


@njit(cache=True, error_model="numpy")
def box_muller(words, out):
    """Turn words (uint32, even length >= len(out)) into normals: out[i] and out[half + i] share a radius.

    A radius comes from 32 bits, so no number exceeds 6.8 in size (probability 1e-11); an angle is the word itself as a
    signed fraction of a turn, which makes its reduction to an octant exact.
    """
    half = words.shape[0] // 2
    pairs = max(0, out.shape[0] - half)
    first, second = out[:half], out[half:]
    for i in range(pairs):
        radius, quadrant, r = _polar(words[i], words[half + i])
        first[i] = radius * sine_of_quadrant(r, np.int32(quadrant + np.int32(1)))
        second[i] = radius * sine_of_quadrant(r, quadrant)
    for i in range(pairs, first.shape[0]):
        radius, quadrant, r = _polar(words[i], words[half + i])
        first[i] = radius * sine_of_quadrant(r, np.int32(quadrant + np.int32(1)))


@njit(cache=True, inline="always")
def _polar(word, turn):
    """Return (radius, quadrant, remainder in radians) of a pair of normals from its two words."""
    u = (np.float32(word) + _HALF) * _WORD
    quadrant, r = _octant_of_turn(turn)
    return np.sqrt(_MINUS_TWO * log_of_unit(u)), quadrant, r


@njit(cache=True, inline="always")
def _octant_of_turn(word):
    """Return (quadrant, remainder in radians, abs <= pi/4) of an angle given as a 32-bit fraction of a turn."""
    angle = np.int32(np.uint32(word))
    quadrant = np.int32(np.int32(angle >> np.int32(30)) + np.int32(np.int32(angle >> np.int32(29)) & np.int32(1)))
    remainder = np.int32(angle - np.int32(quadrant << np.int32(30)))
    return quadrant, np.float32(remainder) * _ANGLE_UNIT


@njit(cache=True)
def fill_normals(out, words, key, stream, low, high):
    """Fill out (float, (n,)) with N(0, 1) numbers addressed by (key, stream, sweep); `words` is scratch of at least
    `words_for_normals(n)`."""
    used = words[: 4 * ((out.shape[0] + 3) // 4)]
    fill_words(used, key, stream, low, high)
    box_muller(used, out)
