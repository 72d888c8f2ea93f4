"""Sweeps beside the two floors of the processor: matrix products (sgemm) and look-ups in register-sized tables.

A sweep of spins is worth two products of a coupling and a spin a bond and column, everything else (draws, energies) on
top; a leapfrog of an MLP four products a weight and column. sgemm does the same products in the shapes of the sampler,
each in the faster of its two orientations.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.configs import networks
from benchmarks.figures import Figure, compared
from benchmarks.inputs import CASES, Case, start_inputs
from benchmarks.look_up import example, lanes_here, look_up_kernel, products_of_call
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from benchmarks.spins import COLUMNS, spin_config, start_spins

# Small products are repeated, so that a step of a contender is long beside the clock.
_REPEATS = 20


def measure(settings: Settings) -> list[Figure]:
    """Return the figures of all networks of spins and inputs."""
    figures = [
        figure for name, widths in networks(settings).items() for figure in _measure_spins(name, widths, settings)
    ]
    cases = [case for case in CASES if settings.large or not case.large]
    return figures + [figure for case in cases for figure in _measure_inputs(case, settings)]


def _measure_spins(name: str, widths: tuple[int, ...], settings: Settings) -> list[Figure]:
    bonds = sum(a * b for a, b in pairwise(widths))
    walkers, done = start_spins(spin_config(widths)), 0

    def sweep(sweeps: int) -> float:
        nonlocal done
        walkers.sweep(done, sweeps)
        done += sweeps
        return 2.0 * sweeps * bonds * COLUMNS

    contenders = {"ours": Contender(sweep), "sgemm": Contender(_matrix_products(_both_ways(widths), COLUMNS))}
    lanes = lanes_here()
    if lanes:
        contenders["look-ups"] = Contender(_look_ups(lanes))
    speeds = race(contenders, settings)
    figures = []
    for floor in ("sgemm", "look-ups"):
        figure = Figure("products", f"{name}, {COLUMNS} columns, products of a sweep", "products/s", peer=floor)
        if floor in speeds:
            figures.append(compared(figure, speeds["ours"], speeds[floor]))
        else:
            figures.append(Figure("products", figure.work, figure.unit, peer=floor, note="no vector permutes here"))
    return figures


def _measure_inputs(case: Case, settings: Settings) -> list[Figure]:
    walkers, done = start_inputs(case), 10_000
    leapfrogs = float(walkers.diagnostics()["leapfrog_steps"][0])
    weights = case.width * case.width

    def sweep(sweeps: int) -> float:
        nonlocal done
        walkers.sweep(done, sweeps)
        done += sweeps
        # Forward and backward.
        return 2.0 * sweeps * leapfrogs * weights * case.columns

    shapes = [(case.width, case.width)] * 2
    speeds = race({"ours": Contender(sweep), "sgemm": Contender(_matrix_products(shapes, case.columns))}, settings)
    work = f"{case.activation}, N = {case.width}, {case.columns} columns, products of gradients"
    return [compared(Figure("products", work, "products/s", peer="sgemm"), speeds["ours"], speeds["sgemm"])]


def _both_ways(widths: tuple[int, ...]) -> list[tuple[int, int]]:
    return [shape for a, b in pairwise(widths) for shape in ((a, b), (b, a))]


def _matrix_products(shapes: list[tuple[int, int]], columns: int) -> Callable[[int], float]:
    """Return what multiplies (columns, m) by (m, n) for all shapes, each in its faster orientation."""
    multiply = [_faster_orientation(m, n, columns) for m, n in shapes]
    products = float(sum(m * n for m, n in shapes) * columns)

    def work(steps: int) -> float:
        for _ in range(steps * _REPEATS):
            for product in multiply:
                product()
        return steps * _REPEATS * products

    return work


def _faster_orientation(m: int, n: int, columns: int) -> Callable[[], NDArray[np.float32]]:
    states, weights = np.ones((columns, m), np.float32), np.ones((m, n), np.float32)
    transposed = np.ascontiguousarray(weights.T).T
    out = np.empty((columns, n), np.float32)
    ways = {
        "plain": lambda: np.dot(states, weights, out=out),
        "transposed": lambda: np.dot(states, transposed, out=out),
    }

    def repeated(way: str) -> Callable[[int], float]:
        def work(steps: int) -> float:
            for _ in range(steps * _REPEATS):
                ways[way]()
            return float(steps)

        return work

    trial = race({way: Contender(repeated(way)) for way in ways}, Settings(rounds=3, seconds=0.02))
    return ways[max(trial, key=lambda way: float(np.median(trial[way])))]


def _look_ups(lanes: int) -> Callable[[int], float]:
    kernel, arrays = look_up_kernel(lanes), example(lanes)

    def work(steps: int) -> float:
        kernel(*arrays, steps * _REPEATS)
        return products_of_call(lanes, steps * _REPEATS)

    return work
