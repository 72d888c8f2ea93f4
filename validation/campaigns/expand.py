"""The runs that a campaign's document stands for."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from mcsim.config import ConfigError, RunConfig, Section, checked, parse_config
from validation.campaigns.document import CampaignDocument, Effort, Table

# Seeds of networks of one size and neighbouring depths differ by it.
SEEDS_PER_DEPTH = 1000
# What networks may have instead of the table 'run'.
_LENGTHS = {"thermalization", "measurements"}


class _Tilts(Section):
    tilts: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = Field(min_length=1, strict=False)


class _Tilted(Section):
    ladder: _Tilts


class _Place(NamedTuple):
    """One run: where in an effort's list its networks stand, and how large they are."""

    depth: int | None
    size: int
    entry: int


def expand(document: CampaignDocument, effort: str, source: str) -> dict[str, RunConfig]:
    """Return the configurations of an effort, full or quick, by name of their folder, in order of depth and size.

    Raises
    ------
    ConfigError
        With one line: the source, the key, the value and what would be right.
    """
    table = document.efforts[effort]
    runs: dict[str, RunConfig] = {}
    name_of_seed: dict[int, str] = {}
    for place in _places(table):
        entry = f"{source}: {effort}.networks[{place.entry}]"
        name = document.name.replace("{size}", str(place.size)).replace("{depth}", str(place.depth))
        if name in runs:
            raise ConfigError(
                f"{entry}.sizes: {place.size}: two runs would be {name}; list a size once, put {{depth}} in 'name'"
            )
        config = _run(document, table, place, f"{source} ({effort}, {name})")
        other = name_of_seed.setdefault(config.seed, name)
        if other != name:
            raise ConfigError(f"{entry}.seed: {config.seed}: {name} and {other} share it; give one of them another")
        runs[name] = config
    return runs


def _places(table: Effort) -> list[_Place]:
    places = [
        _Place(depth, size, entry)
        for entry, networks in enumerate(table.networks)
        for depth in networks.depths or (None,)
        for size in networks.sizes
    ]
    return sorted(places, key=lambda place: (place.depth or 0, place.size))


def _run(document: CampaignDocument, table: Effort, place: _Place, source: str) -> RunConfig:
    networks = table.networks[place.entry]
    seed = document.seed if networks.seed is None else networks.seed
    return parse_config(
        {
            "seed": seed + SEEDS_PER_DEPTH * (place.depth or 0) + place.size,
            "samples": networks.samples,
            "model": _model(document, place, source),
            "ladder": _ladder(document.ladder if table.ladder is None else table.ladder, place.depth, source),
            "run": {**document.run, **table.run, **networks.model_dump(include=_LENGTHS, exclude_none=True)},
            "storage": {**document.storage, **table.storage},
        },
        source,
    )


def _model(document: CampaignDocument, place: _Place, source: str) -> Table:
    """Return the model's table with the widths of its layers, in the table 'network' where it has one."""
    ratios = document.shape or (1.0,) * ((place.depth or 0) + 1)
    widths = [round(ratio * place.size) for ratio in ratios]
    for width, exact in zip(widths, (ratio * place.size for ratio in ratios), strict=True):
        if width < 1 or abs(width - exact) > 1e-6:
            raise ConfigError(
                f"{source}: shape: {list(ratios)}: makes a layer of {exact:g} neurons of size "
                f"{place.size}; give sizes that make whole numbers"
            )
    network = document.model.get("network")
    if isinstance(network, dict):
        return {**document.model, "network": {**network, "widths": widths}}
    return {**document.model, "widths": widths}


def _ladder(ladder: Table, depth: int | None, source: str) -> Table:
    if depth is None or "tilts" not in ladder:
        return ladder
    tilts = checked(_Tilted, {"ladder": ladder}, source).ladder.tilts
    return {"betas": [(tilt / depth) ** 0.5 for tilt in tilts]}
