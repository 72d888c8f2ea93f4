"""``python -m theory phase-map``: the map, its files and how it refuses."""

import json

import matplotlib.image
import numpy as np
import pytest

from theory import activations
from theory.__main__ import main
from theory.mlp import MlpModel, PhaseMap, critical_beta, phase_map, solve_rs
from theory.mlp.phase_picture import draw

SIN = MlpModel(activations.get("sin"), (1.0, 1.0))


def run(capsys, *options):
    """Return exit code, standard output and standard error of the command in this process."""
    try:
        code = main(["phase-map", *options])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_json_and_picture_are_written_and_hold_the_replicon(capsys, tmp_path):
    grid = ["--betas", "2:5:3", "--weight-variances", "0.5:1:2"]
    code, out, err = run(capsys, "--activation", "sin", *grid, "--out", str(tmp_path / "sin"))
    assert (code, err) == (0, "")
    assert "6 of 6 points solved" in out
    data = json.loads((tmp_path / "sin.json").read_text())
    assert data["betas"] == [2.0, 3.5, 5.0]
    assert data["weight_variances"] == [0.5, 1.0]
    assert data["replicon"][1][2] == pytest.approx(solve_rs(SIN, 5.0).replicon, rel=1e-4)
    assert data["replicon"][1][1] < 1 < data["replicon"][1][2]
    assert data["failures"] == []
    # Interpolated between betas 3.5 and 5.
    crossing = next(point["beta"] for point in data["boundary"] if point["weight_variance"] == 1.0)
    assert crossing == pytest.approx(critical_beta(SIN), abs=0.05)
    picture = matplotlib.image.imread(tmp_path / "sin.png")
    assert min(picture.shape[:2]) > 500
    assert np.ptp(picture[..., :3], axis=2).max() == 0  # grey only: nothing is lost in print


def test_json_can_go_to_standard_output(capsys, tmp_path):
    options = ["--activation", "linear", "--betas", "1:2:2", "--weight-variances", "1:2:2", "--json"]
    code, out, _ = run(capsys, *options, "--out", str(tmp_path / "linear"))
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "linear.json").read_text())
    assert np.max(json.loads(out)["replicon"]) < 1e-20
    assert json.loads(out)["boundary"] == []


def test_points_that_do_not_converge_are_null_and_the_others_stay():
    result = phase_map(MlpModel(activations.get("linear"), (1.0, 1.0)), [1.0, 1e4], [1.0])
    assert np.isfinite(result.replicon[0, 0])
    assert np.isnan(result.replicon[0, 1])
    ((c_w, beta, reason),) = result.failures
    assert (c_w, beta) == (1.0, 1e4)
    assert "5000 panels" in reason


def test_a_picture_marks_failures_and_is_drawn_where_nothing_converged(tmp_path):
    betas, variances = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0])
    replicon = np.array([[0.1, 0.8, 3.0], [0.5, 2.0, 4.0]])

    def picture(values, failures):
        draw(PhaseMap(betas, variances, values, failures), "a title", tmp_path / "map.png")
        return matplotlib.image.imread(tmp_path / "map.png")

    whole = picture(replicon, ())
    gap = replicon.copy()
    gap[1, 1] = np.nan
    assert not np.array_equal(whole, picture(gap, ((2.0, 2.0, "reason"),)))
    nothing = tuple((c_w, beta, "reason") for c_w in variances for beta in betas)
    assert picture(np.full_like(replicon, np.nan), nothing).shape == whole.shape


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--activation", "swish"),
        ("--betas", "5:2:3"),
        ("--betas", "cold"),
        ("--weight-variances", "0:1:3"),
        ("--weight-variances", "-1:1:3"),
        ("--weight-variances", "1:2:1"),
        ("--tolerance", "2"),
        ("--out", "no-such-directory/map"),
    ],
)
def test_bad_input_is_one_line_that_names_option_and_value(capsys, option, value):
    options = {"--activation": "sin", "--betas": "1:2:2", "--weight-variances": "1:2:2", option: value}
    code, out, err = run(capsys, *(word for pair in options.items() for word in pair))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert option.lstrip("-") in err
    assert value in err
    assert "give" in err


def test_a_place_that_cannot_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "map.json").mkdir()
    grid = ["--betas", "1:2:2", "--weight-variances", "1:2:2"]
    code, _, err = run(capsys, "--activation", "linear", *grid, "--out", str(tmp_path / "map"))
    assert code == 2
    assert err.count("\n") == 1
    assert "--out: cannot write" in err
