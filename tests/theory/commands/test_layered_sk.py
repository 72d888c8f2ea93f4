"""``python -m theory layered-sk``: what it prints and how it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest

from theory.layered_sk import LayeredCouplings, critical_temperature, solve_frsb, solve_krsb, solve_rs

NETWORK = ["--widths", "784,400,400,400,10"]
KEYS = {
    "critical_temperature",
    "free_energy",
    "energy",
    "entropy",
    "overlaps",
    "replicon",
    "converged",
    "error_estimate",
}


def test_the_documented_example_prints_json():
    command = [sys.executable, "-m", "theory", "layered-sk", *NETWORK]
    options = ["--variance", "fan-in", "--temperature", "1.0", "--ansatz", "rs", "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    printed = json.loads(done.stdout)
    assert printed.keys() >= KEYS
    solution = solve_rs(LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in"), 1.0)
    # JSON keeps every digit, so nothing may differ.
    assert printed["free_energy"] == solution.free_energy
    assert printed["energy"] == solution.energy
    assert printed["entropy"] == solution.entropy
    assert tuple(printed["overlaps"]) == solution.overlaps
    assert printed["replicon"] == solution.replicon
    assert printed["critical_temperature"] == solution.critical_temperature
    assert printed["converged"] is True
    assert printed["error_estimate"] == solution.status.error_estimate


def test_variance_and_scale_reach_the_solver(run):
    options = ["--variance", "symmetric", "--scale", "2.5", "--temperature", "0.7", "--json"]
    code, out, err = run("layered-sk", *NETWORK, *options)
    assert (code, err) == (0, "")
    couplings = LayeredCouplings.from_convention([784, 400, 400, 400, 10], "symmetric", 2.5)
    assert json.loads(out)["free_energy"] == solve_rs(couplings, 0.7).free_energy
    assert json.loads(out)["critical_temperature"] == critical_temperature(couplings)


def test_temperatures_give_a_list_in_json_and_a_table_in_text(run):
    code, out, _ = run("layered-sk", *NETWORK, "--temperatures", "0.5:2:4", "--json")
    records = json.loads(out)
    assert code == 0
    assert [record["temperature"] for record in records] == [0.5, 1.0, 1.5, 2.0]
    assert all(record.keys() >= KEYS for record in records)
    code, out, _ = run("layered-sk", *NETWORK, "--temperatures", "0.5:2:4")
    header, *rows = out.splitlines()[2:-1]
    assert code == 0
    assert header.split()[:5] == ["temperature", "free_energy", "energy", "entropy", "replicon"]
    for row, record in zip(rows, records, strict=True):
        expected = [record[name] for name in header.split()[:5]] + record["overlaps"]
        assert [float(value) for value in row.split()] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("temperature", "verdict"), [("0.5", "unstable"), ("2", "(stable)")])
def test_text_output_says_what_it_shows(run, temperature, verdict):
    code, out, err = run("layered-sk", *NETWORK, "--temperature", temperature)
    assert (code, err) == (0, "")
    for label in ("critical temperature", "free energy per spin", "overlaps per layer", "error estimate"):
        assert label in out
    assert verdict in out


def test_text_output_at_the_critical_temperature_is_marginal(run):
    # Two equal layers with C = 4 have T_c = 2 exactly, where rounding must not decide on the verdict.
    code, out, _ = run("layered-sk", "--widths", "9,9", "--scale", "4", "--temperature", "2")
    assert code == 0
    assert "(marginal)" in out


def test_help_shows_an_example(run):
    code, out, _ = run("layered-sk", "--help")
    assert code == 0
    assert "layered-sk --widths 784,400,400,400,10 --variance fan-in" in out
    assert "--ansatz krsb --steps 2" in out
    assert "--ansatz frsb" in out


@pytest.mark.parametrize(
    ("options", "solver"),
    [
        (["--ansatz", "krsb", "--steps", "2"], lambda couplings, T: solve_krsb(couplings, T, steps=2)),
        (["--ansatz", "krsb"], solve_krsb),
        (
            ["--ansatz", "frsb", "--steps", "8", "--tolerance", "1e-4"],
            lambda couplings, T: solve_frsb(couplings, T, steps=8, tolerance=1e-4),
        ),
    ],
)
def test_broken_symmetry_in_json_is_what_the_solver_found(run, options, solver):
    code, out, err = run("layered-sk", *NETWORK, "--temperature", "0.6", "--json", *options)
    printed = json.loads(out)
    assert (code, err) == (0, "")
    solution = solver(LayeredCouplings.from_convention([784, 400, 400, 400, 10], "fan-in"), 0.6)
    assert printed.keys() >= KEYS | {"steps", "mean_overlaps", "overlap_function", "marginality", "replicon_per_level"}
    assert printed["ansatz"] == options[1]
    assert printed["free_energy"] == solution.free_energy
    assert printed["energy"] == solution.energy
    assert printed["overlap_function"]["x"] == [0.0, *solution.breakpoints]
    assert printed["overlap_function"]["q"] == solution.overlaps.T.tolist()
    assert printed["overlaps"] == solution.overlaps[-1].tolist()
    assert printed["mean_overlaps"] == solution.overlap_function.moments(1).tolist()
    assert printed["replicon"] == max(printed["replicon_per_level"])
    assert printed["steps"] == solution.steps
    assert len(printed["replicon_per_level"]) == solution.steps + 1
    # P(|q|) of every layer: atoms, whose weights and means are those of q(x).
    weight, atoms = np.array(printed["overlap_distribution"]["weight"]), np.array(printed["overlap_distribution"]["q"])
    assert atoms.shape == (5, solution.steps + 1)
    assert weight.sum() == pytest.approx(1, abs=1e-12)
    assert atoms @ weight == pytest.approx(printed["mean_overlaps"], abs=1e-12)


def test_json_of_full_breaking_holds_a_density_of_overlaps(run):
    options = [*NETWORK, "--json", "--ansatz", "frsb", "--tolerance", "1e-2"]
    printed = json.loads(run("layered-sk", *options, "--temperature", "0.6", "--steps", "8")[1])
    for layer, mean in zip(printed["overlap_density"], printed["mean_overlaps"], strict=True):
        q, density, atom = np.array(layer["q"]), np.array(layer["density"]), layer["atom"]
        assert np.trapezoid(density, q) + atom == pytest.approx(1, abs=1e-2)
        assert np.trapezoid(q * density, q) + atom * q[-1] == pytest.approx(mean, abs=1e-2)
        # Known-wrong partner: the atom left out, or the density.
        assert atom > 0.1
        assert np.trapezoid(density, q) > 0.1
    # Too few levels for a smooth curve, or none, have no density.
    assert json.loads(run("layered-sk", *options, "--temperature", "0.6", "--steps", "3")[1])["overlap_density"] is None
    assert json.loads(run("layered-sk", *options, "--temperature", "3")[1])["overlap_density"] is None


def test_variances_may_be_given_themselves(run):
    options = ["--widths", "784,256,10", "--variances", "0.002,0.05", "--temperature", "0.4"]
    code, out, err = run("layered-sk", *options, "--ansatz", "krsb", "--json")
    assert (code, err) == (0, "")
    printed = json.loads(out)
    couplings = LayeredCouplings.from_variances([784, 256, 10], [0.002, 0.05])
    assert printed["variances"] == [0.002, 0.05]
    assert printed["energy"] == solve_krsb(couplings, 0.4).energy
    assert "variances 0.002,0.05" in run("layered-sk", *options)[1]


def test_a_reader_that_leaves_early_sees_no_traceback():
    command = [sys.executable, "-m", "theory", "layered-sk", "--widths", "9,9", "--temperature", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        # What a shell reports for a program that SIGPIPE ends; the default of Python is a traceback and 1 or 120.
        assert process.wait() == 141


def test_text_output_of_broken_symmetry_shows_every_level(run):
    code, out, err = run("layered-sk", *NETWORK, "--temperature", "0.6", "--ansatz", "krsb", "--steps", "2")
    assert (code, err) == (0, "")
    assert "2 steps of replica symmetry breaking" in out
    levels = out.split("P(q)")[1].splitlines()[1:-1]
    assert len(levels) == 3
    assert sum(float(line.split()[0]) for line in levels) == pytest.approx(1, abs=1e-7)
    assert all(len(line.split()) == 6 for line in levels)


def test_a_table_of_broken_symmetry_goes_through_the_critical_temperature(run):
    code, out, err = run("layered-sk", *NETWORK, "--temperatures", "0.6:1.8:3", "--ansatz", "krsb")
    assert (code, err) == (0, "")
    rows = [[float(value) for value in row.split()] for row in out.splitlines()[3:-1]]
    assert [row[0] for row in rows] == [0.6, 1.2, 1.8]
    assert rows[0][5] > rows[1][5] > rows[2][5] == 0


def test_a_tolerance_beyond_double_precision_exits_with_3(run):
    code, out, err = run("layered-sk", *NETWORK, "--temperature", "0.5", "--tolerance", "1e-25")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "not converged" in err
    assert "error estimate" in err


def test_too_few_levels_for_the_tolerance_exit_with_3(run):
    options = ["--temperature", "0.6", "--ansatz", "frsb", "--steps", "4", "--tolerance", "1e-12"]
    code, out, err = run("layered-sk", *NETWORK, *options)
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "4 steps" in err
