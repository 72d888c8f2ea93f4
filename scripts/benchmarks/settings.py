"""How long a benchmark takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Lengths of all measurements.

    Attributes
    ----------
    rounds : int
        Rounds in which all contenders of a race take turns.
    seconds : float
        CPU time of a contender in a round.
    chain_seconds : float
        CPU time of a chain whose autocorrelation is measured.
    reads : int
        Independent states whose mean energies are compared with a peer's.
    large : bool
        Whether the larger networks take part.
    """

    rounds: int = 7
    seconds: float = 2.0
    chain_seconds: float = 120.0
    reads: int = 64
    large: bool = True


QUICK = Settings(rounds=3, seconds=0.3, chain_seconds=5.0, reads=32, large=False)
