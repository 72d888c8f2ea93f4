"""Solutions whose breakpoints are given, among those that the solution has room for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.rsb.classify import STABLE
from theory.mlp.rsb.levels import only_level, with_level_at
from theory.mlp.rsb.parameters import ParisiParameters
from theory.mlp.rsb.search import Search


def on_breakpoints(search: Search, x: FloatArray, start: ParisiParameters | None) -> ParisiParameters:
    """Return the solution whose breakpoints are among `x`: those that plateaus which break further have room for.

    Levels come in one by one, next to others, because most of many levels at once would be merging.
    """
    p = search.first_level(search.rs()) if start is None else start
    if p.x.size == 0:
        return p
    if not np.all(np.isin(p.x, x)):
        p = search.fixed(replace(only_level(p), x=x[[np.argmin(np.abs(x - p.x[p.x.size // 2]))]]))
    refused: set[float] = set()
    while p.x.size:
        new = _next_breakpoint(search, p, x, refused)
        if new is None:
            break
        added = float(np.setdiff1d(new.x, p.x)[0])
        found = search.fixed(search.swept(new, 2))
        if added not in found.x:
            refused.add(added)
        p = found
    return p


def _next_breakpoint(
    search: Search, p: ParisiParameters, x: FloatArray, refused: set[float]
) -> ParisiParameters | None:
    """Return parameters with one of `x` more in the plateau that breaks further most and has room for it."""
    replicons = search.replicons(p)
    edges = np.concatenate([[0.0], p.x, [1.0]])
    for plateau in np.argsort(replicons)[::-1]:
        if replicons[plateau] <= STABLE:
            return None
        low, high = edges[plateau], edges[plateau + 1]
        free = [y for y in x[(x > low) & (x < high)].tolist() if y not in refused]
        if free:
            place = free[-1] if plateau == 0 else free[0] if plateau == p.x.size else free[len(free) // 2]
            return with_level_at(p, int(plateau), place)
    return None
