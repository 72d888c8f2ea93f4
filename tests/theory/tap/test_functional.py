"""The TAP free energy: its derivatives, exact small systems, and the order of its error."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq

from theory.bonds import DenseBonds, LayeredBonds
from theory.tap import functional as tap
from theory.tap import solve_tap


def small_network(seed=3, fields=True):
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((3, 4)) / 2, rng.standard_normal((4, 2)) / 2]
    return LayeredBonds(weights, 0.4 * rng.standard_normal(9) if fields else None)


def log_partition(bonds, beta):
    """Enumerate every state: log Z."""
    spins = np.array(list(itertools.product((-1.0, 1.0), repeat=bonds.spins))).T
    weights = beta * ((spins * bonds.apply(spins)).sum(axis=0) / 2 + bonds.fields @ spins)
    return np.logaddexp.reduce(weights)


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def by_differences(function, point, step=1e-6):
    columns = [
        (function(point + step * unit) - function(point - step * unit)) / (2 * step) for unit in np.eye(len(point))
    ]
    return np.array(columns).T


def free_energy_of(bonds, beta, m):
    return beta * bonds.spins * tap.free_energy(bonds, beta, np.arctanh(m))


def test_the_equations_are_the_gradient_of_the_free_energy():
    bonds, beta = small_network(), 0.8
    m = np.random.default_rng(1).uniform(-0.8, 0.8, bonds.spins)
    u = np.arctanh(m)
    gradient = by_differences(lambda at: free_energy_of(bonds, beta, at), m)
    assert gradient == pytest.approx(u - tap.target(bonds, beta, u), abs=1e-8)
    # Known wrong: with half the reaction term they are not.
    halved = beta * (bonds.fields + bonds.apply(m) - beta / 2 * m * bonds.apply_squares(1 - m**2))
    assert np.abs(gradient - (u - halved)).max() > 1e-2


def test_the_hessian_is_the_jacobian_of_the_gradient():
    bonds, beta = small_network(), 0.8
    m = np.random.default_rng(2).uniform(-0.8, 0.8, bonds.spins)

    def gradient(at):
        return np.arctanh(at) - tap.target(bonds, beta, np.arctanh(at))

    hessian = tap.dense_hessian(bonds, beta, np.arctanh(m))
    assert by_differences(gradient, m) == pytest.approx(hessian, abs=1e-7)
    # Its scaled form, as products.
    root = np.sqrt(1 - m**2)
    scaled = tap.scaled_hessian(bonds, beta, np.arctanh(m)[:, None], np.eye(bonds.spins))
    assert scaled == pytest.approx(root[:, None] * hessian * root, abs=1e-12)
    # Known wrong: without the change of the reaction term with m.
    simple = hessian + 2 * beta**2 * np.outer(m, m) * bonds.dense() ** 2
    assert np.abs(by_differences(gradient, m) - simple).max() > 1e-2


def test_at_a_solution_free_energy_energy_and_entropy_agree():
    bonds, T = small_network(), 0.9
    start = np.random.default_rng(0).uniform(-1, 1, bonds.spins)
    solution = solve_tap(bonds, T, start)
    gradient = by_differences(lambda at: free_energy_of(bonds, 1 / T, at), solution.magnetisations)
    assert np.abs(gradient).max() < 1e-8
    assert solution.entropy == pytest.approx((solution.energy - solution.free_energy) / T, abs=1e-12)
    # The energy is d(beta f)/d beta along the branch, followed from the solution itself.
    step = 1e-4
    up, down = (solve_tap(bonds, 1 / (1 / T + h), solution.magnetisations) for h in (step, -step))
    along = ((1 / T + step) * up.free_energy - (1 / T - step) * down.free_energy) / (2 * step)
    assert solution.energy == pytest.approx(along, abs=1e-8)
    # Known wrong: the energy of independent spins, without the reaction term.
    m = solution.magnetisations
    naive = -(m @ bonds.apply(m) / 2 + bonds.fields @ m) / bonds.spins
    assert abs(naive - along) > 1e-2


def test_hessian_of_frozen_spins_keeps_its_least_eigenvalue():
    bonds = small_network()
    u = np.array([300.0, 20.0, 20.0, 20.0, 0.3, 0.2, 20.0, 20.0, 0.1])
    soft = [4, 5, 8]
    hessian = tap.dense_hessian(bonds, 1.0, u)
    assert np.linalg.eigvalsh(hessian)[0] == pytest.approx(np.linalg.eigvalsh(hessian[np.ix_(soft, soft)])[0], abs=1e-6)


@pytest.mark.parametrize("network", ["pair", "tree", "loops"])
def test_without_fields_the_error_of_beta_f_is_of_fourth_order(network):
    # Plefka's expansion at m = 0: the third order vanishes, the fourth of a pair is log cosh x = x^2/2 - x^4/12.
    rng = np.random.default_rng(4)
    tree = np.zeros((2, 4))
    tree[0, :2], tree[1, 2:] = rng.standard_normal(2), rng.standard_normal(2)
    weights = {
        "pair": [[[0.7]]],
        "tree": [rng.standard_normal((1, 2)), tree],
        "loops": [rng.standard_normal((4, 4)), rng.standard_normal((4, 3))],
    }[network]
    bonds = LayeredBonds(weights)
    betas = np.array([0.02, 0.03, 0.05])
    zero = np.zeros(bonds.spins)
    errors = np.array([abs(log_partition(bonds, b) + free_energy_of(bonds, b, zero)) for b in betas])
    assert slope(betas, errors) == pytest.approx(4, abs=0.1)
    if network == "pair":
        assert errors == pytest.approx((0.7 * betas) ** 4 / 12, rel=1e-2)
    # Known wrong: mean field without the reaction term is wrong at second order.
    naive = np.array([log_partition(bonds, b) - bonds.spins * math.log(2) for b in betas])
    assert slope(betas, naive) == pytest.approx(2, abs=0.1)


def test_in_fields_the_error_of_beta_f_is_plefkas_third_order():
    # With beta b fixed, so that m stays of order one: (2/3) beta^3 sum_bonds J^3 m(1 - m^2) m'(1 - m'^2).
    rng = np.random.default_rng(5)
    weights, reduced = rng.standard_normal((1, 5)), rng.uniform(0.4, 1.0, 6)
    betas, errors, predicted = np.array([0.01, 0.02, 0.04]), [], []
    for beta in betas:
        bonds = LayeredBonds([weights], reduced / beta)
        solution = solve_tap(bonds, 1 / beta, np.tanh(reduced))
        errors.append(log_partition(bonds, beta) + beta * bonds.spins * solution.free_energy)
        m = solution.magnetisations
        third = m * (1 - m**2)
        predicted.append(2 / 3 * beta**3 * third[0] * (weights[0] ** 3 @ third[1:]))
    assert slope(betas, np.abs(errors)) == pytest.approx(3, abs=0.1)
    assert errors[0] == pytest.approx(predicted[0], rel=0.05)


def curie_weiss(T, field, onsager):
    """Root of m = tanh beta(b + m - beta m (1 - m^2)/N); onsager is 1/N."""
    return brentq(lambda m: m - math.tanh((field + m - onsager / T * m * (1 - m * m)) / T), 1e-3, 1, xtol=1e-15)


def test_layered_ferromagnet_is_curie_weiss_with_its_reaction_term():
    T, field, deviations = 0.6, 0.05, []
    for n in (20, 40, 80):
        bonds = LayeredBonds([np.full((n, n), 1 / n)], np.full(2 * n, field))
        solution = solve_tap(bonds, T, np.full(2 * n, 0.9))
        assert solution.magnetisations == pytest.approx(curie_weiss(T, field, 1 / n), abs=1e-10)
        deviations.append(abs(solution.magnetisations[0] - curie_weiss(T, field, 0.0)))
    # Known wrong at finite N, and right in the limit: Curie and Weiss without the reaction term, as 1/N.
    assert deviations[0] > 1e-3
    assert slope(np.array([20, 40, 80]), deviations) == pytest.approx(-1, abs=0.05)


def test_dense_ferromagnet_takes_the_same_path():
    N, T = 40, 0.7
    bonds = DenseBonds.from_matrix((1 - np.eye(N)) / N)
    m = solve_tap(bonds, T, np.full(N, 0.9)).magnetisations
    scalar = brentq(lambda m: m - math.tanh((N - 1) / N / T * m * (1 - (1 - m * m) / (N * T))), 1e-3, 1, xtol=1e-15)
    assert m == pytest.approx(scalar, abs=1e-10)
