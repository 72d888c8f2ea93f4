"""The configuration of Ising spins on a network's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mcsim.config.model_section import ModelSection, SummaryWords
from mcsim.config.moves import LAYER_HEAT_BATH, SPIN_MOVES, SpinMove
from mcsim.config.networks import FileNetwork, GaussianNetwork
from mcsim.config.sections import Count, OneOf

# Of the couplings' variance, so that the couplings themselves and their sums stay far from the ends of float32.
_SMALLEST_SCALE, _LARGEST_SCALE = 1e-50, 1e50


class LayeredIsing(ModelSection):
    """Ising spins in layers, coupled by a network's weights."""

    words: ClassVar = SummaryWords("energy/spin", "flip_rate", "flips/attempt")
    removed: ClassVar = {
        "field_update": "fields are looked up afresh whenever they are needed",
        "tile_columns": "columns no longer share matrix products, and ranks are dealt single slots",
    }

    kind: Literal["layered-ising"]
    network: Annotated[GaussianNetwork | FileNetwork, Field(discriminator="source")]
    dynamics: Annotated[str, OneOf(["auto", *(move.dynamics for move in SPIN_MOVES)])] = Field(
        "auto", description="auto: layer-block for heat bath (faster at every size measured), else single-spin"
    )
    rule: Annotated[str, OneOf(move.rule for move in SPIN_MOVES)] = Field(
        "heat-bath", description="metropolis needs single-spin dynamics"
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="of local fields; float64 needs single-spin dynamics"
    )
    refresh_every: Count = Field(
        256, description="single-spin: sweeps between recomputations of the fields, where their drift is checked"
    )

    @property
    def move(self) -> SpinMove:
        """The move that dynamics and rule name."""
        return self._fitting_moves()[0]

    @property
    def weights_file(self) -> FileNetwork | None:
        """The file of the network; None for Gaussian couplings."""
        return self.network if self.network.source == "file" else None

    def refuse_misfit(self, betas: NDArray[np.float64], copies: int) -> None:
        """Refuse moves that are not ergodic on the ladder, and couplings that float32 cannot hold."""
        if not self.move.mixes_at_beta_zero and betas.min() == 0.0:
            raise ValueError(f"ladder.betas: 0 with rule '{self.rule}' accepts every flip; use 'heat-bath'")
        scale = self.network.scale if isinstance(self.network, GaussianNetwork) else 1.0
        if self.precision == "float32" and not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
            raise ValueError(
                f"model.network.scale: {scale:g} is out of the range of float32; "
                f"keep it between {_SMALLEST_SCALE:g} and {_LARGEST_SCALE:g}"
            )

    @classmethod
    def described(cls, stored: Mapping[str, Any]) -> str:
        """Return the file of the network, or its disorder."""
        network = stored["network"]
        return str(network.get("path") or f"Gaussian, {network['variance']}, C = {network['scale']:g}")

    @classmethod
    def without_gone(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section as this version has it: layer-block dynamics had a precision and a refresh of fields."""
        section = super().without_gone(stored)
        if section.get("rule") == LAYER_HEAT_BATH.rule and section.get("dynamics") in (
            "auto",
            LAYER_HEAT_BATH.dynamics,
        ):
            section = {key: value for key, value in section.items() if key not in ("precision", "refresh_every")}
        return section

    def _fitting_moves(self) -> list[SpinMove]:
        return [move for move in SPIN_MOVES if move.rule == self.rule and self.dynamics in ("auto", move.dynamics)]

    @model_validator(mode="after")
    def _single_spin_keys_fit_dynamics(self) -> Self:
        if self._fitting_moves()[:1] == [LAYER_HEAT_BATH]:
            if self.precision != "float32":
                raise ValueError(f"precision: '{self.precision}' needs dynamics 'single-spin'; layer-block has float32")
            if self.refresh_every != type(self).model_fields["refresh_every"].default:
                raise ValueError(
                    f"refresh_every: {self.refresh_every} is for dynamics 'single-spin'; layer-block keeps no fields "
                    "to refresh; leave it out"
                )
        return self

    @model_validator(mode="after")
    def _rule_fits_dynamics(self) -> Self:
        if not self._fitting_moves():
            others = ", ".join(f"'{move.dynamics}'" for move in SPIN_MOVES if move.rule == self.rule)
            raise ValueError(f"rule: '{self.rule}' does not fit dynamics '{self.dynamics}'; use {others} or 'auto'")
        return self
