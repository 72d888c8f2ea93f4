"""A claim for each sentence of the abstract, tested on all families of networks and by the theory itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from validation.claims.base import Claim, Finding
from validation.numbers.compare import Verdict, worst_verdict
from validation.papers.evidence import needed
from validation.papers.winer2025.evidence import Evidence
from validation.papers.winer2025.plan import DEEP, SHALLOW, Depth
from validation.papers.winer2025.records import FamilyRecord, verdict_of_all
from validation.papers.winer2025.theory import THERMODYNAMIC, BrokenSolution, BrokenSolutions, DeepLimit, StabilityLine
from validation.runs.subject import Subject

SOURCE = "Winer & Hanin, arXiv 2503.23982, abstract"
# Of a replicon that should be 1: how far a continuous solution on a finite number of levels may be.
MARGINAL = 0.01
# At 64 layers; half of it at 128, and so on.
CONVERGED = 0.02
# Kinds of breaking that have a continuous part, or may have one; all others have none.
_BREAKING = {"continuous": Verdict.PASS, "both": Verdict.PASS, "undecided": Verdict.INCONCLUSIVE}
EXTRAPOLATED = 1e-4
# A negative control in words, and whether the test tells it apart.
Control = tuple[str, bool]


@dataclass(frozen=True)
class Line:
    """One piece of evidence of a sentence: what it is about, what it says, and in a few words why."""

    about: str
    verdict: Verdict
    why: str


def _lines(records: Sequence[FamilyRecord]) -> list[Line]:
    return [Line(f"{record.claim}: {record.family}", record.verdict, record.summary) for record in records]


def _worst(lines: Sequence[Line]) -> Verdict:
    return worst_verdict([line.verdict for line in lines])


def _conclude(
    claim: Claim,
    evidence: Evidence,
    verdict: Verdict,
    lines: Sequence[Line],
    negative_control: str,
    told_apart: bool = True,
) -> Finding:
    """Return a finding that rests on lines; without `told_apart` each of their tests had its own negative control."""
    needed(lines, claim.needs)
    kinds = [(kind, sum(line.verdict is kind for line in lines)) for kind in Verdict]
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds if count)
    failed = [line for line in lines if line.verdict is Verdict.FAIL]
    decided = "; ".join(f"{line.about}: {line.why}" for line in (failed or lines[:1]))
    summary = f"{len(lines)} tests: {counts}. {decided}"
    return claim.finding(evidence, verdict, summary, [], negative_control, told_apart, lines)


def _of_register(claim: Claim, evidence: Evidence, *, names: Sequence[str], activations: Sequence[str]) -> Finding:
    records = [record for name in names for record in evidence.records(name, activations)]
    return _conclude(claim, evidence, verdict_of_all(records), _lines(records), "in each test its own")


def _of_theory(
    claim: Claim, evidence: Evidence, lines: Sequence[Line], name: str, activations: Sequence[str], control: Control
) -> Finding:
    """Return a finding that rests on lines of theory, and on a claim of the register on families of runs."""
    needed(lines, claim.needs)
    records = evidence.records(name, activations)
    verdict = worst_verdict([_worst(lines), verdict_of_all(records)])
    return _conclude(claim, evidence, verdict, [*lines, *_lines(records)], *control)


def stability_lines(evidence: Evidence, activation: str) -> list[Line]:
    """Return whether replica symmetry is stable at every beta looked at, for each depth."""
    return [_stability(at, result) for at, result in evidence.at_depths(StabilityLine, activation)]


def _stability(at: Depth, result: StabilityLine) -> Line:
    about = f"theory, {at}"
    if result.line is None:
        return Line(about, Verdict.PASS, f"replicon below 1 up to beta = {result.end:g}")
    return Line(about, Verdict.FAIL, f"replicon passes 1 at beta = {result.line:.3f}")


def _symmetric(claim: Claim, evidence: Evidence, *, activation: str) -> Finding:
    return _narrow(claim, evidence, stability_lines(evidence, activation), [activation])


def _deep(claim: Claim, evidence: Evidence) -> Finding:
    lines = [_deep_stability(activation, result) for activation, result in evidence.deep()]
    return _narrow(claim, evidence, lines, DEEP)


def _narrow(claim: Claim, evidence: Evidence, lines: Sequence[Line], activations: Sequence[str]) -> Finding:
    sin = stability_lines(evidence, "sin")
    control = ("sin, whose replicon must pass 1", any(line.verdict is Verdict.FAIL for line in sin))
    return _of_theory(claim, evidence, lines, "rsb.mlp-narrow-overlaps", activations, control)


def _deep_stability(activation: str, result: DeepLimit) -> Line:
    largest, line = result.largest, result.critical_tilt
    unsolved = f", {len(result.failures)} points not solved" if result.failures else ""
    where = "" if line is None else f"; at shape 1 it passes 1 at tilt {line:.3g}"
    return Line(
        f"theory, {activation}, infinite depth",
        Verdict.PASS if largest.replicon < 1 else Verdict.FAIL,
        f"largest replicon {largest.replicon:.4f} at shape {largest.shape:g}, tilt {largest.tilt:g} of "
        f"shapes {result.shapes[0]:g} to {result.shapes[-1]:g} and tilts up to "
        f"{result.tilts[-1]:g}{unsolved}{where}",
    )


def broken_lines(evidence: Evidence) -> list[Line]:
    """Return whether sin's solution is fully broken: continuous, marginal, and another than the symmetric one."""
    return [_breaking(at, one) for at, solutions in evidence.at_depths(BrokenSolutions, "sin") for one in solutions]


def _breaking(at: Depth, broken: BrokenSolution) -> Line:
    marginal = abs(broken.replicon - 1) < MARGINAL
    other = abs(broken.energy - broken.rs_energy) > 10 * broken.error
    proper = marginal and other and broken.rs_replicon > 1
    return Line(
        f"theory, {at}, beta = {broken.beta:g}",
        _BREAKING.get(broken.classification, Verdict.FAIL) if proper else Verdict.FAIL,
        f"{broken.classification} ({broken.levels} levels), replicon {broken.replicon:.4f} (symmetric "
        f"solution: {broken.rs_replicon:.3f}), energy {broken.energy:.5f} ± {broken.error:.0e} (symmetric "
        f"solution: {broken.rs_energy:.5f})",
    )


def _broken(claim: Claim, evidence: Evidence) -> Finding:
    tanh = stability_lines(evidence, "tanh")
    control = ("tanh, whose replicon must stay below 1", bool(tanh) and _worst(tanh) is Verdict.PASS)
    return _of_theory(claim, evidence, broken_lines(evidence), "rsb.mlp-broad-overlaps", ["sin"], control)


def convergence_line(activation: str, result: DeepLimit) -> Line:
    """Return whether layer-by-layer solutions approach infinite depth as 1/L, for one activation."""
    depths, worst, ratios, missed = result.depths, 0.0, [], 0.0
    for quantity in THERMODYNAMIC:
        limit = result.limit[quantity]
        off = [abs(value / limit - 1) for value in result.layered[quantity].tolist()]
        worst = max(worst, off[-1] * depths[-1] / 64)
        ratios.append(off[-2] / off[-1])
        missed = max(missed, abs(result.extrapolated[quantity] / limit - 1))
    halves = all(1.7 < ratio < 2.3 for ratio in ratios)
    good = worst < CONVERGED and halves and missed < EXTRAPOLATED
    return Line(
        f"theory, {activation}, depths {', '.join(map(str, depths))}",
        Verdict.PASS if good else Verdict.FAIL,
        f"at most {100 * worst:.2g} % off at depth 64, falling by factors {min(ratios):.2f} to {max(ratios):.2f} as "
        f"the depth doubles; extrapolated {missed:.1g} off",
    )


def _converges(claim: Claim, evidence: Evidence) -> Finding:
    deep = evidence.deep()
    lines = [convergence_line(activation, result) for activation, result in deep]
    exchanged = [
        convergence_line(activation, replace(result, limit=other.limit))
        for (activation, result), (_, other) in zip(deep, reversed(deep), strict=True)
    ]
    told_apart = len(deep) > 1 and all(line.verdict is Verdict.FAIL for line in exchanged)
    return _conclude(claim, evidence, _worst(lines), lines, "the limit of the other activation", told_apart)


def _rich(claim: Claim, evidence: Evidence) -> Finding:
    broken, symmetric = broken_lines(evidence), stability_lines(evidence, "tanh")
    needed(broken and symmetric, claim.needs)
    lines = [*broken, *symmetric]
    control = f"one activation alone ({len(broken)} solutions of sin)"
    return _conclude(claim, evidence, _worst(lines), lines, control)


def _claim(name: str, statement: str, needs: str, evaluate: Callable[..., Finding], **options: Any) -> Claim:
    chosen = partial(evaluate, **options) if options else evaluate
    return Claim(f"winer2025.{name}", statement, SOURCE, needs, chosen, Subject.RANDOM_MLPS)


CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        _claim("entropy", "The replica trick gives the entropy (log volume of inputs) at a given energy.",
               "random MLPs at three widths", _of_register,
               names=("mlp.entropy", "mlp.entropy-curve", "mlp.energy"), activations=("linear", *SHALLOW)),
        _claim("overlaps", "Saddle-point equations describe the overlaps of inputs sampled independently from the "
               "Gibbs distribution.", "random MLPs at three widths", _of_register,
               names=("mlp.overlaps", "mlp.identity"), activations=("linear", *SHALLOW)),
        _claim("linear", "For linear activations the saddle-point equations are solved exactly.",
               "linear random MLPs at three widths", _of_register, names=("mlp.linear-networks",),
               activations=("linear",)),
        _claim("depths-and-activations", "They are solved numerically for a variety of depths and activations, shaped "
               "ones among them.", "random MLPs at three widths, deep shaped ones among them", _of_register,
               names=("mlp.energy", "mlp.entropy", "mlp.overlaps"), activations=(*SHALLOW, *DEEP)),
        _claim("infinite-depth", "Shaped networks have a limit of infinite depth, approached as 1/L.",
               "layer-by-layer solutions at three depths", _converges),
        _claim("sin-broken", "Random sin networks exhibit full replica symmetry breaking.",
               "full-RSB solutions, and sin networks beyond their line of instability", _broken),
        _claim("tanh-symmetric", "Shallow tanh networks are replica symmetric.",
               "the line of instability, and tanh networks at three widths", _symmetric, activation="tanh"),
        _claim("relu-symmetric", "Shallow ReLU networks are replica symmetric.",
               "the line of instability, and ReLU networks at three widths", _symmetric, activation="relu"),
        _claim("deep-shaped-symmetric", "Deep shaped networks are replica symmetric.",
               "stability at infinite depth, and deep shaped networks at three widths", _deep),
        _claim("rich-range", "Even at infinite width there is a rich range of behaviours: phases differ between "
               "activations.", "solutions of sin and tanh", _rich),
    )
}  # fmt: skip
