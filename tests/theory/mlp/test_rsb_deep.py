"""Broken replica symmetry of networks with two and three hidden layers, on grids coarse enough for a quick test."""

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, solve_frsb, solve_krsb, solve_rs
from theory.mlp.rsb import breakpoint_slopes, free_entropy_at
from theory.mlp.rsb.search import resolution_for

TOLERANCE = 1e-3
BETA = 4.0
STEP = 1e-3
MODELS = {
    2: MlpModel(activations.get("sin"), (1.0, 0.8, 1.2), 2.0),
    3: MlpModel(activations.get("sin"), (1.0, 1.0, 1.0, 1.0), 2.0),
}


@pytest.fixture(scope="module", params=[2, 3], ids=["depth 2", "depth 3"])
def solved(request):
    model = MODELS[request.param]
    return model, solve_krsb(model, BETA, 1, tolerance=TOLERANCE)


def shift(name, where):
    """What moves one order parameter."""

    def move(q, by):
        getattr(q, name)[where] += by

    return move


def shift_top(q, by):
    """At the top all conjugates are one: increments of r are zero and cannot shrink."""
    q.r[-1] += by
    q.r_d[-1] += by


def slopes(model, p, moves):
    """Central differences of Phi for moves (what, unit): overlaps move in units of v, conjugates in units of 1/v."""
    values = []
    for move, unit in moves:
        pair = []
        for sign in (STEP, -STEP):
            q = p.copy()
            move(q, sign * unit)
            pair.append(free_entropy_at(model, BETA, q, resolution=resolution_for(TOLERANCE)))
        values.append((pair[0] - pair[1]) / (2.0 * STEP))
    return np.array(values)


def all_moves(p):
    """One move for every order parameter of every layer, and the breakpoint."""
    layers = range(p.k_d.size)
    return [
        *((shift("k", (layer, i)), p.v[layer]) for layer in layers for i in range(2)),
        *((shift("k_d", layer), p.v[layer]) for layer in layers),
        *((shift("r", (layer, i)), 1.0 / p.v[layer]) for layer in layers[1:-1] for i in range(2)),
        *((shift("r_d", layer), 1.0 / p.v[layer]) for layer in layers[1:]),
        (shift_top, 1.0 / p.v[-1]),
        (shift("x", 0), 1.0),
    ]


def test_one_step_is_broken_and_lowers_phi(solved):
    model, solution = solved
    rs = solve_rs(model, BETA, tolerance=1e-6)
    assert rs.replicon > 1.5
    assert solution.breakpoints.size == 1
    assert solution.free_entropy < rs.free_entropy - 1e-3
    assert solution.replicon < rs.replicon
    assert np.all(np.diff(solution.parameters.k, axis=1) > 1e-3)
    assert solution.status.error_estimate < TOLERANCE


def test_the_free_entropy_is_stationary_in_every_order_parameter(solved):
    """And is not where one of them, an overlap, a conjugate or a breakpoint, is off by 3 %."""
    model, solution = solved
    p = solution.parameters
    assert np.abs(slopes(model, p, all_moves(p))).max() < 1e-4
    for (name, where), seen in ((("k", (1, 1)), ("r", (1, 1))), (("r", (1, 0)), ("k", (1, 0)))):
        wrong = p.copy()
        getattr(wrong, name)[where] *= 1.03
        unit = p.v[1] if seen[0] == "k" else 1.0 / p.v[1]
        assert np.abs(slopes(model, wrong, [(shift(*seen), unit)])).max() > 1e-3
    at = breakpoint_slopes(model, BETA, p, resolution=resolution_for(TOLERANCE))
    off = breakpoint_slopes(model, BETA, p.at(p.x * 1.03), resolution=resolution_for(TOLERANCE))
    assert abs(off[0]) > 10 * abs(at[0])


def test_the_energy_is_the_derivative_of_the_free_entropy(solved):
    model, solution = solved
    low, high = (
        solve_krsb(model, beta, 1, tolerance=TOLERANCE, start=solution.parameters).free_entropy
        for beta in (BETA - 0.02, BETA + 0.02)
    )
    assert (high - low) / 0.04 == pytest.approx(-solution.energy, abs=1e-5)
    # Replica symmetry's energy, which is the derivative of another free entropy, is told apart.
    assert abs((high - low) / 0.04 + solve_rs(model, BETA, tolerance=1e-6).energy) > 1e-3


@pytest.mark.parametrize(("name", "solver"), [("tanh", solve_krsb), ("tanh", solve_frsb), ("sin", solve_krsb)])
def test_where_replica_symmetry_is_stable_every_ansatz_returns_it(name, solver):
    model = MlpModel(activations.get(name), (1.0, 1.0, 1.0))
    rs, solution = solve_rs(model, 2.0), solver(model, 2.0)
    assert rs.replicon < 1.0
    assert solution.breakpoints.size == 0
    assert solution.free_entropy == pytest.approx(rs.free_entropy, abs=1e-6)
    assert solution.energy == pytest.approx(rs.energy, abs=1e-6)
    for broken, symmetric in zip(solution.overlaps, rs.overlaps, strict=True):
        assert broken.mean == pytest.approx(symmetric.mean, abs=1e-6)
