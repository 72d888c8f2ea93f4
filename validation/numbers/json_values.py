"""Results as JSON values and back: dataclasses as objects, arrays as lists, what is not finite as null.

A dataclass that is stored annotates its arrays as `FloatArray`, and as `FloatOrNan` the numbers that may be missing.
All other numbers must be finite.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

# To work out how a type is stored takes milliseconds.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def to_json(kind: type[T], value: T) -> Any:
    """Return JSON values of a dataclass.

    Raises
    ------
    ValueError
        Where they do not make the dataclass again, such as for a number that must be finite and is not.
    """
    document = json.loads(_adapter(kind).dump_json(value, warnings="error"))
    from_json(kind, document)
    return document


def from_json(kind: type[T], document: Any) -> T:
    """Return the dataclass that `to_json` has made JSON values of; null becomes nan again where a number belongs.

    Raises
    ------
    ValueError
        One line, where the document is not of this kind.
    """
    try:
        value: T = _adapter(kind).validate_python(document)
    except ValueError as error:
        raise ValueError(f"not a {kind.__name__}: {' '.join(str(error).split())}") from None
    return value


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
