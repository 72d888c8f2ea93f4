"""How many TAP solutions a network has: distinct ones among many starts, and how many were not seen.

Solutions are told apart by their mutual overlap, up to s -> -s where there are no fields. How complete the list is
follows from how often each was found, as with species in a sample: Good and Turing estimate the share of starts that
would lead to a solution not seen yet by (solutions found once)/(starts solved), Chao bounds their number from below.
Both speak of what these starts can reach. Starts without a solution are counted apart.

References
----------
Good, Biometrika 40, 237 (1953); Chao, Scand. J. Stat. 11, 265 (1984); Hurlbert, Ecology 52, 577 (1971).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from theory.arrays import FloatArray, IntArray
from theory.bonds import Bonds
from theory.tap.solver import (
    DEFAULT_TOLERANCE,
    TapSolution,
    TapStates,
    describe,
    random_starts,
    solve_states,
)

# Root mean square distance of magnetisations below which two solutions are one: far above the solver's error.
_SAME = 1e-5
# A start missing its solution, or a solution missing from the list, in at most this share: the list is complete.
_INCOMPLETE = 0.05
_CURVE_POINTS = 24


@dataclass(frozen=True)
class Found:
    """One distinct solution and how many random and other starts led to it (to it or its reverse)."""

    solution: TapSolution
    random_hits: int
    state_hits: int

    @property
    def hits(self) -> int:
        """Return how many starts of either kind led here."""
        return self.random_hits + self.state_hits


@dataclass(frozen=True)
class Census:
    """The distinct solutions found at one temperature.

    Attributes
    ----------
    temperature : float
    found : tuple of Found
        By rising free energy.
    paramagnet : TapSolution or None
        m = 0, which solves the equations at every temperature without fields, whether or not a start led there.
    starts, dropped : int
        Starts made, and those among them that came to no solution.
    unseen_share : float
        Good-Turing estimate of the share of solved starts that lead to a solution not in `found`, or 3/solved, the
        95 % limit, where no solution was found only once.
    expected_solutions : float
        Chao's lower bound on the number of solutions these starts can reach.
    saturation : tuple of (int, float)
        Solved starts, and distinct solutions expected among so many of them (rarefaction).
    verdict : {"complete", "incomplete"}
        complete: at most 5 % of the starts dropped, unseen share at most 5 %, less than half a solution missing.
    """

    temperature: float
    found: tuple[Found, ...]
    paramagnet: TapSolution | None
    starts: int
    dropped: int
    unseen_share: float
    expected_solutions: float
    saturation: tuple[tuple[int, float], ...]
    verdict: Literal["complete", "incomplete"]


def census(
    bonds: Bonds,
    temperature: float,
    *,
    starts: int = 200,
    seed: int = 0,
    states: ArrayLike | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Census:
    """Count the distinct TAP solutions that random starts, and states given, lead to.

    Parameters
    ----------
    bonds : Bonds
    temperature : float
        T > 0 in units of energy.
    starts : int
        Random starts, magnetisations uniform in (-1, 1); none with 0.
    seed : int
        Of the random starts.
    states : array, shape (N, columns), optional
        More starts, such as spins or magnetisations of a Monte Carlo run.
    tolerance : float
        Largest residual of a solution.

    Raises
    ------
    ValueError
        As `solve_states`, or if there is no start at all.
    """
    given = np.empty((bonds.spins, 0)) if states is None else np.asarray(states, dtype=np.float64)
    given = given.reshape(-1, 1) if given.ndim == 1 else given
    if starts < 0 or starts + given.shape[-1] < 1:
        raise ValueError(f"starts: got {starts} random and {given.shape[-1]} given; at least one is needed")
    if given.shape[0] != bonds.spins:
        raise ValueError(f"states: got shape {given.shape}; give ({bonds.spins}, columns), one row a spin")
    m = np.hstack([random_starts(bonds.spins, starts, seed), given])
    solved = solve_states(bonds, temperature, m, tolerance=tolerance)
    labels = distinct(solved.arguments, reversible=not bonds.fields.any())
    found = [
        _found(bonds, temperature, solved, np.flatnonzero(labels == label), starts)
        for label in range(int(labels.max(initial=-1)) + 1)
    ]
    hits = np.array([state.hits for state in found], dtype=np.int64)
    unseen, expected = _unseen(hits)
    complete = solved.dropped <= _INCOMPLETE * m.shape[1] and unseen <= _INCOMPLETE and expected < len(hits) + 0.5
    return Census(
        temperature=temperature,
        found=tuple(sorted(found, key=lambda state: state.solution.free_energy)),
        paramagnet=None if bonds.fields.any() else describe(bonds, temperature, np.zeros(bonds.spins)),
        starts=m.shape[1],
        dropped=solved.dropped,
        unseen_share=unseen,
        expected_solutions=expected,
        saturation=rarefaction(hits),
        verdict="complete" if complete else "incomplete",
    )


def distinct(arguments: FloatArray, *, reversible: bool) -> NDArray[np.intp]:
    """Return a label 0, 1, ... for each column: equal where two are one solution, up to sign if reversible.

    Parameters
    ----------
    arguments : float64 array, shape (N, columns)
        atanh of the magnetisations.
    reversible : bool
        Whether m and -m are the same solution.
    """
    m = np.tanh(arguments)
    norms = (m**2).sum(axis=0)
    labels = np.zeros(m.shape[1], dtype=np.intp)
    first: list[int] = []
    for column in range(m.shape[1]):
        overlaps = m[:, first].T @ m[:, column]
        distance = norms[first] + norms[column] - 2 * (np.abs(overlaps) if reversible else overlaps)
        same = np.flatnonzero(distance < _SAME**2 * len(m))
        if same.size:
            labels[column] = same[0]
        else:
            labels[column] = len(first)
            first.append(column)
    return labels


def rarefaction(hits: IntArray) -> tuple[tuple[int, float], ...]:
    """Return (n, distinct solutions expected among n of the solved starts) for some n up to all.

    The expectation over which n are taken is exact: sum_k [1 - C(S - h_k, n)/C(S, n)].

    Parameters
    ----------
    hits : int array, shape (solutions,)
        h_k, how often each was found; S is their sum.
    """
    total = int(hits.sum())
    if not total:
        return ()
    points = np.unique(np.geomspace(1, total, _CURVE_POINTS).round().astype(int))
    return tuple((int(n), float((1 - _missed(hits, total, int(n))).sum())) for n in points)


def _missed(hits: IntArray, total: int, n: int) -> FloatArray:
    """Return the probability that n of the starts, drawn without replacement, miss each solution."""
    rest = (total - hits).astype(np.float64)
    possible = rest >= n
    rest = np.maximum(rest, n)
    log_ratio = gammaln(rest + 1) - gammaln(rest - n + 1) - gammaln(total + 1) + gammaln(total - n + 1)
    missed: FloatArray = np.where(possible, np.exp(log_ratio), 0.0)
    return missed


def _unseen(hits: IntArray) -> tuple[float, float]:
    """Return the share of starts that lead to unseen solutions, and Chao's bound on the number of solutions."""
    total, once, twice = int(hits.sum()), int((hits == 1).sum()), int((hits == 2).sum())
    if not total:
        return 1.0, 0.0
    share = once / total if once else min(1.0, 3 / total)
    return share, len(hits) + (total - 1) / total * once * (once - 1) / (2 * (twice + 1))


def _found(bonds: Bonds, temperature: float, solved: TapStates, columns: NDArray[np.intp], random: int) -> Found:
    best = columns[solved.residuals[columns].argmin()]
    solution = describe(bonds, temperature, solved.arguments[:, best], solved.sweeps + solved.newton_steps)
    from_random = int((solved.starts[columns] < random).sum())
    return Found(solution, from_random, len(columns) - from_random)
