"""Phases of a random MLP at one weight variance: replica symmetric, broken in one step, or broken further.

Two lines say where replica symmetry ends: the continuous one, where its replicon reaches 1 (`theory.mlp.rs.stability`),
and the discontinuous one, where a solution with one step of breaking and x < 1 takes over although the replicon is
still below 1 (`theory.mlp.rsb.discontinuous`). Beyond them the one-step solution itself is asked: it is the answer
where all its plateaus are stable, otherwise it breaks further, to full replica symmetry breaking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from theory.mlp.model import MlpModel
from theory.mlp.rs.branch import critical_beta
from theory.mlp.rsb.discontinuous import JumpLines, jump_lines
from theory.mlp.rsb.grid import Resolution
from theory.mlp.rsb.newton import solve_fixed
from theory.mlp.rsb.parameters import ParisiParameters, moved_to
from theory.mlp.rsb.search import Search
from theory.mlp.rsb.stability import plateau_replicons
from theory.mlp.rsb.sweep import curvature_averages
from theory.result import NotConvergedError

PHASES = ("RS", "1RSB", "full", "unknown")
ONSETS = ("continuous", "jump", "none", "unknown")
_TOLERANCE = 1e-4
_COARSE = Resolution(0.6, 6.0, 300_000)
_FINE = Resolution(0.48, 6.25)  # a rule of eta 0.6 errs by 3e-5, this one by 2e-6: they differ by the coarser's error
_BREAKPOINTS = 1e-4
_EQUATIONS = 1e-5
_LEAST_ERROR = 1e-6


@dataclass(frozen=True)
class OneStep:
    """A solution with one step of breaking.

    Attributes
    ----------
    x : float
        Its breakpoint.
    replicons : tuple of float
        Stability of the plateau below x and of the one above.
    error : float
        Estimated error of the replicons, from a finer grid in the fields.
    """

    x: float
    replicons: tuple[float, ...]
    error: float

    @property
    def phase(self) -> str:
        """One of `PHASES`: "1RSB" if both plateaus are stable, "full" if not, "unknown" if the error decides."""
        excess = max(self.replicons) - 1.0
        return PHASES[3] if abs(excess) <= self.error else PHASES[1] if excess < 0.0 else PHASES[2]


@dataclass(frozen=True)
class Column:
    """What happens along beta at one weight variance.

    Attributes
    ----------
    continuous : float or None
        beta at which the replicon of the replica-symmetric solution reaches 1; None if not below the largest beta.
    lines : JumpLines
        Where a solution with one step of breaking appears at x = 1 and where it takes over.
    onset : str
        One of `ONSETS`: how breaking sets in. "jump": states exist at betas more than twice the precision below the
        continuous line; "continuous": only from there on; "none": not below the largest beta.
    phases : tuple of str
        At each beta, one of `PHASES`: "RS", "1RSB" where one step of breaking is stable, "full" where it breaks
        further, "unknown" where a solver did not converge or the error is too large to tell.
    one_step : tuple of OneStep or None
        The one-step solution at each beta where replica symmetry is broken.
    failures : tuple of (float, str)
        beta and reason.
    """

    continuous: float | None
    lines: JumpLines
    onset: str
    phases: tuple[str, ...]
    one_step: tuple[OneStep | None, ...]
    failures: tuple[tuple[float, str], ...]


def phase_column(
    model: MlpModel, betas: Sequence[float], replicons: Sequence[float], *, precision: float = 0.02
) -> Column:
    """Tell the phases apart at one weight variance.

    Parameters
    ----------
    model : MlpModel
    betas : sequence of float
        Increasing, zero or more.
    replicons : sequence of float
        Of the replica-symmetric solution at each beta; NaN where it is not known.
    precision : float
        Relative precision of the dynamical and the static line; of the continuous line a tenth of it.

    Notes
    -----
    A point that cannot be solved is "unknown" and listed with the reason; nothing is raised for it.
    """
    failures: list[tuple[float, str]] = []
    positive = [float(beta) for beta in betas if beta > 0.0]
    continuous, lines, onset = None, None, ONSETS[3]
    try:
        continuous = _continuous_line(model, betas, replicons, precision)
        lines = _jump_lines(model, positive, continuous, precision)
        onset = _onset(continuous, lines, precision)
    except NotConvergedError as error:
        failures.append((float(betas[-1]), f"lines: {error}"))
    points = _Points(model, lines)
    phases = [points.phase(float(beta), float(value)) for beta, value in zip(betas, replicons, strict=True)]
    lines = lines or JumpLines(None, None, None)
    return Column(continuous, lines, onset, tuple(phases), tuple(points.one_step), (*failures, *points.failures))


def _continuous_line(
    model: MlpModel, betas: Sequence[float], replicons: Sequence[float], precision: float
) -> float | None:
    """Return the first beta at which the replicon reaches 1, up to the largest beta."""
    last = 0.0
    for beta, value in zip(betas, replicons, strict=True):
        if not np.isfinite(value):
            raise NotConvergedError(f"the replicon at beta {beta:g} is not known, below which it does not reach 1")
        if value > 1.0:
            start = {"beta_min": last} if last > 0.0 else {"beta_min": 0.5 * float(beta)}
            return critical_beta(model, beta_max=float(beta), precision=0.1 * precision, tolerance=_TOLERANCE, **start)
        last = float(beta)
    return None


def _jump_lines(model: MlpModel, betas: Sequence[float], continuous: float | None, precision: float) -> JumpLines:
    """Return the lines of a jump, looked for below the continuous line: beyond, replica symmetry is broken anyway."""
    if not betas:
        return JumpLines(None, None, None)
    if continuous is not None:
        near = [continuous * (1.0 - 1.5 * precision), continuous * (1.0 + precision)]
        betas = [*(beta for beta in betas if beta < continuous * (1.0 - 3.0 * precision)), *near]
    return jump_lines(model, betas, precision=precision, resolution=_COARSE)


def _onset(continuous: float | None, lines: JumpLines, precision: float) -> str:
    if lines.dynamical is not None and (continuous is None or lines.dynamical < continuous * (1.0 - 2.0 * precision)):
        return ONSETS[1]
    return ONSETS[0] if continuous is not None else ONSETS[2]


class _Points:
    """One beta after another, each one-step solution from the one before."""

    def __init__(self, model: MlpModel, lines: JumpLines | None) -> None:
        self._model = model
        self._lines = lines
        self._guide: ParisiParameters | None = None
        self.one_step: list[OneStep | None] = []
        self.failures: list[tuple[float, str]] = []

    def phase(self, beta: float, replicon: float) -> str:
        """Return the phase, and keep the one-step solution or the reason why there is none."""
        try:
            here = None if self._symmetric(beta, replicon) else self._solved(beta, replicon)
        except NotConvergedError as error:
            self._guide = None
            self.one_step.append(None)
            self.failures.append((beta, str(error)))
            return PHASES[3]
        self.one_step.append(here)
        if here is None:
            self._guide = None
            return PHASES[0]
        if here.phase == PHASES[3]:
            reason = f"the replicons of one step, {here.replicons}, are 1 within their error {here.error:.1e}"
            self.failures.append((beta, reason))
        return here.phase

    def _symmetric(self, beta: float, replicon: float) -> bool:
        """Tell whether the lines show that replica symmetry holds."""
        if beta <= 0.0:
            return True
        if self._lines is None:
            return False
        return replicon <= 1.0 and (self._lines.static is None or beta < self._lines.static)

    def _solved(self, beta: float, replicon: float) -> OneStep | None:
        """Return the one-step solution, or none where there is none and replica symmetry is stable."""
        search = Search(self._model, beta, _TOLERANCE, coarse=_COARSE, fine=_FINE, breakpoints=_BREAKPOINTS)
        p = self._start(search)
        if p.x.size == 0:
            if replicon <= 1.0:
                return None
            raise NotConvergedError(
                f"beta {beta:g}: one step of breaking merges, but the replicon of replica symmetry is {replicon:.6g}"
            )
        self._guide = p
        coarse = search.replicons(p)
        finer = solve_fixed(search.fine, p, _EQUATIONS, coarse=search.layers).parameters
        fine = plateau_replicons(self._model, finer, curvature_averages(search.fine, finer))
        if fine.size != coarse.size:
            raise NotConvergedError(f"beta {beta:g}: the step of breaking merges on a finer grid")
        error = _LEAST_ERROR + float(np.abs(fine - coarse).max())
        return OneStep(float(finer.x[0]), tuple(fine.tolist()), error)

    def _start(self, search: Search) -> ParisiParameters:
        if self._guide is not None:
            try:
                followed = search.extremised(moved_to(self._guide, self._model, search.beta))
                if followed.x.size:
                    return followed
            except NotConvergedError:
                pass  # too far from the neighbour: afresh
        return search.first_level(search.rs())
