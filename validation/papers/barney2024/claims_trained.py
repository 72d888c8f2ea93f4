"""Statements about what training leaves: no glass, one hidden order, tails of the spectrum, a state about the task."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.numbers.compare import LEVEL, Comparison, Verdict
from validation.papers.barney2024.claims_initial import PAPER
from validation.papers.barney2024.evidence import Evidence, Values, first_crossing
from validation.papers.barney2024.plan import NetworkSpec

# A glass has at least so many pairs of solutions.
MANY = 3
FEWEST_NETWORKS = 7


def is_complete(count: Values) -> bool:
    """Return whether a census misses nothing: by its own verdict, or every solution was found more than once.

    The second case has too few starts for the verdict's bound of 5 % on unseen solutions, by a start or two dropped.
    """
    repeated = bool(count["hits"]) and min(count["hits"]) > 1 and count["dropped"] <= 0.05 * count["starts"]
    return bool(count["verdict"] == "complete" or repeated)


def is_single(count: Values) -> bool:
    """Return whether a census found one pair of ordered minima, and nothing is missing."""
    return bool(count["pairs"] == 1 and count["minima"] == 1 and is_complete(count))


def is_many(count: Values) -> bool:
    """Return whether there are many solutions for sure: those found and those that must be missing (Chao's bound)."""
    return bool(max(count["pairs"], count["expected"]) >= MANY)


def is_few(count: Values) -> bool:
    """Return whether there are few solutions for sure: the census is complete."""
    return is_complete(count) and not is_many(count)


def glass_verdict(before: Sequence[Values], after: Sequence[Values]) -> Verdict:
    """Return whether many solutions before training become a single pair: at the same place of the phase diagram."""
    if not before or not after:
        return Verdict.INCONCLUSIVE
    single = every([one_pair(count) for count in after])
    if any(is_few(count) for count in before) or single is Verdict.FAIL:
        return Verdict.FAIL
    return single if all(is_many(count) for count in before) else Verdict.INCONCLUSIVE


def counts(evidence: Evidence, where: str, *, trained: bool) -> list[Values]:
    """Return the censuses at one place of the phase diagram before training, or at the last stage counted."""
    chosen = []
    for network, result in evidence.have("solutions", evidence.main):
        everything = [*result["stages"], *(evidence.of("glass", network) or {"stages": []})["stages"]]
        stages = [one for one in everything if one["where"] == where and (one["epoch"] > 0) is trained]
        latest = [stage for stage in stages if stage["epoch"] == max(one["epoch"] for one in stages)]
        if latest:
            # Of several temperatures of one place the one where most is found: solutions there are solutions.
            chosen.append(max(latest, key=lambda count: max(count["pairs"], count["expected"])))
    return chosen


def _told(counts: Sequence[Values]) -> str:
    pairs = ", ".join(str(count["pairs"]) for count in counts)
    solved = sum(count["starts"] - count["dropped"] for count in counts)
    incomplete = sum(not is_complete(count) for count in counts)
    return (
        f"pairs found {pairs} (at least {max(count['expected'] for count in counts):.0f} in one network), "
        f"{solved} of {sum(count['starts'] for count in counts)} starts ended in a solution, "
        f"{incomplete} of {len(counts)} censuses incomplete"
    )


def _cold(counts: Sequence[Values]) -> str:
    return " or ".join(sorted({f"{count['reduced']:.2g}" for count in counts}))


def _glass_destroyed(claim: Claim, evidence: Evidence) -> Finding:
    before, after = counts(evidence, "glass", trained=False), counts(evidence, "melting", trained=True)
    cold, hot = counts(evidence, "glass", trained=True), counts(evidence, "melting", trained=False)
    if not before or not after:
        raise NotApplicableError("needs a census of TAP solutions before and after training")
    crossed = [first_crossing(result["stages"]) for _, result in evidence.have("critical", evidence.main)]
    epochs = [epoch for epoch in crossed if epoch is not None]
    quick = f"epochs {min(epochs):.3g} to {max(epochs):.3g}" if epochs else "no epoch"
    return claim.finding(
        evidence.family, glass_verdict(before, after),
        f"before training, at {_cold(before)} of the initial T_c: {_told(before)}; after, at 0.9 T_c: {_told(after)}; "
        f"the paramagnet gives way to an order at {quick} in {len(epochs)} of {len(crossed)} networks",
        [], "time reversed: trained networks deep below the initial T_c, then untrained ones at 0.9 of their T",
        glass_verdict(cold, hot) is not Verdict.PASS,
        counts=[stage for _, result in evidence.have("solutions", evidence.main) for stage in result["stages"]],
    )  # fmt: skip


def every(outcomes: Sequence[bool | None]) -> Verdict:
    """Return whether every network is as claimed; None is not known.

    One that is otherwise is a counterexample. Seven are the fewest for a PASS: were half of all networks otherwise,
    that many would agree with a chance of 0.8 %.
    """
    known = [outcome for outcome in outcomes if outcome is not None]
    if not all(known):
        return Verdict.FAIL
    return Verdict.PASS if len(known) >= FEWEST_NETWORKS and 2 * len(known) >= len(outcomes) else Verdict.INCONCLUSIVE


def one_pair(count: Values) -> bool | None:
    """Return whether a census shows a single pair, None where it is not complete."""
    if is_single(count):
        return True
    return None if not is_complete(count) and count["pairs"] < 2 else False


def _hidden_order(claim: Claim, evidence: Evidence) -> Finding:
    before, after = (counts(evidence, "melting", trained=trained) for trained in (False, True))
    if not after:
        raise NotApplicableError("needs a census of TAP solutions of trained networks")
    single = [one_pair(count) for count in after]
    overlaps = [count["overlap"] for count in after if count["overlap"] is not None]
    kept = sum(outcome is True for outcome in single)
    others = ", ".join(f"{one['pairs']} pairs" for one in after if not is_single(one)) or "none"
    spread = f"{min(overlaps):.2f} to {max(overlaps):.2f}" if overlaps else "none"
    return claim.finding(
        evidence.family, every(single),
        f"at 0.9 T_c {kept} of {len(single)} trained networks have exactly one pair of solutions, a minimum with "
        f"self-overlap {spread} (complete censuses of {after[0]['starts']} starts); the others: {others}",
        [], f"the same test on networks before training, {sum(one_pair(count) is True for count in before)} of "
        f"{len(before)} of which show a single pair",
        bool(before) and every([one_pair(count) for count in before]) is not Verdict.PASS,
    )  # fmt: skip


def _log_ratio(name: str, rich: Sequence[float], lazy: Sequence[float]) -> Comparison:
    a, b = np.log(rich), np.log(lazy)
    spread = a.var(ddof=1) / a.size + b.var(ddof=1) / b.size
    return Comparison(name, float(a.mean()), math.sqrt(spread), float(b.mean()), a.size + b.size - 2)


def _last(evidence: Evidence, networks: Sequence[NetworkSpec], key: str, stage: int = -1) -> list[float]:
    return [float(result["stages"][stage][key]) for _, result in evidence.have("spectrum", networks)]


def rich_and_lazy(evidence: Evidence) -> tuple[list[NetworkSpec], list[NetworkSpec]]:
    """Return the networks of the smallest and of the largest output scale."""
    scaled = [network for network in evidence.side if network.output_scale != 1]
    small, large = (pick((n.output_scale for n in scaled), default=1.0) for pick in (min, max))
    return [n for n in scaled if n.output_scale == small], [n for n in scaled if n.output_scale == large]


def spectrum_verdict(outliers: Sequence[float], comparisons: Sequence[Comparison]) -> Verdict:
    """Return whether all trained networks have outliers and the rich ones have moved further than the lazy ones."""
    has = every([count > 0 for count in outliers])
    p = min((float(stats.t.sf(c.z, c.degrees)) for c in comparisons), default=1.0)
    opposite = min((float(stats.t.sf(-c.z, c.degrees)) for c in comparisons), default=1.0)
    if has is Verdict.FAIL or opposite * len(comparisons) < LEVEL:
        return Verdict.FAIL
    return has if p * len(comparisons) < LEVEL else Verdict.INCONCLUSIVE


def _spectrum(claim: Claim, evidence: Evidence) -> Finding:
    rich, lazy = rich_and_lazy(evidence)
    after = _last(evidence, evidence.main, "outliers")
    if not after:
        raise NotApplicableError("needs spectra of trained networks")
    enough = len(_last(evidence, rich, "moved")) >= 2 and len(_last(evidence, lazy, "moved")) >= 2
    keys = (("distance", "log of the spectral distance from before"), ("moved", "log of the weights' motion"))
    comparisons = [
        _log_ratio(f"{name}: rich against lazy", _last(evidence, rich, key), _last(evidence, lazy, key))
        for key, name in keys if enough
    ]  # fmt: skip
    before = _last(evidence, evidence.main, "outliers", stage=0)
    tails = [result["stages"][-1] for _, result in evidence.have("spectrum", evidence.main)]
    ratios = ", ".join(f"{math.exp(c.measured - c.predicted):.1f}" for c in comparisons) or "not known"
    plausible = sum(stage["tail_p"] is not None and stage["tail_p"] >= 0.1 for stage in tails)
    return claim.finding(
        evidence.family, spectrum_verdict(after, comparisons),
        f"eigenvalues beyond the edge of random couplings: {min(before):.0f} to {max(before):.0f} before, "
        f"{min(after):.0f} to {max(after):.0f} after training; tail exponents "
        f"{min(s['tail_exponent'] for s in tails):.1f} to {max(s['tail_exponent'] for s in tails):.1f}, a power law "
        f"plausible in {plausible} of {len(tails)}; rich over lazy in spectral distance "
        f"and motion of weights: {ratios}",
        comparisons, "the networks before training, and rich and lazy exchanged",
        spectrum_verdict(before, [Comparison("", c.predicted, c.error, c.measured, c.degrees) for c in comparisons])
        is not Verdict.PASS,
    )  # fmt: skip


def task_verdict(p_values: Sequence[float]) -> Verdict:
    """Return whether every network's order is closer to the classes than to shuffled ones, as far as p-values tell."""
    if len(p_values) < 2:
        return Verdict.INCONCLUSIVE
    # Fisher's combined test: relabellings are finite in number, so no single p-value is small enough by itself.
    combined = float(stats.combine_pvalues(np.maximum(p_values, 1e-6))[1])
    if combined < LEVEL:
        return Verdict.PASS
    return Verdict.FAIL if combined > 0.5 else Verdict.INCONCLUSIVE


def _task_order(claim: Claim, evidence: Evidence) -> Finding:
    groups = [
        [one for _, result in evidence.have("order", networks) for one in result["stages"] if one["ordered"]]
        for networks in (evidence.main, [network for network in evidence.side if network.shuffled])
    ]
    true, shuffled = groups
    if not true:
        raise NotApplicableError("needs the ordered state of trained networks")
    comparisons = []
    if len(true) > 1 and len(shuffled) > 1:
        excess = [[one["classes"] - one["relabelled"] for one in group] for group in groups]
        means = [float(np.mean(one)) for one in excess]
        error = math.sqrt(sum(float(np.var(one, ddof=1)) / len(one) for one in excess))
        degrees = len(true) + len(shuffled) - 2
        comparisons = [Comparison("share beyond shuffled classes: true against shuffled", *_of(means, error), degrees)]
    shuffled_verdict = task_verdict([one["relabelled_p"] for one in shuffled])
    control = f", trained on shuffled labels {_percent(shuffled, 'classes')}" if shuffled else ", no shuffled control"
    return claim.finding(
        evidence.family, task_verdict([one["relabelled_p"] for one in true]),
        f"of the input layer's order {_percent(true, 'classes')} lies in the span of the classes' means{control}; "
        f"{_percent(true, 'classes_expected')} for a random pattern, {_percent(true, 'relabelled')} for classes "
        f"shuffled (p = {', '.join(format(one['relabelled_p'], '.1g') for one in true)}; of the shuffled networks "
        f"{', '.join(format(one['relabelled_p'], '.1g') for one in shuffled) or 'none'})",
        comparisons, "networks trained on shuffled labels",
        bool(shuffled) and shuffled_verdict is not Verdict.PASS,
    )  # fmt: skip


def _of(means: Sequence[float], error: float) -> tuple[float, float, float]:
    return means[0], error, means[1]


def _percent(stages: Sequence[Values], key: str) -> str:
    values = [100 * float(stage[key]) for stage in stages]
    return f"{np.mean(values):.0f} %" if np.ptp(values) < 1 else f"{min(values):.0f} to {max(values):.0f} %"


GLASS_DESTROYED = Claim(
    id="barney2024.glass-destroyed",
    statement="Training quickly destroys the spin glass: many TAP solutions become a single pair.",
    source=PAPER,
    needs="censuses of TAP solutions before and after training",
    evaluate=_glass_destroyed,
)
HIDDEN_ORDER = Claim(
    id="barney2024.hidden-order",
    statement="A phase with a hidden order appears: just below T_c a trained network has one pair of TAP solutions.",
    source=PAPER,
    needs="complete censuses of seven trained networks",
    evaluate=_hidden_order,
)
SPECTRUM = Claim(
    id="barney2024.spectrum",
    statement="The spectrum of the bond matrix develops tails with training, more in rich than in lazy learning.",
    source=f"{PAPER} and summary.",
    needs="spectra of trained networks, and of rich and lazy ones",
    evaluate=_spectrum,
)
TASK_ORDER = Claim(
    id="barney2024.task-order",
    statement="Training selects and strengthens a symmetry-broken state associated with the training task.",
    source=PAPER,
    needs="ordered states of trained networks, and of networks trained on shuffled labels",
    evaluate=_task_order,
)
