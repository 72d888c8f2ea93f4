"""Claims about the width of overlaps of random MLPs, on overlaps that stay broad and on overlaps that narrow."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from cascades import cascade_overlaps
from numpy.typing import NDArray
from synthetic_mlp import mlp_config

from validation.claims import REGISTER, mlp_overlaps
from validation.claims.base import NotApplicableError
from validation.numbers.compare import Verdict
from validation.numbers.copies import pair_statistics
from validation.pages.finding_figures import finding_figures
from validation.runs.mlp_family import MlpFamily, families_of_mlps
from validation.runs.mlps import MeasuredMlp, measured_mlp

Array = NDArray[np.float64]
BROAD, NARROW = "rsb.mlp-broad-overlaps", "rsb.mlp-narrow-overlaps"
LINE = 3.5
BETAS = np.array([6.0, 5.0, 3.0, 2.0])
ROWS, COPIES = 40, 4
M, LEVELS = (0.3, 0.6), (0.9, 1.1, 1.4)
PROBABILITIES = np.array([0.3, 0.3, 0.4])
VARIANCE = float(PROBABILITIES @ np.square(LEVELS) - (PROBABILITIES @ np.array(LEVELS)) ** 2)


def run(
    width: int, samples: int, *, broad: bool = True, copies: int = COPIES, seed: int = 0, scales: float = 0.0
) -> MeasuredMlp:
    """Return a run whose overlaps are a cascade's beyond the line, if `broad`, with noise of N^-1/3, else of N^-1/2.

    Networks differ as well: by the mean overlap, of order N^-1/2, everywhere, and by the scale of all overlaps, whose
    logarithm varies by `scales` N^-1/2.
    """
    rng = np.random.default_rng([seed, width])
    config = mlp_config(width, samples, BETAS)
    config = config.model_copy(update={"run": config.run.model_copy(update={"copies": copies})})
    pairs = copies * (copies - 1) // 2
    overlaps = np.ones((samples, BETAS.size, ROWS, pairs, 2))
    for i, beta in enumerate(BETAS):
        glass = broad and beta > LINE
        if glass:
            overlaps[:, i, ..., 0] = cascade_overlaps(samples, ROWS, 7 * width + i + seed, m=M, q=LEVELS, copies=copies)
        noise = 0.5 * width ** (-1 / 3 if glass else -1 / 2)
        overlaps[:, i] += noise * rng.standard_normal((samples, ROWS, pairs, 2))
        overlaps[:, i] += 0.3 * width**-0.5 * rng.standard_normal((samples, 1, 1, 2)) * (not glass)
    energy = rng.standard_normal((samples, BETAS.size, ROWS, copies))
    scale = np.exp(scales * width**-0.5 * rng.standard_normal((samples, 1, 1, 1, 1)))
    self_overlaps = scale * np.ones((samples, BETAS.size, ROWS, copies, 2))
    overlaps *= scale
    data = xr.Dataset(
        {
            "energy": (("sample", "slot", "measurement", "copy"), energy),
            "overlap": (("sample", "slot", "overlap_measurement", "pair", "layer"), overlaps),
            "self_overlap": (("sample", "slot", "overlap_measurement", "copy", "layer"), self_overlaps),
        },
        coords={"sample": np.arange(samples), "beta": ("slot", BETAS)},
    )
    return measured_mlp(f"sin-{width}", config, data)


def family(samples: int = 200, widths: tuple[int, ...] = (24, 96, 384), **law: object) -> MlpFamily:
    """Return runs at several widths."""
    return MlpFamily(tuple(run(n, samples, **law) for n in widths))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def theory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Symmetry breaks at `LINE`, beyond it with the variance of the cascade: the solvers have tests of their own."""
    rs = [SimpleNamespace(replicon=float((beta / LINE) ** 2)) for beta in BETAS]
    monkeypatch.setattr(MlpFamily, "predictions", property(lambda self: rs))
    monkeypatch.setattr(MlpFamily, "stable", property(lambda self: [s.replicon < 1.0 for s in rs]))
    monkeypatch.setattr(MlpFamily, "stability_limit", lambda self: LINE)
    monkeypatch.setattr(mlp_overlaps, "predicted_variances", lambda model, beta: (VARIANCE, 0.0))


@pytest.fixture(scope="module")
def broad() -> MlpFamily:
    return family()


@pytest.fixture(scope="module")
def narrow() -> MlpFamily:
    return family(broad=False)


def test_broad_overlaps_beyond_the_line_pass(broad: MlpFamily) -> None:
    found = REGISTER[BROAD].test(broad)
    assert found.verdict is Verdict.PASS, found.summary
    # Within a network and over all, at both temperatures 1.25 times beyond the line.
    assert [c.predicted for c in found.comparisons] == pytest.approx([VARIANCE * 2 / 3, VARIANCE] * 2)
    assert finding_figures(found).count("<svg") == 1


def test_overlaps_that_narrow_beyond_the_line_fail(narrow: MlpFamily) -> None:
    assert REGISTER[BROAD].test(narrow).verdict is Verdict.FAIL


def test_a_variance_twice_as_large_fails(broad: MlpFamily, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp_overlaps, "predicted_variances", lambda model, beta: (2 * VARIANCE, 0.0))
    assert REGISTER[BROAD].test(broad).verdict is Verdict.FAIL


def test_few_networks_settle_nothing() -> None:
    assert REGISTER[BROAD].test(family(samples=8)).verdict is Verdict.INCONCLUSIVE


def test_narrowing_overlaps_pass(narrow: MlpFamily) -> None:
    found = REGISTER[NARROW].test(narrow)
    assert found.verdict is Verdict.PASS, found.summary
    # One temperature has a replicon of at most one half; two layers.
    assert len(found.comparisons) == 2


def test_networks_of_very_different_scales_are_told_from_broad_overlaps() -> None:
    """At N = 24 scales differ by a factor of three: their variances scatter, their shares do not."""
    family_of_scales = family(samples=64, broad=False, scales=6.0)
    assert REGISTER[NARROW].test(family_of_scales).verdict is Verdict.PASS
    narrowest = family_of_scales.runs[0]
    statistics = narrowest.overlap_statistics(3, 0)
    variances = statistics.square - statistics.apart
    share = mlp_overlaps.relative_variance(narrowest, 3, 0)
    assert share.value == pytest.approx(0.25 / 24, rel=0.05)
    assert share.error < 0.1 * share.value
    assert variances.std() / variances.mean() > 2


def test_overlaps_that_stay_broad_where_symmetry_is_stable_fail(
    broad: MlpFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    rs = [SimpleNamespace(replicon=0.1)] * BETAS.size
    monkeypatch.setattr(MlpFamily, "predictions", property(lambda self: rs))
    monkeypatch.setattr(MlpFamily, "stable", property(lambda self: [True] * BETAS.size))
    assert REGISTER[NARROW].test(broad).verdict is Verdict.FAIL
    with pytest.raises(NotApplicableError, match="stable at every temperature"):
        REGISTER[BROAD].test(broad)


@pytest.mark.parametrize("claim", [BROAD, NARROW])
def test_runs_that_cannot_speak_say_why(claim: str) -> None:
    with pytest.raises(NotApplicableError, match="4 copies, sin-24 has 2"):
        REGISTER[claim].test(family(samples=8, copies=2))
    with pytest.raises(NotApplicableError, match="3 sizes, has 2"):
        REGISTER[claim].test(family(samples=8, widths=(24, 96)))
    with pytest.raises(NotApplicableError, match="8 samples"):
        REGISTER[claim].test(family(samples=4))


def test_a_run_keeps_the_averages_of_its_pairs() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((3, BETAS.size, ROWS, 6, 2))
    config = mlp_config(24, 3, BETAS)
    dims = ("sample", "slot", "overlap_measurement", "pair", "layer")
    data = xr.Dataset({"overlap": (dims, values), "self_overlap": (dims, values)}, coords={"beta": ("slot", BETAS)})
    kept = measured_mlp("run", config, data)
    exact = pair_statistics(values[:, 2, :, :, 1])
    found = kept.overlap_statistics(slot=2, layer=1)
    for name in ("mean", "square", "touching", "apart"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name))


def test_ladders_that_stop_short_of_beta_zero_are_a_family_of_their_own() -> None:
    whole = measured_mlp("whole", mlp_config(24, 2), _prior_data())
    assert len(families_of_mlps([run(24, 2), whole])) == 2


def _prior_data() -> xr.Dataset:
    dims = ("sample", "slot", "overlap_measurement", "pair", "layer")
    ones = np.ones((2, 2, 4, 1, 2))
    return xr.Dataset(
        {"overlap": (dims, ones), "self_overlap": (dims, ones)}, coords={"beta": ("slot", np.array([1.0, 0.0]))}
    )
