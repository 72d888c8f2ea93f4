"""A page of verdicts as HTML: `templates/base.html` has what all pages share, a child template what one says itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mcsim import __version__
from mcsim.atomic import atomic_write
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


def write_page(page: Path, html: str, document: dict[str, Any]) -> None:
    """Write a page, and what it says as JSON beside it, each whole or not at all."""
    for path, text in ((page, html), (page.with_suffix(".json"), json.dumps(document, indent=2))):
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


@cache
def _environment() -> Environment:
    loader = PackageLoader("validation.pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
