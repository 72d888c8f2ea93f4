"""TOML documents in, checked models out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, ValidationInfo

from mcsim.config.errors import ConfigError, one_line

Document = TypeVar("Document", bound=BaseModel)


def checked(model: type[Document], document: dict[str, Any], name: str, folder: Path | None = None) -> Document:
    """Return a document as the model it must fit.

    Parameters
    ----------
    model : type
    document : dict
    name : str
        What messages call the document.
    folder : Path, optional
        Where relative paths in it begin; without it they stay as they are.

    Raises
    ------
    ConfigError
        With one line: the document's name, the key, the value and what would be right.
    """
    try:
        return model.model_validate(document, context=folder)
    except ValidationError as error:
        raise ConfigError(f"{name}: {one_line(error, model)}") from None


def load_checked(model: type[Document], path: str | Path) -> Document:
    """Read a TOML file as the model it must fit; relative paths in it begin at its folder.

    Raises
    ------
    ConfigError
        As `checked`, and where the file cannot be read or is not TOML.
    """
    path = Path(path)
    return checked(model, _read_toml(path), str(path), path.parent)


def document_folder(info: ValidationInfo) -> Path | None:
    """Return, inside a validator, the folder where relative paths of the document begin."""
    folder = info.context
    return folder if isinstance(folder, Path) else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
