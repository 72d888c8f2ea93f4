"""What is measured on one trained network: T_c, spectrum, TAP solutions and the order, stage by stage; JSON values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.networks.files import load_weights, stored_epochs
from theory.bonds import LayeredBonds
from theory.layered_sk import critical_temperature
from theory.spectrum import RandomSpectrum, eigenvalues, fit_tail, outliers, spectral_distance
from theory.tap import Census, census, instability
from theory.tap.critical import ParamagnetStability
from validation.networks.energies import energy_points
from validation.networks.hidden_order import hidden_order
from validation.networks.histograms import overlap_histograms
from validation.networks.melting import melting
from validation.networks.moments import overlap_moments, projection_moments
from validation.networks.plain import plain
from validation.networks.sampled_spins import sample_spins
from validation.networks.state import bonds_of, stability_mode
from validation.networks.task import Task
from validation.networks.tempering import TemperingPlan, tempering_config
from validation.numbers.json_values import FloatArray

Values = dict[str, Any]

# Of melting: where its solutions are counted.
JUST_BELOW = 0.9
# Of each stage's own critical temperature.
OVERLAPS_AT = 0.6
# Self-overlap above which a solution is ordered, as in validation.networks.
_ORDERED = 1e-6
# States are kept: a slot takes N bytes each time and copy.
_SAMPLING = TemperingPlan(coldest=0.5, hottest=1.6, copies=4, repeats=2, thermalization=800, measurements=400)


def bonds_at(weights: Path, epoch: float) -> LayeredBonds:
    """Return the couplings of one stage."""
    return bonds_of(load_weights(weights, epoch=epoch))


def critical_series(weights: Path) -> Values:
    """Return the instability of the paramagnet at every stage, and T_c of random networks of its variances."""
    stages = []
    for epoch in stored_epochs(weights):
        bonds = bonds_at(weights, epoch)
        found = instability(bonds)
        stages.append({"epoch": epoch, **vars(found), "random": critical_temperature(bonds.variances())})
    return {"spins": bonds.spins, "stages": stages}


def stability_curves(weights: Path, points: int = 40) -> Values:
    """Return the least eigenvalue of I - M against beta before and after training."""
    epochs = stored_epochs(weights)
    reference = critical_temperature(bonds_at(weights, epochs[0]).variances())
    betas = np.linspace(0.1, 2.0, points) / reference
    curves = {}
    for label, epoch in (("before", epochs[0]), ("after", epochs[-1])):
        stability = ParamagnetStability(bonds_at(weights, epoch))
        curves[label] = [stability.least_eigenvalue(1 / beta) for beta in betas.tolist()]
    return {"beta": betas.tolist(), "reference": reference, "epoch": epochs[-1], **curves}


def spectrum_series(weights: Path, tail_samples: int) -> Values:
    """Return what training does to the eigenvalues of J, against the random density before training."""
    epochs = stored_epochs(weights)
    first = bonds_at(weights, epochs[0])
    random = RandomSpectrum(first.variances())
    stages, shown = [], {}
    for epoch in epochs:
        bonds = bonds_at(weights, epoch)
        values = eigenvalues(bonds)
        end = epoch in (epochs[0], epochs[-1])
        stages.append(_spectrum(epoch, first, bonds, values, random, tail_samples if end else 0))
        if end:
            shown["before" if epoch == epochs[0] else "after"] = _histogram(values, random.edge)
    x = np.linspace(1e-3, 1.02, 120) * random.edge
    density = {"x": x.tolist(), "y": random.density(x).tolist()}
    return {"edge": random.edge, "stages": stages, "histograms": shown, "density": density}


def _spectrum(
    epoch: float, first: LayeredBonds, bonds: LayeredBonds, values: FloatArray, random: RandomSpectrum, samples: int
) -> Values:
    beyond = outliers(values, random)
    tail = fit_tail(values[values > 1e-9 * random.edge], samples=samples)
    moved = sum(float(np.square(a - b).sum()) for a, b in zip(bonds.weights, first.weights, strict=True))
    size = sum(float(np.square(b).sum()) for b in first.weights)
    return {
        "epoch": epoch,
        "largest": float(values[-1]),
        "outliers": beyond.count,
        "allowance": beyond.allowance,
        "distance": spectral_distance(values, random),
        "moved": math.sqrt(moved / size),
        "bulk": float(np.median(values[values > 1e-9 * random.edge])),
        "tail_exponent": tail.exponent,
        "tail_error": tail.error,
        "tail_from": tail.smallest,
        "tail_points": tail.points,
        "tail_p": tail.p_value if samples else None,
    }


def _histogram(values: FloatArray, edge: float) -> Values:
    positive = values[values > 1e-9 * edge]
    bins = round(2 * math.sqrt(len(positive)))
    edges = np.linspace(0, float(max(positive.max(), edge)) * 1.02, bins + 1)
    counts, _ = np.histogram(positive, edges)
    return {"edges": edges.tolist(), "density": (counts / (len(values) * np.diff(edges))).tolist()}


def nearest(epochs: Sequence[float], wanted: float) -> float:
    """Return the stored epoch nearest to the one wanted."""
    return min(epochs, key=lambda epoch: abs(epoch - wanted))


def solution_series(
    weights: Path, critical: Values, counted: Sequence[float], starts: int, cold: Sequence[float]
) -> Values:
    """Return how many TAP solutions there are at some stages, just below melting and at `cold` of the initial T_c."""
    epochs = stored_epochs(weights)
    initial = float(critical["stages"][0]["random"])
    stages = []
    for epoch in dict.fromkeys(nearest(epochs, wanted) for wanted in counted):
        bonds = bonds_at(weights, epoch)
        melting = next(stage["temperature"] for stage in critical["stages"] if stage["epoch"] == epoch)
        places = [("melting", JUST_BELOW, melting), *(("glass", reduced, initial) for reduced in cold)]
        for label, reduced, unit in places:
            found = census(bonds, reduced * unit, starts=starts)
            stages.append({"epoch": epoch, "where": label, "reduced": reduced, **census_facts(found)})
    return {"stages": stages}


def glass_series(weights: Path, critical: Values, cold: Sequence[float], starts: int) -> Values:
    """Return how many TAP solutions there are before training, at `cold` of T_c, from many starts."""
    epoch = stored_epochs(weights)[0]
    initial = float(critical["stages"][0]["random"])
    bonds = bonds_at(weights, epoch)
    counts = [census_facts(census(bonds, reduced * initial, starts=starts)) for reduced in cold]
    return {
        "stages": [
            {"epoch": epoch, "where": "glass", "reduced": reduced, **count}
            for reduced, count in zip(cold, counts, strict=True)
        ]
    }


def census_facts(found: Census) -> Values:
    """Return a census as JSON values; m = 0 is no state below T_c and is not counted among the solutions."""
    ordered = [one for one in found.found if one.solution.overlap > _ORDERED]
    lowest = ordered[0].solution if ordered else None
    return {
        "temperature": found.temperature,
        "starts": found.starts,
        "dropped": found.dropped,
        "to_paramagnet": sum(one.hits for one in found.found) - sum(one.hits for one in ordered),
        "pairs": len(ordered),
        "hits": [one.hits for one in ordered],
        "minima": sum(one.solution.least_eigenvalue > 0 for one in ordered),
        "physical": sum(one.solution.plefka_radius < 1 for one in ordered),
        "unseen_share": found.unseen_share,
        "expected": found.expected_solutions - (len(found.found) - len(ordered)),
        "verdict": found.verdict,
        "overlap": None if lowest is None else lowest.overlap,
        "least_eigenvalue": None if lowest is None else lowest.least_eigenvalue,
    }


def order_series(weights: Path, task: Task, epochs: Sequence[float], starts: int = 24) -> Values:
    """Return how the ordered state at some stages lies to the task, just below melting."""
    stored = stored_epochs(weights)
    stages: list[Values] = []
    for epoch in dict.fromkeys(nearest(stored, wanted) for wanted in epochs):
        found = hidden_order(load_weights(weights, epoch=epoch), task, reduced=JUST_BELOW, starts=starts)
        if found is None:
            stages.append({"epoch": epoch, "ordered": False})
            continue
        inputs = found.inputs
        stages.append({
            "epoch": epoch,
            "ordered": True,
            "temperature": found.temperature,
            "others": found.others,
            "layer_overlaps": list(found.layer_overlaps),
            "stability_cosine": abs(found.stability.cosine),
            "modes_share": found.mode_span.share,
            "mean": inputs.mean_centred.cosine,
            "mean_p": inputs.mean_permuted_p,
            "classes": inputs.classes_centred.share,
            "classes_expected": inputs.classes_centred.expected,
            "classes_error": inputs.classes_centred.error,
            "classes_p": inputs.classes_centred.p,
            "relabelled": inputs.relabelled_mean,
            "relabelled_error": inputs.relabelled_error,
            "relabelled_p": inputs.relabelled_p,
            "seen": _finite(found.outputs.seen.cosine),
            "answered": _finite(found.outputs.answered.cosine),
        })  # fmt: skip
    return {"stages": stages}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def melting_series(weights: Path, critical: Values, epochs: Sequence[float]) -> Values:
    """Return what Monte Carlo finds at some stages: where the order of the softest mode melts, overlaps, energies."""
    stored = stored_epochs(weights)
    stages: list[Values] = []
    for epoch in dict.fromkeys(nearest(stored, wanted) for wanted in epochs):
        stage = next(one for one in critical["stages"] if one["epoch"] == epoch)
        bonds = bonds_at(weights, epoch)
        config = tempering_config(weights, epoch, stage["temperature"], _SAMPLING)
        samples = [sample_spins(config, sample=number) for number in range(_SAMPLING.repeats)]
        mode = stability_mode(bonds, stage["temperature"])[1]
        found = plain(melting(samples, mode, stage["temperature"]))
        moments = projection_moments(samples, mode)
        overlaps = overlap_moments(samples)
        stages.append({
            "epoch": epoch,
            "kind": stage["kind"],
            **found,
            "temperatures": moments.temperatures.tolist(),
            "binder_curve": moments.binder.value[:, 0].tolist(),
            "binder_curve_error": moments.binder.error[:, 0].tolist(),
            "susceptibility": overlaps.susceptibility.value[:, -1].tolist(),
            "susceptibility_error": overlaps.susceptibility.error[:, -1].tolist(),
            "histograms": plain(overlap_histograms(samples, OVERLAPS_AT * stage["temperature"])),
            "energies": plain(energy_points(samples, bonds, stage["temperature"])),
        })  # fmt: skip
    return {"stages": stages}
