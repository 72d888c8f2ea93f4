"""New levels where the ones there are break further."""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.rsb.parameters import ParisiParameters

_FIRST_SPACING = 0.1  # of the room there is, at most, between the first two breakpoints
_SPACING_PER_EXCESS = 5.0  # of the replicon above 1: a narrow continuous part has nearly stable plateaus
_FIRST_STEP = 0.2  # of the step the level is cut from


def with_level(p: ParisiParameters, plateau: int, excess: float, closer: float = 1.0) -> ParisiParameters:
    """Return parameters with one more breakpoint inside a plateau, and a small step of the conjugates there.

    Parameters
    ----------
    p : ParisiParameters
        With at least one breakpoint.
    plateau : int
        0 .. K.
    excess : float
        Its replicon minus 1.
    closer : float
        Factor on the distance from the next breakpoint, where the plateau is an outer one.
    """
    return with_level_at(p, plateau, _place(p.x, plateau, excess, closer))


def with_level_at(p: ParisiParameters, plateau: int, place: float) -> ParisiParameters:
    """Return parameters with a breakpoint at `place`, inside a plateau, and a small step of the conjugates there."""
    r = p.r
    if plateau < p.x.size:
        low, high = r[:, plateau], r[:, plateau] + _FIRST_STEP * (r[:, plateau + 1] - r[:, plateau])
    else:
        low, high = r[:, -1] - _FIRST_STEP * (r[:, -1] - r[:, -2]), r[:, -1]
    r = np.column_stack([r[:, :plateau], low, high, r[:, plateau + 1 :]])
    k = np.insert(p.k, plateau, p.k[:, plateau], axis=1)
    return ParisiParameters(np.insert(p.x, plateau, place), k, p.k_d, r, p.rt + r[:, -1])


def only_level(p: ParisiParameters) -> ParisiParameters:
    """Return parameters with the middle breakpoint alone, and the outermost and innermost plateaus."""
    ends = [0, -1]
    return ParisiParameters(p.x[[p.x.size // 2]], p.k[:, ends], p.k_d, p.r[:, ends], p.r_d)


def refined(p: ParisiParameters, replicons: FloatArray, stable: float) -> ParisiParameters:
    """Return parameters with one more breakpoint inside each plateau whose replicon is above `stable`."""
    for plateau in reversed(range(replicons.size)):
        if replicons[plateau] > stable:
            p = with_level(p, plateau, float(replicons[plateau]) - 1.0)
    return p


def _place(x: FloatArray, plateau: int, excess: float, closer: float) -> float:
    """Return where to put a breakpoint: in the middle, or outside by half a spacing of the others."""
    if 0 < plateau < x.size:
        return float(0.5 * (x[plateau - 1] + x[plateau]))
    if x.size > 1:
        below, above = 0.5 * (x[1] - x[0]), 0.5 * (x[-1] - x[-2])
    else:
        below, above = (min(_FIRST_SPACING * room, _SPACING_PER_EXCESS * excess) for room in (x[0], 1.0 - x[0]))
    if plateau == 0:
        return float(x[0] - min(closer * below, 0.5 * x[0]))
    return float(x[-1] + min(closer * above, 0.5 * (1.0 - x[-1])))
