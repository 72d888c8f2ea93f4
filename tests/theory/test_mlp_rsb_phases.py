"""Lines of broken replica symmetry, the phase map with them, and the command line."""

import json

import numpy as np
import pytest

from theory import activations
from theory.__main__ import main
from theory.mlp import MlpModel, critical_beta, phase_map
from theory.mlp.rsb.discontinuous import jump_lines, states_at_one

SIN = MlpModel(activations.get("sin"), (1.0, 1.0))
JUMPING = MlpModel(activations.get("sin"), (1.0, 1.0), 4.0)


def run(capsys, *options):
    try:
        code = main(["mlp", *options])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_where_breaking_is_continuous_states_grow_from_nothing_at_the_stability_line():
    critical = critical_beta(SIN, beta_min=3.0, beta_max=4.0, precision=1e-3)
    lines = jump_lines(SIN, [critical / 1.02, critical * 1.02], precision=0.02)
    assert lines.dynamical == pytest.approx(critical, rel=0.021)
    assert lines.static == pytest.approx(lines.dynamical, rel=0.021)
    assert lines.gap < 0.1


def test_states_of_a_jump_appear_at_a_distance_and_decide_when_their_entropy_is_used_up():
    """C_W = 4: no states at beta = 6, states with positive complexity at 12, negative at 12.5."""
    assert states_at_one(JUMPING, 6.0).parameters is None
    before = states_at_one(JUMPING, 12.0)
    after = states_at_one(JUMPING, 12.5, before.parameters)
    assert before.complexity > 1e-4
    assert after.complexity < -1e-4
    assert before.gap > 0.75


def test_the_phase_map_tells_phases_apart():
    result = phase_map(SIN, [3.0, 4.0], [1.0], breaking=True)
    (column,) = result.columns
    assert column.phases == ("RS", "full")
    assert column.breakpoints[0] == 1.0
    assert column.breakpoints[1] == pytest.approx(0.6445, abs=1e-3)
    assert result.failures == ()
    assert phase_map(SIN, [3.0], [1.0]).columns is None


def test_json_of_a_broken_solution_holds_the_overlap_function(capsys):
    code, out, err = run(capsys, "--activation", "sin", "--beta", "4", "--ansatz", "krsb", "--steps", "2", "--json")
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


def test_text_of_a_broken_solution_lists_its_plateaus(capsys):
    code, out, _ = run(capsys, "--activation", "sin", "--beta", "4", "--ansatz", "krsb")
    assert code == 0
    assert "breaks further" in out
    assert "classification   undecided" in out
    assert len(out[out.index("plateaus") :].splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--ansatz", "krsb", "--beta", "0"], "--beta: got 0"),
        (["--ansatz", "rs", "--steps", "2", "--beta", "1"], "--steps: got 2 with --ansatz rs"),
        (["--ansatz", "frsb", "--tolerance", "1e-10", "--beta", "1"], "--tolerance: got 1e-10"),
    ],
)
def test_contradictory_options_are_one_line(capsys, options, named):
    code, out, err = run(capsys, "--activation", "sin", *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert named in err
    assert "give" in err
