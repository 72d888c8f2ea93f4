"""Statements about TAP solutions: no glass after training, and one hidden order."""

from __future__ import annotations

from collections.abc import Sequence

from validation.claims.base import Claim, Finding
from validation.numbers.compare import Verdict
from validation.papers.barney2024.evidence import Evidence, every, first_crossing
from validation.papers.barney2024.states import SolutionCount, Where
from validation.papers.evidence import needed


def glass_verdict(before: Sequence[SolutionCount], after: Sequence[SolutionCount]) -> Verdict:
    """Return whether many solutions before training become a single pair: at the same place of the phase diagram."""
    if not before or not after:
        return Verdict.INCONCLUSIVE
    single = every([count.single for count in after])
    if any(count.few for count in before) or single is Verdict.FAIL:
        return Verdict.FAIL
    return single if all(count.many for count in before) else Verdict.INCONCLUSIVE


def counts(evidence: Evidence, where: Where, *, trained: bool) -> list[SolutionCount]:
    """Return the censuses at one place of the phase diagram before training, or at the last stage counted."""
    chosen = []
    for network in evidence.main:
        ours = [count for count in evidence.counts(network) if count.where == where and (count.epoch > 0) is trained]
        if ours:
            # Of several temperatures of one place the one where most is found: solutions there are solutions.
            chosen.append(max(ours, key=lambda count: (count.epoch, count.most)))
    return chosen


def _told(counts: Sequence[SolutionCount]) -> str:
    pairs = ", ".join(str(count.pairs) for count in counts)
    solved = sum(count.starts - count.dropped for count in counts)
    return (
        f"pairs found {pairs} (at least {max(count.expected for count in counts):.0f} in one network), "
        f"{solved} of {sum(count.starts for count in counts)} starts ended in a solution, "
        f"{sum(not count.complete for count in counts)} of {len(counts)} censuses incomplete"
    )


def glass_destroyed(claim: Claim, evidence: Evidence) -> Finding:
    """Count solutions in the initial glass, and just below melting after training."""
    before, after = counts(evidence, "glass", trained=False), counts(evidence, "melting", trained=True)
    cold, hot = counts(evidence, "glass", trained=True), counts(evidence, "melting", trained=False)
    needed(before and after, "a census of TAP solutions before and after training")
    crossed = [first_crossing(series) for series in evidence.critical(evidence.main)]
    epochs = [epoch for epoch in crossed if epoch is not None]
    quick = f"epochs {min(epochs):.3g} to {max(epochs):.3g}" if epochs else "no epoch"
    reduced = " or ".join(sorted({f"{count.reduced:.2g}" for count in before}))
    return claim.finding(
        evidence, glass_verdict(before, after),
        f"before training, at {reduced} of the initial T_c: {_told(before)}; after, at 0.9 T_c: {_told(after)}; "
        f"the paramagnet gives way to an order at {quick} in {len(epochs)} of {len(crossed)} networks",
        [], "time reversed: trained networks deep below the initial T_c, then untrained ones at 0.9 of their T",
        glass_verdict(cold, hot) is not Verdict.PASS,
    )  # fmt: skip


def hidden_order(claim: Claim, evidence: Evidence) -> Finding:
    """Count solutions just below melting after training."""
    before = counts(evidence, "melting", trained=False)
    after = needed(counts(evidence, "melting", trained=True), "a census of TAP solutions of trained networks")
    single = [count for count in after if count.single]
    others = ", ".join(f"{count.pairs} pairs" for count in after if not count.single) or "none"
    overlaps = [count.overlap for count in after if count.overlap is not None]
    spread = f"{min(overlaps):.2f} to {max(overlaps):.2f}" if overlaps else "none"
    untrained = [count.single for count in before]
    return claim.finding(
        evidence, every([count.single for count in after]),
        f"at 0.9 T_c {len(single)} of {len(after)} trained networks have exactly one pair of solutions, a minimum with "
        f"self-overlap {spread} (complete censuses of {after[0].starts} starts); the others: {others}",
        [], f"the same test on networks before training, {untrained.count(True)} of {len(before)} of which show a "
        "single pair",
        bool(before) and every(untrained) is not Verdict.PASS,
    )  # fmt: skip
