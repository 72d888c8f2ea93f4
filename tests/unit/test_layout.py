"""Every slot and every sample is dealt once, in order, and tiles never depend on the number of ranks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcsim.parallel.layout import (
    LadderBlock,
    LayoutError,
    choose_groups,
    group_of_rank,
    ladder_block,
    samples_of_group,
)

counts = st.integers(1, 70)


@given(slots=counts, tile=st.integers(1, 12), data=st.data())
def test_blocks_partition_the_ladder_in_whole_tiles(slots: int, tile: int, data: st.DataObject) -> None:
    ranks = data.draw(st.integers(1, -(-slots // tile)), "ranks")
    blocks = [ladder_block(rank, ranks, slots, tile) for rank in range(ranks)]
    assert [slot for block in blocks for slot in block.slots] == list(range(slots))
    held = [-(-len(block.slots) // tile) for block in blocks]
    assert all(block.slots.start % tile == 0 for block in blocks)
    assert min(held) >= 1
    assert max(held) - min(held) <= 1
    assert [block.below for block in blocks] == [None, *range(ranks - 1)]
    assert [block.above for block in blocks] == [*range(1, ranks), None]


@given(slots=counts, tile=counts, extra=counts)
def test_more_ranks_than_tiles_is_refused_with_a_way_out(slots: int, tile: int, extra: int) -> None:
    ranks = -(-slots // tile) + extra
    with pytest.raises(LayoutError) as caught:
        ladder_block(0, ranks, slots, tile)
    message = str(caught.value)
    assert "\n" not in message
    for part in (f"{ranks} ranks", f"{slots} slots", "start fewer ranks", "add samples"):
        assert part in message
    assert ("model.tile_columns" in message) == (tile > 1)


def test_one_rank_has_no_neighbours() -> None:
    assert ladder_block(0, 1, 7, 2) == LadderBlock(range(7), below=None, above=None)


@given(ranks=counts, data=st.data())
def test_groups_are_runs_of_ranks_of_nearly_equal_size(ranks: int, data: st.DataObject) -> None:
    groups = data.draw(st.integers(1, ranks), "groups")
    dealt = [group_of_rank(rank, ranks, groups) for rank in range(ranks)]
    sizes = [dealt.count(group) for group in range(groups)]
    assert dealt == sorted(dealt)
    assert sum(sizes) == ranks
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1


@given(groups=counts, samples=counts)
def test_every_sample_is_computed_by_one_group(groups: int, samples: int) -> None:
    dealt = [list(samples_of_group(group, groups, samples)) for group in range(groups)]
    assert sorted(sample for samples_ in dealt for sample in samples_) == list(range(samples))
    sizes = [len(samples_) for samples_ in dealt]
    assert max(sizes) - min(sizes) <= 1


@given(ranks=counts, samples=counts)
def test_by_default_there_are_as_many_groups_as_can_work(ranks: int, samples: int) -> None:
    assert choose_groups(ranks, samples, None) == min(ranks, samples)
    assert choose_groups(ranks, samples, 1) == 1


@pytest.mark.parametrize("requested", [-1, 0, 3, 5])
def test_groups_that_would_idle_are_refused(requested: int) -> None:
    with pytest.raises(LayoutError, match=rf"--groups: {requested} must be between 1 and 2.*4 ranks and 2 samples"):
        choose_groups(4, 2, requested)
