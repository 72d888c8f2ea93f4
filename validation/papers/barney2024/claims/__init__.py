"""The paper's claims, one for each statement of its abstract."""

from validation.claims.base import Claim
from validation.papers.barney2024.claims.energy import TAP_ENERGY
from validation.papers.barney2024.claims.growth import POWER_LAW, TWO_KINDS
from validation.papers.barney2024.claims.initial import CLOSED_FORM, INITIAL_GLASS
from validation.papers.barney2024.claims.solutions import GLASS_DESTROYED, HIDDEN_ORDER
from validation.papers.barney2024.claims.trained import SPECTRUM, TASK_ORDER

CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        INITIAL_GLASS,
        CLOSED_FORM,
        GLASS_DESTROYED,
        HIDDEN_ORDER,
        POWER_LAW,
        TWO_KINDS,
        SPECTRUM,
        TASK_ORDER,
        TAP_ENERGY,
    )
}
