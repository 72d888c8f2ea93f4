"""A page of verdicts as HTML: `templates/base.html` has what all pages share, a child template what one says itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mcsim import __version__
from validation.claims.base import Finding
from validation.numbers.compare import LEVEL, POWER


@dataclass(frozen=True)
class Entry:
    """A finding on a page, with the source of its statement and its figure, <svg> or nothing."""

    finding: Finding
    source: str
    figure: str = ""


def render(template: str, **values: Any) -> str:
    """Return a page, self-contained; the comment in base.html says which values it needs."""
    return _environment().get_template(template).render(version=__version__, level=LEVEL, power=POWER, **values)


@cache
def _environment() -> Environment:
    loader = PackageLoader("validation.pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
