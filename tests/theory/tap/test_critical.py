"""Critical temperature of one network: certain where exact, and the random network's in the limit."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from support import ROOT

from theory.bonds import DenseBonds, LayeredBonds, random_bonds
from theory.layered_sk import LayeredCouplings, critical_temperature
from theory.tap import critical, instability
from theory.tap.critical import ParamagnetStability
from theory.weights import read_network

DIGITS = ROOT / "mcsim/networks/data/digits_relu.h5"


def direct(bonds, T):
    """Least eigenvalue of I - M, from the dense matrix."""
    J = bonds.dense()
    return np.linalg.eigvalsh(np.eye(len(J)) - J / T + np.diag((J**2).sum(axis=0)) / T**2)[0]


def largest_root(a, d):
    return (a + math.sqrt(a * a - 4 * d)) / 2


def test_ferromagnets_cross_where_the_quadratic_equation_says():
    # All spins alike: 1 - beta a + beta^2 d = 0 with a = sum_j J_ij, d = sum_j J_ij^2.
    N = 30
    dense = instability(DenseBonds.from_matrix((1 - np.eye(N)) / N))
    assert dense.kind == "crossing"
    assert dense.temperature == pytest.approx(largest_root((N - 1) / N, (N - 1) / N**2), abs=1e-9)
    layered = instability(LayeredBonds([np.full((N, N), 1 / N)]))
    assert layered.temperature == pytest.approx(largest_root(1.0, 1 / N), abs=1e-9)
    assert abs(layered.least_eigenvalue) < 1e-9
    assert layered.lowest < -0.5
    # Known wrong: naive mean field puts it at lambda_max(J) = 1.
    assert abs(layered.temperature - 1.0) > 0.01


@pytest.mark.parametrize("epoch", [1.0, 100.0])
def test_a_trained_network_crosses_where_bisection_finds_it(epoch):
    bonds = read_network(DIGITS, epoch).bonds
    found = instability(bonds, points=12)
    grid = np.linspace(0.6, 1.0, 9) * np.linalg.eigvalsh(bonds.dense())[-1]
    hottest = max(T for T in grid if direct(bonds, T) < 0)
    root = brentq(lambda T: direct(bonds, T), hottest, grid[-1], xtol=1e-12)
    assert found.kind == "crossing"
    assert found.temperature == pytest.approx(root, abs=1e-8)
    assert found.beta == 1 / found.temperature
    assert found.error < 1e-8
    # The random network of the same variances freezes far below.
    assert found.temperature > 1.4 * critical_temperature(bonds.variances())


def test_before_training_the_touch_is_no_crossing():
    bonds = read_network(DIGITS, 0.0).bonds
    found = instability(bonds)
    assert found.kind == "near-touch"
    assert found.least_eigenvalue == pytest.approx(direct(bonds, found.temperature), abs=1e-9)
    nearby = [direct(bonds, found.temperature * ratio) for ratio in (0.97, 0.99, 1.01, 1.03)]
    assert min(nearby) > found.least_eigenvalue > 0.1


def test_the_touch_of_random_networks_tends_to_the_critical_temperature_of_their_variances():
    widths, limit = (40, 80, 160), 1.0
    temperatures, errors, depths = [], [], []
    for n in widths:
        couplings = LayeredCouplings.from_variances([n, n], [1 / n])
        assert critical_temperature(couplings) == pytest.approx(limit)
        touches = [instability(random_bonds(couplings, seed), points=12) for seed in range(8)]
        temperatures.append(np.mean([touch.temperature for touch in touches]))
        errors.append(np.std([touch.temperature for touch in touches], ddof=1) / math.sqrt(len(touches)))
        depths.append(np.mean([touch.lowest for touch in touches]))
    scale = np.array([2.0 * n for n in widths]) ** (-2 / 3)
    # The least eigenvalue closes as N^{-2/3}, the scale of the edge of a spectrum.
    assert np.all(np.abs(np.array(depths) / scale - 2.4) < 1.0)
    line, covariance = np.polyfit(scale, temperatures, 1, w=1 / np.array(errors), cov="unscaled")
    error = math.sqrt(covariance[1, 1])
    assert abs(line[1] - limit) < 3 * error < 0.2
    # Known wrong: variance by the total number of spins puts it at 1/sqrt(2).
    assert abs(line[1] - math.sqrt(0.5)) > 5 * error


def test_a_weak_planted_direction_does_not_cross_and_a_strong_one_does():
    n = 150
    random = random_bonds(LayeredCouplings.from_variances([n, n], [1 / n]), seed=3).weights[0]
    uniform = np.full((n, n), 1 / n)
    kinds = {strength: instability(LayeredBonds([random + strength * uniform]), points=12) for strength in (0.5, 2.0)}
    assert kinds[0.5].kind == "near-touch"
    assert kinds[2.0].kind == "crossing"
    # Ferromagnet of strength theta over SK couplings: T_c = theta (replica symmetric, Sherrington & Kirkpatrick).
    assert kinds[2.0].temperature == pytest.approx(2.0, rel=0.05)


def test_two_crossings_of_separate_blocks_are_told_apart():
    # A ferromagnetic block that freezes at 1 beside one at 0.6: the highest is the first on cooling.
    first, second = np.full((20, 20), 1 / 20), np.full((20, 20), 0.6 / 20)
    zero = np.zeros((20, 20))
    found = instability(LayeredBonds([np.block([[second, zero], [zero, first]])]))
    assert found.temperature == pytest.approx(largest_root(1.0, 1 / 20), abs=1e-9)


def test_a_pair_of_spins_has_no_instability():
    # 1 - beta J + beta^2 J^2 is at least 3/4: a pair does not order.
    found = instability(LayeredBonds([[[1.5]]]))
    assert found.kind == "none"
    assert found.lowest == pytest.approx(0.75, abs=1e-6)
    assert found.lowest_temperature == pytest.approx(3.0, rel=1e-3)


def test_lanczos_and_dense_agree(monkeypatch):
    bonds = read_network(DIGITS, 3.0).bonds
    iterative = instability(bonds, points=10)
    monkeypatch.setattr(critical, "LARGEST_DENSE", 1000)
    dense = instability(bonds, points=10)
    assert iterative.temperature == pytest.approx(dense.temperature, abs=1e-8)
    assert iterative.lowest == pytest.approx(dense.lowest, abs=1e-7)


def test_least_eigenvalue_is_that_of_the_matrix():
    bonds = random_bonds(LayeredCouplings.from_convention([20, 15, 10], "fan-in"), 0)
    stability = ParamagnetStability(bonds)
    for T in (0.4, 1.0, 3.0):
        assert stability.least_eigenvalue(T) == pytest.approx(direct(bonds, T), abs=1e-10)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="all are zero"):
        instability(LayeredBonds([np.zeros((3, 3))]))
    with pytest.raises(ValueError, match="points: got 3"):
        instability(LayeredBonds([np.ones((3, 3))]), points=3)
