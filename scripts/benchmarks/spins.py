"""Spins on layered networks: the sweep alone and whole runs, against dwave-samplers and OpenJij.

All sample the same network, two copies at each of 32 temperatures. An update is one spin offered its flip, by heat bath
or Metropolis. Peers compute in float64, we in the precision that is the default.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.agreement import Agreement, agreement, mean_of_independent
from benchmarks.configs import COPIES, LADDER, networks, spin_document
from benchmarks.figures import Figure, compared
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from benchmarks.spin_peers import NAMED_PEER, SpinPeer, coupling_matrix, spin_peers
from mcsim.config import RunConfig, parse_config
from mcsim.models.base import SlotBlock, Walkers
from mcsim.models.registry import model_of_sample
from mcsim.networks.source import network_of_sample
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate

COLUMNS = len(LADDER) * COPIES
# Of the sweep alone and of the whole run, against the peer named in the goals.
_GOALS = {"[256]*4": (24.0, 18.0), "[784,400,400,400,10]": (30.0, 22.0)}
# Above T_c, where single chains from random starts equilibrate.
_EASY_BETAS = np.array([0.2, 0.4, 0.6])
_EQUILIBRATION = 100
_TOGETHER = 16
# A relative difference of two sums of couplings that rounding explains, of half a million float32 numbers.
_ROUNDING = 1e-4


def spin_config(widths: tuple[int, ...], **changes: Any) -> RunConfig:
    """Return a run on one random network."""
    return parse_config(spin_document(widths, **changes))


def start_spins(config: RunConfig, seed: int = 1) -> Walkers:
    """Return freshly started replicas at all slots; the seed is that of the chains, not of the network."""
    betas = config.ladder.inverse_temperatures()
    block = SlotBlock(range(betas.size), betas, config.run.copies, seed, 0)
    return model_of_sample(config, 0).start(block)


def whole_run(widths: tuple[int, ...], sweeps: int) -> float:
    """Do a run from configuration to files at the default rates and return its updates."""
    config = spin_config(widths, measurements=sweeps)
    with tempfile.TemporaryDirectory() as folder:
        simulate(config, Path(folder) / "run", SerialCommunicator(), show_progress=False)
    return float(sweeps * sum(widths) * COLUMNS)


def whole_runs(widths: tuple[int, ...]) -> Contender:
    """Return whole runs as a contender, long enough that not all of their sweeps thermalise."""
    return Contender(partial(whole_run, widths), has_set_up=True, fewest_steps=800)


def measure(settings: Settings) -> list[Figure]:
    """Return the figures of all networks."""
    return [
        figure for name, widths in networks(settings).items() for figure in _measure_network(name, widths, settings)
    ]


def _measure_network(name: str, widths: tuple[int, ...], settings: Settings) -> list[Figure]:
    network = network_of_sample(spin_config(widths), 0)
    couplings = coupling_matrix(network.weights)
    check_energies(widths, couplings)
    peers = spin_peers(couplings)
    agreements = {peer.name: _agreement_with(peer, widths, settings) for peer in peers if peer.version}
    sweep, whole = "the sweep alone", "a whole run"
    contenders = {
        sweep: Contender(sweeps_of(spin_config(widths))),
        whole: whole_runs(widths),
        **{p.name: Contender(partial(p.anneal, np.array(LADDER), COPIES), has_set_up=True) for p in peers if p.version},
    }
    speeds = race(contenders, settings)
    figures = []
    for kind, goal in zip((sweep, whole), _GOALS[name], strict=True):
        for peer in peers:
            named = peer.name == NAMED_PEER
            figure = Figure(
                "spins", f"{name}, {len(LADDER)} slots x {COPIES}, {kind}", "updates/s",
                peer=f"{peer.name} {peer.version or ''}".strip(), goal=goal if named else None, headline=named,
            )  # fmt: skip
            figures.append(_judged(figure, speeds[kind], speeds.get(peer.name), agreements.get(peer.name)))
    return figures


def _judged(figure: Figure, ours: list[float], theirs: list[float] | None, same: Agreement | None) -> Figure:
    """Return the comparison, without a ratio where the peer is missing or samples something else."""
    if theirs is None or same is None:
        return replace(figure, ours=float(np.median(ours)), note="not installed")
    if not same.holds:
        return replace(figure, ours=float(np.median(ours)), note=same.text)
    return compared(replace(figure, note=same.text), ours, theirs)


def sweeps_of(config: RunConfig) -> Callable[[int], float]:
    """Return what sweeps all columns of a configuration, after some thermalisation, and gives the updates made."""
    walkers, done = start_spins(config), _EQUILIBRATION
    walkers.sweep(0, done)
    updates = model_of_sample(config, 0).realisation.sites * config.ladder.inverse_temperatures().size * COPIES

    def work(sweeps: int) -> float:
        nonlocal done
        walkers.sweep(done, sweeps)
        done += sweeps
        return float(sweeps * updates)

    return work


def check_energies(widths: tuple[int, ...], couplings: NDArray[np.float64]) -> None:
    """Raise where the couplings handed to peers do not give the energies of our own states."""
    walkers = start_spins(spin_config(widths))
    walkers.sweep(0, 5)
    spins = walkers.configurations(np.arange(COLUMNS)).astype(float)
    energies = -np.einsum("ci,ij,cj->c", spins, couplings, spins, optimize=True)
    if not np.allclose(walkers.energies().ravel(), energies, rtol=_ROUNDING, atol=_ROUNDING * sum(widths)):
        raise AssertionError("the couplings handed to peers are not those of our own network")


def _agreement_with(peer: SpinPeer, widths: tuple[int, ...], settings: Settings) -> Agreement:
    """Compare mean energies of independent states above T_c."""
    config = spin_config(widths, betas=_EASY_BETAS, copies=_TOGETHER)
    groups = []
    for seed in range(settings.reads // _TOGETHER):
        walkers = start_spins(config, seed)
        walkers.sweep(0, _EQUILIBRATION)
        groups.append(walkers.energies()[::-1])
    ours = [mean_of_independent(energies) for energies in np.concatenate(groups, axis=1)]
    theirs = [mean_of_independent(peer.energies(beta, settings.reads, _EQUILIBRATION)) for beta in _EASY_BETAS]
    return agreement(ours, theirs)
