"""A claim for each sentence of the abstract, tested on all families of networks and by the theory itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from validation.claims.base import Claim, Finding, NotApplicableError
from validation.numbers.compare import Verdict, worst_verdict
from validation.pages.report import Untested
from validation.papers.parts import Result
from validation.papers.winer2025.plan import DEEP, SHALLOW, activation_of
from validation.papers.winer2025.records import FamilyRecord, from_values, verdict_of_all
from validation.runs.subject import Subject

SOURCE = "Winer & Hanin, arXiv 2503.23982, abstract"
# Of a replicon that should be 1: how far a continuous solution on a finite number of levels may be.
MARGINAL = 0.01
# At 64 layers; half of it at 128, and so on.
CONVERGED = 0.02
# Kinds of breaking that have a continuous part, or may have one; all others have none.
_BREAKING = {"continuous": Verdict.PASS, "both": Verdict.PASS, "undecided": Verdict.INCONCLUSIVE}
EXTRAPOLATED = 1e-4


@dataclass(frozen=True)
class Evidence:
    """Results of the parts that have one.

    Attributes
    ----------
    label : str
        The effort, in a few words.
    results : dict
        By name of the part, such as "test-tanh-depth-2" or "line-sin-depth-1".
    """

    label: str
    results: Mapping[str, Result]

    @property
    def family(self) -> Any:
        """Return what a finding names as its subject; unlike families of runs it has no sizes."""
        return self

    def records(self, claim: str, activations: Sequence[str] = ()) -> list[FamilyRecord]:
        """Return the tests of a claim of the register on all families, or on those of some activations."""
        found = []
        for part, result in self.results.items():
            wanted = not activations or activation_of(part.removeprefix("test-")) in activations
            if part.startswith("test-") and wanted:
                found += [from_values(one) for one in result["records"] if one["claim"] == claim]
        return found

    def of(self, what: str, activations: Sequence[str]) -> dict[str, Result]:
        """Return the theory's parts about some activations, by name."""
        starts = tuple(f"{what}-{name}" for name in activations)
        return {name: result for name, result in self.results.items() if name.startswith(starts)}


@dataclass(frozen=True)
class Line:
    """One piece of evidence of a sentence: what it is about, what it says, and in a few words why."""

    about: str
    verdict: Verdict
    why: str


def _lines(records: Sequence[FamilyRecord]) -> list[Line]:
    return [Line(f"{one.claim}: {one.family}", one.verdict, one.summary) for one in records]


def _conclude(
    claim: Claim, evidence: Evidence, verdict: Verdict, lines: Sequence[Line], negative_control: str
) -> Finding:
    """Return a finding; it is told apart from its negative control where every test that passed was."""
    counts = ", ".join(
        f"{sum(line.verdict is kind for line in lines)} {kind}"
        for kind in Verdict if any(line.verdict is kind for line in lines)
    )  # fmt: skip
    failed = [line for line in lines if line.verdict is Verdict.FAIL]
    decided = "; ".join(f"{line.about}: {line.why}" for line in (failed or [*lines][:1]))
    return claim.finding(
        evidence.family, verdict, f"{len(lines)} tests: {counts}. {decided}", [], negative_control, True,
        lines=list(lines),
    )  # fmt: skip


def _of_register(claim: Claim, evidence: Evidence, *, names: Sequence[str], activations: Sequence[str]) -> Finding:
    records = [record for name in names for record in evidence.records(name, activations)]
    if not records:
        raise NotApplicableError(f"needs {claim.needs}")
    return _conclude(claim, evidence, verdict_of_all(records), _lines(records), "in each test its own")


def stability_lines(evidence: Evidence, activation: str) -> list[Line]:
    """Return whether replica symmetry is stable at every beta looked at, for each depth."""
    lines = []
    for name, result in sorted(evidence.of("line", [activation]).items()):
        line = result["line"]
        lines.append(
            Line(
                f"theory, {name.removeprefix('line-')}",
                Verdict.PASS if line is None else Verdict.FAIL,
                f"replicon below 1 up to beta = {result['end']:g}"
                if line is None
                else f"replicon passes 1 at beta = {line:.3f}",
            )
        )
    return lines


def _symmetric(claim: Claim, evidence: Evidence, *, activation: str) -> Finding:
    lines = stability_lines(evidence, activation)
    if not lines:
        raise NotApplicableError(f"needs {claim.needs}")
    records = evidence.records("rsb.mlp-narrow-overlaps", [activation])
    verdict = worst_verdict([*(line.verdict for line in lines), *([verdict_of_all(records)] if records else [])])
    if verdict is Verdict.PASS and not records:
        verdict = Verdict.INCONCLUSIVE
    negative_control = "sin, whose replicon must pass 1"
    finding = _conclude(claim, evidence, verdict, [*lines, *_lines(records)], negative_control)
    return _with_control(claim, evidence, finding, _sin_unstable(evidence))


def _sin_unstable(evidence: Evidence) -> bool:
    return any(line.verdict is Verdict.FAIL for line in stability_lines(evidence, "sin"))


def _with_control(claim: Claim, evidence: Evidence, finding: Finding, told_apart: bool) -> Finding:
    return claim.finding(
        finding.family, finding.verdict, finding.summary, finding.comparisons, finding.negative_control, told_apart,
        **finding.details,
    )  # fmt: skip


def broken_lines(evidence: Evidence) -> list[Line]:
    """Return whether sin's solution is fully broken: continuous, marginal, and another than the symmetric one."""
    lines = []
    for name, result in sorted(evidence.of("broken", ["sin"]).items()):
        for one in result["solutions"]:
            marginal = abs(one["replicon"] - 1) < MARGINAL
            other = abs(one["energy"] - one["rs_energy"]) > 10 * one["error"]
            lines.append(
                Line(
                    f"theory, {name.removeprefix('broken-')}, beta = {one['beta']:g}",
                    _BREAKING.get(one["classification"], Verdict.FAIL)
                    if marginal and other and one["rs_replicon"] > 1
                    else Verdict.FAIL,
                    f"{one['classification']} ({one['levels']} levels), replicon {one['replicon']:.4f} (symmetric "
                    f"solution: {one['rs_replicon']:.3f}), energy {one['energy']:.5f} ± {one['error']:.0e} (symmetric "
                    f"solution: {one['rs_energy']:.5f})",
                )
            )
    return lines


def _broken(claim: Claim, evidence: Evidence) -> Finding:
    lines = broken_lines(evidence)
    if not lines:
        raise NotApplicableError(f"needs {claim.needs}")
    records = evidence.records("rsb.mlp-broad-overlaps", ["sin"])
    measured = verdict_of_all(records)
    verdict = worst_verdict([*(line.verdict for line in lines), measured])
    finding = _conclude(claim, evidence, verdict, [*lines, *_lines(records)], "tanh, whose replicon must stay below 1")
    tanh = [line.verdict for line in stability_lines(evidence, "tanh")]
    return _with_control(claim, evidence, finding, bool(tanh) and worst_verdict(tanh) is Verdict.PASS)


def _deep(claim: Claim, evidence: Evidence) -> Finding:
    lines = []
    for name, result in sorted(evidence.of("deep", DEEP).items()):
        worst, line = result["largest"], result["critical_tilt"]
        unsolved = f", {len(result['failures'])} points not solved" if result["failures"] else ""
        where = "" if line is None else f"; at shape 1 it passes 1 at tilt {line:.3g}"
        lines.append(
            Line(
                f"theory, {name.removeprefix('deep-')}, infinite depth",
                Verdict.PASS if worst["replicon"] < 1 else Verdict.FAIL,
                f"largest replicon {worst['replicon']:.4f} at shape {worst['shape']:g}, tilt {worst['tilt']:g} of "
                f"shapes {result['shapes'][0]:g} to {result['shapes'][-1]:g} and tilts up to "
                f"{result['tilts'][-1]:g}{unsolved}{where}",
            )
        )
    if not lines:
        raise NotApplicableError(f"needs {claim.needs}")
    records = evidence.records("rsb.mlp-narrow-overlaps", DEEP)
    verdict = worst_verdict([*(line.verdict for line in lines), verdict_of_all(records)])
    finding = _conclude(claim, evidence, verdict, [*lines, *_lines(records)], "sin, whose replicon must pass 1")
    return _with_control(claim, evidence, finding, _sin_unstable(evidence))


def convergence_line(name: str, result: Result) -> Line:
    """Return whether layer-by-layer solutions approach infinite depth as 1/L, for one activation."""
    depths, worst, ratios, left = result["depths"], 0.0, [], 0.0
    for quantity in ("free_entropy", "energy", "entropy"):
        limit = result["limit"][quantity]
        off = [abs(value / limit - 1) for value in result["layered"][quantity]]
        worst = max(worst, off[-1] * depths[-1] / 64)
        ratios.append(off[-2] / off[-1])
        left = max(left, abs(result["extrapolated"][quantity] / limit - 1))
    halves = all(1.7 < ratio < 2.3 for ratio in ratios)
    good = worst < CONVERGED and halves and left < EXTRAPOLATED
    return Line(
        f"theory, {name.removeprefix('deep-')}, depths {', '.join(map(str, depths))}",
        Verdict.PASS if good else Verdict.FAIL,
        f"at most {100 * worst:.2g} % off at depth 64, falling by factors {min(ratios):.2f} to {max(ratios):.2f} as "
        f"the depth doubles; extrapolated {left:.1g} off",
    )


def _converges(claim: Claim, evidence: Evidence) -> Finding:
    parts = evidence.of("deep", DEEP)
    if not parts:
        raise NotApplicableError(f"needs {claim.needs}")
    lines = [convergence_line(name, result) for name, result in sorted(parts.items())]
    finding = _conclude(claim, evidence, worst_verdict([line.verdict for line in lines]), lines,
                        "the limit of the other activation")  # fmt: skip
    exchanged = list(reversed([result["limit"] for result in parts.values()]))
    wrong = [
        convergence_line(name, {**result, "limit": limit})
        for (name, result), limit in zip(parts.items(), exchanged, strict=True)
    ]
    told = len(parts) > 1 and all(line.verdict is Verdict.FAIL for line in wrong)
    return _with_control(claim, evidence, finding, told)


def _rich(claim: Claim, evidence: Evidence) -> Finding:
    broken = broken_lines(evidence)
    symmetric = stability_lines(evidence, "tanh")
    if not broken or not symmetric:
        raise NotApplicableError(f"needs {claim.needs}")
    lines = [*broken, *symmetric]
    verdict = worst_verdict([line.verdict for line in lines])
    energies = [one["rs_energy"] for result in evidence.of("broken", ["sin"]).values() for one in result["solutions"]]
    return _conclude(claim, evidence, verdict, lines, f"one activation alone ({len(energies)} solutions of sin)")


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


def put_to_test(evidence: Evidence) -> tuple[list[Finding], list[Untested]]:
    """Return the findings, and the claims that the evidence cannot speak about."""
    findings, untested = [], []
    for claim in CLAIMS.values():
        try:
            findings.append(claim.evaluate(claim, evidence))
        except NotApplicableError as error:
            untested.append(Untested(claim, str(error)))
    return findings, untested
