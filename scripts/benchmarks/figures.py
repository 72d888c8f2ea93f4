"""What a benchmark says: figures, the machine they were taken on, and both as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    subject : str
        The file that measured it, such as "spins".
    work : str
        What was done.
    unit : str
        Of `ours` and `theirs`.
    ours : float or None
        Median over the rounds; None where nothing could be measured, and `note` says why.
    peer : str
        What was measured beside it, with its version; empty where there is nothing to compare with.
    theirs : float or None
    ratio, lowest, highest : float or None
        Median, smallest and largest of the rounds' ratios ours / theirs; above 1 we are ahead.
    goal : float or None
        Of the ratio, or of `ours` where there is no peer.
    goal_is_limit : bool
        Whether the goal is the most that is allowed instead of the least.
    headline : bool
        Whether the README shows it.
    note : str
    """

    subject: str
    work: str
    unit: str
    ours: float | None = None
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None
    lowest: float | None = None
    highest: float | None = None
    goal: float | None = None
    goal_is_limit: bool = False
    headline: bool = False
    note: str = ""

    @property
    def judged(self) -> float | None:
        """The number that the goal is about."""
        return self.ratio if self.peer else self.ours

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is no goal or no number."""
        if self.goal is None or self.judged is None:
            return None
        return self.judged <= self.goal if self.goal_is_limit else self.judged >= self.goal


def compared(
    figure: Figure, ours: list[float], theirs: list[float], factor: tuple[float, float] = (1.0, 1.0)
) -> Figure:
    """Return a figure with the medians of two contenders' rounds, each times a factor, and of their ratios."""
    ours, theirs = [factor[0] * value for value in ours], [factor[1] * value for value in theirs]
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return replace(
        figure,
        ours=median(ours),
        theirs=median(theirs),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
    )


@dataclass(frozen=True)
class Machine:
    """Where and with what figures were taken.

    Attributes
    ----------
    date : str
        Day, ISO.
    processor : str
    cores : int
    load : float
        Processes that wanted a core in the minute before the start, this one not counted.
    blas : tuple of str
        The kernel that each linear-algebra library has chosen.
    versions : dict of str
        Of the package, Python and what was measured against.
    """

    date: str
    processor: str
    cores: int
    load: float
    blas: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True)
class Report:
    """Everything one call has measured."""

    machine: Machine
    settings: dict[str, Any]
    figures: tuple[Figure, ...]

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Report:
        """Return the report that `write` has written."""
        document = json.loads(path.read_text(encoding="utf-8"))
        machine = Machine(**{**document["machine"], "blas": tuple(document["machine"]["blas"])})
        return cls(machine, document["settings"], tuple(Figure(**figure) for figure in document["figures"]))
