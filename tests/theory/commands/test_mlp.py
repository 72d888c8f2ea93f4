"""``python -m theory mlp``: what it prints and how it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest

from theory import activations
from theory.__main__ import main
from theory.mlp import MlpModel, solve_rs

KEYS = {"free_entropy", "energy", "entropy", "overlaps", "replicon", "converged", "error_estimate"}


def run(capsys, *options):
    """Return exit code, standard output and standard error of the command in this process."""
    try:
        code = main(["mlp", *options])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_documented_example_prints_json():
    network = ["--activation", "tanh", "--depth", "2", "--beta", "4", "--weight-variance", "1"]
    options = ["--width-ratios", "1,1,1", "--prior", "gaussian", "--ansatz", "rs", "--json"]
    command = [sys.executable, "-m", "theory", "mlp", *network, *options]
    printed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert printed.keys() >= KEYS
    solution = solve_rs(MlpModel(activations.get("tanh"), (1.0, 1.0, 1.0)), 4.0)
    # JSON keeps every digit, so nothing may differ.
    for name in ("free_entropy", "energy", "entropy", "replicon"):
        assert printed[name] == getattr(solution, name)
    assert printed["overlaps"] == [{"self": o.self_overlap, "mean": o.mean} for o in solution.overlaps]
    assert printed["converged"] is True
    assert 0 < printed["error_estimate"] == solution.status.error_estimate < 1e-8


def test_the_linear_network_gives_the_numbers_of_its_closed_form(capsys):
    code, out, err = run(capsys, "--activation", "linear", "--depth", "3", "--beta", "2", "--json")
    printed = json.loads(out)
    assert (code, err) == (0, "")
    assert printed["free_entropy"] == pytest.approx(2.0, abs=1e-8)
    assert printed["energy"] == pytest.approx(-2.0, abs=1e-8)
    assert printed["entropy"] == pytest.approx(-2.0, abs=1e-8)
    assert [layer["mean"] for layer in printed["overlaps"]] == pytest.approx([4.0, 8.0, 12.0, 16.0], abs=1e-7)
    assert [layer["self"] for layer in printed["overlaps"]] == pytest.approx([5.0, 9.0, 13.0, 17.0], abs=1e-7)


def test_every_option_reaches_the_solver(capsys):
    options = ["--activation", "shaped-relu", "--shape", "0.4", "--width-ratios", "1,0.5,2", "--weight-variance", "1.3"]
    options += ["--bias-variance", "0.2", "--prior", "sphere", "--beta", "1.5", "--tolerance", "1e-6", "--json"]
    code, out, _ = run(capsys, *options)
    activation = activations.get("shaped-relu", depth=2, shape=0.4)
    solution = solve_rs(MlpModel(activation, (1.0, 0.5, 2.0), 1.3, 0.2, "sphere"), 1.5, tolerance=1e-6)
    printed = json.loads(out)
    assert code == 0
    assert printed["free_entropy"] == solution.free_entropy
    assert (printed["depth"], printed["shape"], printed["prior"]) == (2, 0.4, "sphere")
    assert printed["width_ratios"] == [1.0, 0.5, 2.0]


def test_betas_give_the_curve_of_entropy_over_energy_in_json_and_a_table_in_text(capsys):
    network = ["--activation", "tanh", "--betas", "0:3:4"]
    code, out, _ = run(capsys, *network, "--json")
    records = json.loads(out)
    assert code == 0
    assert [record["beta"] for record in records] == [0.0, 1.0, 2.0, 3.0]
    assert all(record.keys() >= KEYS for record in records)
    energy, entropy = (np.array([record[name] for record in records]) for name in ("energy", "entropy"))
    np.testing.assert_allclose(np.diff(entropy) / np.diff(energy), [0.5, 1.5, 2.5], atol=0.2)  # ds/de = beta
    code, out, _ = run(capsys, *network)
    header, *rows = out.splitlines()[2:-1]
    assert code == 0
    names = ["beta", "free_entropy", "energy", "entropy", "replicon"]
    assert header.split() == [*names, "self_0", "mean_0", "self_1", "mean_1"]
    for row, record in zip(rows, records, strict=True):
        overlaps = [layer[kind] for layer in record["overlaps"] for kind in ("self", "mean")]
        expected = [record[name] for name in names] + overlaps
        assert [float(value) for value in row.split()] == pytest.approx(expected, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(("beta", "verdict"), [("3", "(stable)"), ("4", "unstable: replica symmetry is broken")])
def test_text_output_says_what_it_shows(capsys, beta, verdict):
    code, out, err = run(capsys, "--activation", "sin", "--beta", beta)
    assert (code, err) == (0, "")
    for label in ("beta ", "free entropy", "energy", "entropy", "replicon", "overlaps", "error estimate"):
        assert label in out
    assert verdict in out


def test_help_shows_an_example(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "mlp --activation tanh --depth 2 --beta 4" in out


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--activation", "swish"),
        ("--activation", ""),
        ("--depth", "0"),
        ("--depth", "-2"),
        ("--depth", "1.5"),
        ("--depth", "two"),
        ("--depth", "1" + "0" * 400),
        ("--beta", "-1"),
        ("--beta", "-1e-3"),
        ("--beta", "nan"),
        ("--beta", "inf"),
        ("--beta", "-inf"),
        ("--beta", "cold"),
        ("--beta", "1e9"),
        ("--betas", "1:2"),
        ("--betas", "-1:2:5"),
        ("--betas", "2:1:5"),
        ("--betas", "1:2:1"),
        ("--betas", "1:2:0.5"),
        ("--betas", "1:nan:5"),
        ("--betas", "1:inf:5"),
        ("--betas", "1:2:5:7"),
        ("--betas", "1:2:99999999999999999999"),
        ("--weight-variance", "0"),
        ("--weight-variance", "-1"),
        ("--weight-variance", "nan"),
        ("--weight-variance", "1e300"),
        ("--bias-variance", "-0.1"),
        ("--width-ratios", "1"),
        ("--width-ratios", "1,0"),
        ("--width-ratios", "1,-2"),
        ("--width-ratios", "-1,2"),
        ("--width-ratios", "1,,2"),
        ("--width-ratios", "1,wide"),
        ("--width-ratios", "1,1e300"),
        ("--shape", "0"),
        ("--shape", "round"),
        ("--prior", "cube"),
        ("--ansatz", "2rsb"),
        ("--steps", "0"),
        ("--steps", "13"),
        ("--steps", "few"),
        ("--tolerance", "0"),
        ("--tolerance", "1e-25"),
        ("--tolerance", "nan"),
    ],
)
def test_bad_input_is_one_line_that_names_option_and_value(capsys, option, value):
    options = {"--activation": "tanh", "--beta": "1"}
    if option == "--betas":
        del options["--beta"]
    options[option] = value
    code, out, err = run(capsys, *(word for pair in options.items() for word in pair))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert option.lstrip("-") in err
    assert value in err
    assert "give" in err or "choose from" in err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--beta", "1"], "--activation"),
        (["--activation", "tanh"], "--beta"),
        (["--activation", "tanh", "--beta", "1", "--betas", "1:2:3"], "not allowed with"),
        (["--activation", "tanh", "--beta"], "--beta: expected one argument"),
        (["--activation", "tanh", "--beta", "1", "--spin", "2"], "--spin"),
        (
            ["--activation", "tanh", "--beta", "1", "--depth", "3", "--width-ratios", "1,1"],
            "--width-ratios: got 2 numbers with --depth 3; give 4",
        ),
        (["--activation", "tanh", "--beta", "1", "--shape", "0.5"], "--shape: tanh has none"),
    ],
)
def test_missing_or_contradictory_options_are_one_line(capsys, options, named):
    code, out, err = run(capsys, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert named in err


def test_where_the_solver_fails_the_exit_code_is_3_and_one_line_says_what_was_reached(capsys):
    code, out, err = run(capsys, "--activation", "linear", "--depth", "2", "--beta", "10000")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "not converged: beta 10000, weight variance 1: the integral over z is not resolved by 5000 panels" in err
    assert "0 sweeps done" in err


def test_a_tolerance_beyond_double_precision_exits_with_3(capsys):
    code, out, err = run(capsys, "--activation", "linear", "--beta", "20", "--tolerance", "1e-11")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "tolerance 1.0e-11" in err
    assert "energy -20" in err
    assert "estimated error" in err
