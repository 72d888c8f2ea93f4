"""The arrays of this package, and numbers that may be missing; in stored results both go through `json_values`."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer, PlainValidator


def _array(values: Any) -> NDArray[np.float64]:
    if not isinstance(values, list | np.ndarray):
        raise ValueError("Input should be a list of numbers")
    return np.array(values, dtype=np.float64)


FloatArray = Annotated[
    NDArray[np.float64],
    PlainValidator(_array),
    PlainSerializer(lambda array: array.tolist()),
]
FloatOrNan = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
IntArray = NDArray[np.int64]
