"""Tails of spectra, and ``python -m theory spectrum``."""

import json

import pytest
from support import ROOT

from theory.spectrum import RandomSpectrum, eigenvalues, outliers, planted_eigenvalue
from theory.weights import read_network

DIGITS = ROOT / "mcsim/networks/data/digits_relu.h5"


def test_json_says_what_the_functions_do(run):
    code, out, err = run("spectrum", DIGITS, "--epoch", "3", "--tail-samples", "10", "--json")
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


def test_training_adds_outliers_and_distance(run):
    code, out, _ = run("spectrum", DIGITS, "--epoch", "0,1,100", "--tail-samples", "0", "--json")
    records = json.loads(out)
    assert code == 0
    counts = [record["outliers"] for record in records]
    distances = [record["wasserstein"] for record in records]
    assert counts[0] == 0 < counts[1] < counts[2]
    assert distances[0] < 0.02 < distances[1] < distances[2]
    assert all(record["tail"]["p_value"] is None for record in records)


def test_the_picture_and_the_text(run, tmp_path):
    picture = tmp_path / "spectrum.png"
    code, out, _ = run(
        "spectrum", DIGITS, "--epoch", "3", "--reference", "own", "--tail-samples", "5", "--png", picture
    )
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    for words in ("largest eigenvalue", "edge of random couplings", "beyond it", "W_1", "exponent", str(picture)):
        assert words in out


def test_a_planted_direction_is_placed_for_every_weight_matrix(run):
    options = ["--epoch", "0", "--tail-samples", "0", "--planted", "2.5"]
    printed = json.loads(run("spectrum", DIGITS, *options, "--json")[1])["planted"]
    spectrum = RandomSpectrum(read_network(DIGITS, 0.0).bonds.variances())
    assert printed["strength"] == 2.5
    assert printed["eigenvalues"] == [planted_eigenvalue(spectrum, 2.5, layer) for layer in (1, 2, 3, 4)]
    assert max(printed["eigenvalues"]) > spectrum.edge
    assert "eigenvalue at " in run("spectrum", DIGITS, *options)[1]
    assert "inside" in run("spectrum", DIGITS, *options[:-1], "0.01")[1]
