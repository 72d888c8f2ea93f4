"""The method put to the test: energies of single networks by Monte Carlo against those of the TAP equations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scipy import stats

from validation.claims.base import Claim, Finding
from validation.networks.energies import Phase
from validation.numbers.compare import LEVEL, Comparison, Place, Verdict, share_level
from validation.papers.barney2024.evidence import Evidence
from validation.papers.barney2024.states import MonteCarlo
from validation.papers.evidence import needed

# Close to T_c loops of bonds interact, which the correction leaves out.
ABOVE = 1.2
# Relative deviation that loops beyond the correction may leave at N of about a thousand.
RELEVANT = 0.05


def equivalence(comparisons: Sequence[Comparison], relevant: float = RELEVANT) -> Verdict:
    """Return whether deviations are surely below a relative limit (PASS), surely above it once (FAIL), or neither.

    Deviations are relative to what was measured; each has a confidence interval of its share of `LEVEL`.
    """
    if not comparisons:
        return Verdict.INCONCLUSIVE
    bounds = []
    for comparison in comparisons:
        margin = comparison.error * float(stats.t.isf(LEVEL / (2 * len(comparisons)), comparison.degrees))
        deviation, limit = abs(comparison.measured - comparison.predicted), relevant * abs(comparison.measured)
        bounds.append((deviation - margin > limit, deviation + margin < limit))
    if any(above for above, _ in bounds):
        return Verdict.FAIL
    return Verdict.PASS if all(below for _, below in bounds) else Verdict.INCONCLUSIVE


def _compared(evidence: Evidence) -> Iterator[tuple[Phase, Comparison]]:
    """Give the energies that TAP speaks about, with the phase they are of.

    The plain TAP energy stands for a state with a soft mode, of no harmonic neighbourhood.
    """
    for network, stages in evidence.have(MonteCarlo, evidence.main):
        for stage in stages:
            for point in stage.comparable_energies:
                if point.phase == "ordered" or point.reduced >= ABOVE:
                    at = Place(run=network.name, epoch=stage.epoch, reduced_temperature=point.reduced)
                    yield point.phase, point.against_tap(loops=not math.isnan(point.predicted.corrected), at=at)


def _largest(comparisons: Sequence[Comparison]) -> float:
    """Return the largest deviation in per cent."""
    return 100 * max((abs(c.measured / c.predicted - 1) for c in comparisons), default=0.0)


def tap_energy(claim: Claim, evidence: Evidence) -> Finding:
    """Compare Monte Carlo energies with those of the TAP equations."""
    phases = needed(list(_compared(evidence)), "Monte Carlo energies of single networks")
    comparisons = share_level([comparison for _, comparison in phases])
    above, ordered = ([c for phase, c in phases if phase == wanted] for wanted in ("above", "ordered"))
    naive = [replace(comparison, predicted=0.0) for comparison in above]
    return claim.finding(
        evidence, equivalence(comparisons),
        f"{len(comparisons)} energies: at most {_largest(above):.1f} % off above {ABOVE:g} T_c (with loops) and "
        f"{_largest(ordered):.1f} % in the ordered phase; {100 * RELEVANT:g} % is allowed for what loops leave",
        comparisons, "mean-field equations without the reaction term, whose paramagnet has no energy",
        equivalence(naive) is Verdict.FAIL,
    )  # fmt: skip
