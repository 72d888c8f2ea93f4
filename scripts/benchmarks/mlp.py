"""Speed of the MLP dynamics: effective energies a second, and gradients a second against the floor of sgemm.

Each line is one inverse temperature without exchange, all columns in one tile, after adapting steps. Energies are
divided by 2 tau, tau from blocking (mcsim/estimators/series.py), to count effective ones. The floor is what the matrix
products of a gradient alone would allow, 4 sum_l N_{l-1} N_l operations in the shapes of the sampler. Seconds are those
of the processor, so that other work on the machine disturbs less.

    python scripts/benchmarks/mlp.py --sizes 200 1000 --betas 0.5 4 --seconds 5
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  (loaded here, so that threadpool_limits reaches what numba will call)
from threadpoolctl import threadpool_limits

from mcsim.config import parse_config
from mcsim.estimators.series import blocking
from mcsim.models.base import SlotBlock
from mcsim.models.mlp import MlpModel
from mcsim.models.mlp_walkers import MlpWalkers
from mcsim.networks.mlp_disorder import draw_mlp

DYNAMICS = ("hmc", "pcn", "single-coordinate")
WARM_SWEEPS = {"hmc": 150, "pcn": 1500, "single-coordinate": 40}


def start(args: argparse.Namespace, size: int, beta: float, dynamics: str) -> MlpWalkers:
    """Return walkers with adapted steps."""
    model = {"kind": "mlp", "widths": [size] * (args.depth + 1), "activation": args.activation, "dynamics": dynamics}
    model |= {"precision": args.precision, "tile_columns": args.columns}
    if args.target and dynamics == "hmc":
        model |= {"target_acceptance": args.target}
    if args.trajectory:
        model |= {"trajectory": args.trajectory}
    warm = WARM_SWEEPS[dynamics]
    run = {"copies": args.columns, "thermalization": warm, "measurements": 1}
    config = parse_config({"seed": 1, "model": model, "ladder": {"betas": [beta]}, "run": run})
    disorder = draw_mlp(config.model.widths, 0.0, np.random.default_rng(size))
    block = SlotBlock(range(1), np.array([beta]), args.columns, 1, 0)
    walkers = MlpModel(disorder, config.model, args.columns, warm, beta).start(block)
    walkers.sweep(0, warm)
    return walkers


def sample(walkers: MlpWalkers, first: int, seconds: float) -> tuple[np.ndarray, float]:
    """Return energies (sweeps, columns) of at least `seconds` of sampling, and the processor time it took."""
    energies = []
    begin = time.process_time()
    while time.process_time() - begin < seconds or len(energies) < 64:
        walkers.sweep(first + len(energies), 1)
        energies.append(walkers.energies()[0])
    return np.array(energies), time.process_time() - begin


def floor_gradients(walkers: MlpWalkers) -> float:
    """Return gradients a second if nothing but the matrix products took time: the best of several trials."""
    network, rows = walkers._network, walkers._work.energy.size
    pairs = list(zip(network.widths[:-1], network.widths[1:], strict=True))
    dtype = network.readout.dtype
    operands = [(np.ones((rows, m), dtype), np.ones((n, m), dtype).T) for m, n in pairs]
    operands += [(np.ones((rows, n), dtype), np.ones((m, n), dtype).T) for m, n in pairs]
    outs = [np.empty((a.shape[0], b.shape[1]), dtype) for a, b in operands]
    best = np.inf
    for _ in range(30):
        begin = time.process_time()
        for (a, b), out in zip(operands, outs, strict=True):
            np.dot(a, b, out=out)
        best = min(best, time.process_time() - begin)
    return rows / best


def report(args: argparse.Namespace, size: int, beta: float, dynamics: str) -> None:
    """Measure and print one line."""
    walkers = start(args, size, beta, dynamics)
    energies, seconds = sample(walkers, WARM_SWEEPS[dynamics], args.seconds)
    result = blocking(energies)
    figures = walkers.diagnostics()
    line = f"{size:5d} {beta:5g} {dynamics:18s} {energies.size / seconds / max(1.0, 2 * result.tau):12.0f}"
    line += f" {2 * result.tau:8.2f} {figures['acceptance_rate'][0]:6.2f} {figures['step'][0]:7.3f}"
    if dynamics == "hmc":
        steps = figures["leapfrog_steps"][0]
        gradients, floor = energies.size / seconds * steps, floor_gradients(walkers)
        line += f" {steps:3.0f} {gradients:10.0f} {floor:10.0f} {gradients / floor:6.2f}"
    print(line + ("" if result.converged else "   tau not converged: an upper limit of speed"), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--betas", type=float, nargs="+", default=[0.5, 4.0])
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--dynamics", nargs="+", default=list(DYNAMICS))
    parser.add_argument("--target", type=float, help="acceptance that HMC aims at")
    parser.add_argument("--trajectory", type=float, help="time of a trajectory")
    args = parser.parse_args()
    print("    N  beta dynamics            effective/s   2 tau accept    step   n gradient/s    floor/s  ratio")
    with threadpool_limits(1):
        for size in args.sizes:
            for beta in args.betas:
                for dynamics in args.dynamics:
                    report(args, size, beta, dynamics)


if __name__ == "__main__":
    main()
