"""Monte Carlo on given couplings: moments in their limits, exact small systems, melting of a known ferromagnet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import exact_averages, planted_network, signs
from scipy.signal import lfilter
from scipy.special import gammaln

from mcsim.config import RunConfig
from mcsim.networks.files import digits_weights_path, load_weights, save_weights
from mcsim.networks.layered import LayeredWeights
from mcsim.networks.weights_hdf5 import Stage
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from theory.tap import instability
from validation.networks.energies import energy_points, ordered_energy, paramagnet_energy
from validation.networks.figures import binder_figure, energy_figure, melting_figure, overlap_histograms_figure
from validation.networks.histograms import overlap_histograms
from validation.networks.melting import CRITICAL_BINDER, crossing, curie_weiss, curie_weiss_melting, melting, peak
from validation.networks.moments import binder_of, overlap_moments, projection_moments
from validation.networks.monte_carlo import SampledEpoch
from validation.networks.sampled_order import sampled_order
from validation.networks.sampled_spins import SampledSpins, sample_spins
from validation.networks.state import bonds_of, ordered_states, stability_mode
from validation.networks.tempering import TemperingPlan, tempering_config
from validation.numbers.blocks import block_jackknife
from validation.numbers.compare import Comparison
from validation.runs.spins import MeasuredRun, read_measured

UNIFORM = (40, 40)


def stored(folder: Path, network: LayeredWeights) -> Path:
    path = folder / "network.h5"
    save_weights(path, [(Stage(0.0, 0, 1.0, 1.0), network)])
    return path


@pytest.fixture(scope="module")
def ferromagnet() -> tuple[LayeredWeights, np.ndarray]:
    return planted_network(signs(UNIFORM), strength=2.0)


@pytest.fixture(scope="module")
def ferromagnet_run(
    tmp_path_factory: pytest.TempPathFactory, ferromagnet: tuple[LayeredWeights, np.ndarray]
) -> tuple[RunConfig, MeasuredRun, float]:
    folder = tmp_path_factory.mktemp("ferromagnet")
    critical = instability(bonds_of(ferromagnet[0])).temperature
    plan = TemperingPlan(slots=20, thermalization=300, measurements=1500, sweeps_per_measurement=1)
    config = tempering_config(stored(folder, ferromagnet[0]), 0.0, critical, plan)
    simulate(config, folder / "run", SerialCommunicator(), show_progress=False)
    run = read_measured(folder / "run")
    assert isinstance(run, MeasuredRun)
    return config, run, critical


@pytest.fixture(scope="module")
def ferromagnet_spins(ferromagnet_run: tuple[RunConfig, MeasuredRun, float]) -> list[SampledSpins]:
    return [sample_spins(ferromagnet_run[0], sample=i) for i in range(2)]


def independent_spins(n: int, frozen: bool = False) -> SampledSpins:
    """Return two slots of independent or of frozen spins, as if sampled."""
    rng = np.random.default_rng(2)
    states = rng.choice(np.array([-1, 1], dtype=np.int8), size=(2, 400, 4, n))
    if frozen:
        states[:] = states[:1, :1, :1] * rng.choice(np.array([-1, 1], dtype=np.int8), size=(2, 400, 4, 1))
    return SampledSpins(np.array([1.0, 2.0]), states, np.zeros(states.shape[:3]), (n,), True)


def test_jackknife_sees_autocorrelation() -> None:
    rng = np.random.default_rng(5)
    series = lfilter([1.0], [1.0, -0.8], rng.standard_normal((64, 2100)), axis=1)[:, 100:]
    found = block_jackknife(series[:, :, None], lambda mean: mean)
    true = 5.0 / np.sqrt(series.size)  # variance of the mean of an AR(1) process: 1/(1 - 0.8)^2 per row
    assert found.error[0] == pytest.approx(true, rel=0.25)
    naive = series.std() / np.sqrt(series.size)
    assert found.error[0] > 2 * naive
    with pytest.raises(ValueError, match="at least 4"):
        block_jackknife(series[:, :3, None], lambda mean: mean)


@pytest.mark.parametrize("n", [8, 30])
def test_binder_ratio_of_independent_and_frozen_spins(n: int) -> None:
    # <x^4> = (3 n^2 - 2 n)/n^4 for the mean of n independent spins, so g = 1/n and n <x^2> = 1.
    free = projection_moments([independent_spins(n)], np.ones(n))
    assert np.all(np.abs(free.binder.value - 1 / n) < 4 * free.binder.error)
    assert np.all(np.abs(free.susceptibility.value - 1) < 4 * free.susceptibility.error)
    still = independent_spins(n, frozen=True)
    frozen = projection_moments([still], still.states[0, 0, 0].astype(float))
    assert frozen.binder.value == pytest.approx(1.0)
    assert frozen.susceptibility.value == pytest.approx(n)
    assert frozen.spread.value == pytest.approx(0.0, abs=1e-4 * n)


def test_curie_weiss_limits() -> None:
    assert float(binder_of(curie_weiss(50, 1e9))) == pytest.approx(1 / 50, rel=1e-6)
    assert float(binder_of(curie_weiss(50, 0.05))) == pytest.approx(1.0)
    assert abs(CRITICAL_BINDER - 0.4058) < 1e-4
    deviations = [float(binder_of(curie_weiss(n, 1.0))) - CRITICAL_BINDER for n in (400, 6400)]
    assert deviations[0] / deviations[1] == pytest.approx(4.0, rel=0.1)  # N^{-1/2}
    binder, spread = zip(*(curie_weiss_melting(n) for n in (100, 10000)), strict=True)
    assert abs(binder[1] - 1) < 0.15 * abs(binder[0] - 1)
    assert abs(spread[1] - 1) < 0.15 * abs(spread[0] - 1)


def test_crossing_and_peak_of_known_curves() -> None:
    t = np.geomspace(0.5, 2.0, 15)
    assert crossing(t, 2.0 - t, 0.7) == pytest.approx(1.3)
    assert np.isnan(crossing(t, 2.0 - t, 3.0))
    assert peak(t, -(np.log(t / 1.1) ** 2)) == pytest.approx(1.1)
    assert np.isnan(peak(t, t))
    # The hottest crossing counts: below it the order may change once more.
    assert crossing(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, 1.0, 0.0]), 0.5) == pytest.approx(3.5)


def test_spins_are_those_of_the_run(
    ferromagnet_run: tuple[RunConfig, MeasuredRun, float], ferromagnet_spins: list[SampledSpins]
) -> None:
    run, spins = ferromagnet_run[1], ferromagnet_spins[1]
    assert np.array_equal(spins.energies, run.data.energy.values[1])
    overlaps = spins.overlaps(3)
    assert np.allclose(overlaps[..., -1], run.data.overlap_total.values[1, 3], atol=1e-6)
    assert np.allclose(overlaps[..., :-1], run.data.overlap.values[1, 3], atol=1e-6)


def test_small_network_agrees_with_enumeration(tmp_path: Path) -> None:
    network, pattern = planted_network(signs((5, 4, 4)), strength=1.5, noise=0.4)
    bonds = bonds_of(network)
    critical = instability(bonds).temperature
    plan = TemperingPlan(slots=8, repeats=1, thermalization=200, measurements=4000, sweeps_per_measurement=1)
    config = tempering_config(stored(tmp_path, network), 0.0, critical, plan)
    spins = sample_spins(config)
    moments = projection_moments([spins], pattern)
    for slot, temperature in enumerate(spins.temperatures):
        energy, (second, fourth) = exact_averages(network, float(temperature), pattern)
        binder = (3 - fourth / second**2) / 2
        assert abs(moments.binder.value[slot, 0] - binder) < 4.5 * moments.binder.error[slot, 0] + 1e-6
        chi, error = moments.susceptibility.value[slot, 0], moments.susceptibility.error[slot, 0]
        assert abs(chi - bonds.spins * second) < 4.5 * error + 1e-6
        measured = block_jackknife(np.moveaxis(spins.energies[slot], 1, 0)[..., None], lambda mean: mean)
        assert abs(measured.value[0] - energy) < 4.5 * measured.error[0]


@pytest.mark.parametrize(("reduced", "gain"), [(1.6, 4.0), (2.5, 20.0), (4.0, 100.0)])
@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_loops_explain_what_tap_misses_above(strength: float, reduced: float, gain: float) -> None:
    # What is left out are interacting loops, one order higher in 1/T: the gain rises with the temperature.
    network, pattern = planted_network(signs((6, 5, 4)), strength=strength, noise=1.0 - 0.4 * strength, seed=4)
    bonds = bonds_of(network)
    temperature = reduced * instability(bonds).temperature
    exact = exact_averages(network, temperature, pattern)[0] / bonds.spins
    predicted = paramagnet_energy(bonds, temperature)
    assert abs(exact - predicted.corrected) * gain < abs(exact - predicted.tap)


def two_layer_energy(n: int, coupling: float, temperature: float) -> float:
    """Return the exact energy per spin of two layers of n spins with all couplings equal, from the up spins of each."""
    m, up = np.linspace(-1, 1, n + 1), np.arange(n + 1)
    ways = -gammaln(up + 1) - gammaln(n - up + 1)
    energy = -coupling * n**2 * np.outer(m, m)
    logs = ways[:, None] + ways[None, :] - energy / temperature
    weight = np.exp(logs - logs.max())
    return float((weight * energy).sum() / weight.sum()) / (2 * n)


def test_tap_misses_the_ordered_energy_by_one_over_n_and_loops_leave_its_square() -> None:
    missed, left = [], []
    for n in (100, 200):
        bonds = bonds_of(planted_network(signs((n, n)), strength=2.0)[0])
        exact, predicted = two_layer_energy(n, 2.0 / n, 1.2), ordered_energy(bonds, 1.2, starts=2)
        assert predicted is not None
        assert ordered_states(bonds, 1.2, starts=2).shares.tolist() == [1.0]
        missed.append(exact - predicted.tap)
        left.append(exact - predicted.corrected)
    assert missed[0] / missed[1] == pytest.approx(2.0, rel=0.2)
    assert left[0] / left[1] == pytest.approx(4.0, rel=0.2)
    assert 0 < left[0] < 0.2 * missed[0]


def test_ferromagnet_energies_and_a_wrong_theory(
    ferromagnet: tuple[LayeredWeights, np.ndarray],
    ferromagnet_run: tuple[RunConfig, MeasuredRun, float],
    ferromagnet_spins: list[SampledSpins],
) -> None:
    critical = ferromagnet_run[2]
    limits = {"above": 1.35, "ordered": 0.6, "most": 3, "starts": 4}
    points = energy_points(ferromagnet_spins, bonds_of(ferromagnet[0]), critical, **limits)
    assert [point.phase for point in points] == ["ordered"] * 3 + ["above"] * 2
    for point in points:
        assert abs(point.predicted.corrected - point.measured) < 0.02 * abs(point.measured) + 4 * point.error
    wrong = LayeredWeights(tuple(1.05 * w for w in ferromagnet[0].weights))
    rejected = energy_points(ferromagnet_spins, bonds_of(wrong), critical, **limits)
    assert all(abs(one.against_tap(loops=True).z) > 5 for one in rejected if one.phase == "ordered")
    assert isinstance(points[0].against_tap(loops=False), Comparison)


def test_ferromagnet_melts_where_one_of_its_size_does(
    ferromagnet: tuple[LayeredWeights, np.ndarray],
    ferromagnet_run: tuple[RunConfig, MeasuredRun, float],
    ferromagnet_spins: list[SampledSpins],
) -> None:
    critical = ferromagnet_run[2]
    assert critical == pytest.approx(2.0, rel=0.06)  # strength x (1 + O(1/n)): the reaction term
    found = melting(ferromagnet_spins, stability_mode(bonds_of(ferromagnet[0]), critical)[1], critical)
    assert found.participants == pytest.approx(80, rel=1e-6)
    for melts in (found.binder, found.spread):
        assert 0 < melts.error < 0.1 * critical
        assert abs(melts.value / critical - melts.expected) < 0.05 + 4 * melts.error / critical
    assert found.critical_temperature == critical
    # A direction that does not order has no melting where the other one has.
    across = np.concatenate([signs((40, 40), seed=77)[0], signs((40, 40), seed=78)[1]])
    wrong = projection_moments(ferromagnet_spins, across)
    right = projection_moments(ferromagnet_spins, ferromagnet[1])
    assert wrong.susceptibility.value[0, 0] < 0.3 * right.susceptibility.value[0, 0]


def test_monte_carlo_order_is_the_tap_solution_and_not_another(
    ferromagnet: tuple[LayeredWeights, np.ndarray],
    ferromagnet_run: tuple[RunConfig, MeasuredRun, float],
    ferromagnet_spins: list[SampledSpins],
) -> None:
    spins, bonds = ferromagnet_spins[0], bonds_of(ferromagnet[0])
    slot = spins.nearest(0.6 * ferromagnet_run[2])
    temperature = float(spins.temperatures[slot])
    solution = ordered_states(bonds, temperature, starts=4).lowest
    assert solution is not None
    mode = stability_mode(bonds, temperature)[1][:, None]
    found = sampled_order(spins, solution.magnetisations, temperature, mode)
    assert found.recovered == pytest.approx(1.0, abs=0.05)
    assert found.share_of_overlap > 0.97
    assert abs(found.solution.cosine) > 0.99
    assert abs(found.modes[0].cosine) > 0.99
    other = np.concatenate(signs(UNIFORM, seed=50)) * np.abs(solution.magnetisations)
    wrong = sampled_order(spins, other, temperature, mode)
    assert abs(wrong.recovered) < 0.2
    free = sampled_order(independent_spins(80), solution.magnetisations, 1.0, mode)
    assert abs(free.recovered) < 5 * free.recovered_error + 0.05
    states = spins.states[slot].reshape(-1, spins.spins).astype(float)
    aligned = np.sign(states @ ferromagnet[1]) @ states / len(states)
    assert np.allclose(np.abs(aligned), np.abs(solution.magnetisations), atol=0.1)


def test_overlaps_of_a_run_at_infinite_temperature(tmp_path: Path) -> None:
    network, _ = planted_network(signs((20, 10, 6)), strength=1.0)
    plan = TemperingPlan(slots=3, coldest=2000.0, hottest=4000.0, thermalization=20, measurements=600, repeats=2)
    config = tempering_config(stored(tmp_path, network), 0.0, 1.0, plan)
    samples = [sample_spins(config, sample=i) for i in range(2)]
    moments = overlap_moments(samples)
    assert samples[0].overlap_names == ("layer 0", "layer 1", "layer 2", "all spins")
    sizes = np.array([20, 10, 6, 36])
    assert np.all(np.abs(moments.binder.value - 1 / sizes) < 5 * moments.binder.error)
    assert np.all(np.abs(moments.susceptibility.value - 1) < 5 * moments.susceptibility.error)


def test_histograms_of_independent_and_of_frozen_spins() -> None:
    n = 64
    free = overlap_histograms([independent_spins(n)], 1.0)
    assert [one.name for one in free] == ["layer 0", "all spins"]
    one = free[-1]
    centres, width = (one.edges[1:] + one.edges[:-1]) / 2, np.diff(one.edges)
    assert (one.density * width).sum() == pytest.approx(1.0)
    assert np.array_equal(one.density, one.density[::-1])
    # Pairs of independent spins: <q^2> = 1/n; bins add their own width.
    assert (one.density * width * centres**2).sum() == pytest.approx(1 / n + width[0] ** 2 / 12, rel=0.15)
    assert np.all(one.error[one.density > 0.5] > 0)
    still = overlap_histograms([independent_spins(n, frozen=True)], 1.0)[-1]
    assert np.count_nonzero(still.density) == 2
    assert still.density[[0, -1]] == pytest.approx(1 / (2 * width[0]))


def test_ladder_spans_the_transition_of_the_epoch() -> None:
    config = tempering_config("package:digits", 10, 3.4, TemperingPlan())
    betas = config.ladder.inverse_temperatures()
    assert 1 / betas[0] == pytest.approx(0.3 * 3.4)
    assert 1 / betas[-1] == pytest.approx(1.6 * 3.4)
    assert config.run.copies >= 4
    assert TemperingPlan().slots_for(2000) > betas.size
    assert load_weights(digits_weights_path(), epoch=10).widths == (64, 48, 48, 48, 10)


def test_figures_of_a_run_are_drawn(
    ferromagnet: tuple[LayeredWeights, np.ndarray],
    ferromagnet_run: tuple[RunConfig, MeasuredRun, float],
    ferromagnet_spins: list[SampledSpins],
) -> None:
    bonds = bonds_of(ferromagnet[0])
    critical = instability(bonds)
    mode = stability_mode(bonds, critical.temperature)[1]
    trained = SampledEpoch(
        1.0,
        critical,
        melting(ferromagnet_spins, mode, critical.temperature),
        overlap_moments(ferromagnet_spins),
        projection_moments(ferromagnet_spins, mode),
        tuple(overlap_histograms(ferromagnet_spins, critical.temperature)),
        tuple(energy_points(ferromagnet_spins, bonds, critical.temperature, most=2, starts=2)),
        None,
    )
    untrained = replace(trained, epoch=0.0, critical=replace(critical, kind="near-touch"))
    for svg in (
        overlap_histograms_figure([trained], "$T_c$"),
        binder_figure([trained]),
        melting_figure([untrained, trained]),
        energy_figure([trained]),
    ):
        assert svg.startswith("<svg")
    assert {point.phase for point in untrained.comparable_energies} == {"above"}
