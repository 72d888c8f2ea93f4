"""A run: a model, a ladder of temperatures, lengths and storage in one frozen object, checked whole."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, field_validator, model_validator

from mcsim.config.documents import checked, load_checked
from mcsim.config.errors import ConfigError, one_line
from mcsim.config.models import MODEL_SECTIONS, AnyModel
from mcsim.config.sections import Count, Positive, Section

# The kernels compute beta times a field in float32, which ends at 3e38.
HIGHEST_BETA = 1e30


class Ladder(Section):
    """Temperatures of the slots, coldest first: a list of them, a list of betas, or a range."""

    temperatures: tuple[Positive, ...] | None = Field(None, min_length=1, strict=False, description="rising")
    betas: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] | None = Field(
        None, min_length=1, strict=False, description="rising inverse temperatures; 0 is allowed"
    )
    lowest: Positive | None = Field(None, description="lowest temperature of a range")
    highest: Positive | None = Field(None, description="highest temperature of a range")
    slots: Annotated[int, Field(ge=2)] | None = Field(None, description="temperatures in the range")
    spacing: Literal["geometric", "linear", "inverse"] = Field(
        "geometric", description="of a range: uniform in log T, in T, or in 1/T"
    )

    @field_validator("temperatures", "betas")
    @classmethod
    def _rises(cls, values: tuple[float, ...] | None) -> tuple[float, ...] | None:
        for low, high in pairwise(values or ()):
            if high <= low:
                raise ValueError(f"must rise strictly, but {high:g} follows {low:g}")
        return values

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        in_range = {"lowest": self.lowest, "highest": self.highest, "slots": self.slots}
        given = [name for name, value in in_range.items() if value is not None]
        forms = (self.temperatures is not None) + (self.betas is not None) + bool(given)
        if forms != 1:
            found = [name for name in ("temperatures", "betas") if getattr(self, name) is not None] + given
            raise ValueError(
                "give exactly one of 'temperatures', 'betas' or 'lowest' + 'highest' + 'slots'; given: "
                + (", ".join(found) or "none")
            )
        if given and len(given) < 3:
            missing = [name for name in in_range if name not in given]
            raise ValueError(f"a range needs 'lowest', 'highest' and 'slots'; missing: {', '.join(missing)}")
        if self.lowest is not None and self.highest is not None and self.highest <= self.lowest:
            raise ValueError(f"highest: {self.highest:g} must be above lowest, {self.lowest:g}")
        if not given and self.spacing != "geometric":
            raise ValueError(f"spacing: '{self.spacing}' is for 'lowest' + 'highest' + 'slots'; leave it out")
        return self

    @model_validator(mode="after")
    def _slots_differ(self) -> Self:
        with np.errstate(divide="ignore", over="ignore"):
            betas = self.inverse_temperatures()
        if betas[0] > HIGHEST_BETA:
            raise ValueError(
                f"a slot of beta {betas[0]:g} is too cold; temperatures must be at least {1.0 / HIGHEST_BETA:g}"
            )
        if not np.all(betas[:-1] > betas[1:]):
            raise ValueError(f"slots: {betas.size} are too many to tell apart; widen the range")
        return self

    def inverse_temperatures(self) -> NDArray[np.float64]:
        """Return beta of each slot, coldest first."""
        if self.temperatures is not None:
            return 1.0 / np.array(self.temperatures)
        if self.betas is not None:
            return np.array(self.betas[::-1])
        assert self.lowest is not None
        assert self.highest is not None
        assert self.slots is not None
        if self.spacing == "inverse":
            return np.linspace(1.0 / self.lowest, 1.0 / self.highest, self.slots)
        space = np.geomspace if self.spacing == "geometric" else np.linspace
        return np.asarray(1.0 / space(self.lowest, self.highest, self.slots), dtype=np.float64)


class Run(Section):
    """How long to sample, in sweeps (one attempted update of every spin)."""

    copies: Annotated[int, Field(ge=2)] = Field(2, description="independent ladders; overlaps are between them")
    thermalization: Annotated[int, Field(ge=0)] = Field(description="sweeps before the first measurement")
    measurements: Count = Field(description="rows of the stored series")
    sweeps_per_measurement: Count = Field(1, description="sweeps between two rows of the series")
    sweeps_per_exchange: Count = Field(1, description="sweeps between exchanges; measurements come after an exchange")

    @model_validator(mode="after")
    def _whole_rounds(self) -> Self:
        for name in ("sweeps_per_measurement", "thermalization"):
            sweeps = getattr(self, name)
            if sweeps % self.sweeps_per_exchange:
                raise ValueError(
                    f"{name}: {sweeps} must be a multiple of sweeps_per_exchange, {self.sweeps_per_exchange}"
                )
        return self


class Storage(Section):
    """What is kept of a run."""

    commit_every: Count = Field(1000, description="measurements between writes; an interruption loses at most these")
    overlap_every: Count = Field(1, description="measurements between stored overlaps; histograms keep all of them")
    max_bins: Annotated[int, Field(ge=3)] = Field(101, description="bins of an overlap histogram at most")
    compression: Annotated[int, Field(ge=0, le=9)] = Field(
        1, description="gzip level of the series; 1, which packs runs of equal bytes alone, is fastest by far"
    )


class RunConfig(Section):
    """A whole run."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="root of every random stream")
    samples: Count = Field(1, description="disorder realisations")
    model: Annotated[AnyModel, Field(discriminator="kind")]
    ladder: Ladder
    run: Run
    storage: Storage = Storage()

    @model_validator(mode="after")
    def _model_fits_the_run(self) -> Self:
        self.model.refuse_misfit(self.ladder.inverse_temperatures(), self.run.copies)
        return self

    def canonical_json(self) -> str:
        """Return the configuration as JSON with sorted keys, defaults included."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    def sha256(self) -> str:
        """Return the fingerprint that tells two runs apart."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def parse_config(document: dict[str, Any], name: str = "configuration") -> RunConfig:
    """Return the checked configuration of a TOML document.

    Raises
    ------
    ConfigError
        With one line: the document's name, the key, the value and what would be right.
    """
    return checked(RunConfig, document, name)


def stored_config(text: str, name: str) -> RunConfig:
    """Return the configuration that a result file holds as JSON, also one that an earlier version wrote.

    Keys that are gone are left out: they said how samples were drawn, not from which law.

    Raises
    ------
    ConfigError
        With one line: the name, the key, the value and what would be right.
    """
    document = json.loads(text)
    model = document["model"]
    document["model"] = MODEL_SECTIONS[model["kind"]].without_gone(model) if model["kind"] in MODEL_SECTIONS else model
    try:
        return RunConfig.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise ConfigError(f"{name}: {one_line(error, RunConfig)}") from None


def load_config(path: str | Path) -> RunConfig:
    """Read and check a TOML file; weights files are looked for beside it.

    Raises
    ------
    ConfigError
        As `parse_config`, and where the file cannot be read or is not TOML.
    """
    return load_checked(RunConfig, path)
