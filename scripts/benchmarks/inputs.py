"""Inputs of random MLPs by Hamiltonian Monte Carlo, against BlackJAX on the same network.

One inverse temperature, no exchange. Counted are effective energies a second: rows divided by 2 tau, tau from blocking.
A yield is the trajectories a second, from a race of both, times what a trajectory yields, from long chains. Both
compute in float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.agreement import Mean, agreement
from benchmarks.configs import input_document
from benchmarks.figures import Figure, compared
from benchmarks.machine import installed
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from mcsim.config import RunConfig, parse_config
from mcsim.estimators.blocking import blocking
from mcsim.models.base import SlotBlock, Walkers
from mcsim.models.registry import model_of_sample
from mcsim.networks.source import mlp_of_sample

if TYPE_CHECKING:
    from benchmarks.blackjax_chains import BlackjaxChains

_BETA = 1.0
_LEAST_ROWS = 256
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Case:
    """A network with one hidden layer and as many inputs, how many chains run on it and by which move."""

    activation: str
    width: int
    columns: int
    goal: float = 0.0
    large: bool = False
    move: str = "hmc"
    warm_sweeps: int = 300

    @property
    def text(self) -> str:
        """Name in the table."""
        return f"{self.activation}, N = {self.width}, {self.columns} columns, effective energies"

    @property
    def config(self) -> RunConfig:
        """A run on it."""
        run = {"copies": self.columns, "thermalization": self.warm_sweeps}
        document = input_document([self.width] * 2, self.activation, _BETA, **run)
        document["model"]["dynamics"] = self.move
        return parse_config(document)


CASES = (Case("tanh", 200, 16, 2.0), Case("tanh", 1000, 64, 2.0, large=True), Case("relu", 200, 16, 1.5))


def measure(settings: Settings) -> list[Figure]:
    """Return one figure for each network."""
    return [_measure_case(case, settings) for case in CASES if settings.large or not case.large]


def start_inputs(case: Case) -> Walkers:
    """Return chains with adapted moves."""
    block = SlotBlock(range(1), np.array([_BETA]), case.columns, 1, 0)
    walkers = model_of_sample(case.config, 0).start(block)
    walkers.sweep(0, case.warm_sweeps)
    return walkers


def _measure_case(case: Case, settings: Settings) -> Figure:
    version = installed("blackjax")
    peer = f"BlackJAX HMC {version or ''}".strip()
    figure = Figure("inputs", case.text, "effective energies/s", peer=peer, goal=case.goal, headline=True)
    draw_ours = draw_energies(case)
    ours = long_chain(draw_ours, settings)
    if version is None:
        speed = race({"ours": Contender(rows_of(draw_ours))}, settings)["ours"]
        return replace(figure, ours=float(np.median(speed)) * yield_of(ours), note="not installed")
    from benchmarks.blackjax_chains import BlackjaxChains

    chains = BlackjaxChains(mlp_of_sample(case.config, 0), case.activation, _BETA, case.columns)
    _check_energies(case, chains)
    chains.tune(settings)
    theirs = long_chain(chains.energies, settings)
    contenders = {
        "ours": Contender(rows_of(draw_ours)),
        peer: Contender(rows_of(chains.energies)),
    }
    speeds = race(contenders, settings)
    same = agreement([_mean(ours)], [_mean(theirs)])
    note = f"{same.text}; {chains.tuned_text}"
    if not same.holds:
        return replace(figure, note=note)
    return compared(replace(figure, note=note), speeds["ours"], speeds[peer], (yield_of(ours), yield_of(theirs)))


def draw_energies(case: Case) -> Callable[[int], NDArray[np.float64]]:
    """Return what draws some trajectories of all chains and gives H after each, shape (trajectories, columns)."""
    walkers = start_inputs(case)
    done = case.warm_sweeps

    def draw(trajectories: int) -> NDArray[np.float64]:
        nonlocal done
        energies = np.empty((trajectories, case.columns))
        for row in energies:
            walkers.sweep(done, 1)
            row[:] = walkers.energies()[0]
            done += 1
        return energies

    return draw


def rows_of(draw: Callable[[int], NDArray[np.float64]]) -> Callable[[int], float]:
    """Return what draws and gives the number of rows drawn."""
    return lambda trajectories: float(len(draw(trajectories)))


def _check_energies(case: Case, chains: BlackjaxChains) -> None:
    """Raise where the peer's Hamiltonian is not ours."""
    walkers = start_inputs(case)
    inputs = walkers.configurations(np.arange(case.columns))[:, : case.width]
    theirs = chains.hamiltonian(inputs)
    if not np.allclose(walkers.energies()[0], theirs, rtol=_ROUNDING, atol=_ROUNDING * case.width):
        raise AssertionError(f"{case.text}: BlackJAX was given another Hamiltonian than ours")


def long_chain(draw: Callable[[int], NDArray[np.float64]], settings: Settings) -> NDArray[np.float64]:
    """Return energies of about as long as the settings say."""
    draw(_LEAST_ROWS)
    begin = time.process_time()
    draw(_LEAST_ROWS)
    spent = time.process_time() - begin
    # A quarter of what tempering takes: tau of a few trajectories is known sooner.
    return draw(max(_LEAST_ROWS, round(_LEAST_ROWS * 0.25 * settings.chain_seconds / spent)))


def yield_of(energies: NDArray[np.float64]) -> float:
    """Return effective energies a trajectory of all columns."""
    return float(energies.shape[1] / max(1.0, 2.0 * blocking(energies).tau))


def _mean(energies: NDArray[np.float64]) -> Mean:
    result = blocking(energies)
    return Mean(result.mean, result.error)
