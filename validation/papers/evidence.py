"""What the tasks of a paper came to: the ground that its claims and figures stand on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from validation.claims.base import NotApplicableError

R = TypeVar("R")


@dataclass(frozen=True)
class Evidence:
    """Results of the tasks that have one; a finding names it as its subject."""

    label: str  #: data and effort, in a few words
    results: Mapping[tuple[Any, Hashable], Any]  #: by the type of the result and by what it is about

    def of(self, kind: type[R], about: Hashable = None) -> R | None:
        """Return the result of one type about one thing, None where there is none."""
        result: R | None = self.results.get((kind, about))
        return result

    def all_of(self, kind: type[R]) -> dict[Any, R]:
        """Return all results of one type, by what they are about."""
        return {about: result for (of, about), result in self.results.items() if of == kind}


def needed(given: R | None, needs: str) -> R:
    """Return what a claim is tested on; `NotApplicableError` says what it needs where that is None or empty."""
    if not given:
        raise NotApplicableError(f"needs {needs}")
    return given
