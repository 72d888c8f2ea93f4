"""Replica-symmetric saddle point of the random MLP, solved layer by layer ("zipper")."""

from __future__ import annotations

import math
from dataclasses import dataclass, field as dataclass_field

import numpy as np
from numpy.typing import NDArray

from theory.mlp.layer import LayerAverages, LayerRule, build_layer_rule
from theory.mlp.model import MlpModel, OrderParameters, input_overlap
from theory.result import NotConvergedError

FloatArray = NDArray[np.float64]

class _Zipper:
    def __init__(self, model, beta, tolerance, drift):
        self.model = model
        self.beta = beta
        self.tolerance = tolerance
        self.drift = drift
        self.rules = {}
        self.builds = 0
        self.evals = 0

    def averages(self, x, layer):
        f = x.site_field(self.model, layer)
        rule = self.rules.get(layer)
        if rule is None or rule.drift(f) > self.drift:
            rule = self.rules[layer] = build_layer_rule(self.model.activation, f, self.tolerance)
            self.builds += 1
        self.evals += 1
        return rule.averages(f)

    def sweep(self, x):
        m = self.model
        x = x.copy()
        x.v[0], x.k0[0] = input_overlap(m, x.rt[0], x.r0[0])
        for l in range(1, m.depth + 1):
            a = self.averages(x, l)
            x.v[l], x.k0[l] = a.v, a.k0
        for l in range(m.depth, 0, -1):
            a = self.averages(x, l)
            g = m.width_step(l) * m.weight_variance
            x.rt[l - 1], x.r0[l - 1] = g * a.d_hh, g * a.d_h_squared
        return x

def start(model, beta):
    L = model.depth
    x = OrderParameters(np.ones(L + 1), np.zeros(L + 1), np.zeros(L + 1), np.zeros(L + 1))
    x.r0[L] = beta**2 * model.weight_variance / model.width_ratios[L]
    return x

def change(a, b):
    d = [np.abs(np.log(a.v / b.v)), np.abs(a.k0 - b.k0) / (a.k0 + a.v), np.abs(a.rt - b.rt) * a.v, np.abs(a.r0 - b.r0) / (np.maximum(a.r0 , b.r0)+1e-300)]
    return max(float(q.max()) for q in d)
