"""``python -m theory phase-map``: the map, its files and how it refuses."""

import json

import matplotlib.image
import numpy as np
import pytest

from theory import activations
from theory.commands.phase_picture import draw
from theory.mlp import MlpModel, PhaseMap, critical_beta, phase_map, solve_rs
from theory.mlp.phases.column import Column, OneStep
from theory.mlp.rsb.discontinuous import JumpLines

SIN = MlpModel(activations.get("sin"), (1.0, 1.0))


def test_json_and_picture_are_written_and_hold_the_replicon(run, tmp_path):
    grid = ["--betas", "2:5:3", "--weight-variances", "0.5:1:2"]
    code, out, err = run("phase-map", "--activation", "sin", *grid, "--stability-only", "--out", str(tmp_path / "sin"))
    assert (code, err) == (0, "")
    assert "6 of 6 points solved" in out
    data = json.loads((tmp_path / "sin.json").read_text())
    assert data["betas"] == [2.0, 3.5, 5.0]
    assert data["weight_variances"] == [0.5, 1.0]
    assert data["replicon"][1][2] == pytest.approx(solve_rs(SIN, 5.0).replicon, rel=1e-4)
    assert data["replicon"][1][1] < 1 < data["replicon"][1][2]
    assert data["failures"] == []
    assert "phases" not in data
    # Interpolated between betas 3.5 and 5.
    crossing = next(point["beta"] for point in data["boundary"] if point["weight_variance"] == 1.0)
    assert crossing == pytest.approx(critical_beta(SIN), abs=0.05)
    picture = matplotlib.image.imread(tmp_path / "sin.png")
    assert min(picture.shape[:2]) > 500
    assert np.ptp(picture[..., :3], axis=2).max() == 0  # grey only: nothing is lost in print


def test_json_can_go_to_standard_output(run, tmp_path):
    options = [
        "--activation",
        "linear",
        "--betas",
        "1:2:2",
        "--weight-variances",
        "1:2:2",
        "--stability-only",
        "--json",
    ]
    code, out, _ = run("phase-map", *options, "--out", str(tmp_path / "linear"))
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "linear.json").read_text())
    assert np.max(json.loads(out)["replicon"]) < 1e-20
    assert json.loads(out)["boundary"] == []


def test_points_that_do_not_converge_are_null_and_the_others_stay():
    result = phase_map(MlpModel(activations.get("linear"), (1.0, 1.0)), [1.0, 1e4], [1.0], breaking=False)
    assert np.isfinite(result.replicon[0, 0])
    assert np.isnan(result.replicon[0, 1])
    ((c_w, beta, reason),) = result.failures
    assert (c_w, beta) == (1.0, 1e4)
    assert "5000 panels" in reason


def test_phases_are_told_apart_unless_only_stability_is_asked_for(run, tmp_path):
    grid = ["--betas", "1:2:2", "--weight-variances", "1:1.2:2", "--width-ratios", "1,1.5", "--tolerance", "1e-3"]
    code, out, err = run("phase-map", "--activation", "tanh", *grid, "--out", str(tmp_path / "tanh"))
    assert (code, err) == (0, "")
    data = json.loads((tmp_path / "tanh.json").read_text())
    assert data["width_ratios"] == [1.0, 1.5]
    assert data["phases"] == [["RS", "RS"], ["RS", "RS"]]
    assert [lines["onset"] for lines in data["lines"]] == ["none", "none"]
    assert data["scaling"] is None
    assert "breaking sets in: none" in out


def test_broken_phases_reach_the_file_and_the_summary(run, tmp_path, monkeypatch):
    one = OneStep(0.6, (1.01, 1.2), 1e-3)
    column = Column(None, JumpLines(3.0, 3.5, 0.6), "jump", ("RS", "full"), (None, one), ())
    canned = PhaseMap(np.array([2.0, 4.0]), np.array([1.0, 2.0]), np.full((2, 2), 0.5), (), (column, column))
    monkeypatch.setattr("theory.commands.phase_map.phase_map", lambda *_, **__: canned)
    grid = ["--betas", "2:4:2", "--weight-variances", "1:2:2"]
    code, out, _ = run("phase-map", "--activation", "sin", *grid, "--out", str(tmp_path / "sin"))
    assert code == 0
    data = json.loads((tmp_path / "sin.json").read_text())
    assert data["ansatz"] == "rs, krsb"
    assert data["phases"] == [["RS", "full"]] * 2
    assert data["one_step"][0] == [None, {"x": 0.6, "replicons": [1.01, 1.2], "error": 1e-3}]
    expected = {
        "weight_variance": 2.0,
        "onset": "jump",
        "continuous": None,
        "dynamical": 3.0,
        "static": 3.5,
        "gap": 0.6,
    }
    assert data["lines"][1] == expected
    assert "states exist from beta 3 and decide from 3.5, 60 % of k_d - k_0 apart" in out
    picture = matplotlib.image.imread(tmp_path / "sin.png")
    assert np.ptp(picture[..., :3], axis=2).max() == 0


def test_a_picture_of_phases_differs_where_they_do(tmp_path):
    betas, variances = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0])
    replicon = np.array([[0.1, 1.8, 3.0], [0.5, 0.7, 0.9]])

    def column(continuous, lines, onset, phases):
        return Column(continuous, JumpLines(*lines), onset, phases, (None,) * 3, ())

    def picture(phases):
        columns = (
            column(1.5, (1.5, 1.5, 0.0), "continuous", ("RS", "1RSB", "full")),
            column(None, (1.8, 2.5, 0.6), "jump", phases),
        )
        draw(PhaseMap(betas, variances, replicon, (), columns), "a title", tmp_path / "phases.png")
        return matplotlib.image.imread(tmp_path / "phases.png")

    names = ("1RSB", "full", "unknown")
    seen = [picture(("RS", "RS", name)) for name in names]
    assert np.ptp(seen[0][..., :3], axis=2).max() == 0
    # The cell of C_W = 2, beta = 3 lies near the upper right corner of the frame.
    cells = [image[image.shape[0] // 4 : image.shape[0] // 3, -150:-50, 0].mean() for image in seen]
    assert len({round(float(shade), 3) for shade in cells}) == 3


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


def test_a_place_that_cannot_be_written_is_one_line(run, tmp_path):
    (tmp_path / "map.json").mkdir()
    grid = ["--betas", "1:2:2", "--weight-variances", "1:2:2"]
    code, _, err = run("phase-map", "--activation", "linear", *grid, "--stability-only", "--out", str(tmp_path / "map"))
    assert code == 2
    assert err.count("\n") == 1
    assert "--out: cannot write" in err
