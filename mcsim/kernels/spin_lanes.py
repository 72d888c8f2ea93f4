"""Arithmetic on vectors, one lane a column, written into compiled code as LLVM instructions.

What a loop over columns leaves to a compiler's vectoriser is spelled out: a `Lanes` behaves like a small NumPy array of
float32 or of unsigned integers, and every operation on it becomes one instruction per vector, on any processor (LLVM
splits vectors that are wider than its registers). No operation is ever fused or reordered, so results are the same bits
everywhere.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

I32, I64, F32 = ir.IntType(32), ir.IntType(64), ir.FloatType()


class Lanes:
    """A vector in compiled code; plain numbers that it meets are taken for all lanes."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder = builder
        self.value = value

    @classmethod
    def constant(cls, builder: ir.IRBuilder, kind: ir.VectorType, number: float) -> Lanes:
        """Return the same number in all lanes."""
        return cls(builder, ir.Constant(kind, [number] * kind.count))

    @classmethod
    def load(cls, builder: ir.IRBuilder, kind: ir.VectorType, pointer: ir.Value) -> Lanes:
        """Return the numbers at a pointer and behind it."""
        return cls(builder, builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4))

    @classmethod
    def broadcast(cls, builder: ir.IRBuilder, number: ir.Value, count: int) -> Lanes:
        """Return a scalar of the compiled code in all lanes."""
        kind = ir.VectorType(number.type, count)
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, I32(0))
        return cls(builder, builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, count), [0] * count)))

    def store(self, pointer: ir.Value) -> None:
        """Write the lanes to a pointer and behind it."""
        self.builder.store(self.value, self.builder.bitcast(pointer, self.kind.as_pointer()), align=4)

    @property
    def kind(self) -> ir.VectorType:
        """The LLVM type."""
        return self.value.type

    def _with(self, value: ir.Value) -> Lanes:
        return Lanes(self.builder, value)

    def _operand(self, other: Lanes | float) -> ir.Value:
        return other.value if isinstance(other, Lanes) else ir.Constant(self.kind, [other] * self.kind.count)

    def _is_float(self) -> bool:
        return self.kind.element == F32

    def __add__(self, other: Lanes | float) -> Lanes:
        add = self.builder.fadd if self._is_float() else self.builder.add
        return self._with(add(self.value, self._operand(other)))

    def __sub__(self, other: Lanes | float) -> Lanes:
        subtract = self.builder.fsub if self._is_float() else self.builder.sub
        return self._with(subtract(self.value, self._operand(other)))

    def __mul__(self, other: Lanes | float) -> Lanes:
        multiply = self.builder.fmul if self._is_float() else self.builder.mul
        return self._with(multiply(self.value, self._operand(other)))

    def __and__(self, other: Lanes | int) -> Lanes:
        return self._with(self.builder.and_(self.value, self._operand(other)))

    def __or__(self, other: Lanes | int) -> Lanes:
        return self._with(self.builder.or_(self.value, self._operand(other)))

    def __xor__(self, other: Lanes | int) -> Lanes:
        return self._with(self.builder.xor(self.value, self._operand(other)))

    def __invert__(self) -> Lanes:
        return self._with(self.builder.not_(self.value))

    def __lshift__(self, other: Lanes | int) -> Lanes:
        return self._with(self.builder.shl(self.value, self._operand(other)))

    def __rshift__(self, other: Lanes | int) -> Lanes:
        return self._with(self.builder.lshr(self.value, self._operand(other)))

    def __lt__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fcmp_ordered("<", self.value, self._operand(other)))

    def __gt__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fcmp_ordered(">", self.value, self._operand(other)))

    def __ge__(self, other: Lanes | float) -> Lanes:
        return self._with(self.builder.fcmp_ordered(">=", self.value, self._operand(other)))

    def choose(self, if_true: Lanes, if_false: Lanes | float) -> Lanes:
        """Return, where these conditions hold, one vector and elsewhere the other."""
        return self._with(self.builder.select(self.value, if_true.value, if_true._operand(if_false)))

    def as_kind(self, kind: ir.VectorType) -> Lanes:
        """Return the same bits read as another type."""
        return self._with(self.builder.bitcast(self.value, kind))

    def to_float(self) -> Lanes:
        """Return unsigned integers rounded to float32."""
        return self._with(self.builder.uitofp(self.value, ir.VectorType(F32, self.kind.count)))

    def to_integer(self) -> Lanes:
        """Return whole floats as (signed) 32-bit integers."""
        return self._with(self.builder.fptosi(self.value, ir.VectorType(I32, self.kind.count)))

    def floor(self) -> Lanes:
        """Return the largest whole numbers not above."""
        return self.call(f"llvm.floor.v{self.kind.count}f32", self.kind)

    def call(self, intrinsic: str, result: ir.VectorType, *others: Lanes) -> Lanes:
        """Return what an LLVM intrinsic makes of this vector and others."""
        operands = [self.value, *(other.value for other in others)]
        kind = ir.FunctionType(result, [operand.type for operand in operands])
        return self._with(
            self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, intrinsic), operands)
        )
