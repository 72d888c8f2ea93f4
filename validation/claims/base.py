"""What a claim is: a statement of a paper, the data it needs, and a test that can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mcsim.config import GaussianNetwork
from theory.layered_sk import LayeredCouplings, critical_temperature
from validation.numbers.compare import Comparison, Verdict
from validation.runs.spins import MeasuredRun
from validation.runs.subject import Subject


class NotApplicableError(ValueError):
    """The runs at hand cannot speak about a claim; the message says what is missing."""


class Run(Protocol):
    """What claims of every subject need of a run."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def samples(self) -> int:
        """Number of disorder samples."""


class FamilyOfRuns(Protocol):
    """Runs that a claim is tested on together."""

    @property
    def runs(self) -> Sequence[Run]:
        """The runs, the smallest first."""

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Number of sites of each run."""

    @property
    def label(self) -> str:
        """What distinguishes this family in a table."""

    @property
    def subject(self) -> Subject:
        """What its networks are."""


@dataclass(frozen=True)
class Family:
    """Runs of spins: one disorder law at several sizes, the smallest first, or stored networks beside it."""

    runs: tuple[MeasuredRun, ...]

    @property
    def subject(self) -> Subject:
        """Whether any of its networks was read from a file."""
        mixed = any(not run.is_gaussian for run in self.runs)
        return Subject.STORED_SPINS if mixed else Subject.RANDOM_SPINS

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Number of spins of each run."""
        return np.array([run.spins for run in self.runs], dtype=np.float64)

    @property
    def largest(self) -> MeasuredRun:
        """The run with the most spins."""
        return self.runs[-1]

    @property
    def label(self) -> str:
        """What distinguishes this family in a table."""
        stored = [run.name for run in self.runs if not run.is_gaussian]
        return ", ".join(stored) if stored else "N = " + ", ".join(f"{n:.0f}" for n in self.sizes)

    @property
    def critical_temperature(self) -> float:
        """Predicted T_c of the infinite network with these ratios of widths."""
        return critical_temperature(couplings_of(self.largest))

    def common_slots(self) -> list[tuple[int, ...]]:
        """Return, for each temperature that every run has, its slot in each of them; coldest first."""
        found = []
        for slot, beta in enumerate(self.largest.betas):
            others = [np.flatnonzero(np.isclose(run.betas, beta, rtol=1e-9, atol=1e-12)) for run in self.runs]
            if all(match.size for match in others):
                found.append((*(int(match[0]) for match in others[:-1]), slot))
        return found


def couplings_of(run: MeasuredRun, scale: float = 1.0) -> LayeredCouplings:
    """Return the disorder law of a Gaussian run as the theory understands it, its variances times `scale`."""
    network = run.network
    assert isinstance(network, GaussianNetwork)
    return LayeredCouplings.from_convention(run.widths, network.variance, network.scale * scale)


def bonds_per_spin(run: MeasuredRun) -> NDArray[np.float64]:
    """Return N_{k-1} N_k / N for each layer of bonds."""
    widths = np.array(run.widths, dtype=np.float64)
    return np.asarray(widths[:-1] * widths[1:] / run.spins, dtype=np.float64)


def coupling_strength(run: MeasuredRun) -> tuple[NDArray[np.float64], float]:
    """Return sum_bonds J^2 / N of each sample and its exact disorder average W.

    It is the control variate of everything thermal: it moves the energy of a sample most, and its mean is known.
    """
    bonds = bonds_per_spin(run)
    return run.bond_variances @ bonds, float(np.dot(couplings_of(run).variances, bonds))


@dataclass(frozen=True)
class Finding:
    """What the data say about one claim.

    Attributes
    ----------
    claim_id, statement : str
    family : FamilyOfRuns
        The runs the claim was tested on.
    verdict : Verdict
    summary : str
        One sentence with the numbers that decided.
    comparisons : tuple of Comparison
        Every single comparison behind the verdict.
    negative_control : str
        What was put to the same test.
    negative_control_as_expected : bool
        Whether the test told it apart. Where it did not, a PASS is not given.
    details : dict
        Arrays for figures and for the JSON report.
    """

    claim_id: str
    family: Any
    statement: str
    verdict: Verdict
    summary: str
    comparisons: tuple[Comparison, ...]
    negative_control: str
    negative_control_as_expected: bool
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Return which runs the claim was tested on, in a few words."""
        return str(self.family.label)


@dataclass(frozen=True)
class Claim:
    """An entry of the register.

    Attributes
    ----------
    id : str
    statement : str
        What is claimed, in a sentence.
    source : str
        Who claims it, and where.
    needs : str
        What runs it takes to test it.
    evaluate : callable
        From a family of runs to a finding; raises `NotApplicableError` where the runs do not suffice.
    about : Subject
        The kind of networks whose runs can speak about it.
    runs : tuple of str
        Which runs of the campaign about this subject it is tested on: patterns for the names of their folders.
    """

    id: str
    statement: str
    source: str
    needs: str
    evaluate: Callable[[Claim, Any], Finding]
    about: Subject = Subject.RANDOM_SPINS
    runs: tuple[str, ...] = ("width-*", "*-depth-*")

    def test(self, family: FamilyOfRuns) -> Finding:
        """Return the finding of a family of runs."""
        return self.evaluate(self, family)

    def finding(
        self,
        family: FamilyOfRuns,
        verdict: Verdict,
        summary: str,
        comparisons: Sequence[Comparison],
        negative_control: str,
        negative_control_as_expected: bool,
        **details: Any,
    ) -> Finding:
        """Return a finding; a PASS whose test did not tell the negative control apart becomes INCONCLUSIVE."""
        if verdict is Verdict.PASS and not negative_control_as_expected:
            verdict = Verdict.INCONCLUSIVE
        return Finding(
            self.id,
            family,
            self.statement,
            verdict,
            summary,
            tuple(comparisons),
            negative_control,
            negative_control_as_expected,
            details,
        )


def require_sizes(family: FamilyOfRuns, count: int, samples: int = 4) -> None:
    """Raise unless the family has runs at `count` sizes with enough samples for error bars over disorder."""
    sizes = len(set(family.sizes.tolist()))
    if sizes < count:
        raise NotApplicableError(f"needs runs at {count} sizes, has {sizes}")
    require_samples(family, samples)


def require_samples(family: FamilyOfRuns, count: int = 4) -> None:
    """Raise unless each run has enough samples for an error bar over disorder."""
    for run in family.runs:
        if run.samples < count:
            raise NotApplicableError(f"needs {count} samples at each size, {run.name} has {run.samples}")
