"""The search for solutions with broken replica symmetry at one inverse temperature, one level after another.

The first level starts from a split replica-symmetric solution, every other from a small step inside the plateau that
breaks further most; Newton's method takes it from there.
"""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel
from theory.mlp.rs.saddle import solve_rs
from theory.mlp.rs.solution import RSSolution
from theory.mlp.rsb.classify import STABLE, Levels, classify, coarse_levels
from theory.mlp.rsb.discontinuous import states_at_one
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.levels import with_level
from theory.mlp.rsb.newton import Saddle, extremise, solve_fixed
from theory.mlp.rsb.parameters import ParisiParameters, split
from theory.mlp.rsb.stability import plateau_replicons
from theory.mlp.rsb.sweep import Layers, curvature_averages
from theory.result import NotConvergedError

FIRST_SWEEPS = 20
NEW_LEVEL_SWEEPS = 10
_SPACINGS = (1.0, 0.3, 0.1)
EQUATIONS = 1e-8  # residual, against which errors of Phi are of second order
_BREAKPOINTS = 1e-6
_BELOW_ONE = 0.98
_START_TOLERANCE = 1e-4
_LOOSE = 3e-4


def resolution_for(tolerance: float) -> Resolution:
    """Return the resolution to start from: a rule of eta errs by about exp(-2 pi / eta), 3e-5 at 0.6, 2e-7 at 0.4."""
    return Resolution(0.6, 6.0) if tolerance >= _LOOSE else Resolution()


class Search:
    """Everything for one model at one inverse temperature.

    Parameters
    ----------
    model : MlpModel
    beta, tolerance : float
    coarse, fine : Resolution, optional
        Where solutions are searched, and where they are solved again, which tells the error; by default as fine as
        the tolerance asks for, and finer.
    breakpoints : float
        Largest derivative in a breakpoint, as in `extremise`; much larger ones will do for one level only.
    """

    def __init__(
        self,
        model: MlpModel,
        beta: float,
        tolerance: float,
        *,
        coarse: Resolution | None = None,
        fine: Resolution | None = None,
        breakpoints: float = _BREAKPOINTS,
    ) -> None:
        self.model = model
        self.beta = beta
        self.tolerance = tolerance
        coarse = coarse or resolution_for(tolerance)
        self.layers = Layers(model, coarse)
        self.fine = Layers(model, fine or coarse.refined())
        self.sweeps = 0
        self._breakpoints = breakpoints

    def rs(self) -> RSSolution:
        """Return the replica-symmetric solution, good enough for a start."""
        return solve_rs(self.model, self.beta, tolerance=_START_TOLERANCE)

    def replicons(self, p: ParisiParameters) -> FloatArray:
        """Return the stability of every plateau."""
        return plateau_replicons(self.model, p, curvature_averages(self.layers, p))

    def extremised(self, start: ParisiParameters) -> ParisiParameters:
        """Return the solution with extremal breakpoints nearby, or with fewer where levels merge."""
        return self._counted(extremise(self.layers, self.beta, start, self._breakpoints))

    def fixed(self, start: ParisiParameters) -> ParisiParameters:
        """Return the solution at given breakpoints."""
        return self._counted(solve_fixed(self.layers, start, EQUATIONS))

    def _counted(self, saddle: Saddle) -> ParisiParameters:
        self.sweeps += saddle.sweeps
        return saddle.parameters

    def refine(self) -> None:
        """Take the finer grids for the coarser ones, and still finer ones for these."""
        self.layers, self.fine = self.fine, Layers(self.model, self.fine.resolution.refined())

    def swept(self, p: ParisiParameters, times: int) -> ParisiParameters:
        """Return the parameters after some sweeps."""
        for _ in range(times):
            p, _ = self.layers.sweep(p)
        self.sweeps += times
        return p

    def first_level(self, rs: RSSolution) -> ParisiParameters:
        """Return the solution with one extremal breakpoint, without any where there is none but replica symmetry.

        Where replica symmetry is stable, a solution with a jump can be the right one: it appears at x = 1, and counts
        once its breakpoint has come below 1, that is once Phi increases with x there.
        """
        order = rs.order_parameters
        if rs.replicon > 1.0:
            return self.extremised(self.swept(split(order, np.array([0.5]), 0.5), FIRST_SWEEPS))
        states = states_at_one(self.model, self.beta, symmetric=rs)
        if states.parameters is None or states.complexity >= 0.0:
            return split(order, np.zeros(0), 0.0)
        return self.extremised(states.parameters.at(np.array([_BELOW_ONE])))

    def more_levels(self, known: list[ParisiParameters], steps: int) -> list[ParisiParameters]:
        """Add levels one by one where the last solution is least stable; return all, each with one level more."""
        known = list(known)
        while 0 < known[-1].x.size < steps:
            replicons = self.replicons(known[-1])
            new = self._one_more(known[-1], replicons) if replicons.max() > STABLE else None
            if new is None:
                break
            known.append(new)
        return known

    def levels(self, p: ParisiParameters) -> Levels:
        """Return what tells the class of a solution."""
        return Levels(p.x, p.k[0], self.replicons(p))

    def classified(self, known: list[ParisiParameters]) -> str:
        """Return the class of the last of some solutions, the others with fewer levels."""
        if known[-1].x.size == 0:
            return classify(Levels(known[-1].x, known[-1].k[0], np.ones(1)))
        wanted = coarse_levels(known[-1].x.size)
        coarse = next((self.levels(p) for p in known if p.x.size == wanted), None)
        return classify(self.levels(known[-1]), coarse)

    def _one_more(self, p: ParisiParameters, replicons: FloatArray) -> ParisiParameters | None:
        """Return a solution with one more level; none if the new level merges with another wherever it starts."""
        plateau = int(replicons.argmax())
        failure: NotConvergedError | None = None
        for closer in _SPACINGS:
            start = with_level(p, plateau, float(replicons[plateau]) - 1.0, closer)
            try:
                new = self.extremised(self.swept(start, NEW_LEVEL_SWEEPS))
            except NotConvergedError as error:
                failure = error
                continue
            if new.x.size > p.x.size:
                return new
            failure = None
        if failure is not None:
            raise failure
        return None
