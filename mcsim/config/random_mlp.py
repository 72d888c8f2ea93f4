"""The configuration of a random MLP as a Hamiltonian over its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from mcsim.config.activations import ACTIVATIONS
from mcsim.config.model_section import ModelSection, SummaryWords, refuse_split_slots
from mcsim.config.moves import MLP_MOVES, MlpMove
from mcsim.config.sections import Count, OneOf, Positive

# For sums of squares and rare states.
_MARGIN_DIGITS = 2.0


def _list_activations(schema: dict[str, Any]) -> None:
    schema["enum"] = list(ACTIVATIONS)


_TARGETS = ", ".join(f"{move.target_acceptance:g} for {move.name}" for move in MLP_MOVES.values())


class RandomMlp(ModelSection):
    """Inputs x of an MLP with random weights: weight exp(-|x|^2/2 - beta H(x)), or exp(-beta H) on |x|^2 = N_0.

    z^1 = sqrt(C_W/N_0) W^1 x (+ bias), z^l = sqrt(C_W/N_{l-1}) W^l phi(z^{l-1}) (+ bias), and
    H = sqrt(N C_W/N_L) w . phi(z^L) with W, w ~ N(0, 1), bias ~ N(0, C_b) drawn anew for every sample.
    """

    words: ClassVar = SummaryWords("energy/N", "acceptance_rate", "acceptance")

    kind: Literal["mlp"]
    widths: tuple[Count, ...] = Field(min_length=2, strict=False, description="inputs and neurons, N_0..N_L")
    reference_width: Count | None = Field(None, description="N, the scale of H; N_0 by default")
    activation: str = Field(json_schema_extra=_list_activations, description="phi")
    activation_shape: Positive | None = Field(
        None, description="a of shaped-tanh, c of shaped-relu, which flatten to a line as L^(-1/2); 1 by default"
    )
    weight_variance: Positive = Field(1.0, description="C_W")
    bias_variance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(0.0, description="C_b")
    prior: Literal["gaussian", "sphere"] = Field("gaussian", description="N(0, 1), or uniform on |x|^2 = N_0")
    dynamics: Annotated[str, OneOf(MLP_MOVES)] = Field("hmc", description="the others are cross-checks")
    precision: Literal["float32", "float64"] = Field("float32", description="of states; energies are summed in float64")
    initial_step: Positive | None = Field(None, description="size of a move before it is adapted")
    adapt: bool = Field(True, description="adapt the size of moves at each slot during thermalization")
    target_acceptance: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description=f"what adaptation aims at; {_TARGETS}"
    )
    trajectory: Positive = Field(
        1.7, le=math.pi, description="hmc: time of a trajectory; pi/2 would draw the prior independently"
    )
    max_leapfrogs: Count = Field(64, description="hmc: steps of a trajectory at most")
    step_jitter: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.2, description="hmc: relative half-width of the random spread of the step"
    )
    tile_columns: Count = Field(
        64, description="columns (slots x copies) in one matrix product; also the unit dealt to ranks"
    )
    overlap_range: tuple[Positive, ...] | None = Field(
        None, strict=False,
        description="largest abs(overlap) of the histogram of each layer 0..L; estimated by default; the outermost "
        "bins also count what lies beyond",
    )  # fmt: skip

    @property
    def depth(self) -> int:
        """Number L of hidden layers."""
        return len(self.widths) - 1

    @property
    def sites(self) -> int:
        """N, the reference width: densities are per N."""
        return self.reference_width or self.widths[0]

    @property
    def move(self) -> MlpMove:
        """The move that dynamics names."""
        return MLP_MOVES[self.dynamics]

    @property
    def first_step(self) -> float:
        """Size of a move before adaptation."""
        return self.initial_step or self.move.first_step

    @property
    def largest_step(self) -> float:
        """Widest step that adaptation may choose."""
        if self.move.in_trajectories:
            return self.trajectory
        return self.move.largest_on_sphere if self.prior == "sphere" else self.move.largest_step

    @property
    def aimed_acceptance(self) -> float:
        """Acceptance rate that adaptation aims at."""
        return self.target_acceptance or self.move.target_acceptance

    def tile_slots(self, copies: int) -> int:
        """Return the slots of a tile."""
        return self.tile_columns // copies

    def refuse_misfit(self, betas: NDArray[np.float64], copies: int) -> None:
        """Refuse tiles that split a slot, and weights that no number could follow."""
        refuse_split_slots(self.tile_columns, copies)
        self._refuse_overflow(float(betas.max()))

    @classmethod
    def described(cls, stored: Mapping[str, Any]) -> str:
        """Return activation, variance of the weights and prior."""
        return f"random MLP, {stored['activation']}, C_W = {stored['weight_variance']:g}, prior {stored['prior']}"

    @field_validator("activation")
    @classmethod
    def _is_registered(cls, name: str) -> str:
        if name not in ACTIVATIONS:
            raise ValueError(f"is unknown; choose one of {', '.join(ACTIVATIONS)}")
        return name

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.activation_shape is not None and not ACTIVATIONS[self.activation].shaped:
            raise ValueError(f"activation_shape: '{self.activation}' has none; leave it out")
        if self.prior == "sphere" and self.widths[0] < 2:
            raise ValueError("widths: one input leaves no room on a sphere; give at least 2 or use prior 'gaussian'")
        if self.overlap_range is not None and len(self.overlap_range) != len(self.widths):
            raise ValueError(
                f"overlap_range: {len(self.overlap_range)} numbers for {len(self.widths)} layers; give one for each"
            )
        return self

    def _refuse_overflow(self, beta: float) -> None:
        """Refuse weights whose energies the precision cannot hold, or whose overlaps float32, in which they are stored.

        The gradient's square is about N C^{L+1}, C = C_W times the square of the steepest slope. Where phi is not
        bounded, x goes as far as -beta dH/dx at low temperatures.
        """
        c, n = self._log_growth(), math.log10(self.sites)
        square = n + (self.depth + 1) * c
        energy, overlap = 0.5 * square, 0.0
        if not math.isfinite(ACTIVATIONS[self.activation].bound) and beta > 0.0:
            energy = max(energy, math.log10(beta) + square)
            overlap = max(0.0, 2.0 * math.log10(beta) + square - n) + max(0.0, self.depth * c)
        for what, digits, precision in (("energies", energy, self.precision), ("overlaps", overlap, "float32")):
            if digits > math.log10(float(np.finfo(precision).max)) - _MARGIN_DIGITS:
                about = f"{what} of about 1e+{math.floor(digits)}, beyond {precision}"
                raise ValueError(f"model.weight_variance: {self.weight_variance:g} makes {about}; lower it")

    def _log_growth(self) -> float:
        """Return log10 of C_W times the square of the steepest slope."""
        steepest, t = ACTIVATIONS[self.activation].steepest, (self.activation_shape or 1.0) / math.sqrt(self.depth)
        return math.log10(self.weight_variance) + 2.0 * math.log10(steepest[0] + steepest[1] * t)
