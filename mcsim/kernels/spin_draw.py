"""Heat-bath draws of up to 32 spins of one layer in 16 columns, given their local fields."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mcsim.kernels.spin_lanes import F32, I32, I64, Lanes
from mcsim.kernels.spin_words import LANES

_FLOATS, _WORDS, _WIDE = ir.VectorType(F32, LANES), ir.VectorType(I32, LANES), ir.VectorType(I64, LANES // 2)
SPINS_PER_COUNTER = 4
_SIGN = 0x80000000
# Philox 4x32 (see `mcsim.kernels.philox`).
_ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW_HALF = 0xFFFFFFFF
# 2^f on [0, 1], highest power first (see `mcsim.kernels.elementary.exp_of_negative`).
_LOG2_E = 1.4426950408889634
_POWERS_OF_2 = (
    2.161291988e-04, 1.246784514e-03, 9.675451694e-03, 5.548528056e-02, 2.402293056e-01, 6.931470444e-01, 1.0,
)  # fmt: skip


def _exp_of_negative(x):
    """Return exp(x) for x <= 0, operation by operation as `mcsim.kernels.elementary.exp_of_negative`."""
    y = x * _LOG2_E
    y = (y > -126.0).choose(y, -126.0)
    whole = y.floor()
    f = y - whole
    p = Lanes.constant(x.builder, _FLOATS, _POWERS_OF_2[0])
    for coefficient in _POWERS_OF_2[1:]:
        p = p * f + coefficient
    return p * ((whole.to_integer() + 127) << 23).as_kind(_FLOATS)


def _is_up(field, factor, random):
    """Return where a spin ends up.

    With t = exp(-2 beta |h|) it ends against its field with probability t / (1 + t), which keeps the full relative
    precision of the uniform number where the probability is small.
    """
    t = _exp_of_negative(factor * (field.as_kind(_WORDS) & ~_SIGN).as_kind(_FLOATS))
    u = (random.to_float() + 0.5) * 2.0**-32
    return (field >= 0.0) ^ (u * (t + 1.0) < t)


def _philox(counter, keys):
    """Return the four words of a counter under the keys of eight columns.

    All are 64-bit lanes of which only the lower halves count, whatever the upper ones hold: a product needs no
    repacking before the next one.
    """
    c = list(counter)
    k = list(keys)
    for _ in range(_ROUNDS):
        product_0, product_1 = ((c[2 * m] & _LOW_HALF) * _MULTIPLIERS[m] for m in range(2))
        c = [(product_1 >> 32) ^ c[1] ^ k[0], product_1, (product_0 >> 32) ^ c[3] ^ k[1], product_0]
        k = [key + weyl for key, weyl in zip(k, _WEYL, strict=True)]
    return c


def _random_words(counter, keys):
    """Return the four words of a counter under the keys of sixteen columns, even columns apart from odd ones."""
    even = _philox(counter, [key.as_kind(_WIDE) for key in keys])
    odd = _philox(counter, [key.as_kind(_WIDE) >> 32 for key in keys])
    return [((e & _LOW_HALF) | (o << 32)).as_kind(_WORDS) for e, o in zip(even, odd, strict=True)]


@intrinsic
def draw_word(
    typing_context, fields, column, first_counter, n_counters, layer, low, high, factors, keys, drawn, energy
):
    """Draw 4 n_counters spins of the columns from `column` to `column` + 15.

    Parameters
    ----------
    fields : float32 (32, lanes)
        Local fields, a row for each spin.
    column, first_counter, n_counters, layer, low, high : int64
        Spins 4 m to 4 m + 3 take the words of the Philox counter (first_counter + m, layer, low, high).
    factors : float32 (lanes,)
        -2 beta of each column.
    keys : uint32 (2, lanes)
    drawn : uint32 (lanes,)
        Set to the spins drawn, the first one in the lowest bit.
    energy : float32 (lanes,)
        Set to - sum h s of these spins.
    """

    def generate(context, builder, signature, arguments):
        fields, column, first_counter, n_counters, layer, low, high, *arrays = arguments
        fields, factors, keys, drawn, energy = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip((signature.args[0], *signature.args[7:]), (fields, *arrays), strict=True)
        )
        lanes = builder.extract_value(fields.shape, 1)

        def at(array, row):
            return builder.gep(array.data, [builder.add(builder.mul(row, lanes), column)])

        factor = Lanes.load(builder, _FLOATS, at(factors, I64(0)))
        own_keys = [Lanes.load(builder, _WORDS, at(keys, I64(m))) for m in range(2)]
        address = [Lanes.broadcast(builder, number, LANES // 2) for number in (layer, low, high)]
        word = cgutils.alloca_once_value(builder, ir.Constant(_WORDS, [0] * LANES))
        total = cgutils.alloca_once_value(builder, ir.Constant(_FLOATS, [0.0] * LANES))
        with cgutils.for_range(builder, n_counters, intp=I64) as loop:
            counter = Lanes.broadcast(builder, builder.add(first_counter, loop.index), LANES // 2)
            first = builder.mul(loop.index, I64(SPINS_PER_COUNTER))
            bit = Lanes.broadcast(builder, builder.shl(I32(1), builder.trunc(first, I32)), LANES)
            for i, random in enumerate(_random_words([counter, *address], own_keys)):
                field = Lanes.load(builder, _FLOATS, at(fields, builder.add(first, I64(i))))
                up = _is_up(field, factor, random)
                so_far = Lanes(builder, builder.load(word))
                builder.store((so_far | up.choose(bit << i, 0)).value, word)
                against = (field.as_kind(_WORDS) ^ _SIGN).as_kind(_FLOATS)
                builder.store((Lanes(builder, builder.load(total)) - up.choose(field, against)).value, total)
        Lanes(builder, builder.load(word)).store(at(drawn, I64(0)))
        Lanes(builder, builder.load(total)).store(at(energy, I64(0)))
        return context.get_dummy_value()

    number = types.int64
    numbers = [number] * 6
    return types.void(fields, *numbers, factors, keys, drawn, energy), generate
