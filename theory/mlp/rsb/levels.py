"""New levels where the ones there are break further."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.mlp.rsb.parameters import ParisiParameters

FloatArray = NDArray[np.float64]

_FIRST_SPACING = 0.1  # of the room there is, between the first two breakpoints
_FIRST_STEP = 0.2  # of the step the level is cut from


def with_level(p: ParisiParameters, plateau: int) -> ParisiParameters:
    """Return parameters with one more breakpoint inside a plateau, 0 .. K, and a small step of the conjugates there."""
    r = p.r
    if plateau < p.x.size:
        low, high = r[:, plateau], r[:, plateau] + _FIRST_STEP * (r[:, plateau + 1] - r[:, plateau])
    else:
        low, high = r[:, -1] - _FIRST_STEP * (r[:, -1] - r[:, -2]), r[:, -1]
    r = np.column_stack([r[:, :plateau], low, high, r[:, plateau + 1 :]])
    k = np.insert(p.k, plateau, p.k[:, plateau], axis=1)
    return ParisiParameters(np.insert(p.x, plateau, _place(p.x, plateau)), k, p.k_d, r, p.rt + r[:, -1])


def refined(p: ParisiParameters, plateaus: FloatArray) -> ParisiParameters:
    """Return parameters with one more breakpoint inside each of the plateaus listed."""
    for plateau in sorted((int(i) for i in plateaus), reverse=True):
        p = with_level(p, plateau)
    return p


def _place(x: FloatArray, plateau: int) -> float:
    """Return where to put a breakpoint: in the middle, or outside by half a spacing of the others."""
    if 0 < plateau < x.size:
        return float(0.5 * (x[plateau - 1] + x[plateau]))
    below, above = (
        (x[1] - x[0], x[-1] - x[-2]) if x.size > 1 else (2 * _FIRST_SPACING * x[0], 2 * _FIRST_SPACING * (1 - x[0]))
    )
    if plateau == 0:
        return float(max(x[0] - 0.5 * below, 0.5 * x[0]))
    return float(min(x[-1] + 0.5 * above, 0.5 * (x[-1] + 1.0)))
