"""The configuration of Ising spins on a network's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mcsim.config.model_section import ModelSection, SummaryWords, refuse_split_slots
from mcsim.config.moves import SPIN_MOVES, SpinMove
from mcsim.config.networks import FileNetwork, GaussianNetwork
from mcsim.config.sections import Count, OneOf


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
        refuse_split_slots(self.tile_columns, copies)

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
