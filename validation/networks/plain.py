"""Results of this package as JSON values and back, so that they can be stored and drawn later."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def plain(value: object) -> Any:
    """Return a dataclass as JSON values: arrays as lists, what is not finite as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def restored(kind: type[T], document: dict[str, Any]) -> T:
    """Return the dataclass that `plain` has made JSON values of; None becomes nan again where a number belongs."""
    hints = typing.get_type_hints(kind)
    return kind(**{name: _restored(hints[name], value) for name, value in document.items()})


def _restored(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _restored(arguments[0], value)
    if dataclasses.is_dataclass(hint):
        return restored(typing.cast(type, hint), value)
    if origin is np.ndarray:
        return np.array(value, dtype=np.float64)
    if origin is tuple:
        inner = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_restored(one, entry) for one, entry in zip(inner, value, strict=True))
    if hint is float:
        return math.nan if value is None else float(value)
    return value
