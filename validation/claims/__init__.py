"""The register of claims: one entry per statement of the papers, each able to fail."""

from validation.claims import (
    critical,
    entropy_curve,
    glass,
    identity,
    layered_sk,
    linear,
    mlp_overlaps,
    mlp_saddle,
    trained_vs_random,
)
from validation.claims.base import Claim, Finding

_MODULES = (critical, layered_sk, identity, trained_vs_random, mlp_saddle, entropy_curve, linear, glass, mlp_overlaps)
REGISTER: dict[str, Claim] = {claim.id: claim for module in _MODULES for claim in module.CLAIMS}

__all__ = ["REGISTER", "Claim", "Finding"]
