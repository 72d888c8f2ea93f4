"""Simulate the runs that claims are tested on: those of packaged campaigns, or of a user's own."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatch
from pathlib import Path

from mcsim.config import RunConfig
from mcsim.parallel.communicator import Communicator
from mcsim.simulate import simulate
from validation.campaigns import packaged_campaign
from validation.claims.base import Claim

# What claims are tested on when nobody brings runs of their own, in the order of the report.
CAMPAIGNS = ("layered_sk", "layered_sk_glass", "mlp_linear", "mlp_tanh", "mlp_relu", "mlp_sin", "mlp_sin_glass")


def can_be_simulated(claim: Claim) -> bool:
    """Return whether packaged campaigns sample what the claim is about."""
    return any(packaged_campaign(name).subject is claim.about for name in CAMPAIGNS)


def runs_for(claims: Collection[Claim], *, quick: bool) -> dict[str, RunConfig]:
    """Return the runs of packaged campaigns that claims ask for, by name of their folder."""
    runs = {}
    for campaign in map(packaged_campaign, CAMPAIGNS):
        patterns = {pattern for claim in claims if claim.about is campaign.subject for pattern in claim.runs}
        for name, config in campaign.runs(quick=quick).items():
            if any(fnmatch(name, pattern) for pattern in patterns):
                runs[name] = config
    return runs


def simulate_runs(runs: dict[str, RunConfig], folder: Path, world: Communicator) -> list[Path] | None:
    """Simulate what is not in the folder yet; every rank calls this.

    Returns the runs' folders, or None where a request to stop came first.
    """
    folders = []
    for name, config in runs.items():
        outcome = simulate(config, folder / name, world, restart_interrupted=True)
        if outcome.stopped:
            return None
        folders.append(outcome.folder)
    return folders
