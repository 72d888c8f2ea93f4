"""Tails of spectra: power laws are found, and others ruled out."""

import numpy as np
import pytest

from theory.spectrum import fit_tail


def test_a_power_law_is_recovered_with_its_beginning_and_error():
    rng = np.random.default_rng(0)
    exponents, errors = [], []
    for _ in range(12):
        values = np.concatenate([rng.uniform(0.1, 1.0, 300), rng.random(400) ** (-1 / 1.5)])
        fit = fit_tail(values, samples=0)
        exponents.append(fit.exponent)
        errors.append(fit.error)
        assert 0.8 < fit.smallest < 3
        assert fit.largest == values.max()
    assert np.mean(exponents) == pytest.approx(2.5, abs=0.1)
    assert np.std(exponents) == pytest.approx(np.mean(errors), rel=0.8)


def test_the_p_value_accepts_a_power_law_and_rules_out_others():
    rng = np.random.default_rng(1)
    accepted = fit_tail(rng.random(300) ** (-1 / 1.5), samples=40)
    assert accepted.p_value > 0.1
    refused = fit_tail(np.abs(rng.normal(3.0, 0.5, 600)), samples=40)
    assert refused.p_value < 0.1 or refused.points < 120


@pytest.mark.parametrize("values", [np.ones(5), np.linspace(0, 1, 50), np.full(30, np.nan)])
def test_values_without_a_tail_are_refused(values):
    with pytest.raises(ValueError, match="give at least 20, positive and finite"):
        fit_tail(values)
