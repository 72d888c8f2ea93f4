"""What depth does to a random MLP: shaped activations in the limit of infinite depth, and the others layer by layer.

`theory.mlp.depth.correction` derives the action of the limit, `theory.mlp.depth.equations` its saddle point,
`theory.mlp.depth.replicon` the stability of replica symmetry::

    from theory.mlp.depth import convergence, solve_depth_limit, stability_scan

    limit = solve_depth_limit("shaped-tanh", 1.0, 4.0)     # beta^2 = 4 / L
    limit.scaled_free_entropy, limit.scaled_energy, limit.scaled_entropy    # L Phi, sqrt(L) e, L s
    limit.t, limit.k_d, limit.k0                           # overlaps over the relative depth l / L
    limit.replicon                                         # above 1: replica symmetry is unstable
    convergence("shaped-tanh", 1.0, 4.0, (8, 16, 32))      # layer-by-layer solutions against it
    stability_scan("shaped-relu", (0.5, 1.0), (1.0, 4.0))  # the replicon over shapes and tilts
    critical_tilt("shaped-relu", 1.0)                      # smallest b with replicon = 1, or None
"""

from theory.mlp.depth.convergence import DepthConvergence, convergence
from theory.mlp.depth.correction import scaled_free_entropy
from theory.mlp.depth.limit import DepthSolution, solve_depth_limit
from theory.mlp.depth.scan import StabilityScan, critical_tilt, stability_scan

__all__ = [
    "DepthConvergence",
    "DepthSolution",
    "StabilityScan",
    "convergence",
    "critical_tilt",
    "scaled_free_entropy",
    "solve_depth_limit",
    "stability_scan",
]
