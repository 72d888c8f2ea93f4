"""Who computes what: samples are dealt to groups of ranks, and a ladder to the ranks of a group in whole tiles.

A tile is a fixed run of neighbouring slots whose columns go through matrix products together, a single slot where there
are no products. BLAS sums in another order for another shape, so the tiles depend on the configuration alone and only
their owner on the number of ranks.
"""

from __future__ import annotations

from dataclasses import dataclass


class LayoutError(ValueError):
    """More ranks than there is work for; the message is one line."""


@dataclass(frozen=True)
class LadderBlock:
    """The neighbouring slots that one rank of a group holds.

    Attributes
    ----------
    slots : range
        Slots of this rank, coldest first.
    below, above : int or None
        Ranks (in the group) that hold the next colder and the next hotter slots.
    """

    slots: range
    below: int | None
    above: int | None


def group_of_rank(rank: int, ranks: int, groups: int) -> int:
    """Return the group of a rank: groups are runs of ranks whose sizes differ by one at most."""
    return rank * groups // ranks


def choose_groups(ranks: int, samples: int, requested: int | None) -> int:
    """Return the number of groups: as many as samples allow, because groups need not talk to each other.

    Raises
    ------
    LayoutError
        Where more groups are requested than there are ranks or samples.
    """
    if requested is None:
        return min(ranks, samples)
    if not 1 <= requested <= min(ranks, samples):
        raise LayoutError(
            f"--groups: {requested} must be between 1 and {min(ranks, samples)}, "
            f"the smaller of {ranks} ranks and {samples} samples"
        )
    return requested


def samples_of_group(group: int, groups: int, samples: int) -> range:
    """Return the samples that a group computes, one after the other."""
    return range(group, samples, groups)


def ladder_block(rank: int, ranks: int, n_slots: int, tile_slots: int) -> LadderBlock:
    """Return the block of slots of one rank in a group of `ranks`.

    Raises
    ------
    LayoutError
        Where the ladder has fewer tiles than the group has ranks.
    """
    tiles = -(-n_slots // tile_slots)
    if ranks > tiles:
        in_tiles = f" has only {tiles} tile(s) of {tile_slots} slots to deal" if tile_slots > 1 else " is all to deal"
        way_out = ", add samples, or lower model.tile_columns" if tile_slots > 1 else " or add samples"
        raise LayoutError(
            f"{ranks} ranks share one sample, but its ladder of {n_slots} slots{in_tiles}; start fewer ranks{way_out}"
        )
    start = rank * tiles // ranks * tile_slots
    stop = min((rank + 1) * tiles // ranks * tile_slots, n_slots)
    return LadderBlock(
        range(start, stop), below=rank - 1 if rank > 0 else None, above=rank + 1 if rank + 1 < ranks else None
    )
