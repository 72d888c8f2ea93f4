"""Parallel tempering of a spin glass: what a second of a whole run yields, against PySA on the same ladder.

Both run two ladders of 32 slots on one network. Counted are round trips of replicas (cold, hot, cold), and effective
energies and squared overlaps at beta = 0.96: rows divided by 2 tau, tau from blocking. A yield is the sweeps a second,
from a race of both, times what a sweep yields, from long chains. Ours includes measurement and storage of everything at
every slot; of PySA only these two series are taken.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.agreement import Mean, agreement
from benchmarks.configs import COPIES, LADDER, NETWORKS
from benchmarks.figures import Figure, compared
from benchmarks.pysa_ladders import PysaLadders, pysa_version
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from benchmarks.spin_peers import coupling_matrix
from benchmarks.spins import COLUMNS, check_energies, spin_config, whole_run, whole_runs
from mcsim.estimators.blocking import blocking
from mcsim.networks.source import network_of_sample
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from mcsim.storage.reader import read_run

_NAME = "[256]*4"
_WIDTHS = NETWORKS[_NAME]
# Of the slots, coldest first, that of beta = 0.96.
_COLDEST_FIRST = np.array(LADDER[::-1])
_SLOT = int(np.argmin(np.abs(_COLDEST_FIRST - 0.96)))
_GOAL = 15.0
_LEAST_SWEEPS = 500


@dataclass(frozen=True)
class Chain:
    """What a long chain of two ladders shows.

    Attributes
    ----------
    energies : float64 (slots, sweeps, copies)
        Coldest slot first.
    overlaps : float64 (sweeps,)
        Of the two copies at beta = 0.96.
    round_trips : int
    """

    energies: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    round_trips: int

    @property
    def yields(self) -> dict[str, float]:
        """What a sweep yields."""
        energies = self.energies[_SLOT]
        sweeps = len(self.overlaps)
        return {
            "round trips/s": self.round_trips / sweeps,
            "effective energies/s": _effective(energies) / sweeps,
            "effective squared overlaps/s": _effective(self.overlaps**2) / sweeps,
        }

    @property
    def means(self) -> list[Mean]:
        """The mean energies from beta = 0.96 to the hottest slot, which equilibrate soon, with autocorrelation."""
        results = [blocking(series) for series in self.energies[_SLOT:]]
        return [Mean(result.mean, result.error) for result in results]


def measure(settings: Settings) -> list[Figure]:
    """Return one figure for each yield."""
    couplings = coupling_matrix(network_of_sample(spin_config(_WIDTHS), 0).weights)
    check_energies(_WIDTHS, couplings)
    ours = _our_chain(settings)
    version = pysa_version()
    figures = [
        Figure(
            "tempering", f"{_NAME}, {len(LADDER)} slots x {COPIES}, {name.removesuffix('/s')}", name,
            peer=f"PySA {version or ''}".strip(), goal=_GOAL, headline=True,
        )
        for name in ours.yields
    ]  # fmt: skip
    if version is None:
        speed = race({"ours": whole_runs(_WIDTHS)}, settings)["ours"]
        sweeps = float(np.median(speed)) / (sum(_WIDTHS) * COLUMNS)
        return [replace(f, ours=sweeps * ours.yields[f.unit], note="not installed; it is not on PyPI") for f in figures]
    return _against_pysa(figures, ours, couplings, settings)


def _against_pysa(
    figures: list[Figure], ours: Chain, couplings: NDArray[np.float64], settings: Settings
) -> list[Figure]:
    ladders = PysaLadders(couplings, _COLDEST_FIRST, COPIES)
    theirs = _pysa_chain(ladders, settings)
    sweeps = sum(_WIDTHS) * COLUMNS
    contenders = {
        "ours": whole_runs(_WIDTHS),
        "PySA": Contender(lambda n: float(len(ladders.run(n).overlaps) * sweeps)),
    }
    speeds = {name: [speed / sweeps for speed in rounds] for name, rounds in race(contenders, settings).items()}
    same = agreement(ours.means, theirs.means)
    note = f"{same.text}; {ours.round_trips} and {theirs.round_trips} round trips"
    if not same.holds:
        return [replace(figure, note=note) for figure in figures]
    return [
        compared(
            replace(figure, note=note), speeds["ours"], speeds["PySA"],
            (ours.yields[figure.unit], theirs.yields[figure.unit]),
        )
        for figure in figures
    ]  # fmt: skip


def _our_chain(settings: Settings) -> Chain:
    """Return a run's series, a tenth of it dropped, as long as the settings say."""
    whole_run(_WIDTHS, 1)
    begin = time.process_time()
    whole_run(_WIDTHS, _LEAST_SWEEPS)
    spent = time.process_time() - begin
    sweeps = max(_LEAST_SWEEPS, round(_LEAST_SWEEPS * settings.chain_seconds / spent))
    config = spin_config(_WIDTHS, thermalization=max(_LEAST_SWEEPS // 2, sweeps // 10), measurements=sweeps)
    with tempfile.TemporaryDirectory() as folder:
        simulate(config, Path(folder) / "run", SerialCommunicator(), show_progress=False)
        run = read_run(Path(folder) / "run").isel(sample=0).load()
    overlaps = run.overlap_total.isel(slot=_SLOT, pair=0).values.astype(float)
    return Chain(
        run.energy.transpose("slot", "measurement", "copy").values, overlaps, int(run.exchange_round_trips.sum())
    )


def _pysa_chain(ladders: PysaLadders, settings: Settings) -> Chain:
    begin = time.process_time()
    ladders.run(_LEAST_SWEEPS // 10)
    spent = time.process_time() - begin
    sweeps = max(_LEAST_SWEEPS, round(_LEAST_SWEEPS / 10 * settings.chain_seconds / spent))
    ladders.run(max(_LEAST_SWEEPS // 2, sweeps // 10))
    record = ladders.run(sweeps, slot=_SLOT)
    return Chain(record.energies, record.overlaps, record.round_trips)


def _effective(series: NDArray[np.float64]) -> float:
    return series.size / max(1.0, 2.0 * blocking(series).tau)
