"""How replica symmetry is broken, from the solution itself: the verdict must not depend on the number of levels."""

import numpy as np
import pytest

from theory import activations
from theory.mlp import MlpModel
from theory.mlp.rsb.classify import Levels, classify, coarse_levels, has_stable_end, jump, largest_gap
from theory.mlp.rsb.search import Search

SIN = MlpModel(activations.get("sin"), (1.0, 1.0))


def ladder(beta, steps, tolerance):
    """Levels of sin, C_W = 1, with 1, 2, .. extremal breakpoints."""
    search = Search(SIN, beta, tolerance)
    known = search.more_levels([search.first_level(search.rs())], steps)
    return {p.x.size: search.levels(p) for p in known}


def verdicts(levels, counts):
    return {classify(levels[count], levels[coarse_levels(count)]) for count in counts}


def test_breaking_that_sets_in_continuously_stays_continuous_under_refinement():
    """beta = 5: k(x) is so steep at its lower end that few levels look like a jump; its gap shrinks with K -> 2K."""
    levels = ladder(5.0, 6, 1e-5)
    assert verdicts(levels, (3, 4, 6)) == {"continuous"}
    gaps = {count: largest_gap(level.x, level.k) for count, level in levels.items()}
    assert gaps[3] > 0.5
    assert gaps[6] < 0.62 * gaps[3]
    # The outermost plateau falls to marginality from above as K^-2, and no plateau with weight is stable.
    scaled = [count**2 * (levels[count].replicons[0] - 1.0) for count in (3, 4, 5, 6)]
    np.testing.assert_allclose(scaled, scaled[-1], rtol=0.03)
    assert min(level.replicons.min() for level in levels.values()) > 1.0
    assert not has_stable_end(levels[6], levels[3])


def test_a_jump_stays_under_refinement():
    """beta = 8: the outermost plateau is stable, so k(x) leaves it with a jump; above it k(x) is continuous."""
    levels = ladder(8.0, 4, 1e-3)
    assert verdicts(levels, (3, 4)) == {"both"}
    assert largest_gap(levels[4].x, levels[4].k) > 0.9 * largest_gap(levels[2].x, levels[2].k)
    assert jump(levels[4], levels[2]) == pytest.approx(0.8, abs=0.03)
    assert levels[4].replicons[0] == pytest.approx(0.9853, abs=5e-4)
    assert levels[4].replicons[1:].min() > 1.0


def cut(k_of, count, ends):
    """Levels of a function on [0.3, 0.7] cut into equal steps, with plateaus stable at `ends` and marginal as K^-2."""
    x = 0.3 + 0.4 * (np.arange(count) + 0.5) / count
    replicons = 1.0 + 0.1 * np.ones(count + 1) / count**2
    replicons[list(ends)] = 0.9
    return Levels(x, k_of(np.linspace(0.0, 1.0, count + 1)), replicons)


def with_jump(levels):
    """The same with a jump before it, from a stable outermost plateau."""
    replicons = np.insert(levels.replicons, 0, 0.9)
    return Levels(np.append(0.2, levels.x), np.append(-0.5, levels.k), replicons)


@pytest.mark.parametrize("few", [1, 2, 4, 8])
def test_known_functions_are_told_apart_at_any_number_of_levels(few):
    def straight(t):
        return 0.2 + 0.6 * t

    # A step function that breaks further must not pass for continuous, whatever its replicons say.
    assert classify(cut(straight, 2 * few + 1, ()), cut(straight, few, ())) == "continuous"
    assert classify(cut(straight, 2 * few + 1, (0,)), cut(straight, few, (0,))) == "undecided"
    jumping = [with_jump(cut(straight, count, ())) for count in (few, 2 * few + 1)]
    assert classify(jumping[1], jumping[0]) == "both"
    marginal = [Levels(x, k, np.maximum(replicons, 1.001)) for x, k, replicons in jumping]
    assert classify(marginal[1], marginal[0]) == "undecided"


def test_few_levels_and_stable_ones():
    rest = Levels(np.zeros(0), np.array([0.1]), np.array([0.5]))
    assert classify(rest) == "rs"
    one = Levels(np.array([0.4]), np.array([0.1, 0.9]), np.array([0.5, 0.8]))
    assert classify(one) == "1rsb-like"
    assert classify(one._replace(replicons=np.array([0.5, 1.2]))) == "undecided"


def test_a_breakpoint_at_the_end_carries_no_weight():
    """No pair of replicas sees a gap at x = 1, nor the plateau beyond it."""
    fine = Levels(np.array([0.3, 0.5, 0.6, 0.9999]), np.array([0.0, 0.1, 0.2, 0.3, 1.0]), np.full(5, 1.01))
    coarse = Levels(np.array([0.4, 0.9999]), np.array([0.0, 0.3, 1.0]), np.full(3, 1.04))
    assert largest_gap(fine.x, fine.k) == pytest.approx(0.1)
    fine.replicons[-1] = coarse.replicons[-1] = 0.5
    assert classify(fine, coarse) == "continuous"
