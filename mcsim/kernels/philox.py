"""Philox 4x32-10: a counter-based generator, so that a draw depends on its address and on nothing else.

Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11 (Random123). The published
known-answer vectors are a test.
"""

import numpy as np
from numba import njit

_MULTIPLIER_0 = np.uint32(0xD2511F53)
_MULTIPLIER_1 = np.uint32(0xCD9E8D57)
_WEYL_0 = np.uint32(0x9E3779B9)
_WEYL_1 = np.uint32(0xBB67AE85)
_HALF_WORD = np.uint64(32)


@njit(cache=True, inline="always")
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Return the four 32-bit words of counter (c0..c3) under key (k0, k1); all uint32."""
    for _ in range(10):
        product_0 = np.uint64(_MULTIPLIER_0) * np.uint64(c0)
        product_1 = np.uint64(_MULTIPLIER_1) * np.uint64(c2)
        c0 = np.uint32(np.uint32(product_1 >> _HALF_WORD) ^ c1 ^ k0)
        c2 = np.uint32(np.uint32(product_0 >> _HALF_WORD) ^ c3 ^ k1)
        c1 = np.uint32(product_1)
        c3 = np.uint32(product_0)
        k0 = np.uint32(k0 + _WEYL_0)
        k1 = np.uint32(k1 + _WEYL_1)
    return c0, c1, c2, c3


@njit(cache=True)
def fill_words(words, key, c1, c2, c3):
    """Fill `words` (uint32, length a multiple of 4) from the counters (0.., c1, c2, c3).

    The four words of a counter are stored a quarter of the array apart, which keeps the stores contiguous and lets
    the compiler vectorise over counters.
    """
    n = words.shape[0] // 4
    k0 = key[0]
    k1 = key[1]
    for b in range(n):
        w0, w1, w2, w3 = philox4x32(np.uint32(b), c1, c2, c3, k0, k1)
        words[b] = w0
        words[n + b] = w1
        words[2 * n + b] = w2
        words[3 * n + b] = w3


@njit(cache=True, inline="always")
def to_unit_interval(word):
    """Map a 32-bit word to a float64 strictly inside (0, 1)."""
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10
