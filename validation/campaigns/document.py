"""What stands in a campaign's file: the tables that all its runs share, and which networks are sampled for how long."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from mcsim.config import Count, Section

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Sweeps = Annotated[int, Field(ge=0)]
Ratio = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Table = dict[str, Any]


class Networks(Section):
    """Networks that are worth the same effort: every size at every depth is a run."""

    sizes: tuple[Count, ...] = Field(min_length=1, strict=False, description="N, the width of layers")
    depths: tuple[Count, ...] | None = Field(
        None, min_length=1, strict=False, description="L: networks of L + 1 equal layers, where no 'shape' is given"
    )
    samples: Count = Field(description="disorder realisations of each size")
    thermalization: Sweeps | None = Field(None, description="instead of run.thermalization")
    measurements: Count | None = Field(None, description="instead of run.measurements")
    seed: Seed | None = Field(None, description="instead of the campaign's")


class Effort(Section):
    """How much is done: which networks are sampled, and what is different in the tables that all runs share."""

    networks: tuple[Networks, ...] = Field(min_length=1, strict=False, description="sizes, and what each is worth")
    ladder: Table | None = Field(None, description="instead of the campaign's ladder")
    run: Table = Field({}, description="keys that come to the campaign's run, or replace them")
    storage: Table = Field({}, description="keys that come to the campaign's storage, or replace them")


class CampaignDocument(Section):
    """A campaign: networks that differ in size, or in size and depth, sampled in the same way.

    The tables model, ladder, run and storage are those of a run's configuration, with two differences: widths are left
    out, since they follow from sizes, and a ladder may list 'tilts', beta^2 L of networks of depth L.
    """

    title: str = Field(min_length=1, description="title of the report")
    name: str = Field(description="of a run's folder, with {size}, and {depth} where there are 'depths'")
    seed: Seed = Field(description="a run's seed is this + its size, + 1000 times its depth where there are 'depths'")
    shape: tuple[Ratio, ...] | None = Field(
        None, min_length=2, strict=False, description="widths of the layers in units of the size"
    )
    model: Table
    ladder: Table
    run: Table
    storage: Table = Field({}, description="as in a run's configuration")
    full: Effort
    quick: Effort | None = Field(None, description="smaller and fewer networks, for --quick")

    @field_validator("name")
    @classmethod
    def _names_a_folder_for_each_size(cls, name: str) -> str:
        if "{size}" not in name:
            raise ValueError("must contain {size}, so that each size has its folder")
        if not re.fullmatch(r"[\w.-]+", name.replace("{size}", "N").replace("{depth}", "L")):
            raise ValueError("must be a folder's name of letters, digits, '-', '_', '.', {size} and {depth}")
        return name

    @model_validator(mode="after")
    def _widths_follow_from_sizes(self) -> Self:
        network = self.model.get("network")
        tables = {"model": self.model, "model.network": network if isinstance(network, dict) else {}}
        for key, table in tables.items():
            if table.get("source") == "file":
                raise ValueError(f"{key}.source: 'file' has one size; use 'mcsim run', then 'report'")
            if "widths" in table:
                raise ValueError(f"{key}.widths: {table['widths']}: leave it out; widths follow from 'sizes'")
        return self

    @model_validator(mode="after")
    def _layers_are_counted_once(self) -> Self:
        for effort, table in self.efforts.items():
            for entry, networks in enumerate(table.networks):
                key = f"{effort}.networks[{entry}].depths"
                if self.shape is None and networks.depths is None:
                    raise ValueError(f"{key}: missing; give it here, or 'shape' for all networks")
                if self.shape is not None and networks.depths is not None:
                    raise ValueError(f"{key}: {list(networks.depths)}: leave it out, or leave out 'shape'")
        return self

    @model_validator(mode="after")
    def _name_and_ladder_speak_of_depths_there_are(self) -> Self:
        if self.shape is None:
            return self
        if "{depth}" in self.name:
            raise ValueError(f"name: \"{self.name}\": {{depth}} is for networks with 'depths', not for a shape")
        for key, ladder in {"": self.ladder, **{f"{e}.": t.ladder or {} for e, t in self.efforts.items()}}.items():
            if "tilts" in ladder:
                raise ValueError(f"{key}ladder.tilts: are for networks with 'depths'; give 'betas'")
        return self

    @property
    def efforts(self) -> dict[str, Effort]:
        """The efforts that are given, by their key."""
        return {"full": self.full} if self.quick is None else {"full": self.full, "quick": self.quick}
