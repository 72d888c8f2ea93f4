"""The method put to the test: energies of single networks by Monte Carlo against those of the TAP equations."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.networks.energies import EnergyPoint
from validation.networks.plain import restored
from validation.numbers.compare import LEVEL, Comparison, Verdict, share_level
from validation.papers.barney2024.claims_initial import PAPER
from validation.papers.barney2024.evidence import Evidence

# Close to T_c loops of bonds interact, which the correction leaves out.
ABOVE = 1.2
# Relative deviation that loops beyond the correction may leave at N of about a thousand.
RELEVANT = 0.05


def energy_points_of(evidence: Evidence) -> dict[str, list[tuple[float, list[EnergyPoint]]]]:
    """Return (epoch, points) of every network sampled, by network; before T_c exists only the paramagnet's."""
    return {
        network.name: [
            (
                float(stage["epoch"]),
                [
                    point
                    for point in (restored(EnergyPoint, one) for one in stage["energies"])
                    if point.phase == "above" or stage["kind"] == "crossing"
                ],
            )
            for stage in result["stages"]
        ]
        for network, result in evidence.have("melting", evidence.main)
    }


def equivalence(comparisons: Sequence[Comparison], relevant: float = RELEVANT) -> Verdict:
    """Return whether deviations are surely below a relative limit (PASS), surely above it once (FAIL), or neither.

    Deviations are relative to what was measured; each has a confidence interval of its share of `LEVEL`.
    """
    if not comparisons:
        return Verdict.INCONCLUSIVE
    bounds = []
    for one in comparisons:
        margin = one.error * float(stats.t.isf(LEVEL / (2 * len(comparisons)), one.degrees))
        deviation, limit = abs(one.measured - one.predicted), relevant * abs(one.measured)
        bounds.append((deviation - margin > limit, deviation + margin < limit))
    if any(above for above, _ in bounds):
        return Verdict.FAIL
    return Verdict.PASS if all(below for _, below in bounds) else Verdict.INCONCLUSIVE


def _comparison(name: str, epoch: float, point: EnergyPoint) -> Comparison:
    with_loops = point.against_corrected
    # A state with a soft mode has no harmonic neighbourhood: the plain TAP energy stands for it.
    chosen = with_loops if with_loops.predicted == with_loops.predicted else point.against_tap
    return Comparison(
        f"{name}, epoch {epoch:.3g}: {chosen.name}", chosen.measured, chosen.error, chosen.predicted, chosen.degrees
    )


def _tap_energy(claim: Claim, evidence: Evidence) -> Finding:
    found = [
        (point.phase, _comparison(name, epoch, point))
        for name, stages in energy_points_of(evidence).items()
        for epoch, points in stages
        for point in points
        if point.phase == "ordered" or point.reduced >= ABOVE
    ]
    if not found:
        raise NotApplicableError("needs Monte Carlo energies of single networks")
    comparisons = share_level([comparison for _, comparison in found])
    off = {
        phase: max(
            (abs(c.measured / c.predicted - 1) for (where, _), c in zip(found, comparisons, strict=True)
             if where == phase), default=0.0,
        )
        for phase in ("above", "ordered")
    }  # fmt: skip
    naive = [
        Comparison(c.name, c.measured, c.error, 0.0, c.degrees)
        for (phase, _), c in zip(found, comparisons, strict=True)
        if phase == "above"
    ]
    return claim.finding(
        evidence.family, equivalence(comparisons),
        f"{len(comparisons)} energies: at most {100 * off['above']:.1f} % off above {ABOVE:g} T_c (with loops) and "
        f"{100 * off['ordered']:.1f} % in the ordered phase; {100 * RELEVANT:g} % is allowed for what loops leave",
        comparisons, "mean-field equations without the reaction term, whose paramagnet has no energy",
        equivalence(naive) is Verdict.FAIL,
    )  # fmt: skip


TAP_ENERGY = Claim(
    id="barney2024.tap-energy",
    statement="The TAP equations describe single networks: Monte Carlo has their energies above T_c and in the ordered "
    "phase.",
    source=f"{PAPER}: the technique used; the derivative of the TAP free energy is the energy.",
    needs="Monte Carlo on the couplings of networks before and after training",
    evaluate=_tap_energy,
)
