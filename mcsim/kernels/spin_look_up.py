"""Sums over neighbouring spins four at a time, for 16 to 64 columns at once.

A register with the 16 entries of one table (see `mcsim.kernels.spin_tables`) is permuted by 16 columns' bits: one
instruction looks up the partial sums of four spins in 16 columns, 64 products and sums with one addition more. Shorter
registers hold half a table and use its symmetry; where there is no permute, the partial sums are added up in the order
in which the tables' entries were.
"""

from __future__ import annotations

from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mcsim.kernels.spin_lanes import F32, I32, I64, Lanes
from mcsim.kernels.spin_processor import AVX2, AVX512, PORTABLE, supports
from mcsim.kernels.spin_tables import GROUP, ROWS, entries_per_group
from mcsim.kernels.spin_words import SPINS_PER_WORD

_GROUPS_PER_WORD = SPINS_PER_WORD // GROUP
_SIGN = 0x80000000
_FOURTH_SPINS = 0x88888888


class _Avx512:
    """Sixteen columns a register, one register a table."""

    width = 16
    floats, words = ir.VectorType(F32, 16), ir.VectorType(I32, 16)

    def __init__(self, builder):
        self._builder = builder
        # Behind an empty piece of assembler the compiler does not see that these are ones.
        hidden = ir.InlineAsm(ir.FunctionType(self.floats, [self.floats]), "", "=v,0")
        ones = ir.Constant(self.floats, [1.0] * self.width)
        self._ones = Lanes(builder, builder.call(hidden, [ones]))

    def prepare(self, words):
        """Return what of words is worth computing once for all of their groups."""
        return words

    def patterns(self, words):
        """Return what `look_up` needs of prepared words whose lowest four bits are the group's."""
        return words

    def load_table(self, pointer):
        return Lanes.load(self._builder, self.floats, pointer)

    def look_up(self, table, patterns):
        return table.call("llvm.x86.avx512.permvar.sf.512", self.floats, patterns)

    def add(self, total, entry, turn):
        """Return total + entry; every other time as 1 * entry + total, the same bits from the multipliers.

        Where additions and permutes share pipes that multipliers leave idle (Zen 4) this gains a fifth.
        """
        return self._ones.call("llvm.fma.v16f32", self.floats, entry, total) if turn % 2 else total + entry


class _Avx2:
    """Eight columns a register, one register half a table: the entries of patterns whose fourth spin is up.

    The entry of a pattern is minus that of its complement. (A zero may get the other sign, which no sum shows: none is
    ever -0, since all start from a bias or +0.)
    """

    width = 8
    floats, words = ir.VectorType(F32, 8), ir.VectorType(I32, 8)

    def __init__(self, builder):
        self._builder = builder

    def prepare(self, words):
        """Return words whose groups with the fourth spin down have their other three spins turned over."""
        down = ~words & _FOURTH_SPINS
        return words ^ ((down >> 1) | (down >> 2) | (down >> 3))

    def patterns(self, words):
        return words, (~words << (31 - (GROUP - 1))) & _SIGN

    def load_table(self, pointer):
        return Lanes.load(self._builder, self.floats, pointer)

    def look_up(self, table, patterns):
        words, sign = patterns
        entry = table.call("llvm.x86.avx2.permps", self.floats, words)
        return (entry.as_kind(self.words) ^ sign).as_kind(self.floats)

    def add(self, total, entry, turn):
        return total + entry


class _Portable:
    """Couplings in place of tables: the signs of sixteen columns' spins go to four couplings, which are summed."""

    width = 16
    floats, words = ir.VectorType(F32, 16), ir.VectorType(I32, 16)

    def __init__(self, builder):
        self._builder = builder

    def prepare(self, words):
        return ~words

    def patterns(self, words):
        return [(words << (31 - m)) & _SIGN for m in range(GROUP)]

    def load_table(self, pointer):
        couplings = [self._builder.load(self._builder.gep(pointer, [I64(m)])) for m in range(GROUP)]
        return [Lanes.broadcast(self._builder, coupling, self.width).as_kind(self.words) for coupling in couplings]

    def look_up(self, table, patterns):
        products = [(c ^ sign).as_kind(self.floats) for c, sign in zip(table, patterns, strict=True)]
        return ((products[0] + products[1]) + products[2]) + products[3]

    def add(self, total, entry, turn):
        return total + entry


class _Operands(NamedTuple):
    """Pointers to the first table, word and sum, and the distance between rows of words and of sums."""

    tables: ir.Value
    words: ir.Value
    sums: ir.Value
    lanes: ir.Value


def _add_groups(builder, registers, entries, operands, n_groups, vectors):
    """Add the entries of n_groups groups to sums of 4 rows x `vectors` registers of columns."""

    def at(start, row, vector):
        return builder.gep(start, [builder.add(builder.mul(operands.lanes, row), I64(vector * registers.width))])

    def load_words(word):
        words = (Lanes.load(builder, registers.words, at(operands.words, word, v)) for v in range(vectors))
        return [registers.prepare(bits) for bits in words]

    def add_group(group, words):
        tables = builder.gep(operands.tables, [builder.mul(group, I64(ROWS * entries))])
        patterns = [registers.patterns(bits) for bits in words]
        for row in range(ROWS):
            table = registers.load_table(builder.gep(tables, [I64(row * entries)]))
            for vector in range(vectors):
                total = Lanes(builder, builder.load(totals[row, vector]))
                entry = registers.look_up(table, patterns[vector])
                builder.store(registers.add(total, entry, row + vector).value, totals[row, vector])

    totals = {(r, v): cgutils.alloca_once(builder, registers.floats) for r in range(ROWS) for v in range(vectors)}
    for (row, vector), total in totals.items():
        builder.store(Lanes.load(builder, registers.floats, at(operands.sums, I64(row), vector)).value, total)
    whole_words = builder.udiv(n_groups, I64(_GROUPS_PER_WORD))
    with cgutils.for_range(builder, whole_words, intp=I64) as loop:
        words = load_words(loop.index)
        first = builder.mul(loop.index, I64(_GROUPS_PER_WORD))
        for g in range(_GROUPS_PER_WORD):
            add_group(builder.add(first, I64(g)), [bits >> (GROUP * g) for bits in words])
    first = builder.mul(whole_words, I64(_GROUPS_PER_WORD))
    with cgutils.for_range(builder, builder.sub(n_groups, first), intp=I64) as loop:
        shift = builder.trunc(builder.mul(loop.index, I64(GROUP)), I32)
        shifts = Lanes.broadcast(builder, shift, registers.width)
        add_group(builder.add(first, loop.index), [bits >> shifts for bits in load_words(whole_words)])
    for (row, vector), total in totals.items():
        Lanes(builder, builder.load(total)).store(at(operands.sums, I64(row), vector))


def _make_adder(kernel, registers_of, vectors):
    """Return an intrinsic that adds what some spins contribute to the fields of four rows in a run of columns.

    Where the processor lacks the instructions it compiles to nothing, and nobody calls it.
    """

    @intrinsic
    def add_contributions(typing_context, tables, start, words, first_word, n_spins, fields, row, column):
        """Add to fields[row : row + 4, column : ] the contributions of n_spins spins.

        tables : float32, flat; those of the four rows start at `start`
        words : uint32 (words, lanes); those of the spins start at `first_word`
        fields : float32 (rows, lanes)
        """

        def generate(context, builder, signature, arguments):
            if not supports(kernel):
                return context.get_dummy_value()
            tables, start, words, first_word, n_spins, fields, row, column = arguments
            tables, words, fields = (
                context.make_array(signature.args[position])(context, builder, array)
                for position, array in ((0, tables), (2, words), (5, fields))
            )
            lanes = builder.extract_value(words.shape, 1)

            def at(array, line):
                return builder.gep(array.data, [builder.add(builder.mul(line, lanes), column)])

            operands = _Operands(builder.gep(tables.data, [start]), at(words, first_word), at(fields, row), lanes)
            n_groups = builder.udiv(builder.add(n_spins, I64(GROUP - 1)), I64(GROUP))
            _add_groups(builder, registers_of(builder), entries_per_group(kernel), operands, n_groups, vectors)
            return context.get_dummy_value()

        counts = types.int64
        return types.void(tables, counts, words, counts, counts, fields, counts, counts), generate

    return add_contributions


add_avx512_64 = _make_adder(AVX512, _Avx512, 4)
add_avx512_32 = _make_adder(AVX512, _Avx512, 2)
add_avx512_16 = _make_adder(AVX512, _Avx512, 1)
add_avx2_16 = _make_adder(AVX2, _Avx2, 2)
add_portable_16 = _make_adder(PORTABLE, _Portable, 1)
