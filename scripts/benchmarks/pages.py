"""The table of a report: on the screen, and between markers in the pages of the project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.figures import Figure, Machine, Report

BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


class MarkerError(ValueError):
    """A page has no place for the table."""


def table(report: Report, *, headlines_only: bool = False) -> str:
    """Return the date, the processor and a Markdown table of the figures; headlines are those that have a ratio."""
    figures = [f for f in report.figures if not headlines_only or (f.headline and f.ratio is not None)]
    lines = [_heading(report), "", "| work | against | here | ratio (rounds) | goal |", "|---|---|---|---|---|"]
    lines += [_row(figure, with_note=not headlines_only) for figure in figures]
    return "\n".join(lines)


def put_between_markers(page: str, text: str) -> str:
    """Return a page with the text between its markers replaced.

    Raises
    ------
    MarkerError
        Where the page does not have both.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarkerError(f"the page has no lines '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def write_pages(report: Report, root: Path) -> Iterable[Path]:
    """Put the whole table into docs/benchmarks.md and the headlines into README.md; return what was written."""
    for name, headlines_only in (("docs/benchmarks.md", False), ("README.md", True)):
        page = root / name
        text = put_between_markers(page.read_text(encoding="utf-8"), table(report, headlines_only=headlines_only))
        page.write_text(text, encoding="utf-8")
        yield page


def _heading(report: Report) -> str:
    machine: Machine = report.machine
    quick = " A quick call: rough figures." if report.settings["quick"] else ""
    load = f" Other work wanted {machine.load:g} of {machine.cores} cores." if machine.load > 0.2 else ""
    return f"*{machine.date}, one core of {machine.processor}; {'; '.join(machine.blas)}.{quick}{load}*"


def _row(figure: Figure, *, with_note: bool) -> str:
    work = f"{figure.work} ({figure.note})" if figure.note and with_note else figure.work
    cells = (work, figure.peer or "-", _amount(figure.ours, figure.unit), _ratio(figure), _goal(figure))
    return f"| {' | '.join(cells)} |"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit.endswith("/s"):
        for size, prefix in ((1e9, "G "), (1e6, "M "), (1e3, "k ")):
            if value >= size:
                return f"{_digits(value / size)} {prefix}{unit}"
    return f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    """Return three significant digits, without exponents where numbers are of a size people read."""
    if value == 0 or not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}"
    decimals = max(0, 2 - len(str(int(abs(value)))) + 1) if abs(value) >= 1 else 3
    return f"{value:.{decimals}f}"


def _ratio(figure: Figure) -> str:
    if figure.ratio is None or figure.lowest is None or figure.highest is None:
        return "-"
    return f"{_digits(figure.ratio)} ({_digits(figure.lowest)} to {_digits(figure.highest)})"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return "-"
    verdict = {True: "reached", False: "missed", None: "not measured"}[figure.reached]
    return f"{'at most' if figure.goal_is_limit else 'at least'} {figure.goal:g}: {verdict}"
