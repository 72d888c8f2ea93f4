"""The register of claims: one entry per statement of the papers, each able to fail."""

from validation.claims.base import Claim, Family, Finding
from validation.claims.critical import CRITICAL_TEMPERATURE
from validation.claims.identity import IDENTITY
from validation.claims.mlp_entropy import ENTROPY_CURVE
from validation.claims.mlp_identity import IDENTITY as MLP_IDENTITY
from validation.claims.mlp_linear import LINEAR
from validation.claims.mlp_saddle import ENERGY, ENTROPY, OVERLAPS, UNSTABLE
from validation.claims.rsb_copies import FLUCTUATIONS, GHIRLANDA_GUERRA, TRIANGLES
from validation.claims.rsb_mlp import BROAD, NARROW
from validation.claims.rsb_spins import GLASS_ENERGY, MOMENTS, NEAR_ZERO, WIDTH
from validation.claims.thermodynamics import ENERGY_ABOVE, ENTROPY_ABOVE, RS_FAILS_BELOW
from validation.claims.trained import TRAINED_IS_NOT_RANDOM

REGISTER: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        CRITICAL_TEMPERATURE,
        ENERGY_ABOVE,
        ENTROPY_ABOVE,
        IDENTITY,
        RS_FAILS_BELOW,
        TRAINED_IS_NOT_RANDOM,
        ENERGY,
        ENTROPY,
        OVERLAPS,
        ENTROPY_CURVE,
        MLP_IDENTITY,
        LINEAR,
        UNSTABLE,
        MOMENTS,
        WIDTH,
        NEAR_ZERO,
        FLUCTUATIONS,
        GHIRLANDA_GUERRA,
        TRIANGLES,
        GLASS_ENERGY,
        BROAD,
        NARROW,
    )
}

__all__ = ["REGISTER", "Claim", "Family", "Finding"]
