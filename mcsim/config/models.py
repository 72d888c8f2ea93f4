"""The part of a run's specification that says what is sampled: spins on a network's weights, or a random MLP."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from mcsim.config.activations import ACTIVATIONS
from mcsim.config.moves import MLP_MOVES, SPIN_MOVES, MlpMove, SpinMove
from mcsim.config.networks import FileNetwork, GaussianNetwork
from mcsim.config.sections import Count, OneOf, Positive, Section


class SummaryWords(NamedTuple):
    """How a summary of results speaks of a model.

    energy : heading of the energy per site
    rate : the figure of the dynamics that is listed by temperature
    rate_heading : its heading
    """

    energy: str
    rate: str
    rate_heading: str


class ModelSection(Section):
    """What the rest of a configuration, and whoever deals out the work, needs to know of a model before it is built.

    A subclass adds its keys, among them ``kind``, and is listed in `AnyModel` below; its builder is listed in
    `mcsim.models.registry`.
    """

    words: ClassVar[SummaryWords]

    @property
    def weights_file(self) -> FileNetwork | None:
        """The file that the disorder is read from; None where it is drawn."""
        return None

    def tile_slots(self, copies: int) -> int:
        """Return how many neighbouring slots are always computed by one rank together (`mcsim.parallel.layout`)."""
        return 1

    def refuse_misfit(self, betas: NDArray[np.float64], copies: int) -> None:
        """Raise a ValueError, which begins with the dotted key to blame, where the run does not fit the model."""

    @classmethod
    @abstractmethod
    def described(cls, stored: Mapping[str, Any]) -> str:
        """Return in a few words what was sampled, from the section as a file has it.

        Another version may have written it, so that it need not pass the checks of this one.
        """


class LayeredIsing(ModelSection):
    """Ising spins in layers, coupled by a network's weights."""

    words: ClassVar = SummaryWords("energy/spin", "flip_rate", "flips/attempt")

    kind: Literal["layered-ising"]
    network: Annotated[GaussianNetwork | FileNetwork, Field(discriminator="source")]
    dynamics: Annotated[str, OneOf(["auto", *(move.dynamics for move in SPIN_MOVES)])] = Field(
        "auto", description="auto: layer-block for heat bath (faster at every size measured), else single-spin"
    )
    rule: Annotated[str, OneOf(move.rule for move in SPIN_MOVES)] = Field(
        "heat-bath", description="metropolis needs single-spin dynamics"
    )
    field_update: Literal["auto", "dense", "sparse"] = Field(
        "auto", description="layer-block: full products, changed spins only, or per slot by its flip rate"
    )
    precision: Literal["float32", "float64"] = Field("float32", description="of spins and local fields")
    refresh_every: Count = Field(
        256, description="sweeps between recomputations of the fields, where their drift is checked"
    )
    tile_columns: Count = Field(
        32, description="columns (slots x copies) in one matrix product; also the unit dealt to ranks"
    )

    @property
    def move(self) -> SpinMove:
        """The move that dynamics and rule name."""
        return self._fitting_moves()[0]

    @property
    def weights_file(self) -> FileNetwork | None:
        """The file of the network; None for Gaussian couplings."""
        return self.network if self.network.source == "file" else None

    def tile_slots(self, copies: int) -> int:
        """Return the slots of a tile."""
        return self.tile_columns // copies

    def refuse_misfit(self, betas: NDArray[np.float64], copies: int) -> None:
        """Refuse moves that are not ergodic on the ladder, and tiles that split a slot."""
        if not self.move.mixes_at_beta_zero and betas.min() == 0.0:
            raise ValueError(f"ladder.betas: 0 with rule '{self.rule}' accepts every flip; use 'heat-bath'")
        _refuse_split_slots(self.tile_columns, copies)

    @classmethod
    def described(cls, stored: Mapping[str, Any]) -> str:
        """Return the file of the network, or its disorder."""
        network = stored["network"]
        return str(network.get("path") or f"Gaussian, {network['variance']}, C = {network['scale']:g}")

    def _fitting_moves(self) -> list[SpinMove]:
        return [move for move in SPIN_MOVES if move.rule == self.rule and self.dynamics in ("auto", move.dynamics)]

    @model_validator(mode="after")
    def _rule_fits_dynamics(self) -> Self:
        if not self._fitting_moves():
            others = ", ".join(f"'{move.dynamics}'" for move in SPIN_MOVES if move.rule == self.rule)
            raise ValueError(f"rule: '{self.rule}' does not fit dynamics '{self.dynamics}'; use {others} or 'auto'")
        return self


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
        1.5, le=math.pi, description="hmc: time of a trajectory; pi/2 would draw the prior independently"
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
        """Refuse tiles that split a slot."""
        _refuse_split_slots(self.tile_columns, copies)

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


AnyModel = LayeredIsing | RandomMlp
MODEL_SECTIONS: dict[str, type[ModelSection]] = {
    get_args(section.model_fields["kind"].annotation)[0]: section for section in get_args(AnyModel)
}


def _refuse_split_slots(tile_columns: int, copies: int) -> None:
    if tile_columns % copies:
        raise ValueError(f"model.tile_columns: {tile_columns} must be a multiple of run.copies, {copies}")
