"""Elementary functions in float32 arithmetic that vectorises: a loop over an array runs 8 to 16 elements at a time.

The generic names (`tanh`, `sine`, `cosine`, `erf`, `erf_slope`) pick these approximations for float32 arguments and the
library's functions for float64 ones, at compile time. Errors are absolute, over the whole line, below 5e-7
(tests/unit/test_mlp_elementary.py).
"""

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

_LOG2_E = np.float32(1.4426950408889634)
_LOG_2 = np.float32(0.6931471805599453)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_TWO_OVER_PI = np.float32(0.6366197723675814)
_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
_SINGLE_TWO_OVER_ROOT_PI = np.float32(_TWO_OVER_ROOT_PI)
# pi/2 in four parts of few bits each, so that q * part is exact for the quadrants q that occur (Cody & Waite).
_QUARTER = (np.float32(1.5703125), np.float32(4.8351288e-4), np.float32(3.1385570e-7), np.float32(6.0771006e-11))


@njit(cache=True, inline="always")
def exp_of_negative(x):
    """Return exp(x) for x <= 0 in float32, to the rounding of x (relative 6e-8 abs(x)), in arithmetic that vectorises.

    2^y = 2^floor(y) 2^frac: the integer part goes to the exponent bits, the rest to a minimax
    polynomial of 2^f on [0, 1] (relative error 2e-9 before rounding).
    """
    y = max(np.float32(x) * _LOG2_E, np.float32(-126.0))
    whole = np.floor(y)
    f = np.float32(y - whole)
    p = np.float32(2.161291988e-04)
    p = p * f + np.float32(1.246784514e-03)
    p = p * f + np.float32(9.675451694e-03)
    p = p * f + np.float32(5.548528056e-02)
    p = p * f + np.float32(2.402293056e-01)
    p = p * f + np.float32(6.931470444e-01)
    p = p * f + _ONE
    bits = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23))
    return p * bits.view(np.float32)


@njit(cache=True, inline="always")
def log_of_unit(u):
    """Return log(u) for a normal float32 0 < u <= 1: exponent bits plus the polynomial of Cephes' logf."""
    bits = np.float32(u).view(np.int32)
    # Shifted so that the mantissa lies in [sqrt(1/2), sqrt(2)), where the polynomial holds.
    exponent = (bits - np.int32(0x3F3504F3)) >> np.int32(23)
    m = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - _ONE
    p = np.float32(7.0376836292e-2)
    p = p * m + np.float32(-1.1514610310e-1)
    p = p * m + np.float32(1.1676998740e-1)
    p = p * m + np.float32(-1.2420140846e-1)
    p = p * m + np.float32(1.4249322787e-1)
    p = p * m + np.float32(-1.6668057665e-1)
    p = p * m + np.float32(2.0000714765e-1)
    p = p * m + np.float32(-2.4999993993e-1)
    p = p * m + np.float32(3.3333331174e-1)
    square = m * m
    return (m * square * p - _HALF * square) + m + np.float32(exponent) * _LOG_2


@njit(cache=True, inline="always")
def _octant_sine(r):
    """Return sin(r) for abs(r) <= pi/4."""
    s = r * r
    p = np.float32(-1.9515295891e-4) * s + np.float32(8.3321608736e-3)
    return r + r * s * (p * s + np.float32(-1.6666654611e-1))


@njit(cache=True, inline="always")
def _octant_cosine(r):
    """Return cos(r) for abs(r) <= pi/4."""
    s = r * r
    p = np.float32(2.443315711809948e-5) * s + np.float32(-1.388731625493765e-3)
    return _ONE - _HALF * s + s * s * (p * s + np.float32(4.166664568298827e-2))


@njit(cache=True, inline="always")
def sine_of_quadrant(r, quadrant):
    """Return sin(r + quadrant * pi/2) for abs(r) <= pi/4 and an int32 quadrant; quadrant + 1 gives the cosine."""
    value = _octant_cosine(r) if quadrant & np.int32(1) else _octant_sine(r)
    return -value if quadrant & np.int32(2) else value


@njit(cache=True, inline="always")
def _sine_shifted(z, shift):
    q = np.float32(np.floor(z * _TWO_OVER_PI + _HALF))
    r = ((z - q * _QUARTER[0]) - q * _QUARTER[1]) - q * _QUARTER[2] - q * _QUARTER[3]
    return sine_of_quadrant(np.float32(r), np.int32(q) + np.int32(shift))


@njit(cache=True, inline="always")
def _sine_single(z):
    return _sine_shifted(z, 0)


@njit(cache=True, inline="always")
def _cosine_single(z):
    return _sine_shifted(z, 1)


@njit(cache=True, inline="always", error_model="numpy")
def _tanh_single(z):
    """Return tanh(z): the odd rational function of degree 13 over 6 that Eigen and XLA use."""
    x = min(max(z, np.float32(-7.90531110763549805)), np.float32(7.90531110763549805))
    s = x * x
    p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


@njit(cache=True, inline="always", error_model="numpy")
def _erf_single(z):
    """Return erf(z): the odd rational function of degree 13 over 8 that Eigen and XLA use."""
    x = min(max(z, np.float32(-4.0)), np.float32(4.0))
    s = x * x
    p = np.float32(-2.72614225801306e-10) * s + np.float32(2.77068142495902e-08)
    p = p * s + np.float32(-2.10102402082508e-06)
    p = p * s + np.float32(-5.69250639462346e-05)
    p = p * s + np.float32(-7.34990630326855e-04)
    p = p * s + np.float32(-2.95459980854025e-03)
    p = p * s + np.float32(-1.60960333262415e-02)
    q = np.float32(-1.45660718464996e-05) * s + np.float32(-2.13374055278905e-04)
    q = q * s + np.float32(-1.68282697438203e-03)
    q = q * s + np.float32(-7.37332916720468e-03)
    q = q * s + np.float32(-1.42647390514189e-02)
    return x * p / q


def tanh(z):
    """Return tanh(z) in the precision of z."""
    return np.tanh(z)


def sine(z):
    """Return sin(z) in the precision of z."""
    return np.sin(z)


def cosine(z):
    """Return cos(z) in the precision of z."""
    return np.cos(z)


def erf(z):
    """Return erf(z) in the precision of z."""
    return math.erf(z)


def erf_slope(z):
    """Return the derivative of erf, 2 / sqrt(pi) exp(-z^2), in the precision of z."""
    return _TWO_OVER_ROOT_PI * np.exp(-z * z)


def as_element(value, array):
    """Return a number in the precision of an array, so that arithmetic with its elements stays there."""
    return array.dtype.type(value)


def _choose(generic, single, double):
    """Give a generic name its two implementations; the type of the argument decides when code is compiled."""

    @overload(generic, inline="always")
    def implementation(z):
        return single if z == types.float32 else double


_choose(tanh, lambda z: _tanh_single(z), lambda z: np.tanh(z))
_choose(sine, lambda z: _sine_single(z), lambda z: np.sin(z))
_choose(cosine, lambda z: _cosine_single(z), lambda z: np.cos(z))
_choose(erf, lambda z: _erf_single(z), lambda z: math.erf(z))
_choose(erf_slope, lambda z: _SINGLE_TWO_OVER_ROOT_PI * exp_of_negative(-z * z),
        lambda z: _TWO_OVER_ROOT_PI * np.exp(-z * z))  # fmt: skip


@overload(as_element, inline="always")
def _as_element(value, array):
    kind = array.dtype
    return lambda value, array: kind(value)
