"""What the tasks of a paper came to: the ground that its claims and figures stand on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

R = TypeVar("R")


@dataclass(frozen=True)
class Evidence:
    """Results of the tasks that have one; a finding names it as its subject.

    Attributes
    ----------
    label : str
        Data and effort, in a few words.
    results : dict
        By the type of the result and by what it is about.
    """

    label: str
    results: Mapping[tuple[type, Hashable], Any]

    def of(self, kind: type[R], about: Hashable = None) -> R | None:
        """Return the result of one type about one thing, None where there is none."""
        result: R | None = self.results.get((kind, about))
        return result

    def all_of(self, kind: type[R]) -> dict[Any, R]:
        """Return all results of one type, by what they are about."""
        return {about: result for (of, about), result in self.results.items() if of is kind}
