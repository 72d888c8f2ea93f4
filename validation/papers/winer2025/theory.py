"""What the theory says by itself: lines of instability, broken solutions, the limit of infinite depth; JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theory import activations
from theory.mlp import MlpModel, critical_beta, solve_rs
from theory.mlp.depth import convergence, critical_tilt, stability_scan
from theory.mlp.depth.effect import depth_effect
from theory.mlp.depth.propagation import propagate
from theory.mlp.rsb import solve_frsb
from validation.papers.winer2025.plan import SHAPE

Values = dict[str, Any]

# Shape and tilt at which layer-by-layer solutions are compared with infinite depth: where eight layers are already
# in the regime of 1/L. The larger c and b, the more layers shaped relu takes.
CONVERGING = {"shaped-tanh": (1.0, 4.0), "shaped-relu": (0.5, 0.25)}


def network(activation: str, depth: int) -> MlpModel:
    """Return a network of equal widths with C_W = 1."""
    return MlpModel(activations.get(activation, depth=depth, shape=SHAPE), (1.0,) * (depth + 1))


def stability_line(activation: str, depth: int, end: float) -> Values:
    """Return the beta at which replica symmetry turns unstable, None where it is stable up to `end`."""
    line = critical_beta(network(activation, depth), beta_max=end)
    probed = np.geomspace(0.5, end, 6) if line is None else np.array([0.5 * line, 0.9 * line, 1.1 * line])
    replicons = [solve_rs(network(activation, depth), beta).replicon for beta in probed.tolist()]
    return {"line": line, "end": end, "beta": probed.tolist(), "replicon": replicons}


def broken_solutions(activation: str, depth: int, betas: Sequence[float]) -> Values:
    """Return fully broken solutions beside the replica-symmetric ones."""
    model = network(activation, depth)
    rows = []
    for beta in betas:
        broken, symmetric = solve_frsb(model, beta), solve_rs(model, beta)
        inner = broken.overlaps[0]
        rows.append({
            "beta": beta,
            "classification": broken.classification,
            "levels": int(broken.breakpoints.size),
            "energy": broken.energy,
            "error": broken.status.error_estimate,
            "free_entropy": broken.free_entropy,
            "replicon": broken.replicon,
            "rs_energy": symmetric.energy,
            "rs_free_entropy": symmetric.free_entropy,
            "rs_replicon": symmetric.replicon,
            "x": broken.breakpoints.tolist(),
            "input_overlaps": inner.values.tolist(),
            "input_weights": inner.weights.tolist(),
        })  # fmt: skip
    return {"solutions": rows}


def deep_limit(activation: str, shapes: Sequence[float], tilts: Sequence[float], depths: Sequence[int]) -> Values:
    """Return how layer-by-layer solutions approach infinite depth, and where infinite depth is stable."""
    found = convergence(activation, *CONVERGING[activation], depths)
    scan = stability_scan(activation, shapes, tilts)
    largest, shape, tilt = scan.largest()
    profile = found.solution
    return {
        "depths": found.depths.tolist(),
        "layered": dict_of_lists(found.layered),
        "limit": found.limit,
        "extrapolated": found.extrapolated,
        "extrapolation_error": found.extrapolation_error,
        "shapes": list(shapes),
        "tilts": list(tilts),
        "replicon": [[None if np.isnan(r) else float(r) for r in row] for row in scan.replicon],
        "failures": [list(one) for one in scan.failures],
        "largest": {"replicon": largest, "shape": shape, "tilt": tilt},
        "critical_tilt": critical_tilt(activation, SHAPE),
        "t": profile.t.tolist(),
        "k_d": profile.k_d.tolist(),
        "k0": profile.k0.tolist(),
        "last_profile": {
            "l": (np.arange(len(found.solutions[-1].overlaps)) / found.depths[-1]).tolist(),
            "mean": [one.mean for one in found.solutions[-1].overlaps],
            "self_overlap": [one.self_overlap for one in found.solutions[-1].overlaps],
        },
    }


def depth_trend(activation: str, depths: Sequence[int], beta: float) -> Values:
    """Return energy and entropy against depth at one beta, and order or chaos against the weight variance."""
    found = depth_effect(activation, 1.0, beta, depths)
    variances = np.geomspace(0.5, 4.0, 15)
    phi = activations.get(activation)
    return {
        "beta": beta,
        "depths": list(depths),
        "energy": found.energy.tolist(),
        "entropy": found.entropy.tolist(),
        "replicon": found.replicon.tolist(),
        "variances": variances.tolist(),
        "chi": [propagate(phi, c_w).chi for c_w in variances.tolist()],
    }


def dict_of_lists(arrays: dict[str, Any]) -> dict[str, list[float]]:
    """Return arrays by name as lists."""
    return {name: np.asarray(values).tolist() for name, values in arrays.items()}
