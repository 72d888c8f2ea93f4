"""The part of a run's specification that says what is sampled: spins on a network's weights, or a random MLP."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mcsim.networks.files import digits_weights_path

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PACKAGED_WEIGHTS = {"package:digits": digits_weights_path}


class Section(BaseModel):
    """A table of the configuration: frozen, without unknown keys or silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GaussianNetwork(Section):
    """Independent Gaussian couplings, drawn anew for every sample."""

    source: Literal["gaussian"]
    widths: tuple[Count, ...] = Field(min_length=2, strict=False, description="neurons per layer, N_0..N_L")
    variance: Literal["fan-in", "symmetric"] = Field(
        "fan-in", description="fan-in: C/N_{k-1}; symmetric: C/sqrt(N_{k-1} N_k)"
    )
    scale: Positive = Field(1.0, description="the constant C of the variance")


class FileNetwork(Section):
    """Weights read from a file; every sample is an independent repeat on the same network."""

    source: Literal["file"]
    path: str = Field(
        min_length=1,
        description="an .h5, .npz, .safetensors or .pt file, relative to the configuration; or package:digits",
    )
    epoch: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description=".h5 only: the stage of training; the last one by default"
    )
    arrays: tuple[str, ...] | None = Field(
        None, strict=False, description="all but .h5: names of the 2-d arrays in order"
    )
    biases: tuple[str, ...] | None = Field(
        None, strict=False, description="all but .h5: names of the 1-d arrays in order"
    )
    transpose: bool = Field(False, description="set it where weights are stored as (out, in)")

    def resolved_path(self) -> Path:
        """Return the file to open."""
        packaged = PACKAGED_WEIGHTS.get(self.path)
        return Path(self.path) if packaged is None else packaged()


class LayeredIsing(Section):
    """Ising spins in layers, coupled by a network's weights."""

    kind: Literal["layered-ising"]
    network: Annotated[GaussianNetwork | FileNetwork, Field(discriminator="source")]
    dynamics: Literal["auto", "layer-block", "single-spin"] = Field(
        "auto", description="auto: layer-block for heat bath (faster at every size measured), else single-spin"
    )
    rule: Literal["heat-bath", "metropolis"] = Field("heat-bath", description="metropolis needs single-spin dynamics")
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

    def resolved_dynamics(self) -> Literal["layer-block", "single-spin"]:
        """Return the dynamics that ``auto`` stands for."""
        if self.dynamics != "auto":
            return self.dynamics
        return "layer-block" if self.rule == "heat-bath" else "single-spin"

    @model_validator(mode="after")
    def _rule_fits_dynamics(self) -> Self:
        if self.rule == "metropolis" and self.dynamics == "layer-block":
            raise ValueError("rule: 'metropolis' does not fit dynamics 'layer-block'; use 'single-spin' or 'auto'")
        return self


def _activation_names() -> list[str]:
    # Imported when an MLP is configured: it brings numba, which `mcsim info` and spins' configurations do without.
    from mcsim.kernels.mlp_activations import REGISTRY

    return list(REGISTRY)


def _list_activations(schema: dict[str, Any]) -> None:
    schema["enum"] = _activation_names()


# What a move starts from and aims at: step, acceptance.
_MOVE_DEFAULTS = {"hmc": (0.25, 0.8), "pcn": (0.2, 0.3), "single-coordinate": (1.0, 0.4)}


class RandomMlp(Section):
    """Inputs x of an MLP with random weights: weight exp(-|x|^2/2 - beta H(x)), or exp(-beta H) on |x|^2 = N_0.

    z^1 = sqrt(C_W/N_0) W^1 x (+ bias), z^l = sqrt(C_W/N_{l-1}) W^l phi(z^{l-1}) (+ bias), and
    H = sqrt(N C_W/N_L) w . phi(z^L) with W, w ~ N(0, 1), bias ~ N(0, C_b) drawn anew for every sample.
    """

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
    dynamics: Literal["hmc", "pcn", "single-coordinate"] = Field("hmc", description="the others are cross-checks")
    precision: Literal["float32", "float64"] = Field("float32", description="of states; energies are summed in float64")
    initial_step: Positive | None = Field(None, description="size of a move before it is adapted")
    adapt: bool = Field(True, description="adapt the size of moves at each slot during thermalization")
    target_acceptance: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="what adaptation aims at; 0.8 for hmc, 0.3 for pcn, 0.4 for single-coordinate"
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
    def first_step(self) -> float:
        """Size of a move before adaptation."""
        return self.initial_step or _MOVE_DEFAULTS[self.dynamics][0]

    @property
    def aimed_acceptance(self) -> float:
        """Acceptance rate that adaptation aims at."""
        return self.target_acceptance or _MOVE_DEFAULTS[self.dynamics][1]

    @field_validator("activation")
    @classmethod
    def _is_registered(cls, name: str) -> str:
        if name not in _activation_names():
            raise ValueError(f"is unknown; choose one of {', '.join(_activation_names())}")
        return name

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        from mcsim.kernels.mlp_activations import REGISTRY

        if self.activation_shape is not None and not REGISTRY[self.activation].shaped:
            raise ValueError(f"activation_shape: '{self.activation}' has none; leave it out")
        if self.prior == "sphere" and self.widths[0] < 2:
            raise ValueError("widths: one input leaves no room on a sphere; give at least 2 or use prior 'gaussian'")
        if self.overlap_range is not None and len(self.overlap_range) != len(self.widths):
            raise ValueError(
                f"overlap_range: {len(self.overlap_range)} numbers for {len(self.widths)} layers; give one for each"
            )
        return self
