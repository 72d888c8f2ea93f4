"""``python -m theory mlp-depth``: what it prints and how it refuses."""

import json

import pytest

from theory.mlp import solve_depth_limit


def test_the_documented_example_prints_json(run):
    options = ["--activation", "shaped-tanh", "--shape", "1.0", "--tilt", "4.0", "--json"]
    printed = json.loads(run("mlp-depth", *options)[1])
    limit = solve_depth_limit("shaped-tanh", 1.0, 4.0, points=11)
    for name in ("scaled_free_entropy", "scaled_energy", "scaled_entropy", "replicon"):
        assert printed[name] == getattr(limit, name)
    assert printed["overlaps"][5] == {"t": 0.5, "self": limit.k_d[5], "mean": limit.k0[5]}
    assert printed["converged"] is True
    assert 0 < printed["error_estimate"] < 1e-9


def test_text_depths_and_the_critical_tilt(run):
    options = ["--activation", "shaped-tanh", "--shape", "0.5", "--tilt", "1", "--points", "3"]
    code, out, err = run("mlp-depth", *options, "--depths", "2,4")
    assert (code, err) == (0, "")
    for label in ("L free entropy", "sqrt(L) energy", "L entropy", "(stable)", "extrapolated", "L = 4", "infinite"):
        assert label in out
    code, out, _ = run("mlp-depth", *options, "--depths", "2,4", "--json")
    energy = json.loads(out)["convergence"]["quantities"]["energy"]
    assert energy["extrapolated"] == pytest.approx(energy["limit"], abs=3 * energy["extrapolation_error"])
    code, out, _ = run("mlp-depth", "--activation", "shaped-relu", "--shape", "2", "--tilt", "1", "--critical")
    assert code == 0
    assert "replicon = 1 at b = 0.23313" in out
    assert "unstable: replica symmetry is broken" in out


def test_nothing_to_compare_and_nothing_solved_are_one_line(run):
    code, _, err = run("mlp-depth", "--activation", "shaped-tanh", "--tilt", "0", "--depths", "2,4")
    assert (code, err.count("\n")) == (2, 1)
    assert "--depths" in err
    code, out, err = run("mlp-depth", "--activation", "shaped-relu", "--shape", "5", "--tilt", "1")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "not converged: shaped-relu, shape 5, b 1" in err


def test_help_shows_an_example(run):
    code, out, _ = run("mlp-depth", "--help")
    assert code == 0
    assert "mlp-depth --activation shaped-tanh --shape 1.0 --tilt 4.0 --json" in out
