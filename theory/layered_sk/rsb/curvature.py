"""Second derivatives of one layer's Parisi functional, for Newton's method.

Notation of `kernels` and `layer`. Changing v_i or x_i changes f_{i-1} by the function a_i or b_i of y_{i-1}, and f_p
with p < i - 1 by its conditional expectation w_p = E[w | y_p]. For u of step l and w of step i >= l the second
derivative of phi is

    u = a_l:  E [w'' + 2 x_l m w']_{l-1}/2 + C(u, w)          (plus E m_{l-1}^2 / 2 if w = b_l)
    u = b_l:  E (T_l[f_l w_l] - T_l[f_l] T_l[w_l]) + C(u, w)  for i > l
              E (T_l[f_l^2] - T_l[f_l]^2 - 2 b_l)/x_l + C     for w = u
    C(u, w) = sum_{p=1}^{l-1} x_p (E u_p w_p - E u_{p-1} w_{p-1})

The first terms differentiate step l itself; C is the second variation of the steps below l, which are logarithms of
means of exp(x_p f_p). w'' and w' are those of the polynomial through 17 points. Derived here; the tests compare with
finite differences.
"""

from __future__ import annotations

import numpy as np

from theory.arrays import FloatArray, IntArray
from theory.layered_sk.rsb.layer import LayerState

_HALF = 8


def _central_differences() -> tuple[FloatArray, FloatArray]:
    """Weights of -8 .. 8 in the first two derivatives at 0 of the polynomial through these points."""
    n = np.arange(1, _HALF + 1, dtype=np.float64)
    # Fornberg, Math. Comp. 51, 699 (1988): (-1)^(n+1) (8!)^2/((8 - n)! (8 + n)!) times 1/n and 2/n^2.
    ratio = np.cumprod((_HALF + 1 - n) / (_HALF + n)) * (-1) ** (n + 1)
    first = np.concatenate([-(ratio / n)[::-1], [0.0], ratio / n])
    outer = 2 * ratio / n**2
    return first, np.concatenate([outer[::-1], [-2 * outer.sum()], outer])


_FIRST, _SECOND = _central_differences()


def curvature(state: LayerState, with_breakpoints: bool) -> FloatArray:
    """Return the second derivatives of phi in (S_0 .. S_K), followed by (x_1 .. x_K) if wanted.

    Parameters
    ----------
    state : LayerState
    with_breakpoints : bool

    Returns
    -------
    float64 array, shape (K + 1, K + 1) or (2 K + 1, 2 K + 1)
    """
    matrix = _Descent(state, with_breakpoints).run()
    # d/dS_i = d/dv_i - d/dv_{i+1}
    change = np.eye(len(matrix))
    below = np.arange(len(state.breakpoints))
    change[below, below + 1] = -1.0
    return np.asarray(change @ matrix @ change.T)


class _Descent:
    """Go down through the levels with the functions of all steps above as columns.

    Index i of the matrix is v_i, index K + i is x_i.
    """

    def __init__(self, state: LayerState, with_breakpoints: bool) -> None:
        self._state = state
        self._steps = len(state.breakpoints)
        self._with_breakpoints = with_breakpoints
        size = self._steps + 1 + (self._steps if with_breakpoints else 0)
        self._matrix = np.zeros((size, size))
        self._grams = np.zeros((self._steps, size, size))

    def run(self) -> FloatArray:
        """Return the second derivatives in (v, x)."""
        columns, names = np.zeros((self._state.g.shape[1], 0)), np.zeros(0, dtype=np.int64)
        for step in range(self._steps, 0, -1):
            columns, names = self._descend(step, columns, names)
            self._set(step, names, self._slope(step - 1, self._state.breakpoints[step - 1], columns))
            if self._with_breakpoints:
                square = float(self._state.overlaps[step - 1])
                self._add(step, self._steps + step, square / 2)
            weighted = self._state.probability[step - 1][:, None] * columns
            self._grams[step - 1][np.ix_(names, names)] = columns.T @ weighted
        self._set(0, names, self._slope(0, 0.0, columns))
        self._set(0, np.zeros(1, dtype=np.int64), self._slope(0, 0.0, self._state.chi[0][:, None] / 2))
        self._add_correlations()
        return self._matrix

    def _descend(self, step: int, columns: FloatArray, names: IntArray) -> tuple[FloatArray, IntArray]:
        """Take the columns from level `step` to the one below, and add those of the step itself."""
        state, x = self._state, float(self._state.breakpoints[step - 1])
        a = (state.chi[step - 1] + x * state.m[step - 1] ** 2) / 2
        points = state.grid.points[step - 1]
        if not self._with_breakpoints:
            lower = np.column_stack([self._means(step, columns), a[:points]])
            return self._pad(lower), np.append(names, step)
        log = (state.g[step] + state.grid.fields[step])[:, None]
        means = self._means(step, np.hstack([columns, log * columns, log, log**2]))
        count = len(names)
        lower, with_log, mean_log, square = means[:, :count], means[:, count:-2], means[:, -2:-1], means[:, -1:]
        mine = self._steps + step
        self._set(mine, names, self._average(step - 1, with_log - mean_log * lower))
        below = state.g[step - 1] + state.grid.fields[step - 1] + state.constants[step - 1] - state.constants[step]
        b = (mean_log[:, 0] - below[:points]) / x
        self._add(mine, mine, float(self._average(step - 1, square - mean_log**2 - 2 * b[:, None])[0]) / x)
        lower = np.column_stack([lower, a[:points], b])
        return self._pad(lower), np.append(names, [step, mine])

    def _means(self, step: int, columns: FloatArray) -> FloatArray:
        from theory.layered_sk.rsb import kernels  # as in `layer.solve_layer`

        state, grid = self._state, self._state.grid
        row, low, high = grid.weights[step - 1], grid.low[step - 1], grid.high[step - 1]
        x, norm = state.breakpoints[step - 1], state.norm[step - 1]
        below = (grid.spacing[step - 1], grid.points[step - 1], grid.ratio[step - 1])
        matrix = kernels.transition(x, *below, row, low, high, state.g[step], norm)
        return np.asarray(matrix @ columns)

    def _pad(self, columns: FloatArray) -> FloatArray:
        # Beyond the grid f_p = |y| + c_p, and its derivatives with respect to v and x no longer depend on y.
        return np.pad(columns, ((0, self._state.g.shape[1] - len(columns)), (0, 0)), mode="edge")

    def _average(self, level: int, values: FloatArray) -> FloatArray:
        return np.asarray(self._state.probability[level, : len(values)] @ values)

    def _slope(self, level: int, x: float, columns: FloatArray) -> FloatArray:
        """E [w'' + 2 x m w']/2 at a level, shape (columns,)."""
        points, spacing = self._state.grid.points[level], self._state.grid.spacing[level]
        beyond = np.repeat(columns[points - 1 : points], _HALF, axis=0)
        even = np.concatenate([columns[_HALF:0:-1], columns[:points], beyond])
        probability = self._state.probability[level, :points]
        drift = x * probability * self._state.m[level, :points]
        weights = np.convolve(probability, _SECOND / (2 * spacing**2)) + np.convolve(drift, _FIRST / spacing)
        return np.asarray(weights @ even)

    def _add_correlations(self) -> None:
        correlation = np.zeros_like(self._matrix)
        kinds = (0, self._steps) if self._with_breakpoints else (0,)
        for step in range(2, self._steps + 1):
            correlation += self._state.breakpoints[step - 2] * (self._grams[step - 1] - self._grams[step - 2])
            mine = [kind + step for kind in kinds]
            above = [kind + later for kind in kinds for later in range(step + 1, self._steps + 1)]
            self._matrix[np.ix_(mine, mine)] += correlation[np.ix_(mine, mine)]
            self._matrix[np.ix_(mine, above)] += correlation[np.ix_(mine, above)]
            self._matrix[np.ix_(above, mine)] += correlation[np.ix_(above, mine)]

    def _set(self, row: int, columns: IntArray, values: FloatArray) -> None:
        self._matrix[row, columns] = values
        self._matrix[columns, row] = values

    def _add(self, row: int, column: int, value: float) -> None:
        self._matrix[row, column] += value
        if row != column:
            self._matrix[column, row] += value
