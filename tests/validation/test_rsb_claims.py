"""Claims about replica symmetry breaking on overlaps that obey them, on replica-symmetric ones, and on too few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from synthetic_glass import T_C, TEMPERATURES, WEIGHTS, broken, glass_family, levels_at, symmetric

from validation.claims import REGISTER, glass_slots
from validation.claims.base import NotApplicableError
from validation.numbers.compare import Verdict
from validation.numbers.estimate import Estimate
from validation.numbers.extrapolation import extrapolate
from validation.numbers.lattice import density_of_magnitude
from validation.numbers.limit import GLASS, RESOLVED, limit_of
from validation.pages.finding_figures import finding_figures
from validation.runs.spin_family import SpinFamily, families_of_spins

SPINS = [name for name in REGISTER if name.startswith("rsb.") and "mlp" not in name]


@pytest.fixture(autouse=True)
def laws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The theory is the law that the data were drawn from: the solver has tests of its own."""
    monkeypatch.setattr(glass_slots, "full_breaking", broken)
    monkeypatch.setattr(glass_slots, "no_breaking", symmetric)


@pytest.fixture(scope="module")
def glass() -> SpinFamily:
    return glass_family()


@pytest.fixture(scope="module")
def replica_symmetric() -> SpinFamily:
    return glass_family(breaking=False)


def test_there_are_seven_claims_about_spins() -> None:
    assert len(SPINS) == 7


@pytest.mark.parametrize("claim", SPINS)
def test_a_cascade_passes(claim: str, glass: SpinFamily) -> None:
    found = REGISTER[claim].test(glass)
    assert found.verdict is Verdict.PASS, found.summary
    assert found.negative_control_as_expected
    assert finding_figures(found).count("<svg") == (2 if claim == "rsb.moments" else 1)


@pytest.mark.parametrize("claim", SPINS)
def test_replica_symmetric_copies_fail(claim: str, replica_symmetric: SpinFamily) -> None:
    found = REGISTER[claim].test(replica_symmetric)
    assert found.verdict is Verdict.FAIL, found.summary


@pytest.mark.parametrize("claim", sorted({*SPINS} - {"rsb.moments", "rsb.energy", "rsb.ultrametricity"}))
def test_few_networks_settle_nothing(claim: str) -> None:
    found = REGISTER[claim].test(glass_family(samples=24, seed=3))
    assert found.verdict is Verdict.INCONCLUSIVE, found.summary


def test_noisy_energies_settle_nothing() -> None:
    found = REGISTER["rsb.energy"].test(glass_family(samples=24, seed=3, blur=100.0))
    assert found.verdict is Verdict.INCONCLUSIVE, found.summary


def test_a_theory_whose_levels_are_ten_per_cent_off_fails(glass: SpinFamily, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(couplings: object, temperature: float) -> object:
        law = broken(None, temperature)  # type: ignore[arg-type]
        return replace(law, q=replace(law.q, values=1.1 * law.q.values))

    monkeypatch.setattr(glass_slots, "full_breaking", wrong)
    assert REGISTER["rsb.moments"].test(glass).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        (lambda: glass_family(samples=30, copies=2), "4 copies, glass-64 has 2"),
        (lambda: glass_family(samples=30, widths=(16, 64)), "3 sizes, has 2"),
        (lambda: glass_family(samples=12), "24 samples at each size"),
    ],
)
def test_runs_that_cannot_speak_say_why(family: Callable[[], SpinFamily], reason: str) -> None:
    built = family()
    for name in SPINS:
        with pytest.raises(NotApplicableError, match=reason):
            REGISTER[name].test(built)


def test_two_and_four_copies_make_families_of_their_own() -> None:
    runs = [*glass_family(samples=4).runs, *glass_family(samples=4, copies=2, seed=9).runs]
    assert [len(family.runs) for family in families_of_spins(runs)] == [3, 3]


def test_an_exponent_that_is_not_known_widens_the_error() -> None:
    sizes = np.array([32.0, 64.0, 128.0, 256.0])
    estimates = [Estimate(1.0 - n ** (-0.5), 1e-3) for n in sizes]
    one = limit_of("f", sizes, estimates, GLASS, 99)
    both = limit_of("f", sizes, estimates, RESOLVED, 99)
    assert abs(one.against(1.0).z) > 4
    assert abs(both.against(1.0).z) < 1.5
    low, high = sorted(fit.value for fit in both.fits)
    assert low < 1.0 < high or abs(both.value - 1.0) < both.error * 1.5


def test_the_error_knows_of_corrections_beyond_the_leading_one() -> None:
    """A second term N^-4/3 moves the limit of a fit by many of its errors, but not of the whole error."""
    sizes = np.array([16.0, 32.0, 64.0, 128.0])
    estimates = [Estimate(float(1.0 + n ** (-2 / 3) + 2 * n ** (-4 / 3)), 1e-3) for n in sizes]
    four = limit_of("f", sizes, estimates, GLASS, 99)
    assert abs(four.against(1.0).z) < 1.5
    naive = extrapolate(sizes ** (-2 / 3), four.values, np.full(4, 1e-3))
    assert abs(naive.value - 1.0) > 4 * np.sqrt(2) * 1e-3
    # Without a second term the price is a larger statistical error alone.
    clean = [Estimate(float(1.0 + n ** (-2 / 3)), 1e-3) for n in sizes]
    exact = limit_of("f", sizes, clean, GLASS, 99)
    assert exact.value == pytest.approx(1.0)
    assert exact.error < 0.5 * four.error


def test_the_law_of_overlaps() -> None:
    law = broken(None, float(TEMPERATURES[0]))  # type: ignore[arg-type]
    assert law.largest == pytest.approx(levels_at(0.4 * T_C)[-1])
    assert law.q.mean(law.total**2) == pytest.approx(float(WEIGHTS @ levels_at(0.4 * T_C) ** 2))
    assert law.q.variance(law.total) == pytest.approx(law.q.mean(law.total**2) - law.q.mean(law.total) ** 2)


@pytest.mark.parametrize("spins", [7, 32, 256])
def test_the_density_of_overlaps_is_normalised(spins: int) -> None:
    rng = np.random.default_rng(0)
    q = np.abs(2 * rng.binomial(spins, 0.5, 20_000) / spins - 1.0)
    lattice = np.bincount(np.rint(q * spins).astype(int), minlength=spins + 1)[None] / q.size
    edges, density = density_of_magnitude(lattice, spins, most_bins=20)
    assert (density[0] * np.diff(edges)).sum() == pytest.approx(1.0)
    assert np.all(np.diff(edges) > 0)
    # Near zero the density is that of |q|, twice a normal density, whether or not q = 0 is possible.
    assert density[0, 0] == pytest.approx(2 * np.sqrt(spins / (2 * np.pi)), rel=0.15)
