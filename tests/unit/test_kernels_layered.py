"""Fields, energies and overlaps against plain NumPy; dense and sparse updates are one chain; drift is seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mcsim.config import LayeredIsing
from mcsim.kernels.layered import add_flips_to_row
from mcsim.models.base import SlotBlock
from mcsim.models.ising import IsingModel, lattice_edges
from mcsim.models.ising_walkers import DENSE_ABOVE, DriftError, IsingWalkers
from mcsim.networks.layered import LayeredWeights

Layers = list[NDArray[np.float64]]

WAYS_TO_SWEEP = [
    {"dynamics": "layer-block", "field_update": "dense"},
    {"dynamics": "layer-block", "field_update": "sparse"},
    {"dynamics": "layer-block", "field_update": "auto"},
    {"dynamics": "single-spin", "rule": "heat-bath"},
    {"dynamics": "single-spin", "rule": "metropolis"},
]
widths = st.lists(st.integers(1, 11), min_size=2, max_size=5)
seeds = st.integers(0, 2**32)
unhurried = settings(max_examples=40, deadline=None)


def draw_network(widths: Sequence[int], *, biases: bool, seed: int) -> LayeredWeights:
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(size=shape) / np.sqrt(shape[0]) for shape in pairwise(widths))
    return LayeredWeights(weights, tuple(rng.normal(size=n) for n in widths) if biases else None)


def make_walkers(
    network: LayeredWeights,
    *,
    betas: Sequence[float] = (3.0, 1.0, 0.2),
    copies: int = 2,
    tile_slots: int = 2,
    first_slot: int = 0,
    **specification: object,
) -> IsingWalkers:
    document = {"kind": "layered-ising", "tile_columns": tile_slots * copies, **specification}
    document["network"] = {"source": "gaussian", "widths": list(network.widths)}
    model = IsingModel(network, LayeredIsing.model_validate(document), copies)
    slots = range(first_slot, first_slot + len(betas))
    return model.start(SlotBlock(slots, np.array(betas), copies, root_seed=1, sample=0))


def spins_of(walkers: IsingWalkers) -> Layers:
    """Return the spins of every layer, shape (columns, N_k)."""
    return [layer.astype(np.float64) for layer in walkers._layers(walkers._columns.spins)]


def fields_of(walkers: IsingWalkers) -> Layers:
    """Return the maintained local fields of every layer."""
    return [layer.astype(np.float64) for layer in walkers._layers(walkers._columns.fields)]


def plain_fields(network: LayeredWeights, spins: Layers) -> Layers:
    """Return b + s^{k-1} J^k + J^{k+1} s^{k+1}, written down from the Hamiltonian."""
    fields = [np.zeros_like(layer) for layer in spins]
    for k, bias in enumerate(network.biases or ()):
        fields[k] += bias
    for k, weights in enumerate(network.weights, start=1):
        fields[k] += spins[k - 1] @ weights
        fields[k - 1] += spins[k] @ weights.T
    return fields


def plain_energies(network: LayeredWeights, spins: Layers) -> NDArray[np.float64]:
    """Return H = - sum_k s^{k-1} J^k s^k - b s of every column."""
    total = np.zeros(len(spins[0]))
    for k, weights in enumerate(network.weights, start=1):
        total -= np.einsum("ci,ij,cj->c", spins[k - 1], weights, spins[k])
    for k, bias in enumerate(network.biases or ()):
        total -= spins[k] @ bias
    return total


def rounding_bounds(network: LayeredWeights, precision: str, additions: int) -> list[NDArray[np.float64]]:
    """Return what rounding may do to each field: every addition of a term rounds once, at the size of its field."""
    sums = [np.abs(b) for b in network.biases] if network.biases else [np.zeros(n) for n in network.widths]
    for k, weights in enumerate(network.weights, start=1):
        sums[k] = sums[k] + np.abs(weights).sum(axis=0)
        sums[k - 1] = sums[k - 1] + np.abs(weights).sum(axis=1)
    eps = float(np.finfo(precision).eps)
    return [2 * (additions + sum(network.widths)) * eps * scale for scale in sums]


@unhurried
@given(widths, st.booleans(), st.sampled_from(["float32", "float64"]), st.sampled_from(WAYS_TO_SWEEP), seeds)
def test_fields_and_energies_agree_with_plain_numpy(
    widths: list[int], biases: bool, precision: str, way: dict[str, str], seed: int
) -> None:
    network = draw_network(widths, biases=biases, seed=seed)
    walkers = make_walkers(network, precision=precision, **way)
    for sweeps in (0, 7):
        walkers.sweep(0, sweeps)
        spins = spins_of(walkers)
        assert all(np.all(np.abs(layer) == 1.0) for layer in spins)
        bounds = rounding_bounds(network, precision, sweeps * sum(widths))
        for found, exact, bound in zip(fields_of(walkers), plain_fields(network, spins), bounds, strict=True):
            assert np.all(np.abs(found - exact) <= bound)
        energies = walkers.energies()
        assert energies.shape == (3, 2)
        assert energies.dtype == np.float64
        bound = float(sum(bound.sum() for bound in bounds))
        assert np.all(np.abs(energies.ravel() - plain_energies(network, spins)) <= bound)


@unhurried
@given(widths, st.integers(2, 4), st.sampled_from(["float32", "float64"]), seeds)
def test_overlaps_and_magnetisations_are_exact(widths: list[int], copies: int, precision: str, seed: int) -> None:
    walkers = make_walkers(draw_network(widths, biases=True, seed=seed), copies=copies, precision=precision)
    walkers.sweep(0, 3)
    observed = walkers.observables()
    spins = [layer.reshape(3, copies, -1) for layer in spins_of(walkers)]
    pairs = [(a, b) for a in range(copies) for b in range(a + 1, copies)]
    for k, layer in enumerate(spins):
        assert np.array_equal(observed["magnetization"][:, :, k], layer.sum(axis=2) / widths[k])
        for pair, (a, b) in enumerate(pairs):
            overlap = (layer[:, a] * layer[:, b]).sum(axis=1) / widths[k]
            assert np.array_equal(observed["overlap"][:, pair, k], overlap)
    whole = np.concatenate(spins, axis=2)
    for pair, (a, b) in enumerate(pairs):
        overlap = (whole[:, a] * whole[:, b]).sum(axis=1) / sum(widths)
        assert np.array_equal(observed["overlap_total"][:, pair], overlap)


@unhurried
@given(st.integers(1, 40), st.integers(0, 23), seeds)
def test_adding_flips_to_a_row(width: int, n_flipped: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bond = rng.normal(size=(23, width))
    change = rng.choice([-2.0, 2.0], size=23).astype(np.float32)
    flipped = rng.permutation(23)
    field = rng.normal(size=width)
    expected = field + change[flipped[:n_flipped]] @ bond[flipped[:n_flipped]]
    add_flips_to_row(field, bond, flipped, n_flipped, change)
    np.testing.assert_allclose(field, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("widths", [(24, 16, 20), (33, 9), (5, 30, 7, 18, 3)])
def test_dense_and_sparse_updates_are_the_same_chain(widths: tuple[int, ...], biases: bool) -> None:
    network = draw_network(widths, biases=biases, seed=3)
    dense, sparse, auto = (
        make_walkers(network, betas=(4.0, 2.0, 1.0, 0.5, 0.1), precision="float64", field_update=update)
        for update in ("dense", "sparse", "auto")
    )
    bounds = rounding_bounds(network, "float64", 256 * sum(widths))
    # Past two refreshes, and never in step with them.
    for first in range(0, 700, 7):
        for walkers in (dense, sparse, auto):
            walkers.sweep(first, 7)
        for one, other, third in zip(spins_of(dense), spins_of(sparse), spins_of(auto), strict=True):
            assert np.array_equal(one, other)
            assert np.array_equal(one, third)
        for one, other, bound in zip(fields_of(dense), fields_of(sparse), bounds, strict=True):
            assert np.all(np.abs(one - other) <= bound)
    flip_rates = dense.diagnostics()["flip_rate"]
    assert np.array_equal(flip_rates, sparse.diagnostics()["flip_rate"])
    assert flip_rates[0] < DENSE_ABOVE < flip_rates[-1]


def test_a_sweep_is_the_same_in_one_call_or_many() -> None:
    network = draw_network((24, 16, 20), biases=True, seed=3)
    at_once, in_parts = make_walkers(network), make_walkers(network)
    at_once.sweep(0, 600)
    for first in range(0, 600, 25):
        in_parts.sweep(first, 25)
    for one, other in zip(spins_of(at_once), spins_of(in_parts), strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(at_once.diagnostics()["flip_rate"], in_parts.diagnostics()["flip_rate"])


def test_slots_in_other_blocks_are_the_same_chain() -> None:
    # One rank with all slots, and the second rank of two: the same tiles, the same streams, the same spins.
    network = draw_network((24, 16, 20), biases=True, seed=3)
    betas = np.array([3.0, 2.0, 1.0, 0.5, 0.3])
    whole = make_walkers(network, betas=betas, refresh_every=16)
    part = make_walkers(network, betas=betas[2:], first_slot=2, refresh_every=16)
    for walkers in (whole, part):
        walkers.sweep(0, 100)
    for one, other in zip(fields_of(whole), fields_of(part), strict=True):
        assert np.array_equal(one[4:], other)
    for one, other in zip(spins_of(whole), spins_of(part), strict=True):
        assert np.array_equal(one[4:], other)


@unhurried
@given(widths, st.integers(1, 3), st.integers(2, 3), seeds, st.data())
def test_permuting_packing_and_unpacking_move_whole_states(
    widths: list[int], slots: int, copies: int, seed: int, data: st.DataObject
) -> None:
    network = draw_network(widths, biases=True, seed=seed)
    betas = np.linspace(2.0, 0.5, slots)
    moved, unpacked = (make_walkers(network, betas=betas, copies=copies) for _ in range(2))
    columns = slots * copies
    source = np.array(data.draw(st.permutations(range(columns)), "source"), dtype=np.int64)
    before = [*spins_of(moved), *fields_of(moved)]
    energies = moved.energies().ravel()
    moved.permute(source)
    for old, new in zip(before, [*spins_of(moved), *fields_of(moved)], strict=True):
        assert np.array_equal(new, old[source])
    assert np.array_equal(moved.energies().ravel(), energies[source])

    rows = unpacked.pack(source)
    assert rows.shape == (columns, 2 * sum(widths))
    unpacked.unpack(np.arange(columns), rows)
    for one, other in zip(
        [*spins_of(moved), *fields_of(moved)], [*spins_of(unpacked), *fields_of(unpacked)], strict=True
    ):
        assert np.array_equal(one, other)


def test_unpacking_leaves_other_columns_alone() -> None:
    walkers = make_walkers(draw_network((6, 5, 4), biases=False, seed=1))
    before = spins_of(walkers)
    walkers.unpack(np.array([1, 4]), walkers.pack(np.array([0, 5])))
    for old, new in zip(before, spins_of(walkers), strict=True):
        assert np.array_equal(new[[0, 2, 3, 5]], old[[0, 2, 3, 5]])
        assert np.array_equal(new[[1, 4]], old[[0, 5]])


@pytest.mark.parametrize("way", WAYS_TO_SWEEP, ids=lambda way: "-".join(way.values()))
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_drift_is_small(way: dict[str, str], precision: str) -> None:
    walkers = make_walkers(draw_network((40, 30, 20), biases=True, seed=2), precision=precision, **way)
    walkers.sweep(0, 512)
    # Rounding errors of some ten thousand flips a window add up like a random walk, a hundred units at most.
    assert np.all(walkers.diagnostics()["drift"] < 100 * np.finfo(precision).eps)


def test_drift_is_measured() -> None:
    walkers = make_walkers(draw_network((40, 30, 20), biases=True, seed=2), field_update="sparse")
    assert not walkers.diagnostics()["drift"].any()
    walkers.sweep(0, 256)
    assert np.all(walkers.diagnostics()["drift"] > 0)


@pytest.mark.parametrize("way", [way for way in WAYS_TO_SWEEP if way.get("field_update") != "dense"])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_corrupted_field_is_seen_at_the_next_refresh(way: dict[str, str], layer: int) -> None:
    network = draw_network((12, 9, 8), biases=True, seed=2)
    walkers = make_walkers(network, refresh_every=64, **way)
    if way.get("field_update") == "auto":
        walkers._dense[:] = False
    walkers.sweep(0, 10)
    # Column 4 is of slot 2; a thousandth of a field that is of order one.
    walkers._layers(walkers._columns.fields)[layer][4, 3] += 1e-3
    walkers.sweep(10, 53)
    with pytest.raises(DriftError, match=r"sample 0, slot 2: maintained fields or energies are off by"):
        walkers.sweep(63, 1)


@pytest.mark.parametrize("way", [way for way in WAYS_TO_SWEEP if way.get("field_update") != "dense"])
def test_a_skipped_update_is_seen(way: dict[str, str]) -> None:
    network = draw_network((12, 9, 8), biases=True, seed=2)
    walkers = make_walkers(network, refresh_every=64, **way)
    walkers.sweep(0, 63)
    # A flip whose neighbours are not told, in the coldest slot, which goes on without flipping it back.
    walkers._layers(walkers._columns.spins)[1][1, 5] *= -1
    with pytest.raises(DriftError, match="slot 0"):
        walkers._refresh()


def test_a_wrong_energy_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    walkers = make_walkers(draw_network((12, 9, 8), biases=True, seed=2), field_update="dense")
    right = IsingWalkers.energies
    error = np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 0.0]])
    monkeypatch.setattr(IsingWalkers, "energies", lambda self: right(self) + error)
    with pytest.raises(DriftError, match="slot 1"):
        walkers.sweep(0, 256)


def test_fields_that_are_not_numbers_are_seen() -> None:
    walkers = make_walkers(draw_network((12, 9, 8), biases=True, seed=2), field_update="sparse")
    walkers._layers(walkers._columns.fields)[0][0, 0] = np.nan
    with pytest.raises(DriftError):
        walkers._refresh()


@pytest.mark.parametrize("copies", [2, 3])
def test_slots_are_dense_or_sparse_by_their_counts(copies: int) -> None:
    network = draw_network((40, 30, 20), biases=False, seed=2)
    betas = (6.0, 3.0, 2.0, 1.5, 1.0, 0.7, 0.1)
    walkers = make_walkers(network, betas=betas, copies=copies, tile_slots=3, refresh_every=32)
    assert walkers._dense.all()
    for window in range(3):
        flips = np.zeros(len(betas) * copies)
        for sweep in range(32 * window, 32 * (window + 1)):
            before = spins_of(walkers)
            walkers.sweep(sweep, 1)
            # A sweep draws every spin once, so what has changed is what has flipped.
            flips += sum(np.sum(a != b, axis=1) for a, b in zip(before, spins_of(walkers), strict=True))
        rates = flips.reshape(-1, copies).sum(axis=1) / (32 * copies * sum(network.widths))
        assert np.array_equal(walkers._dense.reshape(-1, copies).all(axis=1), rates > DENSE_ABOVE)
        assert np.array_equal(walkers._dense.reshape(-1, copies).any(axis=1), rates > DENSE_ABOVE)
    assert not walkers._dense[0]
    assert walkers._dense[-1]


@pytest.mark.parametrize(("update", "dense"), [("dense", True), ("sparse", False)])
def test_a_chosen_update_is_kept(update: str, dense: bool) -> None:
    walkers = make_walkers(draw_network((12, 9, 8), biases=False, seed=2), field_update=update, refresh_every=8)
    walkers.sweep(0, 30)
    assert np.all(walkers._dense == dense)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 600), st.integers(3, 200))
def test_histogram_edges_fit_the_lattice_of_overlaps(n_spins: int, max_bins: int) -> None:
    edges = lattice_edges(n_spins, max_bins)
    points = np.arange(-n_spins, n_spins + 1, 2) / n_spins
    counts, _ = np.histogram(points, edges)
    assert 1 <= counts.size <= max_bins
    assert counts.sum() == n_spins + 1
    assert np.all(counts > 0)
    # Only the outermost bins may hold fewer points than the others.
    assert len(set(counts[1:-1])) <= 1
    assert counts[0] == counts[-1] <= counts[counts.size // 2]
    assert np.array_equal(edges, -edges[::-1])
    np.testing.assert_allclose(edges[[0, -1]], [-1 - 1 / n_spins, 1 + 1 / n_spins], rtol=1e-14)
    # No overlap is near an edge, where rounding would choose its bin.
    assert np.abs(points[:, None] - edges[None, :]).min() > 0.49 * 2 / n_spins


def test_few_spins_have_a_bin_for_each_overlap() -> None:
    assert np.histogram([-1, -0.5, 0, 0.5, 1], lattice_edges(4, 101))[0].tolist() == [1] * 5
