"""Measure the spin kernels in million updates a second, one core, and where dense and sparse field updates cross.

    OPENBLAS_NUM_THREADS=1 python scripts/benchmarks/kernels.py [--width 256] [--layers 4]

All figures of one call are measured in turn, so their ratios hold on a noisy machine even where the figures do not.
The flip rate at which dense and sparse updates take the same time is what `DENSE_ABOVE` in
mcsim/models/ising_walkers.py is set from.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from mcsim.config import LayeredIsing
from mcsim.models.base import SlotBlock
from mcsim.models.ising import IsingModel
from mcsim.models.ising_walkers import IsingWalkers
from mcsim.networks.gaussian import gaussian_weights

KINDS = {
    "dense": {"dynamics": "layer-block", "field_update": "dense"},
    "sparse": {"dynamics": "layer-block", "field_update": "sparse"},
    "single spin": {"dynamics": "single-spin"},
}


def make_walkers(widths: list[int], columns: int, beta: float, kind: str) -> IsingWalkers:
    """Return walkers that all sit at one temperature."""
    document = {"kind": "layered-ising", "network": {"source": "gaussian", "widths": widths}, "refresh_every": 10**9}
    specification = LayeredIsing.model_validate({**document, "tile_columns": columns, **KINDS[kind]})
    network = gaussian_weights(widths, "fan-in", 1.0, np.random.default_rng(1))
    model = IsingModel(network, specification, copies=1)
    return model.start(SlotBlock(range(columns), np.full(columns, beta), 1, root_seed=1, sample=0))


def updates_per_second(walkers: IsingWalkers, n_spins: int, columns: int, repeats: int = 5) -> float:
    """Return the best of several timings, after a warm-up that compiles and thermalises."""
    sweeps = max(2, 4_000_000 // (n_spins * columns))
    walkers.sweep(0, 100)
    best = np.inf
    for repeat in range(repeats):
        start = time.perf_counter()
        walkers.sweep(100 + repeat * sweeps, sweeps)
        best = min(best, time.perf_counter() - start)
    return sweeps * n_spins * columns / best


def main() -> None:
    """Print a table over temperatures and columns."""
    parser = argparse.ArgumentParser(description="Benchmark the spin kernels.")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    args = parser.parse_args()
    widths = [args.width] * args.layers
    n_spins = sum(widths)
    print(f"widths {widths}, float32, million spin updates a second")
    print(f"{'columns':>8} {'T':>6} {'flips/attempt':>14} " + " ".join(f"{kind:>12}" for kind in KINDS))
    for columns in (16, 32, 64):
        for temperature in (3.0, 2.0, 1.5, 1.0, 0.7, 0.5, 0.3):
            rates, flips = [], 0.0
            for kind in KINDS:
                walkers = make_walkers(widths, columns, 1.0 / temperature, kind)
                rates.append(updates_per_second(walkers, n_spins, columns) / 1e6)
                if kind == "dense":
                    flips = float(walkers.diagnostics()["flip_rate"].mean())
            print(f"{columns:8d} {temperature:6.2f} {flips:14.3f} " + " ".join(f"{rate:12.1f}" for rate in rates))


if __name__ == "__main__":
    main()
