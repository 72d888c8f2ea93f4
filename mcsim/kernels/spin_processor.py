"""Which of three implementations of the look-up of local fields runs here; all give the same bits.

The processor decides, as Numba sees it (whose settings can hide features); what Numba keeps on disk it keeps apart for
every set of them. ``MCSIM_SPIN_KERNEL`` = ``avx512``, ``avx2`` or ``portable`` overrides the choice, for tests and for
comparisons of speed.
"""

from collections.abc import Mapping

from numba.core.registry import cpu_target

PORTABLE = 0
AVX2 = 1
AVX512 = 2

VARIABLE = "MCSIM_SPIN_KERNEL"
KERNELS = {"avx512": AVX512, "avx2": AVX2, "portable": PORTABLE}
_MEMORY_BOUND_LANES = 16
_FEATURES = {AVX512: "+avx512f", AVX2: "+avx2"}


class SpinKernelError(ValueError):
    """The environment asks for an implementation that does not exist or that this processor cannot run."""


def supports(kernel: int) -> bool:
    """Return whether the code Numba compiles for this processor may use an implementation's instructions."""
    if kernel == PORTABLE:
        return True
    triple, _, features = cpu_target.target_context.codegen().magic_tuple()
    return triple.startswith("x86_64") and _FEATURES[kernel] in features.split(",")


def choose_kernel(environment: Mapping[str, str], lanes: int) -> int:
    """Return the implementation to use: the one asked for, else the fastest that this processor can run.

    Parameters
    ----------
    environment : mapping
        The process's environment variables, of which ``MCSIM_SPIN_KERNEL`` is read.
    lanes : int
        Columns, rounded up to whole vectors of 16. With a single vector every table is read for one permute, memory
        decides, and the smaller tables of AVX2 win (on Zen 4 by 1.5 at widths 512 and 1024, by nothing at 256).

    Raises
    ------
    SpinKernelError
        If the variable names no implementation, or one that this processor lacks.
    """
    asked = environment.get(VARIABLE)
    if asked is None:
        fast = (AVX512, AVX2) if lanes > _MEMORY_BOUND_LANES else (AVX2, AVX512)
        return next(kernel for kernel in (*fast, PORTABLE) if supports(kernel))
    if asked not in KERNELS:
        raise SpinKernelError(f"{VARIABLE}={asked}: must be one of {', '.join(KERNELS)}")
    if not supports(KERNELS[asked]):
        raise SpinKernelError(f"{VARIABLE}={asked}: this processor does not support it")
    return KERNELS[asked]
