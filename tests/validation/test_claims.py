"""Every claim of the register on data that obey the theory, on data that do not, and on data that cannot tell.

The data are drawn around laws written down here by hand, independently of the solvers. A claim rejects a true theory
with a chance of 1 % (`LEVEL`); seeds are the first ones tried.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from synthetic import (
    BETAS,
    LAYERS,
    T_C,
    W,
    drawn_variances,
    family_of,
    gaussian_run,
    run_config,
    strengths,
    synthetic_run,
)

from mcsim.config import parse_config
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.simulate import simulate
from theory.layered_sk import LayeredCouplings, critical_temperature, solve_rs
from validation.claims import REGISTER, Claim, Finding, critical
from validation.claims.base import NotApplicableError
from validation.numbers.compare import Verdict
from validation.pages import report
from validation.pages.finding_figures import finding_figures
from validation.runs.spin_family import SpinFamily
from validation.runs.spins import MeasuredRun, read_measured

Array = NDArray[np.float64]
WIDTHS = (16, 64, 256)


def verdict(claim: str, family: SpinFamily) -> Verdict:
    """Return the verdict of a claim, by the end of its name."""
    return finding(claim, family).verdict


def finding(claim: str, family: SpinFamily) -> Finding:
    """Return the finding of a claim."""
    return REGISTER[claim].test(family)


def thermal_family(
    samples: int = 24,
    *,
    variance: float = 1.0,
    noise: float = 2e-3,
    widths: tuple[int, ...] = WIDTHS,
    betas: Array = BETAS,
    glass: Callable[[Array], Array] | None = None,
) -> SpinFamily:
    """Return runs with e_N = -beta (strength of the sample) + correction, and `glass` (beta) below 0.6 T_c.

    Parameters
    ----------
    variance : float
        Factor on the energy: what couplings of another variance would have had.
    noise : float
        Spread of an energy from sample to sample at 64 spins, beyond what the strength explains; falls as N^-1/2.
    """
    rng = np.random.default_rng(1)
    runs = []
    for width in widths:
        spins = LAYERS * width
        variances = drawn_variances(width, samples, rng)
        energies = -variance * betas * strengths(width, variances)[:, None] + 0.4 * betas**3 / spins
        cold = betas * T_C > 1.0 / 0.6
        if glass is not None:
            energies[:, cold] = glass(betas[cold]) + 0.5 * spins ** (-2.0 / 3.0)
        energies += noise * np.sqrt(64.0 / spins) * rng.standard_normal(energies.shape) * (betas > 0)
        runs.append(gaussian_run(width, samples, betas, energies, bond_variances=variances))
    return family_of(*runs)


THERMAL = ("layered-sk.energy-above-tc", "layered-sk.entropy-above-tc")


@pytest.mark.parametrize("claim", THERMAL)
def test_thermodynamics_above_tc_passes_where_the_theory_holds(claim: str) -> None:
    found = finding(claim, thermal_family())
    assert found.verdict is Verdict.PASS, found.summary
    assert found.negative_control_as_expected
    # The predictions come from the solver, the law from the back of an envelope.
    for comparison in found.comparisons:
        assert comparison.at.temperature is not None
        beta = 1.0 / comparison.at.temperature
        law = -beta * W if "energy" in claim else np.log(2.0) - 0.5 * beta**2 * W
        assert comparison.predicted == pytest.approx(law, rel=1e-3)


@pytest.mark.parametrize("claim", THERMAL)
@pytest.mark.parametrize("variance", [0.9, 1.1])
def test_a_variance_ten_per_cent_off_fails(claim: str, variance: float) -> None:
    assert verdict(claim, thermal_family(variance=variance)) is Verdict.FAIL


def test_noisy_energies_are_inconclusive() -> None:
    assert verdict(THERMAL[0], thermal_family(samples=8, noise=0.1)) is Verdict.INCONCLUSIVE


def test_noisy_entropies_are_inconclusive() -> None:
    assert verdict(THERMAL[1], thermal_family(samples=8, noise=0.1)) is Verdict.INCONCLUSIVE


def rs_energies(betas: Array) -> Array:
    """Return the replica-symmetric energies of four equal layers."""
    couplings = LayeredCouplings.from_convention((64,) * LAYERS, "fan-in")
    return np.array([solve_rs(couplings, 1.0 / beta).energy for beta in betas])


RS_FAILS = "layered-sk.rs-fails-below-tc"


def test_a_glass_is_seen() -> None:
    found = finding(RS_FAILS, thermal_family(glass=lambda betas: rs_energies(betas) + 0.01))
    assert found.verdict is Verdict.PASS, found.summary


def test_a_replica_symmetric_network_is_no_glass() -> None:
    assert verdict(RS_FAILS, thermal_family(glass=rs_energies)) is Verdict.INCONCLUSIVE


def test_an_energy_below_the_replica_symmetric_one_is_another_fault() -> None:
    assert verdict(RS_FAILS, thermal_family(glass=lambda betas: rs_energies(betas) - 0.01)) is Verdict.FAIL


def test_a_glass_does_not_count_where_the_energy_is_off_above_tc_too() -> None:
    found = finding(RS_FAILS, thermal_family(variance=0.9, glass=lambda betas: rs_energies(betas) + 0.01))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert not found.negative_control_as_expected


def test_a_noisy_glass_is_inconclusive() -> None:
    family = thermal_family(samples=8, noise=1.0, glass=lambda betas: rs_energies(betas) + 0.01)
    assert verdict(RS_FAILS, family) is Verdict.INCONCLUSIVE


IDENTITY = "layered-sk.identity"


def identity_run(samples: int = 64, *, energy_factor: float = 1.0, noise: float = 2e-3) -> MeasuredRun:
    """Return a run whose energies and overlaps obey the identity on average, times a factor."""
    rng = np.random.default_rng(2)
    width = 16
    variances = drawn_variances(width, samples, rng)
    # Overlaps grow from 0 to near 1 and differ much from network to network when cold, as those of a glass do.
    q = np.clip(BETAS / (1.0 + BETAS) * (1.0 + 0.3 * rng.standard_normal((samples, 1))), -1.0, 1.0)
    shift = (strengths(width, variances) - W)[:, None]
    energies = -BETAS * (W * (1.0 - q**2) + shift) + noise * rng.standard_normal(q.shape)
    return gaussian_run(width, samples, BETAS, energy_factor * energies, bond_variances=variances, overlaps=q)


def test_the_identity_passes_where_it_holds() -> None:
    found = finding(IDENTITY, family_of(identity_run()))
    assert found.verdict is Verdict.PASS, found.summary
    assert found.negative_control_as_expected
    assert len(found.comparisons) == BETAS.size - 1


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_violated_identity_fails(factor: float) -> None:
    assert verdict(IDENTITY, family_of(identity_run(energy_factor=factor))) is Verdict.FAIL


def test_the_identity_is_inconclusive_on_noise() -> None:
    assert verdict(IDENTITY, family_of(identity_run(samples=8, noise=1.0))) is Verdict.INCONCLUSIVE


CRITICAL = "layered-sk.critical-temperature"


def critical_family(
    samples: int = 1600, t_c: float = T_C, widths: tuple[int, ...] = (8, 32, 128), betas: Array = BETAS
) -> SpinFamily:
    """Return runs with N <q^2> = N^{1/3} exp(-N^{1/3} (T/T_c - 1)) (1 - N^{-1/3} / 2) and the spread of a glass.

    Such a spread needs this many samples: crossings are then known to about 2 %, their limit to 3 %.
    """
    rng = np.random.default_rng(3)
    runs = []
    with np.errstate(divide="ignore"):
        t = 1.0 / betas
    for width in widths:
        spins = LAYERS * width
        root = spins ** (1.0 / 3.0)
        # Bounded where no size is near its transition; there the claim does not look.
        scaled = np.exp(-np.clip(root * (t / t_c - 1.0), -3.0, 30.0)) * (1.0 - 0.5 / root)
        networks = rng.gamma(2.0, 0.5, (samples, 1)) * rng.gamma(20.0, 0.05, (samples, t.size))
        q2 = scaled * networks * spins ** (-2.0 / 3.0)
        variances = np.full((samples, LAYERS - 1), 1.0 / width)
        runs.append(
            gaussian_run(width, samples, betas, np.zeros_like(q2), bond_variances=variances, squared_overlaps=q2)
        )
    return family_of(*runs)


def test_the_critical_temperature_is_found() -> None:
    found = finding(CRITICAL, critical_family())
    assert found.verdict is Verdict.PASS, found.summary
    assert found.comparisons[0].predicted == pytest.approx(T_C)
    assert finding_figures(found).count("<svg") == 2


@pytest.mark.parametrize("factor", [0.75, 1.25])
def test_a_critical_temperature_a_quarter_off_fails(factor: float) -> None:
    assert verdict(CRITICAL, critical_family(t_c=factor * T_C)) is Verdict.FAIL


def test_a_wrong_prediction_of_the_critical_temperature_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = property(lambda family: 1.25 * critical_temperature(_couplings(family)))
    monkeypatch.setattr(SpinFamily, "critical_temperature", wrong)
    assert verdict(CRITICAL, critical_family()) is Verdict.FAIL


def _couplings(family: SpinFamily) -> LayeredCouplings:
    return LayeredCouplings.from_convention(family.largest.widths, "fan-in")


def test_few_networks_leave_the_critical_temperature_open() -> None:
    found = finding(CRITICAL, critical_family(samples=critical.FEWEST_SAMPLES))
    assert found.verdict is Verdict.INCONCLUSIVE, found.summary


TRAINED = "layered-ising.trained-order"
DIGITS = (64, 48, 48, 48, 10)
TRAINED_BETAS = np.geomspace(1.5, 0.02, 24)


def network_run(
    name: str, network: dict[str, object], ratios: Array, variances: Array, rng: np.random.Generator
) -> MeasuredRun:
    """Return a run whose energy is a multiple, by sample, of the paramagnet's with the variances of that sample."""
    widths = np.array(DIGITS, dtype=np.float64)
    bonds = widths[:-1] * widths[1:] / widths.sum()
    energies = -ratios[:, None] * TRAINED_BETAS * (variances @ bonds)[:, None]
    config = run_config(network, ratios.size, TRAINED_BETAS)
    series = 0.01 * rng.standard_normal(256)
    return synthetic_run(name, config, DIGITS, energies, bond_variances=variances, series=series)


def trained_family(after: float, before: float = 1.0, members: int = 16) -> SpinFamily:
    """Return a network whose energy ratio is `before`, then `after` training, and random ones with 1 within 3 %."""
    rng = np.random.default_rng(4)
    fan_in = 1.0 / np.array(DIGITS[:-1], dtype=np.float64)
    random = fan_in * (1.0 + 0.02 * rng.standard_normal((members, 4)))
    ratios = 1.0 + 0.03 * rng.standard_normal(members)
    stored = {"source": "file", "path": "package:digits"}
    return family_of(
        network_run("before", {**stored, "epoch": 0}, np.full(1, before), fan_in[None], rng),
        network_run("after", {**stored, "epoch": 100}, np.full(1, after), 9.0 * fan_in[None], rng),
        network_run("random", {"source": "gaussian", "widths": list(DIGITS)}, ratios, random, rng),
    )


def test_a_network_with_an_order_is_told_from_random_ones() -> None:
    found = finding(TRAINED, trained_family(after=1.5))
    assert found.verdict is Verdict.PASS, found.summary
    assert len(found.comparisons) == 3
    assert finding_figures(found).count("<svg") == 1


def test_larger_weights_alone_are_no_order() -> None:
    assert verdict(TRAINED, trained_family(after=1.0)) is Verdict.INCONCLUSIVE


def test_a_network_that_was_special_before_training_proves_nothing() -> None:
    found = finding(TRAINED, trained_family(after=1.5, before=1.5))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert not found.negative_control_as_expected


def without(betas: Array, low: float, high: float) -> Array:
    """Return the inverse temperatures outside an interval."""
    return betas[(betas < low) | (betas > high)]


@pytest.mark.parametrize(
    ("claim", "family", "reason"),
    [
        *((name, lambda: thermal_family(widths=WIDTHS[:2]), "3 sizes, has 2") for name in (*THERMAL, RS_FAILS)),
        *((name, lambda: thermal_family(samples=3), "4 samples at each size") for name in (*THERMAL, RS_FAILS)),
        (THERMAL[0], lambda: thermal_family(betas=without(BETAS, 0.0, 0.8)), "temperatures between"),
        (THERMAL[1], lambda: thermal_family(betas=without(BETAS, 0.0, 0.0)), "reach beta = 0"),
        (THERMAL[1], lambda: thermal_family(betas=BETAS[-4:]), "needs 5 temperatures"),
        (THERMAL[1], lambda: thermal_family(betas=BETAS[[0, 1, 2, 3, 14, 19, -1]], glass=np.zeros_like), "too coarse"),
        (RS_FAILS, lambda: thermal_family(betas=without(BETAS, 1.5, 9.0)), "temperatures between 0 and 0.5"),
        (RS_FAILS, lambda: thermal_family(widths=(1, 2, 4)), "more than 5 spins"),
        (IDENTITY, lambda: family_of(identity_run(samples=3)), "4 samples at each size"),
        (CRITICAL, lambda: critical_family(widths=(8, 32)), "3 sizes, has 2"),
        (CRITICAL, lambda: critical_family(samples=8), "24 samples at each size"),
        (CRITICAL, lambda: critical_family(betas=without(BETAS, 0.5, 1.2)), "4 common temperatures"),
        (CRITICAL, lambda: critical_family(t_c=9.0), "cross within the ladder"),
        (CRITICAL, lambda: critical_family(widths=(8, 8, 32, 128)), "one run at each size"),
        (TRAINED, lambda: trained_family(1.5, members=7), "8 samples"),
        (TRAINED, lambda: family_of(*trained_family(1.5).runs[1:]), "before (epoch = 0) and after"),
        (TRAINED, lambda: family_of(*trained_family(1.5).runs[:2]), "random ones of its shape"),
    ],
)
def test_data_that_cannot_speak_are_not_tested_and_say_why(
    claim: str, family: Callable[[], SpinFamily], reason: str
) -> None:
    built = family()
    with pytest.raises(NotApplicableError):
        REGISTER[claim].test(built)
    findings, untested = report.evaluate(built.runs, [REGISTER[claim]])
    assert findings == []
    assert untested[0].claim.id == claim
    assert reason in untested[0].reason
    assert "\n" not in untested[0].reason


@pytest.mark.parametrize("claim", REGISTER.values(), ids=REGISTER)
def test_claims_on_no_runs_name_what_they_need(claim: Claim) -> None:
    findings, untested = report.evaluate([], [claim])
    assert findings == []
    assert untested[0].reason == f"needs {claim.needs}"


def test_a_claim_without_a_negative_control_never_passes() -> None:
    claim = REGISTER[IDENTITY]
    assert claim.finding(family_of(), Verdict.PASS, "", [], "", False).verdict is Verdict.INCONCLUSIVE
    assert claim.finding(family_of(), Verdict.FAIL, "", [], "", False).verdict is Verdict.FAIL


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> MeasuredRun:
    """Return a real run of a few seconds: 12 networks of 24 spins."""
    config = parse_config({
        "seed": 1,
        "samples": 12,
        "model": {
            "kind": "layered-ising",
            "network": {"source": "gaussian", "widths": [6, 6, 6, 6]},
        },
        "ladder": {"betas": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.4, 2.0]},
        "run": {"copies": 2, "thermalization": 200, "measurements": 300},
    })  # fmt: skip
    folder = tmp_path_factory.mktemp("run") / "identity"
    simulate(config, folder, SerialCommunicator(), show_progress=False)
    return read_measured(folder)


def test_sampled_spins_obey_the_identity(sampled: MeasuredRun) -> None:
    # Twelve glasses of 24 spins are too few to settle a tenth at every temperature; they must not contradict it.
    assert verdict(IDENTITY, family_of(sampled)) is not Verdict.FAIL


def test_sampled_spins_with_wrong_energies_do_not(sampled: MeasuredRun) -> None:
    planted = MeasuredRun(sampled.name, sampled.config, sampled.data.assign(energy=1.3 * sampled.data.energy))
    assert verdict(IDENTITY, family_of(planted)) is Verdict.FAIL


def test_a_sampled_run_has_an_equilibration_verdict(sampled: MeasuredRun) -> None:
    assert 0.0 <= sampled.equilibration_p_value() <= 1.0


def drifting_run(drift: float) -> MeasuredRun:
    """Return a run of frozen chains whose energies are exact constants, or drift in their second half."""
    samples, betas = 6, BETAS[:3]
    rows = np.where(np.arange(64) < 32, 0.0, drift)
    energies = np.linspace(-1.0, -0.9, samples)[:, None] * np.ones(betas.size)
    variances = np.full((samples, LAYERS - 1), 1.0 / 4.0)
    config = run_config({"source": "gaussian", "widths": [4] * LAYERS}, samples, betas)
    return synthetic_run("frozen", config, (4,) * LAYERS, energies, bond_variances=variances, series=rows)


def test_frozen_spins_are_settled_and_a_common_drift_is_not() -> None:
    assert drifting_run(0.0).equilibration_p_value() == 1.0
    assert drifting_run(0.01).equilibration_p_value() < 1e-6


def test_repeats_of_one_seed_are_refused(sampled: MeasuredRun, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same seed and network"):
        report.write_report([sampled, sampled], [REGISTER[IDENTITY]], tmp_path / "page.html", "twice")
