"""The moves that are the default against those that serve as cross-checks, on the same network.

Inputs: effective energies a second of Hamiltonian Monte Carlo against preconditioned Crank-Nicolson and one coordinate
at a time. Spins: updates a second of whole layers against one spin at a time.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.configs import NETWORKS, spin_document
from benchmarks.figures import Figure, compared
from benchmarks.inputs import CASES, draw_energies, long_chain, rows_of, yield_of
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from benchmarks.spins import sweeps_of
from mcsim.config import parse_config

_OTHER_MOVES = {"pcn": 1500, "single-coordinate": 40}


def measure(settings: Settings) -> list[Figure]:
    """Return the figures of inputs and spins."""
    return [*_of_inputs(settings), _of_spins(settings)]


def _of_inputs(settings: Settings) -> list[Figure]:
    hmc = CASES[0]
    cases = {"hmc": hmc, **{m: replace(hmc, move=m, warm_sweeps=warm) for m, warm in _OTHER_MOVES.items()}}
    draws = {move: draw_energies(case) for move, case in cases.items()}
    yields = {move: yield_of(long_chain(draw, settings)) for move, draw in draws.items()}
    contenders = {move: Contender(rows_of(draw)) for move, draw in draws.items()}
    speeds = race(contenders, settings)
    return [
        compared(
            Figure("moves", f"{hmc.text}, hmc", "effective energies/s", peer=move),
            speeds["hmc"],
            speeds[move],
            (yields["hmc"], yields[move]),
        )
        for move in _OTHER_MOVES
    ]


def _of_spins(settings: Settings) -> Figure:
    name, widths = next(iter(NETWORKS.items()))
    single = spin_document(widths)
    single["model"]["dynamics"] = "single-spin"
    contenders = {
        "default": Contender(sweeps_of(parse_config(spin_document(widths)))),
        "single-spin": Contender(sweeps_of(parse_config(single))),
    }
    speeds = race(contenders, settings)
    figure = Figure("moves", f"{name}, 32 slots x 2, whole layers", "updates/s", peer="single-spin")
    return compared(figure, speeds["default"], speeds["single-spin"])
