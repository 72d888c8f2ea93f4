"""The specification of a run: TOML in, one frozen object out, checked whole before anything is computed."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mcsim.networks.files import digits_weights_path

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PACKAGED_WEIGHTS = {"package:digits": digits_weights_path}


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one line that names the key and the value."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GaussianNetwork(_Section):
    """Independent Gaussian couplings, drawn anew for every sample."""

    source: Literal["gaussian"]
    widths: tuple[Count, ...] = Field(min_length=2, strict=False, description="neurons per layer, N_0..N_L")
    variance: Literal["fan-in", "symmetric"] = Field(
        "fan-in", description="fan-in: C/N_{k-1}; symmetric: C/sqrt(N_{k-1} N_k)"
    )
    scale: Positive = Field(1.0, description="the constant C of the variance")


class FileNetwork(_Section):
    """Weights read from a file; every sample is an independent repeat on the same network."""

    source: Literal["file"]
    path: str = Field(
        min_length=1,
        description="an .h5, .npz or .safetensors file, relative to the configuration; or package:digits",
    )
    epoch: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description=".h5 only: the stage of training; the last one by default"
    )
    arrays: tuple[str, ...] | None = Field(
        None, strict=False, description=".npz, .safetensors: names of the 2-d arrays in order"
    )
    biases: tuple[str, ...] | None = Field(
        None, strict=False, description=".npz, .safetensors: names of the 1-d arrays in order"
    )
    transpose: bool = Field(False, description="set it where weights are stored as (out, in)")

    def resolved_path(self) -> Path:
        """Return the file to open."""
        packaged = PACKAGED_WEIGHTS.get(self.path)
        return Path(self.path) if packaged is None else packaged()


class LayeredIsing(_Section):
    """Ising spins in layers, coupled by a network's weights."""

    kind: Literal["layered-ising"]
    network: Annotated[GaussianNetwork | FileNetwork, Field(discriminator="source")]
    dynamics: Literal["auto", "layer-block", "single-spin"] = Field(
        "auto", description="auto: layer-block for heat bath (faster at every size measured), else single-spin"
    )
    rule: Literal["heat-bath", "metropolis"] = Field(
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


class Ladder(_Section):
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
        for low, high in zip(values[:-1], values[1:], strict=True) if values else ():
            if high <= low:
                raise ValueError(f"must rise strictly, but {high:g} follows {low:g}")
        return values

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        in_range = {"lowest": self.lowest, "highest": self.highest, "slots": self.slots}
        given = [name for name, value in in_range.items() if value is not None]
        forms = (self.temperatures is not None) + (self.betas is not None) + bool(given)
        if forms != 1:
            raise ValueError("give exactly one of 'temperatures', 'betas' or 'lowest' + 'highest' + 'slots'")
        if given and len(given) < 3:
            missing = [name for name in in_range if name not in given]
            raise ValueError(f"a range needs 'lowest', 'highest' and 'slots'; missing: {', '.join(missing)}")
        if self.lowest is not None and self.highest is not None and self.highest <= self.lowest:
            raise ValueError(f"highest: {self.highest:g} must be above lowest, {self.lowest:g}")
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


class Run(_Section):
    """How long to sample, in sweeps (one attempted update of every spin)."""

    copies: Annotated[int, Field(ge=2)] = Field(2, description="independent ladders; overlaps are between them")
    thermalization: Annotated[int, Field(ge=0)] = Field(description="sweeps before the first measurement")
    measurements: Count = Field(description="rows of the stored series")
    sweeps_per_measurement: Count = 1
    sweeps_per_exchange: Count = 1

    @model_validator(mode="after")
    def _whole_rounds(self) -> Self:
        for name in ("sweeps_per_measurement", "thermalization"):
            sweeps = getattr(self, name)
            if sweeps % self.sweeps_per_exchange:
                raise ValueError(
                    f"{name}: {sweeps} must be a multiple of sweeps_per_exchange, {self.sweeps_per_exchange}"
                )
        return self


class Storage(_Section):
    """What is kept of a run."""

    commit_every: Count = Field(200, description="measurements between writes; an interruption loses at most these")
    overlap_every: Count = Field(1, description="measurements between stored overlaps; histograms keep all of them")
    max_bins: Annotated[int, Field(ge=3)] = Field(101, description="bins of an overlap histogram at most")
    compression: Annotated[int, Field(ge=0, le=9)] = Field(4, description="gzip level of the series")


class RunConfig(_Section):
    """A whole run."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="root of every random stream")
    samples: Count = Field(1, description="disorder realisations")
    model: LayeredIsing
    ladder: Ladder
    run: Run
    storage: Storage = Storage()

    @model_validator(mode="after")
    def _metropolis_is_ergodic(self) -> Self:
        if self.model.rule == "metropolis" and self.ladder.inverse_temperatures().min() == 0.0:
            raise ValueError("ladder.betas: 0 with rule 'metropolis' accepts every flip; use 'heat-bath'")
        return self

    @model_validator(mode="after")
    def _tile_holds_a_slot(self) -> Self:
        if self.model.tile_columns % self.run.copies:
            raise ValueError(
                f"model.tile_columns: {self.model.tile_columns} must be a multiple of run.copies, {self.run.copies}"
            )
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
    try:
        return RunConfig.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{name}: {_one_line(error)}") from None


def load_config(path: str | Path) -> RunConfig:
    """Read and check a TOML file; weights files are looked for beside it.

    Raises
    ------
    ConfigError
        As `parse_config`, and where the file cannot be read or is not TOML.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    _anchor_weights(document, path.parent)
    return parse_config(document, str(path))


def _anchor_weights(document: dict[str, Any], folder: Path) -> None:
    """Make a relative weights path relative to the configuration instead of the working directory."""
    model = document.get("model")
    network = model.get("network") if isinstance(model, dict) else None
    path = network.get("path") if isinstance(network, dict) else None
    if isinstance(path, str) and path and path not in PACKAGED_WEIGHTS and isinstance(network, dict):
        network["path"] = str((folder / path).resolve())


def _one_line(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    first = problems[0]
    key = ".".join(str(part) for part in _without_tags(first["loc"]))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "unknown key"
    elif first["type"] == "missing":
        message = "missing; this key is required"
    elif first["type"] != "value_error" or not isinstance(first["input"], dict):
        message = f"{_short(first['input'])}: {message[0].lower()}{message[1:]}"
    return f"{key}: {message}{more}" if key else f"{message}{more}"


def _without_tags(location: Sequence[int | str]) -> list[int | str]:
    """Drop the discriminator values that pydantic weaves into the place of an error."""
    tags = {"gaussian", "file"}
    return [part for i, part in enumerate(location) if not (part in tags and i and location[i - 1] == "network")]


def _short(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
