"""What the tasks came to: tests on families of sampled networks, and the theory's own results."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from validation.papers import evidence
from validation.papers.winer2025.plan import Depth, Family
from validation.papers.winer2025.records import FamilyRecord, FamilyTests
from validation.papers.winer2025.theory import DeepLimit

R = TypeVar("R")


class Evidence(evidence.Evidence):
    """Results by activation."""

    @property
    def families(self) -> dict[Family, FamilyTests]:
        """Return the tests on sampled networks."""
        return self.all_of(FamilyTests)

    def records(self, claim: str, activations: Collection[str]) -> list[FamilyRecord]:
        """Return the tests of a claim of the register on the families of some activations."""
        return [
            record
            for family, tests in self.families.items()
            if family.activation in activations
            for record in tests.records
            if record.claim == claim
        ]

    def at_depths(self, kind: type[R], activation: str) -> list[tuple[Depth, R]]:
        """Return the results of one type about an activation, by rising depth."""
        results = [(at, result) for at, result in self.all_of(kind).items() if at.activation == activation]
        return sorted(results, key=lambda pair: pair[0].depth)

    def deep(self) -> list[tuple[str, DeepLimit]]:
        """Return the limits of infinite depth, by activation."""
        return sorted(self.all_of(DeepLimit).items(), key=lambda pair: pair[0])
