"""The claims of the register that the paper's families of runs are tested for."""

from __future__ import annotations

from validation.claims import REGISTER
from validation.claims.base import Claim
from validation.runs.subject import Subject

TESTED: dict[str, Claim] = {name: claim for name, claim in REGISTER.items() if claim.about is Subject.RANDOM_MLPS}
