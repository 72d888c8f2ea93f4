"""Error bars: blocking of correlated series, the jackknife over samples, thermodynamic integration.

Each test that draws numbers rejects right code with a chance of 1e-4 at most; seeds are the first ones tried.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.signal import lfilter

from mcsim.estimators.blocking import FEWEST_BLOCKS, blocking, octave_errors
from mcsim.estimators.jackknife import LeaveOneOut, jackknife, jackknife_over_runs, leave_one_out, mean_and_error
from mcsim.estimators.thermo import entropy, integrate_from_infinite_temperature

FALSE_ALARM = 1e-4
Array = NDArray[np.float64]


def autoregressive(tau: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return stationary AR(1) series of unit variance along the second axis, with this integrated time (1/2: white)."""
    a = (2.0 * tau - 1.0) / (2.0 * tau + 1.0)
    noise = rng.standard_normal(shape)
    noise[:, 1:] *= np.sqrt(1.0 - a * a)
    return np.asarray(lfilter([1.0], [1.0, -a], noise, axis=1))


def error_of_mean(tau: float, rows: int) -> float:
    """Return the exact standard error of the mean of such a series."""
    a = (2.0 * tau - 1.0) / (2.0 * tau + 1.0)
    return float(np.sqrt((2.0 * tau - 2.0 * a * (1.0 - a**rows) / (rows * (1.0 - a) ** 2)) / rows))


@pytest.mark.parametrize("tau", [0.5, 4.0, 16.0])
@pytest.mark.parametrize("copies", [None, 4])
def test_blocking_errors_cover_the_true_mean(tau: float, copies: int | None) -> None:
    repeats, rows = 400, 8192 // (copies or 1)
    shape = (repeats, rows) if copies is None else (repeats, rows, copies)
    found = [blocking(series) for series in autoregressive(tau, shape, np.random.default_rng(1))]
    exact = error_of_mean(tau, rows) / np.sqrt(copies or 1)
    ratios = np.array([b.error for b in found]) / exact
    # Blocks of 256 rows cut 4 % off the error at tau = 16 and four copies have half as many blocks of that length each;
    # the largest of the octaves is above the truth by up to a standard deviation or so of the last, 13 %.
    assert 0.9 < ratios.mean() < 1.25
    taus = np.array([b.tau for b in found])
    assert 0.81 * tau < taus.mean() < 1.6 * tau
    # The error is known to 32 blocks at worst: Student's t with 31 degrees, and 8 % less error than the truth allowed.
    threshold = stats.t.isf(0.025, FEWEST_BLOCKS - 1)
    missed = sum(abs(b.mean) > threshold * b.error for b in found)
    allowed = 2.0 * stats.norm.sf(1.92)
    assert missed <= stats.binom.isf(FALSE_ALARM, repeats, allowed)


def test_a_naive_error_would_be_caught() -> None:
    """The coverage test above has teeth: the error of independent rows misses at tau = 16 almost always."""
    found = autoregressive(16.0, (400, 8192), np.random.default_rng(1))
    missed = sum(abs(series.mean()) > 2.04 * octave_errors(series)[0] for series in found)
    assert missed > 200


@pytest.mark.parametrize("rows", [64, 1024, 4096])
@pytest.mark.parametrize("correlation", [0.1, 1.0, 10.0], ids=lambda c: f"tau={c:g}rows")
def test_series_shorter_than_their_correlation_are_flagged(rows: int, correlation: float) -> None:
    series = autoregressive(correlation * rows, (200, rows), np.random.default_rng(2))
    # The error would have to double, and seems to rise by less than 13 % on one series in some hundred at worst.
    assert sum(blocking(one).converged for one in series) <= 10


def test_a_trend_is_flagged() -> None:
    assert not blocking(np.linspace(0.0, 1.0, 4096)).converged


def test_independent_rows_are_mostly_not_flagged() -> None:
    series = np.random.default_rng(3).standard_normal((400, 1024))
    converged = sum(blocking(one).converged for one in series)
    # One octave to the next rises by 13 % with a chance of about 1 in 12.
    assert converged >= stats.binom.ppf(FALSE_ALARM, 400, 1.0 - 1.0 / 8.0)


def test_too_few_rows_have_an_error_but_never_a_verdict() -> None:
    found = blocking(np.array([1.0, 2.0, 4.0]))
    assert found.mean == pytest.approx(7.0 / 3.0)
    assert found.error == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1) / np.sqrt(3.0))
    assert not found.converged


def test_a_constant_series_has_no_error() -> None:
    found = blocking(np.full((256, 2), -1.25))
    assert (found.mean, found.error, found.tau, found.converged) == (-1.25, 0.0, 0.5, True)


def test_copies_are_never_joined_into_one_block() -> None:
    """Alternating signs along a copy cancel in blocks of two; across copies they would not."""
    series = np.stack([np.tile([1.0, -1.0], 128), np.tile([3.0, 1.0], 128)], axis=1)
    errors = octave_errors(series)
    assert errors[1] == pytest.approx(np.std([0.0] * 128 + [2.0] * 128, ddof=1) / 16.0)


def test_an_odd_row_is_dropped_at_the_front() -> None:
    late = np.random.default_rng(4).standard_normal(256)
    assert octave_errors(np.append(100.0, late))[1] == octave_errors(late)[1]


@pytest.mark.parametrize("size", [0, 1])
def test_a_single_number_has_no_error_bar(size: int) -> None:
    with pytest.raises(ValueError, match=f"series of {size} number"):
        blocking(np.ones(size))


def test_jackknife_of_a_mean_is_the_textbook_error() -> None:
    samples = np.random.default_rng(5).standard_normal((17, 3))
    estimate, covariance = jackknife(samples, lambda mean: mean)
    np.testing.assert_allclose(estimate, samples.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(samples.T) / 17.0, rtol=1e-10)


def test_jackknife_takes_the_bias_out_of_a_square() -> None:
    x = np.random.default_rng(6).standard_normal((9, 1))
    estimate, _ = jackknife(x, lambda mean: mean**2)
    # E (x-bar)^2 = mu^2 + sigma^2/n, and for a quadratic form the correction is exact, sample by sample.
    assert estimate[0] == pytest.approx(x.mean() ** 2 - x.var(ddof=1) / 9.0)


def test_jackknife_of_a_ratio_has_the_variance_of_the_delta_method() -> None:
    rng = np.random.default_rng(7)
    repeats, count, ratio = 1000, 50, 2.0 / 5.0
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    draws = rng.multivariate_normal([2.0, 5.0], covariance, (repeats, count))
    found = [jackknife(samples, lambda mean: mean[:1] / mean[1:]) for samples in draws]
    estimates = np.array([estimate[0] for estimate, _ in found])
    variances = np.array([c[0, 0] for _, c in found])
    gradient = np.array([1.0, -ratio]) / 5.0
    expected = float(gradient @ covariance @ gradient) / count
    z = stats.norm.isf(FALSE_ALARM / 2.0)
    assert abs(estimates.mean() - ratio) < z * np.sqrt(expected / repeats)
    # Terms beyond the delta method are of relative order var(y) / (n mu_y^2) = 0.2 %; the jackknife keeps some of them.
    assert abs(variances.mean() / expected - 1.0) < z * variances.std() / expected / np.sqrt(repeats) + 0.01
    assert abs(estimates.var() / expected - 1.0) < z * np.sqrt(2.0 / repeats) + 0.01


def test_jackknife_needs_two_samples() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        jackknife(np.ones((1, 3)), lambda mean: mean)


def test_mean_and_error_of_samples() -> None:
    samples = np.random.default_rng(9).standard_normal((11, 2))
    mean, error = mean_and_error(samples)
    np.testing.assert_array_equal(mean, samples.mean(axis=0))
    np.testing.assert_array_equal(error, samples.std(axis=0, ddof=1) / np.sqrt(11))
    assert np.isnan(mean_and_error(samples[:1])[1]).all()


def test_errors_left_out_one_by_one_are_the_diagonal_of_the_covariance() -> None:
    samples = np.random.default_rng(10).standard_normal((13, 4))
    replicates = leave_one_out(samples, lambda mean: np.array([mean[0] * mean[1], mean[2] - mean[3] ** 2]))
    np.testing.assert_allclose(replicates.error**2, np.diag(replicates.covariance), rtol=1e-12)


def test_a_statistic_may_have_any_shape() -> None:
    samples = np.random.default_rng(11).standard_normal((5, 2, 3))
    square = leave_one_out(samples, lambda mean: mean**2)
    assert square.whole.shape == square.error.shape == square.unbiased.shape == (2, 3)
    number = leave_one_out(samples, lambda mean: mean[0, 0] ** 2)
    assert float(number.error) == pytest.approx(float(square.error[0, 0]), rel=1e-12)


def test_replicates_may_come_from_elsewhere() -> None:
    """What is no function of one mean (a regression, a median) is computed by its owner with rows left out."""
    x = np.random.default_rng(12).standard_normal(8)
    without = np.array([np.delete(x, i).mean() for i in range(8)])
    found = LeaveOneOut(x.mean(), without)
    assert float(found.unbiased) == pytest.approx(x.mean(), rel=1e-12)
    assert float(found.error) == pytest.approx(x.std(ddof=1) / np.sqrt(8), rel=1e-12)


def test_independent_runs_add_their_covariances() -> None:
    rng = np.random.default_rng(13)
    first, second = rng.standard_normal((9, 2)), rng.standard_normal((14, 2))
    whole, covariance = jackknife_over_runs([first, second], lambda means: means[0] - 2.0 * means[1])
    np.testing.assert_allclose(whole, first.mean(axis=0) - 2.0 * second.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(first.T) / 9.0 + 4.0 * np.cov(second.T) / 14.0, rtol=1e-10)
    with pytest.raises(ValueError, match="at least 2"):
        jackknife_over_runs([first, second[:1]], lambda means: means[0] - means[1])


def enumerated(betas: Array) -> tuple[Array, Array]:
    """Return exact energy and entropy per spin of a random layered network of 2, 3 and 2 spins."""
    rng = np.random.default_rng(8)
    first, second = rng.standard_normal((2, 3)), rng.standard_normal((3, 2))
    states = np.array(list(itertools.product([-1.0, 1.0], repeat=7)))
    levels = -np.einsum("si,ij,sj->s", states[:, :2], first, states[:, 2:5])
    levels -= np.einsum("si,ij,sj->s", states[:, 2:5], second, states[:, 5:])
    energies, entropies = [], []
    for beta in betas:
        weight = np.exp(-beta * (levels - levels.min()))
        weight /= weight.sum()
        energies.append(weight @ levels / 7.0)
        entropies.append(-weight @ np.log(weight) / 7.0)
    return np.array(energies), np.array(entropies)


def test_integrated_entropy_of_a_small_network_is_exact_to_fourth_order() -> None:
    errors = []
    for slots in (65, 129, 257):
        betas = np.linspace(0.0, 2.0, slots)
        energies, exact = enumerated(betas)
        errors.append(np.abs(entropy(betas, energies, np.log(2.0)) - exact).max())
    assert errors[-1] < 1e-8
    # Halving the spacing divides the error of a cubic spline's integral by 16.
    assert 12.0 < errors[0] / errors[1] < 20.0
    assert 12.0 < errors[1] / errors[2] < 20.0


def test_integrated_energy_of_one_bond_and_its_error_estimate() -> None:
    betas = np.linspace(0.0, 2.0, 257)
    integral, estimate = integrate_from_infinite_temperature(betas, -np.tanh(betas))
    true = np.abs(integral + np.log(np.cosh(betas)))
    assert integral[0] == 0.0
    assert 10.0 < estimate.max() / true.max() < 20.0
    # On a coarse, uneven ladder the order is not reached yet; the estimate still covers the error.
    uneven = np.array([0.0, 0.1, 0.3, 0.4, 0.6, 0.9, 1.2, 1.6, 2.0])
    integral, estimate = integrate_from_infinite_temperature(uneven, -np.tanh(uneven))
    assert np.abs(integral + np.log(np.cosh(uneven))).max() < estimate.max()


@pytest.mark.parametrize(
    ("betas", "message"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], "rise from 0"),
        ([0.0, 0.2, 0.2, 0.4, 0.5], "rise from 0"),
        ([0.5, 0.4, 0.3, 0.2, 0.0], "rise from 0"),
        ([0.0, 0.1, 0.2, 0.3], "at least 5"),
    ],
)
def test_ladders_that_cannot_be_integrated(betas: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entropy(np.array(betas), -np.array(betas), np.log(2.0))
