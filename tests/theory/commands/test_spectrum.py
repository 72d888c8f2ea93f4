"""Tails of spectra, and ``python -m theory spectrum``."""

import json
from pathlib import Path

import numpy as np
import pytest

from theory.__main__ import main
from theory.spectrum import RandomSpectrum, eigenvalues, fit_tail, outliers
from theory.weights import read_network

DIGITS = Path(__file__).parents[3] / "mcsim/networks/data/digits_relu.h5"


def run(capsys, *options):
    """Return exit code, standard output and standard error of the command in this process."""
    try:
        code = main(["spectrum", *(str(option) for option in options)])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_power_law_is_recovered_with_its_beginning_and_error():
    rng = np.random.default_rng(0)
    exponents, errors = [], []
    for _ in range(12):
        values = np.concatenate([rng.uniform(0.1, 1.0, 300), rng.random(400) ** (-1 / 1.5)])
        fit = fit_tail(values, samples=0)
        exponents.append(fit.exponent)
        errors.append(fit.error)
        assert 0.8 < fit.smallest < 3
        assert fit.largest == values.max()
    assert np.mean(exponents) == pytest.approx(2.5, abs=0.1)
    assert np.std(exponents) == pytest.approx(np.mean(errors), rel=0.8)


def test_the_p_value_accepts_a_power_law_and_rules_out_others():
    rng = np.random.default_rng(1)
    accepted = fit_tail(rng.random(300) ** (-1 / 1.5), samples=40)
    assert accepted.p_value > 0.1
    refused = fit_tail(np.abs(rng.normal(3.0, 0.5, 600)), samples=40)
    assert refused.p_value < 0.1 or refused.points < 120


@pytest.mark.parametrize("values", [np.ones(5), np.linspace(0, 1, 50), np.full(30, np.nan)])
def test_values_without_a_tail_are_refused(values):
    with pytest.raises(ValueError, match="give at least 20, positive and finite"):
        fit_tail(values)


def test_json_says_what_the_functions_do(capsys):
    code, out, err = run(capsys, DIGITS, "--epoch", "3", "--tail-samples", "10", "--json")
    printed = json.loads(out)
    assert (code, err) == (0, "")
    spectrum = RandomSpectrum(read_network(DIGITS, 0.0).bonds.variances())
    values = eigenvalues(read_network(DIGITS, 3.0).bonds)
    assert printed["edge"] == pytest.approx(spectrum.edge, rel=1e-12)
    assert printed["largest"] == pytest.approx(values[-1])
    assert printed["outliers"] == outliers(values, spectrum).count == 7
    assert printed["outlier_values"] == pytest.approx(values[values > spectrum.edge + printed["allowance"]][::-1])
    assert printed["tail"]["points"] >= 10
    assert printed["wasserstein"] > 0.1


def test_training_adds_outliers_and_distance(capsys):
    code, out, _ = run(capsys, DIGITS, "--epoch", "0,1,100", "--tail-samples", "0", "--json")
    records = json.loads(out)
    assert code == 0
    counts = [record["outliers"] for record in records]
    distances = [record["wasserstein"] for record in records]
    assert counts[0] == 0 < counts[1] < counts[2]
    assert distances[0] < 0.02 < distances[1] < distances[2]
    assert all(record["tail"]["p_value"] is None for record in records)


def test_the_picture_and_the_text(capsys, tmp_path):
    picture = tmp_path / "spectrum.png"
    code, out, _ = run(capsys, DIGITS, "--epoch", "3", "--reference", "own", "--tail-samples", "5", "--png", picture)
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    for words in ("largest eigenvalue", "edge of random couplings", "beyond it", "W_1", "exponent", str(picture)):
        assert words in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epoch", "0,3", "--png", "a.png"], "--png: got 2 epochs"),
        (["--epoch", "3", "--png", "absent/a.png"], "--png: got 'absent/a.png'"),
        (["--epoch", "3", "--png", "a.txt"], ".png"),
        (["--reference", "mine"], "choose from"),
        (["--tail-samples", "-1"], "--tail-samples: got '-1'"),
        (["--epoch", "x"], "--epoch: got 'x'"),
    ],
)
def test_bad_options_are_one_line(capsys, options, words):
    code, out, err = run(capsys, DIGITS, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
