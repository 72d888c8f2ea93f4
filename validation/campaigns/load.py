"""Campaigns from files: a user's own, and those that come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcsim.config import ConfigError, RandomMlp, RunConfig, checked, load_checked
from validation.campaigns.document import CampaignDocument
from validation.campaigns.expand import expand
from validation.runs.subject import Subject

_PACKAGED = Path(__file__).parent


@dataclass(frozen=True)
class Campaign:
    """Runs at several sizes, full and quick."""

    source: str  #: what messages call it: its file
    title: str
    #: runs of "full", and of "quick" where there is one: configurations by name of their folder
    efforts: dict[str, dict[str, RunConfig]]

    @property
    def subject(self) -> Subject:
        """The kind of networks that are sampled."""
        config = next(iter(self.efforts["full"].values()))
        return Subject.RANDOM_MLPS if isinstance(config.model, RandomMlp) else Subject.RANDOM_SPINS

    def runs(self, *, quick: bool) -> dict[str, RunConfig]:
        """Return the configurations by name of their folder; a ConfigError where there are no quick ones to ask for."""
        if quick and "quick" not in self.efforts:
            raise ConfigError(f"{self.source}: quick: missing; it says what --quick samples, with keys as in 'full'")
        return self.efforts["quick" if quick else "full"]


def parse_campaign(document: dict[str, Any], source: str = "campaign") -> Campaign:
    """Return the campaign of a TOML document, with every run of it checked, or raise as `expand`."""
    return _expanded(checked(CampaignDocument, document, source), source)


def load_campaign(path: str | Path) -> Campaign:
    """Read a campaign's file and check every run of it; a ConfigError too where it cannot be read or is not TOML."""
    return _expanded(load_checked(CampaignDocument, path), str(path))


def _expanded(document: CampaignDocument, source: str) -> Campaign:
    efforts = {effort: expand(document, effort, source) for effort in document.efforts}
    return Campaign(source, document.title, efforts)


def packaged_names() -> list[str]:
    """Return the names of the campaigns that come with the package."""
    return sorted(path.stem for path in _PACKAGED.glob("*.toml"))


def packaged_path(name: str) -> Path:
    """Return the file of one of `packaged_names`."""
    return _PACKAGED / f"{name}.toml"


@lru_cache
def packaged_campaign(name: str) -> Campaign:
    """Return one of `packaged_names`."""
    return load_campaign(packaged_path(name))
