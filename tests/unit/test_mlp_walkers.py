"""What walkers keep belongs together: cached energies, z^1, layers; moves between slots; adaptation."""

from __future__ import annotations

import numpy as np
import pytest
from mlp_support import mlp_config, mlp_model, plain_energy, plain_layers, start

from mcsim.config import ConfigError
from mcsim.config.moves import MLP_MOVES
from mcsim.kernels import mlp_state
from mcsim.models.mlp import estimated_ranges
from mcsim.models.step_adaptation import StepAdaptation

BETAS = [0.0, 0.5, 1.0, 2.0, 4.0]
ALL = list(MLP_MOVES)


def swept(sweeps=30, *, thermalization=20, parts=1, **model):
    config = mlp_config(BETAS, widths=[4, 6, 5], bias_variance=0.3, run={"thermalization": thermalization}, **model)
    made, walkers = start(config)
    for part in range(parts):
        walkers.sweep(part * sweeps // parts, sweeps // parts)
    return made, walkers


@pytest.mark.parametrize("prior", ["gaussian", "sphere"])
@pytest.mark.parametrize("dynamics", ALL)
def test_cached_state_is_that_of_the_inputs(dynamics, prior):
    model, walkers = swept(dynamics=dynamics, prior=prior)
    x = walkers.configurations(np.arange(10))
    assert walkers.energies().ravel() == pytest.approx(plain_energy(model, x), rel=1e-10)
    z = walkers._state.z.copy()
    mlp_state.evaluate(walkers._state, walkers._network, walkers._work, 4)
    assert walkers._state.z == pytest.approx(z, rel=1e-10, abs=1e-12)


def test_observables_are_the_overlaps_by_definition():
    model, walkers = swept()
    observables = walkers.observables()
    layers = plain_layers(model, walkers.configurations(np.arange(10)))
    for k, phi in enumerate(layers):
        a, b = phi.reshape(len(BETAS), 2, -1).transpose(1, 0, 2)
        assert observables["overlap"][:, 0, k] == pytest.approx((a * b).mean(axis=-1), rel=1e-10, abs=1e-12)
        own = (phi**2).mean(axis=1).reshape(len(BETAS), 2)
        assert observables["self_overlap"][:, :, k] == pytest.approx(own, rel=1e-10)
    for observable in model.observables:
        assert observables[observable.name].shape[1:] == observable.shape


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("dynamics", ALL)
def test_states_move_whole(dynamics, precision):
    """A column that is packed, overwritten and unpacked, or permuted, takes everything along."""
    _, walkers = swept(dynamics=dynamics, precision=precision)
    columns = np.arange(10)
    rows = walkers.pack(columns)
    energies = walkers.energies()
    assert len(np.unique(energies)) == 10
    source = np.roll(columns, 3)
    walkers.permute(source)
    assert np.array_equal(walkers.energies().ravel(), energies.ravel()[source])
    assert np.array_equal(walkers.pack(columns), rows[source])
    walkers.unpack(source, rows[source])
    assert np.array_equal(walkers.energies(), energies)
    assert np.array_equal(walkers.pack(columns), rows)


@pytest.mark.parametrize("dynamics", ALL)
def test_calls_may_be_split_anywhere(dynamics):
    _, once = swept(dynamics=dynamics)
    _, often = swept(dynamics=dynamics, parts=10)
    assert np.array_equal(once.pack(np.arange(10)), often.pack(np.arange(10)))


@pytest.mark.parametrize("dynamics", ALL)
def test_a_tile_does_not_see_the_others(dynamics):
    """The first tile of a longer ladder does exactly what it does alone, so it may live on any rank."""
    results = []
    for betas in ([1.0, 2.0, 4.0, 5.0], [4.0, 5.0]):
        config = mlp_config(betas, widths=[4, 6], dynamics=dynamics, run={"thermalization": 10})
        _, walkers = start(config)
        walkers.sweep(0, 25)
        results.append(walkers.pack(np.arange(4)))
    assert np.array_equal(*results)


@pytest.mark.parametrize("dynamics", ALL)
def test_adaptation_reaches_its_target_and_stops(dynamics):
    # The longest trajectory, of many steps: they are rounded to whole parts of it.
    config = mlp_config(
        [1.0, 3.0], copies=4, widths=[20, 20], tile_columns=8, dynamics=dynamics, target_acceptance=0.6,
        trajectory=3.1, run={"thermalization": 400},
    )  # fmt: skip
    _, walkers = start(config)
    walkers.sweep(0, 400)
    frozen = walkers.diagnostics()["step"]
    walkers.sweep(400, 400)
    after = walkers.diagnostics()
    assert np.array_equal(after["step"], frozen)
    assert after["step"][0] < after["step"][1]
    # 1600 trajectories a slot: the mean acceptance is known to 0.02, the adapted step about as well.
    assert after["acceptance_rate"] == pytest.approx(0.6, abs=0.1)


def test_steps_stay_as_configured_without_adaptation():
    _, walkers = swept(adapt=False, initial_step=0.3, trajectory=1.2)
    assert walkers.diagnostics()["step"] == pytest.approx(0.3)
    assert walkers.diagnostics()["leapfrog_steps"] == pytest.approx(4)


def test_leapfrog_steps_do_not_rise_within_a_tile():
    _, walkers = swept(thermalization=0)
    for wanted in ([1.0, 0.1, 1.0, 0.2, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5]):
        walkers._adaptation.log_step = np.log(wanted)
        walkers._use_steps()
        steps = walkers._columns.steps
        for first in range(0, 10, 4):
            assert np.all(np.diff(steps[first : first + 4]) <= 0)
        assert np.all(steps * np.repeat(wanted, 2) >= 1.7 - 0.3 * np.repeat(wanted, 2))


def test_adapted_steps_are_whole_parts_of_the_trajectory():
    _, walkers = swept(thermalization=20)
    figures = walkers.diagnostics()
    assert figures["step"] * figures["leapfrog_steps"] == pytest.approx(1.7)


def test_a_tiny_step_asks_for_the_most_steps_allowed():
    """1.7 / 1e-300 is more than an integer holds; as one it would come out negative, and a trajectory never end."""
    config = mlp_config([1.0], initial_step=1e-300, max_leapfrogs=9, run={"thermalization": 3})
    _, walkers = start(config)
    assert np.all(walkers._columns.steps == 9)
    walkers.sweep(0, 6)
    assert np.all(walkers._columns.steps == 9)
    assert np.all(walkers.diagnostics()["squared_jump"] == 0.0)


@pytest.mark.parametrize("dynamics", ALL)
def test_squared_jump(dynamics):
    config = mlp_config([0.5, 2.0], dynamics=dynamics, widths=[4, 6])
    _, walkers = start(config)
    columns, moved = np.arange(4), np.zeros(2)
    for sweep in range(20):
        before = walkers.configurations(columns).copy()
        walkers.sweep(sweep, 1)
        moved += ((walkers.configurations(columns) - before) ** 2).reshape(2, 2, 4).mean(axis=(1, 2))
    assert walkers.diagnostics()["squared_jump"] == pytest.approx(moved / 20, rel=1e-10)


def test_rounding_does_not_add_up():
    """z^1 is followed, not computed from x; after many sweeps in float32 it is still that of x to a few roundings."""
    config = mlp_config([0.5, 2.0], widths=[30, 40], activation="relu", precision="float32", trajectory=3.1)
    model, walkers = start(config)
    walkers.sweep(1, 60)
    x = walkers.configurations(np.arange(4)).astype(np.float64)
    z = np.sqrt(1 / 30) * x @ model.disorder.weights[0].T
    assert np.abs(walkers._state.z - z).max() < 3e-5
    assert walkers.energies().ravel() == pytest.approx(plain_energy(model, x), abs=3e-4)


def test_dual_averaging_finds_a_known_optimum():
    """Acceptance exp(-step): the target is met at step = -log(target)."""
    adaptation = StepAdaptation(2, first=0.05, largest=10.0, target=0.7)
    for _ in range(600):
        adaptation.update(np.exp(-np.exp(adaptation.log_step)))
    adaptation.freeze()
    assert np.exp(adaptation.log_step) == pytest.approx(-np.log(0.7), rel=0.05)


def test_histogram_bins():
    """Equal bins up to a bound or a configured reach; otherwise finest at 0, where overlaps gather."""
    by_bound, configured = (mlp_config([2.0], **m) for m in ({"prior": "sphere"}, {"overlap_range": [3.0, 1.0]}))
    for config, reach in ((by_bound, 1.0), (configured, 3.0)):
        edges = mlp_model(config).histograms(10)[0].edges
        assert edges == pytest.approx(np.linspace(-reach, reach, 11))
    edges = mlp_model(mlp_config([2.0])).histograms(11)[0].edges
    assert edges == pytest.approx(-edges[::-1])
    assert edges[-1] == pytest.approx(estimated_ranges(by_bound.model.model_copy(update={"prior": "gaussian"}), 2.0)[0])
    assert np.all(np.diff(edges[6:], 2) > 0)


def test_histogram_ranges():
    """Linear, C_W = 1, equal widths: K^l_aa = 1 + (l + 1) beta^2, with a margin; tanh and the sphere are bounded."""
    width = 10**8
    linear = mlp_config([2.0], widths=[width] * 3, activation="linear").model
    assert estimated_ranges(linear, 2.0) == pytest.approx([5.0, 9.0, 13.0], rel=2e-3)
    tanh = mlp_config([2.0], widths=[width] * 3, prior="sphere").model
    assert estimated_ranges(tanh, 2.0) == pytest.approx([1.0, 1.0, 1.0])
    shaped = mlp_config([9.0], widths=[9] * 5, activation="shaped-tanh", activation_shape=2.0).model
    assert estimated_ranges(shaped, 9.0)[1:] == pytest.approx([1.0] * 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "swish"}, 'model.activation: "swish": is unknown; choose one of linear, tanh'),
        ({"activation_shape": 2.0}, "activation_shape: 'tanh' has none"),
        ({"prior": "sphere", "widths": [1, 3]}, "one input leaves no room on a sphere"),
        ({"overlap_range": [1.0]}, "1 numbers for 2 layers"),
        ({"widths": [4]}, "model.widths"),
        (
            {"weight_variance": 1e30, "widths": [40, 40, 40], "activation": "relu", "precision": "float32"},
            "model.weight_variance: 1e+30 makes energies of about 1e+91, beyond float32; lower it",
        ),
        ({"weight_variance": 1e300, "widths": [40] * 3}, "makes energies of about 1e+450, beyond float64; lower it"),
        ({"weight_variance": 1e20, "activation": "linear"}, "makes overlaps of about 1e+60, beyond float32; lower it"),
        ({"dynamics": "nuts"}, 'model.dynamics: "nuts"'),
        ({"rule": "metropolis"}, 'model.rule: "metropolis": unknown key'),
    ],
)
def test_configuration_errors(changes, message):
    with pytest.raises(ConfigError) as caught:
        mlp_config([1.0], **changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
