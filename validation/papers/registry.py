"""The papers that one command reproduces, by the name it takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from mcsim.command_line import UsageError
from mcsim.parallel.communicator import Communicator
from validation.claims.base import Claim
from validation.papers.barney2024.claims import CLAIMS as BARNEY_CLAIMS
from validation.papers.barney2024.paper import barney2024
from validation.papers.paper import Paper, run_paper
from validation.papers.winer2025.claims import CLAIMS as WINER_CLAIMS
from validation.papers.winer2025.paper import winer2025

# From a folder of data, or None, and whether it is to be quick, to a paper.
PAPERS: dict[str, Callable[..., Paper]] = {"barney2024": barney2024, "winer2025": winer2025}
CLAIMS: dict[str, Mapping[str, Claim]] = {"barney2024": BARNEY_CLAIMS, "winer2025": WINER_CLAIMS}


def run_named_paper(args: argparse.Namespace, comm: Communicator) -> int:
    """Run the paper that the command line names; every rank calls this.

    Raises
    ------
    UsageError, DatasetError
        One line: an unknown paper, or what `run_paper` and the paper refuse.
    """
    if args.paper not in PAPERS:
        raise UsageError(f"PAPER: {args.paper!r} is not known; there is {', '.join(PAPERS)}")
    if args.claim:
        raise UsageError("--claim: is for runs without PAPER; a paper's claims are tested together")
    return run_paper(PAPERS[args.paper](args.data, quick=args.quick), args, comm)
