"""The zipper: fixed-point sweeps through the layers of the replica-symmetric equations.

With K^l = v I + k0 11^T, Q^l = rt I + r0 11^T (n -> 0 replicas), g = alpha_l / alpha_{l-1}, and f^l(h, u) the
log normalisation of the tilted measure of one neuron of layer l (`theory.mlp.neuron.tilted`), whose fields h and u
are independent centred Gaussians of variance C_W k0^{l-1} + C_b and r0^l,

    forward    v^l = E d_u^2 f,               k0^l = E (d_u f)^2             l = 1 .. L
    backward   rt^{l-1} = g C_W E d_h^2 f,    r0^{l-1} = g C_W E (d_h f)^2   l = L .. 1
    ends       rt^L = 0,  r0^L = beta^2 C_W / alpha_L;   K^0 from Q^0 (`theory.mlp.model.input_overlap`)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theory.arrays import FloatArray
from theory.mlp.model import MlpModel, OrderParameters, input_overlap
from theory.mlp.neuron.layer import LayerAverages, LayerRule, build_layer_rule
from theory.numerics.anderson import Anderson
from theory.result import NotConvergedError

_MAX_DRIFT = 0.2
_NO_FIELD = 1e-10  # a conjugate r0 this small against 1 / v is compared as if it were this large
_SHORTEST_STEP = 1e-3
_MAYBE_ROUNDING = 1e-9
_PATIENCE = 6  # sweeps that may pass before a shorter step is expected
_NEAR = 0.1  # relative steps this short are combined by Anderson's method


def uncorrelated(model: MlpModel, beta: float) -> OrderParameters:
    """Return uncorrelated replicas at unit variance, with the exact conjugate of the last layer."""
    size = model.depth + 1
    x = OrderParameters(np.ones(size), np.zeros(size), np.zeros(size), np.zeros(size))
    x.r0[-1] = beta**2 * model.weight_variance / model.width_ratios[-1]
    return x


def saddle_map(model: MlpModel, beta: float, x: OrderParameters, averages: Sequence[LayerAverages]) -> OrderParameters:
    """Return the right-hand sides of all saddle-point equations, given the averages of layers 1..L at `x`.

    Raises
    ------
    NotConvergedError
        If the conjugate of the input overlap leaves no normalisable weight over inputs.
    """
    y = uncorrelated(model, beta)
    y.v[0], y.k0[0] = _input_overlap(model, x)
    for layer, a in enumerate(averages, start=1):
        y.v[layer], y.k0[layer] = a.v, a.k0
        y.rt[layer - 1], y.r0[layer - 1] = _conjugate(model, layer, a)
    return y


def relative_changes(a: OrderParameters, b: OrderParameters) -> FloatArray:
    """Return the largest difference of an order parameter of each layer, in units of its own scale, shape (L + 1,)."""
    steps = (
        np.abs(a.v - b.v) / np.maximum(a.v, b.v),
        np.abs(a.k0 - b.k0) / (b.k0 + b.v),
        np.abs(a.rt - b.rt) * b.v,
        np.abs(a.r0 - b.r0) / np.maximum(np.maximum(a.r0, b.r0), _NO_FIELD / b.v),
    )
    return np.asarray(np.max(steps, axis=0))


def relative_change(a: OrderParameters, b: OrderParameters) -> float:
    """Return the largest of `relative_changes`."""
    return float(relative_changes(a, b).max())


def _input_overlap(model: MlpModel, x: OrderParameters) -> tuple[float, float]:
    try:
        return input_overlap(model, float(x.rt[0]), float(x.r0[0]))
    except ValueError as error:
        raise NotConvergedError(str(error)) from error


def _conjugate(model: MlpModel, layer: int, averages: LayerAverages) -> tuple[float, float]:
    """Return (rt, r0) of the layer below."""
    factor = model.width_step(layer) * model.weight_variance
    # A mean square; the defect of a coarse rule may carry a vanishing one below zero.
    return factor * averages.d_hh, max(factor * averages.d_h_squared, 0.0)


def _accelerated(history: Anderson, x: OrderParameters, y: OrderParameters) -> OrderParameters:
    """Return y with conjugates combined with those of earlier sweeps; they alone determine the next sweep."""
    unit = 1.0 / np.concatenate([y.v, y.v])
    proposal = history.propose(np.concatenate([x.rt, x.r0]), np.concatenate([y.rt, y.r0]), unit)
    rt, r0 = np.split(proposal, 2)
    if np.any(r0 < 0.5 * y.r0):
        history.forget()
        return y
    return OrderParameters(y.v, y.k0, rt, r0)


def _stalled(steps: list[float]) -> bool:
    """Tell whether the last sweeps brought no step much shorter than those before."""
    return len(steps) > _PATIENCE and min(steps[-_PATIENCE:]) > 0.5 * min(steps[:-_PATIENCE])


class Zipper:
    """The iteration on coarse quadrature rules, with a constant defect added to the averages of each layer.

    Parameters
    ----------
    model : MlpModel
    beta : float
    rule_tolerance : float
        Relative tolerance of the coarse rules.
    max_sweeps : int
        Sweeps allowed over the life of this object.
    """

    def __init__(self, model: MlpModel, beta: float, rule_tolerance: float, max_sweeps: int) -> None:
        self.model = model
        self.beta = beta
        self.sweeps = 0
        self.rate = 0.0
        self._energy: float | None = None
        self._step = np.inf
        self._rule_tolerance = rule_tolerance
        self._max_sweeps = max_sweeps
        self._rules: dict[int, LayerRule] = {}
        self._defects: dict[int, LayerAverages] = {}

    def averages(self, x: OrderParameters, layer: int) -> LayerAverages:
        """Return the coarse averages plus the defect."""
        field = x.site_field(self.model, layer)
        rule = self._rules.get(layer)
        if rule is None or rule.drift(field) > _MAX_DRIFT:
            rule = self._rules[layer] = build_layer_rule(self.model.activation, field, self._rule_tolerance)
            self._defects.pop(layer, None)
        averages = rule.averages(field)
        return averages + self._defects[layer] if layer in self._defects else averages

    def sweep(self, x: OrderParameters) -> OrderParameters:
        """Go forward through K^0 .. K^L, then backward through Q^{L-1} .. Q^0, using each new value at once."""
        model, x = self.model, x.copy()
        x.v[0], x.k0[0] = _input_overlap(model, x)
        for layer in range(1, model.depth + 1):
            a = self.averages(x, layer)
            x.v[layer], x.k0[layer] = a.v, max(a.k0, 0.0)
        for layer in range(model.depth, 0, -1):
            x.rt[layer - 1], x.r0[layer - 1] = _conjugate(model, layer, self.averages(x, layer))
        return x

    def settle(self, x: OrderParameters, tolerance: float) -> OrderParameters:
        """Sweep until the order parameters move by less than `tolerance` (relative) or by rounding only; note the rate.

        Raises
        ------
        NotConvergedError
            If they still move after the allowed number of sweeps.
        """
        last_good = x
        steps: list[float] = []
        history = Anderson()
        while True:
            try:
                y = self.sweep(x)
            except NotConvergedError:
                # A step too far leaves the forward pass without a normalisable weight: go half as far.
                if relative_change(last_good, x) < _SHORTEST_STEP:
                    raise
                x = last_good.midpoint(x)
                history.forget()
                continue
            self.sweeps += 1
            steps.append(relative_change(x, y))
            if steps[-1] < tolerance or (steps[-1] < _MAYBE_ROUNDING and _stalled(steps)):
                self.rate = max(self.rate, history.rate())
                return y
            self._step, self._energy = steps[-1], -self.beta * self.model.weight_variance * float(y.v[-1])
            if self.sweeps >= self._max_sweeps:
                raise NotConvergedError(f"order parameters have not settled to {tolerance:.1e}")
            last_good, x = x, self._next(x, y, steps, history)

    def _next(self, x: OrderParameters, y: OrderParameters, steps: list[float], history: Anderson) -> OrderParameters:
        """Return where to sweep from after `x` led to `y`."""
        if len(steps) > 1 and steps[-1] > 2.0 * steps[-2]:
            history.forget()
        if steps[-1] < _NEAR:
            return _accelerated(history, x, y)
        return x.midpoint(y) if _stalled(steps) else y

    def reached(self) -> str:
        """Say how far the iteration has come."""
        if self._energy is None:
            return f"{self.sweeps} sweeps done"
        return (
            f"{self.sweeps} sweeps done, order parameters move by {self._step:.1e} (relative), "
            f"energy {self._energy:.8g}"
        )

    def correct(self, x: OrderParameters, exact: Sequence[LayerAverages]) -> None:
        """Set the defects such that the averages at `x` become `exact`."""
        self._defects.clear()
        self._defects = {layer: averages - self.averages(x, layer) for layer, averages in enumerate(exact, start=1)}
