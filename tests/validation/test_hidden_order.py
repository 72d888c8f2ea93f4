"""Hidden order where it is known: planted, absent, uniform, of the task or of anything else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from planted import planted_network, signs

from mcsim.networks.datasets import Dataset, LabelledImages, digits
from mcsim.networks.files import digits_weights_path, load_weights
from mcsim.networks.layered import LayeredWeights
from theory.bonds import LayeredBonds
from theory.tap import solve_tap
from validation.networks.alignment import alignment, span_share
from validation.networks.hidden_order import HiddenOrder, describe, hidden_order
from validation.networks.images import SeenImages, forward, input_order, output_order, seen_images
from validation.networks.order_figures import explained, pattern_figure, projections_figure
from validation.networks.state import bonds_of, leading_modes, ordered_states, stability_mode
from validation.numbers.json_values import from_json, to_json

WIDTHS = (36, 24, 24, 6)


@pytest.fixture(scope="module")
def task() -> SeenImages:
    return seen_images(digits(), relabellings=60)


@pytest.fixture(scope="module")
def trained(task: SeenImages) -> HiddenOrder:
    found = hidden_order(load_weights(digits_weights_path(), epoch=10), task, reduced=0.8, starts=6)
    assert found is not None
    return found


def class_patterns(seed: int) -> tuple[SeenImages, np.ndarray]:
    """Return a task of two classes, +-pattern above a bright mean, and the pattern."""
    rng = np.random.default_rng(seed)
    pattern = rng.choice([-1.0, 1.0], size=WIDTHS[0])
    mean = rng.uniform(0.4, 0.6, WIDTHS[0])
    means = np.array([mean + 0.2 * pattern, mean - 0.2 * pattern])
    relabelled = mean + 0.02 * rng.standard_normal((50, 2, WIDTHS[0]))
    return SeenImages(means.mean(axis=0), means, "relu", relabelled), pattern


def test_p_values_are_uniform_for_random_patterns() -> None:
    rng = np.random.default_rng(3)
    direction, space = rng.standard_normal(30), rng.standard_normal((30, 4))
    drawn = [rng.standard_normal(30) for _ in range(400)]
    for p in ([alignment(d, direction).p for d in drawn], [span_share(d, space).p for d in drawn]):
        assert abs(np.mean(p) - 0.5) < 4 * np.sqrt(1 / 12 / 400)
        assert 4 <= np.sum(np.array(p) < 0.05) <= 40
    shares = [span_share(d, space) for d in drawn]
    assert np.mean([s.share for s in shares]) == pytest.approx(4 / 30, abs=4 * shares[0].error / 20)


def test_a_pattern_in_the_space_is_told_from_one_outside() -> None:
    rng = np.random.default_rng(4)
    space = rng.standard_normal((40, 3))
    inside = space @ [1.0, -2.0, 0.5]
    assert span_share(inside, space).share == pytest.approx(1.0)
    assert span_share(inside, space).p < 1e-12
    # A direction that the others determine adds no dimension.
    assert span_share(inside, np.hstack([space, space[:, :1] + space[:, 1:2]])).dimensions == 3
    any_other = rng.standard_normal(40)
    outside = any_other - space @ np.linalg.lstsq(space, any_other, rcond=None)[0]
    assert span_share(outside, space).share < 1e-20


def test_planted_order_is_found_and_a_random_network_has_none() -> None:
    network, planted = planted_network(signs(WIDTHS), strength=3.0, noise=0.3)
    bonds = bonds_of(network)
    states = ordered_states(bonds, 2.0, starts=8)
    assert len(states.solutions) == 1
    assert states.lowest is not None
    m = states.lowest.magnetisations
    assert abs(alignment(np.sign(m), planted).cosine) > 0.97
    other, _ = planted_network(signs(WIDTHS), strength=0.0, noise=1.0, seed=5)
    wrong = ordered_states(bonds_of(other), 0.5, starts=8).lowest
    assert wrong is not None
    assert alignment(wrong.magnetisations, planted).p > 0.01


def test_modes_are_eigenvectors_of_their_matrices() -> None:
    network, _ = planted_network(signs(WIDTHS), strength=2.0, noise=0.5)
    bonds, beta = bonds_of(network), 1 / 1.7
    values, vectors = leading_modes(bonds, 3)
    assert np.allclose(bonds.apply(vectors), vectors * values)
    least, vector = stability_mode(bonds, 1.7)
    onsager = bonds.apply_squares(np.ones(bonds.spins))
    assert np.allclose(vector - beta * bonds.apply(vector) + beta**2 * onsager * vector, least * vector)


def test_iterative_modes_agree_with_dense_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = planted_network(signs(WIDTHS), strength=2.0, noise=0.5)
    dense = leading_modes(bonds_of(network), 2)
    monkeypatch.setattr("validation.networks.state._LARGEST_DENSE", 10)
    values, vectors = leading_modes(bonds_of(network), 2)
    assert np.allclose(values, dense[0])
    assert np.allclose(np.abs(np.sum(vectors * dense[1], axis=0)), 1.0)


def test_a_uniform_pattern_is_not_taken_for_the_pixel_mean(task: SeenImages) -> None:
    uniform = np.full(64, 0.7)
    assert alignment(uniform, np.ones(64)).cosine == pytest.approx(1.0)
    with_average = alignment(uniform, task.mean)
    assert with_average.cosine > 0.75
    assert with_average.p < 1e-6
    found = input_order(uniform, task)
    assert np.isnan(found.mean.cosine)
    assert np.isnan(found.classes.share)
    assert input_order(-task.mean, task).mean.cosine == pytest.approx(1.0)


def test_order_of_the_classes_is_told_from_order_of_the_images(task: SeenImages) -> None:
    of_classes = input_order(task.class_means[3] - task.class_means[8], task)
    assert of_classes.classes.share == pytest.approx(1.0)
    assert of_classes.relabelled_p < 0.02
    # The images' own leading direction lies in the classes' space too, but also in that of any labels.
    other = seen_images(digits(), relabellings=1, seed=99)
    of_images = input_order(other.relabelled_means[0, 0] - task.mean, task)
    assert of_images.classes.p < 0.01
    assert of_images.relabelled_p > 0.05
    noise = input_order(np.random.default_rng(8).standard_normal(64), task)
    assert noise.classes.p > 0.01


def test_class_means_are_those_of_the_images() -> None:
    data, task = digits(), seen_images(digits(), "binarised", relabellings=3)
    chosen = data.train.pixels[data.train.labels == 4] > data.pixel_maximum / 2
    assert np.allclose(task.class_means[4], 2 * chosen.mean(axis=0) - 1, atol=1e-6)
    shares = np.bincount(data.train.labels) / data.train.labels.size
    for means in (task.class_means, *task.relabelled_means):
        assert np.allclose(shares @ means, task.mean, atol=1e-6)


def test_outputs_answer_to_the_classes_they_were_made_for() -> None:
    task, pattern = class_patterns(2)
    network = LayeredWeights((np.stack([pattern, -pattern, 0 * pattern], axis=1),))
    three = SeenImages(task.mean, np.vstack([task.class_means, task.mean]), "relu", task.relabelled_means)
    found = output_order([0.8 * pattern, np.array([0.9, -0.9, 0.0])], network, three)
    assert found.seen.cosine == pytest.approx(1.0, abs=1e-6)
    assert found.answered.cosine == pytest.approx(1.0, abs=1e-6)
    swapped = output_order([0.8 * pattern, np.array([-0.9, 0.9, 0.0])], network, three)
    assert swapped.seen.cosine == pytest.approx(-1.0, abs=1e-6)


def test_forward_is_the_network_by_hand() -> None:
    first, second = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[1.0], [-3.0]])
    network = LayeredWeights((first, second), (np.zeros(2), np.array([0.0, 0.5]), np.array([0.25])))
    x = np.array([[1.0, 1.0]])  # z = (1.5, 1.5)
    assert forward(network, x, "relu")[0, 0] == pytest.approx(1.5 - 4.5 + 0.25)
    assert forward(network, x, "binarised")[0, 0] == pytest.approx(1 - 3 + 0.25)


def test_shuffled_control_loses_the_task_and_not_the_order() -> None:
    task, pattern = class_patterns(6)
    others = signs(WIDTHS[1:-1], seed=9)
    orders = []
    for first in (pattern, *signs(WIDTHS[:1], seed=11)):  # the task's direction; one that was learnt by heart
        network, _ = planted_network([first, *others, np.array([1.0, -1.0])], strength=3.0, noise=0.2)
        orders.append(hidden_order(network, task, reduced=0.7, starts=4))
    true, shuffled = orders
    assert true is not None
    assert shuffled is not None
    assert shuffled.critical.temperature / true.critical.temperature == pytest.approx(1.0, abs=0.05)
    shares = [order.inputs.classes.share for order in (true, shuffled)]
    assert shares[0] > 0.9
    assert shares[1] / shares[0] < 0.4


def test_digits_order_is_about_the_classes_once_trained(task: SeenImages, trained: HiddenOrder) -> None:
    assert trained.critical.kind == "crossing"
    assert trained.modes[0].cosine ** 2 > 0.8
    assert trained.inputs.relabelled_p < 0.05
    assert trained.outputs.seen.cosine > 0.9
    assert recognised(10, task) == 10
    initial = hidden_order(load_weights(digits_weights_path(), epoch=0), task, reduced=0.5, starts=6)
    assert initial is not None
    assert initial.inputs.classes.p > 0.05
    assert initial.outputs.seen.p > 0.05
    assert recognised(0, task) < 5


def recognised(epoch: float, task: SeenImages) -> int:
    """Return how many class means the packaged network assigns to their own class."""
    answers = forward(load_weights(digits_weights_path(), epoch=epoch), task.class_means, task.kind)
    return int(np.count_nonzero(answers.argmax(axis=1) == np.arange(len(answers))))


def test_a_given_solution_is_described_and_none_is_no_order(trained: HiddenOrder, task: SeenImages) -> None:
    network = load_weights(digits_weights_path(), epoch=10)
    bonds = LayeredBonds(network.weights)
    solution = solve_tap(bonds, 1.5, leading_modes(bonds, 1)[1][:, 0])
    found = describe(network, task, trained.critical, solution)
    assert found.temperature == 1.5
    assert found.pattern @ found.pattern == pytest.approx(solution.overlap * bonds.spins)
    assert hidden_order(network, task, reduced=1.3, starts=4) is None


def test_few_images_do_for_the_classes(trained: HiddenOrder) -> None:
    data = digits()
    few = Dataset("few", LabelledImages(data.train.pixels[:300], data.train.labels[:300]), data.validation, 10, 16)
    network = load_weights(digits_weights_path(), epoch=10)
    solution = solve_tap(LayeredBonds(network.weights), trained.temperature, trained.pattern)
    found = describe(network, seen_images(few), trained.critical, solution)
    assert found.outputs.seen.cosine > 0.8


def test_an_order_survives_json(trained: HiddenOrder) -> None:
    text = json.dumps(to_json(HiddenOrder, trained), allow_nan=False)
    back = from_json(HiddenOrder, json.loads(text))
    assert to_json(HiddenOrder, back) == to_json(HiddenOrder, trained)
    assert np.array_equal(back.pattern, trained.pattern)
    assert back.outputs == trained.outputs


def test_figures_are_drawn(trained: HiddenOrder, task: SeenImages) -> None:
    seen = explained(trained.layers()[0], task)
    assert pattern_figure([(10.0, trained)], task.mean, seen).startswith("<svg")
    assert projections_figure([(0.0, trained), (10.0, trained)], [(10.0, trained)]).startswith("<svg")
    flat = explained(task.class_means[2] - task.mean, task)
    assert np.allclose(flat, task.class_means[2] - task.mean - np.mean(task.class_means[2] - task.mean))
    with pytest.raises(ValueError, match="60 pixels"):
        pattern_figure([(10.0, trained)], task.mean[:60], seen[:60])
