"""The moves that a model's dynamics can be made of: what a configuration may name, and how each is used.

A new move is a record here, compiled loops in `mcsim.kernels`, and the line in `mcsim.models.spin_walkers` or
`mcsim.models.mlp_sweeps` that joins the two. Nothing else asks for a move by its name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SpinMove:
    """One way to update spins.

    Attributes
    ----------
    dynamics : str
        Which spins are updated at a time.
    rule : str
        With what probability a spin flips.
    mixes_at_beta_zero : bool
        Whether it is ergodic at infinite temperature.
    """

    dynamics: str
    rule: str
    mixes_at_beta_zero: bool = True


LAYER_HEAT_BATH = SpinMove("layer-block", "heat-bath")
SPIN_HEAT_BATH = SpinMove("single-spin", "heat-bath")
SPIN_METROPOLIS = SpinMove("single-spin", "metropolis", mixes_at_beta_zero=False)

# Of the moves with one rule, "auto" takes the first.
SPIN_MOVES = (LAYER_HEAT_BATH, SPIN_HEAT_BATH, SPIN_METROPOLIS)


@dataclass(frozen=True)
class MlpMove:
    """One way to move the inputs of an MLP.

    Attributes
    ----------
    name : str
    first_step : float
        Size before adaptation.
    target_acceptance : float
        What adaptation aims at.
    largest_step, largest_on_sphere : float
        Widest useful step under the Gaussian prior and on the sphere.
    step_units, step_text : str
        What the step is, for the reader of a file.
    in_trajectories : bool
        Whether steps are taken in turn until a trajectory of the configured length is complete; a step is then no
        longer than that.
    keeps_z : bool
        Whether z^1 is kept beside x.
    """

    name: str
    first_step: float
    target_acceptance: float
    largest_step: float
    largest_on_sphere: float
    step_units: str = "input"
    step_text: str = "size of a move"
    in_trajectories: bool = False
    keeps_z: bool = False


HMC = MlpMove(
    "hmc", first_step=0.25, target_acceptance=0.85, largest_step=math.pi, largest_on_sphere=math.pi,
    step_units="time", step_text="time between kicks of Hamiltonian Monte Carlo, before its jitter",
    in_trajectories=True, keeps_z=True,
)  # fmt: skip
PCN = MlpMove("pcn", first_step=0.2, target_acceptance=0.3, largest_step=1.0, largest_on_sphere=1.0)
# A coordinate crosses its prior; a pair on the sphere turns half way round.
SINGLE_COORDINATE = MlpMove(
    "single-coordinate", first_step=1.0, target_acceptance=0.4, largest_step=6.0, largest_on_sphere=math.pi
)

MLP_MOVES = {move.name: move for move in (HMC, PCN, SINGLE_COORDINATE)}
