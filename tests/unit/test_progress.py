"""A batch log gets a line a minute, a terminal gets a bar, and ranks that are not asked to say nothing."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest

from mcsim import progress as progress_module
from mcsim.progress import RunProgress


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    # The module's own name for the clock, because the rest of the process needs the real one.
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=clock))
    return clock


def test_a_batch_log_gets_one_line_a_minute(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    with RunProgress(1000, "glass", shown=True) as progress:
        for second in range(1, 180):
            clock.now = 1000.0 + second
            progress.at(0, second)
            printed.append(capsys.readouterr().err)
            assert bool(printed[-1]) == (second % 60 == 0), f"after {second} s"
    assert "".join(printed).splitlines() == [
        "mcsim: glass, sample 0: 6 % after 60 s, about 940 s to go",
        "mcsim: glass, sample 0: 12 % after 120 s, about 880 s to go",
    ]


def test_finished_samples_count_towards_the_whole(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with RunProgress(200, "glass", shown=True) as progress:
        progress.at(0, 100)
        progress.sample_finished(100)
        clock.now += 60.0
        progress.at(1, 50)
    assert capsys.readouterr().err == "mcsim: glass, sample 1: 75 % after 60 s, about 20 s to go\n"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_ranks_that_do_not_show_progress_are_silent(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    printed = stream()
    monkeypatch.setattr("sys.stderr", printed)
    with RunProgress(100, "glass", shown=False) as progress:
        clock.now += 600.0
        progress.at(0, 50)
    assert printed.getvalue() == ""


def test_a_terminal_gets_a_bar_and_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with RunProgress(200, "glass", shown=True) as progress:
        progress.at(3, 100)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"glass, sample 3 \S+ +50%", shown), shown
    assert "to go" not in shown
