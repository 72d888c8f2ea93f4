"""Phases of a random MLP at one weight variance: replica symmetric, broken in one step, or broken further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from theory.mlp.model import MlpModel
from theory.mlp.rsb.classify import STABLE
from theory.mlp.rsb.discontinuous import JumpLines, jump_lines
from theory.mlp.rsb.parameters import ParisiParameters, moved_to
from theory.mlp.rsb.search import Search
from theory.result import NotConvergedError

PHASES = ("RS", "1RSB", "full", "unknown")
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Column:
    """What happens along beta at one weight variance.

    Attributes
    ----------
    lines : JumpLines
        Where breaking with a jump sets in.
    phases : tuple of str
        At each beta, one of `PHASES`: "RS", "1RSB" where one step of breaking is stable, "full" where its plateaus
        break further, "unknown" where a solver did not converge.
    breakpoints : tuple of float
        x of the one-step solution, 1 where replica symmetry holds, NaN where unknown.
    failures : tuple of (float, str)
        beta and reason.
    """

    lines: JumpLines
    phases: tuple[str, ...]
    breakpoints: tuple[float, ...]
    failures: tuple[tuple[float, str], ...]


def phase_column(
    model: MlpModel, betas: Sequence[float], replicons: Sequence[float], *, precision: float = 0.02
) -> Column:
    """Tell the phases apart at one weight variance.

    Parameters
    ----------
    model : MlpModel
    betas : sequence of float
        Increasing; replica symmetry is taken to hold at and below the first positive one.
    replicons : sequence of float
        Of the replica-symmetric solution at each beta; NaN where it is not known.
    precision : float
        Relative precision of the lines.

    Notes
    -----
    A point that cannot be solved is "unknown" and listed with the reason; nothing is raised for it.
    """
    failures: list[tuple[float, str]] = []
    try:
        lines = jump_lines(model, [beta for beta in betas if beta > 0.0], precision=precision)
    except NotConvergedError as error:
        failures.append((float(betas[-1]), str(error)))
        lines = JumpLines(None, None, None)
    phases: list[str] = []
    breakpoints: list[float] = []
    guide: ParisiParameters | None = None
    for beta, replicon in zip(betas, replicons, strict=True):
        try:
            phase, guide = _phase(model, float(beta), float(replicon), lines, guide)
            x = float(guide.x[0]) if guide is not None else 1.0
        except NotConvergedError as error:
            failures.append((float(beta), str(error)))
            phase, guide, x = PHASES[3], None, np.nan
        phases.append(phase)
        breakpoints.append(x)
    return Column(lines, tuple(phases), tuple(breakpoints), tuple(failures))


def _phase(
    model: MlpModel, beta: float, replicon: float, lines: JumpLines, guide: ParisiParameters | None
) -> tuple[str, ParisiParameters | None]:
    """Return the phase and the one-step solution, if replica symmetry is broken."""
    static = lines.static if lines.static is not None else np.inf
    if beta <= 0.0 or (beta < static and replicon <= 1.0):
        return PHASES[0], None
    search = Search(model, beta, _TOLERANCE)
    p = search.first_level(search.rs()) if guide is None else search.extremised(moved_to(guide, model, beta))
    if p.x.size == 0:
        return PHASES[0], None
    return (PHASES[1] if search.replicons(p).max() <= STABLE else PHASES[2]), p
