"""The claims of the register that the paper's families of runs are tested for."""

from __future__ import annotations

from validation.claims import REGISTER
from validation.claims.base import Claim
from validation.runs.subject import Subject

# A claim about random MLPs that is added to the register is tested here by itself. Families that were tested before are
# tested again then, since the names of all claims are among the inputs of these tasks; nothing is sampled again.
TESTED: dict[str, Claim] = {name: claim for name, claim in REGISTER.items() if claim.about is Subject.RANDOM_MLPS}
