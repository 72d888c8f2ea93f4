"""Lines of broken replica symmetry, and the phase map with them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel, critical_beta, phase_map, solve_rs
from theory.mlp.phases.column import Column, OneStep, _onset, _Points, phase_column
from theory.mlp.phases.scaling import scaled_column, scaling_of
from theory.mlp.rsb.discontinuous import JumpLines, jump_lines, states_at_one
from theory.result import NotConvergedError

SIN = MlpModel(activations.get("sin"), (1.0, 1.0))
JUMPING = MlpModel(activations.get("sin"), (1.0, 1.0), 4.0)


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


@pytest.fixture(scope="module")
def column():
    """Sin, C_W = 1, at beta = 3 and 4."""
    result = phase_map(SIN, [3.0, 4.0], [1.0], tolerance=1e-3)
    assert result.failures == ()
    return result.columns[0]


def test_the_phase_map_tells_phases_apart(column):
    assert column.phases == ("RS", "full")
    assert column.onset == "continuous"
    assert column.continuous == pytest.approx(critical_beta(SIN), rel=2e-3)
    assert column.one_step[0] is None
    broken = column.one_step[1]
    assert broken.x == pytest.approx(0.6445, abs=1e-3)
    # The same as the solver's own, within the error given, which is neither nothing nor everything.
    np.testing.assert_allclose(broken.replicons, [1.004389, 1.005855], atol=2 * broken.error + 2e-6)
    assert broken.error < 1e-3
    assert phase_map(SIN, [3.0], [1.0], breaking=False).columns is None


def test_common_factors_of_the_width_ratios_go_into_beta(column):
    """alpha_l -> 2 alpha_l for all l doubles Phi at beta -> sqrt(2) beta: the same phases there."""
    wide = MlpModel(activations.get("sin"), (2.0, 2.0))
    (other,) = phase_map(wide, [beta * math.sqrt(2.0) for beta in (3.0, 4.0)], [1.0], tolerance=1e-3).columns
    assert other.phases == column.phases
    assert other.continuous == pytest.approx(math.sqrt(2.0) * column.continuous, rel=1e-4)
    assert other.one_step[1].x == pytest.approx(column.one_step[1].x, abs=2e-4)


def test_the_lines_tell_a_jump_from_a_continuous_onset():
    assert _onset(None, JumpLines(5.5, 5.9, 0.6), 0.02) == "jump"
    assert _onset(6.0, JumpLines(5.5, 5.7, 0.6), 0.02) == "jump"
    assert _onset(5.55, JumpLines(5.5, 5.52, 0.01), 0.02) == "continuous"
    assert _onset(None, JumpLines(None, None, None), 0.02) == "none"


def test_beyond_the_static_line_one_step_takes_over_where_replica_symmetry_is_locally_stable():
    """C_W = 3, static line at beta = 5.945: at 5.8 states exist but do not decide; at 6.5 they do, and are stable."""
    points = _Points(replace(SIN, weight_variance=3.0), None)
    assert [points.phase(beta, replicon) for beta, replicon in ((5.8, 0.79), (6.5, 0.83))] == ["RS", "1RSB"]
    before, beyond = points.one_step
    assert before is None
    assert 0.9 < beyond.x < 1.0
    assert max(beyond.replicons) < 0.95
    assert points.failures == []


def test_points_that_cannot_be_solved_are_unknown_and_never_guessed(monkeypatch):
    def fails(*_, **__):
        raise NotConvergedError("no luck")

    monkeypatch.setattr("theory.mlp.phases.column.jump_lines", fails)
    monkeypatch.setattr("theory.mlp.rsb.search.states_at_one", fails)
    here = phase_column(SIN, [2.0, 2.5], [0.3, 0.5])
    assert here.phases == ("unknown", "unknown")
    assert here.onset == "unknown"
    assert [reason for _, reason in here.failures] == ["lines: no luck", "no luck", "no luck"]


def test_relu_at_any_weight_variance_is_relu_at_one():
    """beta C_W^((L+1)/2) alone counts without biases; with them, or for sin, it does not."""
    relu = MlpModel(activations.get("relu"), (1.0, 1.0, 1.0))
    scaling = scaling_of(relu, [1.0, 4.0], [1.0, 4.0], 1e-3)
    assert scaling.betas == (1.0, 4.0, 8.0, 32.0)
    assert scaling.places == ((0, 1), (2, 3))
    assert scaling.checked[2] == pytest.approx(scaling.checked[3], rel=1e-4)
    for beta, c_w in ((1.0, 2.0),):
        here = solve_rs(replace(relu, weight_variance=c_w), beta, tolerance=1e-6)
        there = solve_rs(relu, beta * c_w**1.5, tolerance=1e-6)
        assert here.replicon == pytest.approx(there.replicon, rel=1e-5)
        assert here.free_entropy == pytest.approx(there.free_entropy, abs=2e-6)
    assert solve_rs(replace(relu, weight_variance=2.0), 1.0).replicon != pytest.approx(
        solve_rs(relu, 2.0).replicon, rel=0.1
    )
    assert scaling_of(replace(relu, bias_variance=0.1), [1.0], [1.0], 1e-5) is None
    assert scaling_of(SIN, [1.0], [1.0], 1e-5) is None


def test_columns_of_relu_follow_from_the_one_at_unit_weight_variance():
    relu = MlpModel(activations.get("relu"), (1.0, 1.0))
    scaling = scaling_of(relu, [1.0, 3.0], [1.0, 2.0], 1e-3)
    one = OneStep(0.4, (1.01, 1.02), 1e-3)
    unit = Column(
        5.2, JumpLines(5.0, 5.1, 0.2), "jump", ("RS", "RS", "RS", "full"), (None, None, None, one), ((6.0, "so"),)
    )
    first, second = (scaled_column(unit, scaling, index) for index in (0, 1))
    assert scaling.betas == (1.0, 2.0, 3.0, 6.0)
    assert (first.phases, second.phases) == (("RS", "RS"), ("RS", "full"))
    assert (first.continuous, second.continuous) == (5.2, 2.6)
    assert (second.lines.dynamical, second.lines.static) == (2.5, 2.55)
    assert second.one_step == (None, one)
    assert (first.failures, second.failures) == ((), ((3.0, "at C_W = 1: so"),))
