"""``python -m theory mlp``: what it prints and how it refuses."""

import json

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, solve_rs

KEYS = {"free_entropy", "energy", "entropy", "overlaps", "replicon", "converged", "error_estimate"}


def test_the_documented_example_prints_json(run):
    network = ["--activation", "tanh", "--depth", "2", "--beta", "4", "--weight-variance", "1"]
    options = ["--width-ratios", "1,1,1", "--prior", "gaussian", "--ansatz", "rs", "--json"]
    printed = json.loads(run("mlp", *network, *options)[1])
    assert printed.keys() >= KEYS
    solution = solve_rs(MlpModel(activations.get("tanh"), (1.0, 1.0, 1.0)), 4.0)
    # JSON keeps every digit, so nothing may differ.
    for name in ("free_entropy", "energy", "entropy", "replicon"):
        assert printed[name] == getattr(solution, name)
    assert printed["overlaps"] == [{"self": o.self_overlap, "mean": o.mean} for o in solution.overlaps]
    assert printed["converged"] is True
    assert 0 < printed["error_estimate"] == solution.status.error_estimate < 1e-8


def test_the_linear_network_gives_the_numbers_of_its_closed_form(run):
    code, out, err = run("mlp", "--activation", "linear", "--depth", "3", "--beta", "2", "--json")
    printed = json.loads(out)
    assert (code, err) == (0, "")
    assert printed["free_entropy"] == pytest.approx(2.0, abs=1e-8)
    assert printed["energy"] == pytest.approx(-2.0, abs=1e-8)
    assert printed["entropy"] == pytest.approx(-2.0, abs=1e-8)
    assert [layer["mean"] for layer in printed["overlaps"]] == pytest.approx([4.0, 8.0, 12.0, 16.0], abs=1e-7)
    assert [layer["self"] for layer in printed["overlaps"]] == pytest.approx([5.0, 9.0, 13.0, 17.0], abs=1e-7)


def test_every_option_reaches_the_solver(run):
    options = ["--activation", "shaped-relu", "--shape", "0.4", "--width-ratios", "1,0.5,2", "--weight-variance", "1.3"]
    options += ["--bias-variance", "0.2", "--prior", "sphere", "--beta", "1.5", "--tolerance", "1e-6", "--json"]
    code, out, _ = run("mlp", *options)
    activation = activations.get("shaped-relu", depth=2, shape=0.4)
    solution = solve_rs(MlpModel(activation, (1.0, 0.5, 2.0), 1.3, 0.2, "sphere"), 1.5, tolerance=1e-6)
    printed = json.loads(out)
    assert code == 0
    assert printed["free_entropy"] == solution.free_entropy
    assert (printed["depth"], printed["shape"], printed["prior"]) == (2, 0.4, "sphere")
    assert printed["width_ratios"] == [1.0, 0.5, 2.0]


def test_betas_give_the_curve_of_entropy_over_energy_in_json_and_a_table_in_text(run):
    network = ["--activation", "tanh", "--betas", "0:3:4"]
    code, out, _ = run("mlp", *network, "--json")
    records = json.loads(out)
    assert code == 0
    assert [record["beta"] for record in records] == [0.0, 1.0, 2.0, 3.0]
    assert all(record.keys() >= KEYS for record in records)
    energy, entropy = (np.array([record[name] for record in records]) for name in ("energy", "entropy"))
    np.testing.assert_allclose(np.diff(entropy) / np.diff(energy), [0.5, 1.5, 2.5], atol=0.2)  # ds/de = beta
    code, out, _ = run("mlp", *network)
    header, *rows = out.splitlines()[2:-1]
    assert code == 0
    names = ["beta", "free_entropy", "energy", "entropy", "replicon"]
    assert header.split() == [*names, "self_0", "mean_0", "self_1", "mean_1"]
    for row, record in zip(rows, records, strict=True):
        overlaps = [layer[kind] for layer in record["overlaps"] for kind in ("self", "mean")]
        expected = [record[name] for name in names] + overlaps
        assert [float(value) for value in row.split()] == pytest.approx(expected, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(("beta", "verdict"), [("3", "(stable)"), ("4", "unstable: replica symmetry is broken")])
def test_text_output_says_what_it_shows(run, beta, verdict):
    code, out, err = run("mlp", "--activation", "sin", "--beta", beta)
    assert (code, err) == (0, "")
    for label in ("beta ", "free entropy", "energy", "entropy", "replicon", "overlaps", "error estimate"):
        assert label in out
    assert verdict in out


def test_help_shows_an_example(run):
    code, out, _ = run("mlp", "--help")
    assert code == 0
    assert "mlp --activation tanh --depth 2 --beta 4" in out


def test_where_the_solver_fails_the_exit_code_is_3_and_one_line_says_what_was_reached(run):
    code, out, err = run("mlp", "--activation", "linear", "--depth", "2", "--beta", "10000")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "not converged: beta 10000, weight variance 1: the integral over z is not resolved by 5000 panels" in err
    assert "0 sweeps done" in err


def test_a_tolerance_beyond_double_precision_exits_with_3(run):
    code, out, err = run("mlp", "--activation", "linear", "--beta", "20", "--tolerance", "1e-11")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "tolerance 1.0e-11" in err
    assert "energy -20" in err
    assert "estimated error" in err


def test_json_of_a_broken_solution_holds_the_overlap_function(run):
    code, out, err = run("mlp", "--activation", "sin", "--beta", "4", "--ansatz", "krsb", "--steps", "2", "--json")
    printed = json.loads(out)
    assert (code, err) == (0, "")
    function = printed["overlap_function"]
    assert len(function["x"]) == 2
    assert [len(layer) for layer in function["k"]] == [3, 3]
    means = np.array(function["k"]) @ function["weights"]
    np.testing.assert_allclose([layer["mean"] for layer in printed["overlaps"]], means)
    assert printed["energy"] == pytest.approx(-4.0 * (printed["overlaps"][1]["self"] - means[1]))
    assert printed["classification"] == "undecided"
    assert printed["ansatz"] == "krsb"


def test_text_of_a_broken_solution_lists_its_plateaus(run):
    code, out, _ = run("mlp", "--activation", "sin", "--beta", "4", "--ansatz", "krsb")
    assert code == 0
    assert "breaks further" in out
    assert "classification   undecided" in out
    assert len(out[out.index("plateaus") :].splitlines()) == 3


def test_a_shape_given_by_the_user_reaches_the_broken_solvers(run):
    options = ["mlp", "--activation", "shaped-tanh", "--shape", "0.7", "--beta", "2", "--json"]
    answers = []
    for more in (["--ansatz", "rs"], ["--ansatz", "krsb"]):
        code, out, _ = run(*options, *more)
        assert code == 0
        answers.append(json.loads(out))
    assert answers[0]["shape"] == answers[1]["shape"] == 0.7
    assert answers[1]["free_entropy"] == pytest.approx(answers[0]["free_entropy"], abs=1e-6)
    other = solve_rs(MlpModel(activations.get("shaped-tanh", shape=1.4), (1.0, 1.0)), 2.0)
    assert abs(other.free_entropy - answers[0]["free_entropy"]) > 1e-2
