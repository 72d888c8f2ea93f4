"""What a claim is: a statement of a paper, the data it needs, and a test that can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mcsim.estimators.thermo import FEWEST_TEMPERATURES
from validation.numbers.compare import Comparison, Verdict
from validation.runs.family import Family
from validation.runs.subject import Subject

# Whose statements the claims are.
BARNEY = "Barney, Winer & Galitski, arXiv 2408.06421"
WINER = "Winer & Hanin, arXiv 2503.23982"


class NotApplicableError(ValueError):
    """The runs at hand cannot speak about a claim; the message says what is missing."""


@dataclass(frozen=True)
class Finding:
    """What the data say about one claim."""

    claim_id: str
    family: Any  #: what the claim was tested on, of papers anything that has a `label`
    statement: str
    verdict: Verdict
    summary: str  #: one sentence with the numbers that decided
    comparisons: tuple[Comparison, ...]  #: all that are behind the verdict
    negative_control: str  #: what was put to the same test
    negative_control_as_expected: bool  #: whether the test told it apart; without that no PASS is given
    figures: tuple[Any, ...] = ()  #: what is drawn of it: records that a page knows by their type

    @property
    def subject(self) -> str:
        """Return which runs the claim was tested on, in a few words."""
        return str(self.family.label)


@dataclass(frozen=True)
class Claim:
    """An entry of the register."""

    id: str
    statement: str  #: what is claimed, in a sentence
    source: str  #: who claims it, and where
    needs: str  #: what runs it takes to test it
    #: from a family of runs to a finding; raises `NotApplicableError` where the runs do not suffice
    evaluate: Callable[[Claim, Any], Finding]
    about: Subject = Subject.RANDOM_SPINS  #: the kind of networks whose runs can speak about it
    #: which runs of the campaign about this subject it is tested on: patterns for the names of their folders
    runs: tuple[str, ...] = ("width-*", "*-depth-*")

    def test(self, family: Any) -> Finding:
        """Return the finding of a family of runs."""
        return self.evaluate(self, family)

    def finding(
        self,
        family: Any,
        verdict: Verdict,
        summary: str,
        comparisons: Sequence[Comparison],
        negative_control: str,
        negative_control_as_expected: bool,
        figures: Sequence[Any] = (),
    ) -> Finding:
        """Return a finding; a PASS whose test did not tell the negative control apart becomes INCONCLUSIVE."""
        if verdict is Verdict.PASS and not negative_control_as_expected:
            verdict = Verdict.INCONCLUSIVE
        return Finding(
            self.id, family, self.statement, verdict, summary, tuple(comparisons), negative_control,
            negative_control_as_expected, tuple(figures),
        )  # fmt: skip


def require_copies(family: Family[Any], count: int) -> None:
    """Raise unless each run has at least as many copies."""
    for run in family.runs:
        if run.config.run.copies < count:
            raise NotApplicableError(f"needs {count} copies, {run.name} has {run.config.run.copies}")


def require_integrable(family: Family[Any]) -> None:
    """Raise unless every ladder reaches beta = 0 with enough slots to integrate the energy."""
    for run in family.runs:
        if not run.reaches_prior:
            raise NotApplicableError(f"needs ladders that reach beta = 0; {run.name} ends at {run.betas[-1]:.3g}")
        if run.betas.size < FEWEST_TEMPERATURES:
            raise NotApplicableError(f"needs {FEWEST_TEMPERATURES} temperatures; {run.name} has {run.betas.size}")


def require_sizes(family: Family[Any], count: int, samples: int = 4) -> None:
    """Raise unless the family has runs at `count` sizes with enough samples for error bars over disorder."""
    sizes = len(set(family.sizes.tolist()))
    if sizes < count:
        raise NotApplicableError(f"needs runs at {count} sizes, has {sizes}")
    require_samples(family, samples)


def require_samples(family: Family[Any], count: int = 4) -> None:
    """Raise unless each run has enough samples for an error bar over disorder."""
    for run in family.runs:
        if run.samples < count:
            raise NotApplicableError(f"needs {count} samples at each size, {run.name} has {run.samples}")
