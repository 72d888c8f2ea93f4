"""Stability of a Parisi solution against further breaking, plateau by plateau.

On the plateau (x_i, x_{i+1}) split the overlap k_i of every layer at some x: above it by dk more than below, dr for
the conjugates. The next layer's overlap is a mean square of d_u f_{i+1}, so to first order its two values differ by
the variance that increments C_W dk of h and dr of u give it, and the equations of the sweep become those of the
replica-symmetric replicon (`theory.mlp.rs.stability`) with

    a = C_W int P_i (d_h d_u f_{i+1})^2,   b = int P_i (d_u^2 f_{i+1})^2,   c = g C_W^2 int P_i (d_h^2 f_{i+1})^2,

and the eigenvalue D_i of K^0 on that plateau in place of v^0; where in the plateau x lies plays no part. Below 1 a
split closes again. The innermost plateau of a single level is the de Almeida-Thouless condition. In full replica
symmetry breaking the value is 1 on the whole continuous part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel, OrderParameters
from theory.mlp.neuron.layer import LayerAverages
from theory.mlp.rs.stability import replicon
from theory.mlp.rsb.parameters import ParisiParameters, eigenvalues
from theory.mlp.rsb.recursion import LevelAverages


def plateau_replicons(model: MlpModel, p: ParisiParameters, averages: Sequence[LevelAverages]) -> FloatArray:
    """Return the spectral radius of the replicon map on each plateau, shape (K + 1,).

    Parameters
    ----------
    model : MlpModel
    p : ParisiParameters
    averages : sequence of LevelAverages
        Of layers 1..L, with curvatures.
    """
    unused = np.zeros(model.depth + 1)
    d = eigenvalues(p.x, p.k[0], float(p.k_d[0]))
    values = []
    for i, d_i in enumerate(d):
        squares = [(a.curvatures.hu[i], a.curvatures.uu[i], a.curvatures.hh[i]) for a in averages if a.curvatures]
        layers = [LayerAverages(0.0, 0.0, 0.0, 0.0, 0.0, *map(float, each)) for each in squares]
        values.append(replicon(model, OrderParameters(np.append(d_i, unused[1:]), unused, unused, unused), layers))
    return np.array(values)
