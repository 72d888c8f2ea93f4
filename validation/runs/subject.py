"""What a claim can be about."""

from enum import StrEnum


class Subject(StrEnum):
    """Kinds of networks, as claims and reports tell them apart."""

    RANDOM_SPINS = "random layered networks"
    STORED_SPINS = "stored networks"
    RANDOM_MLPS = "random MLPs"
