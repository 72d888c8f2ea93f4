"""A whole paper in one command: tasks are computed, claims tested, a page written. A paper says what and how."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from mcsim.atomic import atomic_write
from mcsim.command_line import EXIT_FAILED, UsageError
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from validation.claims.base import Claim, Finding, NotApplicableError
from validation.numbers.compare import Verdict
from validation.pages.page import Entry, render, write_page
from validation.pages.report import Untested, as_json
from validation.papers.evidence import Evidence
from validation.papers.tasks import ResultStore, Task, run_tasks


@dataclass(frozen=True)
class Failure:
    """A task without a result, and why."""

    task: str
    reason: str


@dataclass(frozen=True)
class Section:
    """A figure of a paper's page, an <svg> element or nothing, under a title and over a caption."""

    title: str
    svg: str
    caption: str


@dataclass(frozen=True)
class Content:
    """What a paper's page shows besides verdicts."""

    sections: Sequence[Section]  #: those without a figure are left out
    values: dict[str, Any] = field(default_factory=dict)  #: what else the paper's template takes
    document: dict[str, Any] = field(default_factory=dict)  #: what the page's JSON holds besides the findings


@dataclass(frozen=True)
class Paper:
    """A paper with its plan, full or quick."""

    title: str
    template: str  #: of the page, a child of paper.html in validation/pages/templates
    #: What distinguishes this run from another one in the same folder; no path is part of it.
    identity: dict[str, Any]
    tasks: Sequence[Task[Any]]  #: everything to compute
    claims: Mapping[str, Claim]  #: by id; `evaluate` takes the evidence
    evidence: Callable[[dict[Any, Any]], Evidence]  #: from results by type and by what they are about
    content: Callable[[Any], Content]  #: from the evidence to what the page shows
    #: Raises UsageError where something is missing that the tasks without result need.
    check: Callable[[ResultStore], None] = lambda _: None


def run_paper(paper: Paper, args: Namespace, comm: Communicator) -> int:
    """Compute what is missing, write report.html and report.json, and return the exit code; every rank calls this.

    0: no claim failed. 1: one did, or a task did.

    Raises
    ------
    UsageError
        One line: a folder of another configuration, or something missing.
    """
    store = on_first_rank(comm, lambda: open_folder(args.out, paper))
    try:
        with threadpool_limits(limits=1):
            run_tasks(paper.tasks, store, comm)
    except KeyboardInterrupt:
        print(f"mcsim-validate: call it again to go on from what is in {args.out}", file=sys.stderr, flush=True)
        raise
    return on_first_rank(comm, lambda: _conclude(paper, args, store))


def open_folder(out: Path, paper: Paper) -> ResultStore:
    """Return the store of results in a folder that is new or of the same configuration."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file; give a folder")
    settings = out / "run.json"
    identity = json.loads(json.dumps(paper.identity))
    if settings.exists():
        _check_same(settings, identity)
    store = ResultStore(out / "tasks")
    paper.check(store)
    with atomic_write(settings) as temporary:
        temporary.write_text(json.dumps(identity, indent=2), encoding="utf-8")
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


def put_to_test(claims: Mapping[str, Claim], evidence: Any) -> tuple[list[Finding], list[Untested]]:
    """Return the findings, and the claims that the evidence, or a family of runs, cannot speak about."""
    findings, untested = [], []
    for claim in claims.values():
        try:
            findings.append(claim.test(evidence))
        except NotApplicableError as error:
            untested.append(Untested(claim, str(error)))
    return findings, untested


def _conclude(paper: Paper, args: Namespace, store: ResultStore) -> int:
    results = {task: store.find(task) for task in paper.tasks}
    failures = [Failure(task.name, store.reason(task)) for task, result in results.items() if result is None]
    evidence = paper.evidence({(t.result, t.about): result for t, result in results.items() if result is not None})
    findings, untested = put_to_test(paper.claims, evidence)
    page = args.out / "report.html"
    _write_page(page, paper, evidence, findings, untested, failures)
    if args.json:
        print(json.dumps(as_json(findings, untested)))
    else:
        _print(findings, untested, failures, page)
    failed = bool(failures) or any(finding.verdict is Verdict.FAIL for finding in findings)
    return EXIT_FAILED if failed else 0


def _write_page(
    page: Path,
    paper: Paper,
    evidence: Evidence,
    findings: Sequence[Finding],
    untested: Sequence[Untested],
    failures: Sequence[Failure],
) -> None:
    """Write the page as HTML, and the findings with what the paper adds and the failures beside it as JSON."""
    content = paper.content(evidence)
    html = render(
        paper.template,
        title=paper.title,
        label=evidence.label,
        entries=[Entry(finding, paper.claims[finding.claim_id].source) for finding in findings],
        untested=untested,
        failures=failures,
        sections=[section for section in content.sections if section.svg],
        **content.values,
    )
    document = {
        **as_json(findings, untested),
        "label": evidence.label,
        **content.document,
        "failed_tasks": [asdict(failure) for failure in failures],
    }
    write_page(page, html, document)


def _print(findings: Sequence[Finding], untested: Sequence[Untested], failures: Sequence[Failure], page: Path) -> None:
    for finding in findings:
        print(f"{finding.verdict:<12} {finding.claim_id}\n    {finding.summary}")
    for refusal in untested:
        print(f"{'not tested':<12} {refusal.claim.id}\n    {refusal.reason}")
    for failure in failures:
        print(f"{'FAILED TASK':<12} {failure.task}\n    {failure.reason}")
    print(f"report: {page}")
