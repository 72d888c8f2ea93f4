"""Comparisons: p-values of true predictions, power at the minimal detectable effect, limits, controls, verdicts.

Each test that draws numbers rejects right code with a chance of 1e-4 at most; seeds are the first ones tried.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from validation.numbers.compare import (
    LEVEL,
    POWER,
    Comparison,
    Verdict,
    control_variate,
    extrapolate,
    series_fit,
    share_level,
    smallest_adjusted_p,
    verdict_of_agreement,
    verdict_of_rejection,
)

FALSE_ALARM = 1e-4
Array = NDArray[np.float64]


def mean_against(truth: float, samples: Array) -> Comparison:
    """Compare the mean of independent samples."""
    error = float(samples.std(ddof=1) / np.sqrt(samples.size))
    return Comparison("mean", float(samples.mean()), error, truth, samples.size - 1)


def assert_share(hits: int, of: int, chance: float, *, at_most: bool = False) -> None:
    """Assert that a count is what a chance gives, at the false-alarm level of this module."""
    low, high = stats.binom.ppf([FALSE_ALARM / 2.0, 1.0 - FALSE_ALARM / 2.0], of, chance)
    assert hits <= high
    assert at_most or hits >= low


def with_p(p: float, *, error: float = 1e-4) -> Comparison:
    """Return a comparison of a measurement near 1 that has this p-value."""
    return Comparison("x", 1.0 + error * float(stats.norm.isf(p / 2.0)), error, 1.0, 1e9)


@pytest.mark.parametrize("count", [4, 16, 64])
def test_p_values_of_a_true_prediction_are_uniform(count: int) -> None:
    rng = np.random.default_rng(1)
    p = [mean_against(2.0, samples).p for samples in rng.normal(2.0, 3.0, (2000, count))]
    assert stats.kstest(p, "uniform").pvalue > FALSE_ALARM
    assert_share(sum(one < LEVEL for one in p), 2000, LEVEL)


@pytest.mark.parametrize("count", [3, 8, 64])
@pytest.mark.parametrize("sharing", [1, 20])
def test_a_deviation_of_the_detectable_size_is_found_with_the_stated_power(count: int, sharing: int) -> None:
    rng = np.random.default_rng(2)
    true_error = 3.0 / np.sqrt(count)
    off_by = Comparison("x", 0.0, true_error, 0.0, count - 1, sharing).minimal_detectable_effect
    found = [mean_against(2.0 + off_by, samples).p for samples in rng.normal(2.0, 3.0, (1000, count))]
    assert_share(sum(p < LEVEL / sharing for p in found), 1000, POWER)


def test_comparisons_of_a_claim_know_that_they_share_its_level() -> None:
    """Temperatures of one run move together: 10 that are off alike have the power of one at a tenth of the level."""
    rng = np.random.default_rng(3)
    shift = share_level([Comparison("x", 1.0, 0.001, 1.0, 1e6)] * 10)[0].minimal_detectable_effect
    rejected = 0
    for noise in 0.001 * rng.standard_normal(300):
        same = share_level([Comparison("x", 1.0 + shift + noise, 0.001, 1.0, 1e6)] * 10)
        rejected += verdict_of_agreement(same, relevant=0.01) is Verdict.FAIL
    assert_share(rejected, 300, POWER)


def test_z_and_p_without_an_error_bar() -> None:
    assert Comparison("exact", 1.0, 0.0, 1.0, 5).p == 1.0
    off = Comparison("off", 1.0, 0.0, 1.5, 5)
    assert (off.z, off.p, off.minimal_detectable_effect) == (-math.inf, 0.0, 0.0)


def test_holm_multiplies_the_smallest_p_by_the_number_of_comparisons() -> None:
    comparisons = [with_p(0.5), with_p(0.003), with_p(0.9)]
    assert smallest_adjusted_p(comparisons) == pytest.approx(0.009)
    assert smallest_adjusted_p([with_p(0.5)] * 3) == 1.0


def test_many_true_comparisons_together_are_rejected_at_the_level() -> None:
    rng = np.random.default_rng(4)
    rejected = 0
    for z in rng.standard_normal((1000, 5)):
        comparisons = [Comparison("x", 1.0 + 1e-4 * one, 1e-4, 1.0, 1e9) for one in z]
        rejected += verdict_of_agreement(comparisons, relevant=0.1) is Verdict.FAIL
    assert_share(rejected, 1000, 1.0 - (1.0 - LEVEL / 5.0) ** 5)


def draw_sizes(rng: np.random.Generator, sizes: Array, exponent: float, samples: int) -> tuple[Array, Array]:
    """Return means and errors of a quantity with the limit -1 and a correction 3 N^-exponent."""
    spreads = 0.3 / np.sqrt(sizes)
    draws = [-1.0 + 3.0 * n**-exponent + s * rng.standard_normal(samples) for n, s in zip(sizes, spreads, strict=True)]
    return np.array([d.mean() for d in draws]), np.array([d.std(ddof=1) for d in draws]) / np.sqrt(samples)


SIZES = np.array([32.0, 128.0, 512.0])


def test_the_limit_of_exact_data_is_found() -> None:
    found = extrapolate(SIZES, -1.0 + 3.0 / SIZES, np.array([0.1, 0.01, 0.02]), 1.0)
    assert found.value == pytest.approx(-1.0, abs=1e-10)
    assert found.corrections == (pytest.approx(3.0),)
    assert found.at(np.array([0.0, 0.5])) == pytest.approx([-1.0, 0.5])
    assert found.goodness == pytest.approx(1.0)


def test_a_second_correction_is_fitted_where_it_is_asked_for() -> None:
    sizes = np.array([16.0, 24.0, 32.0, 64.0])
    values, errors = 2.0 + 3.0 / sizes - 20.0 / sizes**2, np.full(4, 1e-3)
    first, second = (extrapolate(sizes, values, errors, 1.0, terms=terms) for terms in (1, 2))
    assert second.value == pytest.approx(2.0, abs=1e-9)
    assert second.corrections == pytest.approx((3.0, -20.0))
    # Against the normal equations of the model, written out.
    design = np.stack([np.ones(4), 1 / sizes, sizes**-2.0], axis=1)
    assert second.error == pytest.approx(1e-3 * math.sqrt(np.linalg.inv(design.T @ design)[0, 0]))
    # One correction alone is far off, and its fit is bad.
    assert abs(first.value - 2.0) > 10e-3
    assert first.goodness < FALSE_ALARM
    with pytest.raises(ValueError, match="needs at least 3"):
        extrapolate(sizes[:2], values[:2], errors[:2], 1.0, terms=2)


def test_a_series_has_as_many_terms_as_its_sizes_bear() -> None:
    sizes = np.array([16.0, 24.0, 32.0, 64.0])
    values, errors = 2.0 + 3.0 / sizes - 20.0 / sizes**2, np.full(4, 1e-3)
    assert series_fit(sizes, values, errors).value == pytest.approx(2.0, abs=1e-9)
    assert series_fit(sizes[:3], values[:3], errors[:3]) == extrapolate(sizes[:3], values[:3], errors[:3], 1.0)


def test_the_limit_of_noisy_data_is_covered() -> None:
    rng = np.random.default_rng(5)
    repeats, samples = 1500, 64
    found = [extrapolate(SIZES, *draw_sizes(rng, SIZES, 1.0, samples), 1.0) for _ in range(repeats)]
    values = np.array([one.value for one in found])
    errors = np.array([one.error for one in found])
    bias = abs(values.mean() + 1.0) / (values.std() / np.sqrt(repeats))
    assert bias < stats.norm.isf(FALSE_ALARM / 2.0)
    p = 2.0 * stats.t.sf(np.abs(values + 1.0) / errors, samples - 2)
    for level in (0.1, LEVEL):
        assert_share(int(np.sum(p < level)), repeats, level, at_most=True)
    # The error grows by sqrt(chi^2) where chi^2 > 1, by 17 % on average: coverage is a little more than promised, and
    # P(|z| > 1.645 max(1, sqrt(chi^2))) = 0.07 is what it should be.
    chi = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    expected = float(np.mean(2.0 * stats.norm.sf(stats.norm.isf(0.05) * np.maximum(1.0, np.abs(chi)))))
    assert_share(int(np.sum(p < 0.1)), repeats, expected + 0.01, at_most=True)
    assert np.sum(p < 0.1) > stats.binom.ppf(FALSE_ALARM, repeats, expected - 0.01)


def test_two_sizes_leave_no_check_of_the_fit() -> None:
    found = extrapolate(SIZES[:2], np.array([1.0, 2.0]), np.array([0.1, 0.1]), 1.0)
    assert math.isnan(found.goodness)
    assert found.value == pytest.approx(2.0 + 1.0 / 3.0)
    assert found.error == pytest.approx(0.1 * np.hypot(4.0 / 3.0, 1.0 / 3.0))


def test_a_wrong_exponent_is_penalised() -> None:
    """The corrections of a glass continued in 1/N: the fit is bad, says so, and claims less than a good one."""
    rng = np.random.default_rng(6)
    values, errors = draw_sizes(rng, SIZES, 2.0 / 3.0, 400)
    right, wrong = (extrapolate(SIZES, values, errors, exponent) for exponent in (2.0 / 3.0, 1.0))
    assert right.goodness > FALSE_ALARM
    assert wrong.goodness < FALSE_ALARM
    assert wrong.error > 3.0 * right.error
    assert abs(right.value + 1.0) < stats.norm.isf(FALSE_ALARM / 2.0) * right.error


@pytest.mark.parametrize(
    ("sizes", "errors", "message"),
    [([32.0], [0.1], "at least 2"), ([32.0, 64.0], [0.1, 0.0], "positive"), ([32.0, 64.0], [-0.1, 0.1], "positive")],
)
def test_what_cannot_be_extrapolated(sizes: list[float], errors: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        extrapolate(np.array(sizes), np.ones(len(sizes)), np.array(errors), 1.0)


@pytest.mark.parametrize(("count", "repeats"), [(4, 1500), (8, 1500), (16, 800), (64, 200)])
def test_a_control_variate_is_unbiased_with_an_honest_error(count: int, repeats: int) -> None:
    rng = np.random.default_rng(7)
    control = rng.standard_normal((repeats, count)) + 5.0
    values = 2.0 * (control - 5.0) + 0.5 * rng.standard_normal((repeats, count)) + 3.0
    found = np.array([control_variate(v, c, 5.0) for v, c in zip(values, control, strict=True)])
    t = (found[:, 0] - 3.0) / found[:, 1]
    # Means of t weigh every repeat alike, whatever luck it had with the spread of the control.
    assert abs(np.mean(np.sign(t))) < stats.norm.isf(FALSE_ALARM / 2.0) / np.sqrt(repeats)
    # Two parameters are fitted: n - 2 degrees. At n = 4 the jackknife errs on the safe side.
    p = 2.0 * stats.t.sf(np.abs(t), count - 2)
    for level in (0.05, LEVEL):
        assert_share(int(np.sum(p < level)), repeats, level, at_most=count < 8)
    if count == 64:
        # sqrt(4 + 1/4) / (1/2): the spread with and without the part that follows the control.
        assert np.median(found[:, 2]) == pytest.approx(np.sqrt(17.0), rel=0.05)


def test_a_control_variate_that_knows_nothing_costs_little() -> None:
    rng = np.random.default_rng(8)
    gains = [control_variate(*rng.standard_normal((2, 32)), 0.0)[2] for _ in range(200)]
    assert 0.9 < np.median(gains) <= 1.02


def test_a_control_without_spread_changes_nothing() -> None:
    values = np.array([1.0, 2.0, 4.0, 5.0])
    mean, error, gain = control_variate(values, np.ones(4), 1.0)
    assert mean == pytest.approx(3.0)
    assert error == pytest.approx(values.std(ddof=1) / 2.0)
    assert gain == pytest.approx(1.0)


def test_two_samples_are_too_few_for_a_control_variate() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        control_variate(np.ones(2), np.ones(2), 1.0)


SHARP, BLUNT = with_p(0.5), with_p(0.5, error=1.0)
OFF = with_p(1e-6)
UNKNOWN = Comparison("x", math.nan, 1e-4, 1.0, 10)


@pytest.mark.parametrize(
    ("comparisons", "expected"),
    [
        ([], Verdict.INCONCLUSIVE),
        ([SHARP], Verdict.PASS),
        ([BLUNT], Verdict.INCONCLUSIVE),
        ([SHARP, BLUNT], Verdict.PASS),
        ([SHARP, BLUNT, BLUNT], Verdict.INCONCLUSIVE),
        ([OFF], Verdict.FAIL),
        ([BLUNT, BLUNT, OFF], Verdict.FAIL),
        ([with_p(0.006), SHARP], Verdict.PASS),
        ([SHARP, SHARP, UNKNOWN], Verdict.INCONCLUSIVE),
        ([UNKNOWN, SHARP, SHARP], Verdict.INCONCLUSIVE),
    ],
)
def test_verdicts_of_agreement(comparisons: list[Comparison], expected: Verdict) -> None:
    assert verdict_of_agreement(comparisons, relevant=0.01) is expected


@pytest.mark.parametrize(
    ("comparisons", "expected"),
    [
        ([], Verdict.INCONCLUSIVE),
        ([OFF], Verdict.PASS),
        ([SHARP, BLUNT, OFF], Verdict.PASS),
        ([with_p(0.006), SHARP], Verdict.INCONCLUSIVE),
        ([BLUNT], Verdict.INCONCLUSIVE),
        ([OFF, UNKNOWN], Verdict.INCONCLUSIVE),
    ],
)
def test_verdicts_of_rejection(comparisons: list[Comparison], expected: Verdict) -> None:
    assert verdict_of_rejection(comparisons) is expected
