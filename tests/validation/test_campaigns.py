"""Campaigns in TOML: the packaged ones sample what verdicts were given on, and a user's own are checked whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcsim import simulate as simulation
from mcsim.config import RunConfig
from validation.__main__ import main
from validation.campaigns import packaged_campaign, packaged_names, packaged_path
from validation.claims import REGISTER
from validation.papers.winer2025 import plan
from validation.simulate import CAMPAIGNS, can_be_simulated, runs_for

# Number of runs and fingerprint, full and quick. A run that changes is another run: results in folders of users and the
# verdicts that are published were computed with these.
PINNED = {
    "layered_sk": ((3, "2b229bfd36152676"), (3, "b3c8891335841ecb")),
    "layered_sk_glass": ((4, "8c61ff0df3ab96f4"), (3, "b1a763ef00996c99")),
    "mlp_linear": ((12, "7d32965fa3381a70"), (8, "9753977647a7ed60")),
    "mlp_relu": ((12, "682f5dfa30a3014b"), (8, "28df1c6ed5ce194b")),
    "mlp_sin": ((12, "c1745c8cf0b892fa"), (8, "03a74d7a26b3dd41")),
    "mlp_sin_glass": ((4, "4b29660b8f4624bf"), (3, "7ba40e9ebef28b91")),
    "mlp_tanh": ((12, "406c931bd540c0a0"), (8, "338526f57f5d0a11")),
    "winer2025_linear_unequal": ((3, "314dedfcfe360d56"), (3, "2d4086bba7aadfc2")),
    "winer2025_shaped_relu": ((12, "6dce37652359071d"), (4, "3528943ad2ed132d")),
    "winer2025_shaped_tanh": ((12, "6875daaedad9659a"), (4, "3cd080b187ba9427")),
}


def fingerprint(runs: dict[str, RunConfig]) -> str:
    """Return a short hash of everything that campaigns say of their runs."""
    facts = [
        {
            "name": name,
            **config.model_dump(mode="json", exclude_defaults=True, exclude={"ladder"}),
            "betas": [round(beta, 12) for beta in config.ladder.inverse_temperatures()],
        }
        for name, config in runs.items()
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", packaged_names())
def test_packaged_campaigns_sample_what_they_always_did(name: str) -> None:
    efforts = [packaged_campaign(name).runs(quick=quick) for quick in (False, True)]
    assert tuple((len(runs), fingerprint(runs)) for runs in efforts) == PINNED[name]


@pytest.mark.parametrize("quick", [False, True])
def test_no_two_runs_share_a_name_or_random_numbers(quick: bool) -> None:
    runs = [run for name in packaged_names() for run in packaged_campaign(name).runs(quick=quick).items()]
    assert len({name for name, _ in runs}) == len(runs)
    assert len({config.seed for _, config in runs}) == len(runs)


def test_every_packaged_campaign_is_for_claims_or_a_paper() -> None:
    assert set(packaged_names()) == {*CAMPAIGNS, *plan.CAMPAIGNS}


@pytest.mark.parametrize("quick", [False, True])
def test_every_claim_about_random_networks_has_runs_at_three_sizes(quick: bool) -> None:
    for claim in filter(can_be_simulated, REGISTER.values()):
        assert len(runs_for([claim], quick=quick)) >= 3, claim.id


def test_depth_and_size_make_widths_seed_and_ladder() -> None:
    runs = packaged_campaign("winer2025_shaped_relu").runs(quick=False)
    config = runs["shaped-relu-depth-16-width-48"]
    assert config.model.model_dump()["widths"] == (48,) * 17
    assert config.seed == 2503_23982_9100_000 + 16_000 + 48
    np.testing.assert_allclose(16 * config.ladder.inverse_temperatures()[0] ** 2, 4.5)
    unequal = packaged_campaign("winer2025_linear_unequal").runs(quick=True)["linear-unequal-depth-2-width-12"]
    assert unequal.model.model_dump()["widths"] == (12, 24, 6)


def test_a_campaign_is_listed_and_printed_to_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaigns"]) == 0
    listed = capsys.readouterr().out
    for name in packaged_names():
        assert f"{name}\n    {packaged_campaign(name).title}\n" in listed
        assert main(["campaigns", "--show", name]) == 0
        assert capsys.readouterr().out == packaged_path(name).read_text(encoding="utf-8")
    assert main(["campaigns", "--show", "mlp_tan"]) == 2
    assert "--show: 'mlp_tan'" in (said := capsys.readouterr().err)
    assert "mlp_tanh" in said


def copy_of(name: str, folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a user's copy of a packaged campaign with pieces of text exchanged."""
    text = packaged_path(name).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


SMALL = (
    ('title = "Random layered networks of spins, from infinite temperature into the glass"', 'title = "Small glasses"'),
    ('name = "width-{size}"', 'name = "my-{size}"'),
    ("{ sizes = [8, 16], samples = 48 },", "{ sizes = [3, 4], samples = 6 },"),
    ("{ sizes = [32], samples = 32 },", "{ sizes = [6], samples = 4 },"),
    (
        "{ thermalization = 400, measurements = 200, sweeps_per_measurement = 4 }",
        "{ thermalization = 20, measurements = 40, sweeps_per_measurement = 2 }",
    ),
)


def compute_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every sample that would be computed fail."""

    def never(*_: object) -> None:
        raise AssertionError("a sample was computed")

    monkeypatch.setattr(simulation, "_simulate_sample", never)


def test_a_campaign_of_ones_own_is_simulated_once_and_put_to_the_claims_about_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ["run", "--campaign", str(copy_of("layered_sk", tmp_path, *SMALL)), "--quick", "--json"]
    argv += ["--out", str(tmp_path / "out")]
    assert main(argv) in (0, 1)
    first = json.loads(capsys.readouterr().out)
    about = [claim.id for claim in REGISTER.values() if claim.about is REGISTER["layered-sk.identity"].about]
    # Whatever the folders are called, every claim about such networks is heard; those on four copies cannot speak.
    assert sorted(one["claim"] for one in first["findings"] + first["untested"]) == sorted(about)
    assert "layered-sk.identity" in {one["claim"] for one in first["findings"]}
    assert "rsb.moments" in {one["claim"] for one in first["untested"]}
    assert sorted(path.name for path in (tmp_path / "out" / "runs-quick").iterdir()) == ["my-3", "my-4", "my-6"]
    assert "<title>Small glasses</title>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    compute_nothing(monkeypatch)
    main([*argv, "--claim", "*.identity"])
    chosen = json.loads(capsys.readouterr().out)
    assert [one["claim"] for one in chosen["findings"]] == ["layered-sk.identity"]
    assert chosen["findings"][0] in first["findings"]


LINE = "    { depths = [1, 2, 3], sizes = [192], samples = 32 },\n"
WRONG: dict[str, tuple[str, tuple[str, str], list[str]]] = {
    "unknown-key": ("mlp_tanh", ("[storage]", "[stowage]"), ["stowage", "unknown key", "storage"]),
    "unknown-key-of-networks": ("mlp_tanh", (LINE, LINE.replace(" }", ", thermalisation = 9 }")),
                                ["full.networks[1].thermalisation", "9", "unknown key", "thermalization"]),
    "unknown-key-of-run": ("mlp_tanh", ("copies = 4", "copys = 4"), ["run.copys", "4", "copies"]),
    "unknown-activation": ("mlp_tanh", ('activation = "tanh"', 'activation = "than"'),
                           ["(full, tanh-depth-1-width-24)", "model.activation", '"than"', "shaped-tanh"]),
    "wrong-type": ("mlp_tanh", ("seed = 2503_23983_0000", 'seed = "one"'), ["seed", '"one"', "whole number"]),
    "no-table": ("layered_sk", ("seed = 2408_06421\n", "seed = 1\nstorage = 3\n"), ["storage: 3", "table of keys"]),
    "only-in-quick": ("mlp_tanh", ("samples = 24 }", "samples = 0 }"),
                      ["quick.networks[0].samples", "0", "at least 1"]),
    "sweeps-do-not-fit": ("layered_sk", ("thermalization = 1500", "thermalization = 1501"),
                          ["(full, width-32)", "run.thermalization", "1501", "multiple of sweeps_per_exchange"]),
    "name-of-all-sizes": ("layered_sk", ('"width-{size}"', '"width"'), ["name", '"width"', "{size}"]),
    "name-in-another-folder": ("layered_sk", ('"width-{size}"', '"../{size}"'), ["name", "folder"]),
    "name-without-depth": ("mlp_tanh", ("tanh-depth-{depth}-", "tanh-"), ["tanh-width-24", "{depth}"]),
    "name-with-depth": ("layered_sk", ('"width-{size}"', '"{depth}-{size}"'), ["name", "{depth}", "depths"]),
    "size-twice": ("layered_sk", ("{ sizes = [32], samples = 384", "{ sizes = [8], samples = 384"),
                   ["full.networks[1].sizes", "8", "two runs"]),
    "seed-twice": ("layered_sk", ("sizes = [32], samples = 384", "sizes = [32], seed = 240806397, samples = 384"),
                   ["full.networks[1].seed", "240806429", "width-32", "width-8"]),
    "no-depths": ("mlp_tanh", (LINE, "    { sizes = [192], samples = 32 },\n"), ["full.networks[1].depths", "missing"]),
    "depths-and-shape": ("layered_sk", ("{ sizes = [8], ", "{ sizes = [8], depths = [2], "),
                         ["full.networks[0].depths", "[2]", "shape"]),
    "half-a-neuron": ("winer2025_linear_unequal", ("[24, 48, 96]", "[25, 48, 96]"), ["shape", "12.5", "25"]),
    "widths": ("mlp_tanh", ('kind = "mlp"', 'kind = "mlp"\nwidths = [8, 8]'), ["model.widths", "[8, 8]", "sizes"]),
    "weights-of-a-file": ("layered_sk", ('"gaussian"', '"file"'), ["model.network.source", "'file'", "report"]),
    "tilts-without-depths": ("layered_sk", ("betas = [", "tilts = ["), ["ladder.tilts", "depths"]),
    "negative-tilt": ("winer2025_shaped_tanh", ("tilts = [0.0,", "tilts = [-1.0,"), ["ladder.tilts[0]", "-1.0"]),
    "not-toml": ("layered_sk", ("[run]", "[run"), ["not valid TOML"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_line_with_file_key_and_value(
    name: str, change: tuple[str, str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    compute_nothing(monkeypatch)
    path = copy_of(name, tmp_path, change)
    assert_refused(["--campaign", str(path)], tmp_path, capsys, "mine.toml", *words)


def assert_refused(argv: list[str], folder: Path, capsys: pytest.CaptureFixture[str], *words: Any) -> None:
    """Assert exit code 2 and one line on nothing but the error stream, before anything is written."""
    assert main(["run", *argv, "--out", str(folder / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    for word in words:
        assert word in said.err
    assert not (folder / "out").exists()


def test_arguments_that_do_not_fit_a_campaign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_nothing(monkeypatch)
    path = str(copy_of("mlp_tanh", tmp_path))
    assert_refused(["--campaign", str(tmp_path / "none.toml")], tmp_path, capsys, "none.toml", "No such file")
    assert_refused(["--campaign", path, "--claim", "layered-sk.*"], tmp_path, capsys, "--claim", "layered", "MLPs")
    assert_refused(["--campaign", path, "--claim", "no-such"], tmp_path, capsys, "--claim", "no-such")
    assert_refused(["winer2025", "--campaign", path], tmp_path, capsys, "--campaign", "PAPER")
    full_alone = Path(path).read_text(encoding="utf-8").partition("[quick]")[0]
    Path(path).write_text(full_alone, encoding="utf-8")
    assert_refused(["--campaign", path, "--quick"], tmp_path, capsys, "mine.toml", "quick: missing", "'full'")
