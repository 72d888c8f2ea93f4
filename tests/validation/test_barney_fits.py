"""Fits to T_c(t): a power law and a logarithm are told apart, errors are honest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from validation.numbers.compare import Verdict
from validation.papers.barney2024.claims_growth import as_logarithm, as_shuffled, law_verdict
from validation.papers.barney2024.evidence import crossings, first_crossing
from validation.papers.barney2024.fits import Growth, fit_growth

Array = NDArray[np.float64]

EPOCHS = np.array([1.0, 2, 3, 4, 6, 8, 10, 13, 16, 20])


def power(t: Array) -> Array:
    return np.asarray(2.8 * t**0.18)


def logarithm(t: Array) -> Array:
    return np.asarray(2.8 + 0.7 * np.log(t))


def curves(law: Callable[[Array], Array], seed: int, *, seeds: int = 3, noise: float = 0.003) -> Array:
    """Return T_c of networks that differ in height, in exponent and by noise at each stage."""
    rng = np.random.default_rng(seed)
    height, slope = 0.02 * rng.standard_normal((seeds, 1)), 0.01 * rng.standard_normal((seeds, 1))
    rough = noise * rng.standard_normal((seeds, EPOCHS.size))
    return np.asarray(law(EPOCHS) * np.exp(height + slope * np.log(EPOCHS) + rough))


def growth(law: Callable[[Array], Array], seed: int, **options: float) -> Growth:
    return fit_growth(EPOCHS, curves(law, seed, **options))  # type: ignore[arg-type]


def test_exact_power_law_is_recovered() -> None:
    fit = fit_growth(EPOCHS, np.stack([power(EPOCHS), 1.1 * power(EPOCHS)]))
    assert fit.exponent == pytest.approx(0.18, abs=1e-9)
    assert fit.best == "power"


@pytest.mark.parametrize(("law", "name"), [(power, "power"), (logarithm, "logarithm")])
def test_both_two_parameter_laws_win_on_their_own_data(law: Callable[[Array], Array], name: str) -> None:
    best = [min(("power", "logarithm"), key=lambda one: fit.laws[one].aicc)
            for fit in (growth(law, seed) for seed in range(20))]  # fmt: skip
    assert best == [name] * 20


def test_the_offset_law_wins_on_its_own_data() -> None:
    fits = [growth(lambda t: np.asarray(1.5 + 1.3 * t**0.4), seed, noise=0.001) for seed in range(10)]
    assert [fit.best for fit in fits] == ["offset"] * 10
    assert np.mean([fit.laws["offset"].parameters[2] for fit in fits]) == pytest.approx(0.4, abs=0.08)


def test_goodness_is_uniform_under_the_law_and_tiny_under_another() -> None:
    p = np.array([growth(power, seed).goodness for seed in range(120)])
    assert 0.02 < np.mean(p < 0.1) < 0.2
    assert abs(p.mean() - 0.5) < 0.1
    assert max(growth(logarithm, seed).goodness for seed in range(20)) < 1e-4


def test_error_of_the_exponent_covers_its_spread_over_seeds() -> None:
    fits = [growth(power, seed, seeds=4) for seed in range(120)]
    z = np.array([(fit.exponent - 0.18) / fit.error for fit in fits])
    # Student's t with 3 degrees of freedom: 95 % within 3.18.
    assert np.mean(np.abs(z) < 3.18) > 0.9
    assert fits[0].degrees == 3


@pytest.mark.parametrize("shape", [(1, 10), (3, 4)])
def test_too_little_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a fit needs 5 stages of 2 seeds"):
        fit_growth(EPOCHS[: shape[1]], np.ones(shape))


def test_power_laws_pass_logarithms_fail_and_noise_cannot_tell() -> None:
    assert law_verdict([growth(power, seed) for seed in range(6)]) is Verdict.PASS
    assert law_verdict([growth(logarithm, seed) for seed in range(6)]) is Verdict.FAIL
    assert law_verdict([growth(power, seed, noise=0.2) for seed in range(6)]) is Verdict.INCONCLUSIVE
    assert law_verdict([]) is Verdict.INCONCLUSIVE


def test_negative_controls_do_not_pass() -> None:
    fits = [growth(power, seed) for seed in range(6)]
    for control in (as_logarithm, as_shuffled):
        assert law_verdict([control(fit, seed) for seed, fit in enumerate(fits)]) is not Verdict.PASS


def stages(kinds: str) -> list[dict[str, object]]:
    names = {"n": "near-touch", "c": "crossing"}
    return [{"epoch": float(k), "kind": names[kind], "temperature": 1.0 + k} for k, kind in enumerate(kinds)]


def test_stages_before_the_crossing_are_left_out() -> None:
    epochs, temperatures = crossings([stages("nccc"), stages("nncc")])
    assert epochs.tolist() == [2, 3]
    assert temperatures.tolist() == [[3, 4], [3, 4]]
    assert first_crossing(stages("cncc")) == 2
    assert first_crossing(stages("nn")) is None
