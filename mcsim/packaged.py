"""Files that come with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def digits_weights_path() -> Path:
    """Return the packaged network trained on 8x8 digits; scripts/examples/train_digits.toml made it."""
    return _data("digits_relu.h5")


def digits_images_path() -> Path:
    """Return the packaged 8x8 digits, see `mcsim.networks.datasets`."""
    return _data("digits.npz")


def _data(name: str) -> Path:
    return Path(str(resources.files("mcsim") / "networks" / "data" / name))
