"""``python -m validation run barney2024``: all parts of the paper, then its page."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from mcsim.command_line import EXIT_FAILED, UsageError
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from validation.barney.claims import put_to_test
from validation.barney.evidence import Evidence
from validation.barney.page import Failure, write_page
from validation.barney.parts import Part, Store, run_parts, write_atomically
from validation.barney.pipeline import build_parts
from validation.barney.plan import PAPER, Plan, make_plan
from validation.claims.base import Finding
from validation.compare import Verdict
from validation.report import Untested, as_json

PAPERS = (PAPER,)


def run_paper(args: argparse.Namespace, comm: Communicator) -> int:
    """Compute what is missing, write report.html and report.json, and return the exit code; every rank calls this.

    0: no claim failed. 1: one did, or a part did.

    Raises
    ------
    UsageError, DatasetError
        One line: an unknown paper, a bad folder of data, a folder of another configuration, or no PyTorch.
    """
    check_arguments(args)
    plan = make_plan(args.data, quick=args.quick)
    parts = build_parts(plan)
    store = on_first_rank(comm, lambda: open_folder(args.out, plan, parts))
    try:
        with threadpool_limits(limits=1):
            run_parts(parts, store, comm)
    except KeyboardInterrupt:
        print(f"mcsim-validate: call it again to go on from what is in {args.out}", file=sys.stderr, flush=True)
        raise
    return on_first_rank(comm, lambda: _report(args, plan, parts, store))


def check_arguments(args: argparse.Namespace) -> None:
    """Raise UsageError where the command line asks for what there is not."""
    if args.paper not in PAPERS:
        raise UsageError(f"PAPER: {args.paper!r} is not known; there is {', '.join(PAPERS)}")
    if args.claim:
        raise UsageError("--claim: is for runs without PAPER; a paper's claims are tested together")


def open_folder(out: Path, plan: Plan, parts: Sequence[Part]) -> Store:
    """Return the store of parts in a folder that is new or of the same configuration."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file; give a folder")
    settings = out / "run.json"
    identity = json.loads(json.dumps(plan.identity()))
    if settings.exists():
        _check_same(settings, identity)
    store = Store(out / "parts")
    _check_torch(parts, store)
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


def _check_torch(parts: Sequence[Part], store: Store) -> None:
    untrained = [part for part in parts if part.name.startswith("train-") and not store.is_done(part)]
    if untrained and not has_torch():
        raise UsageError(
            f'{len(untrained)} networks are to be trained, which needs PyTorch: pip install "mcsim[train]"'
        )


def has_torch() -> bool:
    """Return whether PyTorch is installed; importing it takes seconds."""
    return importlib.util.find_spec("torch") is not None


def gather(plan: Plan, parts: Sequence[Part], store: Store) -> tuple[Evidence, list[Failure]]:
    """Return what the parts came to, and which have failed."""
    records = [(part, store.record(part)) for part in parts]
    results = {part.name: record.result for part, record in records if record is not None and record.result is not None}
    failures = [
        Failure(part.name, "was not computed" if record is None else record.error)
        for part, record in records
        if part.name not in results
    ]
    label = f"{plan.data.name}, widths {', '.join(map(str, plan.widths))}{', quick' if plan.quick else ''}"
    return Evidence(label, tuple(plan.main_networks()), tuple(plan.side_networks()), results), failures


def _report(args: argparse.Namespace, plan: Plan, parts: Sequence[Part], store: Store) -> int:
    evidence, failures = gather(plan, parts, store)
    findings, untested = put_to_test(evidence)
    page = args.out / "report.html"
    write_page(page, evidence, findings, untested, failures)
    if args.json:
        print(json.dumps(as_json(findings, untested)))
    else:
        _print(findings, untested, failures, page)
    failed = bool(failures) or any(finding.verdict is Verdict.FAIL for finding in findings)
    return EXIT_FAILED if failed else 0


def _print(findings: Sequence[Finding], untested: Sequence[Untested], failures: Sequence[Failure], page: Path) -> None:
    for finding in findings:
        print(f"{finding.verdict:<12} {finding.claim_id}\n    {finding.summary}")
    for one in untested:
        print(f"{'not tested':<12} {one.claim.id}\n    {one.reason}")
    for failure in failures:
        print(f"{'FAILED PART':<12} {failure.part}\n    {failure.reason}")
    print(f"report: {page}")
