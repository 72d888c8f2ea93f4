"""The rate at which the processor looks up numbers in tables that fit its registers: the ceiling of fields by look-up.

Sums over four spins take 16 values, one for each pattern of signs. A vector permute fetches such a value for as many
columns as a register has lanes; with the addition to an accumulator it stands for four products and sums a lane. Here
tables and spins stay in the first-level cache, so that nothing but permutes and additions takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

ENTRIES = 16
SPINS = 4
# Accumulators in flight: enough to hide the latency of an addition.
_ROWS, _BLOCKS = 4, 4
# Tables of this many groups of four spins take 8 KiB.
_GROUPS = 32


def lanes_here() -> int:
    """Return the 32-bit lanes of the widest vector permute: 16 with AVX-512, 8 with AVX2, 0 elsewhere."""
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx2") else 0


def look_up_columns(lanes: int) -> int:
    """Return the columns of one call."""
    return lanes * _BLOCKS


def products_of_call(lanes: int, repeats: int) -> float:
    """Return the products that the sums of one call stand for."""
    return float(repeats * _GROUPS * _ROWS * look_up_columns(lanes) * SPINS)


def look_up_kernel(lanes: int) -> Callable[..., None]:
    """Return the compiled function (tables, patterns, sums, repeats).

    tables : float32 (groups, rows, 16); patterns : uint32 (groups, columns) of numbers below 16; sums : float32 (rows,
    columns), set to sum_g tables[g, row, patterns[g, column]].
    """
    sum_tables = _intrinsic(lanes)

    @njit
    def kernel(tables, patterns, sums, repeats):  # type: ignore[no-untyped-def]
        for _ in range(repeats):
            sum_tables(tables, patterns, sums, tables.shape[0])

    return kernel  # type: ignore[no-any-return]


def example(lanes: int) -> tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.float32]]:
    """Return tables, patterns and room for the sums."""
    rng = np.random.default_rng(1)
    columns = look_up_columns(lanes)
    tables = rng.standard_normal((_GROUPS, _ROWS, ENTRIES)).astype(np.float32)
    return tables, rng.integers(0, ENTRIES, (_GROUPS, columns), dtype=np.uint32), np.empty((_ROWS, columns), np.float32)


def _intrinsic(lanes: int) -> Any:
    floats, integers = ir.VectorType(ir.FloatType(), lanes), ir.VectorType(ir.IntType(32), lanes)

    @intrinsic
    def sum_tables(typing_context, tables, patterns, sums, groups):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            pointers = [
                context.make_array(kind)(context, builder, value).data
                for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
            ]
            _generate(builder, pointers, arguments[3], lanes, floats, integers)
            return context.get_dummy_value()

        return types.void(tables, patterns, sums, types.int64), generate

    return sum_tables


def _generate(builder: Any, pointers: list[Any], groups: Any, lanes: int, floats: Any, integers: Any) -> None:
    """Write the loop over groups, its accumulators in registers."""
    tables, patterns, sums = pointers
    size = ir.IntType(64)
    zero = ir.Constant(floats, [0.0] * lanes)
    accumulators = [[cgutils.alloca_once_value(builder, zero) for _ in range(_BLOCKS)] for _ in range(_ROWS)]
    for row in accumulators:
        for accumulator in row:
            builder.store(zero, accumulator)
    with cgutils.for_range(builder, groups, intp=size) as loop:
        first = builder.mul(loop.index, size(lanes * _BLOCKS))
        columns = [_load(builder, patterns, first, block * lanes, integers) for block in range(_BLOCKS)]
        table = builder.mul(loop.index, size(_ROWS * ENTRIES))
        for r, row in enumerate(accumulators):
            parts = [_load(builder, tables, table, r * ENTRIES + at, floats) for at in range(0, ENTRIES, lanes)]
            for accumulator, pattern in zip(row, columns, strict=True):
                value = _look_up(builder, parts, pattern, lanes, floats, integers)
                builder.store(builder.fadd(builder.load(accumulator), value), accumulator)
    for r, row in enumerate(accumulators):
        for block, accumulator in enumerate(row):
            place = builder.gep(sums, [size((r * _BLOCKS + block) * lanes)])
            builder.store(builder.load(accumulator), builder.bitcast(place, floats.as_pointer()), align=4)


def _load(builder: Any, pointer: Any, first: Any, offset: int, vector: Any) -> Any:
    place = builder.gep(pointer, [builder.add(first, ir.IntType(64)(offset))])
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=4)


def _look_up(builder: Any, parts: list[Any], pattern: Any, lanes: int, floats: Any, integers: Any) -> Any:
    """Return table[pattern] of every lane: one permute of 16 entries, or two of 8 and a blend by the fourth bit."""
    name = {16: "llvm.x86.avx512.permvar.sf.512", 8: "llvm.x86.avx2.permps"}[lanes]
    permute = cgutils.get_or_insert_function(builder.module, ir.FunctionType(floats, [floats, integers]), name)
    values = [builder.call(permute, [part, pattern]) for part in parts]
    if len(values) == 1:
        return values[0]
    fourth = builder.and_(pattern, ir.Constant(integers, [8] * lanes))
    return builder.select(builder.icmp_unsigned("!=", fourth, ir.Constant(integers, [0] * lanes)), values[1], values[0])
