"""The replica-symmetric branch followed through beta: many solutions, the curve s(e), where it turns unstable."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import scipy

from theory.mlp.model import MlpModel
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rs.solution import RSSolution
from theory.result import NotConvergedError

_SCAN_FACTOR = 1.3  # between the betas at which the first crossing is looked for
_LOWEST_START = 1e-6
_NEARLY_UNSTABLE = 0.5  # a maximum of the replicon between two betas is looked at from here on


def solve_branch(model: MlpModel, betas: Iterable[float], *, tolerance: float = 1e-8) -> list[RSSolution]:
    """Solve the replica-symmetric saddle point at many inverse temperatures, each from the one before.

    Parameters
    ----------
    model : MlpModel
    betas : iterable of float
        Inverse temperatures, zero or more, best in growing or falling order. The first is solved from
        uncorrelated replicas.
    tolerance : float
        Largest acceptable estimated error of free entropy and energy at each beta, from 1e-11 to 1e-2.

    Returns
    -------
    list of RSSolution
        In the order of `betas`; each has `beta`, `free_entropy`, `energy`, `entropy` (per reference width N,
        k_B = 1), `overlaps` (input first, per neuron, each with `self_overlap` and `mean`), `replicon` and
        `status`.

    Raises
    ------
    ValueError
        If a beta or the tolerance is out of range.
    NotConvergedError
        If one of the points cannot be solved to the tolerance; the message names its beta.
    """
    solutions: list[RSSolution] = []
    for beta in betas:
        start = solutions[-1].order_parameters if solutions else None
        solutions.append(solve_rs(model, beta, tolerance=tolerance, start=start))
    return solutions


def critical_beta(
    model: MlpModel,
    *,
    beta_max: float = 16.0,
    beta_min: float = 0.1,
    precision: float = 1e-6,
    tolerance: float = 1e-6,
) -> float | None:
    """Return the smallest inverse temperature at which replica symmetry turns unstable (replicon = 1).

    Parameters
    ----------
    model : MlpModel
    beta_max : float
        Where to stop looking, positive.
    beta_min : float
        Where to start; lowered by itself if replica symmetry is unstable there (it is stable at beta = 0).
    precision : float
        Relative precision of the result, from 1e-9 to 0.1.
    tolerance : float
        Of each saddle point, as in `solve_rs`; the replicon is as accurate as the larger of this and 1e-8.

    Returns
    -------
    float or None
        None if the replicon stays below 1 up to `beta_max`.

    Raises
    ------
    ValueError
        If a number is out of range.
    NotConvergedError
        If a saddle point on the way cannot be solved; the message says up to which beta the replicon stays
        below 1.

    Notes
    -----
    The branch is followed on a geometric grid (ratio 1.3); a maximum between three grid points that comes near 1 is
    looked at more closely, so that only an unstable interval narrower than the grid with no trace at its points
    could be missed. Stability is local: where replica symmetry breaks with a jump, another solution can win at a
    smaller beta.
    """
    if not (math.isfinite(beta_max) and 0.0 < beta_min < beta_max):
        raise ValueError(f"beta_min {beta_min} and beta_max {beta_max} must be finite, with 0 < beta_min < beta_max")
    if not 1e-9 <= precision <= 0.1:
        raise ValueError(f"precision {precision} must lie between 1e-9 and 0.1")
    search = _StabilitySearch(model, tolerance)
    bracket = search.first_crossing(beta_min, beta_max)
    if bracket is None:
        return None
    # Interpolate in log beta, where the log of the replicon is nearly straight.
    root = scipy.optimize.brentq(
        lambda t: search.log_replicon(math.exp(t)), *np.log(bracket), xtol=0.5 * precision, rtol=1e-14
    )
    return float(math.exp(root))


class _StabilitySearch:
    """The log of the replicon along the branch; each point is solved from the nearest known one below it."""

    def __init__(self, model: MlpModel, tolerance: float) -> None:
        self._model = model
        self._tolerance = tolerance
        self._known: dict[float, RSSolution] = {}

    def log_replicon(self, beta: float) -> float:
        """Return log(replicon), -inf where it vanishes; negative is stable."""
        if beta not in self._known:
            below = max((known for known in self._known if known < beta), default=None)
            start = None if below is None else self._known[below].order_parameters
            try:
                self._known[beta] = solve_rs(self._model, beta, tolerance=self._tolerance, start=start)
            except NotConvergedError as error:
                stable = f"the replicon stays below 1 up to beta {below:g}" if below else "nothing is known below"
                raise NotConvergedError(f"{error}; {stable}") from error
        return math.log(max(self._known[beta].replicon, 1e-300))

    def first_crossing(self, low: float, high: float) -> tuple[float, float] | None:
        """Return a stable and an unstable beta around the first crossing at or below `high`."""
        while self.log_replicon(low) > 0.0:
            low, high = 0.5 * low, low
            if low < _LOWEST_START:
                raise NotConvergedError(f"replica symmetry is still unstable at beta {high:g}")
        betas = [low]
        while betas[-1] < high:
            betas.append(min(high, betas[-1] * _SCAN_FACTOR))
            if self.log_replicon(betas[-1]) > 0.0:
                return betas[-2], betas[-1]
            if len(betas) > 2 and (peak := self._peak(*betas[-3:])) is not None:
                return betas[-3], peak
        return None

    def _peak(self, left: float, middle: float, right: float) -> float | None:
        """Return an unstable beta in between, if a maximum there reaches above 1."""
        a, b, c = (self.log_replicon(beta) for beta in (left, middle, right))
        if not (b >= max(a, c) and b > math.log(_NEARLY_UNSTABLE)):
            return None
        found = scipy.optimize.minimize_scalar(
            lambda beta: -self.log_replicon(beta), bounds=(left, right), method="bounded"
        )
        return float(found.x) if found.fun < 0.0 else None
