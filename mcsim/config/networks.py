"""Where the couplings of spins come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from mcsim.config.documents import document_folder
from mcsim.config.sections import Count, Positive, Section
from mcsim.packaged import digits_weights_path

_PACKAGED = {"package:digits": digits_weights_path}


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

    @field_validator("path")
    @classmethod
    def _begins_at_the_configuration(cls, path: str, info: ValidationInfo) -> str:
        folder = document_folder(info)
        return path if folder is None or path in _PACKAGED else str((folder / path).resolve())

    def resolved_path(self) -> Path:
        """Return the file to open."""
        packaged = _PACKAGED.get(self.path)
        return Path(self.path) if packaged is None else packaged()
