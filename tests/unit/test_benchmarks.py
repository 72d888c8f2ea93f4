"""The benchmark's own arithmetic, and that the pages show what it has measured."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from support import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from benchmarks.agreement import Mean, agreement
from benchmarks.configs import LADDER, spin_document, write_toml
from benchmarks.figures import Figure, Report, compared
from benchmarks.look_up import example, lanes_here, look_up_kernel
from benchmarks.pages import BEGIN, END, MarkerError, put_between_markers, table
from benchmarks.race import Contender, race
from benchmarks.settings import Settings
from benchmarks.spin_peers import coupling_matrix
from benchmarks.spins import check_energies, spin_config
from mcsim.config import load_config, parse_config
from mcsim.networks.source import network_of_sample

STORED = ROOT / "docs" / "benchmarks.json"


@pytest.mark.parametrize(("page", "headlines_only"), [("docs/benchmarks.md", False), ("README.md", True)])
def test_pages_show_the_committed_figures(page: str, headlines_only: bool) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == table(Report.read(STORED), headlines_only=headlines_only)


def test_a_report_survives_its_file(tmp_path) -> None:
    report = Report.read(STORED)
    report.write(tmp_path / "again.json")
    assert Report.read(tmp_path / "again.json") == report


def test_text_goes_between_the_markers_and_nowhere_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put_between_markers(page, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    with pytest.raises(MarkerError):
        put_between_markers("no place", "new")


def test_ratios_are_taken_round_by_round() -> None:
    figure = compared(Figure("s", "w", "u", peer="p"), [2.0, 8.0, 3.0], [1.0, 2.0, 3.0], (2.0, 1.0))
    assert (figure.ours, figure.theirs, figure.ratio) == (6.0, 2.0, 4.0)
    assert (figure.lowest, figure.highest) == (2.0, 8.0)


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (Figure("s", "w", "u", ours=9.0, peer="p", ratio=2.0, goal=2.0), True),
        (Figure("s", "w", "u", ours=9.0, peer="p", ratio=1.9, goal=2.0), False),
        (Figure("s", "w", "u", ours=9.0, peer="p", goal=2.0), None),
        (Figure("s", "w", "s", ours=0.9, goal=1.0, goal_is_limit=True), True),
        (Figure("s", "w", "s", ours=1.1, goal=1.0, goal_is_limit=True), False),
    ],
)
def test_goals_are_about_ratios_where_there_is_a_peer(figure: Figure, reached: bool | None) -> None:
    assert figure.reached is reached


def test_a_wrong_temperature_disagrees_and_noise_does_not() -> None:
    rng = np.random.default_rng(5)
    ours = [Mean(-float(i), 0.01) for i in range(4)]
    noisy = [Mean(mean.value + 0.01 * rng.standard_normal(), 0.01) for mean in ours]
    assert agreement(ours, noisy).holds
    assert not agreement(ours, [Mean(1.1 * mean.value, 0.01) for mean in ours]).holds


def test_set_up_is_not_counted(monkeypatch) -> None:
    clock = 0.0

    def work(steps: int) -> float:
        nonlocal clock
        clock += 1.0 + 0.01 * steps
        return float(steps)

    monkeypatch.setattr("time.process_time", lambda: clock)
    speeds = race(
        {"with": Contender(work, has_set_up=True), "without": Contender(work)}, Settings(rounds=3, seconds=2.0)
    )
    assert speeds["with"] == pytest.approx([100.0] * 3)
    assert max(speeds["without"]) < 80.0


def test_peers_get_our_couplings_and_others_are_refused() -> None:
    widths = (12, 9, 7)
    couplings = coupling_matrix(network_of_sample(spin_config(widths), 0).weights)
    check_energies(widths, couplings)
    with pytest.raises(AssertionError, match="not those of our own network"):
        check_energies(widths, -couplings)


def test_documents_are_the_same_as_files(tmp_path) -> None:
    document = spin_document((12, 9), samples=2, measurements=3)
    assert load_config(write_toml(tmp_path / "run.toml", document)) == parse_config(document)
    assert LADDER[15] == pytest.approx(0.96)
    assert 1.0 / LADDER[-1] == pytest.approx(0.3)


@pytest.mark.parametrize("lanes", [16, 8])
def test_look_ups_sum_the_tables(lanes: int) -> None:
    if lanes > lanes_here():
        pytest.skip("no permutes of this width here")
    tables, patterns, sums = example(lanes)
    look_up_kernel(lanes)(tables, patterns, sums, 2)
    expected = np.take_along_axis(tables.astype(float), np.repeat(patterns[:, None, :], tables.shape[1], 1), axis=2)
    np.testing.assert_allclose(sums, expected.sum(axis=0), rtol=1e-4, atol=1e-4)
