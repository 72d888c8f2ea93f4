"""The exact identities between energy and overlaps of random networks, at every size and temperature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from validation.claims.base import Claim, require_samples
from validation.claims.points import Point, PointsTest
from validation.numbers.arrays import FloatArray
from validation.numbers.compare import Comparison
from validation.numbers.estimate import control_variate
from validation.runs.mlp_controls import SAMPLES_PER_CONTROL
from validation.runs.mlp_family import MlpFamily
from validation.runs.spin_family import SpinFamily, bond_strengths, coupling_strength
from validation.runs.spins import AnyRun
from validation.runs.subject import Subject

# A missing factor, layer or term violates an identity by half of the energy or more. A tenth is what about fifty MLPs
# resolve, and some hundred glasses of spins, whose overlaps differ so much from one network to the next.
RELEVANT = 0.10


def spin_points(family: SpinFamily) -> list[Point]:
    """Compare both sides, with the coupling strength of a sample as control; wrong without the overlap."""
    require_samples(family)
    points = []
    for run in family.runs:
        energies_of = run.betas * ((1.0 - run.neighbour_overlaps) @ bond_strengths(run))
        without = run.betas * (np.ones_like(run.neighbour_overlaps) @ bond_strengths(run))
        points += _points(run, run.energies + energies_of, run.energies + without, *coupling_strength(run))
    return points


def mlp_points(family: MlpFamily) -> list[Point]:
    """Compare both sides, with moments at beta = 0 as controls; wrong without the overlap of two replicas."""
    require_samples(family)
    points = []
    for run in family.runs:
        without = run.identity_residuals + run.betas * run.model.weight_variance * run.overlaps[..., -1]
        controls = run.prior_controls[:, : run.samples // SAMPLES_PER_CONTROL]
        points += _points(run, run.identity_residuals, without, controls, 0.0)
    return points


def _points(
    run: AnyRun, residuals: FloatArray, wrong: FloatArray, controls: FloatArray, expected: float
) -> list[Point]:
    """Compare energies with the other side at each slot of finite temperature: their difference, sample by sample."""

    def compared(differences: FloatArray, slot: int) -> Comparison:
        difference = control_variate(differences[:, slot], controls, expected)
        energy, at = float(run.energies[:, slot].mean()), replace(run.place(slot), size=run.size)
        degrees = run.samples - 1 - difference.controls
        return Comparison("e", energy, difference.error, energy - difference.value, degrees, at=at)

    return [Point(compared(residuals, slot), compared(wrong, slot)) for slot in np.flatnonzero(run.betas > 0).tolist()]


CLAIMS = (
    Claim(
        id="layered-sk.identity",
        statement="[⟨H⟩]/N = -(β/N) Σ_k σ_k² N_{k-1} N_k (1 - [⟨q_{k-1} q_k⟩]) at every size and temperature.",
        source="Integration by parts over Gaussian couplings; holds for random weights only, never for trained ones.",
        needs="Gaussian networks, at least 4 samples",
        evaluate=PointsTest(spin_points, "the identity without its overlap term", RELEVANT),
    ),
    Claim(
        id="mlp.identity",
        statement="[⟨H⟩]/N = -β C_W ([⟨K^L_aa⟩] - [⟨K^L_ab⟩]) at every width and temperature.",
        source="Integration by parts over the Gaussian output weights; holds at every width, for every activation.",
        needs="random MLPs, at least 4 samples",
        evaluate=PointsTest(mlp_points, "the identity without the overlap of two replicas", RELEVANT),
        about=Subject.RANDOM_MLPS,
    ),
)
