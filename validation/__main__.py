"""Command line of the comparison: ``python -m validation list|campaigns|run|report``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mcsim.command_line import EXIT_INTERRUPTED, OneLineParser, UsageError, run_command
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from theory.result import NotConvergedError
from validation.campaigns import Campaign, load_campaign, packaged_campaign, packaged_names, packaged_path
from validation.claims import REGISTER, Claim, Finding
from validation.numbers.compare import Verdict
from validation.pages.report import Untested, as_json, write_report
from validation.papers.registry import CLAIMS as OF_PAPERS
from validation.papers.registry import PAPERS, run_named_paper
from validation.runs.spins import read_measured
from validation.simulate import can_be_simulated, runs_for, simulate_runs

EXIT_CLAIM_FAILED = 1
EXIT_NOT_CONVERGED = 3


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = OneLineParser(
        prog="mcsim-validate",
        description="Test the claims of the theory by Monte Carlo.",
        epilog="example: mpiexec -n 2 mcsim-validate run --claim layered-sk.identity --out out/identity",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list the claims")
    listing.add_argument("--json", action="store_true", help="print the register as JSON")
    listing.set_defaults(action=_list)
    campaigns = commands.add_parser(
        "campaigns",
        help="list the packaged campaigns, or print one to copy and change",
        epilog="example: mcsim-validate campaigns --show mlp_tanh > mine.toml",
    )
    campaigns.add_argument("--show", metavar="NAME", help="print the file of this campaign")
    campaigns.set_defaults(action=_campaigns)
    _add_run_arguments(
        commands.add_parser(
            "run",
            help="simulate what a claim needs and test it",
            epilog="examples: mpiexec -n 2 mcsim-validate run --claim layered-sk.critical-temperature --out out/tc; "
            "networks of your own: mcsim-validate campaigns --show mlp_tanh > mine.toml, change its sizes, then "
            "mcsim-validate run --campaign mine.toml --quick --out out/mine",
        )
    )
    _add_report_arguments(
        commands.add_parser(
            "report",
            help="test all claims that runs at hand can speak about",
            epilog="example: mcsim-validate report out/random out/trained --out report.html",
        )
    )
    return parser


def _add_run_arguments(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "paper",
        nargs="?",
        metavar="PAPER",
        help=f"a whole paper, a verdict for each statement: {' or '.join(PAPERS)} (default: the claims of the list)",
    )
    run.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="with barney2024: folder with MNIST's four files (default: the 8x8 digits of the package)",
    )
    run.add_argument(
        "--claim",
        action="append",
        metavar="ID",
        help="a claim of the list, or a pattern such as 'mlp.*'; may be repeated (default: all that can be simulated, "
        "some four processor hours)",
    )
    run.add_argument(
        "--campaign",
        type=Path,
        metavar="FILE",
        help="sample the networks of this TOML file and test the claims about them (default: the packaged campaigns "
        "that a claim needs; see 'campaigns')",
    )
    run.add_argument(
        "--out", type=Path, required=True, help="folder for runs (kept and reused), report.html and report.json"
    )
    run.add_argument(
        "--quick",
        action="store_true",
        help="smaller and fewer networks: hours become minutes, some verdicts INCONCLUSIVE",
    )
    run.add_argument("--json", action="store_true", help="print the findings as JSON")
    run.set_defaults(action=_run)


def _add_report_arguments(report: argparse.ArgumentParser) -> None:
    report.add_argument("runs", type=Path, nargs="+", help="folders (or index or merged files) of 'mcsim run'")
    report.add_argument(
        "--out", type=Path, required=True, help="page to write (.html); the findings go beside it as .json"
    )
    report.add_argument("--title", default="Validation report", help="title of the page")
    report.add_argument("--json", action="store_true", help="print the findings as JSON")
    report.set_defaults(action=_report)


def _list(args: argparse.Namespace, comm: Communicator) -> int:
    everything = [*REGISTER.values(), *(claim for claims in OF_PAPERS.values() for claim in claims.values())]
    if comm.rank == 0 and args.json:
        fields = ("id", "statement", "source", "needs")
        print(json.dumps([{name: getattr(claim, name) for name in fields} for claim in everything]))
    elif comm.rank == 0:
        for claim in everything:
            print(f"{claim.id}\n    {claim.statement}\n    needs {claim.needs}")
    return 0


def _campaigns(args: argparse.Namespace, comm: Communicator) -> int:
    if args.show is not None:
        if args.show not in packaged_names():
            raise UsageError(f"--show: {args.show!r} is not packaged; there are {', '.join(packaged_names())}")
        text = packaged_path(args.show).read_text(encoding="utf-8")
    else:
        text = "".join(f"{name}\n    {packaged_campaign(name).title}\n" for name in packaged_names())
    if comm.rank == 0:
        print(text, end="")
    return 0


def _chosen(names: Sequence[str] | None) -> list[Claim]:
    if names is None:
        return [claim for claim in REGISTER.values() if can_be_simulated(claim)]
    chosen: dict[str, Claim] = {}
    for pattern in names:
        matching = {name: REGISTER[name] for name in fnmatch.filter(REGISTER, pattern)}
        paper = next((name for name, claims in OF_PAPERS.items() if fnmatch.filter(claims, pattern)), None)
        if not matching and paper:
            raise UsageError(f"--claim: {pattern!r} belongs to a whole paper; use 'run {paper}'")
        if not matching:
            raise UsageError(f"--claim: {pattern!r} is not registered; there are {', '.join(REGISTER)}")
        if not any(map(can_be_simulated, matching.values())):
            raise UsageError(f"--claim: {pattern!r} is about a network of yours; use 'report' on runs of its weights")
        chosen.update({name: claim for name, claim in matching.items() if can_be_simulated(claim)})
    return list(chosen.values())


def _about(campaign: Campaign, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims about the networks of a campaign."""
    fitting = [claim for claim in claims if claim.about is campaign.subject]
    if not fitting:
        other = " or ".join(sorted({claim.about for claim in claims}))
        raise UsageError(f"--claim: is about {other}, but {campaign.source} samples {campaign.subject}")
    return fitting


def _run(args: argparse.Namespace, comm: Communicator) -> int:
    if args.paper is not None:
        if args.campaign is not None:
            raise UsageError("--campaign: is for runs without PAPER, which has campaigns of its own")
        return run_named_paper(args, comm)
    if args.data is not None:
        raise UsageError("--data: is for a PAPER, such as 'run barney2024 --data PATH'")
    claims, title = _chosen(args.claim), "Validation report"
    if args.campaign is None:
        runs = runs_for(claims, quick=args.quick)
    else:
        campaign = load_campaign(args.campaign)
        claims, title = _about(campaign, claims), campaign.title
        runs = campaign.runs(quick=args.quick)
    folders = simulate_runs(runs, args.out / ("runs-quick" if args.quick else "runs"), comm)
    if folders is None:
        if comm.rank == 0:
            print(f"mcsim-validate: interrupted; call it again to go on from what is in {args.out}", file=sys.stderr)
        return EXIT_INTERRUPTED
    return on_first_rank(comm, lambda: _write(args, folders, claims, args.out / "report.html", title))


def _report(args: argparse.Namespace, comm: Communicator) -> int:
    if args.out.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"--out: {args.out} must end in .html")
    claims = list(REGISTER.values())
    return on_first_rank(comm, lambda: _write(args, args.runs, claims, args.out, args.title))


def _write(args: argparse.Namespace, folders: Sequence[Path], claims: Sequence[Claim], page: Path, title: str) -> int:
    findings, untested = write_report([read_measured(folder) for folder in folders], claims, page, title)
    if args.json:
        print(json.dumps(as_json(findings, untested)))
    else:
        _print_findings(findings, untested)
        print(f"report: {page}")
    return EXIT_CLAIM_FAILED if any(finding.verdict is Verdict.FAIL for finding in findings) else 0


def _print_findings(findings: Sequence[Finding], untested: Sequence[Untested]) -> None:
    for finding in findings:
        print(f"{finding.verdict:<12} {finding.claim_id} ({finding.subject})\n    {finding.summary}")
    for refusal in untested:
        print(f"{'not tested':<12} {refusal.claim.id}\n    {refusal.reason}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; 0 no claim failed, 1 one did, 2 bad input, 3 a solver did not converge, 130 interrupted."""
    return run_command(build_parser(), argv, expected={NotConvergedError: EXIT_NOT_CONVERGED})


if __name__ == "__main__":
    sys.exit(main())
