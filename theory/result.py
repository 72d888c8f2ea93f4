"""What every solver of this package returns, and what it raises when it has nothing to return."""

from __future__ import annotations

from dataclasses import dataclass


class NotConvergedError(RuntimeError):
    """A solver stopped short of its tolerance; the message says what it reached."""


@dataclass(frozen=True)
class SolverStatus:
    """How well a saddle point was solved.

    Attributes
    ----------
    converged : bool
        Always True on a returned solution: a solver that misses its tolerance raises `NotConvergedError`.
    residual : float
        Largest absolute mismatch of the saddle-point equations at the returned order parameters.
    error_estimate : float
        Estimated absolute error of the free energy and the energy per site (quadrature and iteration together).
    iterations : int
        Sweeps through the equations.
    """

    converged: bool
    residual: float
    error_estimate: float
    iterations: int

    def record(self) -> dict[str, float | int]:
        """Return the status as a part of a command's JSON."""
        return {
            "converged": self.converged,
            "error_estimate": self.error_estimate,
            "residual": self.residual,
            "iterations": self.iterations,
        }
