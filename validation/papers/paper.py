"""A whole paper in one command, what all share: parts are computed, claims tested, a page written."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from mcsim.command_line import EXIT_FAILED, UsageError
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from validation.claims.base import Finding
from validation.numbers.compare import Verdict
from validation.pages.report import Untested, as_json
from validation.papers.parts import Part, Result, Store, run_parts, write_atomically


@dataclass(frozen=True)
class Failure:
    """A part without a result, and why."""

    part: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a paper's parts came to.

    Attributes
    ----------
    results : dict
        By name of the part.
    failures : list of Failure
    """

    results: dict[str, Result]
    failures: list[Failure]


class Paper(Protocol):
    """What a paper's command needs of a paper, full or quick."""

    @property
    def parts(self) -> Sequence[Part]:
        """Everything to compute."""

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this run from another one in the same folder; no path is part of it."""

    def check(self, store: Store) -> None:
        """Raise UsageError where something is missing that the parts without result need."""

    def conclude(self, outcome: Outcome, page: Path) -> tuple[list[Finding], list[Untested]]:
        """Test the claims and write the page (.html), and the same as .json beside it."""


def run_paper(paper: Paper, args: Namespace, comm: Communicator) -> int:
    """Compute what is missing, write report.html and report.json, and return the exit code; every rank calls this.

    0: no claim failed. 1: one did, or a part did.

    Raises
    ------
    UsageError
        One line: a folder of another configuration, or something missing.
    """
    store = on_first_rank(comm, lambda: open_folder(args.out, paper))
    try:
        with threadpool_limits(limits=1):
            run_parts(paper.parts, store, comm)
    except KeyboardInterrupt:
        print(f"mcsim-validate: call it again to go on from what is in {args.out}", file=sys.stderr, flush=True)
        raise
    return on_first_rank(comm, lambda: _conclude(paper, args, store))


def open_folder(out: Path, paper: Paper) -> Store:
    """Return the store of parts in a folder that is new or of the same configuration."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file; give a folder")
    settings = out / "run.json"
    identity = json.loads(json.dumps(paper.identity()))
    if settings.exists():
        _check_same(settings, identity)
    store = Store(out / "parts")
    paper.check(store)
    write_atomically(settings, json.dumps(identity, indent=2))
    return store


def _check_same(settings: Path, identity: dict[str, object]) -> None:
    try:
        stored = json.loads(settings.read_text(encoding="utf-8"))
        different = [key for key in identity if stored.get(key) != identity[key]]
    except (ValueError, AttributeError, OSError):
        raise UsageError(f"--out: {settings} cannot be read; give another folder") from None
    if different:
        key = different[0]
        shown = f"{stored.get(key)!r}, not {identity[key]!r}" if key in ("paper", "quick", "data") else "another one"
        raise UsageError(f"--out: {settings.parent} holds a run of another configuration ({key}: {shown})")


def gather(parts: Sequence[Part], store: Store) -> Outcome:
    """Return what the parts came to, and which have failed."""
    records = [(part, store.record(part)) for part in parts]
    results = {part.name: record.result for part, record in records if record is not None and record.result is not None}
    failures = [
        Failure(part.name, "was not computed" if record is None else record.error)
        for part, record in records
        if part.name not in results
    ]
    return Outcome(results, failures)


def _conclude(paper: Paper, args: Namespace, store: Store) -> int:
    outcome = gather(paper.parts, store)
    page = args.out / "report.html"
    findings, untested = paper.conclude(outcome, page)
    if args.json:
        print(json.dumps(as_json(findings, untested)))
    else:
        _print(findings, untested, outcome.failures, page)
    failed = bool(outcome.failures) or any(finding.verdict is Verdict.FAIL for finding in findings)
    return EXIT_FAILED if failed else 0


def _print(findings: Sequence[Finding], untested: Sequence[Untested], failures: Sequence[Failure], page: Path) -> None:
    for finding in findings:
        print(f"{finding.verdict:<12} {finding.claim_id}\n    {finding.summary}")
    for one in untested:
        print(f"{'not tested':<12} {one.claim.id}\n    {one.reason}")
    for failure in failures:
        print(f"{'FAILED PART':<12} {failure.part}\n    {failure.reason}")
    print(f"report: {page}")
