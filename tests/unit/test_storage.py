"""Result files say what they hold; readers, summaries and merged files agree with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support import assert_same_file, small_config, start, write_config

from mcsim import __version__
from mcsim.__main__ import main
from mcsim.config import RunConfig
from mcsim.models.ising import IsingModel, lattice_edges
from mcsim.networks.source import network_of_sample
from mcsim.parallel.communicator import SerialCommunicator
from mcsim.parallel.stop import StopRequest
from mcsim.simulate import RunFolderError, RunOutcome, simulate
from mcsim.storage import schema
from mcsim.storage.index import ResultFileError, is_complete, merge, sample_path
from mcsim.storage.reader import read_run, read_sample
from mcsim.storage.summary import as_text, summarise, widths_text

SLOTS, COPIES, PAIRS, LAYERS, ROWS, EVERY = 4, 3, 3, 3, 14, 3
KEPT_ROWS = [0, 3, 6, 9, 12]
CHANGES: dict[str, Any] = {
    "samples": 2,
    "model.network.widths": [7, 5, 6],
    # Beta 0 makes a temperature infinite, which is a number to HDF5 and none to JSON.
    "ladder": {"betas": [0.0, 0.4, 1.0, 2.5]},
    "run": {"copies": COPIES, "thermalization": 6, "measurements": ROWS, "sweeps_per_measurement": 2},
    "storage": {"overlap_every": EVERY, "commit_every": 5},
}
DIMENSIONS = {
    "series/energy": ("slot", "measurement", "copy"),
    "series/overlap": ("slot", "overlap_measurement", "pair", "layer"),
    "series/overlap_total": ("slot", "overlap_measurement", "pair"),
    "series/magnetization": ("slot", "measurement", "copy", "layer"),
    "exchange/attempts": ("slot_pair",),
    "exchange/accepted": ("slot_pair", "copy"),
    "exchange/round_trips": ("replica", "copy"),
    "exchange/visits": ("slot", "copy"),
    "exchange/visits_from_hot": ("slot", "copy"),
    "dynamics/flip_rate": ("slot",),
    "dynamics/drift": ("slot",),
    **{f"histogram/{name}/counts": ("slot", "bin") for name in ("layer_0", "layer_1", "layer_2", "total")},
}
SCALES = {
    "slot": ["slot/beta", "slot/temperature"],
    "measurement": ["measurement/sweep"],
    "overlap_measurement": ["measurement/overlap_sweep"],
    "layer": ["layer/size"],
}


def simulate_quietly(config: RunConfig, folder: Path, **options: Any) -> RunOutcome:
    return simulate(config, folder, SerialCommunicator(), show_progress=False, **options)


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return small_config(CHANGES)


@pytest.fixture(scope="module")
def folder(config: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a complete run, which no test changes."""
    folder = tmp_path_factory.mktemp("run")
    assert simulate_quietly(config, folder) == RunOutcome(folder, samples=2, computed=2, stopped=False)
    return folder


@pytest.fixture
def own_folder(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the run that a test may change."""
    return Path(shutil.copytree(folder, tmp_path / "run"))


def datasets_of(file: h5py.Group) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    file.visititems(collect)
    return found


def assert_labelled(root: h5py.Group) -> None:
    """Assert that every dataset says what it is, and that axes have names and scales in the same file."""
    found = datasets_of(root)
    assert set(DIMENSIONS) <= set(found)
    for name, dataset in found.items():
        assert dataset.attrs["units"], name
        assert len(dataset.attrs["description"]) > 5, name
    for name, dims in DIMENSIONS.items():
        assert tuple(dim.label for dim in found[name].dims) == dims, name
        for dim in found[name].dims:
            attached = sorted(scale.name.removeprefix(root.name).lstrip("/") for scale in dim.values())
            assert attached == SCALES.get(dim.label, []), f"{name}, {dim.label}"
            for scale in dim.values():
                assert scale.is_scale
                assert scale.file.filename == root.file.filename


def test_root_attributes(folder: Path, config: RunConfig) -> None:
    network = network_of_sample(config, 1)
    with h5py.File(folder / "sample_00001.h5") as file:
        attributes = dict(file.attrs)
    assert attributes["schema"] == "mcsim-result"
    assert attributes["schema_version"] == 1
    assert json.loads(attributes["config"]) == json.loads(config.canonical_json())
    assert attributes["config_sha256"] == config.sha256()
    assert attributes["code_version"] == __version__
    assert set(json.loads(attributes["library_versions"])) >= {"numpy", "numba", "scipy", "h5py"}
    assert json.loads(attributes["library_versions"])["numpy"] == np.__version__
    assert attributes["root_seed"] == config.seed
    assert attributes["weights_sha256"] == network.sha256()
    assert "k_B" in attributes["units"]
    assert attributes["sample"] == 1
    assert attributes["complete"]
    assert attributes["widths"].tolist() == [7, 5, 6]
    np.testing.assert_allclose(attributes["bond_variances"], [np.mean(w**2) for w in network.weights], rtol=1e-12)


def test_every_dataset_is_described_and_labelled(folder: Path) -> None:
    with h5py.File(folder / "sample_00000.h5") as file:
        assert_labelled(file)


def test_shapes_scales_and_compression(folder: Path) -> None:
    with h5py.File(folder / "sample_00000.h5") as file:
        assert file["series/energy"].shape == (SLOTS, ROWS, COPIES)
        assert file["series/energy"].dtype == np.float64
        assert file["series/overlap"].shape == (SLOTS, len(KEPT_ROWS), PAIRS, LAYERS)
        assert file["series/overlap_total"].shape == (SLOTS, len(KEPT_ROWS), PAIRS)
        assert file["series/magnetization"].shape == (SLOTS, ROWS, COPIES, LAYERS)
        assert all(file[f"series/{name}"].compression == "gzip" for name in file["series"])
        sweeps = [6 + 2 * (row + 1) for row in range(ROWS)]
        assert file["measurement/sweep"][...].tolist() == sweeps
        assert file["measurement/overlap_sweep"][...].tolist() == [sweeps[row] for row in KEPT_ROWS]
        assert file["slot/beta"][...].tolist() == [2.5, 1.0, 0.4, 0.0]
        assert file["slot/temperature"][...].tolist() == [0.4, 1.0, 2.5, np.inf]
        assert file["layer/size"][...].tolist() == [7, 5, 6]
        assert file["committed/measurements"][()] == ROWS
        # Exchanges alternate between the pairs, and those of thermalisation are not counted.
        assert sorted(file["exchange/attempts"][...].tolist()) == [ROWS] * (SLOTS - 1)
        assert np.all(file["exchange/accepted"][...] <= file["exchange/attempts"][...][:, None])
        assert np.all(file["exchange/accepted"][...].sum(axis=1) > 0)
        rates = file["dynamics/flip_rate"][...]
        assert np.all((rates > 0) & (rates < 1))
        # At beta 0 a spin is a fair coin.
        assert abs(rates[-1] - 0.5) < 0.1


def test_total_overlap_is_the_mean_over_spins(folder: Path) -> None:
    with h5py.File(folder / "sample_00000.h5") as file:
        sizes = file["layer/size"][...]
        whole = (file["series/overlap"][...].astype(float) * sizes).sum(axis=-1) / sizes.sum()
        np.testing.assert_allclose(file["series/overlap_total"][...], whole, atol=1e-6)


def test_compression_can_be_switched_off(tmp_path: Path) -> None:
    simulate_quietly(small_config({"storage.compression": 0}), tmp_path)
    with h5py.File(tmp_path / "sample_00000.h5") as file:
        assert file["series/energy"].compression is None


def test_thinning_keeps_rows_of_the_same_chain_and_all_histograms(
    folder: Path, config: RunConfig, tmp_path: Path
) -> None:
    unthinned = config.model_copy(update={"storage": config.storage.model_copy(update={"overlap_every": 1})})
    simulate_quietly(unthinned, tmp_path)
    for sample in range(2):
        with h5py.File(sample_path(folder, sample)) as thin, h5py.File(sample_path(tmp_path, sample)) as full:
            assert np.array_equal(thin["series/energy"], full["series/energy"])
            for name in ("overlap", "overlap_total"):
                assert full[f"series/{name}"].shape[1] == ROWS
                assert np.array_equal(thin[f"series/{name}"], full[f"series/{name}"][:, KEPT_ROWS])
            for file in (thin, full):
                assert_histograms_count(file, full["series/overlap"][...], full["series/overlap_total"][...])


def assert_histograms_count(file: h5py.File, overlap: Any, total: Any) -> None:
    """Assert that the histograms hold exactly these overlaps, (slot, row, pair[, layer])."""
    values = {f"layer_{k}": overlap[..., k] for k in range(LAYERS)} | {"total": total}
    assert set(file["histogram"]) == set(values)
    for name, of_slots in values.items():
        edges = file[f"histogram/{name}/edges"][...]
        counts = [np.histogram(of_slot, edges)[0] for of_slot in of_slots.astype(np.float64)]
        assert np.array_equal(file[f"histogram/{name}/counts"], counts)
        assert file[f"histogram/{name}/counts"][...].sum() == of_slots.size


def test_histogram_edges_obey_the_limit(tmp_path: Path) -> None:
    simulate_quietly(small_config({"model.network.widths": [50, 60], "storage.max_bins": 21}), tmp_path)
    with h5py.File(tmp_path / "sample_00000.h5") as file:
        for name, spins in {"layer_0": 50, "layer_1": 60, "total": 110}.items():
            assert np.array_equal(file[f"histogram/{name}/edges"], lattice_edges(spins, 21))
            assert file[f"histogram/{name}/counts"].shape[1] <= 21


def test_read_sample_is_the_file_with_names(folder: Path) -> None:
    path = folder / "sample_00001.h5"
    dataset = read_sample(path)
    with h5py.File(path) as file:
        for name, dims in DIMENSIONS.items():
            room, rest = name.split("/", 1)
            variable = dataset[
                {"series": rest, "histogram": f"histogram_{rest.split('/')[0]}"}.get(room, f"{room}_{rest}")
            ]
            assert np.array_equal(variable.values, file[name][...]), name
            assert variable.attrs == {key: file[name].attrs[key] for key in ("units", "description")}
            if room != "histogram":
                assert variable.dims == dims
        assert dataset.temperature.values.tolist() == file["slot/temperature"][...].tolist()
        assert dataset.beta.dims == ("slot",)
        assert np.array_equal(dataset.sweep, file["measurement/sweep"])
        assert np.array_equal(dataset.overlap_sweep, file["measurement/overlap_sweep"])
        assert np.array_equal(dataset.layer_size, file["layer/size"])
        assert dataset.attrs["weights_sha256"] == file.attrs["weights_sha256"]
        for name in file["histogram"]:
            assert dataset[f"histogram_{name}"].dims == ("slot", f"bin_{name}")
            assert np.array_equal(dataset[f"edges_{name}"], file[f"histogram/{name}/edges"])


def test_read_run_stacks_samples(folder: Path) -> None:
    run = read_run(folder)
    assert run.identical(read_run(folder / "index.h5"))
    assert run.energy.dims == ("sample", "slot", "measurement", "copy")
    assert run.sample.values.tolist() == [0, 1]
    assert run.edges_total.dims == ("edge_total",)
    assert run.energy.attrs["units"] == schema.ENERGY_UNITS
    for sample in range(2):
        one = read_sample(sample_path(folder, sample))
        for name in one.data_vars:
            chosen = run[name].sel(sample=sample) if "sample" in run[name].dims else run[name]
            assert np.array_equal(chosen.values, one[name].values), name
    assert not np.array_equal(run.energy[0], run.energy[1])


def test_read_run_takes_the_samples_that_are_there(own_folder: Path) -> None:
    sample_path(own_folder, 0).unlink()
    assert read_run(own_folder).sample.values.tolist() == [1]
    sample_path(own_folder, 1).unlink()
    with pytest.raises(ResultFileError, match="none of its 2 samples has been computed"):
        read_run(own_folder)


def test_the_index_links_to_the_samples(folder: Path) -> None:
    with h5py.File(folder / "index.h5") as index:
        assert list(index["samples"]) == ["00000", "00001"]
        energies = index["samples/00001/series/energy"][...]
    with h5py.File(folder / "sample_00001.h5") as file:
        assert np.array_equal(energies, file["series/energy"])


def test_a_moved_folder_still_reads(own_folder: Path, folder: Path) -> None:
    assert read_run(own_folder).identical(read_run(folder))


def test_merged_files_stand_alone(own_folder: Path, folder: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged.h5"
    assert merge(own_folder / "index.h5", merged) == 2
    shutil.rmtree(own_folder)
    assert read_run(merged).identical(read_run(folder))
    with h5py.File(merged) as file:
        for sample in ("00000", "00001"):
            assert_labelled(file[f"samples/{sample}"])
            with h5py.File(folder / f"sample_{sample}.h5") as original:
                copied = file[f"samples/{sample}"]
                assert set(datasets_of(copied)) == set(datasets_of(original))
                assert set(copied.attrs) == set(original.attrs)
                for name, dataset in datasets_of(original).items():
                    assert np.array_equal(copied[name], dataset), name
                    assert set(copied[name].attrs) == set(dataset.attrs), name
    facts = summarise(merged)
    assert {name: sample["committed"] for name, sample in facts["samples"].items()} == {"00000": 14, "00001": 14}


def test_merged_files_beside_the_samples_are_read_themselves(own_folder: Path) -> None:
    merged = own_folder / "merged.h5"
    merge(own_folder / "index.h5", merged)
    before = summarise(merged)
    with h5py.File(sample_path(own_folder, 0), "r+") as file:
        file["committed/measurements"][()] = 3
    assert summarise(merged) == before


def test_merging_leaves_out_what_was_not_computed(own_folder: Path, tmp_path: Path) -> None:
    sample_path(own_folder, 0).unlink()
    assert main(["merge", str(own_folder / "index.h5"), "--out", str(tmp_path / "merged.h5")]) == 0
    assert read_run(tmp_path / "merged.h5").sample.values.tolist() == [1]


@pytest.mark.parametrize("kind", ["sample", "index", "folder", "merged"])
def test_info(kind: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merged = tmp_path / "merged.h5"
    merge(folder / "index.h5", merged)
    path = {"sample": folder / "sample_00001.h5", "index": folder / "index.h5", "folder": folder, "merged": merged}[
        kind
    ]
    assert main(["info", str(path)]) == 0
    text = capsys.readouterr().out
    assert "seed 11, 2 sample(s), 3 copies, network: Gaussian, fan-in, C = 1" in text
    states = [line.split(",")[0].strip() for line in text.splitlines() if line.startswith("  sample ")]
    assert states == (
        ["sample 00001: complete"] if kind == "sample" else ["sample 00000: complete", "sample 00001: complete"]
    )
    assert "14 of 14 measurements" in text

    assert main(["info", str(path), "--json"]) == 0
    printed = capsys.readouterr().out
    facts = json.loads(printed, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    one = facts if kind == "sample" else facts["samples"]["00001"]
    with h5py.File(folder / "sample_00001.h5") as file:
        late = file["series/energy"][:, ROWS // 2 :].mean(axis=(1, 2)) / 18
        rates = file["exchange/accepted"][...].mean(axis=1) / file["exchange/attempts"][...]
        assert one["weights_sha256"] == file.attrs["weights_sha256"]
    np.testing.assert_allclose(one["energy_per_site"], late, rtol=1e-12)
    np.testing.assert_allclose(one["exchange_rate"], rates, rtol=1e-12)
    assert one["temperature"] == [0.4, 1.0, 2.5, None]
    assert one["complete"] is True


def test_info_on_one_sample_lists_its_slots(folder: Path) -> None:
    lines = as_text(summarise(folder / "sample_00000.h5")).splitlines()
    assert lines[-5].split() == ["temperature", "energy/spin", "exchange", "up", "flips/attempt"]
    assert [float(line.split()[0]) for line in lines[-4:]] == [0.4, 1.0, 2.5, np.inf]


def test_info_on_an_index_whose_samples_are_missing(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample_path(own_folder, 1).unlink()
    assert main(["info", str(own_folder)]) == 0
    assert "sample 00001: not computed" in capsys.readouterr().out


NOT_RESULTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda path: path / "none.h5", "no such result file"),
    "empty-folder": (lambda path: path, "no such result file"),
    "text": (lambda path: made(path / "a.h5", b"not HDF5 at all\n" * 100), "cannot be opened as HDF5"),
    "empty": (lambda path: made(path / "a.h5", b""), "cannot be opened as HDF5"),
    "other-hdf5": (lambda path: made_hdf5(path / "a.h5"), "not a result of mcsim"),
}


def made(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def made_hdf5(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["x"] = [1, 2]
    return path


@pytest.mark.parametrize("name", NOT_RESULTS)
@pytest.mark.parametrize("command", ["info", "merge"])
def test_files_that_are_no_results(name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, expected = NOT_RESULTS[name]
    path = make(tmp_path)
    out = tmp_path / "merged.h5"
    assert main([command, str(path), *(["--out", str(out)] if command == "merge" else [])]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    assert str(path) in printed.err
    assert expected in printed.err
    assert not out.exists()


def test_merge_refuses_what_it_cannot_do(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index, sample, merged = own_folder / "index.h5", own_folder / "sample_00000.h5", own_folder / "merged.h5"
    merge(index, merged)
    for source, out, expected in [
        (sample, own_folder / "x.h5", "is one sample's file"),
        (merged, own_folder / "x.h5", "is merged already"),
        (index, index, "name another file"),
        (index, own_folder, "cannot be written"),
        (index, own_folder / "none" / "x.h5", "cannot be written"),
    ]:
        assert main(["merge", str(source), "--out", str(out)]) == 2
        printed = capsys.readouterr().err
        assert printed.count("\n") == 1
        assert expected in printed
    assert not (own_folder / "x.h5").exists()
    assert read_run(own_folder).sizes["sample"] == 2


def test_readers_refuse_the_wrong_kind_in_words(folder: Path) -> None:
    with pytest.raises(ResultFileError, match="is an index; read_run"):
        read_sample(folder / "index.h5")


def test_a_second_call_keeps_what_is_complete(own_folder: Path, config: RunConfig) -> None:
    before = {path.name: path.read_bytes() for path in own_folder.glob("sample_*.h5")}
    assert simulate_quietly(config, own_folder).computed == 0
    assert {path.name: path.read_bytes() for path in own_folder.glob("sample_*.h5")} == before


def test_a_run_is_extended_by_samples(own_folder: Path, config: RunConfig, tmp_path: Path) -> None:
    longer = config.model_copy(update={"samples": 3})
    before = sample_path(own_folder, 1).read_bytes()
    assert simulate_quietly(longer, own_folder) == RunOutcome(own_folder, samples=3, computed=1, stopped=False)
    assert sample_path(own_folder, 1).read_bytes() == before
    assert read_run(own_folder).sample.values.tolist() == [0, 1, 2]
    simulate_quietly(longer, tmp_path / "at-once")
    assert_same_file(sample_path(tmp_path / "at-once", 2), sample_path(own_folder, 2))
    assert np.array_equal(read_run(own_folder).energy, read_run(tmp_path / "at-once").energy)


def test_another_configuration_is_refused_unless_told(own_folder: Path, config: RunConfig) -> None:
    other = config.model_copy(update={"seed": 12})
    before = sample_path(own_folder, 0).read_bytes()
    with pytest.raises(RunFolderError, match="holds the results of another configuration"):
        simulate_quietly(other, own_folder)
    assert sample_path(own_folder, 0).read_bytes() == before
    assert simulate_quietly(other, own_folder, overwrite=True).computed == 2
    assert read_sample(sample_path(own_folder, 0)).attrs["root_seed"] == 12


def test_samples_left_by_another_configuration_are_not_passed_off(own_folder: Path, config: RunConfig) -> None:
    # The index follows the last call, but sample 1 is still that of the first.
    other = config.model_copy(update={"seed": 12})
    simulate_quietly(other.model_copy(update={"samples": 1}), own_folder, overwrite=True)
    with pytest.raises(RunFolderError, match=r"sample_00001.h5: is the result of another configuration"):
        simulate_quietly(other, own_folder)


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    changes = {"model.network": {"source": "file", "path": str(tmp_path / "w.npz")}}
    np.savez(tmp_path / "w.npz", w=np.ones((4, 3)))
    simulate_quietly(small_config(changes), tmp_path / "out")
    assert simulate_quietly(small_config({**changes, "samples": 2}), tmp_path / "out").computed == 1
    np.savez(tmp_path / "w.npz", w=np.zeros((4, 3)))
    with pytest.raises(RunFolderError, match=r"sample_00000.h5: was computed before the weights file changed"):
        simulate_quietly(small_config({**changes, "samples": 3}), tmp_path / "out")


def interrupt_after(monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    """Make the next runs stop as if Ctrl-C had been pressed after some rounds of exchanges."""
    calls = iter(range(10**6))
    monkeypatch.setattr(StopRequest, "is_known_here", lambda _: next(calls) >= rounds)


def test_an_interrupted_run_keeps_its_rows_and_is_not_continued_by_accident(
    folder: Path, config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # 6 rounds of thermalisation and 2 a measurement: the request comes within the ninth measurement.
    with monkeypatch.context() as patch:
        interrupt_after(patch, 6 + 2 * 8)
        outcome = simulate_quietly(config, tmp_path)
    assert outcome == RunOutcome(tmp_path, samples=2, computed=0, stopped=True)
    path = sample_path(tmp_path, 0)
    assert not is_complete(path)
    assert not sample_path(tmp_path, 1).exists()
    part, whole = read_sample(path), read_sample(sample_path(folder, 0))
    assert part.sizes["measurement"] == 8
    assert part.sizes["overlap_measurement"] == 3
    for name in ("energy", "magnetization"):
        assert np.array_equal(part[name], whole[name][:, :8])
    for name in ("overlap", "overlap_total"):
        assert np.array_equal(part[name], whole[name][:, :3])
    assert main(["info", str(tmp_path)]) == 0
    assert "sample 00000: INTERRUPTED, 8 of 14 measurements" in capsys.readouterr().out
    assert read_run(tmp_path).sizes["measurement"] == 8

    with pytest.raises(RunFolderError, match=r"sample_00000.h5: is the interrupted file of sample 0; pass --restart-"):
        simulate_quietly(config, tmp_path)
    assert read_sample(path).sizes["measurement"] == 8
    assert simulate_quietly(config, tmp_path, restart_interrupted=True).computed == 2
    assert_same_file(sample_path(folder, 0), path)


def test_restarting_keeps_complete_samples_and_refuses_other_configurations(
    own_folder: Path, folder: Path, config: RunConfig
) -> None:
    with h5py.File(sample_path(own_folder, 1), "r+") as file:
        file.attrs["complete"] = False
    before = sample_path(own_folder, 0).read_bytes()
    with pytest.raises(RunFolderError, match="another configuration"):
        simulate_quietly(config.model_copy(update={"seed": 12}), own_folder, restart_interrupted=True)
    assert simulate_quietly(config, own_folder, restart_interrupted=True).computed == 1
    assert sample_path(own_folder, 0).read_bytes() == before
    assert_same_file(sample_path(folder, 1), sample_path(own_folder, 1))


def test_an_interruption_before_the_first_row_leaves_an_empty_file(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_after(monkeypatch, 2)
    assert simulate_quietly(config, tmp_path).stopped
    assert main(["info", str(tmp_path)]) == 0
    assert "sample 00000: INTERRUPTED, 0 of 14 measurements" in capsys.readouterr().out
    assert read_sample(sample_path(tmp_path, 0)).sizes["measurement"] == 0


def test_rows_beyond_the_committed_ones_are_not_read(own_folder: Path) -> None:
    path = sample_path(own_folder, 0)
    with h5py.File(path, "r+") as file:
        file["committed/measurements"][()] = 5
    dataset = read_sample(path)
    assert dataset.sizes["measurement"] == 5
    assert dataset.sizes["overlap_measurement"] == 2
    assert read_run(own_folder).sizes["measurement"] == 5


def test_a_run_survives_being_looked_at(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 locks files by default, and a commit would fail while `mcsim info` or a notebook has the file open."""
    path = sample_path(tmp_path, 0)
    look = "import h5py, sys; file = h5py.File(sys.argv[1], 'r'); print(file.name, flush=True); sys.stdin.read()"
    readers: list[subprocess.Popen[str]] = []
    right = StopRequest.is_known_here

    def start_reader(self: StopRequest) -> bool:
        if path.exists() and not readers:
            readers.append(start([sys.executable, "-c", look, path], stdin=subprocess.PIPE))
            assert readers[0].stdout is not None
            assert readers[0].stdout.readline() == "/\n"
        return right(self)

    monkeypatch.setattr(StopRequest, "is_known_here", start_reader)
    try:
        assert simulate_quietly(config, tmp_path).computed == 2
    finally:
        for reader in readers:
            reader.communicate("")
    assert readers[0].returncode == 0


def test_outcomes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", str(write_config(tmp_path)), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "folder": str(tmp_path / "out"), "samples": 1, "computed": 1, "stopped": False,
    }  # fmt: skip
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"mcsim: 0 of 1 samples computed now, results in {tmp_path / 'out'}\n"


def test_models_say_what_they_measure(config: RunConfig) -> None:
    model = IsingModel(network_of_sample(config, 0), config.model, COPIES)
    assert {f"series/{observable.name}" for observable in model.observables} < set(DIMENSIONS)
    for observable in model.observables:
        assert DIMENSIONS[f"series/{observable.name}"][2:] == observable.dims
        assert len(observable.dims) == len(observable.shape)


def test_widths_of_deep_networks_are_counted() -> None:
    assert widths_text([784, 256, 256, 256, 10]) == "784, 256 x 3, 10"
    assert widths_text([256] * 33) == "256 x 33"
