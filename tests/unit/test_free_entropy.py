"""Free entropies from energies whose law is known: Gaussian and gamma priors, tilted exactly by any beta."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mcsim.estimators.free_entropy import Reweighting, by_integration

Array = NDArray[np.float64]
SITES, SHAPE = 40, 0.5
BETAS = np.array([0.0, 0.15, 0.3, 0.5, 0.7, 0.95, 1.2, 1.5, 1.8])
LAWS = ("gaussian", "gamma")


def phi(law: str, betas: Array) -> Array:
    """Return the exact free entropy: H ~ N(0, N), or -H ~ Gamma(N/2, 1/3), which beta tilts to scale 1/(3 - beta)."""
    return 0.5 * betas**2 if law == "gaussian" else -SHAPE * np.log1p(-betas / 3.0)


def energy(law: str, betas: Array) -> Array:
    """Return the exact <H>/N = -dPhi/dbeta."""
    return -betas if law == "gaussian" else -SHAPE / (3.0 - betas)


def log_density(law: str, e: Array) -> Array:
    """Return the logarithm of the prior's density of e = H/N."""
    if law == "gaussian":
        return np.asarray(stats.norm.logpdf(e, scale=SITES**-0.5))
    return np.asarray(stats.gamma.logpdf(-e, SHAPE * SITES, scale=1.0 / (3.0 * SITES)))


def draw(law: str, rng: np.random.Generator, rows: int, betas: Array = BETAS, tau: int = 1) -> Array:
    """Return energies (slots, rows, 2) of the tilted laws, each repeated `tau` times in a row."""
    count = -(-rows // tau)
    if law == "gaussian":
        drawn = -SITES * betas[:, None, None] + np.sqrt(SITES) * rng.standard_normal((betas.size, count, 2))
    else:
        drawn = -rng.gamma(SHAPE * SITES, 1.0 / (3.0 - betas[:, None, None]), (betas.size, count, 2))
    return np.repeat(drawn, tau, axis=1)[:, :rows]


def z_scores(law: str, tau: int, betas: Array = BETAS, repeats: int = 60) -> dict[str, Array]:
    """Return deviations from the exact free entropy in stated errors, (repeats, slots - 1), by route."""
    rng = np.random.default_rng(1)
    exact = phi(law, BETAS)
    found: dict[str, list[Array]] = {"integration": [], "mbar": []}
    for _ in range(repeats):
        energies = draw(law, rng, 512, tau=tau)
        for name, one in (
            ("integration", by_integration(betas, energies, SITES)),
            ("mbar", Reweighting(betas, energies, SITES, draws=200).free_entropy),
        ):
            error = np.hypot(one.errors, one.discretization)
            found[name].append(((one.values - exact) / np.where(error > 0, error, 1.0))[1:])
    return {name: np.array(z) for name, z in found.items()}


@pytest.mark.parametrize(("law", "tau"), [("gaussian", 1), ("gamma", 1), ("gamma", 8)])
def test_both_routes_find_the_free_entropy_with_honest_errors(law: str, tau: int) -> None:
    for name, z in z_scores(law, tau).items():
        mean_z = z.mean(axis=0) * np.sqrt(z.shape[0])
        assert np.abs(mean_z).max() < stats.norm.isf(0.001 / (2 * z.shape[1])), name
        # The spread of z is 1 if errors are right; blocking takes the largest octave, so it errs on the safe side.
        spread = np.sqrt(np.mean(z**2, axis=0))
        assert spread.max() < 1.35, name
        assert spread.min() > 0.45, name


def test_a_ladder_mistaken_by_two_per_cent_is_seen() -> None:
    for name, z in z_scores("gaussian", 1, 1.02 * BETAS).items():
        assert np.abs(z.mean(axis=0)).max() * np.sqrt(z.shape[0]) > 6.0, name


def test_a_coarse_ladder_shows_in_the_discretization() -> None:
    betas = np.array([0.0, 0.6, 1.2, 1.8, 2.4])
    energies = np.repeat(SITES * energy("gamma", betas), 64).reshape(5, 32, 2)
    one = by_integration(betas, energies, SITES)
    miss = np.abs(one.values - phi("gamma", betas))
    assert miss.max() > 1e-4
    assert one.errors == pytest.approx(np.zeros(5))
    assert one.discretization.max() > 0.3 * miss.max()


@pytest.mark.parametrize("law", LAWS)
def test_microcanonical_entropy_is_the_prior_density_of_energies(law: str) -> None:
    rng = np.random.default_rng(2)
    at = energy(law, np.array([0.4, 1.0, 1.6]))
    c = np.array([1.0, 1.0, 1.0]) if law == "gaussian" else SHAPE / (3.0 - np.array([0.4, 1.0, 1.6])) ** 2
    half = 0.2 * np.sqrt(c / SITES)
    edges = np.sort(np.concatenate([at - half, at + half]))
    found = []
    for _ in range(40):
        s, error = Reweighting(BETAS, draw(law, rng, 400), SITES).microcanonical_entropy(edges)
        found.append(s[::2][::-1])
    mean, spread = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(40)
    exact = (log_density(law, at) + 0.5 * np.log(2.0 * np.pi * c / SITES)) / SITES
    # c is estimated and interpolated between slots: a few per cent of it are 0.02 / N in s.
    assert np.abs(mean - exact).max() < 4.0 * spread.max() + 0.02 / SITES
    assert error[::2][::-1] == pytest.approx(np.std(found, axis=0), rel=0.9)
    # The canonical entropy differs by less than the Gaussian factor, which is what the correction is for.
    betas = np.array([0.4, 1.0, 1.6])
    canonical = phi(law, betas) + betas * at
    uncorrected = log_density(law, at) / SITES
    assert np.abs(exact - canonical).max() < 0.1 * np.abs(uncorrected - canonical).min()


def test_energies_nobody_drew_have_no_entropy() -> None:
    sample = draw("gaussian", np.random.default_rng(3), 64)
    s, error = Reweighting(BETAS, sample, SITES).microcanonical_entropy(np.array([-9.0, -8.9]))
    assert np.isnan(s).all()
    assert np.isnan(error).all()


def test_ladders_that_do_not_start_at_infinite_temperature_are_refused() -> None:
    energies = draw("gaussian", np.random.default_rng(4), 32)[1:]
    with pytest.raises(ValueError, match="rise from 0"):
        by_integration(BETAS[1:], energies, SITES)
    with pytest.raises(ValueError, match="rise from 0"):
        Reweighting(BETAS[1:], energies, SITES)
